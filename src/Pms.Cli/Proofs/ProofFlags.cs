using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using Pms.Cli.Commands;
using Pms.Cli.Onchain;
using Pms.Primitives;
using Pms.Proofs.Circuits;
using Pms.Proofs.Fields;
using Pms.Prover.Keys;
using Pms.Prover.Processes;
using Pms.Prover.Proving;

namespace Pms.Cli.Proofs;

/// <summary>The flags of every command that proves or verifies.</summary>
internal sealed class ProofFlags
{
    public Option<string?> CommitmentKey { get; } = new("--crs") { Description = "folder of the Ignition ceremony's bn254_g1.dat and bn254_g2.dat; without it a development key is made here, under which anybody can forge" };

    public Option<int> MostSeconds { get; } = new("--most-seconds") { Description = "wall time of each child process, 1 to 86400", DefaultValueFactory = _ => 1200 };

    public Option<int> MostMegabytes { get; } = new("--most-megabytes") { Description = "memory of each child process, 64 to 1048576", DefaultValueFactory = _ => 8192 };

    public IEnumerable<Option> All => [CommitmentKey, MostSeconds, MostMegabytes];

    /// <exception cref="InvalidInputException"><c>limit-flag</c>, <c>chain-root</c></exception>
    /// <exception cref="ProverException"><c>commitment-key</c></exception>
    public ProofMaker Maker(CommandContext context)
    {
        var (seconds, megabytes) = (context.Get(MostSeconds), context.Get(MostMegabytes));
        if (seconds is < 1 or > 86_400 || megabytes is < 64 or > 1_048_576)
        {
            throw new InvalidInputException("limit-flag", $"--most-seconds {seconds}, --most-megabytes {megabytes}: 1 to 86400 and 64 to 1048576 are possible");
        }

        var key = context.Get(CommitmentKey) is { } folder ? Pms.Prover.Keys.CommitmentKey.Open(folder) : null;
        return new ProofMaker(Tools(), key, new ProverLimits(TimeSpan.FromSeconds(seconds), (long)megabytes << 20), new StepsOnStandardError());
    }

    /// <summary>Of the repository that the program was built in.</summary>
    public static ProverTools Tools()
    {
        var root = ChainWorkspace.Find(null).Root;
        return new ProverTools(Path.Combine(root, "circuits"), Path.Combine(root, "artifacts", "zk"));
    }

    private sealed class StepsOnStandardError : IProgress<ProvingProgress>
    {
        private readonly long _begun = TimeProvider.System.GetTimestamp();

        public void Report(ProvingProgress value) => Console.Error.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetElapsedTime(_begun).TotalSeconds,7:F1} s  {value.Circuit}: {Text(value)}"));

        private static string Text(ProvingProgress value) => value.Step switch
        {
            ProvingStep.Circuit => "compiling and setting up, where that is not done yet",
            ProvingStep.Witness => "solving",
            ProvingStep.Proof => "proving",
            ProvingStep.Verification => "verifying",
            ProvingStep.Found => "a finished proof of the same inputs was found, and verifies",
            _ => string.Create(CultureInfo.InvariantCulture, $"done, {value.Cost.CpuSeconds:F1} CPU s, {value.Cost.PeakBytes >> 20} MB at most"),
        };
    }
}

/// <summary>What goes into a proof beside board and portfolio.</summary>
internal sealed class StatementFlags(string circuit)
{
    public Option<string> Circuit { get; } = new("--circuit") { Description = $"instance: {string.Join(", ", CircuitInstance.All.Where(i => i.Circuit == circuit || (circuit == "solvency" && i.Circuit == "solvency-settle")).Select(i => i.Name))}", DefaultValueFactory = _ => circuit };

    public Option<string> Context { get; } = new("--context") { Description = "field element that binds the proof to chain, contract, epoch and parameters (docs/model/proofs.md); 0 binds it to nothing", DefaultValueFactory = _ => "0" };

    public Option<string?> Secret { get; } = new("--secret") { Description = "file of at least 16 random bytes, new for every epoch, that salts are made from; without it they are drawn, and a broken-off job cannot go on" };

    public Option<string?> Output { get; } = new("-o", "--output") { Description = "proof file to write; without it the document goes to standard output" };

    public IEnumerable<Option> All => [Circuit, Context, Secret, Output];

    public FieldElement ContextOf(CommandContext context) => FieldElement.Parse(context.Get(Context)!);

    public byte[] SecretOf(CommandContext context) => context.Get(Secret) is { } path ? CommandContext.ReadInput(path) : RandomNumberGenerator.GetBytes(32);
}

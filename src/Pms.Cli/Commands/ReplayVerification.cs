using System.CommandLine;
using Pms.Cli.Output;
using Pms.Primitives;
using Pms.Server.Epochs;

namespace Pms.Cli.Commands;

/// <summary><c>pms replay --verify</c>: recomputes a risk server's epochs from its database.</summary>
internal static class ReplayVerification
{
    private const int DefaultLast = 10;

    private static readonly Option<bool> Verify = new("--verify") { Description = "FILE is a risk server's data folder: recompute its epochs and compare", Arity = ArgumentArity.Zero };
    private static readonly Option<long?> Epoch = new("--epoch") { Description = "of --verify: this epoch alone" };
    private static readonly Option<int?> Last = new("--last") { Description = $"of --verify: so many newest epochs; default {DefaultLast}" };
    private static readonly Option<int> Threads = new("--threads") { Description = "of --verify: 1 to 256; no result depends on it", DefaultValueFactory = _ => Math.Max(1, Environment.ProcessorCount) };

    public static Symbol[] Flags { get; } = [Verify, Epoch, Last, Threads, .. StoreFlags.All];

    public static bool IsAsked(CommandContext context) => context.Get(Verify);

    public static void RefuseFlags(CommandContext context) => context.Refuse("without --verify", Flags);

    /// <param name="context">flags</param>
    /// <param name="folder">data folder; null: none was given</param>
    /// <param name="cancel">gives up</param>
    public static int Run(CommandContext context, string? folder, CancellationToken cancel)
    {
        var (number, last, threads) = (context.Get(Epoch), context.Get(Last) ?? DefaultLast, context.Get(Threads));
        if (last < 1 || threads is < 1 or > 256)
        {
            throw new InvalidInputException("verify-flag", $"--last {last} --threads {threads}: at least 1, and 1 to 256 threads");
        }

        if (number is not null)
        {
            context.Refuse("--epoch is given", Last);
        }

        CheckFolder(context, folder);
        using var store = StoreFlags.Open(context, folder ?? "");
        using var progress = new ProgressLine();
        var verifier = new EpochVerifier(store, threads, TimeProvider.System);
        var found = number is { } one ? verifier.Verify(one, cancel) : verifier.VerifyLast(last, n => progress.Show($"epoch {n} recomputed"), cancel);
        progress.End();
        if (context.Json)
        {
            JsonOutput.WriteLine(new VerifyDocument(new VerifySummary(
                store.Name, store.Head.Sequence, store.Head.Hash.ToString(), found.First, found.Last, found.First == 0 ? 0 : found.Last - found.First + 1, found.Margins, [.. found.Differences])));
        }
        else
        {
            foreach (var d in found.Differences)
            {
                Console.WriteLine($"epoch {d.Epoch}: {(d.Account is null ? "" : $"{PrintableText.Of(d.Account)} ")}{d.Field} is stored as {PrintableText.Of(d.Stored)} and recomputed as {PrintableText.Of(d.Recomputed)}");
            }

            Console.WriteLine(found.First == 0
                ? $"no epochs; {store.Head.Sequence:N0} records chained"
                : $"epochs {found.First} to {found.Last}: {found.Margins:N0} margins recomputed, {found.Differences.Length} differences; {store.Head.Sequence:N0} records chained to {store.Head.Hash}");
        }

        return found.Differences.IsEmpty ? ExitCode.Ok : ExitCode.VerificationFailed;
    }

    /// <summary>A missing database would be made: whoever verifies wants one that is there.</summary>
    private static void CheckFolder(CommandContext context, string? folder)
    {
        if (!StoreFlags.IsFile(context))
        {
            if (folder is not null)
            {
                throw new InvalidInputException("flags-conflict", "a folder has no meaning here: the store is a database server");
            }
        }
        else if (folder is null || !File.Exists(StoreFlags.PathIn(folder)))
        {
            throw new InvalidInputException("file-not-found", $"'{PrintableText.Of(StoreFlags.PathIn(folder ?? ""))}' does not exist: --verify needs a risk server's data folder");
        }
    }

    private sealed record VerifyDocument(VerifySummary Verify);

    private sealed record VerifySummary(string Store, long Records, string Head, long First, long Last, long Epochs, int Margins, IReadOnlyList<EpochDifference> Differences);
}

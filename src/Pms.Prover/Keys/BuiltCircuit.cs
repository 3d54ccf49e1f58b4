using System.Text.Json;
using System.Text.RegularExpressions;
using Pms.Chain.Contracts;
using Pms.Proofs.Circuits;
using Pms.Proofs.Curves;
using Pms.Proofs.Fields;
using Pms.Prover.Processes;

namespace Pms.Prover.Keys;

/// <summary>A compiled circuit with its verifying key under one commitment key.</summary>
/// <param name="Instance">circuit and sizes</param>
/// <param name="Target">who verifies</param>
/// <param name="Program">compiled circuit</param>
/// <param name="SourceHash">names its sources, sizes and compiler</param>
/// <param name="Gates">of the proof system</param>
/// <param name="KeyFile">verifying key</param>
/// <param name="KeyHash">its hash</param>
/// <param name="Key">commitment key</param>
public sealed partial record BuiltCircuit(CircuitInstance Instance, ProofTarget Target, string Program, string SourceHash, int Gates, string KeyFile, FieldElement KeyHash, CommitmentKey Key)
{
    private const int WordHex = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Compiles and sets up what is not there yet.</summary>
    /// <param name="tools">programs</param>
    /// <param name="instance">circuit and sizes</param>
    /// <param name="target">who verifies</param>
    /// <param name="key">the operator's commitment key; null: the development key, with as many points as are needed</param>
    /// <param name="limits">for each child</param>
    /// <param name="cancel">gives up</param>
    /// <exception cref="ProverException"><c>prover-failed</c>, <c>prover-missing</c>, <c>prover-timeout</c>, <c>prover-memory</c>, <c>commitment-key</c></exception>
    public static async Task<BuiltCircuit> MakeAsync(ProverTools tools, CircuitInstance instance, ProofTarget target, CommitmentKey? key, ProverLimits limits, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(tools);
        ArgumentNullException.ThrowIfNull(instance);
        var folder = Path.Combine(tools.Work, instance.Name);
        using var turn = await WorkLock.TakeAsync(folder, cancel).ConfigureAwait(false);
        var compiled = await RequireAsync("node", ["--max-old-space-size=8000", tools.Script("compile.mjs"), instance.Name, folder], limits, cancel).ConfigureAwait(false);
        var source = compiled.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1].Trim();
        var program = Path.Combine(folder, "circuit.json");
        var gates = await GatesAsync(tools, folder, program, source, limits, cancel).ConfigureAwait(false);
        var points = (1 << (int)Math.Ceiling(Math.Log2(gates + MaskedRows))) + 1;
        var known = key ?? await CommitmentKey.DevelopmentAsync(tools, points, cancel).ConfigureAwait(false);
        known.RequirePoints(points);

        var keys = Path.Combine(folder, $"{known.Fingerprint}-{(target == ProofTarget.Chain ? "chain" : "circuit")}");
        var marker = Path.Combine(keys, "source");
        if (!File.Exists(marker) || await File.ReadAllTextAsync(marker, cancel).ConfigureAwait(false) != source)
        {
            Directory.CreateDirectory(keys);
            foreach (var stale in Directory.GetFiles(keys, "verifier*"))
            {
                File.Delete(stale);
            }

            await RequireAsync(tools.Barretenberg, ["write_vk", "-c", known.Folder, "-b", program, "-o", keys, "-t", TargetName(target)], limits, cancel).ConfigureAwait(false);
            await File.WriteAllTextAsync(marker, source, cancel).ConfigureAwait(false);
        }

        var hash = FieldElement.Of(new System.Numerics.BigInteger(await File.ReadAllBytesAsync(Path.Combine(keys, "vk_hash"), cancel).ConfigureAwait(false), isUnsigned: true, isBigEndian: true));
        return new BuiltCircuit(instance, target, program, source, gates, Path.Combine(keys, "vk"), hash, known);
    }

    /// <summary>Rows at the end that hide the others.</summary>
    private const int MaskedRows = 8;

    internal static string TargetName(ProofTarget target) => target == ProofTarget.Chain ? "evm" : "noir-recursive";

    /// <summary>The verifying key as another circuit reads it.</summary>
    public FieldElement[] KeyFields() => FieldsOf(File.ReadAllBytes(KeyFile));

    /// <summary>The contract that verifies this circuit's proofs.</summary>
    /// <param name="tools">programs</param>
    /// <param name="optimised">the lean verifier; false: the plain one, four times dearer and longer in use</param>
    /// <param name="limits">for each child</param>
    /// <param name="cancel">gives up</param>
    public async Task<ContractArtifact> VerifierAsync(ProverTools tools, bool optimised, ProverLimits limits, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(tools);
        if (Target != ProofTarget.Chain)
        {
            throw new InvalidOperationException($"{Instance.Name} was set up for another circuit, not for a chain");
        }

        var name = optimised ? "verifier" : "verifier-plain";
        var folder = Path.GetDirectoryName(KeyFile)!;
        var (source, compiled) = (Path.Combine(folder, $"{name}.sol"), Path.Combine(folder, $"{name}.json"));
        using var turn = await WorkLock.TakeAsync(folder, cancel).ConfigureAwait(false);
        if (!File.Exists(compiled))
        {
            await RequireAsync(tools.Barretenberg, [.. (string[])["write_solidity_verifier", "-k", KeyFile, "-o", source, "-t", "evm"], .. optimised ? ["--optimized"] : Array.Empty<string>()], limits, cancel).ConfigureAwait(false);
            if (Key.IsDevelopment)
            {
                await File.WriteAllTextAsync(source, WithDevelopmentPoint(await File.ReadAllTextAsync(source, cancel).ConfigureAwait(false)), cancel).ConfigureAwait(false);
            }

            await RequireAsync("node", [tools.Script("verifier.mjs"), source, "HonkVerifier", compiled], limits, cancel).ConfigureAwait(false);
        }

        using var document = JsonDocument.Parse(await File.ReadAllTextAsync(compiled, cancel).ConfigureAwait(false));
        var root = document.RootElement;
        return new ContractArtifact("HonkVerifier", System.Text.Json.Nodes.JsonNode.Parse(root.GetProperty("abi").GetRawText())!.AsArray(), root.GetProperty("bytecode").GetProperty("object").GetString()!);
    }

    internal static FieldElement[] FieldsOf(ReadOnlySpan<byte> bytes)
    {
        var fields = new FieldElement[bytes.Length / 32];
        for (var i = 0; i < fields.Length; i++)
        {
            fields[i] = FieldElement.FromBytes(bytes.Slice(32 * i, 32));
        }

        return fields;
    }

    internal static async Task<ProcessOutcome> RequireAsync(string program, IEnumerable<string> arguments, ProverLimits limits, CancellationToken cancel)
    {
        var outcome = await LimitedProcess.RunAsync(program, arguments, limits, cancel).ConfigureAwait(false);
        return outcome.ExitCode == 0 ? outcome : throw new ProverException("prover-failed", $"{Path.GetFileName(program)} ended with {outcome.ExitCode}: {Tail(outcome.Errors + outcome.Output)}");
    }

    internal static string Tail(string text)
    {
        var trimmed = text.Trim();
        return trimmed.Length <= 600 ? trimmed : "…" + trimmed[^600..];
    }

    private static async Task<int> GatesAsync(ProverTools tools, string folder, string program, string source, ProverLimits limits, CancellationToken cancel)
    {
        var file = Path.Combine(folder, "gates");
        var known = File.Exists(file) ? (await File.ReadAllTextAsync(file, cancel).ConfigureAwait(false)).Split(' ') : [];
        if (known.Length == 2 && known[0] == source)
        {
            return int.Parse(known[1], System.Globalization.CultureInfo.InvariantCulture);
        }

        var outcome = await RequireAsync(tools.Barretenberg, ["gates", "-b", program], limits, cancel).ConfigureAwait(false);
        var gates = int.Parse(CircuitSize().Match(outcome.Output).Groups["gates"].Value, System.Globalization.CultureInfo.InvariantCulture);
        await File.WriteAllTextAsync(file, $"{source} {gates}", cancel).ConfigureAwait(false);
        return gates;
    }

    /// <summary>The verifier holds the ceremony's point word by word.</summary>
    private static string WithDevelopmentPoint(string source)
    {
        var (from, to) = (Convert.ToHexStringLower(CommitmentKey.Ignition), Convert.ToHexStringLower(DevelopmentKey.SecondGroup));
        for (var word = 0; word < from.Length; word += WordHex)
        {
            // A leading zero may be left out.
            var digits = from.AsSpan(word, WordHex).TrimStart('0').ToString();
            var pattern = new Regex($"0x0*{digits}\\b", RegexOptions.IgnoreCase, Patience);
            if (!pattern.IsMatch(source))
            {
                throw new ProverException("prover-failed", $"the verifier does not hold the ceremony's word {digits}");
            }

            source = pattern.Replace(source, string.Concat("0x", to.AsSpan(word, WordHex)));
        }

        return source;
    }

    [GeneratedRegex("\"circuit_size\": (?<gates>\\d+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex CircuitSize();
}

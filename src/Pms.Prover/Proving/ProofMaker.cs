using System.Security.Cryptography;
using Pms.Primitives;
using Pms.Proofs.Witnesses;
using Pms.Prover.Documents;
using Pms.Prover.Keys;
using Pms.Prover.Processes;

namespace Pms.Prover.Proving;

/// <summary>Where making a proof is.</summary>
public enum ProvingStep
{
    /// <summary>Compiling the circuit and setting it up; nothing to do from the second time on.</summary>
    Circuit,

    /// <summary>Solving the circuit for the inputs.</summary>
    Witness,

    /// <summary>Proving.</summary>
    Proof,

    /// <summary>Verifying what was made, before anybody sees it.</summary>
    Verification,

    /// <summary>Done.</summary>
    Done,

    /// <summary>A finished proof of the same inputs was found and verified.</summary>
    Found,
}

/// <summary>Progress of one proof.</summary>
/// <param name="Circuit">instance</param>
/// <param name="Step">what begins now</param>
/// <param name="Cost">so far</param>
public readonly record struct ProvingProgress(string Circuit, ProvingStep Step, ProverCost Cost);

/// <summary>Makes proofs and never returns one that does not verify: the prover itself ends well on a false witness.</summary>
/// <param name="tools">programs and work folder</param>
/// <param name="key">the operator's commitment key; null: the development key</param>
/// <param name="limits">for each child; null: <see cref="ProverLimits.Default"/></param>
/// <param name="progress">is told of each step; null: nobody</param>
public sealed class ProofMaker(ProverTools tools, CommitmentKey? key = null, ProverLimits? limits = null, IProgress<ProvingProgress>? progress = null)
{
    private readonly ProverLimits _limits = limits ?? ProverLimits.Default;

    /// <summary>The circuit of an instance, compiled and set up.</summary>
    public Task<BuiltCircuit> CircuitAsync(Pms.Proofs.Circuits.CircuitInstance instance, ProofTarget target, CancellationToken cancel) =>
        BuiltCircuit.MakeAsync(tools, instance, target, key, _limits, cancel);

    /// <summary>A verified proof. One of the same inputs that was finished before is found again, so a job of many proofs that was broken off goes on where it was.</summary>
    /// <param name="inputs">from a witness of Pms.Proofs</param>
    /// <param name="target">who verifies</param>
    /// <param name="cancel">kills what runs</param>
    /// <exception cref="ProverException">see its codes</exception>
    public async Task<Proof> MakeAsync(ProofInputs inputs, ProofTarget target, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        Tell(inputs, ProvingStep.Circuit, default);
        var circuit = await CircuitAsync(inputs.Instance, target, cancel).ConfigureAwait(false);
        var finished = Path.Combine(tools.Work, "proofs", $"{JobOf(inputs, circuit)}.json");
        if (File.Exists(finished))
        {
            var found = await FoundAsync(finished, cancel).ConfigureAwait(false);
            if (found is not null && found.Public.SequenceEqual(inputs.Public) && await VerifyAsync(found, circuit, cancel).ConfigureAwait(false))
            {
                Tell(inputs, ProvingStep.Found, default);
                return found;
            }
        }

        var proof = await MakeAsync(inputs, circuit, cancel).ConfigureAwait(false);
        Directory.CreateDirectory(Path.GetDirectoryName(finished)!);
        var written = $"{finished}.{Environment.ProcessId}.tmp";
        await File.WriteAllTextAsync(written, ProofDocument.Write(proof).ToJsonString(), cancel).ConfigureAwait(false);
        File.Move(written, finished, overwrite: true);
        Tell(inputs, ProvingStep.Done, proof.Cost);
        return proof;
    }

    /// <summary>A finished proof; null where its file cannot be read, as it is made anew then.</summary>
    private static async Task<Proof?> FoundAsync(string path, CancellationToken cancel)
    {
        try
        {
            return ProofDocument.Read(await File.ReadAllTextAsync(path, cancel).ConfigureAwait(false));
        }
        catch (InvalidInputException)
        {
            return null;
        }
    }

    /// <summary>Whether a proof holds for what it says. Nothing in it is trusted: key and circuit are this project's own.</summary>
    /// <exception cref="ProverException">a program failed in another way than by refusing</exception>
    public async Task<bool> VerifyAsync(Proof proof, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (proof.IsDevelopment != (key?.IsDevelopment ?? true))
        {
            throw new ProverException("commitment-key", proof.IsDevelopment ? "the proof was made under the development key, which anybody can forge with: this is not the key to verify with" : "the proof was made under a real commitment key: --crs says where it is");
        }

        return await VerifyAsync(proof, await CircuitAsync(proof.Instance, proof.Target, cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
    }

    /// <summary>The prover on any witness file: what a false prover could do, and what verification must catch.</summary>
    internal async Task<(byte[] Proof, ProverCost Cost)> ProveWitnessAsync(BuiltCircuit circuit, string witness, string folder, CancellationToken cancel)
    {
        var proven = await BuiltCircuit.RequireAsync(
            tools.Barretenberg, ["prove", "-c", circuit.Key.Folder, "-b", circuit.Program, "-w", witness, "-k", circuit.KeyFile, "-o", folder, "-t", BuiltCircuit.TargetName(circuit.Target)], _limits, cancel).ConfigureAwait(false);
        return (await File.ReadAllBytesAsync(Path.Combine(folder, "proof"), cancel).ConfigureAwait(false), proven.Cost);
    }

    private async Task<Proof> MakeAsync(ProofInputs inputs, BuiltCircuit circuit, CancellationToken cancel)
    {
        // Hidden inputs are nobody else's: a folder of this user, gone when the proof is made.
        var folder = Directory.CreateTempSubdirectory("pms-proof-").FullName;
        try
        {
            var (given, witness) = (Path.Combine(folder, "inputs.json"), Path.Combine(folder, "witness.gz"));
            await File.WriteAllBytesAsync(given, inputs.Json, cancel).ConfigureAwait(false);
            Tell(inputs, ProvingStep.Witness, default);
            var solved = await LimitedProcess.RunAsync("node", ["--max-old-space-size=8000", tools.Script("witness.mjs"), circuit.Program, given, witness], _limits, cancel).ConfigureAwait(false);
            if (solved.ExitCode != 0)
            {
                throw new ProverException(solved.ExitCode == 3 ? "witness-refused" : "prover-failed", $"{inputs.Instance.Name} has no witness for these inputs: {BuiltCircuit.Tail(solved.Errors)}");
            }

            Tell(inputs, ProvingStep.Proof, solved.Cost);
            var (bytes, cost) = await ProveWitnessAsync(circuit, witness, folder, cancel).ConfigureAwait(false);
            var shown = BuiltCircuit.FieldsOf(await File.ReadAllBytesAsync(Path.Combine(folder, "public_inputs"), cancel).ConfigureAwait(false));
            if (!shown.AsSpan().SequenceEqual(inputs.Public.Select(p => p.Value).ToArray()))
            {
                throw new ProverException("proof-mismatch", $"{inputs.Instance.Name}: the proof shows {string.Join(", ", shown)} where {string.Join(", ", inputs.Public.Select(p => p.Value))} was asked for");
            }

            Tell(inputs, ProvingStep.Verification, solved.Cost + cost);
            var proof = new Proof(inputs.Instance, circuit.Target, inputs.Public, [.. bytes], circuit.KeyHash, circuit.SourceHash, circuit.Key.Fingerprint, circuit.Key.IsDevelopment) { Cost = solved.Cost + cost };
            return await VerifyAsync(proof, circuit, cancel).ConfigureAwait(false)
                ? proof
                : throw new ProverException("proof-invalid", $"{inputs.Instance.Name}: the proof that was made does not verify");
        }
        finally
        {
            Remove(folder);
        }
    }

    /// <summary>A child that was killed may still be writing its last file.</summary>
    private static void Remove(string folder)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                Directory.Delete(folder, recursive: true);
                return;
            }
            catch (IOException) when (tries < 20)
            {
                Thread.Sleep(50);
            }
        }
    }

    private async Task<bool> VerifyAsync(Proof proof, BuiltCircuit circuit, CancellationToken cancel)
    {
        if (!proof.Public.Select(p => p.Name).SequenceEqual(proof.Instance.PublicNames) || proof.SourceHash != circuit.SourceHash || proof.KeyHash != circuit.KeyHash || proof.CommitmentKey != circuit.Key.Fingerprint || proof.IsDevelopment != circuit.Key.IsDevelopment)
        {
            return false;
        }

        var folder = Directory.CreateTempSubdirectory("pms-verify-").FullName;
        try
        {
            var (bytes, inputs) = (Path.Combine(folder, "proof"), Path.Combine(folder, "public_inputs"));
            await File.WriteAllBytesAsync(bytes, proof.Bytes.ToArray(), cancel).ConfigureAwait(false);
            var words = new byte[32 * proof.Public.Length];
            for (var i = 0; i < proof.Public.Length; i++)
            {
                proof.Public[i].Value.CopyTo(words.AsSpan(32 * i));
            }

            await File.WriteAllBytesAsync(inputs, words, cancel).ConfigureAwait(false);
            var outcome = await LimitedProcess.RunAsync(
                await circuit.Key.VerifierProgramAsync(tools, cancel).ConfigureAwait(false), ["verify", "-c", circuit.Key.Folder, "-p", bytes, "-i", inputs, "-k", circuit.KeyFile, "-t", BuiltCircuit.TargetName(circuit.Target)], _limits, cancel).ConfigureAwait(false);
            // A refusal says so; anything else is no answer.
            return outcome.ExitCode == 0 || ((outcome.Errors + outcome.Output).Contains("verification failed", StringComparison.OrdinalIgnoreCase)
                ? false
                : throw new ProverException("prover-failed", $"the verifier ended with {outcome.ExitCode}: {BuiltCircuit.Tail(outcome.Errors + outcome.Output)}"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Names a job: the same hidden inputs under the same circuit and key. Salts are in the inputs, so the name tells nothing.</summary>
    private static string JobOf(ProofInputs inputs, BuiltCircuit circuit)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(inputs.Json.Span);
        hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{circuit.SourceHash} {circuit.KeyHash} {circuit.Target}"));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private void Tell(ProofInputs inputs, ProvingStep step, ProverCost cost) => progress?.Report(new ProvingProgress(inputs.Instance.Name, step, cost));
}

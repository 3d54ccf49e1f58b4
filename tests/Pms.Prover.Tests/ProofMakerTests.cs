using Pms.Primitives;
using Pms.Proofs.Circuits;
using Pms.Proofs.Fields;
using Pms.Proofs.Witnesses;
using Pms.Prover.Documents;
using Pms.Prover.Keys;
using Pms.Prover.Processes;
using Pms.Prover.Proving;

namespace Pms.Prover.Tests;

public sealed class ProofMakerTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("account-margin-small")]
    [InlineData("margin-batch-small")]
    [InlineData("solvency-small")]
    public async Task MakeAsync_SmallCircuit_ProofHoldsForItsOwnStatementAlone(string name)
    {
        var inputs = InputsOf(name, 1);
        var proof = await Provers.Maker.MakeAsync(inputs, ProofTarget.Chain, Cancel);
        var read = ProofDocument.Read(ProofDocument.Write(proof).ToJsonString());
        (await Provers.Maker.VerifyAsync(read, Cancel)).ShouldBeTrue();
        for (var i = 0; i < proof.Public.Length; i++)
        {
            var other = proof with { Public = proof.Public.SetItem(i, proof.Public[i] with { Value = proof.Public[i].Value + FieldElement.Of(1L) }) };
            (await Provers.Maker.VerifyAsync(other, Cancel)).ShouldBeFalse($"another {proof.Public[i].Name}");
        }

        (await Provers.Maker.VerifyAsync(proof with { Bytes = proof.Bytes.SetItem(999, (byte)(proof.Bytes[999] ^ 1)) }, Cancel)).ShouldBeFalse("a bit of the proof");
    }

    /// <summary>The prover ends well on a false witness: what it made must not get out.</summary>
    [Fact]
    public async Task VerifyAsync_ProofOfATamperedWitness_Fails()
    {
        var inputs = InputsOf("solvency-small", 2);
        var circuit = await Provers.Maker.CircuitAsync(inputs.Instance, ProofTarget.Chain, Cancel);
        var folder = Directory.CreateTempSubdirectory("pms-tamper-").FullName;
        try
        {
            var (given, witness, tampered) = (Path.Combine(folder, "inputs.json"), Path.Combine(folder, "witness.gz"), Path.Combine(folder, "tampered.gz"));
            await File.WriteAllBytesAsync(given, inputs.Json.ToArray(), Cancel);
            await BuiltCircuit.RequireAsync("node", [Provers.Tools.Script("witness.mjs"), circuit.Program, given, witness], ProverLimits.Default, Cancel);
            // The public shortfall, one tick lower.
            await BuiltCircuit.RequireAsync("node", [Path.Combine(Provers.Tools.Circuits, "tests", "tamper.mjs"), witness, "4", tampered], ProverLimits.Default, Cancel);
            var (bytes, _) = await Provers.Maker.ProveWitnessAsync(circuit, tampered, folder, Cancel);
            var lower = inputs.Public.SetItem(4, new PublicInput("shortfall", inputs["shortfall"] - FieldElement.Of(1L)));
            var proof = new Proof(inputs.Instance, ProofTarget.Chain, lower, [.. bytes], circuit.KeyHash, circuit.SourceHash, circuit.Key.Fingerprint, circuit.Key.IsDevelopment);
            (await Provers.Maker.VerifyAsync(proof, Cancel)).ShouldBeFalse();
            (await Provers.Maker.VerifyAsync(proof with { Public = inputs.Public }, Cancel)).ShouldBeFalse();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task MakeAsync_InputsThatAreNoWitness_AreRefused()
    {
        var inputs = InputsOf("margin-batch-small", 3);
        var text = System.Text.Encoding.UTF8.GetString(inputs.Json.Span).Replace($"\"context\":\"{Provers.Context.ToBigInteger()}\"", "\"context\":\"1\"", StringComparison.Ordinal);
        var refused = await Should.ThrowAsync<ProverException>(() => Provers.Maker.MakeAsync(inputs with { Json = System.Text.Encoding.UTF8.GetBytes(text) }, ProofTarget.Chain, Cancel));
        refused.Code.ShouldBe("witness-refused");
    }

    [Fact]
    public async Task MakeAsync_BeyondItsLimits_KillsTheChild()
    {
        var inputs = InputsOf("solvency-small", 4);
        await Provers.Maker.CircuitAsync(inputs.Instance, ProofTarget.Chain, Cancel);
        var slow = new ProofMaker(Provers.Tools, null, ProverLimits.Default with { Time = TimeSpan.FromMilliseconds(1) });
        (await Should.ThrowAsync<ProverException>(() => slow.MakeAsync(inputs, ProofTarget.Chain, Cancel))).Code.ShouldBe("prover-timeout");
        var small = new ProofMaker(Provers.Tools, null, ProverLimits.Default with { MemoryBytes = 1 << 20 });
        (await Should.ThrowAsync<ProverException>(() => small.MakeAsync(inputs, ProofTarget.Chain, Cancel))).Code.ShouldBe("prover-memory");
    }

    [Fact]
    public async Task MakeAsync_TheSameInputsAgain_FindsTheFinishedProof()
    {
        var inputs = InputsOf("account-margin-small", 5);
        var first = await Provers.Maker.MakeAsync(inputs, ProofTarget.Chain, Cancel);
        var steps = new List<ProvingStep>();
        var again = await new ProofMaker(Provers.Tools, null, null, new Steps(steps)).MakeAsync(inputs, ProofTarget.Chain, Cancel);
        steps.ShouldBe([ProvingStep.Circuit, ProvingStep.Found]);
        again.Bytes.ShouldBe(first.Bytes);
    }

    /// <summary>Waiting for another prover must not hide that nothing can be written.</summary>
    [Fact]
    public async Task CircuitAsync_WorkFolderThatIsAFile_SaysSo()
    {
        var file = Path.GetTempFileName();
        try
        {
            var maker = new ProofMaker(Provers.Tools with { Work = file });
            (await Should.ThrowAsync<ProverException>(() => maker.CircuitAsync(CircuitInstance.Of("margin-batch-small"), ProofTarget.Chain, Cancel))).Code.ShouldBe("prover-failed");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void CommitmentKey_UnknownOrShort_IsRefused()
    {
        var folder = Directory.CreateTempSubdirectory("pms-key-").FullName;
        try
        {
            Should.Throw<ProverException>(() => CommitmentKey.Open(folder)).Code.ShouldBe("commitment-key");
            File.WriteAllBytes(Path.Combine(folder, "bn254_g1.dat"), new byte[128]);
            File.WriteAllBytes(Path.Combine(folder, "bn254_g2.dat"), new byte[128]);
            Should.Throw<ProverException>(() => CommitmentKey.Open(folder)).Code.ShouldBe("commitment-key");
            File.WriteAllBytes(Path.Combine(folder, "bn254_g2.dat"), CommitmentKey.Ignition.ToArray());
            var key = CommitmentKey.Open(folder);
            key.IsDevelopment.ShouldBeFalse();
            Should.Throw<ProverException>(() => key.RequirePoints(3)).Code.ShouldBe("commitment-key");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("nothing")]
    public void ProofDocument_Malformed_IsRefused(string text) => Should.Throw<InvalidInputException>(() => ProofDocument.Read(text)).Code.ShouldBe("proof-format");

    /// <summary>A public input must be below the field's order: larger ones would stand for two numbers.</summary>
    [Fact]
    public async Task ProofDocument_PublicInputNotBelowTheOrder_IsRefused()
    {
        var proof = await Provers.Maker.MakeAsync(InputsOf("account-margin-small", 5), ProofTarget.Chain, Cancel);
        var document = ProofDocument.Write(proof);
        var beyond = proof.Public[0].Value.ToBigInteger() + FieldElement.Order;
        document["publicInputs"]![0]!["value"] = "0x" + beyond.ToString("x", System.Globalization.CultureInfo.InvariantCulture).TrimStart('0');
        Should.Throw<InvalidInputException>(() => ProofDocument.Read(document.ToJsonString())).Code.ShouldBe("field-element");
    }

    /// <summary>Names of another order would let one number pass for another; the document is refused, and so is what was read before it was changed.</summary>
    [Fact]
    public async Task VerifyAsync_PublicInputsUnderOtherNames_AreRefused()
    {
        var proof = await Provers.Maker.MakeAsync(InputsOf("account-margin-small", 5), ProofTarget.Chain, Cancel);
        var (context, accounts) = (proof.Public[0], proof.Public[2]);
        var swapped = proof with { Public = proof.Public.SetItem(0, context with { Name = accounts.Name }).SetItem(2, accounts with { Name = context.Name }) };
        (await Provers.Maker.VerifyAsync(swapped, Cancel)).ShouldBeFalse();
        Should.Throw<InvalidInputException>(() => ProofDocument.Read(ProofDocument.Write(swapped).ToJsonString())).Code.ShouldBe("proof-format");
        var twice = proof with { Public = proof.Public.SetItem(3, proof.Public[3] with { Name = context.Name }) };
        Should.Throw<InvalidInputException>(() => ProofDocument.Read(ProofDocument.Write(twice).ToJsonString())).Code.ShouldBe("proof-format");
        var more = proof with { Public = proof.Public.Add(context) };
        Should.Throw<InvalidInputException>(() => ProofDocument.Read(ProofDocument.Write(more).ToJsonString())).Code.ShouldBe("proof-format");
    }

    internal static ProofInputs InputsOf(string name, int seed)
    {
        var instance = CircuitInstance.Of(name);
        var (array, accounts) = Provers.Scene(instance, seed);
        return instance.Circuit switch
        {
            "account-margin" => AccountMarginWitness.Of(instance, Provers.Context, array, accounts, 1, out _),
            "margin-batch" => MarginBatchWitness.Of(instance, Provers.Context, array, accounts, 1).Inputs,
            _ => SolvencyWitness.Of(instance, Provers.Context, array, accounts).Inputs,
        };
    }

    private sealed class Steps(List<ProvingStep> steps) : IProgress<ProvingProgress>
    {
        public void Report(ProvingProgress value) => steps.Add(value.Step);
    }
}

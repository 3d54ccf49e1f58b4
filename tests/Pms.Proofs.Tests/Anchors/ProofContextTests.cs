using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Proofs.Anchors;

namespace Pms.Proofs.Tests.Anchors;

public sealed class ProofContextTests
{
    private static readonly KeccakHash Batch = KeccakHash.Parse("0x" + string.Concat(Enumerable.Repeat("11", 32)));
    private static readonly EvmAddress Oracle = EvmAddress.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3");

    /// <summary>The dashboard's test has the same (web/src/features/solvency/verifyProof.test.ts), and ProofChainTests asks the contract.</summary>
    [Fact]
    public void Of_KnownNumbers_IsThatOfTheOtherLanguages() =>
        ProofContext.Of(new ChainId(31337), Oracle, ProofContext.CircuitId("solvency-demo"), new BatchSequence(13), Batch).ToString()
            .ShouldBe("0x0f65ca5dddec32d404cc70e0e0a3b614b3f19d708c539a38a498d5d7e45f8953");

    [Fact]
    public void Of_AnythingChanged_Changes()
    {
        var circuit = ProofContext.CircuitId("solvency");
        string[] contexts =
        [
            ProofContext.Of(new ChainId(1), Oracle, circuit, new BatchSequence(1), Batch).ToString(),
            ProofContext.Of(new ChainId(2), Oracle, circuit, new BatchSequence(1), Batch).ToString(),
            ProofContext.Of(new ChainId(1), default, circuit, new BatchSequence(1), Batch).ToString(),
            ProofContext.Of(new ChainId(1), Oracle, ProofContext.CircuitId("margin-batch"), new BatchSequence(1), Batch).ToString(),
            ProofContext.Of(new ChainId(1), Oracle, circuit, new BatchSequence(2), Batch).ToString(),
            ProofContext.Of(new ChainId(1), Oracle, circuit, new BatchSequence(1), default).ToString(),
        ];
        contexts.Distinct().Count().ShouldBe(contexts.Length);
    }
}

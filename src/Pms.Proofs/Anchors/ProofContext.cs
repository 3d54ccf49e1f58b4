using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Proofs.Fields;

namespace Pms.Proofs.Anchors;

/// <summary>What binds a proof to one chain, contract, circuit and batch, and so to its epoch, parameters and market: contracts/src/proofs/ProofConsumer.sol.</summary>
public static class ProofContext
{
    private static readonly KeccakHash Tag = Keccak256.Hash("PMS proof context 1"u8);

    /// <summary>Keccak of a circuit's name.</summary>
    public static KeccakHash CircuitId(string name) => Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(name));

    /// <param name="chain">that the proof is for</param>
    /// <param name="consumer">contract that takes it</param>
    /// <param name="circuit">its id</param>
    /// <param name="sequence">of the batch</param>
    /// <param name="batch">struct hash of its header</param>
    public static FieldElement Of(ChainId chain, EvmAddress consumer, KeccakHash circuit, BatchSequence sequence, KeccakHash batch)
    {
        var words = new AbiWords(stackalloc byte[6 * AbiWords.WordBytes]);
        words.Add(Tag);
        words.Add(chain.Value);
        words.Add(consumer);
        words.Add(circuit);
        words.Add(sequence.Value);
        words.Add(batch);
        Span<byte> hash = stackalloc byte[KeccakHash.SizeBytes];
        words.Hash().CopyTo(hash);
        // Without the lowest three bits every number is below the field's order.
        return FieldElement.Of(new System.Numerics.BigInteger(hash, isUnsigned: true, isBigEndian: true) >> 3);
    }
}

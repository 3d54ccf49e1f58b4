using System.Buffers.Binary;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Proofs.Fields;

namespace Pms.Proofs.Anchors;

/// <summary>What binds a proof to one chain, contract, circuit and batch, and so to its epoch, parameters and market: contracts/src/proofs/ProofConsumer.sol.</summary>
public static class ProofContext
{
    private const int WordBytes = 32;
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
        Span<byte> words = stackalloc byte[6 * WordBytes];
        words.Clear();
        Tag.CopyTo(words);
        BinaryPrimitives.WriteUInt64BigEndian(words[((2 * WordBytes) - 8)..], chain.Value);
        consumer.CopyTo(words[((2 * WordBytes) + 12)..]);
        circuit.CopyTo(words[(3 * WordBytes)..]);
        BinaryPrimitives.WriteUInt64BigEndian(words[((5 * WordBytes) - 8)..], sequence.Value);
        batch.CopyTo(words[(5 * WordBytes)..]);
        Span<byte> hash = stackalloc byte[WordBytes];
        Keccak256.Hash(words).CopyTo(hash);
        // Without the lowest three bits every number is below the field's order.
        return FieldElement.Of(new System.Numerics.BigInteger(hash, isUnsigned: true, isBigEndian: true) >> 3);
    }
}

using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;

namespace Pms.Attestation.Messages;

/// <summary>What a quorum says a proof may start from: the numbers of one batch, as circuits hash them (docs/model/proofs.md).</summary>
public sealed record ProofAnchor : IStructuredMessage
{
    public const string TypeString =
        "ProofAnchor(uint64 setId,uint64 batchSequence,bytes32 batchHash,bytes32 circuitId,bytes32 arrayRoot,bytes32 accountsRoot,bytes32 evaluations,uint32 accountCount,uint64 validUntil)";

    private static readonly KeccakHash TypeHash = Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(TypeString));

    /// <summary>Of the batch.</summary>
    public required SetId SetId { get; init; }

    public required BatchSequence BatchSequence { get; init; }

    /// <summary>Struct hash of the batch's header.</summary>
    public required KeccakHash BatchHash { get; init; }

    /// <summary>Keccak of the circuit's name.</summary>
    public required KeccakHash CircuitId { get; init; }

    /// <summary>Poseidon2 root of the risk array over the proof's scenarios.</summary>
    public required KeccakHash ArrayRoot { get; init; }

    /// <summary>Poseidon2 root of the hidden, salted accounts.</summary>
    public required KeccakHash AccountsRoot { get; init; }

    /// <summary>The array at the proof's challenge; zero for a single account.</summary>
    public required KeccakHash Evaluations { get; init; }

    /// <summary>Accounts of the house in the tree.</summary>
    public required uint AccountCount { get; init; }

    public required UnixSeconds ValidUntil { get; init; }

    /// <inheritdoc/>
    public KeccakHash StructHash()
    {
        var words = new AbiWords(stackalloc byte[10 * AbiWords.WordBytes]);
        words.Add(TypeHash);
        words.Add(SetId.Value);
        words.Add(BatchSequence.Value);
        words.Add(BatchHash);
        words.Add(CircuitId);
        words.Add(ArrayRoot);
        words.Add(AccountsRoot);
        words.Add(Evaluations);
        words.Add((ulong)AccountCount);
        words.Add(ValidUntil.Value);
        return words.Hash();
    }
}

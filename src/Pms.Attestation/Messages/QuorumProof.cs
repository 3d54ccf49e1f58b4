using System.Collections.Immutable;
using Pms.Attestation.Encoding;
using Pms.Attestation.Signing;
using Pms.Primitives;

namespace Pms.Attestation.Messages;

/// <summary>Signatures of a quorum over one digest, as the registry takes them.</summary>
/// <param name="Members">the whole set, rising</param>
/// <param name="Signers">bit i: member i signed</param>
/// <param name="Signatures">65 bytes each, in the order of the members whose bit is set</param>
public sealed record QuorumProof(ImmutableArray<EvmAddress> Members, uint Signers, ImmutableArray<byte> Signatures)
{
    /// <summary>A proof of exactly a quorum: more signatures prove no more and cost gas.</summary>
    /// <param name="set">whose members signed</param>
    /// <param name="signatures">verified, by member; at least a quorum</param>
    /// <exception cref="InvalidInputException"><c>quorum-small</c></exception>
    public static QuorumProof Of(AttesterSet set, IReadOnlyDictionary<EvmAddress, EvmSignature> signatures)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(signatures);
        var (mask, used) = (0u, 0);
        var bytes = ImmutableArray.CreateBuilder<byte>(set.Quorum * EvmSignature.SizeBytes);
        for (var i = 0; i < set.Members.Length && used < set.Quorum; i++)
        {
            if (signatures.TryGetValue(set.Members[i], out var signature))
            {
                mask |= 1u << i;
                used++;
                bytes.AddRange(signature.ToArray());
            }
        }

        return used == set.Quorum
            ? new QuorumProof(set.Members, mask, bytes.ToImmutable())
            : throw new InvalidInputException("quorum-small", $"{used} of the {set.Members.Length} members of set {set.Id} signed: {set.Quorum} are needed");
    }
}

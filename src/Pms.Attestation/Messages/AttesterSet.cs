using System.Collections.Immutable;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Primitives;

namespace Pms.Attestation.Messages;

/// <summary>Who may sign, and how many must.</summary>
public sealed record AttesterSet
{
    /// <summary>Below four members no fault can be borne.</summary>
    public const int LeastMembers = 4;

    /// <summary>As many as the registry takes.</summary>
    public const int MostMembers = 31;

    /// <param name="id">of the set</param>
    /// <param name="members">3f + 1 addresses, rising, none of them zero</param>
    /// <exception cref="InvalidInputException"><c>attester-set</c></exception>
    public AttesterSet(SetId id, ImmutableArray<EvmAddress> members)
    {
        if (members.Length is < LeastMembers or > MostMembers || members.Length % 3 != 1)
        {
            throw new InvalidInputException("attester-set", $"a set has 3f + 1 members, {LeastMembers} to {MostMembers}, not {members.Length}");
        }

        for (var i = 0; i < members.Length; i++)
        {
            if (members[i].IsZero || (i > 0 && members[i] <= members[i - 1]))
            {
                throw new InvalidInputException("attester-set", $"member {i}, {members[i]}, is zero or not above the one before it");
            }
        }

        (Id, Members) = (id, members);
    }

    public SetId Id { get; }

    public ImmutableArray<EvmAddress> Members { get; }

    /// <summary>Members that may be wrong or silent without harm.</summary>
    public int Faults => (Members.Length - 1) / 3;

    /// <summary>Signatures that are needed: 2f + 1.</summary>
    public int Quorum => (2 * Faults) + 1;

    /// <summary>keccak(id, members), as the registry keeps it.</summary>
    public KeccakHash Hash()
    {
        // abi.encode(uint64, address[]): the array is dynamic, so its place (64 bytes on) and its length come before it.
        var words = new AbiWords(new byte[(3 + Members.Length) * AbiWords.WordBytes]);
        words.Add(Id.Value);
        words.Add(2UL * AbiWords.WordBytes);
        words.Add((ulong)Members.Length);
        foreach (var member in Members)
        {
            words.Add(member);
        }

        return words.Hash();
    }

    public bool Equals(AttesterSet? other) => other is not null && Id == other.Id && Members.AsSpan().SequenceEqual(other.Members.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Id, Members.Length);
}

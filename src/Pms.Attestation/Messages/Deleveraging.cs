using System.Collections.Immutable;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;

namespace Pms.Attestation.Messages;

/// <summary>Legs of an account that is worth nothing go to one that holds the other side of each: the action that a clearance of it names.</summary>
/// <param name="From">account that is worth nothing</param>
/// <param name="To">account that holds the other side</param>
/// <param name="Legs">by rising id, with the sign they have at the account they come from</param>
/// <param name="Value">of the legs at the marks of the batch, USD</param>
/// <param name="Moved">sum of their absolute values, USD</param>
/// <param name="All">the same over all legs of the account they come from, before, USD</param>
public sealed record Deleveraging(AccountNumber From, AccountNumber To, ImmutableArray<SliceLeg> Legs, Wad Value, UnsignedWad Moved, UnsignedWad All) : IStructuredMessage
{
    public const string TypeString = "Deleveraging(uint64 from,uint64 to,Leg[] legs,int128 valueWad,uint128 movedWad,uint128 allWad)" + SliceLeg.TypeString;

    private static readonly KeccakHash TypeHash = Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(TypeString));

    public bool Equals(Deleveraging? other) => other is not null && From == other.From && To == other.To && Legs.AsSpan().SequenceEqual(other.Legs.AsSpan())
        && Value == other.Value && Moved == other.Moved && All == other.All;

    public override int GetHashCode() => HashCode.Combine(From, To, Legs.Length, Value, Moved, All);

    /// <inheritdoc/>
    public KeccakHash StructHash()
    {
        var words = new AbiWords(stackalloc byte[7 * AbiWords.WordBytes]);
        words.Add(TypeHash);
        words.Add(From.Value);
        words.Add(To.Value);
        words.Add(StructList.Hash(Legs));
        words.Add(Value.Units);
        words.Add(Moved.Units);
        words.Add(All.Units);
        return words.Hash();
    }
}

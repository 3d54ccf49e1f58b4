using System.Collections.Immutable;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;

namespace Pms.Attestation.Messages;

/// <summary>A leg that goes from an account under liquidation to a keeper's, with the sign it has there.</summary>
public sealed record SliceLeg(InstrumentId Instrument, QuantityWad Quantity) : IStructuredMessage
{
    public const string TypeString = "Leg(bytes32 instrument,int128 quantityWad)";

    private static readonly KeccakHash TypeHash = Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(TypeString));

    /// <inheritdoc/>
    public KeccakHash StructHash()
    {
        var words = new AbiWords(stackalloc byte[3 * AbiWords.WordBytes]);
        words.Add(TypeHash);
        words.Add(Instrument.Value);
        words.Add(Quantity.Units);
        return words.Hash();
    }
}

/// <summary>Legs of a plan change hands: the action that a clearance of it names. The cash for them is the keeper's bid, which the chain judges.</summary>
public sealed record LiquidationSlice(AccountNumber From, AccountNumber To, ImmutableArray<SliceLeg> Legs) : IStructuredMessage
{
    public const string TypeString = "Liquidation(uint64 from,uint64 to,Leg[] legs)" + SliceLeg.TypeString;

    private static readonly KeccakHash TypeHash = Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(TypeString));

    public bool Equals(LiquidationSlice? other) => other is not null && From == other.From && To == other.To && Legs.AsSpan().SequenceEqual(other.Legs.AsSpan());

    public override int GetHashCode() => HashCode.Combine(From, To, Legs.Length);

    /// <inheritdoc/>
    public KeccakHash StructHash()
    {
        var words = new AbiWords(stackalloc byte[4 * AbiWords.WordBytes]);
        words.Add(TypeHash);
        words.Add(From.Value);
        words.Add(To.Value);
        words.Add(StructList.Hash(Legs));
        return words.Hash();
    }
}

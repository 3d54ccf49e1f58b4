using System.Collections.Immutable;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;

namespace Pms.Attestation.Messages;

/// <summary>Two orders meet.</summary>
/// <param name="Buy">quantity above 0</param>
/// <param name="Sell">quantity below 0, of the same contract</param>
/// <param name="Quantity">above 0</param>
/// <param name="Price">within both limits</param>
public sealed record Match(Order Buy, Order Sell, QuantityWad Quantity, UnitPriceWad Price) : IStructuredMessage
{
    public const string TypeString = "Match(bytes32 buyOrder,bytes32 sellOrder,uint128 quantityWad,uint128 priceWad)";

    private static readonly KeccakHash TypeHash = Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(TypeString));

    /// <inheritdoc/>
    public KeccakHash StructHash()
    {
        var words = new AbiWords(stackalloc byte[5 * AbiWords.WordBytes]);
        words.Add(TypeHash);
        words.Add(Buy.StructHash());
        words.Add(Sell.StructHash());
        words.Add(new Wad(Quantity.Units).ToUnsigned().Units);
        words.Add(Price.Units);
        return words.Hash();
    }
}

/// <summary>Matches done in one call: the action that a clearance of a trade names.</summary>
public sealed record Trade(ImmutableArray<Match> Matches) : IStructuredMessage
{
    public const string TypeString = "Trade(Match[] matches)" + Match.TypeString;

    private static readonly KeccakHash TypeHash = Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(TypeString));

    public bool Equals(Trade? other) => other is not null && Matches.AsSpan().SequenceEqual(other.Matches.AsSpan());

    public override int GetHashCode() => Matches.Length;

    /// <inheritdoc/>
    public KeccakHash StructHash()
    {
        var words = new AbiWords(stackalloc byte[2 * AbiWords.WordBytes]);
        words.Add(TypeHash);
        words.Add(StructList.Hash(Matches));
        return words.Hash();
    }
}

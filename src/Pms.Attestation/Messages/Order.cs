using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;

namespace Pms.Attestation.Messages;

/// <summary>A signed wish to buy (quantity above 0) or sell (below 0).</summary>
public sealed record Order : IStructuredMessage
{
    public const string TypeString = "Order(uint64 account,bytes32 instrument,int128 quantityWad,uint128 limitPriceWad,uint64 expiry,uint64 nonce,address matcher)";

    private static readonly KeccakHash TypeHash = Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(TypeString));

    public required AccountNumber Account { get; init; }

    public required InstrumentId Instrument { get; init; }

    /// <summary>All that may be filled.</summary>
    public required QuantityWad Quantity { get; init; }

    /// <summary>Worst price.</summary>
    public required UnitPriceWad LimitPrice { get; init; }

    /// <summary>Last second.</summary>
    public required UnixSeconds Expiry { get; init; }

    /// <summary>Tells equal orders apart.</summary>
    public required ulong Nonce { get; init; }

    /// <summary>Who may match it; zero: anyone.</summary>
    public required EvmAddress Matcher { get; init; }

    /// <inheritdoc/>
    public KeccakHash StructHash()
    {
        var words = new AbiWords(stackalloc byte[8 * AbiWords.WordBytes]);
        words.Add(TypeHash);
        words.Add(Account.Value);
        words.Add(Instrument.Value);
        words.Add(Quantity.Units);
        words.Add(LimitPrice.Units);
        words.Add(Expiry.Value);
        words.Add(Nonce);
        words.Add(Matcher);
        return words.Hash();
    }
}

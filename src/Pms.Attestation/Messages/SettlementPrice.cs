using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;

namespace Pms.Attestation.Messages;

/// <summary>Price at which an expiry settles; accepted once.</summary>
public sealed record SettlementPrice : IStructuredMessage
{
    public const string TypeString = "SettlementPrice(uint64 setId,uint8 priceId,uint64 expiry,uint64 priceE8,uint64 observedAt)";

    private static readonly KeccakHash TypeHash = Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(TypeString));

    public required SetId SetId { get; init; }

    public required PriceId PriceId { get; init; }

    public required UnixSeconds Expiry { get; init; }

    public required PriceE8 Price { get; init; }

    /// <summary>At or after the expiry.</summary>
    public required UnixSeconds ObservedAt { get; init; }

    /// <inheritdoc/>
    public KeccakHash StructHash()
    {
        var words = new AbiWords(stackalloc byte[6 * AbiWords.WordBytes]);
        words.Add(TypeHash);
        words.Add(SetId.Value);
        words.Add((ulong)PriceId.Value);
        words.Add(Expiry.Value);
        words.Add(Price.Units);
        words.Add(ObservedAt.Value);
        return words.Hash();
    }
}

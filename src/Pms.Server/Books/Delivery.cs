using System.Text.Json;
using Pms.Documents;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Primitives;

namespace Pms.Server.Books;

/// <summary>What contracts of a family that expired at one instant are worth to us until the ledger of whoever clears them says so: the index of the first snapshot after it.</summary>
/// <param name="Underlying">family</param>
/// <param name="Expiry">instant</param>
/// <param name="Price">quote per coin, above 0</param>
/// <param name="ObservedAt">of the snapshot</param>
public sealed record Delivery(UnderlyingId Underlying, DateTimeOffset Expiry, double Price, DateTimeOffset ObservedAt)
{
    /// <summary>An index seen later than this after the expiry says nothing of it.</summary>
    public static readonly TimeSpan MostDelay = TimeSpan.FromMinutes(10);

    /// <summary>Deliveries that a snapshot shows and a book needs.</summary>
    /// <param name="book">whose contracts may have expired</param>
    /// <param name="snapshot">market</param>
    public static IReadOnlyList<Delivery> Due(RiskBook book, MarketSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(book);
        ArgumentNullException.ThrowIfNull(snapshot);
        return
        [
            .. book.Expiries.Where(e => e.Expiry <= snapshot.ObservedAt && snapshot.ObservedAt - e.Expiry <= MostDelay && !book.Deliveries.ContainsKey(e))
                .Select(e => (e.Underlying, e.Expiry, snapshot.Find(e.Underlying)?.Index))
                .Where(e => e.Index is { } index && index.Provenance.EffectiveTime >= e.Expiry)
                .OrderBy(e => e.Expiry).ThenBy(e => e.Underlying.Name, StringComparer.Ordinal)
                .Select(e => new Delivery(e.Underlying, e.Expiry, e.Index!.Value.Price, snapshot.ObservedAt)),
        ];
    }

    /// <summary>As the record holds it.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(new DeliveryDocument(Underlying.Name, Expiry, Price, ObservedAt), DocumentJson.Compact);

    /// <exception cref="InvalidInputException"><c>delivery-record</c></exception>
    public static Delivery Read(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var document = JsonSerializer.Deserialize<DeliveryDocument>(utf8, DocumentJson.Compact);
            return document is { Price: > 0 } && double.IsFinite(document.Price)
                ? new Delivery(DeribitNames.Parse($"{document.Underlying}-PERPETUAL").Underlying, document.Expiry, document.Price, document.ObservedAt)
                : throw new InvalidInputException("delivery-record", "the record of a delivery has no price above 0");
        }
        catch (JsonException e)
        {
            throw new InvalidInputException("delivery-record", $"the record of a delivery cannot be read: {PrintableText.Of(e.Message)}", e);
        }
    }
}

/// <summary>A delivery in the record. Price in quote currency per coin.</summary>
public sealed record DeliveryDocument(string Underlying, DateTimeOffset Expiry, double Price, DateTimeOffset ObservedAt);

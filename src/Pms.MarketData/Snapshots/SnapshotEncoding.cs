using System.Collections.Immutable;
using Pms.MarketData.Events;
using Pms.Primitives;

namespace Pms.MarketData.Snapshots;

/// <summary>The canonical bytes of a snapshot (docs/model/encoding.md, "Market snapshot").</summary>
public static class SnapshotEncoding
{
    public const string Schema = "pms.market-snapshot/1";

    private const byte NoDepth = 0;
    private const byte WholeBook = 1;
    private const byte BestLevelsOnly = 2;

    public static ContentHash Hash(MarketSnapshot snapshot) => Encode(snapshot).Hash();

    public static CanonicalWriter Encode(MarketSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var writer = new CanonicalWriter(Schema);
        writer.Write(snapshot.ObservedAt);
        writer.Write(snapshot.Source);
        writer.Write(snapshot.Boards.Length);
        foreach (var board in snapshot.Boards)
        {
            writer.Write(board.Id.Name);
            Write(writer, board.Index);
            Write(writer, board.VolatilityIndex);
            writer.Write(board.Expiries.Length);
            foreach (var expiry in board.Expiries)
            {
                writer.Write(expiry.Expiry);
                writer.Write(expiry.VenueForward);
                Write(writer, expiry.Options);
            }

            Write(writer, board.Linears);
        }

        return writer;
    }

    private static void Write(CanonicalWriter writer, ImmutableArray<InstrumentQuote> quotes)
    {
        writer.Write(quotes.Length);
        foreach (var quote in quotes)
        {
            writer.Write(quote.Instrument.Name);
            Write(writer, quote.Provenance);
            Write(writer, quote.Values);
            writer.Write(quote.Depth switch { null => NoDepth, { IsPartial: true } => BestLevelsOnly, _ => WholeBook });
            if (quote.Depth is { } depth)
            {
                writer.Write(depth.ChangeId);
                Write(writer, depth.Bids);
                Write(writer, depth.Asks);
            }
        }
    }

    private static void Write(CanonicalWriter writer, in QuoteValues values)
    {
        writer.Write(values.Bid);
        writer.Write(values.Ask);
        writer.Write(values.BidSize);
        writer.Write(values.AskSize);
        writer.Write(values.Mark);
        writer.Write(values.MarkVol);
        writer.Write(values.BidVol);
        writer.Write(values.AskVol);
        writer.Write(values.UnderlyingPrice);
        writer.Write(values.UnderlyingName ?? "");
        writer.Write(values.Delta);
        writer.Write(values.Gamma);
        writer.Write(values.Vega);
        writer.Write(values.Theta);
        writer.Write(values.Rho);
        writer.Write(values.OpenInterest);
        writer.Write(values.Volume24h);
        writer.Write(values.Last);
        writer.Write(values.CurrentFunding);
        writer.Write(values.Funding8h);
    }

    private static void Write(CanonicalWriter writer, ImmutableArray<BookLevel> levels)
    {
        writer.Write(levels.Length);
        foreach (var level in levels)
        {
            writer.Write(level.Price);
            writer.Write(level.Amount);
        }
    }

    private static void Write(CanonicalWriter writer, PricePoint? point)
    {
        writer.Write(point.HasValue);
        if (point is { } p)
        {
            writer.Write(p.Price);
            Write(writer, p.Provenance);
        }
    }

    private static void Write(CanonicalWriter writer, in Provenance provenance)
    {
        writer.Write(provenance.Source);
        writer.Write(provenance.ExchangeTime);
        writer.Write(provenance.ReceivedAt);
    }
}

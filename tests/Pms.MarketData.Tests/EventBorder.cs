using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers;

namespace Pms.MarketData.Tests;

/// <summary>What must hold of every event that leaves a reader, written independently of the reader's own checks.</summary>
internal static class EventBorder
{
    public static void Check(MarketEvent e)
    {
        e.Provenance.Source.ShouldNotBeNullOrEmpty();
        switch (e)
        {
            case QuoteUpdate q:
                Instrument(q.Instrument);
                q.Groups.ShouldNotBe(QuoteGroups.None);
                var v = q.Values;
                Positive(v.Bid, v.Ask, v.UnderlyingPrice, v.Last, v.MarkVol, v.BidVol, v.AskVol);
                NotNegative(v.BidSize, v.AskSize, v.Mark, v.OpenInterest, v.Volume24h);
                Finite(v.Delta, v.Gamma, v.Vega, v.Theta, v.Rho, v.CurrentFunding, v.Funding8h);
                break;
            case BookImage b:
                Instrument(b.Instrument);
                Levels(b.Bids, mayDelete: false);
                Levels(b.Asks, mayDelete: false);
                b.Bids.Zip(b.Bids.Skip(1)).ShouldAllBe(p => p.First.Price > p.Second.Price);
                b.Asks.Zip(b.Asks.Skip(1)).ShouldAllBe(p => p.First.Price < p.Second.Price);
                break;
            case BookChange c:
                Instrument(c.Instrument);
                Levels(c.Bids, mayDelete: true);
                Levels(c.Asks, mayDelete: true);
                break;
            case IndexUpdate i:
                Positive(i.Price);
                break;
            case VolatilityIndexUpdate i:
                Positive(i.Vol);
                break;
            case TradePrint t:
                Instrument(t.Instrument);
                Positive(t.Price);
                NotNegative(t.Amount);
                t.Amount.ShouldNotBe(0);
                break;
            case DeliveryEstimate d:
                Positive(d.Price);
                NotNegative(d.SecondsToDelivery);
                break;
            case InstrumentListed l:
                Instrument(l.Instrument);
                Positive(l.Terms.ContractSize, l.Terms.TickSize);
                NotNegative(l.Terms.MinTradeAmount);
                break;
            case RejectedInput r:
                r.Reason.Code.ShouldMatch("^[a-z0-9]+(-[a-z0-9]+)*$");
                r.Reason.Message.ShouldNotBeNullOrEmpty();
                r.Excerpt.Length.ShouldBeLessThanOrEqualTo(RejectedInput.MaxExcerptLength);
                break;
            case FeedControl c:
                c.Text.Length.ShouldBeLessThanOrEqualTo(64);
                break;
        }
    }

    private static void Instrument(Instrument instrument) => DeribitNames.Parse(instrument.Name).ShouldBe(instrument);

    private static void Levels(IReadOnlyList<BookLevel> levels, bool mayDelete)
    {
        foreach (var level in levels)
        {
            if (!(level.Price > 0 && level.Price <= QuoteValidation.MaxPrice && level.Amount <= QuoteValidation.MaxAmount && (level.Amount > 0 || (mayDelete && level.Amount == 0))))
            {
                throw new InvalidOperationException($"{level} left the reader");
            }
        }
    }

    private static void Positive(params ReadOnlySpan<double?> values)
    {
        foreach (var v in values)
        {
            if (v is { } value && !(value > 0 && value <= QuoteValidation.MaxPrice))
            {
                throw new InvalidOperationException($"{value:R} left the reader, which is not above 0 and bounded");
            }
        }
    }

    private static void NotNegative(params ReadOnlySpan<double?> values)
    {
        foreach (var v in values)
        {
            if (v is { } value && !(value >= 0 && value <= QuoteValidation.MaxAmount))
            {
                throw new InvalidOperationException($"{value:R} left the reader, which is negative or unbounded");
            }
        }
    }

    private static void Finite(params ReadOnlySpan<double?> values)
    {
        foreach (var v in values)
        {
            if (v is { } value && !double.IsFinite(value))
            {
                throw new InvalidOperationException($"{value} left the reader");
            }
        }
    }
}

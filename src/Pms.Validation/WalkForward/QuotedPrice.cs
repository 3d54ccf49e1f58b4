using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Pricing;
using Pms.Primitives;

namespace Pms.Validation.WalkForward;

/// <summary>What an option is worth by a board's own quotes, without any model of ours.</summary>
internal static class QuotedPrice
{
    /// <summary>The venue's mark (its price, else by its mark vol and its forward), held within bid and ask where there are both; without a mark the mid; null without either.</summary>
    /// <param name="quote">of a European option</param>
    /// <param name="at">instant of the board</param>
    /// <returns>in the contract's price unit</returns>
    public static double? Of(InstrumentQuote quote, DateTimeOffset at)
    {
        var mark = quote.Values.Mark ?? MarkByVol(quote, at);
        if (quote is { Bid: { } bid, Ask: { } ask } && bid <= ask)
        {
            return mark is { } m ? Math.Clamp(m, bid, ask) : (bid + ask) / 2;
        }

        return mark;
    }

    private static double? MarkByVol(InstrumentQuote quote, DateTimeOffset at)
    {
        return quote is { Instrument: EuropeanOption option, Values.MarkVol: { } vol and > 0, UnderlyingPrice: { } forward } && UtcTime.YearsBetween(at, option.Expiry) is > 0 and var years
            ? InstrumentValuation.Value(option, new ValuationInputs(forward, years, vol)).Settlement
            : null;
    }
}

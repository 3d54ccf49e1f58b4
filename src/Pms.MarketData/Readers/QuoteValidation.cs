using Pms.MarketData.Events;
using Pms.Primitives;

namespace Pms.MarketData.Readers;

/// <summary>The border check on numbers: whatever a reader makes of a row or message passes here before it becomes an event.</summary>
/// <remarks>
/// The bounds are far outside anything a venue shows; they exist so that no later stage meets an infinity, a NaN or a number whose square
/// overflows. Whether a quote is sensible (crossed, stale, far from its neighbours) is the surface's question, not the border's.
/// </remarks>
public static class QuoteValidation
{
    /// <summary>Largest price of anything, in its own unit.</summary>
    public const double MaxPrice = 1e12;

    /// <summary>Largest amount, open interest or volume, in its own unit.</summary>
    public const double MaxAmount = 1e18;

    /// <summary>Largest annualised vol as a fraction: 100 is 10,000 %.</summary>
    public const double MaxVol = 100;

    /// <summary>Largest absolute value of a Greek as a venue publishes it.</summary>
    public const double MaxGreek = 1e15;

    /// <summary>Largest absolute funding rate as a fraction.</summary>
    public const double MaxFunding = 10;

    /// <summary>Checks every value that is present.</summary>
    /// <returns>null when all are inside their bounds, else the first that is not</returns>
    public static Refusal? Check(in QuoteValues values)
    {
        return Price("bid", values.Bid)
            ?? Price("ask", values.Ask)
            ?? Amount("bid size", values.BidSize)
            ?? Amount("ask size", values.AskSize)
            ?? PriceOrZero("mark", values.Mark)
            ?? Vol("mark vol", values.MarkVol)
            ?? Vol("bid vol", values.BidVol)
            ?? Vol("ask vol", values.AskVol)
            ?? Price("underlying price", values.UnderlyingPrice)
            ?? Signed("delta", values.Delta, MaxGreek)
            ?? Signed("gamma", values.Gamma, MaxGreek)
            ?? Signed("vega", values.Vega, MaxGreek)
            ?? Signed("theta", values.Theta, MaxGreek)
            ?? Signed("rho", values.Rho, MaxGreek)
            ?? Amount("open interest", values.OpenInterest)
            ?? Amount("volume", values.Volume24h)
            ?? Price("last price", values.Last)
            ?? Signed("current funding", values.CurrentFunding, MaxFunding)
            ?? Signed("8 h funding", values.Funding8h, MaxFunding);
    }

    /// <summary>A price above 0; absent passes.</summary>
    public static Refusal? Price(string field, double? value)
    {
        return value is not { } v || (v > 0 && v <= MaxPrice) ? null : new Refusal("price-range", $"{field} {v:R} is not above 0 and at most {MaxPrice:R}");
    }

    /// <summary>A price of at least 0; absent passes.</summary>
    public static Refusal? PriceOrZero(string field, double? value)
    {
        return value is not { } v || (v >= 0 && v <= MaxPrice) ? null : new Refusal("price-range", $"{field} {v:R} is not between 0 and {MaxPrice:R}");
    }

    /// <summary>An amount of at least 0; absent passes.</summary>
    public static Refusal? Amount(string field, double? value)
    {
        return value is not { } v || (v >= 0 && v <= MaxAmount) ? null : new Refusal("amount-range", $"{field} {v:R} is not between 0 and {MaxAmount:R}");
    }

    /// <summary>An annualised vol as a fraction, at least 0; absent passes.</summary>
    public static Refusal? Vol(string field, double? value)
    {
        return value is not { } v || (v >= 0 && v <= MaxVol) ? null : new Refusal("vol-range", $"{field} {v:R} is not between 0 and {MaxVol:R} (a fraction: 1 is 100 %)");
    }

    private static Refusal? Signed(string field, double? value, double bound)
    {
        return value is not { } v || Math.Abs(v) <= bound ? null : new Refusal("value-range", $"{field} {v:R} is not between -{bound:R} and {bound:R}");
    }
}

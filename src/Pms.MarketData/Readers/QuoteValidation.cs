using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.MarketData.Readers;

/// <summary>The one place that says which numbers may enter: every reader and connector asks here after it has converted units.</summary>
/// <remarks>
/// A value outside is refused with the row or message it came in, never clipped and never replaced. The bounds are wide: they catch another
/// unit (a dollar price in a coin field, a time in the wrong power of ten) and damage; no later stage meets a NaN, an infinity or a number whose
/// square overflows. Whether a quote is sensible (crossed, stale, far from its neighbours) is the surface's question, not the border's.
/// </remarks>
public static class QuoteValidation
{
    /// <summary>Largest price in quote currency.</summary>
    public const double MaxPrice = 1e12;

    /// <summary>
    /// Largest price of an inverse option in coin. A put of strike K is worth at most K/F coin, and listed strikes stay below some 20 F (asks of 15 coin
    /// are on record), while a price given in USD by mistake is in the hundreds.
    /// </summary>
    public const double MaxInverseOptionPrice = 100;

    /// <summary>Largest annualised vol as a fraction: 50 is 5,000 %.</summary>
    public const double MaxVol = 50;

    /// <summary>Largest size, open interest or volume, in its own unit.</summary>
    public const double MaxAmount = 1e18;

    /// <summary>Largest absolute value of a Greek as a venue publishes it.</summary>
    public const double MaxGreek = 1e15;

    /// <summary>Largest absolute funding rate as a fraction.</summary>
    public const double MaxFunding = 10;

    public const double MaxStrike = 1e9;

    /// <summary>Earliest instant that a quote or a board can have.</summary>
    public static DateTimeOffset MinTime { get; } = new(2010, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>First instant that is too late for a quote, a board or an expiry.</summary>
    public static DateTimeOffset MaxTime { get; } = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Checks every value that is present, and the strike, against the bounds of this kind of contract.</summary>
    /// <returns>null when all are inside their bounds, else the first that is not</returns>
    public static Refusal? Check(Instrument instrument, in QuoteValues values)
    {
        ArgumentNullException.ThrowIfNull(instrument);
        return CheckStrike(instrument) ?? Check(values, MaxPriceOf(instrument));
    }

    /// <summary>Checks every value that is present, without knowing the contract.</summary>
    public static Refusal? Check(in QuoteValues values) => Check(values, MaxPrice);

    /// <summary>A level of a book.</summary>
    /// <param name="instrument">whose book</param>
    /// <param name="level">price and amount</param>
    /// <param name="mayDelete">whether the amount 0 of a deleting change is allowed</param>
    public static Refusal? Check(Instrument instrument, BookLevel level, bool mayDelete)
    {
        ArgumentNullException.ThrowIfNull(instrument);
        return Price("level price", level.Price, MaxPriceOf(instrument))
            ?? (level.Amount == 0 && !mayDelete ? new Refusal("amount-range", "level amount 0 is not above 0") : Amount("level amount", level.Amount));
    }

    /// <summary>A price above 0; absent passes.</summary>
    public static Refusal? Price(string field, double? value) => Price(field, value, MaxPrice);

    /// <summary>A price of at least 0; absent passes.</summary>
    public static Refusal? PriceOrZero(string field, double? value) => PriceOrZero(field, value, MaxPrice);

    /// <summary>A size, open interest or volume of at least 0; absent passes.</summary>
    public static Refusal? Amount(string field, double? value)
    {
        return value is not { } v || (v >= 0 && v <= MaxAmount) ? null : new Refusal("amount-range", $"{field} {v:R} is not between 0 and {MaxAmount:R}");
    }

    /// <summary>An annualised vol as a fraction, above 0 (a venue's 0 means "none" and is made absent before); absent passes.</summary>
    public static Refusal? Vol(string field, double? value)
    {
        return value is not { } v || (v > 0 && v <= MaxVol) ? null : new Refusal("vol-range", $"{field} {v:R} is not above 0 and at most {MaxVol:R} (a fraction: 1 is 100 %)");
    }

    public static Refusal? Time(string field, DateTimeOffset value)
    {
        return value >= MinTime && value < MaxTime
            ? null
            : new Refusal("time-range", $"{field} {value.ToIso()} is not between {MinTime.ToIso()} and {MaxTime.ToIso()}");
    }

    private static Refusal? Check(in QuoteValues values, double maxPrice)
    {
        return Price("bid", values.Bid, maxPrice)
            ?? Price("ask", values.Ask, maxPrice)
            ?? Amount("bid size", values.BidSize)
            ?? Amount("ask size", values.AskSize)
            ?? PriceOrZero("mark", values.Mark, maxPrice)
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
            ?? Price("last price", values.Last, maxPrice)
            ?? Signed("current funding", values.CurrentFunding, MaxFunding)
            ?? Signed("8 h funding", values.Funding8h, MaxFunding);
    }

    private static double MaxPriceOf(Instrument instrument) =>
        instrument is EuropeanOption { Underlying.Settlement: Settlement.Inverse } ? MaxInverseOptionPrice : MaxPrice;

    private static Refusal? CheckStrike(Instrument instrument)
    {
        return instrument is not EuropeanOption option || option.StrikeValue is > 0 and <= MaxStrike
            ? null
            : new Refusal("strike-range", $"strike {option.Strike} is not above 0 and at most {MaxStrike:R}");
    }

    private static Refusal? Price(string field, double? value, double max)
    {
        return value is not { } v || (v > 0 && v <= max) ? null : new Refusal("price-range", $"{field} {v:R} is not above 0 and at most {max:R}");
    }

    private static Refusal? PriceOrZero(string field, double? value, double max)
    {
        return value is not { } v || (v >= 0 && v <= max) ? null : new Refusal("price-range", $"{field} {v:R} is not between 0 and {max:R}");
    }

    private static Refusal? Signed(string field, double? value, double bound)
    {
        return value is not { } v || Math.Abs(v) <= bound ? null : new Refusal("value-range", $"{field} {v:R} is not between -{bound:R} and {bound:R}");
    }
}

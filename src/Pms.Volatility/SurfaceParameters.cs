using Pms.Primitives;

namespace Pms.Volatility;

/// <summary>How a surface is fitted. Data with a version: the hash goes into every surface.</summary>
public sealed record SurfaceParameters
{
    public static SurfaceParameters Default { get; } = new();

    /// <summary>Expiries nearer than this are not fitted. Hours, 0 to 48; default 0.5.</summary>
    public double LeastHoursToExpiry { get; init; } = 0.5;

    /// <summary>Quotes older than this at the instant of the fit are stale. Seconds, above 0; default 900.</summary>
    public double MaxQuoteAgeSeconds { get; init; } = 900;

    /// <summary>A two-sided quote whose vol band is wider than this share of its middle tells nothing. 0.1 to 2; default 1.</summary>
    public double MaxRelativeBand { get; init; } = 1.0;

    /// <summary>Beyond this many standard deviations a quote without open interest is not used. 1 to 20; default 4.</summary>
    public double FarWingDeviations { get; init; } = 4;

    /// <summary>A quote this many half-bands outside the robust fit, and <see cref="OutlierRelativeVol"/> off it, is an outlier. 2 to 100; default 8.</summary>
    public double OutlierHalfBands { get; init; } = 8;

    /// <summary>Least relative distance in vol of an outlier. 0.01 to 1; default 0.1.</summary>
    public double OutlierRelativeVol { get; init; } = 0.1;

    /// <summary>Weight of the squared distance to the middle of the band, against 1 for the squared distance outside it. 1e-6 to 1; default 0.1.</summary>
    public double PullToMid { get; init; } = 0.1;

    /// <summary>Influence bound: beyond this many half-bands (fewer for a quote tighter than the median of its expiry, in proportion) a quote pulls no harder. 0.5 to 100; default 3.</summary>
    public double InfluenceCapHalfBands { get; init; } = 3;

    /// <summary>Least half-band as a share of vol, so that one very tight quote does not rule its smile. 0 to 0.1; default 0.002.</summary>
    public double LeastRelativeHalfBand { get; init; } = 0.002;

    /// <summary>Least half-band as a share of the median half-band of the expiry, for the same reason. 0 to 1; default 0.1.</summary>
    public double LeastShareOfTypicalBand { get; init; } = 0.1;

    /// <summary>Weight of the prior (previous fit, neighbouring smile or typical shape), in squared half-bands per width of the shape. 0 to 100; default 0.02.</summary>
    public double PriorWeight { get; init; } = 0.02;

    /// <summary>Two-sided strikes below which a smile leans on its prior and is marked degraded. 3 to 20; default 5.</summary>
    public int LeastFullStrikes { get; init; } = 5;

    /// <summary>Durrleman's g is kept at or above this. 0 to 0.1; default 0.001.</summary>
    public double ButterflyMargin { get; init; } = 1e-3;

    /// <summary>A later total variance exceeds an earlier one by at least this share. 0 to 0.01; default 1e-5.</summary>
    public double CalendarMargin { get; init; } = 1e-5;

    /// <summary>Largest wing slope of total variance; Lee's bound is 2. 0.1 to 1.99; default 1.9.</summary>
    public double MostWingSlope { get; init; } = 1.9;

    /// <summary>A smile or a whole surface without usable quotes is carried over from a previous surface no older than this. Hours, 0 to 168; default 24.</summary>
    public double MaxCarryHours { get; init; } = 24;

    /// <summary>Share of two-sided quotes within one standard deviation of the forward below which the board is marked degraded. 0 to 1; default 0.6.</summary>
    public double LeastTwoSidedShare { get; init; } = 0.6;

    /// <exception cref="InvalidInputException"><c>surface-parameter</c>: a value outside its range</exception>
    public void Validate()
    {
        Require(nameof(LeastHoursToExpiry), LeastHoursToExpiry, 0, 48);
        Require(nameof(MaxQuoteAgeSeconds), MaxQuoteAgeSeconds, 1e-3, 1e9);
        Require(nameof(MaxRelativeBand), MaxRelativeBand, 0.1, 2);
        Require(nameof(FarWingDeviations), FarWingDeviations, 1, 20);
        Require(nameof(OutlierHalfBands), OutlierHalfBands, 2, 100);
        Require(nameof(OutlierRelativeVol), OutlierRelativeVol, 0.01, 1);
        Require(nameof(PullToMid), PullToMid, 1e-6, 1);
        Require(nameof(InfluenceCapHalfBands), InfluenceCapHalfBands, 0.5, 100);
        Require(nameof(LeastRelativeHalfBand), LeastRelativeHalfBand, 0, 0.1);
        Require(nameof(LeastShareOfTypicalBand), LeastShareOfTypicalBand, 0, 1);
        Require(nameof(PriorWeight), PriorWeight, 0, 100);
        Require(nameof(LeastFullStrikes), LeastFullStrikes, 3, 20);
        Require(nameof(ButterflyMargin), ButterflyMargin, 0, 0.1);
        Require(nameof(CalendarMargin), CalendarMargin, 0, 0.01);
        Require(nameof(MostWingSlope), MostWingSlope, 0.1, 1.99);
        Require(nameof(MaxCarryHours), MaxCarryHours, 0, 168);
        Require(nameof(LeastTwoSidedShare), LeastTwoSidedShare, 0, 1);
    }

    /// <summary>SHA-256 of the canonical bytes of all values, in the order above.</summary>
    public ContentHash Hash()
    {
        var writer = new CanonicalWriter("pms.surface-parameters/1");
        foreach (var value in (ReadOnlySpan<double>)[
            LeastHoursToExpiry, MaxQuoteAgeSeconds, MaxRelativeBand, FarWingDeviations, OutlierHalfBands, OutlierRelativeVol, PullToMid,
            InfluenceCapHalfBands, LeastRelativeHalfBand, LeastShareOfTypicalBand, PriorWeight, LeastFullStrikes, ButterflyMargin, CalendarMargin, MostWingSlope,
            MaxCarryHours, LeastTwoSidedShare])
        {
            writer.Write(value);
        }

        return writer.Hash();
    }

    private static void Require(string name, double value, double least, double most) => ParameterRange.Require("surface-parameter", name, value, least, most);
}

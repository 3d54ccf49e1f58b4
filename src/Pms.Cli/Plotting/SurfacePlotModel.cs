using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Cli.Plotting;

/// <summary>Everything a picture of fitted surfaces shows, as plain values: the writers below it know no model and fit nothing.</summary>
/// <param name="Title">heading</param>
/// <param name="Source">where the quotes come from, as a file name or a venue</param>
/// <param name="Instant">UTC instant of the market snapshot; ages and years count from it</param>
/// <param name="SnapshotHash">content hash of the snapshot, hexadecimal</param>
/// <param name="Underlyings">may be empty: the picture then says so</param>
/// <remarks>Vols are annualised decimals (0.65), k = ln(strike / forward), years ACT/365, prices in quote currency. Absent values are null, never NaN or 0.</remarks>
internal sealed record SurfacePlotModel(
    string Title, string Source, DateTimeOffset Instant, string SnapshotHash, IReadOnlyList<UnderlyingPlot> Underlyings)
{
    /// <summary>Refuses what would draw a lie: non-finite numbers, arrays of unequal length, unordered curves, vols and prices not above 0.</summary>
    /// <exception cref="InvalidInputException">codes plot-not-finite, plot-range, plot-shape, plot-order; the message names the place and the value</exception>
    public void Validate() => SurfacePlotCheck.Check(this);
}

/// <param name="Name">as the venue names the family, such as BTC</param>
/// <param name="IndexPrice">quote currency per coin; null when the board does not tell</param>
/// <param name="Slices">ascending expiry; may be empty</param>
/// <param name="Arbitrage">null: the surface was not checked, and the picture says so</param>
/// <param name="Term">null: nothing to draw</param>
/// <param name="Grid">null: no 3-D view</param>
internal sealed record UnderlyingPlot(
    string Name, double? IndexPrice, IReadOnlyList<SlicePlot> Slices, ArbitragePlot? Arbitrage, TermPlot? Term, VolGridPlot? Grid)
{
    /// <summary>Why the surface as a whole is not a normal one, in words; null for a normal one.</summary>
    public string? Degraded { get; init; }

    /// <summary>Age of the oldest quote used, in seconds; null when the source does not tell.</summary>
    public double? OldestQuoteSeconds { get; init; }

    /// <summary>Time the fit took, in microseconds; null when it was not measured.</summary>
    public double? FitMicroseconds { get; init; }
}

/// <summary>One expiry: its quotes and the curve fitted through them.</summary>
/// <param name="Expiry">UTC</param>
/// <param name="Years">ACT/365 from the snapshot, above 0</param>
/// <param name="Forward">quote currency per coin; null when none could be found</param>
/// <param name="AtmVol">fitted vol at k = 0; null when the slice has no curve</param>
/// <param name="Quotes">any order; may be empty</param>
/// <param name="Curve">ascending k; empty when the slice has no curve</param>
/// <param name="InsideBidAsk">share 0..1 of the used two-sided quotes with 5-95 delta whose fitted price lies inside bid and ask; null when there is none</param>
/// <param name="RmseVol">root mean square of mid minus fit over used quotes, in vol; null when there is none</param>
/// <param name="MinG">minimum of the butterfly function g over the checked range; negative means arbitrage</param>
/// <param name="Degraded">why the fit is not a normal one, in words; null for a normal fit</param>
internal sealed record SlicePlot(
    DateTimeOffset Expiry,
    double Years,
    double? Forward,
    double? AtmVol,
    IReadOnlyList<QuotePlot> Quotes,
    CurvePlot Curve,
    double? InsideBidAsk,
    double? RmseVol,
    double? MinG,
    string? Degraded)
{
    /// <summary>Fitted parameters in the order they are to be shown, name to value.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> Parameters { get; init; } = [];
}

/// <param name="Strike">quote currency per coin</param>
/// <param name="LogMoneyness">k; null without a forward, and then no vol either</param>
/// <param name="Type">call or put</param>
/// <param name="BidVol">implied from the bid; null without one</param>
/// <param name="AskVol">implied from the ask; null without one</param>
/// <param name="FitVol">fitted vol at this k; null when the slice has no curve</param>
/// <param name="Quarantined">reason the quote took no part in the fit; null when it did</param>
/// <param name="Inside">fitted price inside bid and ask; null when the quote is one-sided, quarantined or not fitted</param>
internal sealed record QuotePlot(
    double Strike, double? LogMoneyness, OptionType Type, double? BidVol, double? AskVol, double? FitVol, string? Quarantined, bool? Inside);

/// <summary>A fitted smile, sampled. All arrays have one length.</summary>
/// <param name="LogMoneyness">strictly ascending k</param>
/// <param name="Strike">quote currency per coin</param>
/// <param name="Vol">annualised decimal</param>
internal sealed record CurvePlot(double[] LogMoneyness, double[] Strike, double[] Vol)
{
    public static CurvePlot Empty { get; } = new([], [], []);
}

/// <summary>Result of the arbitrage check of one surface.</summary>
/// <param name="Scope">what the check covered, in a few words, such as "proven for every k, 1204 intervals"</param>
/// <param name="ButterflyViolations">slices, or points, with g below 0</param>
/// <param name="CalendarViolations">pairs, or points, where total variance falls with time</param>
/// <param name="WorstButterfly">the least g found, violation or not; null when there is none to name</param>
/// <param name="WorstCalendar">the least increase of total variance between neighbouring expiries; null when there is none to name</param>
internal sealed record ArbitragePlot(
    string Scope, int ButterflyViolations, int CalendarViolations, ArbitragePointPlot? WorstButterfly, ArbitragePointPlot? WorstCalendar);

/// <param name="Expiry">the slice, or the later one of a calendar pair</param>
/// <param name="LogMoneyness">k; null when it lies in a wing, beyond every number</param>
/// <param name="Value">g, or the increase of total variance; negative means arbitrage</param>
internal sealed record ArbitragePointPlot(DateTimeOffset Expiry, double? LogMoneyness, double Value);

/// <summary>The surface along time. All arrays have one length.</summary>
/// <param name="Years">strictly ascending</param>
/// <param name="AtmVol">fitted vol at k = 0</param>
/// <param name="Forward">quote currency per coin</param>
/// <param name="RiskReversal25">vol of the 25-delta call minus vol of the 25-delta put; null entries where not defined</param>
/// <param name="Butterfly25">mean of the two 25-delta vols minus the at-the-money vol</param>
internal sealed record TermPlot(double[] Years, double[] AtmVol, double[] Forward, double?[] RiskReversal25, double?[] Butterfly25);

/// <summary>The surface on a rectangle, for the heat-map and the 3-D view.</summary>
/// <param name="Axis">what X means</param>
/// <param name="X">strictly ascending</param>
/// <param name="Years">strictly ascending</param>
/// <param name="Vol">[years x X], X contiguous</param>
internal sealed record VolGridPlot(VolGridAxis Axis, double[] X, double[] Years, double[] Vol);

internal enum VolGridAxis
{
    /// <summary>ln(strike / forward).</summary>
    LogMoneyness,

    /// <summary>Undiscounted call delta in 0..1; drawn with puts at the left, so from high to low.</summary>
    CallDelta,

    /// <summary>ln(strike / forward) over at-the-money vol times the square root of years.</summary>
    StandardDeviations,
}

using System.Globalization;
using Pms.Primitives;

namespace Pms.Cli.Plotting;

/// <summary>The border of the plots: what passes here can be drawn.</summary>
internal static class SurfacePlotCheck
{
    /// <summary>Largest number of quotes and curve points in one picture: some 40 times a full board. A page beyond it would not open.</summary>
    public const int MaxPoints = 1_000_000;

    public static void Check(SurfacePlotModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var points = 0L;
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var underlying in model.Underlyings)
        {
            if (string.IsNullOrWhiteSpace(underlying.Name) || !names.Add(underlying.Name))
            {
                throw new InvalidInputException("plot-shape", $"underlying name '{underlying.Name}' is blank or not unique");
            }

            points += CheckUnderlying(underlying);
        }

        if (points > MaxPoints)
        {
            throw new InvalidInputException("plot-range", $"{points} points to draw; at most {MaxPoints} are allowed");
        }
    }

    private static long CheckUnderlying(UnderlyingPlot underlying)
    {
        var at = underlying.Name;
        Positive(underlying.IndexPrice, $"{at} index price");
        NotNegative(underlying.OldestQuoteSeconds, $"{at} oldest quote age");
        NotNegative(underlying.FitMicroseconds, $"{at} fit time");
        var points = 0L;
        for (var i = 0; i < underlying.Slices.Count; i++)
        {
            if (i > 0 && underlying.Slices[i].Expiry <= underlying.Slices[i - 1].Expiry)
            {
                throw new InvalidInputException("plot-order", $"{at} expiry {underlying.Slices[i].Expiry.ToIso()} does not come after the one before it");
            }

            points += CheckSlice(underlying.Slices[i], $"{at} {underlying.Slices[i].Expiry.ToIso()}");
        }

        if (underlying.Arbitrage is { } arbitrage)
        {
            CheckArbitrage(arbitrage, at);
        }

        if (underlying.Term is { } term)
        {
            CheckTerm(term, $"{at} term structure");
        }

        if (underlying.Grid is { } grid)
        {
            points += CheckGrid(grid, $"{at} grid");
        }

        return points;
    }

    private static int CheckSlice(SlicePlot slice, string at)
    {
        Positive(slice.Years, $"{at} years");
        Positive(slice.Forward, $"{at} forward");
        Positive(slice.AtmVol, $"{at} at-the-money vol");
        NotNegative(slice.RmseVol, $"{at} rmse");
        Finite(slice.MinG, $"{at} minimum g");
        NotNegative(slice.InsideBidAsk, $"{at} inside share");
        if (slice.InsideBidAsk > 1)
        {
            throw new InvalidInputException("plot-range", $"{at} inside share is {Text(slice.InsideBidAsk.Value)}; 0 to 1 is allowed");
        }

        foreach (var (name, value) in slice.Parameters)
        {
            Finite(value, $"{at} parameter {name}");
        }

        foreach (var quote in slice.Quotes)
        {
            Positive(quote.Strike, $"{at} strike");
            var place = $"{at} strike {Text(quote.Strike)} {quote.Type}";
            Finite(quote.LogMoneyness, $"{place} log-moneyness");
            Positive(quote.BidVol, $"{place} bid vol");
            Positive(quote.AskVol, $"{place} ask vol");
            Positive(quote.FitVol, $"{place} fitted vol");
            if (quote.LogMoneyness is null && (quote.BidVol ?? quote.AskVol ?? quote.FitVol) is not null)
            {
                throw new InvalidInputException("plot-shape", $"{place} has a vol without a log-moneyness to draw it at");
            }
        }

        var curve = slice.Curve;
        SameLength(curve.LogMoneyness.Length, curve.Strike.Length, $"{at} curve strikes");
        SameLength(curve.LogMoneyness.Length, curve.Vol.Length, $"{at} curve vols");
        Ascending(curve.LogMoneyness, $"{at} curve log-moneyness");
        EachPositive(curve.Strike, $"{at} curve strike");
        EachPositive(curve.Vol, $"{at} curve vol");
        return slice.Quotes.Count + curve.Vol.Length;
    }

    private static void CheckArbitrage(ArbitragePlot arbitrage, string at)
    {
        NotNegative(arbitrage.ButterflyViolations, $"{at} butterfly violations");
        NotNegative(arbitrage.CalendarViolations, $"{at} calendar violations");
        foreach (var worst in new[] { arbitrage.WorstButterfly, arbitrage.WorstCalendar })
        {
            Finite(worst?.LogMoneyness, $"{at} worst point log-moneyness");
            Finite(worst?.Value, $"{at} worst point value");
        }
    }

    private static void CheckTerm(TermPlot term, string at)
    {
        SameLength(term.Years.Length, term.AtmVol.Length, $"{at} at-the-money vols");
        SameLength(term.Years.Length, term.Forward.Length, $"{at} forwards");
        SameLength(term.Years.Length, term.RiskReversal25.Length, $"{at} risk reversals");
        SameLength(term.Years.Length, term.Butterfly25.Length, $"{at} butterflies");
        Ascending(term.Years, $"{at} years");
        EachPositive(term.Years, $"{at} years");
        EachPositive(term.AtmVol, $"{at} at-the-money vol");
        EachPositive(term.Forward, $"{at} forward");
        foreach (var value in term.RiskReversal25.Concat(term.Butterfly25))
        {
            Finite(value, $"{at} risk reversal or butterfly");
        }
    }

    private static int CheckGrid(VolGridPlot grid, string at)
    {
        SameLength(grid.X.Length * grid.Years.Length, grid.Vol.Length, $"{at} vols");
        Ascending(grid.X, $"{at} x");
        Ascending(grid.Years, $"{at} years");
        EachPositive(grid.Years, $"{at} years");
        EachPositive(grid.Vol, $"{at} vol");
        if (grid.Axis == VolGridAxis.CallDelta && grid.X.Any(x => x is <= 0 or >= 1))
        {
            throw new InvalidInputException("plot-range", $"{at} call delta {Text(grid.X.First(x => x is <= 0 or >= 1))} is not between 0 and 1");
        }

        return grid.Vol.Length;
    }

    private static void EachPositive(double[] values, string what)
    {
        foreach (var value in values)
        {
            Positive(value, what);
        }
    }

    private static void Ascending(double[] values, string what)
    {
        for (var i = 0; i < values.Length; i++)
        {
            Finite(values[i], what);
            if (i > 0 && values[i] <= values[i - 1])
            {
                throw new InvalidInputException("plot-order", $"{what} {Text(values[i])} at {i} does not come after {Text(values[i - 1])}");
            }
        }
    }

    private static void SameLength(int expected, int actual, string what)
    {
        if (expected != actual)
        {
            throw new InvalidInputException("plot-shape", $"{what}: {actual} values where {expected} are expected");
        }
    }

    private static void Positive(double? value, string what)
    {
        Finite(value, what);
        if (value <= 0)
        {
            throw new InvalidInputException("plot-range", $"{what} is {Text(value.Value)}; above 0 is allowed");
        }
    }

    private static void NotNegative(double? value, string what)
    {
        Finite(value, what);
        if (value < 0)
        {
            throw new InvalidInputException("plot-range", $"{what} is {Text(value.Value)}; 0 or more is allowed");
        }
    }

    private static void Finite(double? value, string what)
    {
        if (value is { } number && !double.IsFinite(number))
        {
            throw new InvalidInputException("plot-not-finite", $"{what} is {Text(number)}; a finite number is expected");
        }
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}

using Pms.Cli.Commands;
using Pms.MarketData.Snapshots;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Volatility;
using Pms.Volatility.Arbitrage;
using Pms.Volatility.Quotes;

namespace Pms.Cli.Plotting;

/// <summary>From fitted surfaces to what is drawn of them.</summary>
internal static class SurfacePlotMapping
{
    private const int CurvePoints = 161;

    /// <summary>Call deltas of the grid: 2.5 to 97.5 in steps of 2.5, so that 5, 10, 25, 50 stand on it.</summary>
    private const int GridDeltas = 39;
    private const int GridTimes = 32;

    /// <summary>How far a curve is drawn beyond the outermost quote, in at-the-money standard deviations.</summary>
    private const double CurveReach = 0.5;

    /// <param name="board">fits of one snapshot</param>
    /// <param name="source">where the quotes come from, as the reader knows it: a file name</param>
    public static SurfacePlotModel Of(BoardFit board, string source) => new(
        $"Volatility surface {string.Join(", ", board.Underlyings.Select(u => u.Fit.Underlying.Name))}".TrimEnd(),
        source,
        board.Snapshot.ObservedAt,
        board.Snapshot.Hash.ToString(),
        [.. board.Underlyings.Select(u => UnderlyingOf(u.Fit, u.Microseconds, board.Snapshot))]);

    private static UnderlyingPlot UnderlyingOf(SurfaceFit fit, double microseconds, MarketSnapshot snapshot)
    {
        var source = snapshot.Find(fit.Underlying);
        var used = fit.Slices.SelectMany(s => s.Quotes).Where(q => q.IsUsed).Select(q => q.Option.Name).ToHashSet(StringComparer.Ordinal);
        var ages = source?.Expiries.SelectMany(e => e.Options).Where(o => used.Contains(o.Instrument.Name)).Select(o => o.AgeAt(fit.At).TotalSeconds).ToList() ?? [];
        return new UnderlyingPlot(
            fit.Underlying.Name,
            source?.Index?.Price,
            [.. fit.Slices.Where(s => s.Years > 0).OrderBy(s => s.Expiry).Select(SliceOf)],
            fit.Surface is { } checkedSurface ? ArbitrageOf(checkedSurface) : null,
            fit.Surface is { } surface ? TermOf(surface) : null,
            fit.Surface is { Slices.Length: > 1 } whole ? GridOf(whole) : null)
        {
            Degraded = Words(fit.Degraded),
            OldestQuoteSeconds = ages.Count == 0 ? null : Math.Max(0, ages.Max()),
            FitMicroseconds = microseconds,
        };
    }

    private static SlicePlot SliceOf(SliceFit fit)
    {
        var rootYears = Math.Sqrt(fit.Years);
        var smile = fit.Slice;
        QuotePlot QuoteOf(QuoteVerdict quote)
        {
            double? k = double.IsFinite(quote.K) ? quote.K : null;
            double? bid = k is not null && double.IsFinite(quote.BidStdDev) && quote.BidStdDev > 0 ? quote.BidStdDev / rootYears : null;
            double? ask = k is not null && double.IsFinite(quote.AskStdDev) && quote.AskStdDev > 0 ? quote.AskStdDev / rootYears : null;
            double? fitted = k is not null ? smile?.Vol(k.Value) : null;

            // Price rises with vol, so inside in vol is inside in price. A two-sided quote may have a bid at intrinsic: any vol is above that.
            bool? inside = quote.IsUsed && quote.IsTwoSided && fitted is { } vol ? (bid is null || vol >= bid) && (ask is null || vol <= ask) : null;
            return new QuotePlot(quote.Option.StrikeValue, k, quote.Option.Type, bid, ask, fitted, quote.IsUsed ? null : quote.Reason.Code(), inside);
        }

        var quotes = fit.Quotes.Select(QuoteOf).ToArray();
        return new SlicePlot(
            fit.Expiry, fit.Years, fit.Forward, smile?.Vol(0), quotes, smile is null ? CurvePlot.Empty : CurveOf(smile, quotes),
            fit.InsideBidAsk, fit.RmseVol, fit.MinG is { } g && double.IsFinite(g) ? g : null, Words(fit.Degraded))
        {
            Parameters = smile is null ? [] : [new("a", smile.Smile.A), new("b", smile.Smile.B), new("rho", smile.Smile.Rho), new("m", smile.Smile.M), new("sigma", smile.Smile.Sigma)],
        };
    }

    private static CurvePlot CurveOf(VolSlice smile, QuotePlot[] quotes)
    {
        var deviation = smile.Vol(0) * Math.Sqrt(smile.Years);
        var ks = quotes.Where(q => q.LogMoneyness is not null && (q.BidVol ?? q.AskVol) is not null).Select(q => q.LogMoneyness!.Value).ToList();
        var from = Math.Min(-2.5 * deviation, ks.Count == 0 ? 0 : ks.Min() - (CurveReach * deviation));
        var to = Math.Max(2.5 * deviation, ks.Count == 0 ? 0 : ks.Max() + (CurveReach * deviation));
        var k = new double[CurvePoints];
        for (var i = 0; i < CurvePoints; i++)
        {
            // Points crowd around the money, where the curve bends.
            var u = (2.0 * i / (CurvePoints - 1)) - 1;
            var bent = 0.4 * u + 0.6 * u * Math.Abs(u);
            k[i] = bent < 0 ? -bent * from : bent * to;
        }

        return new CurvePlot(k, Array.ConvertAll(k, x => smile.Forward * ElementaryMath.Exp(x)), Array.ConvertAll(k, smile.Vol));
    }

    private static ArbitragePlot ArbitrageOf(VolSurface surface)
    {
        var report = SurfaceCheck.Run(surface);
        static double? InSight(double k) => double.IsFinite(k) ? k : null;
        var least = surface.Slices.Select(s => (s.Expiry, Minimum: ButterflyCheck.Minimum(s.Smile))).MinBy(m => m.Minimum.G);
        ArbitragePointPlot? calendar = null;
        for (var i = 1; i < surface.Slices.Length; i++)
        {
            var (earlier, later) = (surface.Slices[i - 1], surface.Slices[i]);
            var proof = CalendarCheck.Prove(earlier.Smile, later.Smile);
            if (double.IsFinite(proof.Least) && (calendar is null || proof.Least < calendar.Value))
            {
                calendar = new ArbitragePointPlot(later.Expiry, InSight(proof.K), proof.Least);
            }
        }

        return new ArbitragePlot(
            $"{(report.IsClean ? "proven for" : "looked for at")} every k, {report.Cells} intervals",
            report.ButterflyViolations,
            report.CalendarViolations,
            double.IsFinite(least.Minimum.G) ? new ArbitragePointPlot(least.Expiry, InSight(least.Minimum.K), least.Minimum.G) : null,
            calendar);
    }

    private static TermPlot TermOf(VolSurface surface)
    {
        var slices = surface.Slices;
        var (call, put) = (new double?[slices.Length], new double?[slices.Length]);
        for (var i = 0; i < slices.Length; i++)
        {
            call[i] = VolAtDelta(surface, 0.25, slices[i].Years);
            put[i] = VolAtDelta(surface, 0.75, slices[i].Years);
        }

        return new TermPlot(
            [.. slices.Select(s => s.Years)], [.. slices.Select(s => s.Vol(0))], [.. slices.Select(s => s.Forward)],
            [.. call.Zip(put, (c, p) => c - p)], [.. slices.Select((s, i) => ((call[i] + put[i]) / 2) - s.Vol(0))]);
    }

    /// <summary>Deltas by even steps, times by even steps of their square root between the first and the last expiry.</summary>
    private static VolGridPlot? GridOf(VolSurface surface)
    {
        var deltas = Enumerable.Range(1, GridDeltas).Select(i => i / (GridDeltas + 1.0)).ToArray();
        var (first, last) = (Math.Sqrt(surface.Slices[0].Years), Math.Sqrt(surface.Slices[^1].Years));
        var years = Enumerable.Range(0, GridTimes).Select(i => Math.Pow(first + ((last - first) * i / (GridTimes - 1)), 2)).ToArray();
        var vols = new double[deltas.Length * years.Length];
        for (var row = 0; row < years.Length; row++)
        {
            for (var column = 0; column < deltas.Length; column++)
            {
                if (VolAtDelta(surface, deltas[column], years[row]) is not { } vol)
                {
                    return null;
                }

                vols[(row * deltas.Length) + column] = vol;
            }
        }

        return new VolGridPlot(VolGridAxis.CallDelta, deltas, years, vols);
    }

    /// <summary>Vol where the undiscounted call delta N(d1) has a value; null where the smile has no such point within 40 deviations.</summary>
    /// <remarks>d1(k) falls from above every number to below it while g is above 0, so bisection finds the one root.</remarks>
    private static double? VolAtDelta(VolSurface surface, double callDelta, double years)
    {
        var wanted = NormalDistribution.InverseCdf(callDelta);
        double D1(double k)
        {
            var deviation = Math.Sqrt(surface.TotalVariance(k, years));
            return (-k / deviation) + (deviation / 2);
        }

        var reach = 40 * Math.Sqrt(surface.TotalVariance(0, years));
        var (low, high) = (-reach, reach);
        if (!(D1(low) > wanted && D1(high) < wanted))
        {
            return null;
        }

        for (var i = 0; i < 60; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = D1(middle) > wanted ? (middle, high) : (low, middle);
        }

        return surface.Vol((low + high) / 2, years);
    }

    private static string? Words(IReadOnlyCollection<Refusal> reasons) => reasons.Count == 0 ? null : string.Join("; ", reasons.Select(r => r.Message));
}

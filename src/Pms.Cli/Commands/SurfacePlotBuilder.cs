using Pms.Cli.Plotting;
using Pms.MarketData.Snapshots;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Volatility;
using Pms.Volatility.Arbitrage;
using Pms.Volatility.Quotes;

namespace Pms.Cli.Commands;

/// <summary>Turns a fit into the plain values that the pictures show.</summary>
internal static class SurfacePlotBuilder
{
    private const int CurvePoints = 121;
    private const int GridColumns = 61;
    private const double GridReach = 3;
    private const double LeastReach = 2.5;
    private const double D1Of25Delta = 0.6744897501960817;

    public static SurfacePlotModel Build(BoardFit board, string source) => new(
        $"Volatility surface {string.Join(", ", board.Underlyings.Select(u => u.Fit.Underlying.Name))}",
        source,
        board.Snapshot.ObservedAt,
        board.Snapshot.Hash.ToString(),
        [.. board.Underlyings.Select(u => Underlying(board.Snapshot, u.Fit, u.Microseconds))]);

    private static UnderlyingPlot Underlying(MarketSnapshot snapshot, SurfaceFit fit, double microseconds)
    {
        var board = snapshot.Find(fit.Underlying)!;
        var index = board.Index?.Price ?? fit.Slices.FirstOrDefault(s => s.Forward.HasValue)?.Forward ?? throw new InvalidInputException(
            "plot-no-price", $"{fit.Underlying} has neither an index nor a forward: there is nothing to draw");
        var ages = board.Expiries.SelectMany(e => e.Options).Select(q => q.AgeAt(snapshot.ObservedAt).TotalSeconds);
        return new UnderlyingPlot(
            fit.Underlying.Name,
            index,
            [.. fit.Slices.Where(s => s.Years > 0 && s.Forward.HasValue).Select(Slice)],
            fit.Surface is { } checkedSurface ? Arbitrage(checkedSurface) : null,
            fit.Surface is { } termSurface ? Term(termSurface) : null,
            fit.Surface is { } gridSurface ? Grid(gridSurface) : null)
        {
            OldestQuoteSeconds = ages.Any() ? ages.Max() : null,
            FitMicroseconds = microseconds,
        };
    }

    private static SlicePlot Slice(SliceFit fit)
    {
        var smile = fit.Slice;
        var forward = fit.Forward!.Value;
        var rootYears = Math.Sqrt(fit.Years);
        var quotes = fit.Quotes
            .Where(q => double.IsFinite(q.K))
            .Select(q =>
            {
                var fitVol = smile?.Vol(q.K);
                double? bid = q.BidStdDev > 0 && double.IsFinite(q.BidStdDev) ? q.BidStdDev / rootYears : null;
                double? ask = q.AskStdDev > 0 && double.IsFinite(q.AskStdDev) ? q.AskStdDev / rootYears : null;
                bool? inside = q is { IsUsed: true, IsTwoSided: true } && fitVol is { } v ? (bid is null || v >= bid) && (ask is null || v <= ask) : null;
                return new QuotePlot(q.Option.StrikeValue, q.K, q.Option.Type, bid, ask, fitVol, q.IsUsed ? null : q.Reason.Code(), inside);
            })
            .ToArray();
        return new SlicePlot(
            fit.Expiry,
            fit.Years,
            forward,
            smile?.Vol(0),
            quotes,
            smile is null ? CurvePlot.Empty : Curve(smile, forward, quotes),
            fit.InsideBidAsk,
            fit.RmseVol,
            fit.MinG is { } g && double.IsFinite(g) ? g : null,
            fit.Degraded.IsEmpty ? null : string.Join("; ", fit.Degraded.Select(d => d.Message)))
        {
            Parameters = smile is null
                ? []
                : [new("a", smile.Smile.A), new("b", smile.Smile.B), new("rho", smile.Smile.Rho), new("m", smile.Smile.M), new("sigma", smile.Smile.Sigma)],
        };
    }

    private static CurvePlot Curve(VolSlice slice, double forward, QuotePlot[] quotes)
    {
        var reach = LeastReach * Math.Sqrt(slice.Smile.TotalVariance(0));
        var drawn = quotes.Where(q => q.BidVol.HasValue || q.AskVol.HasValue).Select(q => q.LogMoneyness).ToArray();
        var low = Math.Min(-reach, drawn.Length > 0 ? drawn.Min() : 0);
        var high = Math.Max(reach, drawn.Length > 0 ? drawn.Max() : 0);
        var k = new double[CurvePoints];
        for (var i = 0; i < k.Length; i++)
        {
            k[i] = low + ((high - low) * i / (CurvePoints - 1));
        }

        return new CurvePlot(k, [.. k.Select(x => forward * ElementaryMath.Exp(x))], [.. k.Select(slice.Vol)]);
    }

    private static ArbitragePlot Arbitrage(VolSurface surface)
    {
        var report = SurfaceCheck.Run(surface);
        var worstSlice = surface.Slices.Select(s => (s.Expiry, Minimum: ButterflyCheck.Minimum(s.Smile))).MinBy(s => s.Minimum.G);
        ArbitragePointPlot? calendar = null;
        for (var i = 1; i < surface.Slices.Length; i++)
        {
            var proof = CalendarCheck.Prove(surface.Slices[i - 1].Smile, surface.Slices[i].Smile);
            if (double.IsFinite(proof.K) && double.IsFinite(proof.Least) && (calendar is null || proof.Least < calendar.Value))
            {
                calendar = new ArbitragePointPlot(surface.Slices[i].Expiry, proof.K, proof.Least);
            }
        }

        return new ArbitragePlot(
            report.Cells,
            report.ButterflyViolations,
            report.CalendarViolations,
            double.IsFinite(worstSlice.Minimum.K) ? new ArbitragePointPlot(worstSlice.Expiry, worstSlice.Minimum.K, worstSlice.Minimum.G) : null,
            calendar);
    }

    private static TermPlot Term(VolSurface surface)
    {
        var slices = surface.Slices;
        var call = slices.Select(s => VolAtD1(s, D1Of25Delta * -1)).ToArray();
        var put = slices.Select(s => VolAtD1(s, D1Of25Delta)).ToArray();
        return new TermPlot(
            [.. slices.Select(s => s.Years)],
            [.. slices.Select(s => s.Vol(0))],
            [.. slices.Select(s => s.Forward)],
            [.. slices.Select((_, i) => call[i] - put[i])],
            [.. slices.Select((s, i) => (0.5 * (call[i] + put[i])) - s.Vol(0))]);
    }

    private static VolGridPlot Grid(VolSurface surface)
    {
        var x = new double[GridColumns];
        for (var i = 0; i < x.Length; i++)
        {
            x[i] = GridReach * ((2.0 * i / (GridColumns - 1)) - 1);
        }

        var years = surface.Slices.Select(s => s.Years).ToArray();
        var vol = new double[years.Length * x.Length];
        for (var e = 0; e < years.Length; e++)
        {
            var slice = surface.Slices[e];
            var deviation = Math.Sqrt(slice.Smile.TotalVariance(0));
            for (var i = 0; i < x.Length; i++)
            {
                vol[(e * x.Length) + i] = slice.Vol(x[i] * deviation);
            }
        }

        return new VolGridPlot(VolGridAxis.StandardDeviations, x, years, vol);
    }

    /// <summary>Fitted vol where d1 has a given value: d1 falls in k on an arbitrage-free smile, so bisection finds it.</summary>
    private static double? VolAtD1(VolSlice slice, double d1)
    {
        var spread = Math.Sqrt(slice.Smile.TotalVariance(0));
        var low = -20 * spread;
        var high = 20 * spread;
        if (D1(low) < d1 || D1(high) > d1)
        {
            return null;
        }

        for (var i = 0; i < 80; i++)
        {
            var middle = 0.5 * (low + high);
            (low, high) = D1(middle) > d1 ? (middle, high) : (low, middle);
        }

        return slice.Vol(0.5 * (low + high));

        double D1(double k)
        {
            var s = Math.Sqrt(slice.Smile.TotalVariance(k));
            return (-k / s) + (0.5 * s);
        }
    }
}

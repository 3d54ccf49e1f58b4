using Pms.Cli.Plotting;
using Pms.MarketData.Instruments;

namespace Pms.Cli.Tests.Plotting;

/// <summary>Made-up surfaces for the plots: a plausible SVI-shaped market, seeded, with quarantined, one-sided and missed quotes in it.</summary>
internal static class PlotModels
{
    public static readonly DateTimeOffset Instant = new(2026, 8, 1, 12, 30, 5, TimeSpan.Zero);

    private static readonly int[] Days = [1, 2, 3, 7, 14, 21, 28, 56, 91, 147, 238, 329];

    public static SurfacePlotModel Board(int slices = 12) => new(
        "Volatility surface", "made-up board", Instant, "3f9c1f0a5d2b7e88c4a1d0e9f6b35a7712cc45e0918273645a5b6c7d8e9f0011",
        [Underlying("BTC", 68_412.5, 0.46, -0.055, 1_000, slices, 11), Underlying("ETH", 3_215.25, 0.61, -0.02, 50, slices, 12)]);

    public static SurfacePlotModel With(params UnderlyingPlot[] underlyings) => new("Volatility surface", "made-up board", Instant, "00", underlyings);

    /// <summary>A slice without a curve, one without quotes, arbitrage found, an underlying with nothing, never checked.</summary>
    public static SurfacePlotModel Odd()
    {
        var btc = Underlying("BTC", 68_412.5, 0.46, -0.055, 1_000, 3, 11);
        SlicePlot[] slices =
        [
            btc.Slices[0] with
            {
                Curve = CurvePlot.Empty, AtmVol = null, InsideBidAsk = null, RmseVol = null, MinG = null, Degraded = "no usable quotes", Parameters = [],
                Quotes = [.. btc.Slices[0].Quotes.Select(q => q with { FitVol = null, Inside = null, Quarantined = q.Quarantined ?? "stale" })],
            },
            btc.Slices[1] with { Quotes = [], InsideBidAsk = null, RmseVol = null, Degraded = "no quotes: last good fit, 4 min old" },
            btc.Slices[2] with { Forward = null, Quotes = [btc.Slices[2].Quotes[0] with { LogMoneyness = null, BidVol = null, AskVol = null, FitVol = null, Quarantined = "no forward", Inside = null }] },
        ];
        var found = new ArbitragePlot("1000 points", 3, 2, new ArbitragePointPlot(slices[1].Expiry, -0.4, -0.02), new ArbitragePointPlot(slices[2].Expiry, 0.2, -1e-5));
        return With(btc with { Slices = slices, Arbitrage = found }, new UnderlyingPlot("NEW_USDC", null, [], null, null, null));
    }

    public static TheoryData<string, string> Refused() => new()
    {
        { "index NaN", "plot-not-finite" }, { "bid infinite", "plot-not-finite" }, { "fit NaN", "plot-not-finite" }, { "curve NaN", "plot-not-finite" },
        { "min g NaN", "plot-not-finite" }, { "grid infinite", "plot-not-finite" }, { "skew NaN", "plot-not-finite" }, { "parameter NaN", "plot-not-finite" },
        { "worst NaN", "plot-not-finite" }, { "bid zero", "plot-range" }, { "years zero", "plot-range" }, { "share above one", "plot-range" }, { "delta one", "plot-range" },
        { "curve short", "plot-shape" }, { "vol without k", "plot-shape" }, { "grid short", "plot-shape" }, { "name twice", "plot-shape" }, { "name blank", "plot-shape" },
        { "curve unordered", "plot-order" }, { "expiries unordered", "plot-order" }, { "too many points", "plot-range" },
    };

    /// <summary>A good model with one thing wrong.</summary>
    public static SurfacePlotModel Broken(string what)
    {
        var good = Underlying("BTC", 68_412.5, 0.46, -0.055, 1_000, 2, 11);
        var slice = good.Slices[0];
        UnderlyingPlot Slice(SlicePlot changed) => good with { Slices = [changed, good.Slices[1]] };
        UnderlyingPlot Quote(QuotePlot changed) => Slice(slice with { Quotes = [changed] });
        double[] First(double[] values, double value) => [value, .. values[1..]];
        return what switch
        {
            "index NaN" => With(good with { IndexPrice = double.NaN }),
            "bid infinite" => With(Quote(slice.Quotes[0] with { BidVol = double.PositiveInfinity })),
            "fit NaN" => With(Quote(slice.Quotes[0] with { FitVol = double.NaN })),
            "curve NaN" => With(Slice(slice with { Curve = slice.Curve with { Vol = First(slice.Curve.Vol, double.NaN) } })),
            "min g NaN" => With(Slice(slice with { MinG = double.NaN })),
            "grid infinite" => With(good with { Grid = good.Grid! with { Vol = First(good.Grid.Vol, double.PositiveInfinity) } }),
            "skew NaN" => With(good with { Term = good.Term! with { RiskReversal25 = [double.NaN, null] } }),
            "parameter NaN" => With(Slice(slice with { Parameters = [new("rho", double.NaN)] })),
            "worst NaN" => With(good with { Arbitrage = good.Arbitrage! with { WorstButterfly = new ArbitragePointPlot(Instant, 0, double.NaN) } }),
            "bid zero" => With(Quote(slice.Quotes[0] with { BidVol = 0 })),
            "vol without k" => With(Quote(slice.Quotes[0] with { LogMoneyness = null })),
            "years zero" => With(Slice(slice with { Years = 0 })),
            "share above one" => With(Slice(slice with { InsideBidAsk = 95.5 })),
            "delta one" => With(good with { Grid = good.Grid! with { X = [.. good.Grid.X[..^1], 1.0] } }),
            "curve short" => With(Slice(slice with { Curve = slice.Curve with { Strike = slice.Curve.Strike[1..] } })),
            "grid short" => With(good with { Grid = good.Grid! with { Vol = good.Grid.Vol[1..] } }),
            "name twice" => With(good, good),
            "name blank" => With(good with { Name = " " }),
            "curve unordered" => With(Slice(slice with { Curve = slice.Curve with { LogMoneyness = First(slice.Curve.LogMoneyness, 9) } })),
            "expiries unordered" => With(good with { Slices = [good.Slices[1], good.Slices[0]] }),
            "too many points" => With(Slice(slice with { Quotes = [.. Enumerable.Repeat(slice.Quotes[0], SurfacePlotCheck.MaxPoints)] })),
            _ => throw new ArgumentOutOfRangeException(nameof(what), what, "unknown case"),
        };
    }

    public static UnderlyingPlot Underlying(string name, double index, double level, double skew, double strikeStep, int slices, ulong seed)
    {
        var all = Enumerable.Range(0, slices).Select(i => Slice(index, level, skew, strikeStep, i, seed)).ToArray();
        double Vol(double k, double years) => SmileVol(k, years, level, skew);
        double AtDelta(double callDelta, double years)
        {
            // Fixed point of k = sd^2/2 - sd z(delta): the smile moves slowly against delta.
            var z = new Dictionary<double, double> { [0.25] = -0.674489750196082, [0.75] = 0.674489750196082 }[callDelta];
            var k = 0.0;
            for (var i = 0; i < 40; i++)
            {
                var sd = Vol(k, years) * Math.Sqrt(years);
                k = (sd * sd / 2) - (sd * z);
            }

            return Vol(k, years);
        }

        var years = all.Select(s => s.Years).ToArray();
        var rr = years.Select(t => (double?)(AtDelta(0.25, t) - AtDelta(0.75, t))).ToArray();
        var bf = years.Select(t => (double?)(((AtDelta(0.25, t) + AtDelta(0.75, t)) / 2) - Vol(0, t))).ToArray();
        var x = Enumerable.Range(1, 31).Select(i => i / 32.0).ToArray();
        var times = slices == 0 ? [] : Enumerable.Range(0, 28).Select(i => Math.Pow(Math.Sqrt(years[0]) + ((Math.Sqrt(years[^1] + 1e-3) - Math.Sqrt(years[0])) * i / 27), 2)).ToArray();
        var grid = new VolGridPlot(VolGridAxis.CallDelta, x, times, [.. times.SelectMany(t => x.Select(d => Vol((0.5 - d) * 2.4 * level * Math.Sqrt(t), t)))]);
        return new UnderlyingPlot(
            name, index, all,
            slices == 0 ? null : new ArbitragePlot("proven for every k, 1204 intervals", 0, 0, new ArbitragePointPlot(all[0].Expiry, -0.12, 0.0421), slices < 2 ? null : new ArbitragePointPlot(all[1].Expiry, 0.31, 2.1e-5)),
            slices == 0 ? null : new TermPlot(years, [.. all.Select(s => s.AtmVol!.Value)], [.. all.Select(s => s.Forward!.Value)], rr, bf),
            slices == 0 ? null : grid)
        {
            OldestQuoteSeconds = 41.7,
            FitMicroseconds = 912,
        };
    }

    public static SlicePlot Slice(double index, double level, double skew, double strikeStep, int i, ulong seed)
    {
        var expiry = new DateTimeOffset(2026, 8, 1, 8, 0, 0, TimeSpan.Zero).AddDays(Days[i]);
        var years = (expiry - Instant).TotalDays / 365;
        var forward = index * Math.Exp(0.055 * years);
        var sd = SmileVol(0, years, level, skew) * Math.Sqrt(years);
        var random = new Random((int)(seed * 100) + i);
        var step = strikeStep * (years < 0.02 ? 0.5 : years < 0.2 ? 1 : years < 0.5 ? 4 : 5);
        var quotes = new List<QuotePlot>();
        for (var strike = Math.Ceiling(forward * Math.Exp(-4.2 * sd) / step) * step; strike < forward * Math.Exp(3.8 * sd); strike += step)
        {
            var k = Math.Log(strike / forward);
            var fit = SmileVol(k, years, level, skew);
            var far = Math.Abs(k) / sd;
            var half = 0.004 + (0.0035 * far * far) + (0.002 * random.NextDouble());
            var mid = fit + (half * 2.1 * (random.NextDouble() - 0.5));
            double? bid = Math.Max(0.05, mid - half);
            double? ask = mid + half;
            string? reason = null;
            if (far > 3 && random.NextDouble() < 0.4)
            {
                bid = null;
                reason = "one-sided";
            }
            else if (random.NextDouble() < 0.03)
            {
                (bid, ask, reason) = (ask + 0.02, bid, "crossed");
            }
            else if (random.NextDouble() < 0.03)
            {
                (bid, ask, reason) = (bid - 0.03, ask - 0.03, "stale");
            }

            bool? inside = reason is null && bid is not null && ask is not null ? fit >= bid && fit <= ask : null;
            quotes.Add(new QuotePlot(strike, k, strike < forward ? OptionType.Put : OptionType.Call, bid, ask, fit, reason, inside));
        }

        var ks = Enumerable.Range(0, 121).Select(j => ((j / 60.0) - 1) * 5 * sd).ToArray();
        var judged = quotes.Where(q => q.Inside is not null).ToList();
        return new SlicePlot(
            expiry, years, forward, SmileVol(0, years, level, skew), quotes,
            new CurvePlot(ks, [.. ks.Select(k => forward * Math.Exp(k))], [.. ks.Select(k => SmileVol(k, years, level, skew))]),
            judged.Count(q => q.Inside == true) / (double)judged.Count,
            Math.Sqrt(judged.Average(q => Math.Pow(((q.BidVol!.Value + q.AskVol!.Value) / 2) - q.FitVol!.Value, 2))),
            0.04 + (0.01 * i), null)
        {
            Parameters = [new("theta", level * level * years), new("rho", -0.21), new("psi", 0.34)],
        };
    }

    private static double SmileVol(double k, double years, double level, double skew)
    {
        var atm = level * (1 + (0.12 * Math.Exp(-years * 9)) + (0.08 * (1 - Math.Exp(-years * 2))));
        var z = k / Math.Sqrt(years + 0.002);
        return Math.Sqrt(Math.Pow(atm + (skew * z), 2) + (0.055 * z * z));
    }
}

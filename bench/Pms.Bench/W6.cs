using System.Globalization;
using Pms.Numerics;
using Pms.Volatility;

namespace Pms.Bench;

/// <summary>W6: raw SVI fits of 12 expiries x 60 noisy vols, least squares in vol, without arbitrage.</summary>
/// <remarks>
/// The chain itself has calendar arbitrage (90 to 120 days), so two variants: <c>butterfly</c> keeps each smile free of butterflies, proven over the
/// whole line, and must reach the least-squares optimum; <c>butterfly+calendar</c> also keeps the order in time, which no fit at that optimum can.
/// </remarks>
internal sealed class SmileWorkload : IWorkload
{
    private const double OptimalMaxRms = 1.3192e-3;
    private const double OptimalMeanRms = 1.1937e-3;
    private const int FitsPerRun = 50;
    private static readonly double[] Days = [1, 3, 7, 14, 21, 30, 45, 60, 90, 120, 180, 365];

    public string Name => "W6";

    public bool Run(BenchReport report, IReadOnlyList<int> threads)
    {
        var passed = true;
        var chain = Chain();
        foreach (var (variant, conditions) in new[] { ("butterfly", ArbitrageConditions.Butterfly), ("butterfly+calendar", ArbitrageConditions.ButterflyAndCalendar) })
        {
            VolPointsFit? fit = null;
            var timing = Timing.Measure(
                15,
                () =>
                {
                    for (var i = 0; i < FitsPerRun; i++)
                    {
                        fit = SurfaceFitter.Fit(chain, SurfaceParameters.Default, conditions);
                    }
                },
                warmUps: 30).Over(FitsPerRun);
            var max = fit!.RmsVol.Max();
            var mean = fit.RmsVol.Average();
            report.Line(variant, 1, chain.Length, timing, string.Create(CultureInfo.InvariantCulture, $"\"max_rms_vol\":{max:E4},\"mean_rms_vol\":{mean:E4},\"failed\":{fit.Degraded.Length}"));
            passed &= fit.Degraded.IsEmpty;
            if (conditions == ArbitrageConditions.Butterfly)
            {
                passed &= Math.Abs(max - OptimalMaxRms) <= 5e-8 && Math.Abs(mean - OptimalMeanRms) <= 1e-7;
            }
        }

        return passed;
    }

    private static VolPoints[] Chain()
    {
        var chain = new VolPoints[Days.Length];
        for (var e = 0; e < Days.Length; e++)
        {
            var years = Days[e] / 365;
            var vol = 0.55 + (0.1 * new RandomStream(601).Uniform((ulong)e));
            var theta = vol * vol * years;
            var rho = -0.3 + (0.2 * new RandomStream(602).Uniform((ulong)e));
            var phi = 1.1 / Math.Sqrt(theta);
            var k = new double[60];
            var vols = new double[60];
            for (var i = 0; i < k.Length; i++)
            {
                k[i] = Math.Sqrt(theta) * (-2.5 + (5.0 * i / 59));
                var x = (phi * k[i]) + rho;
                var w = 0.5 * theta * (1 + (rho * phi * k[i]) + Math.Sqrt((x * x) + 1 - (rho * rho)));
                vols[i] = Math.Sqrt(w / years) * (1 + (0.003 * ((2 * new RandomStream(603).Uniform((ulong)((60 * e) + i))) - 1)));
            }

            chain[e] = new VolPoints(years, k, vols);
        }

        return chain;
    }
}

using System.Globalization;
using Pms.Numerics;
using Pms.Pricing;

namespace Pms.Bench;

/// <summary>W1: a million options, value and four Greeks.</summary>
internal sealed class BlackWorkload : IWorkload
{
    private const int Options = 1_000_000;
    private const double ExpectedSum = 20483225404.7182;

    /// <summary>Options of the variant that stays in the second-level cache: what the arithmetic costs without the memory.</summary>
    private const int CachedOptions = 2048;

    private readonly double[] _forward = new double[Options];
    private readonly double[] _strike = new double[Options];
    private readonly double[] _years = new double[Options];
    private readonly double[] _vol = new double[Options];
    private readonly double[] _rate = new double[Options];
    private readonly double[] _sign = new double[Options];
    private readonly double[][] _results = [.. Enumerable.Range(0, 5).Select(_ => new double[Options])];

    public string Name => "W1";

    public bool Run(BenchReport report, IReadOnlyList<int> threads)
    {
        Fill();
        var passed = true;
        foreach (var count in threads)
        {
            var timing = Timing.Measure(9, () => Timing.Parallel(count, Options, Price));
            passed &= ReportWith(report, "stream", count, timing, Options);
        }

        if (threads.Contains(1))
        {
            var timing = Timing.Measure(9, () =>
            {
                for (var round = 0; round < Options / CachedOptions; round++)
                {
                    Price(0, CachedOptions);
                }
            });
            passed &= ReportWith(report, "cached", 1, timing, Options / CachedOptions * CachedOptions);
        }

        return passed;
    }

    private bool ReportWith(BenchReport report, string variant, int threads, Timing timing, int items)
    {
        var sum = 0.0;
        foreach (var price in _results[0])
        {
            sum += price;
        }

        report.Line(variant, threads, items, timing, string.Create(CultureInfo.InvariantCulture, $"\"checksum\":{sum:F6}"));
        return Math.Abs(sum - ExpectedSum) <= 1e-3;
    }

    private void Price(int begin, int end)
    {
        var n = end - begin;
        BlackKernels.PriceAndGreeks(
            new BlackColumns(
                _forward.AsSpan(begin, n), _strike.AsSpan(begin, n), _years.AsSpan(begin, n), _vol.AsSpan(begin, n), _rate.AsSpan(begin, n), _sign.AsSpan(begin, n)),
            new GreekColumns(
                _results[0].AsSpan(begin, n), _results[1].AsSpan(begin, n), _results[2].AsSpan(begin, n), _results[3].AsSpan(begin, n), _results[4].AsSpan(begin, n)));
    }

    private void Fill()
    {
        for (var i = 0; i < Options; i++)
        {
            var n = (ulong)i;
            _forward[i] = 20000 + (80000 * new RandomStream(100).Uniform(n));
            _strike[i] = _forward[i] * (0.5 + (1.2 * new RandomStream(101).Uniform(n)));
            _years[i] = (1.0 / 365) + (2 * new RandomStream(102).Uniform(n));
            _vol[i] = 0.2 + (1.3 * new RandomStream(103).Uniform(n));
            _rate[i] = 0.08 * new RandomStream(104).Uniform(n);
            _sign[i] = new RandomStream(105).Uniform(n) < 0.5 ? 1 : -1;
        }
    }
}

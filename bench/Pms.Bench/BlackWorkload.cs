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

    /// <summary>[column][option]: forward, strike, years, vol, rate, sign; price, delta, gamma, vega, theta.</summary>
    private readonly Memory<double>[] _columns = AlignedColumns.Allocate(11, Options);

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
        foreach (var price in _columns[6].Span)
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
                _columns[0].Span.Slice(begin, n), _columns[1].Span.Slice(begin, n), _columns[2].Span.Slice(begin, n), _columns[3].Span.Slice(begin, n), _columns[4].Span.Slice(begin, n), _columns[5].Span.Slice(begin, n)),
            new GreekColumns(
                _columns[6].Span.Slice(begin, n), _columns[7].Span.Slice(begin, n), _columns[8].Span.Slice(begin, n), _columns[9].Span.Slice(begin, n), _columns[10].Span.Slice(begin, n)));
    }

    private void Fill()
    {
        var forward = _columns[0].Span;
        var strike = _columns[1].Span;
        var years = _columns[2].Span;
        var vol = _columns[3].Span;
        var rate = _columns[4].Span;
        var sign = _columns[5].Span;
        for (var i = 0; i < Options; i++)
        {
            var n = (ulong)i;
            forward[i] = 20000 + (80000 * new RandomStream(100).Uniform(n));
            strike[i] = forward[i] * (0.5 + (1.2 * new RandomStream(101).Uniform(n)));
            years[i] = (1.0 / 365) + (2 * new RandomStream(102).Uniform(n));
            vol[i] = 0.2 + (1.3 * new RandomStream(103).Uniform(n));
            rate[i] = 0.08 * new RandomStream(104).Uniform(n);
            sign[i] = new RandomStream(105).Uniform(n) < 0.5 ? 1 : -1;
        }
    }
}

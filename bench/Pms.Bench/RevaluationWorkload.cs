using System.Globalization;
using Pms.Margin.Arrays;

namespace Pms.Bench;

/// <summary>W3: 1,000 options revalued in 10,000 scenarios; the kernel alone, and the same through <see cref="RiskArray.Build"/>.</summary>
internal sealed class RevaluationWorkload : IWorkload
{
    private const int Scenarios = 10_000;
    private const double ExpectedSum = 1140194783.4653;

    public string Name => "W3";

    public bool Run(BenchReport report, IReadOnlyList<int> threads)
    {
        var data = new RevaluationData(Scenarios);
        var cells = (double)RevaluationData.Options * Scenarios;
        var passed = true;
        var rows = data.Ticks();
        foreach (var count in threads)
        {
            var timing = Timing.Measure(9, () => Timing.Parallel(count, RevaluationData.Options, (begin, end) =>
            {
                for (var i = begin; i < end; i++)
                {
                    RevaluationKernel.Ticks(data.Terms[i], data.Moves(i), RevaluationData.Multiplier(i) / RevaluationData.Tick, rows[i]);
                }
            }));
            var sum = rows.Sum(r => r.Sum(x => (long)x)) * RevaluationData.Tick;
            report.Line("kernel", count, cells, timing, string.Create(CultureInfo.InvariantCulture, $"\"checksum\":{sum:F4}"));
            // ten million roundings to half a tick
            passed &= Math.Abs(sum - ExpectedSum) <= 1;
        }

        passed &= Doubles(data, report);
        return passed & Engine(data, report, threads);
    }

    private static bool Doubles(RevaluationData data, BenchReport report)
    {
        var gains = new double[(long)RevaluationData.Options * Scenarios];
        var timing = Timing.Measure(5, () =>
        {
            for (var i = 0; i < RevaluationData.Options; i++)
            {
                RevaluationKernel.Gains(data.Terms[i], data.Moves(i), RevaluationData.Multiplier(i), gains.AsSpan(i * Scenarios, Scenarios));
            }
        });
        var sum = 0.0;
        foreach (var gain in gains)
        {
            sum += gain;
        }

        report.Line("kernel-double", 1, gains.Length, timing, string.Create(CultureInfo.InvariantCulture, $"\"checksum\":{sum:F4}"));
        return Math.Abs(sum - ExpectedSum) <= 1e-3;
    }

    private static bool Engine(RevaluationData data, BenchReport report, IReadOnlyList<int> threads)
    {
        var (market, set, instruments) = data.Market();
        var multipliers = new Dictionary<RowKey, double>();
        for (var i = 0; i < instruments.Length; i++)
        {
            multipliers.Add(RowKey.Of(instruments[i]), RevaluationData.Multiplier(i));
        }

        // The name of a set of scenarios is made once, however many markets are valued with it.
        _ = set.Hash;
        var cells = (double)RevaluationData.Options * Scenarios;
        var passed = true;
        foreach (var count in threads)
        {
            RiskArray? array = null;
            var options = RiskArrayOptions.Default with { MaxThreads = count };
            var timing = Timing.Measure(9, () => array = RiskArray.Build(market, set, instruments, [], options));
            var sum = array!.Rows.Sum(r => r.Ticks.ToArray().Sum(x => (double)x) * Math.Pow(10, r.TickExponent) * multipliers[r.Key]);
            report.Line("engine", count, cells, timing, string.Create(CultureInfo.InvariantCulture, $"\"checksum\":{sum:F4}"));
            passed &= Math.Abs(sum - ExpectedSum) <= 1e-6 * ExpectedSum;
        }

        return passed;
    }
}

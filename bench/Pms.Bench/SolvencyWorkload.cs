using System.Globalization;
using Pms.Margin.Arrays;
using Pms.Solvency.Accounts;
using Pms.Solvency.Shortfalls;

namespace Pms.Bench;

/// <summary>PSI: uncovered losses of W4's 10,000 accounts (20 positions each) in 10,000 scenarios, with the largest one and two of 9,000 owners; beside plain loops.</summary>
internal sealed class SolvencyWorkload : IWorkload
{
    private const int Accounts = 10_000;
    private const int Scenarios = 10_000;
    private const int Owners = 9_000;

    public string Name => "PSI";

    public bool Run(BenchReport report, IReadOnlyList<int> threads)
    {
        var rows = new RevaluationData(Scenarios).Ticks();
        var holdings = Enumerable.Range(0, Accounts).Select(BookWorkload.Holdings).ToArray();
        // As much equity as the account's loss in one scenario in a hundred or so.
        var equities = holdings.Select(h => Quantile(rows, h)).ToArray();
        SolvencyAccount[] accounts = [.. holdings.Select((h, a) => new SolvencyAccount($"{a}", $"{a % Owners}", equities[a], [.. h]))];
        long[] plain = [];
        var baseline = Timing.Measure(3, () => plain = PlainTotals(rows, holdings, equities), warmUps: 1);
        report.Line("plain-loops", 1, Accounts, baseline, Sum(plain));
        var passed = true;
        foreach (var count in threads)
        {
            BookShortfall? found = null;
            var timing = Timing.Measure(5, () => found = ShortfallPass.Run(rows, accounts, threads: count));
            report.Line("pass", count, Accounts, timing, Sum(found!.Totals));
            passed &= found.Totals.SequenceEqual(plain);
        }

        return passed;
    }

    private static string Sum(ReadOnlySpan<long> totals)
    {
        Int128 sum = 0;
        foreach (var total in totals)
        {
            sum += total;
        }

        return string.Create(CultureInfo.InvariantCulture, $"\"sum\":{sum}");
    }

    private static long Quantile(int[][] rows, RowLots[] holdings)
    {
        var gains = new long[1_000];
        for (var s = 0; s < gains.Length; s++)
        {
            foreach (var (row, lots) in holdings)
            {
                gains[s] += lots * rows[row][s];
            }
        }

        Array.Sort(gains);
        return Math.Max(0, -gains[10]);
    }

    /// <summary>The totals alone, as one would write them down.</summary>
    private static long[] PlainTotals(int[][] rows, RowLots[][] holdings, long[] equities)
    {
        var totals = new long[Scenarios];
        var gains = new long[Scenarios];
        for (var a = 0; a < holdings.Length; a++)
        {
            Array.Clear(gains);
            foreach (var (row, lots) in holdings[a])
            {
                var ticks = rows[row];
                for (var s = 0; s < ticks.Length; s++)
                {
                    gains[s] += lots * ticks[s];
                }
            }

            for (var s = 0; s < gains.Length; s++)
            {
                totals[s] += Math.Max(0, -(equities[a] + gains[s]));
            }
        }

        return totals;
    }
}

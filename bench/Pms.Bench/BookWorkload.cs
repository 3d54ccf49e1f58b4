using System.Diagnostics;
using System.Globalization;
using Pms.Margin.Arrays;
using Pms.Margin.Measures;
using Pms.Numerics;

namespace Pms.Bench;

/// <summary>W4: ES 97.5 % and VaR 99 % of 10,000 accounts with 20 positions each in 10,000 scenarios, exact.</summary>
internal sealed class BookWorkload : IWorkload
{
    internal const int Positions = 20;

    private const int Accounts = 10_000;
    private const int Scenarios = 10_000;
    private const decimal ExpectedEs = 4560055510.626169m;
    private const decimal ExpectedVar = 4449068031.3089m;

    /// <summary>The workload's VaR is the 100th worst of 10,000; at 99 % sharp it would be the 101st (the first loss with at least 99 % at or below it).</summary>
    private static readonly TailLevel VarLevel = new(990_000_001);

    public string Name => "W4";

    public bool Run(BenchReport report, IReadOnlyList<int> threads)
    {
        var rows = new RevaluationData(Scenarios).Ticks();
        var book = Book(Accounts);
        var passed = true;
        var weights = new int[Scenarios];
        Array.Fill(weights, 100_000);
        foreach (var count in threads)
        {
            passed &= Measure(report, "int32-int64", rows, book, [], count);
        }

        foreach (var count in threads)
        {
            passed &= Estimates(report, rows, book, count);
        }

        foreach (var count in threads)
        {
            passed &= EngineBook.Measure(report, count);
        }

        // One scenario heavier and one lighter than the rest by a thousandth of a percent: weights of their own, and sums next to the others.
        weights[0]++;
        weights[1]--;
        foreach (var count in threads)
        {
            Measure(report, "weighted", rows, book, weights, count);
        }

        return passed;
    }

    /// <summary>The tails as the engine has them, with standard errors and the scenarios of each tail; the check values from the latter.</summary>
    private static bool Estimates(BenchReport report, int[][] rows, AccountBook book, int threads)
    {
        TailEstimate[] estimates = [];
        var most = rows.Select(r => r.Max(Math.Abs)).ToArray();
        var design = SampleDesign.Equal(Scenarios);
        var timing = Timing.Measure(5, () => estimates = BookKernel.Estimates(rows, most, book, design, TailLevel.P975, threads));
        Int128 es = 0;
        Int128 var = 0;
        var isWhole = true;
        foreach (var estimate in estimates)
        {
            isWhole &= estimate.Tail.Count == Scenarios / 40;
            es += estimate.Tail.Aggregate(Int128.Zero, (sum, t) => sum + t.Loss);
            var += estimate.Tail[(Scenarios / 100) - 1].Loss;
        }

        var sumEs = (decimal)es / (Scenarios / 40) * (decimal)RevaluationData.Tick;
        var sumVar = (decimal)var * (decimal)RevaluationData.Tick;
        report.Line("engine", threads, book.Count, timing, string.Create(CultureInfo.InvariantCulture, $"\"sum_es\":{sumEs:F6},\"sum_var\":{sumVar:F4}"));
        return isWhole && decimal.Round(sumEs, 6) == ExpectedEs && sumVar == ExpectedVar;
    }

    /// <summary>Accounts of the workload's text.</summary>
    internal static AccountBook Book(int accounts) => new(Enumerable.Range(0, accounts).Select(a => (IReadOnlyList<RowLots>)Holdings(a)));

    internal static RowLots[] Holdings(int account)
    {
        var result = new RowLots[Positions];
        for (var p = 0; p < Positions; p++)
        {
            var i = (ulong)((account * Positions) + p);
            var quantity = (int)(100 * new RandomStream(402).Uniform(i)) - 50;
            result[p] = new RowLots((int)(RevaluationData.Options * new RandomStream(401).Uniform(i)), quantity >= 0 ? quantity + 1 : quantity);
        }

        return result;
    }

    internal static bool Measure(BenchReport report, string variant, int[][] rows, AccountBook book, int[] weights, int threads, int repetitions = 5, int warmUps = 2)
    {
        BookTails? tails = null;
        var most = rows.Select(r => r.Max(Math.Abs)).ToArray();
        var timing = Timing.Measure(repetitions, () => tails = BookKernel.Tails(rows, most, rows[0].Length, book, weights, TailLevel.P975, VarLevel, threads), warmUps);
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        BookKernel.Tails(rows, most, rows[0].Length, book, weights, TailLevel.P975, VarLevel, threads);
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        Int128 mass = 0;
        Int128 var = 0;
        foreach (var tail in tails!.Accounts)
        {
            mass += tail.LossMass;
            var += tail.Var;
        }

        var (whole, rest) = Int128.DivRem(mass, tails.EsMass);
        var sumEs = ((decimal)whole + ((decimal)rest / tails.EsMass)) * (decimal)RevaluationData.Tick;
        var sumVar = (decimal)var * (decimal)RevaluationData.Tick;
        using var process = Process.GetCurrentProcess();
        report.Line(
            variant, threads, book.Count, timing, string.Create(CultureInfo.InvariantCulture, $"\"sum_es\":{sumEs:F6},\"sum_var\":{sumVar:F4},\"recomputed\":{tails.Recomputed},\"run_mb\":{allocated / 1048576.0:F0},\"peak_mb\":{process.PeakWorkingSet64 / 1048576.0:F0}"));
        return decimal.Round(sumEs, 6) == ExpectedEs && sumVar == ExpectedVar;
    }
}

/// <summary>W4SCALE: the same book kernel over 1 k to 100 k accounts and 1 k to 100 k scenarios, one thread.</summary>
internal sealed class BookScaleWorkload : IWorkload
{
    public string Name => "W4SCALE";

    public bool Run(BenchReport report, IReadOnlyList<int> threads)
    {
        var rows = new RevaluationData(10_000).Ticks();
        foreach (var accounts in new[] { 1_000, 10_000, 100_000 })
        {
            BookWorkload.Measure(report, $"accounts-{accounts}", rows, BookWorkload.Book(accounts), [], 1, repetitions: 3, warmUps: 1);
        }

        var book = BookWorkload.Book(10_000);
        foreach (var scenarios in new[] { 1_000, 10_000, 100_000 })
        {
            BookWorkload.Measure(report, $"scenarios-{scenarios}", new RevaluationData(scenarios).Ticks(), book, [], 1, repetitions: 3, warmUps: 1);
        }

        return true;
    }
}

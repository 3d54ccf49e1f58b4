using Pms.Margin.Arrays;
using Pms.Margin.Measures;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Testing;

namespace Pms.Margin.Tests.Arrays;

/// <summary>Whole books and live accounts against TailMeasure on the plain sums, to the last digit.</summary>
public sealed class BookKernelTests
{
    private static readonly (TailLevel Es, TailLevel Var)[] Levels =
        [(TailLevel.P975, TailLevel.P99), (TailLevel.P99, TailLevel.P99), (new(990_000_001), new(500_000_000)), (new(100_000_000), TailLevel.P99)];

    [Fact]
    public void Tails_AnyBookSizeLevelAndWeights_AreThoseOfTailMeasure()
    {
        var cases = Math.Min(FuzzBudget.Cases(60), 600);
        for (var c = 0; c < cases; c++)
        {
            var draw = new RandomStream(3000 + (ulong)c);
            var scenarios = 1 + (int)(3_000 * draw.Uniform(0) * draw.Uniform(1));
            var sample = new Sample(rows: 1 + (int)(40 * draw.Uniform(2)), scenarios, accounts: (int)(30 * draw.Uniform(3)), seed: 50 + (ulong)c, isDiscrete: c % 5 == 0);
            var weights = c % 3 == 0 ? [] : sample.Weights(uneven: c % 3 == 1);
            var (es, var) = Levels[c % Levels.Length];
            for (var threads = 1; threads <= 2; threads++)
            {
                var tails = BookKernel.Tails(sample.Rows, sample.Most, scenarios, sample.Book, weights, es, var, threads);
                for (var a = 0; a < sample.Book.Count; a++)
                {
                    Check(tails.Accounts[a], sample, a, weights, es, var, $"case {c}, account {a}, {scenarios} scenarios, {threads} threads");
                }
            }
        }
    }

    [Fact]
    public void Tails_OrderedScenarios_AreRecomputedWhereThePilotsMislead()
    {
        // Losses grow with the index in steps, so that evenly spread pilots say too little of the worst; many accounts hold the one row.
        const int Scenarios = 20_000;
        var row = new int[Scenarios];
        for (var s = 0; s < Scenarios; s++)
        {
            row[s] = s % 64 < 2 && s / 64 % 31 != 15 ? -1_000_000 - s : s % 97;
        }

        var book = new AccountBook(Enumerable.Range(1, 50).Select(q => (IReadOnlyList<RowLots>)[new RowLots(0, q - 25)]));
        var tails = BookKernel.Tails([row], [row.Max(Math.Abs)], Scenarios, book, [], TailLevel.P975, TailLevel.P99);
        for (var a = 0; a < book.Count; a++)
        {
            var pnl = row.Select(r => (long)r * (a - 24)).ToArray();
            tails.Accounts[a].Es.ShouldBe(TailMeasure.Of(pnl, [], TailLevel.P975).Es);
            tails.Accounts[a].Var.ShouldBe(TailMeasure.Of(pnl, [], TailLevel.P99).Var);
        }
    }

    [Fact]
    public void Tails_LotsAndSumsBeyondTheFastWay_AreStillExact()
    {
        var sample = new Sample(rows: 4, scenarios: 700, accounts: 0, seed: 9, isDiscrete: false);
        var book = new AccountBook(
        [
            [new RowLots(0, 2_200_000_000), new RowLots(1, -1_900_000_000)],
            [new RowLots(2, int.MaxValue), new RowLots(3, int.MinValue)],
            [],
            [new RowLots(0, 0)],
            [new RowLots(1, 3)],
        ]);
        foreach (var weights in new[] { [], sample.Weights(uneven: true) })
        {
            var tails = BookKernel.Tails(sample.Rows, sample.Most, 700, book, weights, TailLevel.P975, TailLevel.P99);
            tails.Recomputed.ShouldBeGreaterThanOrEqualTo(1);
            for (var a = 0; a < book.Count; a++)
            {
                Check(tails.Accounts[a], sample.Rows, book.Holdings(a), weights, TailLevel.P975, TailLevel.P99, $"account {a}");
            }

            tails.Accounts[2].ShouldBe(default);
        }

        var beyond = new AccountBook([[new RowLots(0, long.MaxValue / 2), new RowLots(1, long.MaxValue / 2)]]);
        Should.Throw<InvalidInputException>(() => BookKernel.Tails(sample.Rows, sample.Most, 700, beyond, [], TailLevel.P975, TailLevel.P99, 2)).Code.ShouldBe("pnl-overflow");
        Should.Throw<InvalidInputException>(() => BookKernel.Tails(sample.Rows, sample.Most, 700, new AccountBook([[new RowLots(4, 1)]]), [], TailLevel.P975, TailLevel.P99)).Code.ShouldBe("row-missing");
        Should.Throw<InvalidInputException>(() => new AccountBook([[new RowLots(-1, 1)]])).Code.ShouldBe("row-missing");
        Should.Throw<InvalidInputException>(() => BookKernel.Tails(sample.Rows, sample.Most, 700, book, [1, 2], TailLevel.P975, TailLevel.P99)).Code.ShouldBe("sample-design");
    }

    [Fact]
    public void Tails_LargeBook_SameAsInParts()
    {
        // more accounts than go over the blocks together, and more threads than that takes
        var sample = new Sample(rows: 30, scenarios: 1_300, accounts: 6_000, seed: 12, isDiscrete: false);
        var whole = BookKernel.Tails(sample.Rows, sample.Most, 1_300, sample.Book, [], TailLevel.P975, TailLevel.P99);
        BookKernel.Tails(sample.Rows, sample.Most, 1_300, sample.Book, [], TailLevel.P975, TailLevel.P99, maxThreads: 3).Accounts.ShouldBe(whole.Accounts);
        foreach (var a in new[] { 0, 2_999, 3_000, 5_999 })
        {
            Check(whole.Accounts[a], sample, a, [], TailLevel.P975, TailLevel.P99, $"account {a}");
        }
    }

    [Theory]
    [InlineData("DOTNET_EnableAVX512=0")]
    [InlineData("DOTNET_EnableAVX2=0")]
    [InlineData("DOTNET_EnableHWIntrinsic=0")]
    public void Tails_WithoutInstructionSet_AreTheSame(string setting)
    {
        ChildProcess.RunTest(typeof(BookKernelTests), nameof(Tails_AnyBookSizeLevelAndWeights_AreThoseOfTailMeasure), setting);
        ChildProcess.RunTest(typeof(BookKernelTests), nameof(With_ManyOrders_IsTheTailOfTheLargerAccount), setting);
    }

    [Fact]
    public void With_ManyOrders_IsTheTailOfTheLargerAccount()
    {
        for (var c = 0; c < 12; c++)
        {
            var draw = new RandomStream(7000 + (ulong)c);
            var scenarios = 60 + (int)(3_000 * draw.Uniform(0));
            var sample = new Sample(rows: 25, scenarios, accounts: 3, seed: 90 + (ulong)c, isDiscrete: c % 4 == 0);
            var weights = c % 3 == 0 ? [] : sample.Weights(uneven: c % 3 == 1);
            var level = c % 2 == 0 ? TailLevel.P975 : new TailLevel(400_000_000);
            var holdings = sample.Book.Holdings(0).ToList();
            var live = new LiveAccount(sample.Rows, sample.Most, scenarios, weights, level, [.. holdings]);
            live.Tail().Es.ShouldBe(Es(sample, holdings, weights, level));
            for (var i = 0; i < 40; i++)
            {
                var order = new RowLots((int)(25 * draw.Uniform((ulong)(i + 10))), (long)(draw.Uniform((ulong)(i + 100)) * 2_000) - 1_000);
                live.With(order.Row, order.Lots).Es.ShouldBe(Es(sample, [.. holdings, order], weights, level), $"case {c}, order {i}");
                if (i % 10 == 9)
                {
                    live.Add(order.Row, order.Lots);
                    holdings.Add(order);
                    live.Tail().Es.ShouldBe(Es(sample, holdings, weights, level));
                }
            }

            live.Reset([.. holdings]).Es.ShouldBe(Es(sample, holdings, weights, level));
            Should.Throw<InvalidInputException>(() => live.With(0, long.MaxValue)).Code.ShouldBe("pnl-overflow");
        }
    }

    [Fact]
    public void With_AfterTheFirst_AllocatesNothing()
    {
        var sample = new Sample(rows: 25, scenarios: 2_000, accounts: 3, seed: 91, isDiscrete: false);
        var holdings = sample.Book.Holdings(0);
        foreach (var weights in new[] { [], sample.Weights(uneven: true) })
        {
            var live = new LiveAccount(sample.Rows, sample.Most, 2_000, weights, TailLevel.P975, holdings);
            void Round()
            {
                for (var i = 0; i < 100; i++)
                {
                    live.With(i % 25, i - 50);
                    live.Reset(holdings);
                    live.Add(i % 25, 1);
                }
            }

            // The runtime itself allocates where a method runs for the first time.
            Round();
            var before = GC.GetAllocatedBytesForCurrentThread();
            Round();
            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        }
    }

    private static long Es(Sample sample, IReadOnlyList<RowLots> holdings, int[] weights, TailLevel level) => TailMeasure.Of(Pnl(sample.Rows, holdings), weights, level).Es;

    private static void Check(BookTail tail, Sample sample, int account, int[] weights, TailLevel es, TailLevel var, string what) =>
        Check(tail, sample.Rows, sample.Book.Holdings(account), weights, es, var, what);

    private static void Check(BookTail tail, int[][] rows, RowLots[] holdings, int[] weights, TailLevel es, TailLevel var, string what)
    {
        var pnl = Pnl(rows, holdings);
        tail.Es.ShouldBe(TailMeasure.Of(pnl, weights, es).Es, what);
        tail.Var.ShouldBe(TailMeasure.Of(pnl, weights, var).Var, what);
    }

    private static long[] Pnl(int[][] rows, IReadOnlyList<RowLots> holdings) =>
        [.. Enumerable.Range(0, rows[0].Length).Select(s => (long)holdings.Aggregate(Int128.Zero, (sum, h) => sum + ((Int128)h.Lots * rows[h.Row][s])))];

    private sealed class Sample
    {
        private readonly RandomStream _draw;

        public Sample(int rows, int scenarios, int accounts, ulong seed, bool isDiscrete)
        {
            _draw = new RandomStream(seed);
            Rows = new int[rows][];
            ulong next = 0;
            for (var r = 0; r < rows; r++)
            {
                Rows[r] = new int[scenarios];
                for (var s = 0; s < scenarios; s++)
                {
                    var u = (2 * _draw.Uniform(next++)) - 1;
                    // many equal gains, or all kinds up to the ends of the range
                    Rows[r][s] = isDiscrete ? (int)(3 * u) : (int)(u * u * u * int.MaxValue);
                }
            }

            Book = new AccountBook(Enumerable.Range(0, accounts).Select(a => (IReadOnlyList<RowLots>)[.. Enumerable.Range(0, (int)(25 * _draw.Uniform(next++))).Select(_ => new RowLots((int)(rows * _draw.Uniform(next++)), (long)(2_000 * _draw.Uniform(next++)) - 1_000))]));
        }

        public int[][] Rows { get; }

        public int[] Most => [.. Rows.Select(r => r.Max(t => t == int.MinValue ? int.MaxValue : Math.Abs(t)))];

        public AccountBook Book { get; }

        public int[] Weights(bool uneven)
        {
            var n = Rows[0].Length;
            var probability = Enumerable.Range(0, n).Select(s => uneven ? Math.Pow(_draw.Uniform((ulong)(s + 1_000_000)), 4) : 1.0).ToArray();
            return Pms.Scenarios.IntegerWeights.OfTotal(probability, Pms.Scenarios.ScenarioSet.TotalWeight);
        }
    }
}

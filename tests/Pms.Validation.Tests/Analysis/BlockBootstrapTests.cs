using Pms.Numerics;
using Pms.Validation.Analysis;
using Pms.Validation.WalkForward;
using static Pms.Validation.Tests.Analysis.MadeUpRecord;

namespace Pms.Validation.Tests.Analysis;

public sealed class BlockBootstrapTests(ITestOutputHelper output)
{
    private const int Days = 150;
    private const int Books = 30;
    private static readonly double[] Ones = [.. Enumerable.Repeat((double)Books, Days)];

    [Fact]
    public void Interval_IndependentBreaches_HoldsTheTruthInAbout95PercentOfRecords()
    {
        const int records = 200;
        var (held, width) = (0, 0.0);
        for (var seed = 1; seed <= records; seed++)
        {
            var (low, high) = BlockBootstrap.Interval(Hits((ulong)seed, 0.02), Ones);
            held += low <= 0.02 && high >= 0.02 ? 1 : 0;
            width += (high - low) / records;
        }

        // Thirty blocks a record: somewhat below 95 %, and 4 standard errors of 200 records are 6 %.
        output.WriteLine($"{held} of {records} records, mean width {width:F5}");
        held.ShouldBeInRange(172, 199);
        // As wide as the binomial one, where nothing depends on anything.
        var binomial = 2 * 1.96 * Math.Sqrt(0.02 * 0.98 / (Days * Books));
        width.ShouldBeInRange(0.85 * binomial, 1.1 * binomial);
    }

    [Fact]
    public void Interval_BreachesOfFewDays_IsWiderThanTheBinomialOne()
    {
        // Ninety breaches on three days in a row.
        var clustered = new double[Days];
        (clustered[70], clustered[71], clustered[72]) = (Books, Books, Books);
        var (low, high) = BlockBootstrap.Interval(clustered, Ones);
        var binomial = 2 * 1.96 * Math.Sqrt(0.02 * 0.98 / (Days * Books));
        (high - low).ShouldBeGreaterThan(4 * binomial);
        low.ShouldBe(0);
    }

    [Fact]
    public void Interval_ConstantRatio_IsThatRatio()
    {
        BlockBootstrap.Interval([2, 4, 6, 2, 8, 10, 12], [4, 8, 12, 4, 16, 20, 24]).ShouldBe((0.5, 0.5));
        BlockBootstrap.Interval([3], [4]).ShouldBe((0.75, 0.75));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(9)]
    [InlineData(14)]
    public void Interval_RecordOfFewDays_IsNoPoint(int days)
    {
        double[] hits = [.. Enumerable.Range(0, days).Select(d => d == 0 ? 1.0 : 0.0)];
        var (low, high) = BlockBootstrap.Interval(hits, [.. Enumerable.Repeat(1.0, days)]);
        low.ShouldBe(0);
        high.ShouldBeGreaterThan(1.0 / days);
    }

    [Fact]
    public void Interval_NothingToDivideBy_IsNone()
    {
        BlockBootstrap.Interval([], []).ShouldBe((double.NaN, double.NaN));
        BlockBootstrap.Interval([1, 1], [0, 0]).ShouldBe((double.NaN, double.NaN));
    }

    [Fact]
    public void Interval_SameRecordTwice_IsTheSame()
    {
        var hits = Hits(5, 0.02);
        BlockBootstrap.Interval(hits, Ones).ShouldBe(BlockBootstrap.Interval(hits, Ones));
    }

    [Fact]
    public void Of_Coverage_CountsAndTestsByWindow()
    {
        // Three books a day, all of them above on day 2 of 4.
        (BacktestWindow, bool)[] hits = [.. Enumerable.Range(0, 4).SelectMany(d =>
        {
            var window = Day(d);
            return Enumerable.Repeat((window, d == 2), 3);
        })];
        var coverage = Coverage.Of(hits);
        (coverage.Breaches, coverage.Observations, coverage.Rate).ShouldBe((3, 12, 0.25));
        // Shares of 0, 0, 1, 0: a variance of 3/16 over 4 windows, none of which overlap.
        coverage.Statistic!.Value.ShouldBe((0.25 - 0.01) / Math.Sqrt(3.0 / 16 / 4), 1e-12);
        coverage.PValue!.Value.ShouldBe(2 * NormalDistribution.CdfComplement(coverage.Statistic.Value), 1e-15);
        coverage.Low.ShouldBe(0);
        coverage.Accepts.ShouldBeTrue();
        Coverage.Of([.. hits.Select(h => (h.Item1, false))]).Statistic.ShouldBeNull();
    }

    [Fact]
    public void Of_CoverageOfWindowsOfOneDay_TreatsThemAsOneDay()
    {
        // Six windows a day that agree: the interval is that of the days.
        bool Hit(int day) => day % 10 == 0;
        var six = Coverage.Of([.. Enumerable.Range(0, 60).SelectMany(d => Enumerable.Range(0, 6).Select(i => (Window((24 * d) + (2 * i), (24 * d) + (2 * i) + 24), Hit(d))))]);
        var one = Coverage.Of([.. Enumerable.Range(0, 60).Select(d => (Day(d), Hit(d)))]);
        (six.Low, six.High).ShouldBe((one.Low, one.High));
        // Overlap makes the error larger than that of so many independent windows.
        six.Statistic!.Value.ShouldBeLessThan(1.5 * one.Statistic!.Value);
    }

    private static double[] Hits(ulong seed, double rate)
    {
        var stream = new RandomStream(0x626F6F74).Derive(seed);
        return [.. Enumerable.Range(0, Days).Select(d => (double)Enumerable.Range(0, Books).Count(b => stream.Uniform((ulong)((d * Books) + b)) < rate))];
    }
}

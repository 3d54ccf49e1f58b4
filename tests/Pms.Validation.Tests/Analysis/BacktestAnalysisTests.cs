using Pms.Margin.Measures;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Validation.Analysis;
using Pms.Validation.Books;
using Pms.Validation.Statistics;
using Pms.Validation.WalkForward;
using static Pms.Validation.Tests.Analysis.MadeUpRecord;

namespace Pms.Validation.Tests.Analysis;

public sealed class BacktestAnalysisTests
{
    [Fact]
    public void Of_LossesOneToHundred_HasTheNumbersOfAHandComputation()
    {
        var report = BacktestAnalysis.Of(["a"], Ramp(100, initial: 50));
        var sample = report.Samples[0];
        var model = sample.Models.ShouldHaveSingleItem();

        (report.Windows, report.Days, report.Overlap).ShouldBe((100, 100, 1));
        (sample.Name, sample.Observations, sample.Books).ShouldBe(("all", 100, 1));
        // Of its losses 1 to 100, one is above 99.
        sample.Hindsight.ShouldBe(0.99, 1e-15);
        (model.Initial.Breaches, model.Initial.Observations, model.Initial.Rate).ShouldBe((50, 100, 0.5));
        // Maintenance is 37.5: 38 to 100 are above it.
        model.Maintenance.Breaches.ShouldBe(63);
        model.AverageInitial.ShouldBe(0.5, 1e-15);
        model.PeakInitial.ShouldBe(0.5, 1e-15);
        // The worst 1 % of a hundred losses is the one of 100, the whole notional.
        model.PerEs!.Value.ShouldBe(0.5, 1e-12);
        // 1 - L/50 over L = 1 to 50, 0 beyond: (50 - 25.5) / 100.
        model.Unused!.Value.ShouldBe(0.245, 1e-12);
        // Beyond 50 the mean loss is 75.5.
        model.MeanShortfall!.Value.ShouldBe(0.51, 1e-12);
        model.WorstShortfall.ShouldBe(0.5, 1e-12);
        // One of a hundred exceeds 99.
        model.Equal!.Scale.ShouldBe(99.0 / 50, 1e-15);
        model.Equal.Average.ShouldBe(0.99, 1e-12);
        model.Equal.Peak.ShouldBe(0.99, 1e-12);
        model.Equal.WorstShortfall.ShouldBe(0.01, 1e-12);
        model.Equal.AgainstFirst.ShouldBeNull();
        // VaR 0.99, ES 1 (the mean loss beyond the margin, over it, is 100/99): 99 times VaR/ES + ln ES - 1, and once 1/(p ES) of the excess on top.
        model.Equal.Score!.Value.ShouldBe(0.99 - 1 + (0.01 / 0.01 / 100), 1e-9);
        model.Zones.ShouldBe(new ZoneCounts(0, 0, 1));
        model.Tail.ShouldBeNull();
        model.Procyclicality.ShouldBe(new Procyclicality(1, 0, 0));
    }

    [Theory]
    [InlineData(40)]
    [InlineData(100)]
    [InlineData(333)]
    public void Of_EqualCoverage_LeavesAtMostOnePercentAboveAndNotOneFewer(int days)
    {
        var windows = Drawn(days, m => [Asks(m)]);
        var equal = BacktestAnalysis.Of(["a"], windows).Samples[0].Models[0].Equal!;
        var rows = windows.SelectMany(w => w.Observations).ToArray();
        // At ratios, as the scale is one.
        var above = rows.Count(o => o.LossUsd / o.Margins[0]!.Value.Initial > equal.Scale);
        above.ShouldBe((int)(0.01 * rows.Length));
        rows.Count(o => o.LossUsd / o.Margins[0]!.Value.Initial >= equal.Scale).ShouldBe(above + 1);
        equal.Average.ShouldBe(rows.Average(o => equal.Scale * o.Margins[0]!.Value.Initial / o.NotionalUsd), 1e-12);
    }

    [Fact]
    public void Of_MarginsTimesFour_ChangeNothingAtEqualCoverage()
    {
        // A power of two is exact: every bit must agree.
        var models = BacktestAnalysis.Of(["a", "b"], Drawn(200, m => [Asks(m), Asks(4 * m)])).Samples[0].Models;
        var (one, four) = (models[0].Equal!, models[1].Equal!);
        four.Scale.ShouldBe(one.Scale / 4);
        four.Average.ShouldBe(one.Average);
        four.Peak.ShouldBe(one.Peak);
        four.WorstShortfall.ShouldBe(one.WorstShortfall);
        four.Score.ShouldBe(one.Score);
        four.AgainstFirst.ShouldBeNull();
        models[1].AverageInitial.ShouldBe(4 * models[0].AverageInitial);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.7)]
    [InlineData(3)]
    [InlineData(10)]
    public void Of_MarginsTimesAnyFactor_ChangeNothingButRoundingAtEqualCoverage(double factor)
    {
        foreach (var days in new[] { 34, 67, 100, 150 })
        {
            var models = BacktestAnalysis.Of(["a", "b"], Drawn(days, m => [Asks(m), Asks(factor * m)])).Samples[0].Models;
            models[1].Equal!.Scale.ShouldBe(models[0].Equal!.Scale / factor, 1e-12 / factor);
            models[1].Equal!.Average.ShouldBe(models[0].Equal!.Average, 1e-12);
            models[1].Equal!.Score!.Value.ShouldBe(models[0].Equal!.Score!.Value, 1e-9);
        }
    }

    [Fact]
    public void Of_SharperModel_NeedsLessAtEqualCoverageAndScoresBetter()
    {
        // Losses follow the first model's margin; the second asks the same of every book.
        var stream = new RandomStream(3);
        BacktestWindow[] windows =
        [
            .. Enumerable.Range(0, 600).Select(d =>
            {
                var risk = 5 + (40 * stream.Uniform((ulong)(2 * d)));
                return Day(d, Book("a", risk * NormalDistribution.InverseCdf(0.5e-6 + (0.999999 * stream.Uniform((ulong)((2 * d) + 1)))), Asks(risk), Asks(25)));
            }),
        ];
        var models = BacktestAnalysis.Of(["sharp", "flat"], windows).Samples[0].Models;
        models[0].Equal!.Average.ShouldBeLessThan(0.8 * models[1].Equal!.Average);
        models[0].Equal!.Score!.Value.ShouldBeLessThan(models[1].Equal!.Score!.Value);
        models[1].Equal!.AgainstFirst!.MeanDifference.ShouldBeLessThan(0);
        models[1].Equal!.AgainstFirst!.PValue.ShouldBeLessThan(0.01);
    }

    [Fact]
    public void Of_TailOfFourDays_HasZ1AndZ2OfAHandComputation()
    {
        double[] losses = [1, 10, 2, -3];
        var tail = BacktestAnalysis.Of(["a"], [.. losses.Select((l, d) => Day(d, Book("a", l, new BacktestMargin(9, 7, Var: 5, Es: 8))))]).Samples[0].Models[0].Tail!;

        tail.Var.Breaches.ShouldBe(1);
        tail.EsBreachRate.ShouldBe(0.25);
        // One breach of 10 / 8; 1 - 1.25 / (4 x 1 %).
        tail.Z1!.Value.ShouldBe(-0.25, 1e-12);
        tail.Z2.Value.ShouldBe(-30.25, 1e-12);
        tail.Z2.Low.ShouldBeLessThan(tail.Z2.Value);
        tail.Z2.High.ShouldBeLessThanOrEqualTo(1);
        // Both agree with the statistics of one record.
        var record = ShortfallTests.AcerbiSzekely(losses, [5, 5, 5, 5], [8, 8, 8, 8], 0.01);
        tail.Z1.Value.ShouldBe(record.Z1!.Value, 1e-12);
        tail.Z2.Value.ShouldBe(record.Z2, 1e-12);
    }

    [Fact]
    public void Of_TailWithoutABreach_HasNoZ1()
    {
        var tail = BacktestAnalysis.Of(["a"], [.. Enumerable.Range(0, 5).Select(d => Day(d, Book("a", 1, new BacktestMargin(9, 7, Var: 5, Es: 8))))]).Samples[0].Models[0].Tail!;
        tail.Z1.ShouldBeNull();
        tail.Z2.ShouldBe(new Interval(1, 1, 1));
        tail.Var.Accepts.ShouldBeFalse();
    }

    [Fact]
    public void Of_BooksInAllZones_CountsEachByItself()
    {
        // 0, 5 and 12 breaches in 250 days: green, yellow, red (Basel, 1996).
        BacktestWindow[] windows = [.. Enumerable.Range(0, 250).Select(d => Day(d, [.. new[] { 0, 5, 12 }.Select((n, b) => Book($"b{b}", d % 20 == 0 && d / 20 < n ? 11 : 1, new BacktestMargin(20, 10)))]))];
        BacktestAnalysis.Of(["a"], windows).Samples[0].Models[0].Zones.ShouldBe(new ZoneCounts(1, 1, 1));
    }

    [Fact]
    public void Of_ModelThatRefusesEverything_IsLeftOut()
    {
        BacktestWindow[] windows =
        [
            .. Enumerable.Range(0, 4).Select(d => Day(
                d,
                Book("put", BookClass.ShortPut, 100, d, Asks(10), null, d == 1 ? null : Asks(10)),
                Book("spread", BookClass.Spread, 100, d, Asks(10), null, null))),
        ];
        var report = BacktestAnalysis.Of(["a", "none", "puts"], windows);

        report.Models.ShouldBe(["a", "none", "puts"]);
        report.Samples.Select(s => s.Name).ShouldBe(["all", "hedged", "short-put", "spread"]);
        report.Samples[0].Models.Select(m => (m.Model, m.Refused)).ShouldBe([("a", 0), ("puts", 5)]);
        report.Samples.Single(s => s.Name == "spread").Models.Select(m => m.Model).ShouldBe(["a"]);
        report.Path.ShouldAllBe(p => p.Initial[1] == null && p.Initial[0] == 0.1);
    }

    [Fact]
    public void Of_ModelsWhoseFirstRefusesEverything_ComparesWithNobody()
    {
        var report = BacktestAnalysis.Of(["none", "a"], [.. Enumerable.Range(0, 40).Select(d => Day(d, Book("a", d, null, Asks(10))))]);
        report.Samples[0].Models.ShouldHaveSingleItem().Equal!.AgainstFirst.ShouldBeNull();
        report.Tools.ShouldBeEmpty();
    }

    [Fact]
    public void Of_OneWindow_HasNoNumberThatIsNone()
    {
        var report = BacktestAnalysis.Of(["a"], [Day(0, Book("a", 6, new BacktestMargin(10, 8, 5, 7, 6)), Book("aggregate-BTC", BookClass.Aggregate, 100, 6, new BacktestMargin(10, 8, 5, 7, 6)))]);
        var tail = report.Samples[0].Models[0].Tail!;
        tail.KupiecAccepted.ShouldBeNull();
        tail.ChristoffersenAccepted.ShouldBeNull();
        // Refuses NaN and infinities.
        System.Text.Json.JsonSerializer.Serialize(report).ShouldNotBeEmpty();
    }

    [Fact]
    public void Of_ModelThatAsksNothing_HasNoEqualCoverage()
    {
        BacktestWindow[] windows = [.. Enumerable.Range(0, 10).Select(d => Day(d, Book("a", d - 4, new BacktestMargin(0, 0))))];
        var model = BacktestAnalysis.Of(["a"], windows).Samples[0].Models[0];
        model.Equal.ShouldBeNull();
        model.Unused.ShouldBeNull();
        model.Initial.Breaches.ShouldBe(5);
    }

    [Fact]
    public void Of_WindowsOfSeveralTimesOfDay_GivesAnAggregateRecordForEach()
    {
        BacktestWindow[] windows = [.. Enumerable.Range(0, 30).Select(i => Window(8 * i, (8 * i) + 24, Book("aggregate-BTC", BookClass.Aggregate, 100, i, new BacktestMargin(40, 30, 20, 25))))];
        var report = BacktestAnalysis.Of(["a"], windows);
        report.Overlap.ShouldBe(3);
        report.Aggregates.Select(a => (a.Book, a.Offset, a.Result.Kupiec.Observations)).ShouldBe([("aggregate-BTC", 0, 10), ("aggregate-BTC", 1, 10), ("aggregate-BTC", 2, 10)]);
        // Losses of 21 to 29 are above VaR; the first record has windows 0, 3, ... 27.
        report.Aggregates.Select(a => a.Result.Kupiec.Exceptions).ShouldBe([3, 3, 3]);
    }

    [Fact]
    public void Of_WindowsOutOfOrder_AreSorted()
    {
        var windows = Drawn(50, m => [Asks(m)]);
        Text(BacktestAnalysis.Of(["a"], [.. windows.Reverse()])).ShouldBe(Text(BacktestAnalysis.Of(["a"], windows)));

        static string Text(BacktestReport report) => System.Text.Json.JsonSerializer.Serialize(report);
    }

    [Fact]
    public void Of_NoWindow_IsRefused()
    {
        Should.Throw<InvalidInputException>(() => BacktestAnalysis.Of(["a"], [])).Code.ShouldBe("backtest-windows");
    }

    [Fact]
    public void OfSorted_ShareOfHundreds_HasExactlyOnePercentAbove()
    {
        for (var n = 100; n <= 200_000; n += 100)
        {
            var sorted = new Counting(n);
            OrderStatistics.OfSorted(sorted, 1 - 0.01).ShouldBe((99 * n / 100) - 1);
        }

        OrderStatistics.Of([], 0.5).ShouldBe(double.NaN);
        OrderStatistics.Of([3, 1, 2], 0).ShouldBe(1);
        OrderStatistics.Of([3, 1, 2], 1).ShouldBe(3);
        new EmpiricalLosses([5, 1, 4, 2]).Tail(0.5).Es.ShouldBe(4.5);
        new EmpiricalLosses([5, 1]).Tail(0.99).Es.ShouldBe(5);
    }

    /// <summary>0 to n - 1 without the memory.</summary>
    private sealed class Counting(int n) : IReadOnlyList<double>
    {
        public int Count => n;

        public double this[int index] => index;

        public IEnumerator<double> GetEnumerator() => Enumerable.Range(0, n).Select(i => (double)i).GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}

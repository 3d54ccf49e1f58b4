using Pms.Validation.Analysis;
using Pms.Validation.Books;
using static Pms.Validation.Tests.Analysis.MadeUpRecord;

namespace Pms.Validation.Tests.Analysis;

public sealed class BacktestSampleTests
{
    [Fact]
    public void Overlap_Windows_IsTheMostAtOneTime()
    {
        BacktestSample.Overlap([Window(0, 24)]).ShouldBe(1);
        // One that begins as another ends does not overlap it.
        BacktestSample.Overlap([Window(0, 24), Window(24, 48), Window(48, 72)]).ShouldBe(1);
        BacktestSample.Overlap([Window(0, 24), Window(23, 47), Window(47, 71)]).ShouldBe(2);
        BacktestSample.Overlap([Window(0, 24), Window(8, 32), Window(16, 40), Window(24, 48)]).ShouldBe(3);
        // A gap, then three at a time.
        BacktestSample.Overlap([Window(0, 24), Window(100, 124), Window(101, 125), Window(102, 126), Window(200, 224)]).ShouldBe(3);
    }

    [Fact]
    public void NotOverlapping_Windows_TakesEachThatBeginsWhenTheOneBeforeHasEnded()
    {
        WalkForward(0, [0, 8, 16, 24, 32, 40, 48]).ShouldBe([0, 24, 48]);
        WalkForward(1, [0, 8, 16, 24, 32, 40, 48]).ShouldBe([8, 32]);
        // Twenty minutes early is taken for the same time of day, forty are not.
        WalkForward(0, [0, 23 + (40 / 60.0), 47.5]).ShouldBe([0, 23 + (40 / 60.0), 47.5]);
        WalkForward(0, [0, 23 + (20 / 60.0), 47.5]).ShouldBe([0, 47.5]);
        WalkForward(5, [0, 8]).ShouldBeEmpty();

        static double[] WalkForward(int start, double[] hours) => [.. BacktestSample.NotOverlapping(hours.Select(h => (Hour: h, Window: Window(h, h + 24))), r => r.Window, start).Select(r => r.Hour)];
    }

    [Fact]
    public void Of_Windows_GivesAllHedgedClassesAndAggregatesInOrderOfTime()
    {
        Pms.Validation.WalkForward.BacktestObservation Of(string id, BookClass bookClass) => Book(id, bookClass, 100, 1, Asks(2));
        var samples = BacktestSample.Of(
        [
            Day(1, Of("p", BookClass.ShortPut), Of("s", BookClass.Spread), Of("aggregate-ETH", BookClass.Aggregate), Of("aggregate-BTC", BookClass.Aggregate)),
            Day(0, Of("p", BookClass.ShortPut), Of("m", BookClass.MarketMaker)),
        ]);

        samples.Select(s => s.Name).ShouldBe(["all", "hedged", "short-put", "spread", "market-maker", "aggregate-BTC", "aggregate-ETH"]);
        samples[0].Rows.Select(r => r.Observation.Book).ShouldBe(["p", "m", "p", "s"]);
        samples[1].Rows.Select(r => r.Observation.Book).ShouldBe(["m", "s"]);
        BacktestSample.Of([]).ShouldBeEmpty();
    }
}

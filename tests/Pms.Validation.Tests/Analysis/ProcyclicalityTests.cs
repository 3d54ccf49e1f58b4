using Pms.Validation.Analysis;
using Pms.Validation.WalkForward;
using static Pms.Validation.Tests.Analysis.MadeUpRecord;

namespace Pms.Validation.Tests.Analysis;

public sealed class ProcyclicalityTests
{
    [Fact]
    public void Of_Series_HasRisesAndPeakOverTroughOfAHandComputation()
    {
        // 9 on day 3 to 18 on day 6 is the largest rise within 5 days, and the largest ratio within 30: day 40 is too far from all.
        var result = Series((0, 10), (24, 12), (72, 9), (144, 18), (960, 1));
        result.PeakToTrough.ShouldBe(2, 1e-15);
        result.Rise1Day.ShouldBe(0.2, 1e-12);
        result.Rise5Days.ShouldBe(1, 1e-15);
    }

    [Fact]
    public void Of_Series_TakesBoardsThatAreSomeMinutesLate()
    {
        Series((0, 10), (25, 15)).Rise1Day.ShouldBe(0.5, 1e-12);
        Series((0, 10), (25.1, 15)).ShouldBe(new Procyclicality(1.5, 0, 0.5));
        Series((0, 10), (121, 15)).Rise5Days.ShouldBe(0.5, 1e-12);
        Series((0, 10), (121.1, 15)).ShouldBe(new Procyclicality(1.5, 0, 0));
        Series((0, 10), (720, 4)).PeakToTrough.ShouldBe(2.5, 1e-15);
        Series((0, 10), (720.1, 4)).PeakToTrough.ShouldBe(1);
    }

    [Fact]
    public void Of_FallingOrEmptySeries_HasNoRise()
    {
        Series((0, 10), (24, 5)).ShouldBe(new Procyclicality(2, 0, 0));
        Series().ShouldBe(new Procyclicality(1, 0, 0));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Of_Tools_ChangeMarginsAsComputedByHand(bool changingNotional)
    {
        // Maintenance 10, 20, 5, 16 with a core of 8 every day: the buffer is at most 2. A loss of 11 each day.
        double[] margins = [10, 20, 5, 16];
        BacktestWindow[] windows = [.. margins.Select((m, d) =>
        {
            // A rule's book of twice the notional has twice of everything.
            var size = changingNotional && d % 2 == 1 ? 2 : 1;
            return Day(d, Book("a", Pms.Validation.Books.BookClass.ShortPut, 100 * size, 11 * size, new BacktestMargin(30 * size, m * size, Core: 8 * size)));
        })];
        var tools = ProcyclicalityTools.Of(BacktestSample.Of(windows)[0], 0);

        tools.Select(t => t.Tool).ShouldBe(["none", "buffer 25 %", "daily step cap 25 %", "buffer 25 %, daily step cap 25 %"]);
        // 10, 20, 5, 16.
        Expect(tools[0], average: 0.1275, rise1: 2.2, peak: 4, breaches: 2);
        // 12 (nothing to release against), 20 (all released), 5 + 2, 16.
        Expect(tools[1], average: 0.1375, rise1: (16.0 / 7) - 1, peak: 20.0 / 7, breaches: 1);
        // 10, 12.5, 5, 6.25.
        Expect(tools[2], average: 0.084375, rise1: 0.25, peak: 2.5, breaches: 3);
        // 12, 15, 7, 8.75.
        Expect(tools[3], average: 0.106875, rise1: 0.25, peak: 15.0 / 7, breaches: 2);

        static void Expect(ToolReport tool, double average, double rise1, double peak, int breaches)
        {
            tool.Average.ShouldBe(average, 1e-12, tool.Tool);
            tool.Procyclicality.Rise1Day.ShouldBe(rise1, 1e-12, tool.Tool);
            tool.Procyclicality.PeakToTrough.ShouldBe(peak, 1e-12, tool.Tool);
            tool.Maintenance.Breaches.ShouldBe(breaches, tool.Tool);
        }
    }

    [Fact]
    public void Of_ToolsAcrossAGap_StartAnew()
    {
        // Two days between the boards: there is no day before, so the step is not capped and the buffer is whole.
        var tools = ProcyclicalityTools.Of(BacktestSample.Of([Day(0, Capped(10)), Day(2, Capped(20))])[0], 0);
        tools[2].Average.ShouldBe(0.15, 1e-12);
        tools[1].Average.ShouldBe((12 + 22) / 200.0, 1e-12);

        static BacktestObservation Capped(double margin) => Book("a", 1, new BacktestMargin(30, margin, Core: 8));
    }

    [Fact]
    public void Of_ToolsOfAModelWithoutCore_AreNone()
    {
        ProcyclicalityTools.Of(BacktestSample.Of([Day(0, Book("a", 1, Asks(10)))])[0], 0).ShouldBeEmpty();
    }

    private static Procyclicality Series(params (double Hours, double Value)[] series) => MarginSeries.Of([.. series.Select(s => (Start.AddHours(s.Hours), s.Value))]);
}

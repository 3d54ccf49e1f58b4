using Pms.Margin.Arrays;
using Pms.Margin.Measures;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.Numerics;
using Pms.Testing;

namespace Pms.Margin.Tests.Requirement;

public sealed class LossSlopesTests
{
    private const ulong Seed = 1_414;

    [Fact]
    public void Take_RandomBooksOneAfterAnother_AsTailMeasure()
    {
        var engine = MarginBench.Engine;
        var slopes = new LossSlopes(engine);
        for (var c = 0; c < FuzzBudget.Cases(60); c++)
        {
            Compare(slopes, engine.Holdings(MarginBench.Random(new RandomStream(Seed).Derive((ulong)c))).AsSpan(), $"seed {Seed}, case {c}");
        }
    }

    [Fact]
    public void Take_BookWithoutHoldings_LosesNothing()
    {
        var slopes = new LossSlopes(MarginBench.Engine);
        slopes.Take([]);
        (slopes.Es, slopes.Stress, slopes.StressSlope(0)).ShouldBe((0, GridLoss.None, 0));
    }

    [Fact]
    public void Take_SumsBeyondSixtyFourBits_AsTailMeasure()
    {
        var engine = MarginBench.Engine;
        Compare(new LossSlopes(engine), engine.Holdings(MarginBench.Account([new Position(MarginBench.Instruments[0], 100_000_000_000m)])).AsSpan(), "wide");
    }

    private static void Compare(LossSlopes slopes, ReadOnlySpan<RowLots> holdings, string what)
    {
        var engine = MarginBench.Engine;
        slopes.Take(holdings);
        var pnl = engine.Pnl(holdings);
        var tail = TailMeasure.Of(pnl.AsSpan(0, engine.Design.Count), engine.Design, engine.Parameters.Measure.CoherentLevel);
        slopes.Es.ShouldBe(tail.EsExact, what);
        slopes.Stress.ShouldBe(engine.Grid(pnl), what);
        double es = 0, stress = 0;
        foreach (var (row, lots) in holdings)
        {
            var ticks = engine.Array.Rows[row].Ticks.ToArray();
            slopes.EsSlope(row).ShouldBe(-tail.Tail.Sum(t => t.Share * ticks[t.Scenario]), 1e-9 * engine.Array.Rows[row].MostTicks, what);
            es += lots * slopes.EsSlope(row);
            stress += lots * slopes.StressSlope(row);
        }

        // Both are homogeneous: what is counted is rounded up to a money unit.
        es.ShouldBe(tail.EsExact, 1e-9 * (1 + Math.Abs(tail.EsExact)), what);
        stress.ShouldBe(slopes.Stress.Counted, 2 + (1e-9 * slopes.Stress.Counted), what);
    }
}

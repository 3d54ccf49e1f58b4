using Pms.Margin.Measures;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Solvency.Shortfalls;

namespace Pms.Solvency.Tests;

public sealed class ShortfallTailTests
{
    [Fact]
    public void Of_HandComputed_IsTheMeanOfTheWorstRoundedUp()
    {
        long[] totals = [5, 0, 9, 9, 2, 0, 0, 4];
        ShortfallTail.Of(totals, 1).ShouldBe(new ShortfallTail(9, 1, 9));
        var tail = ShortfallTail.Of(totals, 4);
        tail.ShouldBe(new ShortfallTail(27, 4, 4));
        tail.Es.ShouldBe((Int128)7); // 27 / 4 = 6.75
        ShortfallTail.Of(totals, 8).Es.ShouldBe((Int128)4); // 29 / 8 = 3.625
        totals.ShouldBe([5, 0, 9, 9, 2, 0, 0, 4]);
    }

    [Fact]
    public void Of_NothingShort_IsZero() => ShortfallTail.Of(new long[10], 3).Es.ShouldBe(Int128.Zero);

    [Fact]
    public void Of_WideTotals_IsExactBeyond64Bits()
    {
        var big = (Int128)1 << 100;
        ShortfallTail.Of([big, big + 1, 3], 2).ShouldBe(new ShortfallTail(big + big + 1, 2, big));
        ShortfallTail.Of([big, big + 1, 3], 2).Es.ShouldBe(big + 1);
    }

    [Fact]
    public void Of_EqualWeights_IsTailMeasure()
    {
        var draw = new RandomStream(8);
        for (var c = 0UL; c < 50; c++)
        {
            long[] totals = [.. Enumerable.Range(0, 1_000).Select(s => Math.Max(0, (long)(1e12 * (draw.Uniform((c * 1_000) + (ulong)s) - 0.9))))];
            foreach (var m in (int[])[1, 10, 25, 999])
            {
                var level = new TailLevel(TailLevel.Whole - (m * (TailLevel.Whole / 1_000)));
                ShortfallTail.Of(totals, m).Es.ShouldBe((Int128)TailMeasure.Of([.. totals.Select(t => -t)], [], level).Es);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(4)]
    public void Of_CountOutOfRange_Refuses(int m) => Should.Throw<InvalidInputException>(() => ShortfallTail.Of([1L, 2, 3], m)).Code.ShouldBe("shortfall-tail");

    [Fact]
    public void Of_NegativeTotal_Refuses() => Should.Throw<InvalidInputException>(() => ShortfallTail.Of([1L, -2, 3], 1)).Code.ShouldBe("shortfall-tail");
}

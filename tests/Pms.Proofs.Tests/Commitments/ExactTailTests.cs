using Pms.Margin.Measures;
using Pms.Primitives;
using Pms.Proofs.Commitments;
using Pms.Testing;

namespace Pms.Proofs.Tests.Commitments;

public sealed class ExactTailTests
{
    /// <summary>Equal weights: the engine's measure is the same integer, wherever it is not below 0.</summary>
    [Fact]
    public void Of_RandomLosses_IsTheEnginesExpectedShortfall()
    {
        var random = new Random(11);
        for (var i = 0; i < FuzzBudget.Cases(3000); i++)
        {
            var spread = 1L << random.Next(1, 50);
            var losses = Enumerable.Range(0, 200).Select(_ => random.NextInt64(-spread, spread) - (i % 3 == 0 ? spread : 0)).ToArray();
            var tail = ExactTail.Of(losses, 2, 56);
            var engine = TailMeasure.Of([.. losses.Select(l => -l)], [], TailLevel.P99).Es;
            tail.Mean.ShouldBe((UInt128)Math.Max(engine, 0));
            tail.Flags.Count(f => f).ShouldBe(2);
        }
    }

    [Fact]
    public void Of_Ties_CountsExactlySoMany()
    {
        var tail = ExactTail.Of([5L, 5, 5, 5, 1], 2, 56);
        tail.Flags.ShouldBe([true, true, false, false, false]);
        tail.Mean.ShouldBe((UInt128)5);
    }

    [Theory]
    [InlineData(7, 2, 5)] // 4.5
    [InlineData(-7, 2, 0)] // -2.5
    [InlineData(-2, 2, 0)]
    [InlineData(-1, 2, 1)] // 0.5
    public void Of_MeanBetweenTicks_RoundsUp(long worst, long next, int mean) => ExactTail.Of([worst, next, -100], 2, 56).Mean.ShouldBe((UInt128)mean);

    [Fact]
    public void Of_LossesFarApart_Refuses()
    {
        ExactTail.Of([(1L << 56) - 1, 0], 2, 56).Mean.ShouldBe((UInt128)1 << 55);
        Should.Throw<InvalidInputException>(() => ExactTail.Of([1L << 56, 0], 2, 56)).Code.ShouldBe("proof-range");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void Of_CountOutOfRange_Refuses(int count) => Should.Throw<InvalidInputException>(() => ExactTail.Of([1L, 2, 3], count, 56)).Code.ShouldBe("proof-scenarios");
}

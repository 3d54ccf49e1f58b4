using System.Text.Json;
using Pms.Margin.Measures;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Testing;

namespace Pms.Margin.Tests.Measures;

public sealed class EmpiricalLossesTests
{
    [Fact]
    public void Tail_GoldenLists_MatchVarAndEs()
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(RepositoryPaths.RequireShared("golden", "risk.json")));
        foreach (var c in golden.RootElement.GetProperty("var_es").GetProperty("empirical").EnumerateArray())
        {
            var losses = new EmpiricalLosses(c.GetProperty("losses").EnumerateArray().Select(l => l.GetDouble()).ToArray());
            foreach (var e in c.GetProperty("expected").EnumerateArray())
            {
                var tail = losses.Tail(e.GetProperty("alpha").GetDouble());
                tail.Var.ShouldBe(e.GetProperty("VaR").GetDouble(), 1e-12);
                tail.Es.ShouldBe(e.GetProperty("ES").GetDouble(), 1e-12);
            }
        }
    }

    [Fact]
    public void Tail_TwoLevelsByHand_GiveErrorOfTheFormula()
    {
        // Worst three 9, 7, 5: ES 7, variance 8/3, VaR 3; sqrt((8/3 + 0.7 x 16) / 3).
        var tail = new EmpiricalLosses([1, -2, 3, -4, 5, -6, 7, -8, 9, -10]).Tail(0.7);
        tail.StandardError.ShouldBe(Math.Sqrt(((8.0 / 3) + (0.7 * 16)) / 3), 1e-14);
    }

    [Fact]
    public void Tail_WeightsOfATenth_MeetTheLevelExactly()
    {
        // 0.1 + 0.1 + 0.1 is above 0.3 in doubles: the order statistic must not notice.
        double[] losses = [1, -2, 3, -4, 5, -6, 7, -8, 9, -10];
        var equal = new EmpiricalLosses(losses);
        var weighted = new EmpiricalLosses(losses, Enumerable.Repeat(0.1, 10).ToArray());
        foreach (var alpha in new[] { 0.1, 0.2, 0.3, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95 })
        {
            weighted.Tail(alpha).Var.ShouldBe(equal.Tail(alpha).Var);
            weighted.Tail(alpha).Es.ShouldBe(equal.Tail(alpha).Es, 1e-13);
            weighted.Tail(alpha).StandardError.ShouldBe(equal.Tail(alpha).StandardError, 1e-13);
        }
    }

    [Fact]
    public void Tail_WholeNumbers_EqualsTheIntegerMeasure()
    {
        var random = new RandomStream(7);
        for (var c = 0; c < FuzzBudget.Cases(1_000); c++)
        {
            var stream = random.Derive((ulong)c);
            var n = 1 + (int)(stream.Uniform(0) * 200);
            var pnl = Enumerable.Range(0, n).Select(i => (long)((stream.Uniform((ulong)(i + 9)) - 0.5) * (c % 3 == 0 ? 6 : 1e9))).ToArray();
            var weights = Enumerable.Range(0, n).Select(i => 1 + (int)(stream.Uniform((ulong)(i + 900)) * 5000)).ToArray();
            var alpha = Math.Round(0.01 + (0.98 * stream.Uniform(1)), 3);
            var exact = TailMeasure.Of(pnl, weights, TailLevel.Of(alpha));

            var tail = new EmpiricalLosses(pnl.Select(p => -(double)p).ToArray(), weights.Select(w => w * 1e-5).ToArray()).Tail(alpha);

            tail.Var.ShouldBe(exact.Var, $"case {c}");
            tail.Es.ShouldBe(exact.EsExact, 1e-9 * (1 + Math.Abs(exact.EsExact)), $"case {c}");
            tail.StandardError.ShouldBe(exact.StandardError, 1e-9 * (1 + exact.StandardError), $"case {c}");
        }
    }

    [Theory]
    [InlineData(new double[0], null, "losses")]
    [InlineData(new[] { 1.0, double.NaN }, null, "losses")]
    [InlineData(new[] { 1.0, double.NegativeInfinity }, null, "losses")]
    [InlineData(new[] { 1.0, 2.0 }, new[] { 1.0 }, "weights")]
    [InlineData(new[] { 1.0, 2.0 }, new[] { 1.0, -1.0 }, "weights")]
    [InlineData(new[] { 1.0, 2.0 }, new[] { 0.0, 0.0 }, "weights")]
    [InlineData(new[] { 1.0, 2.0 }, new[] { 1.0, double.PositiveInfinity }, "weights")]
    public void Create_BadInput_IsRefused(double[] losses, double[]? weights, string code)
    {
        Should.Throw<InvalidInputException>(() => new EmpiricalLosses(losses, weights)).Code.ShouldBe(code);
    }

    [Theory]
    [InlineData(1e-300)]
    [InlineData(1e300)]
    [InlineData(5e-324)]
    public void Tail_WeightsOfAnyMagnitude_OnlyTheirRatioMatters(double unit)
    {
        var tail = new EmpiricalLosses([1, 2, 3, 4], [unit, unit, unit, unit]).Tail(0.75);
        tail.Var.ShouldBe(3);
        tail.Es.ShouldBe(4);
    }

    [Fact]
    public void Tail_HugeLosses_RefusesRatherThanOverflows()
    {
        Should.Throw<InvalidInputException>(() => new EmpiricalLosses([1e308, 1e308, 1e308, 0]).Tail(0.25)).Code.ShouldBe("losses");
        var tail = new EmpiricalLosses([1e200, 0, 0, 0]).Tail(0.5);
        tail.StandardError.ShouldBeGreaterThan(0);
        double.IsFinite(tail.StandardError).ShouldBeTrue();
    }
}

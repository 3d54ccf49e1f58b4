using Pms.Margin.Arrays;
using Pms.Margin.Explain;
using Pms.Margin.Market;
using Pms.Margin.Measures;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Testing;

namespace Pms.Margin.Tests.Explain;

public sealed class EulerSplitTests(ITestOutputHelper output)
{
    private static readonly Asset[] Coins = [new("AAA"), new("BBB"), new("CCC")];

    /// <summary>Random weights, levels and books: integers add up, and a share per lot is the slope of ES in the lots wherever the tail does not change.</summary>
    [Fact]
    public void Of_RandomBooks_AddsUpAndIsTheSlopeOfEs()
    {
        var stream = new RandomStream(404);
        ulong drawn = 0;
        var slopes = 0;
        for (var book = 0; book < FuzzBudget.Cases(300); book++)
        {
            var count = 40 + (int)(stream.Uniform(drawn++) * 400);
            var array = Array(count, (_, _) => (stream.Uniform(drawn++) - 0.5) * 0.6);
            var weights = new int[count];
            for (var s = 0; s < count; s++)
            {
                weights[s] = 1 + (int)(stream.Uniform(drawn++) * 1000);
            }

            var design = SampleDesign.Weighted(weights);
            var level = new TailLevel((int)((0.8 + (0.19 * stream.Uniform(drawn++))) * TailLevel.Whole));
            var lots = Coins.Select(_ => (long)((stream.Uniform(drawn++) - 0.5) * 2e9)).ToArray();
            var (tail, shares) = Split(array, design, level, lots);
            shares.Sum(s => s.Es).ShouldBe(tail.Es);
            for (var i = 0; i < lots.Length; i++)
            {
                // A tail of one's own is never milder; whole units apart.
                shares[i].Standalone.ShouldBeGreaterThanOrEqualTo(shares[i].Es - 1);
                // ES is convex: what the holding adds at the margin is no more than its share.
                shares[i].Marginal.ShouldBeLessThanOrEqualTo(shares[i].Es + 2);
                var up = Split(array, design, level, lots, i, +1_000).Tail;
                var down = Split(array, design, level, lots, i, -1_000).Tail;
                if (up.Tail.Select(t => t.Scenario).SequenceEqual(down.Tail.Select(t => t.Scenario)))
                {
                    slopes++;
                    var slope = (up.EsExact - down.EsExact) / 2_000;
                    (slope * lots[i]).ShouldBe(shares[i].Es, 1 + (1e-6 * Math.Abs(shares[i].Es)));
                }
            }
        }

        slopes.ShouldBeGreaterThan(100);
    }

    /// <summary>For a normal book ES_i = x_i (Sigma x)_i k / sigma_p with k = phi(z) / (1 - a); the errors reported cover the true value as often as they say.</summary>
    [Fact]
    public void Of_NormalBook_MatchesTheEllipticalFormulaWithinItsErrors()
    {
        const int seeds = 100;
        double[,] factor = { { 0.02, 0, 0 }, { 0.02 * 0.6, 0.02 * 0.8, 0 }, { -0.01, 0.005, 0.03 } };
        long[] lots = [3_000_000, -2_000_000, 1_500_000];
        // Simple returns are normal, so that a gain is lots times the money value of a lot times a normal number.
        var x = lots.Select(l => (double)l).ToArray();
        var sigmaX = new double[3];
        for (var i = 0; i < 3; i++)
        {
            for (var j = 0; j < 3; j++)
            {
                for (var f = 0; f < 3; f++)
                {
                    sigmaX[i] += factor[i, f] * factor[j, f] * x[j];
                }
            }
        }

        var sigma = Math.Sqrt(x.Zip(sigmaX, (a, b) => a * b).Sum());
        const double k = 2.665214220345806;
        var inside = 0;
        var errors = new List<double>[] { [], [], [] };
        var reported = new double[3];
        for (var seed = 0; seed < seeds; seed++)
        {
            var stream = new RandomStream(1000 + (ulong)seed);
            ulong drawn = 0;
            var array = Array(10_000, (moves, _) =>
            {
                double[] z = [NormalDistribution.InverseCdf(stream.Uniform(drawn++)), NormalDistribution.InverseCdf(stream.Uniform(drawn++)), NormalDistribution.InverseCdf(stream.Uniform(drawn++))];
                for (var i = 0; i < 3; i++)
                {
                    moves[i] = Math.Log(1 + Enumerable.Range(0, 3).Sum(f => factor[i, f] * z[f]));
                }

                return 0;
            });
            var (tail, shares) = Split(array, SampleDesign.Equal(10_000), TailLevel.P99, lots);
            var scale = array.Rows[0].UnitValueTicks;
            for (var i = 0; i < 3; i++)
            {
                var expected = scale * x[i] * sigmaX[i] * k / sigma;
                errors[i].Add(shares[i].Es - expected);
                reported[i] += shares[i].StandardError / seeds;
                inside += Math.Abs(shares[i].Es - expected) < 1.96 * shares[i].StandardError ? 1 : 0;
            }
        }

        for (var i = 0; i < 3; i++)
        {
            var mean = errors[i].Average();
            var spread = Math.Sqrt(errors[i].Sum(e => (e - mean) * (e - mean)) / (seeds - 1));
            output.WriteLine($"holding {i}: spread of the share over {seeds} seeds {spread:G4}, reported {reported[i]:G4}, bias {mean:G3}");
            (reported[i] / spread).ShouldBeInRange(0.8, 1.3);
        }

        output.WriteLine($"{inside} of {3 * seeds} shares within 1.96 reported errors");
        (inside / (3.0 * seeds)).ShouldBeGreaterThan(0.9);
    }

    [Fact]
    public void Of_OneHolding_HasTheWholeEsAndItsStandardError()
    {
        var stream = new RandomStream(9);
        ulong drawn = 0;
        var array = Array(5_000, (_, _) => NormalDistribution.InverseCdf(stream.Uniform(drawn++)) * 0.02);
        var (tail, shares) = Split(array, SampleDesign.Equal(5_000), TailLevel.P99, [7_000_000, 0, 0]);
        shares[0].Es.ShouldBe(tail.Es);
        shares[0].Standalone.ShouldBe(tail.Es);
        shares[0].Marginal.ShouldBe(tail.Es);
        shares[1].ShouldBe(new EulerShare("BBB", 0, 0, 0, 0));
        shares[0].StandardError.ShouldBe(tail.StandardError, 0.05 * tail.StandardError);
    }

    [Fact]
    public void Of_HoldingsOfAnotherAccount_Refuses()
    {
        var array = Array(100, (_, s) => 0.001 * s);
        var pnl = new long[100];
        var design = SampleDesign.Equal(100);
        var tail = TailMeasure.Of(pnl, design, TailLevel.P975);
        Should.Throw<InvalidInputException>(() => EulerSplit.Of(tail, design, pnl, [new RowHolding(array.Rows[0], 5)])).Code.ShouldBe("euler-sum");
        Should.Throw<InvalidInputException>(() => new RowHolding(array.Rows[0], long.MinValue)).Code.ShouldBe("margin-overflow");
    }

    [Fact]
    public void Worst_ProbabilityAndStress_RankedByWhatCounts()
    {
        var factors = new RiskFactors(Coins, []);
        var likely = new ScenarioColumns(factors, 3);
        likely.SpotLogReturn(0)[1] = Math.Log(0.9);
        likely.SpotLogReturn(0)[2] = Math.Log(1.1);
        var stress = new ScenarioColumns(factors, 2);
        stress.SpotLogReturn(0)[0] = Math.Log(0.5);
        stress.SpotLogReturn(0)[1] = Math.Log(0.4);
        var set = new ScenarioSet(factors, 1 / 365.0, 1, default,
        [
            (new ScenarioBatch(ScenarioFamily.MonteCarlo, "m/1", likely, [1, 1, 2], []), 1),
            (new ScenarioBatch(ScenarioFamily.Stress, "s/1", stress, [0.5, 0.1], ["half", "more"]), 0),
        ]);
        var array = RiskArray.Build(Market, set, [], Coins);
        RowHolding[] holdings = [new(array.Rows[0], 1_000), new(array.Rows[1], 5)];
        var pnl = new long[5];
        array.AccountPnl([new RowLots(0, 1_000), new RowLots(1, 5)], pnl);
        var worst = WorstScenarios.Of(set, pnl, holdings, 4);
        worst.Select(w => w.Scenario).ShouldBe([3, 1, 4, 0]);
        worst[0].Description.ShouldBe("stress 0: half");
        worst[0].CountedLoss.ShouldBe((long)Math.Ceiling(-pnl[3] * 0.5));
        (worst[0].Weight, worst[1].Weight).ShouldBe((0.5, 0.25));
        worst.ShouldAllBe(w => w.Contributions.Sum(c => c.Pnl) == w.Pnl);
        worst[0].Contributions[0].Name.ShouldBe("AAA");
        worst[0].Moves.Select(m => m.Coin.Code).ShouldBe(["AAA", "BBB"]);
        worst[0].Moves[0].Spot.ShouldBe(-0.5, 1e-12);
        WorstScenarios.Of(set, pnl, holdings, 99).Length.ShouldBe(5);
    }

    private static MarginMarket Market { get; } = new(DateTimeOffset.UnixEpoch, default, [], Coins.ToDictionary(c => c, _ => 1.0));

    private static RiskArray Array(int count, Func<double[], int, double> draw)
    {
        var factors = new RiskFactors(Coins, []);
        var columns = new ScenarioColumns(factors, count);
        var moves = new double[3];
        for (var s = 0; s < count; s++)
        {
            var common = draw(moves, s);
            for (var i = 0; i < 3; i++)
            {
                columns.SpotLogReturn(i)[s] = common == 0 ? moves[i] : i == 0 ? common : draw(moves, s);
            }
        }

        var weights = new double[count];
        System.Array.Fill(weights, 1.0);
        var set = new ScenarioSet(factors, 1 / 365.0, 1, default, [(new ScenarioBatch(ScenarioFamily.MonteCarlo, "test/1", columns, weights, []), 1)]);
        return RiskArray.Build(Market, set, [], Coins);
    }

    private static (TailEstimate Tail, System.Collections.Immutable.ImmutableArray<EulerShare> Shares) Split(
        RiskArray array, SampleDesign design, TailLevel level, long[] lots, int changed = -1, long by = 0)
    {
        var held = lots.Select((l, i) => i == changed ? l + by : l).ToArray();
        var pnl = new long[array.ScenarioCount];
        array.AccountPnl([.. held.Select((l, i) => new RowLots(i, l))], pnl);
        var tail = TailMeasure.Of(pnl, design, level);
        return (tail, EulerSplit.Of(tail, design, pnl, [.. held.Select((l, i) => new RowHolding(array.Rows[i], l))]));
    }
}

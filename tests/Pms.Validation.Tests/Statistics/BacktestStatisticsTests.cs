using System.Collections.Immutable;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Validation.Statistics;

namespace Pms.Validation.Tests.Statistics;

public sealed class BacktestStatisticsTests
{
    private const double Var99 = 2.3263478740408408;
    private const double Es99 = 2.665214220345806;

    /// <summary>Worked by hand: losses 3 and 1 at VaR 2, ES 2.5, p 0.25 in four observations.</summary>
    [Fact]
    public void AcerbiSzekely_FourObservations_IsByHand()
    {
        double[] losses = [0, 3, 1, -1], var = [2, 2, 2, 2], es = [2.5, 2.5, 2.5, 2.5];
        var own = ShortfallTests.AcerbiSzekely(losses, var, es, 0.25);
        own.Z1!.Value.ShouldBe(1 - (3 / 2.5), 1e-15);
        own.Z2.ShouldBe(1 - (3 / 2.5 / (4 * 0.25)), 1e-15);
        (own.Breaches, own.LossOverEs).ShouldBe((1, 1));
        ShortfallTests.AcerbiSzekely([0.0], [2.0], [2.5], 0.25).Z1.ShouldBeNull();
    }

    /// <summary>-1/(0.25 x -2.5) x 1 + 2/2.5 + ln 2.5 - 1 for a loss of 3; the second term alone for a calm one.</summary>
    [Fact]
    public void FisslerZiegel_OneObservation_IsByHand()
    {
        ScoreTests.FisslerZiegel(3, 2, 2.5, 0.25).ShouldBe((1 / (0.25 * 2.5)) + (2 / 2.5) + Math.Log(2.5) - 1, 1e-14);
        ScoreTests.FisslerZiegel(1, 2, 2.5, 0.25).ShouldBe((2 / 2.5) + Math.Log(2.5) - 1, 1e-14);
    }

    [Fact]
    public void FisslerZiegel_NormalLosses_TrueForecastScoresBest()
    {
        var losses = Normal(20_000, 3);
        double Mean(double v, double e) => losses.Average(l => ScoreTests.FisslerZiegel(l, v, e, 0.01));
        var best = Mean(Var99, Es99);
        foreach (var (v, e) in new[] { (0.9, 0.9), (1.1, 1.1), (1.0, 1.2), (0.85, 1.0) })
        {
            Mean(Var99 * v, Es99 * e).ShouldBeGreaterThan(best, $"{v} {e}");
        }
    }

    /// <summary>Sums by hand: e is 0, 4, 0, 0; with a bet of a tenth, wealth 0.9, 0.9 x 1.3, ...</summary>
    [Fact]
    public void EBacktest_FixedBet_IsByHand()
    {
        double[] losses = [0, 2.5, 1, -1], var = [2, 2, 2, 2], es = [2.5, 2.5, 2.5, 2.5];
        EBacktest.EValue(2.5, 2, 2.5, 0.25).ShouldBe(4, 1e-15);
        var own = EBacktest.Of(losses, var, es, 0.25, 0.1, 0.05);
        own.Wealth.ShouldBe([0.9, 0.9 * 1.3, 0.9 * 1.3 * 0.9, 0.9 * 1.3 * 0.81], 1e-13);
        own.Largest.ShouldBe(1.17, 1e-13);
        own.PValue.ShouldBe(1 / 1.17, 1e-13);
        own.AlarmAt.ShouldBeNull();
    }

    [Fact]
    public void EBacktest_RightForecast_AlarmsSeldomAndHalvedOneSoon()
    {
        var (right, wrong) = (0, 0);
        for (ulong seed = 0; seed < 200; seed++)
        {
            var losses = Normal(1_000, seed);
            right += EBacktest.Of(losses, Fill(1_000, Var99), Fill(1_000, Es99), 0.01, null, 0.05).AlarmAt is null ? 0 : 1;
            wrong += EBacktest.Of(losses, Fill(1_000, Var99 * 0.6), Fill(1_000, Es99 * 0.6), 0.01, null, 0.05).AlarmAt is null ? 0 : 1;
        }

        // At most 5 % by Ville's inequality; three standard errors of 200 draws above it.
        right.ShouldBeLessThanOrEqualTo(19);
        wrong.ShouldBeGreaterThanOrEqualTo(190);
    }

    /// <summary>Under its null the p-value of Z2 is below 5 % in about 5 % of records; where ES is too low it is nearly always.</summary>
    [Fact]
    public void AcerbiSzekely_PValues_KeepTheirLevelAndFindTooLowEs()
    {
        var (right, wrong) = (0, 0);
        for (ulong seed = 0; seed < 100; seed++)
        {
            var losses = Normal(1_000, seed);
            right += ShortfallTests.AcerbiSzekely(losses, Fill(1_000, Var99), Fill(1_000, Es99), 0.01).PZ2 < 0.05 ? 1 : 0;
            wrong += ShortfallTests.AcerbiSzekely(losses, Fill(1_000, Var99 * 0.75), Fill(1_000, Es99 * 0.75), 0.01).PZ2 < 0.05 ? 1 : 0;
        }

        right.ShouldBeLessThanOrEqualTo(12);
        wrong.ShouldBeGreaterThanOrEqualTo(95);
    }

    /// <summary>Two lists whose difference is 1, -1, 3, 1: mean 1, variance 2, error sqrt(2 / 4).</summary>
    [Fact]
    public void DieboldMariano_NoLags_IsByHand()
    {
        var own = ScoreTests.DieboldMariano([2, 0, 4, 2], [1, 1, 1, 1], 0)!;
        own.MeanDifference.ShouldBe(1, 1e-15);
        own.Statistic.ShouldBe(1 / Math.Sqrt(0.5), 1e-14);
        own.PValue.ShouldBe(0.15729920705028513, 1e-12);
        // One lag: covariances -2 x ... of neighbours (0 x -2, -2 x 2, 2 x 0) / 4 = -1, weighed by 1/2 on both sides.
        ScoreTests.DieboldMariano([2, 0, 4, 2], [1, 1, 1, 1], 1)!.Statistic.ShouldBe(1 / Math.Sqrt((2 - 1) / 4.0), 1e-14);
        ScoreTests.DieboldMariano([1, 1], [1, 1], 0).ShouldBeNull();
    }

    [Fact]
    public void Of_LossesWithForecasts_RunsEverything()
    {
        var losses = Normal(500, 11).ToImmutableArray();
        var result = BacktestStatistics.Of(new BacktestRecord { Losses = losses, Var = [Var99], Es = [Es99], OtherVar = [Var99 * 2], OtherEs = [Es99 * 2], Overlap = 5 });
        result.Kupiec.Observations.ShouldBe(500);
        result.Kupiec.Exceptions.ShouldBe(losses.Count(l => l > Var99));
        result.Christoffersen.ShouldNotBeNull();
        result.AcerbiSzekely!.Breaches.ShouldBe(result.Kupiec.Exceptions);
        result.EBacktest!.Wealth.Length.ShouldBe(500);
        result.FisslerZiegel!.Value.ShouldBeLessThan(result.OtherFisslerZiegel!.Value);
        result.DieboldMariano!.MeanDifference.ShouldBe(result.FisslerZiegel.Value - result.OtherFisslerZiegel.Value, 1e-12);
        result.DieboldMariano.Lags.ShouldBe(4);
        result.Overlapping!.Lags.ShouldBe(4);
    }

    [Fact]
    public void Of_Senseless_IsRefusedByName()
    {
        void Refused(BacktestRecord record, string code, string part)
        {
            var error = Should.Throw<InvalidInputException>(() => BacktestStatistics.Of(record));
            (error.Code, error.Message.Contains(part, StringComparison.Ordinal)).ShouldBe((code, true), error.Message);
        }

        Refused(new BacktestRecord(), "backtest-count", "neither");
        Refused(new BacktestRecord { Observations = 10 }, "backtest-count", "exceptions");
        Refused(new BacktestRecord { Losses = [1, double.NaN], Var = [1] }, "backtest-value", "losses[1]");
        Refused(new BacktestRecord { Losses = [1, 2, 3], Var = [1, 2] }, "backtest-length", "2 values of var");
        Refused(new BacktestRecord { Losses = [1, 2], Var = [2], Es = [1] }, "backtest-value", "es[0] is 1");
        Refused(new BacktestRecord { Losses = [1, 2], Var = [-2], Es = [0] }, "backtest-value", "es[0] is 0");
        Refused(new BacktestRecord { Losses = [1, 2], Var = [1], Hits = [true, true] }, "backtest-value", "hits[0]");
        Refused(new BacktestRecord { Losses = [1, 2], Hits = [true] }, "backtest-length", "1 hits");
        Refused(new BacktestRecord { Hits = [true, false], Exceptions = 2 }, "backtest-count", "exceptions says 2");
        Refused(new BacktestRecord { Hits = [true, false], Overlap = 0 }, "backtest-count", "overlap");
        Refused(new BacktestRecord { Hits = [true, false], Bet = 2 }, "backtest-value", "bet 2");
    }

    private static double[] Normal(int count, ulong seed) => [.. Enumerable.Range(0, count).Select(t => NormalDistribution.InverseCdf(Math.Max(new RandomStream(seed).Uniform((ulong)t), 1e-16)))];

    private static double[] Fill(int count, double value) => [.. Enumerable.Repeat(value, count)];
}

using Pms.Liquidation.Auctions;
using Pms.Liquidation.Costs;
using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Liquidation.Tests.Costs;

/// <summary>Costs of trading and the frontier of toxic liquidations, against second writings and limits.</summary>
public sealed class CostTests
{
    private static readonly AlmgrenChrissInputs Paper = new(Size: 1e6, Days: 5, Steps: 5, DayVol: 0.95, TemporaryImpact: 2.5e-6, PermanentImpact: 2.5e-7, HalfSpread: 0.0625, RiskAversion: 1e-6);

    /// <summary>Almgren and Chriss (2000), table of parameters: kappa about 0.6 a day.</summary>
    [Fact]
    public void Optimal_OfThePaper_HasItsKappaCostAndDeviation()
    {
        var plan = AlmgrenChriss.Optimal(Paper);
        plan.Kappa.ShouldBe(0.607, 0.001);
        plan.ExpectedCost.ShouldBe(0.91e6, 0.01e6);
        plan.StandardDeviation.ShouldBe(0.60e6, 0.01e6);
        // the discrete condition: 2 (cosh(kappa tau) - 1) / tau^2 = kappa~^2
        (2 * (Math.Cosh(plan.Kappa) - 1)).ShouldBe(plan.KappaTilde * plan.KappaTilde, 1e-12);
        for (var j = 0; j <= 5; j++)
        {
            plan.Trajectory[j].ShouldBe(1e6 * Math.Sinh(plan.Kappa * (5 - j)) / Math.Sinh(plan.Kappa * 5), 1e-6);
        }
    }

    /// <summary>No neighbouring schedule has less cost plus risk aversion times variance.</summary>
    [Fact]
    public void Optimal_AgainstShiftedSchedules_IsTheBest()
    {
        var plan = AlmgrenChriss.Optimal(Paper);
        var best = Objective([.. plan.Trajectory]);
        best.ShouldBe(plan.ExpectedCost + (1e-6 * plan.Variance), 1e-6 * best);
        for (var j = 1; j < 5; j++)
        {
            foreach (var shift in new[] { -500.0, 500 })
            {
                var other = plan.Trajectory.ToArray();
                other[j] += shift;
                Objective(other).ShouldBeGreaterThan(best);
            }
        }
    }

    [Fact]
    public void Optimal_NoRiskAversion_SellsInEqualParts()
    {
        var plan = AlmgrenChriss.Optimal(Paper with { RiskAversion = 0 });
        plan.HalfLifeDays.ShouldBeNull();
        plan.Trades.ShouldAllBe(t => Math.Abs(t - 2e5) < 1e-6);
        AlmgrenChriss.Optimal(Paper with { RiskAversion = 1e-18 }).Trades.ShouldAllBe(t => Math.Abs(t - 2e5) < 1);
        AlmgrenChriss.Optimal(Paper with { RiskAversion = 1 }).Trades[0].ShouldBe(1e6, 1e3);
        AlmgrenChriss.Optimal(Paper with { RiskAversion = 1, Days = 5_000, Steps = 5_000 }).Trajectory.ShouldAllBe(x => double.IsFinite(x));
        Should.Throw<InvalidInputException>(() => AlmgrenChriss.Optimal(Paper with { PermanentImpact = 1e-5 })).Code.ShouldBe("cost-input");
    }

    [Fact]
    public void Linear_AtTheAnswer_EquityIsTheRequirement()
    {
        for (ulong i = 0; i < 1_000; i++)
        {
            var draw = new RandomStream(5).Derive(i);
            var side = draw.Uniform(0) < 0.5 ? 1 : -1;
            var (price, size, rate, equity) = (1 + (draw.Uniform(1) * 1e5), 0.01 + draw.Uniform(2), draw.Uniform(3) * 0.1, draw.Uniform(4) * 1e5);
            var at = LiquidationPrice.Linear(price, side, equity, size, rate);
            (equity + (side * size * (at - price))).ShouldBe(rate * size * at, 1e-6);
        }
    }

    [Fact]
    public void LtvAfter_OnBothSidesOfTheFrontier_FallsAndRises()
    {
        foreach (var penalty in new[] { 1.0, 1.05 })
        {
            var frontier = LiquidationIncentive.ToxicFrontier(0.07, penalty);
            LiquidationIncentive.LtvAfter(frontier * 0.99, 0.07, 0.3, penalty).ShouldBeLessThan(frontier * 0.99);
            LiquidationIncentive.LtvAfter(frontier * 1.01, 0.07, 0.3, penalty).ShouldBeGreaterThan(frontier * 1.01);
            LiquidationIncentive.LtvAfter(frontier, 0.07, 0.3, penalty).ShouldBe(frontier, 1e-12);
            LiquidationIncentive.LargestHarmless(frontier, penalty).ShouldBe(0.07, 1e-12);
        }

        LiquidationIncentive.HealthLinked(0.1, 1).ShouldBe(0);
        LiquidationIncentive.HealthLinked(0.1, 0.75).ShouldBe(0.025, 1e-15);
        LiquidationIncentive.HealthLinked(0.1, 3).ShouldBe(0);
    }

    [Fact]
    public void Contributions_OfABook_CountWhatBidsGainLessWhatAsksGain()
    {
        BestQuotes[] book = [new(100, 10, 101, 12), new(100, 14, 101, 9), new(100.5, 6, 101, 9), new(99, 3, 100, 2), new(99, 3, 102, 4)];
        // the last two by hand: the bid falls (-6) and the ask falls (-2); the ask rises (+2)
        OrderFlowImbalance.Contributions(book).ShouldBe([7, 6, -8, 2]);
        OrderFlowImbalance.PriceChange(13, 10).ShouldBe(0.65, 1e-15);
        Should.Throw<InvalidInputException>(() => OrderFlowImbalance.Contributions([new(101, 1, 100, 1)])).Code.ShouldBe("cost-input");
    }

    private static double Objective(double[] left)
    {
        var (cost, variance) = ((2.5e-7 * 1e12 / 2) + (0.0625 * 1e6), 0.0);
        for (var j = 1; j < left.Length; j++)
        {
            cost += (2.5e-6 - 1.25e-7) * (left[j - 1] - left[j]) * (left[j - 1] - left[j]);
            variance += 0.95 * 0.95 * left[j] * left[j];
        }

        return cost + (1e-6 * variance);
    }
}

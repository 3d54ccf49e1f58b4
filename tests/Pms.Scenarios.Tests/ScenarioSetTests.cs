using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Scenarios.Tests;

public sealed class ScenarioSetTests
{
    private static readonly RiskFactors Factors = new([new Asset("BTC")], [new PeggedAsset(new Asset("USDC"), Asset.Usd)]);

    [Fact]
    public void Set_ThreeFamilies_OrderedWithExactWeights()
    {
        var set = Make(0.01);
        set.Count.ShouldBe(7);
        set.TailCount.ShouldBe(5);
        set.Weights.ToArray().ShouldBe([250_000_000, 250_000_000, 166_666_667, 166_666_667, 166_666_666]);
        set.LossShares.ToArray().ShouldBe([1, 0.5]);
        set.Describe(6).ShouldBe("stress 1: tail");
    }

    [Fact]
    public void Hash_OneMoveChanged_Differs()
    {
        Make(0.01).Hash.ShouldBe(Make(0.01).Hash);
        Make(0.01).Hash.ShouldNotBe(Make(0.010000001).Hash);
    }

    [Fact]
    public void Set_MoveNotFinite_Refuses() => Should.Throw<InvalidInputException>(() => Make(double.NaN)).Code.ShouldBe("scenario-set");

    private static ScenarioSet Make(double move)
    {
        var monteCarlo = new ScenarioColumns(Factors, 2);
        monteCarlo.SpotLogReturn(0)[1] = move;
        return new ScenarioSet(Factors, 1 / 365.0, 7, ContentHash.Of("none"u8),
        [
            (new ScenarioBatch(ScenarioFamily.Stress, "s/1", new ScenarioColumns(Factors, 2), [1, 0.5], ["plain", "tail"]), 0),
            (new ScenarioBatch(ScenarioFamily.MonteCarlo, "m/1", monteCarlo, [1, 1], []), 0.5),
            (new ScenarioBatch(ScenarioFamily.Historical, "h/1", new ScenarioColumns(Factors, 3), [1, 1, 1], []), 0.5),
        ]);
    }
}

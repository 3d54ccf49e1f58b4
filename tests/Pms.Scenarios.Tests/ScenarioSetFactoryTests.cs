using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Scenarios.Tests;

public sealed class ScenarioSetFactoryTests
{
    private static readonly RiskFactors Factors = new([new Asset("BTC"), new Asset("ETH")], [new PeggedAsset(new Asset("USDC"), Asset.Usd)]);

    [Fact]
    public void Make_SameInputs_SameHashWhateverTheThreads()
    {
        var p = ScenarioParameters.Default with { MonteCarloCount = 500 };
        var one = ScenarioSetFactory.Make(Factors, p, [], null, 7);
        one.Hash.ShouldBe(ScenarioSetFactory.Make(Factors, p, [], null, 7, maxThreads: 2).Hash);
        one.Hash.ShouldNotBe(ScenarioSetFactory.Make(Factors, p, [], null, 8).Hash);
        one.TailCount.ShouldBe(500);
        one.Weights.ToArray().Sum().ShouldBe(ScenarioSet.TotalWeight);
        one.Count.ShouldBeGreaterThan(700);
    }

    [Fact]
    public void Make_BadParameter_Refuses()
    {
        foreach (var bad in (ScenarioParameters[])[
            ScenarioParameters.Default with { HorizonDays = 0 }, ScenarioParameters.Default with { MonteCarloCount = 3 }, ScenarioParameters.Default with { HistoricalShare = 1 },
            ScenarioParameters.Default with { OtherVolFloor = double.NaN }])
        {
            Should.Throw<InvalidInputException>(() => ScenarioSetFactory.Make(Factors, bad, [], null, 1)).Code.ShouldBe("scenario-parameter");
        }
    }
}

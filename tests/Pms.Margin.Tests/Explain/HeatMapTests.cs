using Pms.Margin.Explain;
using Pms.Margin.Revaluation;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using static Pms.Margin.Tests.HandMarket;

namespace Pms.Margin.Tests.Explain;

public sealed class HeatMapTests
{
    private static readonly ScenarioValuation Valuation = new(HandMarket.Market);

    [Fact]
    public void Of_CoinsAndStablecoins_MoveAsTheyShould()
    {
        var map = HeatMap.Of([new(Valuation.Of(Btc), 2), new(Valuation.Of(Steth), 1), new(Valuation.Of(Usdc), 1e6)], Factors, 1 / 365.0, [-0.5, 0, 0.1], [0, 0.5]);
        foreach (var row in map.Pnl)
        {
            row[0].ShouldBe(-0.5 * (120_000 + 2_990), 1e-6);
            row[1].ShouldBe(0, 1e-9);
            row[2].ShouldBe(0.1 * (120_000 + 2_990), 1e-6);
        }

        (map.WorstSpot, map.WorstVol).ShouldBe((0, 0));
        map.WorstLoss.ShouldBe(61_495, 1e-6);
    }

    [Fact]
    public void Of_ShortStraddle_LosesMostWhereBothMoveMost()
    {
        var map = HeatMap.Of(
            [new(Valuation.Of(Call(BtcUsdc, 25, 60_000)), -1), new(Valuation.Of(Put(BtcUsdc, 25, 60_000)), -1)], Factors, 1 / 365.0, HeatMap.DefaultSpotMoves, HeatMap.DefaultVolMoves);
        map.VolMoves[map.WorstVol].ShouldBe(1);
        Math.Abs(map.SpotMoves[map.WorstSpot]).ShouldBe(0.5);
        var still = map.Pnl[map.VolMoves.IndexOf(0)][map.SpotMoves.IndexOf(0)];
        still.ShouldBeGreaterThan(0, "a day's decay is earned where nothing moves");
    }

    [Theory]
    [InlineData(-1.0)]
    [InlineData(double.NaN)]
    public void Of_NotAMove_Refuses(double move)
    {
        Should.Throw<InvalidInputException>(() => HeatMap.Of([], Factors, 1 / 365.0, [move], [0])).Code.ShouldBe("heat-map");
        Should.Throw<InvalidInputException>(() => HeatMap.Of([], Factors, 1 / 365.0, [0], [])).Code.ShouldBe("heat-map");
    }
}

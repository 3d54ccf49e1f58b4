using Pms.Margin.Arrays;
using Pms.Margin.Explain;
using Pms.Margin.Revaluation;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Scenarios;
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

    /// <summary>A cell is what the risk array has for the same moves, repairs of smiles included.</summary>
    [Fact]
    public void Of_Options_EqualTheRiskArray()
    {
        EuropeanOption[] options = [Call(BtcUsdc, 7, 66_000), Put(BtcInverse, 25, 50_000), Put(EthInverse, 1, 2_900)];
        var columns = HeatMap.Columns(Factors, HeatMap.DefaultSpotMoves, HeatMap.DefaultVolMoves);
        var weights = Enumerable.Repeat(1.0, columns.Count).ToArray();
        var set = new ScenarioSet(Factors, 1 / 365.0, 0, ContentHash.Of("t"u8), [(new ScenarioBatch(ScenarioFamily.MonteCarlo, "t/1", columns, weights, []), 1)]);
        var array = RiskArray.Build(HandMarket.Market, set, options, []);
        foreach (var option in options)
        {
            var map = HeatMap.Of([new(Valuation.Of(option), 1)], Factors, 1 / 365.0, HeatMap.DefaultSpotMoves, HeatMap.DefaultVolMoves);
            var row = array.Rows[array.RowOf(RowKey.Of(option))];
            var tick = 1e-6 / LotRule.PowerOfTen(row.LotExponent);
            for (var s = 0; s < columns.Count; s++)
            {
                map.Pnl[s / HeatMap.DefaultSpotMoves.Length][s % HeatMap.DefaultSpotMoves.Length].ShouldBe(row.Ticks[s] * tick, 0.5001 * tick, $"{option} {s}");
            }
        }
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

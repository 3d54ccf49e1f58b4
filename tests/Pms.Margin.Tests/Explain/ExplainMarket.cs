using Pms.Margin.Arrays;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Scenarios;
using static Pms.Margin.Tests.HandMarket;

namespace Pms.Margin.Tests.Explain;

/// <summary>An engine on the market made by hand, with scenarios of all factors, fat tails and a few stress moves.</summary>
internal static class ExplainMarket
{
    public static ScenarioSet Set { get; } = Scenarios(4_000);

    public static RiskParameters Parameters { get; } = RiskParameters.Default;

    /// <summary>Options of both kinds of settlement, futures, a perpetual; coins, a staked coin, a stablecoin and USD.</summary>
    public static Account Book { get; } = new(
        "book",
        [
            .. new[]
            {
                new Position(Put(BtcInverse, 25, 50_000), -4), new Position(Call(BtcUsdc, 7, 66_000), -3), new Position(Call(BtcUsdc, 116, 90_000), 5),
                new Position(Put(EthInverse, 1, 2_900), -20), new Position(new Perpetual(BtcInverse), 30_000), new Position(new DatedFuture(BtcUsdc, Expiry(116)), -1.5m),
            }.OrderBy(p => p.Instrument.Name, StringComparer.Ordinal),
        ],
        [new CollateralHolding(Btc, 1.2m), new CollateralHolding(Steth, 3), new CollateralHolding(Asset.Usd, 100_000), new CollateralHolding(Usdc, 25_000)]);

    public static MarginEngine Engine(IEnumerable<Instrument> more) => new(
        HandMarket.Market,
        RiskArray.Build(HandMarket.Market, Set, Book.Positions.Select(p => p.Instrument).Concat(more), [Btc, Eth, Steth, Usdc]),
        Set,
        Parameters);

    private static ScenarioSet Scenarios(int count)
    {
        var columns = new ScenarioColumns(Factors, count);
        var stream = new RandomStream(77);
        ulong drawn = 0;
        double Normal() => NormalDistribution.InverseCdf(stream.Uniform(drawn++) + 1e-17);
        for (var s = 0; s < count; s++)
        {
            var fat = stream.Uniform(drawn++) < 0.03 ? 4.0 : 1.0;
            var common = fat * Normal();
            for (var coin = 0; coin < 2; coin++)
            {
                columns.SpotLogReturn(coin)[s] = 0.025 * ((0.8 * common) + (0.6 * fat * Normal()));
                var level = (-0.05 * common) + (0.03 * Normal());
                columns.SkewChange(coin)[s] = 0.01 * Normal();
                columns.BasisChange(coin)[s] = 0.02 * Normal();
                var term = 0.03 * Normal();
                for (var t = 0; t < 5; t++)
                {
                    columns.VolLogChange(coin, t)[s] = level + (term * (2 - t));
                }
            }

            columns.PegLogChange(0)[s] = 0.001 * fat * Normal();
            columns.PegLogChange(1)[s] = 0.004 * fat * Normal();
        }

        var weights = new double[count];
        Array.Fill(weights, 1.0);
        var stress = new ScenarioColumns(Factors, 4);
        for (var coin = 0; coin < 2; coin++)
        {
            double[] moves = [-0.2, 0.2, -0.5, 1.0];
            for (var s = 0; s < 4; s++)
            {
                stress.SpotLogReturn(coin)[s] = Math.Log(1 + moves[s]);
                for (var t = 0; t < 5; t++)
                {
                    stress.VolLogChange(coin, t)[s] = 0.4;
                }
            }
        }

        return new ScenarioSet(Factors, 1.0 / 365, 77, default,
        [
            (new ScenarioBatch(ScenarioFamily.MonteCarlo, "test/1", columns, weights, []), 1),
            (new ScenarioBatch(ScenarioFamily.Stress, "test/1", stress, [1, 1, 0.3, 0.1], ["spot -20 %", "spot +20 %", "spot -50 %", "spot +100 %"]), 0),
        ]);
    }
}

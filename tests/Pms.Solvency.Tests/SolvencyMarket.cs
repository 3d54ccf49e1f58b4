using Pms.Margin.Arrays;
using Pms.Margin.Market;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Solvency.Accounts;
using Pms.Solvency.Indices;

namespace Pms.Solvency.Tests;

/// <summary>Spot, a linear perpetual and BTC as collateral in 1,000 heavy-tailed scenarios and two of stress.</summary>
internal static class SolvencyMarket
{
    public const double Index = 50_000;

    public static readonly Asset Btc = new("BTC");

    private static readonly UnderlyingId Linear = UnderlyingId.Linear(Btc, Asset.Usd);

    private static readonly RiskFactors Factors = new([Btc], []);

    public static Instrument Perpetual { get; } = new Perpetual(Linear);

    public static Account Account(string id, decimal usd, decimal perpetuals, decimal btc = 0) => new(
        id,
        perpetuals == 0 ? [] : [new Position(Perpetual, perpetuals)],
        [.. new[] { new CollateralHolding(Btc, btc), new CollateralHolding(Asset.Usd, usd) }.Where(c => c.Amount != 0)]);

    public static (MarginEngine Engine, SolvencyBook Book) Book(params Account[] accounts) => Book(seed: 5, accounts);

    public static (MarginEngine Engine, SolvencyBook Book) Book(ulong seed, params Account[] accounts)
    {
        var market = new MarginMarket(
            new DateTimeOffset(2031, 3, 4, 8, 0, 0, TimeSpan.Zero), ContentHash.Of("solvency"u8), [new UnderlyingMarket(Linear, Index, null, Index, [])], new Dictionary<Asset, double> { [Btc] = Index });
        var set = Set(seed);
        var engine = new MarginEngine(market, RiskArray.Build(market, set, [Perpetual], [Btc, Asset.Usd]), set, RiskParameters.Default);
        return (engine, new SolvencyBook(engine.Array, set, [.. engine.EvaluateBook(accounts).Select(m => SolvencyAccount.Of(m))]));
    }

    private static ScenarioSet Set(ulong seed)
    {
        var drawn = new ScenarioColumns(Factors, 1_000);
        var stream = new RandomStream(seed);
        for (var s = 0; s < drawn.Count; s++)
        {
            var scale = 0.7 + (0.5 * Math.Abs(NormalDistribution.InverseCdf(stream.Uniform((ulong)(2 * s)))));
            drawn.SpotLogReturn(0)[s] = 0.04 * scale * NormalDistribution.InverseCdf(stream.Uniform((ulong)((2 * s) + 1)));
        }

        var stress = new ScenarioColumns(Factors, 2);
        stress.SpotLogReturn(0)[0] = -0.7;
        stress.SpotLogReturn(0)[1] = 0.7;
        return new ScenarioSet(
            Factors,
            1.0 / 365,
            1,
            ContentHash.Of("none"u8),
            [
                (new ScenarioBatch(ScenarioFamily.MonteCarlo, "test/1", drawn, [.. Enumerable.Range(0, 1_000).Select(s => 1.0 + (s % 3))], []), 1.0),
                (new ScenarioBatch(ScenarioFamily.Stress, "test/1", stress, [1.0, 0.5], ["half down", "double up"]), 0),
            ]);
    }
}

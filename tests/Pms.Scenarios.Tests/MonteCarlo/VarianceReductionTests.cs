using Pms.MarketData.Instruments;
using Pms.Pricing;
using Pms.Scenarios.MonteCarlo;

namespace Pms.Scenarios.Tests.MonteCarlo;

/// <summary>How much less the expected shortfall of a book varies from seed to seed than with plain draws; the figures of docs/model/monte-carlo.md.</summary>
public sealed class VarianceReductionTests
{
    private const double Day = 1.0 / 365.0;
    private const double Years = 30.0 / 365.0;
    private const double Vol = 0.5;

    private static readonly RiskFactors Factors = new([new Asset("BTC"), new Asset("ETH"), new Asset("SOL")], []);

    /// <summary>P&amp;L of books on three coins of price 1, options of 30 days at a flat vol that moves with the 30-day tenor.</summary>
    private static readonly (string Name, Func<ScenarioColumns, int, double> Pnl)[] Books =
    [
        ("long three coins", (c, i) => Move(c, 0, i) + Move(c, 1, i) + Move(c, 2, i)),
        ("long BTC, short ETH", (c, i) => Move(c, 0, i) - (0.7 * Move(c, 1, i))),
        ("short BTC straddle, hedged", (c, i) => -Option(c, 0, i, OptionType.Call, 1.0) - Option(c, 0, i, OptionType.Put, 1.0) + (2.0 * AtTheMoneyHedge * Move(c, 0, i))),
        ("short 80 % puts, BTC and ETH", (c, i) => -Option(c, 0, i, OptionType.Put, 0.8) - Option(c, 1, i, OptionType.Put, 0.8)),
        ("short BTC iron condor", (c, i) => -Option(c, 0, i, OptionType.Call, 1.1) + Option(c, 0, i, OptionType.Call, 1.25) - Option(c, 0, i, OptionType.Put, 0.9) + Option(c, 0, i, OptionType.Put, 0.75)),
        ("ten short 150 % calls, ETH", (c, i) => -10.0 * Option(c, 1, i, OptionType.Call, 1.5)),
    ];

    private static readonly double AtTheMoneyHedge = Black76.Greeks(new BlackInputs(OptionType.Call, 1.0, 1.0, Years, Vol)).Delta - 0.5;

    [Fact]
    public void StandardError_ScrambledSobolAndStrata_LessThanHalfOfPlainDraws()
    {
        // standard deviation over seeds of ES 99 from n = 10,000 scenarios
        const int seeds = 60;
        const int n = 10_000;
        var defaults = MonteCarloParameters.Default(Factors);
        var ways = new (string Name, MonteCarloParameters Parameters)[]
        {
            ("plain", defaults with { Sampling = MonteCarloSampling.Independent }),
            ("strata", defaults with { Sampling = MonteCarloSampling.IndependentStratified }),
            ("strata + Sobol, 16 replicates", defaults with { Replicates = 16 }),
            ("strata + Sobol, 8 replicates", defaults with { Replicates = 8 }),
            ("strata + Sobol, 4 replicates", defaults with { Replicates = 4 }),
            ("strata + Sobol, 1 replicate", defaults with { Replicates = 1 }),
        };
        var deviations = new double[ways.Length, Books.Length];
        var means = new double[ways.Length, Books.Length];
        for (var w = 0; w < ways.Length; w++)
        {
            var values = new double[Books.Length][];
            for (var b = 0; b < Books.Length; b++)
            {
                values[b] = new double[seeds];
            }

            for (var seed = 0; seed < seeds; seed++)
            {
                var batch = new MonteCarloGenerator(ways[w].Parameters, Factors, Day, (ulong)(1000 + seed), n).Generate(maxThreads: 2);
                for (var b = 0; b < Books.Length; b++)
                {
                    var losses = new double[n];
                    for (var i = 0; i < n; i++)
                    {
                        losses[i] = -Books[b].Pnl(batch.Columns, i);
                    }

                    values[b][seed] = WeightedTail.ExpectedShortfall(losses, batch.Weights, 0.99);
                }
            }

            for (var b = 0; b < Books.Length; b++)
            {
                means[w, b] = values[b].Average();
                deviations[w, b] = Math.Sqrt(values[b].Sum(v => (v - means[w, b]) * (v - means[w, b])) / (seeds - 1));
            }
        }

        for (var b = 0; b < Books.Length; b++)
        {
            TestContext.Current.SendDiagnosticMessage(
                $"{Books[b].Name}: ES99 {means[2, b]:F5}; " + string.Join("; ", ways.Select((way, w) => $"{way.Name} {100.0 * deviations[w, b] / means[2, b]:F2} % (x{deviations[0, b] / deviations[w, b]:F1})")));
        }

        for (var b = 0; b < Books.Length; b++)
        {
            // one measure in every way: their means agree within four standard errors
            var error = deviations[0, b] / Math.Sqrt(seeds);
            Math.Abs(means[0, b] - means[2, b]).ShouldBeLessThan(4.0 * error, Books[b].Name);
            (deviations[0, b] / deviations[2, b]).ShouldBeGreaterThan(2.0, Books[b].Name);
        }
    }

    private static double Move(ScenarioColumns c, int coin, int i) => Math.Exp(c.SpotLogReturn(coin)[i]) - 1.0;

    private static double Option(ScenarioColumns c, int coin, int i, OptionType type, double strike)
    {
        var now = Black76.Price(new BlackInputs(type, 1.0, strike, Years, Vol));
        return Black76.Price(new BlackInputs(type, Math.Exp(c.SpotLogReturn(coin)[i]), strike, Years - Day, Vol * Math.Exp(c.VolLogChange(coin, 2)[i]))) - now;
    }
}

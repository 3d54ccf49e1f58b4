using Pms.MarketData.Instruments;
using Pms.Pricing.JumpModels;
using Pms.Scenarios.MonteCarlo;

namespace Pms.Scenarios.Tests.MonteCarlo;

/// <summary>The simulator against the semi-analytic prices: the horizon is the expiry, so that the mean payoff is the price.</summary>
public sealed class OptionPriceTests
{
    private static readonly Asset Btc = new("BTC");
    private static readonly Asset Eth = new("ETH");
    private static readonly RiskFactors Factors = new([Btc, Eth], []);

    [Theory]
    [InlineData("merton", 1.0, 1)]
    [InlineData("merton", 30.0, 1)]
    [InlineData("heston", 30.0, 16)]
    [InlineData("svcj", 1.0, 2)]
    [InlineData("svcj", 7.0, 4)]
    [InlineData("svcj", 30.0, 16)]
    [InlineData("eth-published", 1.0, 2)]
    [InlineData("eth-published", 7.0, 8)]
    public void MeanPayoff_HorizonIsTheExpiry_WithinThreeStandardErrorsOfThePrice(string name, double days, int steps)
    {
        const int seeds = 32;
        const int n = 8192;
        var years = days / 365.0;
        var parameters = Parameters(name) with { DegreesOfFreedom = double.PositiveInfinity, Steps = steps };
        var batches = Enumerable.Range(0, seeds).Select(s => new MonteCarloGenerator(parameters, Factors, years, (ulong)s, n).Generate(maxThreads: 2)).ToArray();
        for (var coin = 0; coin < 2; coin++)
        {
            var model = parameters.Coins[coin].Model(parameters.Crash);
            var width = Math.Sqrt(model.ExpectedVariance(model.Variance.Initial, years) * years);
            var (worst, worstBias) = (0.0, 0.0);
            foreach (var z in new[] { -2.5, -1.5, -0.7, 0.0, 0.7, 1.5, 2.5 })
            {
                var strike = Math.Exp(z * width);
                var prices = SvcjOptions.Price(model, new JumpOptionInputs(1.0, strike, years));
                var exact = strike >= 1.0 ? prices.Call : prices.Put;
                var means = new double[seeds];
                for (var s = 0; s < seeds; s++)
                {
                    var moves = batches[s].Columns.SpotLogReturn(coin);
                    for (var i = 0; i < n; i++)
                    {
                        var spot = Math.Exp(moves[i]);
                        means[s] += batches[s].Weights[i] * Math.Max(strike >= 1.0 ? spot - strike : strike - spot, 0.0);
                    }
                }

                var mean = means.Average();
                var error = Math.Sqrt(means.Sum(m => (m - mean) * (m - mean)) / (seeds - 1) / seeds);
                TestContext.Current.SendDiagnosticMessage($"{name} {days} d {steps} steps {Factors.Coins[coin]} z {z}: {exact:E4}, bias {(mean - exact) / exact:P3} +- {error / exact:P3}, {(mean - exact) / error:F1} se");
                if (Math.Abs(mean - exact) / error > worst)
                {
                    (worst, worstBias) = (Math.Abs(mean - exact) / error, (mean - exact) / exact);
                }
            }

            worst.ShouldBeLessThan(3.0, $"{name} {days} d {Factors.Coins[coin]}: bias {worstBias:P3}");
        }
    }

    private static MonteCarloParameters Parameters(string name)
    {
        var defaults = MonteCarloParameters.Default(Factors);
        return name switch
        {
            "merton" => defaults with { Coins = [.. defaults.Coins.Select(c => c with { Variance = c.Variance with { VolOfVariance = 0.0, LongRun = c.Variance.Initial }, CrashVarianceLoading = 0.0, OwnJump = c.OwnJump with { VarianceMean = 0.0 } })] },
            "heston" => defaults with { Coins = [.. defaults.Coins.Select(c => c with { OwnJump = JumpLaw.None })], Crash = JumpLaw.None },
            "eth-published" => defaults with
            {
                Coins = [defaults.Coins[0], defaults.Coins[1] with { Variance = defaults.Coins[1].Variance with { Correlation = 0.142201 }, OwnJump = new JumpLaw(2.271351, -0.131923, 0.000278, 0.334262, -0.998999), CrashLoading = 0.0, CrashVarianceLoading = 0.0 }],
            },
            _ => defaults,
        };
    }
}

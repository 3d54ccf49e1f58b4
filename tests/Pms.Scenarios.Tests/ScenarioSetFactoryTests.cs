using Pms.MarketData.Instruments;
using Pms.Pricing.JumpModels;
using Pms.Primitives;
using Pms.Scenarios.MonteCarlo;
using Pms.Volatility;
using Pms.Volatility.Svi;

namespace Pms.Scenarios.Tests;

public sealed class ScenarioSetFactoryTests(ITestOutputHelper output)
{
    private const double Day = 1 / 365.0;
    private static readonly Asset Btc = new("BTC");
    private static readonly Asset Eth = new("ETH");
    private static readonly RiskFactors Factors = new([Btc, Eth], [new PeggedAsset(new Asset("USDC"), Asset.Usd)]);
    private static readonly ScenarioParameters Small = ScenarioParameters.Default with { MonteCarloCount = 800 };

    [Fact]
    public void Make_SameInputs_SameHash_AnyOtherInput_AnotherHash()
    {
        var hash = Make(Small, 0.6, 1).Hash;
        Make(Small, 0.6, 1, threads: 2).Hash.ShouldBe(hash);
        Make(Small, 0.6, 2).Hash.ShouldNotBe(hash);
        Make(Small, 0.61, 1).Hash.ShouldNotBe(hash);
        Make(Small with { HorizonDays = 2 }, 0.6, 1).Hash.ShouldNotBe(hash);
    }

    [Fact]
    public void Make_WithHistory_SplitsProbabilityByShare()
    {
        var history = new ScenarioBatch(ScenarioFamily.Historical, "test/1", new ScenarioColumns(Factors, 50), [.. Enumerable.Repeat(1.0, 50)], []);
        var set = ScenarioSetFactory.Make(Factors, Small, [Surface(0.6)], history, 1);
        var start = set.Segments.Single(s => s.Family == ScenarioFamily.Historical).Start;
        set.Weights[..start].ToArray().Sum().ShouldBeInRange(749_999_000, 750_001_000);
        set.TailCount.ShouldBe(850);
        ScenarioSetFactory.Make(Factors, Small, [Surface(0.6)], null, 1).TailCount.ShouldBe(800);
        set.Count.ShouldBeGreaterThan(set.TailCount, "the stress grid follows");
    }

    [Theory]
    [InlineData(0.80, 0.80)]
    [InlineData(0.20, 0.40)]
    public void Dynamics_StartAtTheSurfaceButNotBelowTheFloor(double atmVol, double expected)
    {
        var dynamics = ScenarioSetFactory.Dynamics(Factors, Small, [Surface(atmVol)]);
        var atLevel = MonteCarloParameters.Default(Factors).WithCurrentLevel(Btc, expected);
        dynamics.Coin(Btc).Variance.Initial.ShouldBe(atLevel.Coin(Btc).Variance.Initial, 1e-12);
        dynamics.Coin(Eth).Variance.Initial.ShouldBe(MonteCarloParameters.Default(Factors).WithCurrentLevel(Eth, 0.45).Coin(Eth).Variance.Initial, 1e-12);
    }

    /// <summary>Method: the started dynamics price an at-the-money option by the semi-analytic formula; its Black vol must be the one quoted, at every level and tenor.</summary>
    [Theory]
    [InlineData("BTC")]
    [InlineData("ETH")]
    [InlineData("SOL")]
    public void WithCurrentLevel_AtTheMoneyOption_HasTheQuotedVol(string code)
    {
        var coin = new Asset(code);
        var defaults = MonteCarloParameters.Default(new RiskFactors([coin], []));
        foreach (var days in new[] { 7, 30, 90 })
        {
            foreach (var quoted in new[] { 0.05, 0.20, 0.35, 0.466, 0.80, 1.5, 4.0 })
            {
                var started = defaults.WithCurrentLevel(coin, quoted, days * Day);
                var model = started.Coin(coin).Model(started.Crash);
                var vol = SvcjOptions.Price(model, new JumpOptionInputs(60_000, 60_000, days * Day)).ImpliedVol.Vol;
                var root = Math.Sqrt(model.ExpectedVariance(model.Variance.Initial, days * Day));
                output.WriteLine($"{code} {days} days, quoted {quoted}: at the money {vol:F8}, root of expected variance {root:F4}, variance now {model.Variance.Initial:F4}");
                vol.ShouldBe(quoted, 1e-9 * quoted);
                root.ShouldBeGreaterThan(quoted);
            }
        }
    }

    [Fact]
    public void WithCurrentLevel_NoJumpsNoVolOfVariance_VarianceIsTheVolSquared()
    {
        var defaults = MonteCarloParameters.Default(new RiskFactors([Btc], []));
        var still = defaults with { Crash = JumpLaw.None, Coins = [defaults.Coins[0] with { OwnJump = JumpLaw.None, Variance = new VarianceDynamics(0.3, 0, 0, 0, 0) }] };
        still.WithCurrentLevel(Btc, 0.5).Coin(Btc).Variance.Initial.ShouldBe(0.25, 1e-9);
    }

    [Fact]
    public void CorrelationRepairs_ContradictoryCorrelations_AreCounted()
    {
        ScenarioSetFactory.CorrelationRepairs(new RiskFactors([Btc, Eth, new Asset("SOL")], []), ScenarioParameters.Default).ShouldBe(default);

        // Prices 0.85 and variances 0.80 correlated, with price against variance -0.9 in one coin and +0.9 in the other: the rest would have to correlate by 7.9.
        var defaults = MonteCarloParameters.Default(Factors);
        CoinDynamics With(CoinDynamics c, double rho) => c with { Variance = c.Variance with { Correlation = rho } };
        var odd = defaults with { Coins = [With(defaults.Coins[0], -0.9), With(defaults.Coins[1], 0.9)] };
        var repairs = ScenarioSetFactory.CorrelationRepairs(Factors, ScenarioParameters.Default with { MonteCarlo = odd });
        repairs.Pairs.ShouldBe(1);
        repairs.LargestChange.ShouldBe(((0.85 + (0.81 * 0.80)) / 0.19) - 1, 1e-9);
    }

    [Fact]
    public void Dynamics_CalibratedForOneCoinOnly_TheOtherTakesItsDefaultAndCorrelationsStayValid()
    {
        var only = MonteCarloParameters.Default(new RiskFactors([Btc], [])) with { DegreesOfFreedom = 4 };
        var dynamics = ScenarioSetFactory.Dynamics(Factors, Small with { MonteCarlo = only, StartAtCurrentVol = false }, []);
        dynamics.Coins.Select(c => c.Coin).ShouldBe([Btc, Eth]);
        dynamics.DegreesOfFreedom.ShouldBe(4);
        dynamics.Check().ShouldBeNull();
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(31)]
    [InlineData(double.NaN)]
    public void Make_HorizonOutOfRange_Refuses(double days)
    {
        Should.Throw<InvalidInputException>(() => Make(Small with { HorizonDays = days }, 0.6, 1)).Code.ShouldBe("scenario-parameter");
    }

    private static ScenarioSet Make(ScenarioParameters parameters, double vol, ulong seed, int threads = 1) =>
        ScenarioSetFactory.Make(Factors, parameters, [Surface(vol)], null, seed, threads);

    private static VolSurface Surface(double vol) => new(
        UnderlyingId.Inverse(Btc),
        DateTimeOffset.UnixEpoch,
        [new VolSlice(DateTimeOffset.UnixEpoch.AddDays(30), 30 / 365.0, 60_000, new RawSvi(vol * vol * 30 / 365, 0, 0, 0, 0.1))],
        ContentHash.Of("none"u8));
}

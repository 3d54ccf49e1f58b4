using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Scenarios.MonteCarlo;
using Pms.Volatility;
using Pms.Volatility.Svi;

namespace Pms.Scenarios.Tests;

public sealed class ScenarioSetFactoryTests
{
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

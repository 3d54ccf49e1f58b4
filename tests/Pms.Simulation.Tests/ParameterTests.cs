using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Simulation.Listing;
using Pms.Simulation.Parameters;
using Pms.Simulation.Quoting;
using Pms.Simulation.Stress;

namespace Pms.Simulation.Tests;

/// <summary>What is refused, and by which code.</summary>
public sealed class ParameterTests
{
    public static TheoryData<string, SimulationParameters> Bad { get; } = new()
    {
        { "SpotUsd", WithCoin(c => c with { SpotUsd = double.NaN }) },
        { "VolOfVariance", WithCoin(c => c with { VolOfVariance = -1 }) },
        { "MediumReversion", WithCoin(c => c with { MediumReversion = 50 }) },
        { "SmileCurvature", WithCoin(c => c with { SmileCurvature = 1.5 }) },
        { "CommonLoading", WithCoin(c => c with { CommonLoading = 1.01 }) },
        { "Step", SimulationParameters.Default with { Step = TimeSpan.FromMilliseconds(50) } },
        { "Step", SimulationParameters.Default with { Step = TimeSpan.FromTicks(10_000_001) } },
        { "Start", SimulationParameters.Default with { Start = new DateTimeOffset(1999, 1, 1, 0, 0, 0, TimeSpan.Zero) } },
        { "coins", SimulationParameters.Default with { Coins = [] } },
        { "SOL", SimulationParameters.Default with { Coins = SimulationParameters.Default.Coins.RemoveAt(2) } },
        { "twice", SimulationParameters.Default with { Families = SimulationParameters.Default.Families.Add(SimulationParameters.Default.Families[0]) } },
        { "Branching", SimulationParameters.Default with { Trading = new TradingParameters { Branching = 1 } } },
        { "LatencyMilliseconds", SimulationParameters.Default with { Quoting = new QuotingParameters { LatencyMilliseconds = 81 } } },
        { "OptionTickAbove", SimulationParameters.Default with { Families = [SimulationParameters.Default.Families[0] with { OptionTickAbove = 0.00001m }] } },
        { "before the run", SimulationParameters.Default with { Scripts = [new ScheduledScript(StressScripts.Crash, TimeSpan.FromHours(-1))] } },
        { "first at zero", SimulationParameters.Default with { Scripts = [new ScheduledScript(new StressScript("mine", "", []), TimeSpan.Zero)] } },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void Exchange_ValueOutsideItsRange_IsRefusedByName(string named, SimulationParameters parameters)
    {
        var e = Should.Throw<InvalidInputException>(() => new SimulatedExchange(parameters, 1));
        e.Code.ShouldBe("simulation-parameter");
        e.Message.ShouldContain(named);
    }

    [Theory]
    [InlineData("crush")]
    [InlineData("crash@soon")]
    [InlineData("crash@-01:00")]
    public void Parse_UnknownScriptOrTime_IsRefused(string text)
    {
        Should.Throw<InvalidInputException>(() => ScheduledScript.Parse(text)).Code.ShouldBe("simulation-script");
    }

    [Fact]
    public void Parse_SeveralWithTimes_AreScheduled()
    {
        var scripts = ScheduledScript.Parse("crash@02:30, depeg");
        scripts.Select(s => (s.Script.Name, s.StartsAfter)).ShouldBe([("crash", TimeSpan.FromMinutes(150)), ("depeg", TimeSpan.Zero)]);
        StressScripts.All.ShouldAllBe(s => StressScripts.Find(s.Name) == s);
    }

    [Fact]
    public void SnapshotAt_OutsideTheRun_IsRefused()
    {
        var exchange = new SimulatedExchange(Markets.Small, 1);
        var start = exchange.Parameters.Start;
        Should.Throw<InvalidInputException>(() => exchange.SnapshotAt(start.AddSeconds(-1))).Code.ShouldBe("simulation-time");
        Should.Throw<InvalidInputException>(() => exchange.TruthAt(start.AddDays(4_000))).Code.ShouldBe("simulation-time");
        Should.Throw<InvalidInputException>(() => exchange.Truths(start, start, everySteps: 0)).Code.ShouldBe("simulation-time");
        Should.Throw<InvalidInputException>(() => exchange.TruthAt(start).Price(new EuropeanOption(Markets.BtcInverse, start, 1, OptionType.Call))).Code.ShouldBe("simulation-instrument");
        exchange.Run(start, start).ShouldBeEmpty();
    }

    [Fact]
    public void TickSchedule_AnyPrice_RoundsToTheGridOutward()
    {
        var ticks = new TickSchedule(0.0001m, 0.005m, 0.0005m, 0.1m);
        for (var i = 0; i < 20_000; i++)
        {
            var price = i * 1.37e-6;
            var floor = ticks.Floor(price);
            var ceiling = ticks.Ceiling(price);
            floor.ShouldBeLessThanOrEqualTo(price);
            ceiling.ShouldBeGreaterThanOrEqualTo(price);
            (ceiling - floor).ShouldBeLessThanOrEqualTo(price > 0.005 ? 0.0010001 : 0.00020001);
            ticks.IsValid(ceiling).ShouldBeTrue();
            (floor == 0 || ticks.IsValid(floor)).ShouldBeTrue();
            ticks.IsValid(ticks.Above(ceiling, 7)).ShouldBeTrue();
            ticks.Below(ticks.Above(ceiling, 7), 7).ShouldBe(ceiling);
        }

        ticks.IsValid(0.0051).ShouldBeFalse();
        ticks.IsValid(0).ShouldBeFalse();
    }

    [Theory]
    [InlineData(510, 500)]
    [InlineData(499.9, 250)]
    [InlineData(20, 20)]
    [InlineData(0.7, 0.5)]
    [InlineData(0.024, 0.02)]
    [InlineData(3_000, 2_500)]
    public void RoundStep_AnyStep_IsTheRoundNumberBelow(double step, double expected)
    {
        ((double)StrikeLadder.RoundStep(step)).ShouldBe(expected);
    }

    private static SimulationParameters WithCoin(Func<CoinParameters, CoinParameters> change)
    {
        return SimulationParameters.Default with { Coins = SimulationParameters.Default.Coins.SetItem(0, change(SimulationParameters.Default.Coins[0])) };
    }
}

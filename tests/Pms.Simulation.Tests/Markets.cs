using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.Simulation.Parameters;
using Pms.Simulation.Stress;

namespace Pms.Simulation.Tests;

/// <summary>Markets that the tests run on.</summary>
internal static class Markets
{
    public static Asset Btc { get; } = new("BTC");

    public static Asset Eth { get; } = new("ETH");

    public static Asset Sol { get; } = new("SOL");

    public static UnderlyingId BtcInverse { get; } = UnderlyingId.Inverse(Btc);

    /// <summary>One family with few strikes and one spot pair: fast, and every kind of message occurs.</summary>
    public static SimulationParameters Small { get; } = SimulationParameters.Default with
    {
        Coins = [SimulationParameters.Default.Coins[0]],
        Families = [SimulationParameters.Default.Families[0] with { LadderScale = 0.3 }],
        SpotPairs = [SimulationParameters.Default.SpotPairs[0]],
    };

    /// <summary>The whole market with a script from the first step on.</summary>
    public static SimulationParameters With(string script) => SimulationParameters.Default with { Scripts = Script(script) };

    public static ImmutableArray<ScheduledScript> Script(string name) => ScheduledScript.Parse(name);
}

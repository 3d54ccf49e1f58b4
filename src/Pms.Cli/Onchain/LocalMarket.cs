using System.Collections.Immutable;
using Pms.Attestation.Amounts;
using Pms.Attestation.Attesters;
using Pms.Attestation.Wire;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Simulation;
using Pms.Simulation.Parameters;
using Pms.Simulation.Stress;

namespace Pms.Cli.Onchain;

/// <summary>The simulated market of a local run at a moment that the run sets, and the clock that shows it. Every attester looks at it for itself.</summary>
/// <param name="start">first instant, the chain's time</param>
/// <param name="seed">of the market</param>
/// <param name="script">what happens in it</param>
internal sealed class LocalMarket(DateTimeOffset start, ulong seed, StressScript script) : TimeProvider, IMarketView
{
    private readonly SimulatedExchange _exchange = new(SimulationParameters.LinearMarket with { Start = start, Scripts = [new ScheduledScript(script, TimeSpan.Zero)] }, seed);

    /// <summary>As the local configuration of the contracts has it.</summary>
    public static HouseConfiguration House { get; } = new(
        new Asset("USDC"),
        6,
        ImmutableSortedDictionary<byte, Asset>.Empty.Add(0, new Asset("BTC")).Add(1, new Asset("ETH")),
        ImmutableSortedDictionary<byte, CoinConfiguration>.Empty
            .Add(0, new CoinConfiguration(new Asset("BTC"), new PriceId(0), 8))
            .Add(1, new CoinConfiguration(new Asset("ETH"), new PriceId(1), 18)));

    /// <summary>The moment of the market.</summary>
    public DateTimeOffset Now { get; set; } = start;

    /// <summary>The chain's time, which goes on between two moments of the market.</summary>
    public DateTimeOffset Clock { get; set; } = start;

    public MarketSnapshot Snapshot() => _exchange.SnapshotAt(Now);

    public Task<MarketSnapshot?> NowAsync(CancellationToken cancel) => Task.FromResult<MarketSnapshot?>(Snapshot());

    public override DateTimeOffset GetUtcNow() => Clock > Now ? Clock : Now;
}

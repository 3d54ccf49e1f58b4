using System.Collections.Immutable;
using Pms.Attestation.Amounts;
using Pms.Attestation.Attesters;
using Pms.Attestation.Batches;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Simulation;
using Pms.Simulation.Parameters;
using Pms.Simulation.Stress;

namespace Pms.Cli.Onchain;

/// <summary>The simulated market of a local run at a moment that the run sets, and the clock that shows it. Every attester looks at it for itself.</summary>
/// <param name="start">first instant, the chain's time</param>
/// <param name="seed">of the market</param>
internal sealed class LocalMarket(DateTimeOffset start, ulong seed) : TimeProvider, IMarketView
{
    private readonly SimulatedExchange _exchange = new(SimulationParameters.LinearMarket with { Start = start, Scripts = [new ScheduledScript(StressScripts.MeltUp, TimeSpan.Zero)] }, seed);

    public static Asset Cash { get; } = new("USDC");

    /// <summary>Decimals of the local coins, by index.</summary>
    public static ImmutableSortedDictionary<byte, int> CoinDecimals { get; } = ImmutableSortedDictionary<byte, int>.Empty.Add(0, 8).Add(1, 18);

    /// <summary>The moment of the market.</summary>
    public DateTimeOffset Now { get; set; } = start;

    /// <summary>The chain's time, which goes on between two moments of the market.</summary>
    public DateTimeOffset Clock { get; set; } = start;

    /// <summary>As the local configuration of the contracts has it.</summary>
    public static HouseListing NewListing() => new(
        Cash,
        ImmutableSortedDictionary<byte, Asset>.Empty.Add(0, new Asset("BTC")).Add(1, new Asset("ETH")),
        ImmutableSortedDictionary<byte, (Asset, PriceId)>.Empty.Add(0, (new Asset("BTC"), new PriceId(0))).Add(1, (new Asset("ETH"), new PriceId(1))));

    public MarketSnapshot Snapshot() => _exchange.SnapshotAt(Now);

    public Task<MarketSnapshot?> NowAsync(CancellationToken cancel) => Task.FromResult<MarketSnapshot?>(Snapshot());

    public override DateTimeOffset GetUtcNow() => Clock > Now ? Clock : Now;
}

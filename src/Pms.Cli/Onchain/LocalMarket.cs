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
internal sealed class LocalMarket(DateTimeOffset start, ulong seed, ScheduledScript script) : TimeProvider, IMarketView
{
    private readonly SimulatedExchange _exchange = new(ParametersOf(start, script), seed);
    private DateTimeOffset _now = start;
    private TimeProvider? _live;

    /// <summary>As the local configuration of the contracts has it.</summary>
    public static HouseConfiguration House { get; } = new(
        new Asset("USDC"),
        6,
        ImmutableSortedDictionary<byte, Asset>.Empty.Add(0, new Asset("BTC")).Add(1, new Asset("ETH")),
        ImmutableSortedDictionary<byte, CoinConfiguration>.Empty
            .Add(0, new CoinConfiguration(new Asset("BTC"), new PriceId(0), 8))
            .Add(1, new CoinConfiguration(new Asset("ETH"), new PriceId(1), 18)));

    /// <summary>The moment of the market.</summary>
    public DateTimeOffset Now
    {
        get => _live?.GetUtcNow() ?? _now;
        set => _now = value;
    }

    /// <summary>The chain's time, which goes on between two moments of the market.</summary>
    public DateTimeOffset Clock { get; set; } = start;

    /// <summary>Of the exchange behind it: another one with the same parameters and seed quotes the same.</summary>
    public static SimulationParameters ParametersOf(DateTimeOffset start, ScheduledScript script) => SimulationParameters.LinearMarket with { Start = start, Scripts = [script] };

    /// <summary>From here on the market goes with a clock, not with what is set.</summary>
    public void GoWith(TimeProvider clock) => Volatile.Write(ref _live, clock);

    public MarketSnapshot Snapshot() => _exchange.SnapshotAt(Now);

    public Task<MarketSnapshot?> AtAsync(DateTimeOffset moment, CancellationToken cancel) => Task.FromResult<MarketSnapshot?>(_exchange.SnapshotAt(moment <= GetUtcNow() ? moment : Now));

    public Task<MarketSnapshot?> NowAsync(CancellationToken cancel) => Task.FromResult<MarketSnapshot?>(Snapshot());

    public override DateTimeOffset GetUtcNow() => _live?.GetUtcNow() ?? (Clock > _now ? Clock : _now);
}

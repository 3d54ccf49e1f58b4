using System.Collections.Immutable;
using Pms.Attestation.Amounts;
using Pms.Attestation.Batches;
using Pms.Cli.Commands;
using Pms.Margin.Epochs;
using Pms.Margin.Parameters;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Simulation;
using Pms.Simulation.Parameters;
using Pms.Simulation.Stress;

namespace Pms.Cli.Onchain;

/// <summary>The simulated market of a local run and what the house lists of it.</summary>
internal sealed class LocalMarket
{
    private readonly SimulatedExchange _exchange;
    private readonly RiskParameters _parameters;
    private readonly ulong _seed;
    private BoardFit? _before;

    /// <param name="start">first instant, the chain's time</param>
    /// <param name="seed">of market and scenarios</param>
    /// <param name="parameters">how margin is measured</param>
    public LocalMarket(DateTimeOffset start, ulong seed, RiskParameters parameters)
    {
        (_parameters, _seed) = (parameters, seed);
        Start = start;
        _exchange = new SimulatedExchange(SimulationParameters.LinearMarket with { Start = start, Scripts = [new ScheduledScript(StressScripts.MeltUp, TimeSpan.Zero)] }, seed);
    }

    public static Asset Cash { get; } = new("USDC");

    public DateTimeOffset Start { get; }

    /// <summary>As the local configuration of the contracts has it.</summary>
    public static HouseListing NewListing() => new(
        Cash,
        ImmutableSortedDictionary<byte, Asset>.Empty.Add(0, new Asset("BTC")).Add(1, new Asset("ETH")),
        ImmutableSortedDictionary<byte, (Asset, PriceId)>.Empty.Add(0, (new Asset("BTC"), new PriceId(0))).Add(1, (new Asset("ETH"), new PriceId(1))));

    /// <summary>Decimals of the local coins, by index.</summary>
    public static ImmutableArray<int> CoinDecimals { get; } = [8, 18];

    public MarketSnapshot SnapshotAt(DateTimeOffset at) => _exchange.SnapshotAt(at);

    /// <summary>Everything that margins are computed from, for all listed contracts.</summary>
    public HouseRows RowsOf(MarketSnapshot snapshot, HouseListing listing)
    {
        var fit = BoardFit.Of(snapshot, _parameters.Surface, _before);
        _before = fit;
        var surfaces = fit.Underlyings.Where(u => u.Fit.Surface is not null).Select(u => u.Fit.Surface!).ToImmutableArray();
        var inputs = new EpochInputs(snapshot, surfaces, ImmutableDictionary<Asset, double>.Empty, _parameters, null, _seed);
        var instruments = listing.Instruments.Select(i => i.Instrument).Where(i => ExpiryOf(i) is not { } expiry || expiry > snapshot.ObservedAt);
        return new HouseRows(MarginEpoch.Make(inputs, instruments, listing.Coins.Values.Select(c => c.Asset), Math.Max(1, Environment.ProcessorCount)), listing);
    }

    private static DateTimeOffset? ExpiryOf(Instrument instrument) => instrument switch
    {
        EuropeanOption o => o.Expiry,
        DatedFuture f => f.Expiry,
        _ => null,
    };
}

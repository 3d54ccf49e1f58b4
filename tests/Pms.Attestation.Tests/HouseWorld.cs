using System.Collections.Immutable;
using Pms.Attestation.Amounts;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Margin.Parameters;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Scenarios;
using Pms.Simulation;
using Pms.Simulation.Parameters;

namespace Pms.Attestation.Tests;

/// <summary>A small house on a simulated market: one linear family of SOL in USDC, SOL as collateral, a few accounts.</summary>
internal sealed class HouseWorld
{
    public static readonly Asset Sol = new("SOL");
    public static readonly Asset Usdc = new("USDC");
    public static readonly UnderlyingId Family = UnderlyingId.Linear(Sol, Usdc);
    public static readonly CoinIndex SolCoin = new(0);

    private static readonly SimulationParameters Market = SimulationParameters.Default with
    {
        Coins = [.. SimulationParameters.Default.Coins.Where(c => c.Coin == Sol)],
        Families = [.. SimulationParameters.Default.Families.Where(f => f.Underlying == Family)],
        SpotPairs = [.. SimulationParameters.Default.SpotPairs.Where(p => p.Underlying == Family || p.Kind == SpotPairKind.Stablecoin)],
    };

    public static readonly DateTimeOffset Start = Market.Start.AddMinutes(5);

    public static readonly RiskParameters Parameters = RiskParameters.Default with { Name = "house", Scenarios = ScenarioParameters.Default with { MonteCarloCount = 200 } };

    private static readonly Lazy<HouseWorld> TheOne = new(() => new HouseWorld());

    public HouseWorld()
    {
        Snapshot = SnapshotAt(Start);
        Listing = new HouseListing(Usdc, ImmutableSortedDictionary<byte, Asset>.Empty.Add(0, Sol), ImmutableSortedDictionary<byte, (Asset, PriceId)>.Empty.Add(0, (Sol, new PriceId(0))));
        Perpetual = Listing.Add(Listing.TermsOf(new Perpetual(Family)));
        Options = [.. Snapshot.Boards.Single(b => b.Id == Family).Expiries.Skip(2).Take(3).SelectMany(e => e.Options).Select(q => Listing.Add(Listing.TermsOf(q.Instrument)))];
        Epochs = new HouseEpochs(Listing, Parameters, ImmutableDictionary<Asset, double>.Empty);
        Book = new HouseBook(new BlockNumber(100), [.. Accounts()], ImmutableDictionary<InstrumentId, Wad>.Empty.Add(Perpetual, new Wad(Wad.One / 50))) { BlockHash = Keccak256.Hash("block 100"u8) };
        Epoch = Epochs.Make(Snapshot, EpochSeed.Of(Book, new BatchSequence(1)));
    }

    /// <summary>Shared by tests that do not change it.</summary>
    public static HouseWorld Shared => TheOne.Value;

    public MarketSnapshot Snapshot { get; }

    public HouseListing Listing { get; }

    public HouseEpochs Epochs { get; }

    public InstrumentId Perpetual { get; }

    public ImmutableArray<InstrumentId> Options { get; }

    public HouseBook Book { get; }

    public HouseEpoch Epoch { get; }

    public HouseRows Rows => Epoch.Rows;

    /// <param name="at">moment</param>
    /// <param name="spotScale">of SOL's price</param>
    /// <param name="varianceScale">of its variance</param>
    public static MarketSnapshot SnapshotAt(DateTimeOffset at, double spotScale = 1, double varianceScale = 1) => new SimulatedExchange(
        Market with
        {
            Coins = [.. Market.Coins.Select(c => c with { SpotUsd = c.SpotUsd * spotScale, InitialVariance = c.InitialVariance * varianceScale, InitialMediumVariance = c.InitialMediumVariance * varianceScale })],
        },
        seed: 7).SnapshotAt(at);

    public static QuantityWad Units(decimal units) => QuantityWad.Of(units);

    public static Wad Usd(long dollars) => new(dollars * Wad.One);

    /// <summary>An account whose positions hash is that of its legs, bought one after the other.</summary>
    public static HouseAccount Account(ulong number, Wad cash, decimal coins, params (InstrumentId Instrument, decimal Quantity)[] legs)
    {
        var hash = legs.Aggregate(PositionsHash.Empty, (h, l) => h.After(l.Instrument, QuantityWad.Zero, Units(l.Quantity)));
        return new HouseAccount(
            new AccountNumber(number),
            new AccountSequence((ulong)legs.Length),
            hash,
            cash,
            [.. legs.OrderBy(l => l.Instrument).Select(l => new HouseLeg(l.Instrument, Units(l.Quantity), Wad.Zero))],
            coins == 0 ? ImmutableSortedDictionary<byte, decimal>.Empty : ImmutableSortedDictionary<byte, decimal>.Empty.Add(SolCoin.Value, coins));
    }

    private IEnumerable<HouseAccount> Accounts()
    {
        yield return Account(1, Usd(1_000_000), 0, (Perpetual, 500), (Options[4], -30), (Options[9], 12));
        yield return Account(2, Usd(400_000), 120.5m, (Perpetual, -500), (Options[4], 30));
        yield return Account(3, Usd(50_000), 0);
        yield return Account(4, Usd(-2_000), 900, (Options[9], -12));
        yield return Account(7, Usd(10_000), 0, (Options[20], 5), (Options[21], -5), (Options[22], 3));
    }
}

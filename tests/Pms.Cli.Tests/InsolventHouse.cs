using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using Pms.Attestation.Amounts;
using Pms.Attestation.Batches;
using Pms.Attestation.Wire;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Cli.Onchain;
using Pms.Keeper.Chains;
using Pms.Simulation.Stress;

namespace Pms.Cli.Tests;

/// <summary>One house for all tests of bad debt.</summary>
[CollectionDefinition(Name)]
public sealed class InsolventHouses : ICollectionFixture<InsolventHouse>
{
    public const string Name = "insolvent house";
}

/// <summary>The protocol on a local chain at the moment when an account under liquidation has come to be worth nothing, and the chain does not know it yet. Insurance has less than the debt.</summary>
/// <remarks>The chain begins in the past, so that it is never ahead of the clock that commands go by. From the moment on a block is made when a test says so.</remarks>
public sealed class InsolventHouse : IAsyncLifetime
{
    /// <summary>Cash of the insurance account, USD.</summary>
    internal const int InsuranceUsd = 3_000;

    /// <summary>Up as fast as the registry takes it, once the grace period after the first batch is nearly over.</summary>
    private static readonly StressScript Shock = new(
        "shock", "Spot +23 % within 12 minutes.",
        [new StressFrame(TimeSpan.Zero, StressState.None), new StressFrame(TimeSpan.FromMinutes(14), StressState.None), new StressFrame(TimeSpan.FromMinutes(26), new StressState { LogSpotShift = 0.21 })]);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pms-insolvent-");
    private string _moment = "";
    private BatchDocument _document = null!;

    internal LocalHouse House { get; private set; } = null!;

    /// <summary>Worth nothing: short calls against three others, long a perpetual against one of them.</summary>
    internal AccountNumber Account { get; private set; }

    internal AccountNumber Insurance { get; private set; }

    internal LocalKeeper Keeper { get; private set; } = null!;

    /// <summary>Has bought a share of the account while it was worth something, and not written it out.</summary>
    internal LocalKeeper Holder { get; private set; } = null!;

    /// <summary>All accounts at the moment.</summary>
    internal HouseBook Before { get; private set; } = null!;

    /// <summary>In force at the moment.</summary>
    internal Batch Batch { get; private set; } = null!;

    /// <summary>File of the batch in force.</summary>
    internal string BatchFile => Path.Combine(_folder.FullName, "batch.json");

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(LiquidatableHouse.IsBuilt, "the chain gateway or the contracts are not built: tools/node.sh builds them");
        var cancel = TestContext.Current.CancellationToken;
        House = await LocalHouse.StartAsync(ChainWorkspace.Find(_folder.FullName), seed: 11, Shock, _ => { }, cancel, DateTimeOffset.UtcNow.AddHours(-6));
        Insurance = await House.InsureAsync(InsuranceUsd, cancel);
        var (owner, account) = await House.TraderAsync("writer", 200_000, cancel);
        var others = new List<AccountNumber>();
        foreach (var (name, usd) in new[] { ("first", 60_000), ("second", 90_000), ("third", 150_000) })
        {
            others.Add((await House.TraderAsync(name, usd, cancel)).Account);
        }

        // Two more, whose margin lets the house's total fall by no more than a batch may make it; the shorter of them ends below its margin, so that nobody is deleveraged against it.
        var (_, longer) = await House.TraderAsync("longer", 150_000, cancel);
        var (_, shorter) = await House.TraderAsync("shorter", 150_000, cancel);
        Keeper = await House.KeeperAsync("keeper", cancel);
        var (sender, small) = await House.TraderAsync("holder", 2_000, cancel);
        Holder = new LocalKeeper("holder", sender, small);
        await sender.SendAsync(EngineCalls.Approve(House.Contracts, small, UnixSeconds.Floor(House.Market.Now.AddDays(30))), cancel);
        var call = await House.ListCallAsync(cancel);
        var batch = await House.EpochAsync(House.Market.Now.AddMinutes(1), cancel);
        (await House.TradeAsync("trade", account, others[0], call, 2.5m, batch, cancel)).ShouldBeTrue();
        (await House.TradeAsync("trade", account, others[1], call, 1.5m, batch, cancel)).ShouldBeTrue();
        (await House.TradeAsync("trade", account, others[2], call, 1m, batch, cancel)).ShouldBeTrue();
        (await House.TradeAsync("trade", others[2], account, House.PerpetualId, 0.25m, batch, cancel)).ShouldBeTrue();
        (await House.TradeAsync("trade", shorter, longer, House.PerpetualId, 8m, batch, cancel)).ShouldBeTrue();
        batch = await House.EpochAsync(await House.NowAsync(cancel), cancel);
        await House.WithdrawToAsync(owner, account, batch, cancel);
        batch = await House.UntilAsync(HouseMarginState.Liquidatable, "liquidatable", account, cancel);
        await House.Relayer.SendAsync(EngineCalls.Start(House.Contracts, account, batch.ProofOf(account)), cancel);
        await Holder.Sender.SendAsync(EngineCalls.TakeShare(House.Contracts, account, Holder.Account, new UnsignedWad((UInt128)300 * 1_000_000_000_000_000_000), UnsignedWad.Zero, batch.ProofOf(account)), cancel);
        for (var move = 0; await EquityAsync(batch, account) > -(InsuranceUsd + 2_000); move++)
        {
            move.ShouldBeLessThan(20, "the market does not rise enough");
            batch = await House.EpochAsync((await House.NowAsync(cancel)).AddMinutes(2), cancel);
        }

        (Account, Batch, _document) = (account, batch, House.Current!);
        BatchFiles.Write(BatchFile, _document);
        await MiningAsync(each: false);
        Before = await House.Reader.ReadAsync(cancel);
        _moment = (string)(await RpcAsync("evm_snapshot"))!;
    }

    /// <summary>Back to the moment. Attesters have seen what came after it, so only one test of a house may ask them.</summary>
    public async Task ResetAsync()
    {
        await RpcAsync("anvil_dropAllTransactions");
        ((bool)(await RpcAsync("evm_revert", _moment))!).ShouldBeTrue();
        _moment = (string)(await RpcAsync("evm_snapshot"))!;
        await MiningAsync(each: false);
        BatchFiles.Write(BatchFile, _document);
    }

    /// <summary>The batch in force as a file.</summary>
    internal void WriteBatch() => BatchFiles.Write(BatchFile, House.Current!);

    /// <summary>Whether each transaction makes a block, or blocks are made by tests alone.</summary>
    public async Task MiningAsync(bool each) => await RpcAsync("evm_setAutomine", each);

    /// <summary>One block with everything of the pool.</summary>
    public async Task MineAsync() => await RpcAsync("anvil_mine", "0x1");

    /// <summary>The liquidation contract as a keeper sees it.</summary>
    internal async Task<LiquidationContract> ContractAsync(LocalKeeper who)
    {
        var key = House.Workspace.Key(who.Name);
        var reader = new HouseReader(House.Node, House.Contracts, LocalMarket.House.NewListing(), LocalMarket.House.CoinDecimals);
        return new LiquidationContract(House.Node, House.Contracts, reader, key, await House.Keys.AddressAsync(key, TestContext.Current.CancellationToken), who.Account.Value, relay: null);
    }

    /// <summary>Transactions that wait for a block.</summary>
    public async Task<int> PooledAsync() => int.Parse((await RpcAsync("txpool_status"))!["pending"]!.ToString()[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <summary>Events of the engine and of the house since the moment.</summary>
    internal async Task<IReadOnlyList<ChainLog>> EventsAsync() => await House.Node.LogsAsync(
        [House.Contracts.Engine, House.Contracts.House], Before.Block.Value + 1, (await House.Node.LatestAsync(TestContext.Current.CancellationToken)).Number, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (House is not null)
        {
            await House.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    /// <summary>Cash and contracts of an account, USD.</summary>
    private async Task<double> EquityAsync(Batch batch, AccountNumber account)
    {
        var held = (await House.Reader.ReadAsync(TestContext.Current.CancellationToken)).Accounts.Single(a => a.Number == account);
        return (double)((BigInteger)held.Cash.Units + batch.ProofOf(account).Leaf.MarkValue.Units) / 1e18;
    }

    private Task<JsonNode?> RpcAsync(string method, params JsonNode[] parameters) => House.Node.RpcAsync(method, new JsonArray(parameters), TestContext.Current.CancellationToken);
}

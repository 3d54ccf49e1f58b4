using System.Globalization;
using System.Numerics;
using Pms.Attestation.Amounts;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Cli.Onchain;
using Pms.Keeper.Batches;
using Pms.Keeper.Decisions;
using Pms.Keeper.Running;
using Pms.Keeper.Storage;

namespace Pms.Cli.Tests;

/// <summary>The keeper in bad-debt mode on the real contracts: it marks what is worth nothing, and takes it over as soon as insurance pays the debt, not before.</summary>
[Collection(InsolventHouses.Name)]
public sealed class KeeperBadDebtTests(InsolventHouse fixture) : IAsyncLifetime
{
    private static readonly KeeperConfig Rules = new()
    {
        DryRun = false,
        CooldownSeconds = 1,
        Confirmations = 0,
        BadDebt = BadDebtMode.TakeOver,
        Gas = new GasRules { EtherUsd = 3_000, HistoryBlocks = 32 },
        Costs = new CostRules { RiskShare = 0, SpreadShare = 0, ImpactFactor = 0 },
        Stale = new StaleRules { BatchSeconds = 240 },
        MinimumNetUsd = new KeeperConfig().MinimumNetUsd.Add(ActionKind.TakeOver, -30).SetItem(ActionKind.End, -10),
    };

    private readonly DirectoryInfo _stores = Directory.CreateTempSubdirectory("pms-bad-debt-");
    private readonly KeeperMetrics _metrics = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private LocalHouse House => fixture.House;

    public async ValueTask InitializeAsync() => await fixture.ResetAsync();

    public ValueTask DisposeAsync()
    {
        _metrics.Dispose();
        _stores.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Tick_WorthNothing_IsMarkedAndTakenOverOnceInsurancePaysTheDebt()
    {
        var holder = await fixture.ContractAsync(fixture.Holder);
        (await holder.AccountsAsync(House.Current, Cancel)).Single(v => v.Account == fixture.Account.Value).OwnClaims.ShouldBe([1UL]);
        using var store = KeeperStore.Open(Path.Combine(_stores.FullName, "keeper.db"));
        var host = new KeeperHost(
            await fixture.ContractAsync(fixture.Keeper), new FileBatchSource(fixture.BatchFile), store, Rules with { Payer = fixture.Keeper.Account.Value, Whitelist = [fixture.Account.Value] }, House.Market, _metrics);
        async Task<KeeperReport> LookAsync()
        {
            House.Market.Clock = House.Market.Now = await House.NowAsync(Cancel);
            var report = await host.TickAsync(Cancel);
            await fixture.MineAsync();
            return report;
        }

        // Marked first; then the debt is more than insurance has, and nobody buys that.
        Single(await LookAsync()).ShouldBe((ActionKind.End, "sent", null));
        for (var look = 0; look < 4; look++)
        {
            var report = await LookAsync();
            Single(report).ShouldBe((ActionKind.TakeOver, "skipped", "not-profitable"));
            report.Snapshot.Accounts.Single(v => v.Account == fixture.Account.Value).InsuredWad.ShouldBe(Cash(await BookAsync(), fixture.Insurance), "all that it has");
        }

        await fixture.MiningAsync(each: true);
        var (owner, amount) = (House.Relayer, new TokenAmount(40_000 * BigInteger.Pow(10, LocalMarket.House.CashDecimals)));
        await owner.SendAsync(House.Contracts.Token(0), "mint", [await owner.AddressAsync(Cancel), $"{amount}"], Cancel);
        await owner.SendAsync(HouseCalls.Approve(House.Contracts, 0, amount), Cancel);
        await owner.SendAsync(HouseCalls.DepositCash(House.Contracts, fixture.Insurance, amount), Cancel);
        await fixture.MiningAsync(each: false);
        var before = await BookAsync();
        var take = await LookAsync();
        Single(take).ShouldBe((ActionKind.TakeOver, "sent", null));
        await LookAsync();
        await LookAsync();
        store.Unfinished.ShouldBeEmpty();
        store.Newest(10).Select(t => (t.Kind, t.Progress)).ShouldBe([(ActionKind.TakeOver, TransactionProgress.Done), (ActionKind.End, TransactionProgress.Done)]);

        // Every wad: insurance paid the debt and the share of the margin of so many seconds; the keeper what it named, into what is its own account now.
        var events = await fixture.EventsAsync();
        var taken = events.Single(e => e.Event == "TakenOver");
        var found = events.Single(e => e.Event == "FoundInsolvent");
        var seconds = (await House.Node.BlockAsync(taken.BlockNumber, Cancel))!.Timestamp - (await House.Node.BlockAsync(found.BlockNumber, Cancel))!.Timestamp;
        var leaf = fixture.Batch.ProofOf(fixture.Account).Leaf;
        var (_, maintenance) = leaf.At(fixture.Batch.Header.ObservedAt, new UnixSeconds((await House.Node.BlockAsync(taken.BlockNumber, Cancel))!.Timestamp));
        var debt = -(Cash(before, fixture.Account) + leaf.MarkValue.Units);
        var insured = debt + ((BigInteger)maintenance.Units * seconds / 900);
        Big(taken, "insuredWad").ShouldBe(insured);
        Big(taken, "worthWad").ShouldBe(-debt);
        var paid = take.Actions.Single(a => a.Outcome == "sent").Action.CashWad;
        var after = await BookAsync();
        after.Accounts.Select(a => (a.Number, (BigInteger)a.Cash.Units)).ShouldBe(before.Accounts.Select(a => (a.Number, a.Cash.Units + (
            a.Number == fixture.Account ? insured + paid : a.Number == fixture.Insurance ? -insured : a.Number == fixture.Keeper.Account ? -paid : BigInteger.Zero))));
        after.Accounts.SelectMany(a => a.Legs).ShouldBe(before.Accounts.SelectMany(a => a.Legs));
        EvmAddress.Parse((string)(await House.Node.CallAsync(House.Contracts.House, "ownerOf", [$"{fixture.Account}"], Cancel))[0]!)
            .ShouldBe(EvmAddress.Parse(await fixture.Keeper.Sender.AddressAsync(Cancel)));
        (await new EngineReader(House.Node, House.Contracts).IsUnderLiquidationAsync(fixture.Account, Cancel)).ShouldBeFalse();
        (await holder.AccountsAsync(House.Current, Cancel)).ShouldAllBe(v => v.OwnClaims.IsEmpty, "a share of nothing ended with the owner's part");
    }

    private static (ActionKind Kind, string Outcome, string? Skip) Single(KeeperReport report)
    {
        var action = report.Actions.Where(a => a.Action.Skip is not { Code: "not-listed" }).ShouldHaveSingleItem();
        return (action.Action.Kind, action.Outcome, action.Action.Skip?.Code);
    }

    private Task<HouseBook> BookAsync() => House.Reader.ReadAsync(Cancel);

    private static BigInteger Cash(HouseBook book, AccountNumber account) => book.Accounts.Single(a => a.Number == account).Cash.Units;

    private static BigInteger Big(ChainLog log, string name) => BigInteger.Parse(log.Args[name]!.ToString(), CultureInfo.InvariantCulture);
}

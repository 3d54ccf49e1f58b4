using System.Diagnostics.Metrics;
using Microsoft.Extensions.Time.Testing;
using Pms.Keeper.Decisions;
using Pms.Keeper.Running;
using Pms.Keeper.Storage;
using Pms.Primitives;
using static Pms.Keeper.Tests.Views;

namespace Pms.Keeper.Tests;

/// <summary>The host on a chain in memory: nothing twice, nothing lost, whatever dies when.</summary>
public sealed class KeeperHostTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pms-keeper-").FullName;
    private readonly FakeChain _chain = new();
    private readonly KeeperMetrics _metrics = new();
    private KeeperStore _store;

    public KeeperHostTests() => _store = Open();

    public void Dispose()
    {
        _store.Dispose();
        _metrics.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Tick_OwnClaim_IsSentOnceAndSettled()
    {
        _chain.Accounts.Add(Claimed(1));
        var first = await Tick();
        first.Actions.ShouldHaveSingleItem().Outcome.ShouldBe("sent");
        var second = await Tick();
        second.Actions.ShouldHaveSingleItem().Action.Skip!.Code.ShouldBe("in-flight");
        _chain.Mine();
        (await Tick()).Transactions.ShouldContain(t => t.Outcome == "included");
        _chain.Mine(2);
        var last = await Tick();
        last.Transactions.ShouldContain(t => t.Outcome == "done" && t.Fee!.GasUsed == 100_000);
        last.Snapshot.GasSpentTodayUsd.ShouldBe(100_000 * 10e9 * 1e-18 * 3_000, 1e-9);
        last.Fees.ShouldHaveSingleItem().ShouldBe(new KindFees(ActionKind.Divide, 1, 100_000, 100_000 * _chain.BaseFee, last.Snapshot.GasSpentTodayUsd));
        _store.Newest(1)[0].Fee.ShouldBe(new GasFee(100_000, _chain.BaseFee, last.Snapshot.GasSpentTodayUsd));
        _chain.Happened.ShouldBe(["Divide:1:4"]);
        _store.Unfinished.ShouldBeEmpty();
    }

    [Fact]
    public async Task Tick_DryRun_SendsAndWritesNothing()
    {
        _chain.Accounts.Add(Claimed(1));
        (await Tick(Config with { DryRun = true })).Actions.ShouldHaveSingleItem().Outcome.ShouldBe("wouldSend");
        _chain.InPool.ShouldBe(0);
        _store.Newest(10).ShouldBeEmpty();
    }

    /// <summary>The process dies at every single call in turn and comes back: each action happens exactly once.</summary>
    [Fact]
    public async Task Tick_KilledAtEveryCall_DoesEverythingExactlyOnce()
    {
        var deaths = 0;
        for (var dieAt = 1; dieAt <= 60; dieAt++)
        {
            var chain = new FakeChain { DieAt = dieAt };
            chain.Accounts.AddRange([Claimed(1), Claimed(2), Claimed(3)]);
            var path = Path.Combine(_folder, $"kill-{dieAt}.db");
            for (var round = 0; round < 12; round++)
            {
                using var store = KeeperStore.Open(path);
                try
                {
                    await Host(chain, store, Config).TickAsync(CancellationToken.None);
                }
                catch (ProcessKilledException)
                {
                    deaths++;
                }

                chain.Mine();
            }

            string.Join(" ", chain.Happened.Order()).ShouldBe("Divide:1:4 Divide:2:4 Divide:3:4", $"died at call {dieAt}");
            using var after = KeeperStore.Open(path);
            after.Unfinished.ShouldBeEmpty($"died at call {dieAt}");
        }

        deaths.ShouldBe(60);
    }

    [Fact]
    public async Task Tick_BaseFeeRises_ReplacesWithTheSameNonceAndHappensOnce()
    {
        _chain.Accounts.Add(Claimed(1));
        await Tick();
        _chain.BaseFee = 30_000_000_000;
        _chain.Mine(2);
        var report = await Tick(Config with { MinimumNetUsd = Config.MinimumNetUsd.SetItem(ActionKind.Divide, -500), Gas = Config.Gas with { CapUsdPerTransaction = 500 } });
        report.Transactions.ShouldContain(t => t.Outcome == "replaced");
        _chain.InPool.ShouldBe(1);
        _chain.Mine(3);
        (await Tick()).Transactions.ShouldContain(t => t.Outcome == "done");
        _chain.Happened.Count().ShouldBe(1);
    }

    [Fact]
    public async Task Tick_NoLongerWanted_IsCancelled()
    {
        _chain.Accounts.Add(Claimed(1));
        await Tick();
        _chain.BaseFee = 30_000_000_000;
        _chain.Accounts.Clear();
        _chain.Mine(2);
        (await Tick()).Transactions.ShouldContain(t => t.Outcome == "cancelled");
        _chain.BaseFee = 10_000_000_000;
        _chain.Mine(3);
        (await Tick()).Transactions.ShouldContain(t => t.Outcome == "gone" && t.Fee!.Usd > 0);
        _chain.Happened.ShouldBe(["0x"]);
    }

    [Fact]
    public async Task Tick_TransactionIsLost_IsSentAgain()
    {
        _chain.Accounts.Add(Claimed(1));
        _chain.Drops = true;
        await Tick();
        _chain.InPool.ShouldBe(0);
        _chain.Drops = false;
        (await Tick()).Transactions.ShouldContain(t => t.Outcome == "resent");
        _chain.Mine();
        _chain.Happened.ShouldBe(["Divide:1:4"]);
    }

    [Fact]
    public async Task Tick_BlockIsReplaced_IsSentAgainAndCountsOnce()
    {
        _chain.Accounts.Add(Claimed(1));
        await Tick();
        _chain.Mine();
        (await Tick()).Transactions.ShouldContain(t => t.Outcome == "included");
        _chain.ForgetLastBlock();
        _chain.Accounts[0] = Claimed(1);
        (await Tick()).Transactions.ShouldContain(t => t.Outcome == "reorganised");
        _chain.Mine(3);
        var report = await Tick();
        report.Transactions.ShouldContain(t => t.Outcome == "done");
        report.Snapshot.GasSpentTodayUsd.ShouldBe(3, 1e-9);
        _chain.Happened.ShouldBe(["Divide:1:4"]);
    }

    [Fact]
    public async Task Tick_RevertedOnChain_CoolsDown()
    {
        _chain.Accounts.Add(Claimed(1));
        await Tick();
        _chain.Reverts = true;
        _chain.Mine(3);
        var report = await Tick();
        report.Transactions.ShouldContain(t => t.Outcome == "reverted");
        report.Actions.ShouldHaveSingleItem().Action.Skip!.Code.ShouldBe("cooldown");
    }

    [Fact]
    public async Task Tick_ContractWouldRefuse_SaysItsErrorAndCoolsDown()
    {
        _chain.Accounts.Add(Claimed(1));
        _chain.Refuses = "NotRunning";
        (await Tick()).Actions.ShouldHaveSingleItem().Action.Skip!.Code.ShouldBe("refused-NotRunning");
        _chain.Refuses = null;
        (await Tick()).Actions.ShouldHaveSingleItem().Action.Skip!.Code.ShouldBe("cooldown");
        _chain.Mine(6);
        (await Tick()).Actions.ShouldHaveSingleItem().Outcome.ShouldBe("sent");
    }

    [Fact]
    public async Task Tick_DayCapReached_SendsNoMore()
    {
        _chain.Accounts.AddRange([Claimed(1), Claimed(2)]);
        var capped = Config with { Gas = Config.Gas with { CapUsdPerDay = 60 } };
        (await Tick(capped)).Actions.Count(a => a.Outcome == "sent").ShouldBe(1);
        _chain.Mine(3);
        (await Tick(capped)).Actions.ShouldHaveSingleItem().Outcome.ShouldBe("sent");
    }

    /// <summary>Two auctions and cash for one and a half: what the first bid will take is not offered again at the next look.</summary>
    [Fact]
    public async Task Tick_BidOnItsWay_ItsCashIsNotOfferedAgain()
    {
        _chain.Now += 4_000;
        _chain.Cash = Wad(6_000);
        _chain.Accounts.Add(Account(1, terms: Terms));
        // the batch of this chain in memory is missing, so bids are judged by the decision alone
        var config = Config with { Stale = Config.Stale with { BatchSeconds = 86_400 } };
        var host = Host(_chain, _store, config);
        var report = await host.TickAsync(CancellationToken.None);
        report.Actions.ShouldHaveSingleItem().Action.Skip!.Code.ShouldBe("stale-batch");
        _store.Begin(new KeeperAction { Kind = ActionKind.Share, Account = 1, CashWad = Wad(4_000), Why = "" }, 0, "0xengine", "Share:1:0", 300_000, new SentVersion("h", "0|0xengine|Share:1:0|300000|30000000000|1", new(30_000_000_000, 1), false), 0);
        (await host.TickAsync(CancellationToken.None)).Snapshot.CashWad.ShouldBe(Wad(2_000));
    }

    [Fact]
    public void Store_SecondProcessOrSecondAction_IsRefused()
    {
        Should.Throw<InvalidInputException>(Open).Code.ShouldBe("keeper-store-busy");
        var action = new KeeperAction { Kind = ActionKind.Start, Account = 1, Why = "" };
        _store.Begin(action, 5, "0x", "0x", 21_000, new SentVersion("a", "a", new(1, 1), false), 1);
        Should.Throw<InvalidInputException>(() => _store.Begin(action, 6, "0x", "0x", 21_000, new SentVersion("b", "b", new(1, 1), false), 1)).Code.ShouldBe("keeper-doubled");
        Should.Throw<InvalidInputException>(() => _store.Begin(action with { Account = 2 }, 5, "0x", "0x", 21_000, new SentVersion("c", "c", new(1, 1), false), 1)).Code.ShouldBe("keeper-doubled");
    }

    [Fact]
    public async Task Tick_Metrics_CountSkipsAndTransactions()
    {
        var seen = new Dictionary<string, double>();
        using var listener = new MeterListener { InstrumentPublished = (i, l) => { if (i.Meter.Name == KeeperMetrics.MeterName) { l.EnableMeasurementEvents(i); } } };
        listener.SetMeasurementEventCallback<long>((i, v, _, _) => { lock (seen) { seen[i.Name] = seen.GetValueOrDefault(i.Name) + v; } });
        listener.Start();
        _chain.Accounts.Add(Claimed(1));
        await Tick();
        await Tick();
        lock (seen)
        {
            (seen["pms.keeper.ticks"] >= 2, seen["pms.keeper.skips"] >= 1, seen["pms.keeper.transactions"] >= 1).ShouldBe((true, true, true));
        }
    }

    private static AuctionView Claimed(ulong account) => Account(account, equity: 20_000) with { OwnClaims = [4] };

    private KeeperStore Open() => KeeperStore.Open(Path.Combine(_folder, "keeper.db"));

    private Task<KeeperReport> Tick(KeeperConfig? config = null) => Host(_chain, _store, config ?? Config).TickAsync(CancellationToken.None);

    private KeeperHost Host(FakeChain chain, KeeperStore store, KeeperConfig config) =>
        new(chain, chain, store, config, new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds((long)chain.Now + 1)), _metrics);
}

using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using Pms.Attestation.Amounts;
using Pms.Attestation.Batches;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Cli.Onchain;
using Pms.Keeper.Batches;
using Pms.Keeper.Chains;
using Pms.Keeper.Decisions;
using Pms.Keeper.Running;
using Pms.Keeper.Storage;
using Pms.Testing;

namespace Pms.Cli.Tests;

/// <summary>The keeper service on the real contracts: two of them compete, and one is killed. Whatever happens, every action happens once and every digit is where it belongs.</summary>
public sealed class KeeperChainTests(LiquidatableHouse fixture, ITestOutputHelper output) : IClassFixture<LiquidatableHouse>, IAsyncLifetime
{
    private const int MostRounds = 60;
    private const int MostPolls = 3_000;

    private static readonly KeeperConfig Rules = new()
    {
        DryRun = false,
        CooldownSeconds = 3,
        Gas = new GasRules { EtherUsd = 3_000, HistoryBlocks = 32 },
        Costs = new CostRules { RiskShare = 0, SpreadShare = 0, ImpactFactor = 0 },
        Stale = new StaleRules { BatchSeconds = 240 },
    };

    private readonly DirectoryInfo _stores = Directory.CreateTempSubdirectory("pms-keeper-stores-");

    public async ValueTask InitializeAsync() => await fixture.ResetAsync();

    public ValueTask DisposeAsync()
    {
        _stores.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>Both find the account, sign a start at the same look, then bid in the same block: one start counts, the smaller bid comes first, the larger one gets the rest. Nobody tells them anything.</summary>
    [Fact]
    public async Task Tick_TwoKeepersInTheSameBlocks_RestoreTheAccountOnce()
    {
        var held = new List<string>();
        var part = (double)(await ShortfallAsync() * 6 / 10 / BigInteger.Pow(10, 12)) / 1e6;
        await using var first = await KeeperAsync(fixture.First, Rules with { LargestCashUsd = part, Gas = Rules.Gas with { LeastTipWei = 2_000_000_000 } }, held);
        await using var second = await KeeperAsync(fixture.Second, Rules, held);
        await RunAsync([first, second], held);

        Kinds(first, TransactionProgress.Done).ShouldBe([ActionKind.Start, ActionKind.Share, ActionKind.Divide]);
        Kinds(second, TransactionProgress.Done).ShouldBe([ActionKind.Share, ActionKind.Divide]);
        Kinds(second, TransactionProgress.Reverted).ShouldBe([ActionKind.Start]);
        var events = await RequireExactAsync(first, second);
        events.Select(e => e.Event).ShouldBe(["AuctionStarted", "ShareTaken", "ShareTaken", "AuctionEnded", "Divided", "Divided"]);
        var bids = events.Where(e => e.Event == "ShareTaken").ToArray();
        bids.Select(e => Big(e, "payer")).ShouldBe([fixture.First.Account.Value, fixture.Second.Account.Value]);
        var named = second.Store.Newest(100).Single(t => t.Kind == ActionKind.Share).CashWad;
        Big(bids[1], "cashWad").ShouldBeLessThan(named);
        var end = events.Single(e => e.Event == "AuctionEnded");
        Big(end, "equityWad").ShouldBe(-BigInteger.Divide((Big(end, "maintenanceWad") * -11) - 9, 10), "restored to the target and not one wad further");
    }

    /// <summary>A late bid is refused by the contract before it is sent, or in its block; the keeper loses gas and nothing else.</summary>
    [Fact]
    public async Task Tick_TwoBidsForAll_TheLaterOneIsRefusedInItsBlock()
    {
        var held = new List<string>();
        await using var first = await KeeperAsync(fixture.First, Rules with { Gas = Rules.Gas with { LeastTipWei = 2_000_000_000 } }, held);
        await using var second = await KeeperAsync(fixture.Second, Rules, held);
        await RunAsync([first, second], held);
        Kinds(first, TransactionProgress.Done).ShouldBe([ActionKind.Start, ActionKind.Share, ActionKind.Divide]);
        Kinds(second, TransactionProgress.Reverted).ShouldBe([ActionKind.Start, ActionKind.Share]);
        Kinds(second, TransactionProgress.Done).ShouldBeEmpty();
        await RequireExactAsync(first, second);
        second.Store.Fees().Sum(f => f.Transactions).ShouldBe(2);
    }

    /// <summary>A keeper dies around calls to the chain and comes back with its store. The fast suite takes the moments that matter; the long one draws more, up to three deaths in one run, beside another keeper in every second.</summary>
    [Fact]
    public async Task Tick_KilledAroundCallsToTheRealChain_DoesEverythingOnce()
    {
        var lives = new List<Death[]>
        {
            new Death[] { new("send", 1, After: false) }, new Death[] { new("send", 1, After: true) }, new Death[] { new("receipt", 1, After: true) },
            new Death[] { new("send", 2, After: true), new("receipt", 1, After: true) }, new Death[] { new("sign", 2, After: true) }, new Death[] { new("send", 3, After: false), new("send", 1, After: true) },
        };
        var (random, chosen) = (new Random(20_261_128), lives.Count);
        for (var i = 0; FuzzBudget.Long && i < 60; i++)
        {
            lives.Add([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => new Death(null, random.Next(1, 61), random.Next(2) == 0))]);
        }

        var died = 0;
        foreach (var (deaths, place) in lives.Select((d, i) => (d, i)))
        {
            await fixture.ResetAsync();
            await using var first = await KeeperAsync(fixture.First, Rules, held: null, $"{place}-first", deaths);
            await using var second = await KeeperAsync(fixture.Second, Rules, held: null, $"{place}-second");
            LiveKeeper[] keepers = place < chosen || place % 2 == 0 ? [first] : [first, second];
            await RunAsync(keepers, null);
            var events = await RequireExactAsync([.. keepers.Select(k => (Accounted)k)]);
            events.Select(e => e.Event).ShouldBe(["AuctionStarted", "ShareTaken", "AuctionEnded", "Divided"], string.Join("; ", deaths.AsEnumerable()));
            if (place < chosen)
            {
                first.Deaths.ShouldBe(deaths.Length);
            }

            died += first.Deaths;
        }

        output.WriteLine($"{lives.Count} runs, {died} deaths");
        died.ShouldBeGreaterThanOrEqualTo(FuzzBudget.Long ? 50 : chosen);
    }

    /// <summary>An auction that nobody bids in, as no bid pays: once its terms have run out it starts anew with the numbers of then.</summary>
    [Fact]
    public async Task Tick_AuctionRanOutUnsold_StartsAnew()
    {
        await using var keeper = await KeeperAsync(fixture.First, Rules with { MinimumNetUsd = Rules.MinimumNetUsd.SetItem(ActionKind.Share, 1e6) });
        await RunAsync([keeper], null, until: k => Kinds(k, TransactionProgress.Done).Length == 1);
        keeper.Last!.Actions.ShouldHaveSingleItem().Action.Skip!.Code.ShouldBe("not-profitable");
        await fixture.AgeAuctionAsync(5_000);
        await RunAsync([keeper], null, until: k => Kinds(k, TransactionProgress.Done).Length == 2);
        Kinds(keeper, TransactionProgress.Done).ShouldBe([ActionKind.Start, ActionKind.Restart]);
        (await fixture.EventsAsync()).Select(e => e.Event).ShouldBe(["AuctionStarted", "AuctionStarted"]);
        var terms = keeper.Last!.Snapshot.Accounts.ShouldHaveSingleItem().Terms!;
        terms.HasRunOut(keeper.Last.Snapshot.NowSeconds).ShouldBeFalse();
    }

    /// <summary>A process of the command line is killed (SIGKILL) as soon as its first transaction is out, then at drawn moments, and runs to the end at last.</summary>
    [Fact]
    public async Task Run_ProcessKilledAtAnyMoment_DoesEverythingOnce()
    {
        var rules = Rules with { Payer = fixture.First.Account.Value, Batch = fixture.BatchFile, Confirmations = 0, PollSeconds = 0.1 };
        var config = Path.Combine(_stores.FullName, "keeper.json");
        await File.WriteAllTextAsync(config, rules.Write(), TestContext.Current.CancellationToken);
        string[] Arguments(string verb) => ["keeper", verb, "--config", config, "--key", fixture.House.Workspace.Key(fixture.First.Name), "--folder", fixture.House.Workspace.Folder, "--url", fixture.House.Node.Url, "--yes", "--json"];
        var (ether, nonce) = (await EtherAsync(fixture.First), await NonceAsync(fixture.First));
        var random = new Random(7);
        for (var life = 0; life < (FuzzBudget.Long ? 20 : 3); life++)
        {
            using var process = PmsProcess.Start(Arguments("run"));
            if (life == 0)
            {
                for (var poll = 0; poll < MostPolls && !process.HasExited && await fixture.PooledAsync() == 0; poll++)
                {
                    await Task.Delay(10, TestContext.Current.CancellationToken);
                }
            }
            else
            {
                await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
                await MineWaitingAsync();
                await Task.Delay(random.Next(0, 400), TestContext.Current.CancellationToken);
            }

            process.HasExited.ShouldBeFalse();
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        for (var look = 0; look < MostRounds && !await IsWrittenOutAsync(); look++)
        {
            await MineWaitingAsync();
            (await PmsProcess.RunAsync(Arguments("once"))).ExitCode.ShouldBe(0);
        }

        (await PmsProcess.RunAsync(Arguments("once"))).ExitCode.ShouldBe(0);
        var status = await PmsProcess.RunAsync(["keeper", "status", "--config", config, "--json"]);
        var done = status.Json.GetProperty("transactions").EnumerateArray().ToArray();
        done.Select(t => t.GetProperty("progress").GetString()).ShouldAllBe(p => p == "done");
        done.Select(t => t.GetProperty("kind").GetString()).ShouldBe(["divide", "share", "start"]);
        using var store = KeeperStore.Open(Path.Combine(_stores.FullName, "keeper.db"));
        await RequireExactAsync(new Accounted(fixture.First, store, ether, nonce));
    }

    /// <summary>Looks of all keepers, then a block, until nobody has anything to do; the dead come back with their stores.</summary>
    private async Task RunAsync(LiveKeeper[] keepers, List<string>? held, Func<LiveKeeper, bool>? until = null)
    {
        for (var round = 0; round < MostRounds; round++)
        {
            foreach (var keeper in keepers)
            {
                await keeper.LookAsync();
            }

            foreach (var raw in (held ?? []).Distinct())
            {
                await fixture.House.Node.SendRawAsync(raw, TestContext.Current.CancellationToken);
            }

            held?.Clear();
            await fixture.MineAsync();
            if (round > 0 && keepers.All(until ?? (k => k.IsIdle)))
            {
                return;
            }
        }

        Assert.Fail($"after {MostRounds} blocks: {string.Join("; ", keepers.SelectMany(k => k.Store.Newest(20)).Select(t => $"{t.Kind} {t.Progress}"))}; {string.Join("; ", keepers.SelectMany(k => k.Last?.Actions ?? []).Select(a => $"{a.Action.Kind} {a.Outcome} {a.Action.Skip?.Message}"))}");
    }

    /// <summary>The account stands at its target, nothing is on its way, and every account holds to the last digit what the events say; every wei of gas and every nonce of a key is in its store.</summary>
    private async Task<IReadOnlyList<ChainLog>> RequireExactAsync(params Accounted[] keepers)
    {
        var house = fixture.House;
        var cancel = TestContext.Current.CancellationToken;
        (await new EngineReader(house.Node, house.Contracts).IsUnderLiquidationAsync(fixture.Account, cancel)).ShouldBeFalse();
        var events = await fixture.EventsAsync();
        events.Count(e => e.Event == "Divided").ShouldBe(events.Count(e => e.Event == "ShareTaken"));
        var after = await house.Reader.ReadAsync(cancel);
        LocalLiquidation.RequireConserved(fixture.Before, after);
        after.Accounts.Select(Text).ShouldBe(Expected(fixture.Before, events).Select(Text));
        foreach (var keeper in keepers)
        {
            keeper.Store.Unfinished.ShouldBeEmpty();
            var all = keeper.Store.Newest(1_000);
            var address = await house.Keys.AddressAsync(house.Workspace.Key(keeper.Who.Name), cancel);
            bool IsMine(ChainLog e, string by) => string.Equals((string?)e.Args[by], address, StringComparison.OrdinalIgnoreCase);
            all.Count(t => t is { Kind: ActionKind.Start, Progress: TransactionProgress.Done }).ShouldBe(events.Count(e => e.Event == "AuctionStarted" && IsMine(e, "by")));
            all.Count(t => t is { Kind: ActionKind.Share, Progress: TransactionProgress.Done }).ShouldBe(events.Count(e => e.Event == "ShareTaken" && IsMine(e, "holder")));
            (await EtherAsync(keeper.Who)).ShouldBe(keeper.EtherBefore - keeper.Store.Fees().Aggregate(BigInteger.Zero, (sum, f) => sum + f.Wei));
            ((int)(await NonceAsync(keeper.Who) - keeper.NonceBefore)).ShouldBe(all.Count(t => t.Fee is not null));
        }

        return events;
    }

    /// <summary>The book as the events make it, by the rounding that docs/protocol.md gives: legs towards 0, cash down.</summary>
    private static IEnumerable<HouseAccount> Expected(HouseBook before, IEnumerable<ChainLog> events)
    {
        var book = before.Accounts.ToDictionary(a => a.Number.Value);
        foreach (var e in events)
        {
            var account = (ulong)Big(e, "account");
            if (e.Event == "ShareTaken")
            {
                book[(ulong)Big(e, "payer")] = Paid(book[(ulong)Big(e, "payer")], -Big(e, "cashWad"));
                book[account] = Paid(book[account], Big(e, "cashWad") - Big(e, "feeWad"));
            }
            else if (e.Event == "Divided")
            {
                var (units, all, giver, to) = (Big(e, "unitsWad"), Big(e, "allUnitsWad"), book[account], (ulong)Big(e, "to"));
                var cash = Floor(giver.Cash.Units * units, all);
                var moved = giver.Legs.Select(l => l with { Quantity = new QuantityWad((Int128)BigInteger.Divide(l.Quantity.Units * units, all)) }).ToImmutableArray();
                book[account] = Paid(giver, -cash) with { Legs = [.. giver.Legs.Zip(moved, (l, m) => l with { Quantity = new QuantityWad(l.Quantity.Units - m.Quantity.Units) })] };
                book[to] = giver with { Number = new AccountNumber(to), Cash = new Wad((Int128)cash), Legs = moved };
            }
        }

        return book.Values.OrderBy(a => a.Number);
    }

    private static HouseAccount Paid(HouseAccount account, BigInteger wad) => account with { Cash = new Wad(account.Cash.Units + (Int128)wad) };

    private static BigInteger Floor(BigInteger numerator, BigInteger denominator) => BigInteger.DivRem(numerator, denominator, out var rest) - (rest.Sign < 0 ? 1 : 0);

    private static string Text(HouseAccount a) => $"{a.Number}: cash {a.Cash.Units}, {string.Join(", ", a.Legs.Select(l => $"{l.Instrument} {l.Quantity.Units}"))}";

    private static BigInteger Big(ChainLog log, string name) => BigInteger.Parse(log.Args[name]!.ToString(), CultureInfo.InvariantCulture);

    private static ActionKind[] Kinds(LiveKeeper keeper, TransactionProgress progress) => [.. keeper.Store.Newest(100).Where(t => t.Progress == progress).Select(t => t.Kind).Reverse()];

    private async Task<BigInteger> ShortfallAsync()
    {
        await using var keeper = await KeeperAsync(fixture.First, Rules, held: null, "look");
        await keeper.LookAsync(dryRun: true);
        var money = keeper.Last!.Snapshot.Accounts.ShouldHaveSingleItem().Money;
        return (money.MaintenanceWad * 11 / 10) - money.EquityWad;
    }

    private async Task<BigInteger> EtherAsync(LocalKeeper who) => await fixture.EtherAsync(await who.Sender.AddressAsync(TestContext.Current.CancellationToken));

    private async Task<ulong> NonceAsync(LocalKeeper who) => await fixture.NonceAsync(await who.Sender.AddressAsync(TestContext.Current.CancellationToken));

    private async Task<bool> IsWrittenOutAsync() => (await fixture.EventsAsync()).Any(e => e.Event == "Divided");

    private async Task MineWaitingAsync()
    {
        if (await fixture.PooledAsync() > 0)
        {
            await fixture.MineAsync();
        }
    }

    private async Task<LiveKeeper> KeeperAsync(LocalKeeper who, KeeperConfig rules, List<string>? held = null, string? store = null, params Death[] deaths) => new(
        fixture, who, rules with { Payer = who.Account.Value }, Path.Combine(_stores.FullName, $"{store ?? who.Name}.db"), held, deaths, await EtherAsync(who), await NonceAsync(who));

    /// <summary>A keeper whose books are compared with the chain.</summary>
    /// <param name="Who">key and account</param>
    /// <param name="Store">its own</param>
    /// <param name="EtherBefore">wei, before it began</param>
    /// <param name="NonceBefore">before it began</param>
    private sealed record Accounted(LocalKeeper Who, KeeperStore Store, BigInteger EtherBefore, ulong NonceBefore);

    /// <summary>A keeper's host with its store; when it dies, the next look is another host's.</summary>
    private sealed class LiveKeeper : IAsyncDisposable
    {
        private readonly LiquidatableHouse _fixture;
        private readonly LocalKeeper _who;
        private readonly KeeperConfig _rules;
        private readonly string _path;
        private readonly List<string>? _held;
        private readonly Queue<Death> _deaths;
        private readonly KeeperMetrics _metrics = new();
        private readonly BigInteger _ether;
        private readonly ulong _nonce;
        private MortalChain? _chain;

        public LiveKeeper(LiquidatableHouse fixture, LocalKeeper who, KeeperConfig rules, string path, List<string>? held, Death[] deaths, BigInteger ether, ulong nonce)
        {
            (_fixture, _who, _rules, _path, _held, _deaths, _ether, _nonce) = (fixture, who, rules, path, held, new Queue<Death>(deaths), ether, nonce);
            Store = KeeperStore.Open(path);
        }

        public KeeperStore Store { get; private set; }

        public KeeperReport? Last { get; private set; }

        public int Deaths { get; private set; }

        /// <summary>It looked, saw nothing but a leaf of a book that is gone, and has nothing on its way.</summary>
        public bool IsIdle => Last is { } look && look.Actions.All(a => a.Action.Skip is { Code: "leaf-stale" }) && Store.Unfinished.IsEmpty;

        public static implicit operator Accounted(LiveKeeper keeper) => new(keeper._who, keeper.Store, keeper._ether, keeper._nonce);

        public async Task LookAsync(bool dryRun = false)
        {
            _chain ??= await ChainAsync();
            try
            {
                Last = await new KeeperHost(_chain, new FileBatchSource(_fixture.BatchFile), Store, _rules with { DryRun = dryRun }, TimeProvider.System, _metrics).TickAsync(TestContext.Current.CancellationToken);
            }
            catch (KeeperKilledException)
            {
                Deaths++;
                Store.Dispose();
                (Store, _chain, Last) = (KeeperStore.Open(_path), null, null);
            }
        }

        public ValueTask DisposeAsync()
        {
            Store.Dispose();
            _metrics.Dispose();
            return ValueTask.CompletedTask;
        }

        private async Task<MortalChain> ChainAsync()
        {
            var house = _fixture.House;
            var key = house.Workspace.Key(_who.Name);
            var reader = new HouseReader(house.Node, house.Contracts, LocalMarket.House.NewListing(), LocalMarket.House.CoinDecimals);
            var address = await house.Keys.AddressAsync(key, TestContext.Current.CancellationToken);
            return new MortalChain(new LiquidationContract(house.Node, house.Contracts, reader, key, address, _who.Account.Value, relay: null), _deaths, _held);
        }
    }
}

using System.Text.Json;
using Pms.Attestation.Encoding;
using Pms.Attestation.Trees;
using Pms.Attestation.Wire;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Server.Books;
using Pms.Server.Chain;
using Pms.Server.Storage;
using Pms.Server.Tests.Rpc;

namespace Pms.Server.Tests.Chain;

/// <summary>A server that follows a house: its accounts, its batches, and what happens when the chain does not do as it should.</summary>
public sealed class ChainLoopTests
{
    [Fact]
    public async Task Mirror_AccountsOfTheHouse_AreInTheBookAndChangeThereAlone()
    {
        var house = new FakeHouse();
        await using var world = await StartAsync(house);
        await UntilAsync(world, () => world.Host.Loop.Book.Accounts.ContainsKey("7"));

        (await world.ErrorAsync(HttpMethod.Put, "accounts/7", """{"positions":[],"collateral":[]}""", ("Idempotency-Key", "k1"))).ShouldBe((409, "account-on-chain"));
        (await world.ErrorAsync(HttpMethod.Delete, "accounts/7", null, ("Idempotency-Key", "k2"))).ShouldBe((409, "account-on-chain"));
        house.Accounts = [ServerWorld.Account("7", 40_000, (ServerWorld.OptionName(4), -20))];
        await UntilAsync(world, () => world.Host.Loop.Book.Accounts["7"].Positions[0].Quantity == -20);

        // What did not change is not written down again.
        var records = Set(world);
        await UntilAsync(world, () => house.Proposed.Count >= 1);
        await Task.Delay(300, TestContext.Current.CancellationToken);
        Set(world).ShouldBe(records);
    }

    [Fact]
    public async Task Mirror_AmountsInAnotherForm_BookIsWhatTheRecordMakesOfThem()
    {
        // 30.000 and 30 are one quantity and two texts: the hash of the book is of texts.
        var listed = ServerWorld.Account("7", 1, (ServerWorld.OptionName(4), -30));
        var house = new FakeHouse { Accounts = [listed with { Positions = [new Position(listed.Positions[0].Instrument, -30.000m)], Collateral = [new CollateralHolding(Asset.Usd, 100.500000m)] }] };
        await using var world = await StartAsync(house);
        await UntilAsync(world, () => world.Host.Loop.Book.Accounts.ContainsKey("7"));
        world.Host.Loop.Book.Hash.ShouldBe(BookReplay.Read(world.Store, long.MaxValue).Hash);
    }

    [Fact]
    public async Task Attestation_OfAnAccount_LeadsFromItsLeafToTheSignedRoot()
    {
        var house = new FakeHouse();
        await using var world = await StartAsync(house);
        await UntilAsync(world, () => Chain(world).InForce is not null && world.Host.Loop.Current?.Find("7") is not null);

        var document = await world.GetAsync("accounts/7/attestation");
        var header = document.GetProperty("header");
        var batch = BatchDocument.Read(await world.Client.GetByteArrayAsync("batches/current", TestContext.Current.CancellationToken));
        var path = document.GetProperty("path").EnumerateArray().Select(h => KeccakHash.Parse(h.GetString()!)).ToArray();
        var leaf = batch.Leaves.Single(l => l.Account.Value == 7);
        document.GetProperty("leaf").GetProperty("maintenanceWad").GetString().ShouldBe($"{leaf.Maintenance}");
        FixedDepthTree.Verify(batch.Header.AccountsRoot, leaf.StructHash(), document.GetProperty("place").GetInt32(), batch.Leaves.Length, FixedDepthTree.AccountDepth, path).ShouldBeTrue();
        header.GetProperty("accountsRoot").GetString().ShouldBe($"{batch.Header.AccountsRoot}");
        document.GetProperty("batch").GetProperty("digest").GetString().ShouldBe($"{batch.Digest}");

        (await world.ErrorAsync(HttpMethod.Get, "accounts/alice/attestation")).ShouldBe((404, "leaf-missing"));
        (await world.ErrorAsync(HttpMethod.Get, "accounts/nobody/attestation")).ShouldBe((404, "account-missing"));
        (await world.GetAsync("chain")).GetProperty("batch").GetProperty("sequence").GetUInt64().ShouldBe(batch.Header.Sequence.Value);
        (await world.GetAsync("batches?last=1")).GetProperty("items")[0].GetProperty("gas").GetUInt64().ShouldBe(130_000UL);
        (await world.GetAsync("keepers")).GetProperty("items")[0].GetProperty("name").GetString().ShouldBe("one");
        (await world.GetAsync("liquidations")).GetProperty("block").GetUInt64().ShouldBe(101UL);
        (await world.GetAsync("governance")).GetProperty("inForce").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Publish_RefusedBatch_IsListedWithItsReasonAndDoesNotReplaceTheOneInForce()
    {
        var house = new FakeHouse();
        await using var world = await StartAsync(house);
        await UntilAsync(world, () => Chain(world).InForce is not null);
        var inForce = Chain(world).InForce!.Document!.Header.Sequence.Value;
        house.Refusal = new Refusal("quorum-small", "2 of 3 signatures");
        world.Feed.Snapshot = ServerWorld.SnapshotAt(6);
        await UntilAsync(world, () => Chain(world).Batches[0].Error is not null);

        var chain = await world.GetAsync("chain");
        chain.GetProperty("batch").GetProperty("sequence").GetUInt64().ShouldBe(inForce);
        (await world.GetAsync("batches")).GetProperty("items")[0].GetProperty("error").GetProperty("code").GetString().ShouldBe("quorum-small");
        Chain(world).InForce!.Document!.Header.Sequence.Value.ShouldBe(inForce);
    }

    [Fact]
    public async Task Publish_SameMarket_IsProposedOnce()
    {
        var house = new FakeHouse();
        await using var world = await StartAsync(house);
        await UntilAsync(world, () => house.Proposed.Count == 1);
        await Task.Delay(500, TestContext.Current.CancellationToken);
        house.Proposed.Count.ShouldBe(1);
        world.Feed.Snapshot = ServerWorld.SnapshotAt(6);
        await UntilAsync(world, () => house.Proposed.Count == 2);
    }

    [Fact]
    public async Task Publish_WhileTheMarketIsTooOld_NothingIsProposed()
    {
        var house = new FakeHouse { IsOpen = false };
        await using var world = await StartAsync(house);
        await world.EpochAsync();
        world.Feed.LastEventAt = TimeProvider.System.GetUtcNow().AddHours(-1);
        house.IsOpen = true;
        await UntilAsync(world, () => Chain(world).Liquidations is not null);
        house.Proposed.ShouldBeEmpty();
    }

    [Fact]
    public async Task Read_ChainUnreachable_IsToldAndOvercome()
    {
        var house = new FakeHouse { Unreadable = new Refusal("chain-unreachable", "no answer") };
        await using var world = await StartAsync(house);
        await UntilAsync(world, () => Chain(world).Document.Error?.Code == "chain-unreachable");
        await world.EpochAsync();
        (await world.GetAsync("overview")).GetProperty("totals").GetProperty("accounts").GetInt32().ShouldBe(ServerWorld.Accounts.Length);
        house.Unreadable = null;
        await UntilAsync(world, () => Chain(world).Document is { Error: null, State: "live" });
    }

    [Fact]
    public async Task Run_HouseFails_ServerGoesOnWithoutIt()
    {
        var house = new FakeHouse();
        await using var world = await StartAsync(house);
        await UntilAsync(world, () => Chain(world).InForce is not null);
        house.Fail(new InvalidInputException("keeper-lost", "a keeper has failed"));
        await UntilAsync(world, () => Chain(world).Document.State == "failed");
        (await world.GetAsync("chain")).GetProperty("error").GetProperty("code").GetString().ShouldBe("keeper-lost");
        var number = world.Host.Loop.Current!.Number;
        world.Feed.Snapshot = ServerWorld.SnapshotAt(7);
        (await world.EpochAsync(number)).ShouldBeGreaterThan(number);
    }

    [Theory]
    [InlineData("batches")]
    [InlineData("batches/current")]
    [InlineData("accounts/alice/attestation")]
    [InlineData("liquidations")]
    [InlineData("keepers")]
    [InlineData("governance")]
    public async Task Endpoints_WithoutAChain_SaySo(string path)
    {
        await using var world = await ServerWorld.StartAsync();
        await world.EpochAsync();
        (await world.ErrorAsync(HttpMethod.Get, path)).ShouldBe((404, "chain-absent"));
        (await world.GetAsync("chain")).GetProperty("state").GetString().ShouldBe("absent");
    }

    [Fact]
    public async Task Events_AfterABatch_TellIt()
    {
        var house = new FakeHouse();
        await using var world = await StartAsync(house);
        await using var stream = await world.Client.GetStreamAsync("events", TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (await reader.ReadLineAsync(limit.Token) != "event: batch")
        {
        }

        var data = (await reader.ReadLineAsync(limit.Token))!["data: ".Length..];
        JsonDocument.Parse(data).RootElement.GetProperty("transaction").GetString().ShouldBe("0xdd");
    }

    /// <summary>Over the WebSocket: what HTTP says, when it has changed and not before; errors where there is no chain.</summary>
    [Fact]
    public async Task Channels_OfTheChain_TellWhatHasChanged()
    {
        var house = new FakeHouse();
        await using var world = await StartAsync(house);
        await UntilAsync(world, () => Chain(world).Governance is not null && world.Host.Loop.Current?.Find("7") is not null);
        await using var client = await RpcClient.ConnectAsync(world);
        await client.ResultAsync("public/subscribe", new { channels = new[] { "keepers", "auctions.watch", "params.changes", "chain" } });
        var keepers = await client.ToldAsync("keepers");
        keepers.GetProperty("document").GetRawText().ShouldBe((await client.ResultAsync("private/get_keepers")).GetRawText());
        (await client.ToldAsync("auctions.watch")).GetProperty("document").GetRawText().ShouldBe((await world.GetAsync("liquidations")).GetRawText());
        (await client.ToldAsync("params.changes")).GetProperty("document").GetRawText().ShouldBe((await world.GetAsync("governance")).GetRawText());
        (await client.ToldAsync("chain")).GetProperty("document").GetProperty("house").GetProperty("quorum").GetInt32().ShouldBe(3);

        house.Keepers = [house.Keepers[0] with { Looks = 2 }];
        var next = await client.ToldAsync("keepers");
        next.GetProperty("document").GetProperty("items")[0].GetProperty("looks").GetInt32().ShouldBe(2);
        next.GetProperty("prev_sequence").GetInt64().ShouldBe(keepers.GetProperty("sequence").GetInt64(), "looks of the loop that changed nothing were not told");
        (await client.ResultAsync("private/get_attestation", new { account = "7" })).GetProperty("quorum").GetInt32().ShouldBe(3);

        await using var alone = await ServerWorld.StartAsync();
        await alone.EpochAsync();
        await using var other = await RpcClient.ConnectAsync(alone);
        await other.ResultAsync("public/subscribe", new { channels = new[] { "keepers", "chain" } });
        (await other.ToldAsync("keepers")).GetProperty("error").GetProperty("data").GetProperty("code").GetString().ShouldBe("chain-absent");
        (await other.ToldAsync("chain")).GetProperty("document").GetProperty("state").GetString().ShouldBe("absent");
    }

    private static Task<ServerWorld> StartAsync(FakeHouse house) => ServerWorld.StartAsync(chain: new ChainOptions
    {
        Open = (_, _) => Task.FromResult<IHouseChain>(house),
        BatchInterval = TimeSpan.FromMilliseconds(50),
        LookInterval = TimeSpan.FromMilliseconds(50),
    });

    private static int Set(ServerWorld world) => world.Store.Records(0, 1_000).Count(r => r.Kind == RecordKind.AccountSet);

    private static ChainLoop Chain(ServerWorld world) => world.Host.Chain!;

    private static async Task UntilAsync(ServerWorld world, Func<bool> holds)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (!holds())
        {
            await Task.Delay(20, limit.Token);
        }
    }
}

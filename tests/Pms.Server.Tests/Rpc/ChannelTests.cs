using System.Net.WebSockets;

namespace Pms.Server.Tests.Rpc;

/// <summary>Channels: a snapshot, then what has changed, in numbers that show every gap; heartbeats; readers that are too slow.</summary>
public sealed class ChannelTests
{
    [Fact]
    public async Task Watch_SnapshotThenChanges_AddUpToTheRowsOfHttp()
    {
        await using var world = await ServerWorld.StartAsync();
        await world.EpochAsync();
        await using var client = await RpcClient.ConnectAsync(world);
        (await client.ResultAsync("public/subscribe", new { channels = new[] { "margin.watch", "margin.watch" } })).GetArrayLength().ShouldBe(1);
        var first = await client.ToldAsync("margin.watch");
        first.GetProperty("type").GetString().ShouldBe("snapshot");
        first.TryGetProperty("prev_sequence", out _).ShouldBeFalse();
        var rows = first.GetProperty("rows").EnumerateArray().ToDictionary(r => r.GetProperty("account").GetString()!, r => r.GetRawText());
        var sequence = first.GetProperty("sequence").GetInt64();

        await client.ResultAsync("private/set_account", new { account = "erin", idempotency_key = "k1", collateral = new[] { new { asset = "USDC", amount = 10 } } });
        await client.ResultAsync("private/remove_account", new { account = "bob", idempotency_key = "k2" });
        for (var isWhole = false; !isWhole;)
        {
            var change = await client.ToldAsync("margin.watch");
            change.GetProperty("type").GetString().ShouldBe("change");
            change.GetProperty("prev_sequence").GetInt64().ShouldBe(sequence, "no gap");
            sequence = change.GetProperty("sequence").GetInt64();
            foreach (var row in change.GetProperty("rows").EnumerateArray())
            {
                rows[row.GetProperty("account").GetString()!] = row.GetRawText();
                row.GetProperty("account").GetString().ShouldBe("erin", "rows that did not change are not told");
            }

            foreach (var gone in change.GetProperty("removed").EnumerateArray())
            {
                rows.Remove(gone.GetString()!).ShouldBeTrue();
                isWhole = true;
            }
        }

        (await client.ResultAsync("private/get_accounts", new { epoch = sequence })).GetProperty("items").EnumerateArray().Select(r => r.GetRawText()).ShouldBe(rows.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => r.Value));
    }

    [Fact]
    public async Task Overview_AChangeHasThePointsSinceTheLastUpdateAlone()
    {
        await using var world = await ServerWorld.StartAsync();
        await world.EpochAsync();
        await using var client = await RpcClient.ConnectAsync(world);
        await client.ResultAsync("public/subscribe", new { channels = new[] { "overview", "epochs" } });
        var first = await client.ToldAsync("overview");
        first.GetProperty("document").GetProperty("history").GetArrayLength().ShouldBe(1);
        world.Feed.Snapshot = ServerWorld.SnapshotAt(6);
        var second = await client.ToldAsync("overview");
        second.GetProperty("type").GetString().ShouldBe("change");
        second.GetProperty("document").GetProperty("epoch").GetProperty("number").GetInt64().ShouldBe(2);
        second.GetProperty("document").GetProperty("history").EnumerateArray().Single().GetProperty("number").GetInt64().ShouldBe(2);
        (await client.ResultAsync("private/get_overview")).GetProperty("history").GetArrayLength().ShouldBe(2);
    }

    /// <summary>Epochs that a follower could not be told of are not told later: the next update goes on from the last one that it has.</summary>
    [Fact]
    public async Task Updates_ThatWereMissed_AreOneUpdate()
    {
        await using var world = await ServerWorld.StartAsync();
        await world.EpochAsync();
        var history = new Server.Api.OverviewHistory(world.Host.Loop);
        var book = new Server.Rpc.Channels.ChannelBook(world.Host.Loop, history, new Server.Api.ChainEndpoints(world.Host.Loop, null));
        foreach (var name in new[] { "margin.watch", "overview", "epochs", "margin.alice" })
        {
            var channel = book.Open(name, Server.Api.ApiScopes.Read);
            var told = channel.Next(null)!;
            channel.Next(told).ShouldBeNull(name);
            var epoch = world.Host.Loop.Current!.Number;
            foreach (var minutes in new[] { 6, 7, 8 })
            {
                world.Feed.Snapshot = ServerWorld.SnapshotAt(minutes + (int)(10 * epoch));
                epoch = await world.EpochAsync(epoch);
            }

            var next = channel.Next(told)!;
            (next.Sequence - told.Sequence).ShouldBe(3, name);
            channel.Next(next).ShouldBeNull(name);
        }

        Should.Throw<Server.Rpc.RpcException>(() => book.Open("overview", Server.Api.ApiScopes.None)).Error.Code.ShouldBe(13009);
    }

    /// <summary>A follower whose last epoch is no longer kept gets everything again.</summary>
    [Fact]
    public async Task Watch_AfterMoreEpochsThanAreKept_IsASnapshotAgain()
    {
        await using var world = await ServerWorld.StartAsync();
        var epoch = await world.EpochAsync();
        var channel = new Server.Rpc.Channels.ChannelBook(world.Host.Loop, new Server.Api.OverviewHistory(world.Host.Loop), new Server.Api.ChainEndpoints(world.Host.Loop, null)).Open("margin.watch", Server.Api.ApiScopes.Read);
        var told = channel.Next(null)!;
        var follower = told;
        for (var minutes = 6; minutes < 12; minutes++)
        {
            world.Feed.Snapshot = ServerWorld.SnapshotAt(minutes);
            epoch = await world.EpochAsync(epoch);
            follower = channel.Next(follower)!;
            follower.IsSnapshot.ShouldBeFalse();
        }

        channel.Next(told)!.IsSnapshot.ShouldBeTrue();
    }

    [Fact]
    public async Task Margin_OfAnAccountThatGoes_TellsAnErrorAndGoesOn()
    {
        await using var world = await ServerWorld.StartAsync();
        await world.EpochAsync();
        await using var client = await RpcClient.ConnectAsync(world);
        await client.ResultAsync("public/subscribe", new { channels = new[] { "margin.bob" } });
        (await client.ToldAsync("margin.bob")).GetProperty("document").GetProperty("accounts")[0].GetProperty("account").GetString().ShouldBe("bob");
        await client.ResultAsync("private/remove_account", new { account = "bob", idempotency_key = "k2" });
        (await client.ToldAsync("margin.bob")).GetProperty("error").GetProperty("data").GetProperty("code").GetString().ShouldBe("account-missing");
        (await client.ResultAsync("public/unsubscribe", new { channels = new[] { "margin.bob", "overview" } })).EnumerateArray().Single().GetString().ShouldBe("margin.bob");
        (await client.ResultAsync("public/unsubscribe_all")).GetString().ShouldBe("ok");
    }

    [Fact]
    public async Task Alerts_TellWhatIsRaisedAndWhatIsCleared_WithTheFirstTime()
    {
        await using var world = await ServerWorld.StartAsync();
        var epoch = await world.EpochAsync();
        await using var client = await RpcClient.ConnectAsync(world);
        await client.ResultAsync("public/subscribe", new { channels = new[] { "alerts" } });
        var items = (await client.ToldAsync("alerts")).GetProperty("items").EnumerateArray().ToArray();
        var carol = items.Single(i => i.GetProperty("account").GetString() == "carol");
        (carol.GetProperty("maintenance").GetDecimal() - carol.GetProperty("equity").GetDecimal()).ShouldBe(carol.GetProperty("shortfall").GetDecimal());
        world.Feed.Snapshot = ServerWorld.SnapshotAt(6);
        await world.EpochAsync(epoch);
        var later = (await world.GetAsync("alerts")).GetProperty("items").EnumerateArray().Single(i => i.GetProperty("account").GetString() == "carol");
        later.GetProperty("since").GetString().ShouldBe(carol.GetProperty("since").GetString(), "the first time, not the newest epoch's");
        await client.ResultAsync("private/remove_account", new { account = "carol", idempotency_key = "k" });
        var change = await client.ToldAsync("alerts");
        change.GetProperty("prev_sequence").GetInt64().ShouldBe(1);
        change.GetProperty("raised").GetArrayLength().ShouldBe(0);
        change.GetProperty("cleared").EnumerateArray().Single().GetProperty("account").GetString().ShouldBe("carol");
    }

    [Fact]
    public async Task Heartbeat_ASilentClientIsAskedAndThenCutOff_OneThatAnswersIsNot()
    {
        await using var world = await ServerWorld.StartAsync(o => o with { LeastHeartbeatMs = 50 });
        await using var client = await RpcClient.ConnectAsync(world);
        await client.ResultAsync("public/set_heartbeat", new { interval = 0.5 });
        for (var answered = 0; answered < 3;)
        {
            var message = (await client.ReadAsync())!.Value;
            if (message.TryGetProperty("method", out var method) && method.GetString() == "heartbeat" && message.GetProperty("params").GetProperty("type").GetString() == "test_request")
            {
                await client.SendAsync("""{"jsonrpc":"2.0","id":1,"method":"public/test"}""");
                answered++;
            }
        }

        while (await client.ReadAsync() is not null)
        {
            // Asked once more, and silent.
        }

        client.Socket.CloseStatus.ShouldBe(WebSocketCloseStatus.PolicyViolation);
    }

    /// <summary>A client that asks for much and reads nothing: the server keeps no more than a few answers for it, and lets it go.</summary>
    [Fact]
    public async Task SlowReader_IsCutOff_OthersAreNot()
    {
        await using var world = await ServerWorld.StartAsync(o => o with { SlowReaderMs = 500, MostCallsPerSecond = 100_000 });
        await world.EpochAsync();
        await using var slow = await RpcClient.ConnectAsync(world);
        await using var other = await RpcClient.ConnectAsync(world);
        await Should.ThrowAsync<Exception>(async () =>
        {
            while (true)
            {
                await slow.SendAsync("""[{"jsonrpc":"2.0","id":1,"method":"private/get_instruments"},{"jsonrpc":"2.0","id":2,"method":"private/get_instruments"}]""");
            }
        });
        await Should.ThrowAsync<WebSocketException>(async () =>
        {
            while (true)
            {
                await slow.ReadAsync();
            }
        });
        await other.ResultAsync("public/test");
    }

    [Fact]
    public async Task Server_ThatStops_ClosesItsConnections()
    {
        RpcClient client;
        await using (var world = await ServerWorld.StartAsync())
        {
            client = await RpcClient.ConnectAsync(world);
            await client.ResultAsync("public/test");
            await world.Host.DisposeAsync();
            (await client.ReadAsync()).ShouldBeNull();
        }

        client.Socket.CloseStatus.ShouldBe(WebSocketCloseStatus.EndpointUnavailable);
        await client.DisposeAsync();
    }
}

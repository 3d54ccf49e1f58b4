using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Pms.Server.Api;

namespace Pms.Server.Tests.Rpc;

/// <summary>Calls over the WebSocket: the documents of HTTP, keys, limits, and typed errors for whatever makes no sense.</summary>
public sealed class CallTests
{
    private const string Reader = "reader-key-that-nobody-guesses";
    private const string Writer = "writer-key-that-nobody-guesses";

    public static TheoryData<string, string, string, string?> Twins() => new()
    {
        { "private/get_accounts", """{"limit":2,"sort":"ratio"}""", "accounts?limit=2&sort=ratio", null },
        { "private/get_account", """{"account":"alice"}""", "accounts/alice", null },
        { "private/get_margin", """{"account":"alice"}""", "accounts/alice/margin", null },
        { "private/get_margins", """{"account":"alice","instrument":"SOL_USDC-PERPETUAL","amount":5,"price":150.5}""", "accounts/alice/margins?instrument=SOL_USDC-PERPETUAL&amount=5&price=150.5", null },
        { "private/explain", """{"account":"alice","worst":3}""", "accounts/alice/explain?worst=3", null },
        { "private/get_models", """{"account":"alice"}""", "accounts/alice/models", null },
        { "private/get_history", """{"account":"alice","last":5}""", "accounts/alice/history?last=5", null },
        { "private/get_surfaces", "{}", "surfaces", null },
        { "private/get_smiles", """{"underlying":"SOL_USDC"}""", "surfaces/SOL_USDC/smiles", null },
        { "private/get_instruments", "{}", "instruments", null },
        { "private/get_solvency_history", """{"last":3}""", "solvency/history?last=3", null },
        { "private/solvency_what_if", """{"lose":["bob"],"gap":["USDC=0.1"],"hours":2,"insurance":1000,"epoch":1}""", "solvency/whatif?lose=bob&gap=USDC%3D0.1&hours=2&insurance=1000&epoch=1", null },
        { "private/get_scenarios", """{"worst":2,"epoch":1}""", "scenarios?worst=2&epoch=1", null },
        { "private/get_params", "{}", "params", null },
        { "private/get_epochs", "{}", "epochs", null },
        { "private/get_alerts", "{}", "alerts", null },
        { "private/get_records", """{"limit":3}""", "records?limit=3", null },
        { "private/what_if", """{"account":"bob","orders":[{"instrument":"SOL_USDC-PERPETUAL","quantity":-3}]}""", "accounts/bob/whatif", """{"orders":[{"instrument":"SOL_USDC-PERPETUAL","quantity":-3}]}""" },
        { "private/simulate_portfolio", """{"account":"bob","simulated_positions":{"SOL_USDC-PERPETUAL":-3}}""", "accounts/bob/whatif", """{"orders":[{"instrument":"SOL_USDC-PERPETUAL","quantity":-3}]}""" },
        { "private/simulate_portfolio", """{"simulated_positions":{"SOL_USDC-PERPETUAL":-3},"collateral":[{"asset":"USDC","amount":500}]}""", "portfolios/margin", """{"positions":[{"instrument":"SOL_USDC-PERPETUAL","quantity":-3}],"collateral":[{"asset":"USDC","amount":500}]}""" },
    };

    [Theory]
    [MemberData(nameof(Twins))]
    public async Task Call_AnswersTheDocumentOfHttpToTheByte(string method, string parameters, string path, string? body)
    {
        await using var world = await ServerWorld.StartAsync();
        await world.EpochAsync();
        await using var client = await RpcClient.ConnectAsync(world);
        await client.SendAsync($$"""{"jsonrpc":"2.0","id":"x","method":"{{method}}","params":{{parameters}}}""");
        var answer = (await client.ReadAsync())!.Value;
        using var response = await world.SendAsync(body is null ? HttpMethod.Get : HttpMethod.Post, path, body);
        answer.TryGetProperty("result", out var result).ShouldBeTrue(answer.GetRawText());
        result.GetRawText().ShouldBe((await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).TrimEnd('\n'));
        answer.GetProperty("id").GetString().ShouldBe("x");
        answer.GetProperty("usDiff").GetInt64().ShouldBe(answer.GetProperty("usOut").GetInt64() - answer.GetProperty("usIn").GetInt64());
        answer.TryGetProperty("epoch", out var epoch).ShouldBe(response.Headers.TryGetValues("PMS-Epoch", out var header));
        (header?.Single() ?? "").ShouldBe(epoch.ValueKind == JsonValueKind.Undefined ? "" : epoch.GetRawText());
    }

    [Fact]
    public async Task Writes_AreThoseOfHttp_UnderTheSameKeys()
    {
        await using var world = await ServerWorld.StartAsync();
        var epoch = await world.EpochAsync();
        await using var client = await RpcClient.ConnectAsync(world);
        object holdings = new { account = "erin", idempotency_key = "k1", positions = Array.Empty<object>(), collateral = new[] { new { asset = "USDC", amount = 12_345.5 } } };
        var first = await client.ResultAsync("private/set_account", holdings);
        using var again = await world.SendAsync(HttpMethod.Put, "accounts/erin", """{"positions":[],"collateral":[{"asset":"USDC","amount":12345.5}]}""", ("Idempotency-Key", "k1"));
        (await again.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe(first.GetRawText());
        await world.EpochAsync(epoch);
        (await client.ErrorAsync("private/remove_account", new { account = "erin", idempotency_key = "k1" })).ShouldBe((11050, "idempotency-key"));
        (await client.ErrorAsync("private/remove_account", new { account = "nobody", idempotency_key = "k2" })).ShouldBe((13020, "account-missing"));
        (await client.ErrorAsync("private/remove_account", new { account = "erin", idempotency_key = "" })).ShouldBe((-32602, "idempotency-key-missing"));
        (await client.ResultAsync("private/remove_account", new { account = "erin", idempotency_key = "k3" })).GetProperty("account").GetString().ShouldBe("erin");
    }

    [Theory]
    [InlineData("nonsense", -32700, "json-shape")]
    [InlineData("{", -32700, "json-shape")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"public/test","params":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}""", -32700, "json-shape")]
    [InlineData("1", -32600, "rpc-request")]
    [InlineData("[]", -32600, "rpc-batch")]
    [InlineData("""{"id":1,"method":"public/test"}""", -32600, "rpc-request")]
    [InlineData("""{"jsonrpc":"2.0","id":{},"method":"public/test"}""", -32600, "rpc-request")]
    [InlineData("""{"jsonrpc":"2.0","id":1}""", -32600, "rpc-request")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"private/no_such"}""", -32601, "rpc-method")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"public/test","params":[1]}""", -32602, "rpc-params")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"private/get_margin"}""", -32602, "rpc-params")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"private/get_margin","params":{"account":1}}""", -32602, "rpc-params")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"private/get_margin","params":{"acount":"alice"}}""", -32602, "rpc-params")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"private/get_margin","params":{"account":"alice","account":"bob"}}""", -32602, "rpc-params")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"private/get_margin","params":{"account":"nobody"}}""", 13020, "account-missing")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"private/get_margin","params":{"account":"alice","epoch":7}}""", 13020, "epoch-missing")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"private/get_accounts","params":{"limit":0}}""", -32602, "page-limit")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"private/get_accounts","params":{"limit":1.5}}""", -32602, "rpc-params")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"private/what_if","params":{"account":"alice","orders":[]}}""", -32602, "order-count")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"private/what_if","params":{"account":"alice","orders":[{"instrument":"SOL_USDC-PERPETUAL","quantity":"x"}]}}""", -32602, "json-shape")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"private/what_if","params":{"account":"alice","orders":{}}}""", -32602, "json-shape")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"private/simulate_portfolio","params":{"account":"alice","simulated_positions":{"SOL_USDC-PERPETUAL":"1"}}}""", -32602, "rpc-params")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"private/get_margins","params":{"account":"alice","instrument":"SOL_USDC-PERPETUAL","amount":-1}}""", -32602, "order-format")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"public/set_heartbeat","params":{"interval":1}}""", -32602, "rpc-params")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"public/subscribe","params":{"channels":[]}}""", -32602, "rpc-params")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"public/subscribe","params":{"channels":["no.such"]}}""", 13020, "channel-missing")]
    public async Task Message_ThatMakesNoSense_IsATypedErrorAndTheConnectionGoesOn(string message, int number, string code)
    {
        await using var world = await ServerWorld.StartAsync();
        await world.EpochAsync();
        await using var client = await RpcClient.ConnectAsync(world);
        await client.SendAsync(message);
        RpcClient.ErrorOf((await client.ReadAsync())!.Value).ShouldBe((number, code));
        (await client.ResultAsync("public/test")).GetProperty("version").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task Batch_IsAnsweredInOrder_NotificationsAreNot()
    {
        await using var world = await ServerWorld.StartAsync();
        await world.EpochAsync();
        await using var client = await RpcClient.ConnectAsync(world);
        await client.SendAsync("""[{"jsonrpc":"2.0","id":1,"method":"private/get_params"},{"jsonrpc":"2.0","method":"public/test"},7,{"jsonrpc":"2.0","id":"b","method":"public/test"}]""");
        var answers = (await client.ReadAsync())!.Value.EnumerateArray().ToArray();
        answers.Length.ShouldBe(3);
        answers[0].GetProperty("result").GetProperty("hash").GetString().ShouldNotBeNullOrEmpty();
        RpcClient.ErrorOf(answers[1]).Number.ShouldBe(-32600);
        answers[2].GetProperty("id").GetString().ShouldBe("b");
        // Notifications alone get no answer at all: the next message is the test's.
        await client.SendAsync("""[{"jsonrpc":"2.0","method":"public/test"}]""");
        await client.SendAsync("""{"jsonrpc":"2.0","method":"private/no_such"}""");
        await client.ResultAsync("public/get_time");
        client.Received.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Keys_OpenWhatTheirScopesSay()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, $"r {Reader} read\nw {Writer} write\n", TestContext.Current.CancellationToken);
        await using var world = await ServerWorld.StartAsync(o => o with { Keys = ApiKey.ReadFile(file) });
        File.Delete(file);
        await world.EpochAsync();
        await using (var nobody = await RpcClient.ConnectAsync(world))
        {
            (await nobody.ResultAsync("public/health")).GetProperty("state").GetString().ShouldBe("NORMAL");
            (await nobody.ErrorAsync("private/get_margin", new { account = "alice" })).ShouldBe((13009, "key"));
            (await nobody.ErrorAsync("public/subscribe", new { channels = new[] { "overview" } })).ShouldBe((13009, "key"));
            (await nobody.ErrorAsync("public/auth", new { key = "wrong-key-wrong-key-wrong-key" })).ShouldBe((13004, "key"));
            (await nobody.ResultAsync("public/auth", new { key = Reader })).GetProperty("scopes").EnumerateArray().Single().GetString().ShouldBe("read");
            (await nobody.CallAsync("private/get_margin", new { account = "alice" })).TryGetProperty("result", out _).ShouldBeTrue();
        }

        await using (var reader = await RpcClient.ConnectAsync(world, ("Authorization", $"Bearer {Reader}")))
        {
            (await reader.ErrorAsync("private/remove_account", new { account = "alice", idempotency_key = "k" })).ShouldBe((13021, "scope"));
        }

        await using (var writer = await RpcClient.ConnectAsync(world, ("Authorization", $"Bearer {Writer}")))
        {
            (await writer.ErrorAsync("private/get_margin", new { account = "alice" })).ShouldBe((13021, "scope"));
        }

        (await Should.ThrowAsync<InvalidOperationException>(() => RpcClient.ConnectAsync(world, ("Authorization", "Bearer nobody-knows-this-key-at-all")))).Message.ShouldBe("401");
    }

    [Fact]
    public async Task Door_OtherOrigins_TooMany_AndPlainHttp_AreRefused()
    {
        await using var world = await ServerWorld.StartAsync(o => o with { MostConnections = 1 });
        (await Should.ThrowAsync<InvalidOperationException>(() => RpcClient.ConnectAsync(world, ("Origin", "https://evil.example")))).Message.ShouldBe("403");
        (await world.ErrorAsync(HttpMethod.Get, "/ws/api/v1")).ShouldBe((400, "websocket"));
        await using var one = await RpcClient.ConnectAsync(world, ("Origin", world.Host.Url.GetLeftPart(UriPartial.Authority)));
        (await Should.ThrowAsync<InvalidOperationException>(() => RpcClient.ConnectAsync(world))).Message.ShouldBe("503");
    }

    [Fact]
    public async Task Message_TooLongOrBinary_EndsTheConnectionWithTheReason()
    {
        await using var world = await ServerWorld.StartAsync(o => o with { MostBodyBytes = 2_048 });
        await using var one = await RpcClient.ConnectAsync(world);
        await one.SendAsync($"\"{new string('x', 4_000)}\"");
        (await one.ReadAsync()).ShouldBeNull();
        one.Socket.CloseStatus.ShouldBe(WebSocketCloseStatus.MessageTooBig);
        await using var other = await RpcClient.ConnectAsync(world);
        await other.SendBinaryAsync(Encoding.UTF8.GetBytes("{}"));
        (await other.ReadAsync()).ShouldBeNull();
        other.Socket.CloseStatus.ShouldBe(WebSocketCloseStatus.InvalidMessageType);
    }

    [Fact]
    public async Task Calls_BeyondTheBudget_AreRefusedEachAndTheConnectionGoesOn()
    {
        await using var world = await ServerWorld.StartAsync(o => o with { MostCallsPerSecond = 1 });
        await using var client = await RpcClient.ConnectAsync(world);
        await client.SendAsync("""[{"jsonrpc":"2.0","id":1,"method":"public/test"},{"jsonrpc":"2.0","id":2,"method":"public/test"},{"jsonrpc":"2.0","id":3,"method":"public/test"}]""");
        var refused = (await client.ReadAsync())!.Value.EnumerateArray().ToArray();
        refused.Select(r => r.GetProperty("id").GetInt32()).ShouldBe([1, 2, 3]);
        RpcClient.ErrorOf(refused[0]).ShouldBe((10028, "too-many-requests"));
        refused[0].GetProperty("error").GetProperty("data").GetProperty("retryAfterMs").GetInt32().ShouldBeInRange(1, 3_000);
        await client.ResultAsync("public/test");
    }

    /// <summary>One place at work and none to wait: of many calls at once each is answered or told to come back.</summary>
    [Fact]
    public async Task Calls_BeyondThePlacesAtWork_AreToldToComeBack()
    {
        await using var world = await ServerWorld.StartAsync(o => o with { MostWaiting = 0, MostCallsPerSecond = 100_000 });
        await world.EpochAsync();
        await using var client = await RpcClient.ConnectAsync(world);
        const int Calls = 200;
        for (var id = 1; id <= Calls; id++)
        {
            await client.SendAsync($$"""{"jsonrpc":"2.0","id":{{id}},"method":"private/explain","params":{"account":"alice"} }""");
        }

        var (answered, refused) = (0, 0);
        for (var i = 0; i < Calls; i++)
        {
            var answer = (await client.ReadAsync())!.Value;
            if (answer.TryGetProperty("error", out _))
            {
                RpcClient.ErrorOf(answer).ShouldBe((13028, "busy"));
                refused++;
            }
            else
            {
                answered++;
            }
        }

        answered.ShouldBeGreaterThan(0);
        refused.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Halted_CallsAndChannelsTellNoMargins()
    {
        await using var world = await ServerWorld.StartAsync();
        await world.EpochAsync();
        world.Feed.LastEventAt = TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(5);
        await using var client = await RpcClient.ConnectAsync(world);
        (await client.ErrorAsync("private/get_margin", new { account = "alice" })).ShouldBe((13028, "halted"));
        await client.ResultAsync("public/subscribe", new { channels = new[] { "overview", "health" } });
        (await client.ToldAsync("health")).GetProperty("document").GetProperty("state").GetString().ShouldBe("HALT");
    }

    [Fact]
    public async Task Http_EpochThatIsGone_IsRefused()
    {
        await using var world = await ServerWorld.StartAsync();
        await world.EpochAsync();
        using (var response = await world.SendAsync(HttpMethod.Get, "accounts/alice/margin?epoch=1"))
        {
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            response.Headers.GetValues("PMS-Epoch").Single().ShouldBe("1");
        }

        world.Feed.Snapshot = ServerWorld.SnapshotAt(6);
        await world.EpochAsync(1);
        (await world.ErrorAsync(HttpMethod.Get, "accounts/alice/margin?epoch=1")).ShouldBe((410, "epoch-gone"));
        (await world.ErrorAsync(HttpMethod.Get, "overview?epoch=99")).ShouldBe((404, "epoch-missing"));
    }
}

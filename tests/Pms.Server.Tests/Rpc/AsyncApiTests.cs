using System.Net.Http.Json;
using System.Text.Json;
using Pms.Server.Chain;
using Pms.Server.Tests.Chain;

namespace Pms.Server.Tests.Rpc;

/// <summary>The AsyncAPI document against what really goes over the WebSocket.</summary>
public sealed class AsyncApiTests : IAsyncLifetime
{
    private ServerWorld _world = null!;
    private JsonElement _document;

    public async ValueTask InitializeAsync()
    {
        var house = new FakeHouse();
        _world = await ServerWorld.StartAsync(chain: new ChainOptions { Open = (_, _) => Task.FromResult<IHouseChain>(house), BatchInterval = TimeSpan.FromHours(1), LookInterval = TimeSpan.FromMilliseconds(50) });
        while (_world.Host.Chain!.Governance is null || _world.Host.Loop.Current is null)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        _document = await _world.Client.GetFromJsonAsync<JsonElement>("/asyncapi/v1.json", TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    /// <summary>Every channel's snapshot and change, a result, an error and a heartbeat.</summary>
    [Fact]
    public async Task LiveMessages_FitTheirSchemas()
    {
        await using var client = await RpcClient.ConnectAsync(_world);
        string[] channels = ["health", "epochs", "overview", "alerts", "margin.watch", "margin.alice", $"surface.{ServerWorld.Family.Name}", "chain", "auctions.watch", "keepers", "params.changes"];
        await client.ResultAsync("public/subscribe", new { channels });
        await client.ErrorAsync("private/get_margin", new { account = "nobody" });
        foreach (var channel in channels)
        {
            await client.ToldAsync(channel);
        }

        await client.ResultAsync("private/remove_account", new { account = "carol", idempotency_key = "k" });
        await client.ToldAsync("alerts");
        _world.Feed.Snapshot = ServerWorld.SnapshotAt(6);
        foreach (var channel in channels.Take(7).Except(["health", "alerts"]))
        {
            await client.ToldAsync(channel);
        }

        var checkedKinds = new HashSet<string>();
        foreach (var text in client.Received)
        {
            using var message = JsonDocument.Parse(text);
            var name = NameOf(message.RootElement);
            SchemaCheck.Errors(_document, Payload(name), message.RootElement).ShouldBeEmpty($"{name}: {text[..Math.Min(400, text.Length)]}");
            checkedKinds.Add(message.RootElement.TryGetProperty("params", out var p) ? $"{name} {p.GetProperty("data").GetProperty("type")}" : name);
        }

        checkedKinds.ShouldBe(
            [
                "result", "error", "update health snapshot", "update epochs snapshot", "update overview snapshot", "update overview change", "update alerts snapshot", "update alerts change",
                "update margin.watch snapshot", "update margin.watch change", "update margin.{account} snapshot", "update surface.{underlying} snapshot",
                "update chain snapshot", "update auctions.watch snapshot", "update keepers snapshot", "update params.changes snapshot",
            ],
            ignoreOrder: true);
        SchemaCheck.Errors(_document, Payload("heartbeat"), JsonSerializer.SerializeToElement(new { jsonrpc = "2.0", method = "heartbeat", @params = new { type = "test_request" } })).ShouldBeEmpty();
    }

    /// <summary>A schema that lets everything pass would say nothing.</summary>
    [Fact]
    public void Schemas_AMessageThatIsWrong_DoesNotFit()
    {
        var wrong = JsonSerializer.SerializeToElement(new { jsonrpc = "2.0", method = "subscription", @params = new { channel = "epochs", data = new { type = "snapshot", sequence = 1, timestamp = 1, document = new { number = "one" } } } });
        SchemaCheck.Errors(_document, Payload("update epochs"), wrong).ShouldNotBeEmpty();
        SchemaCheck.Errors(_document, Payload("call private/get_margin"), JsonSerializer.SerializeToElement(new { jsonrpc = "2.0", id = 1, method = "private/get_margin", @params = new { } })).ShouldNotBeEmpty();
        SchemaCheck.Errors(_document, Payload("call private/get_margin"), JsonSerializer.SerializeToElement(new { jsonrpc = "2.0", id = 1, method = "private/get_margin", @params = new { account = "alice" } })).ShouldBeEmpty();
    }

    [Fact]
    public void References_AllPointAtSomething()
    {
        _document.GetProperty("asyncapi").GetString().ShouldBe("3.0.0");
        SchemaCheck.References(_document).ShouldBeGreaterThan(60);
    }

    private JsonElement Payload(string name) => _document.GetProperty("components").GetProperty("messages").GetProperty(name).GetProperty("payload");

    private static string NameOf(JsonElement message)
    {
        if (!message.TryGetProperty("method", out _))
        {
            return message.TryGetProperty("error", out _) ? "error" : "result";
        }

        var channel = message.GetProperty("params").GetProperty("channel").GetString()!;
        return $"update {(channel == "margin.watch" ? channel : channel.StartsWith("margin.", StringComparison.Ordinal) ? "margin.{account}" : channel.StartsWith("surface.", StringComparison.Ordinal) ? "surface.{underlying}" : channel)}";
    }
}

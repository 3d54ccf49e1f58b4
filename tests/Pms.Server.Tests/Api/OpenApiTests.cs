using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Pms.Server.Chain;
using Pms.Server.Tests.Chain;
using Pms.Server.Tests.Rpc;

namespace Pms.Server.Tests.Api;

/// <summary>The OpenAPI document against what the server really answers: every route, with the schema that the document gives for it.</summary>
public sealed class OpenApiTests : IAsyncLifetime
{
    // Formats that are described elsewhere: the market's file, events, the batch's and the parameters' documents.
    private static readonly string[] Elsewhere = ["/api/v1/epochs/{number}/board", "/api/v1/events", "/api/v1/batches/current", "/api/v1/params/document"];

    private ServerWorld _world = null!;
    private JsonElement _document;

    public async ValueTask InitializeAsync()
    {
        var house = new FakeHouse();
        _world = await ServerWorld.StartAsync(chain: new ChainOptions { Open = (_, _) => Task.FromResult<IHouseChain>(house), BatchInterval = TimeSpan.FromMilliseconds(200), LookInterval = TimeSpan.FromMilliseconds(50) });
        while (_world.Host.Chain!.InForce is null || _world.Host.Chain.Governance is null || _world.Host.Loop.Current?.Find("7") is null)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        _document = await _world.Client.GetFromJsonAsync<JsonElement>("/openapi/v1.json", TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task EveryRoute_AnswersWhatItsSchemaSays()
    {
        var answered = new HashSet<string>();
        foreach (var (path, method, operation) in Operations())
        {
            var success = operation.GetProperty("responses").GetProperty("200").GetProperty("content").EnumerateObject().Single();
            if (Elsewhere.Contains(path))
            {
                answered.Add($"{method} {path}");
                continue;
            }

            success.Name.ShouldBe("application/json", path);
            var schema = success.Value.GetProperty("schema");
            SchemaCheck.Errors(_document, schema, JsonSerializer.SerializeToElement(new { noSuchMember = 1 })).ShouldContain(e => e.Contains("noSuchMember", StringComparison.Ordinal), $"{path}: a schema that lets everything pass would say nothing");
            foreach (var (url, body) in Asked(path, method))
            {
                using var response = await _world.SendAsync(new HttpMethod(method), url, body, method is "put" or "delete" ? [("Idempotency-Key", $"{method}-{url.Length}")] : []);
                var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
                response.StatusCode.ShouldBe(HttpStatusCode.OK, $"{method} {url}: {text}");
                using var answer = JsonDocument.Parse(text);
                SchemaCheck.Errors(_document, schema, answer.RootElement).ShouldBeEmpty($"{method} {url}: {text[..Math.Min(400, text.Length)]}");
                answered.Add($"{method} {path}");
            }
        }

        answered.Count.ShouldBe(37, "a route that is new, or gone from the document");
    }

    [Fact]
    public void References_AllPointAtSomething() => SchemaCheck.References(_document).ShouldBeGreaterThan(150);

    [Fact]
    public async Task ARefusal_IsWhatEveryRouteSaysOfIt()
    {
        foreach (var (path, method, operation) in Operations())
        {
            var refusal = operation.GetProperty("responses").GetProperty("default").GetProperty("content").GetProperty("application/problem+json").GetProperty("schema");
            var url = path["/api/v1/".Length..].Replace("{id}", "nobody", StringComparison.Ordinal).Replace("{underlying}", "XYZ", StringComparison.Ordinal).Replace("{number}", "99", StringComparison.Ordinal);
            if (url == path["/api/v1/".Length..] && method == "get")
            {
                continue;
            }

            using var response = await _world.SendAsync(new HttpMethod(method), url, method == "get" ? null : "nonsense");
            response.IsSuccessStatusCode.ShouldBeFalse(url);
            SchemaCheck.Errors(_document, refusal, await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).ShouldBeEmpty($"{method} {url}");
        }
    }

    private IEnumerable<(string Path, string Method, JsonElement Operation)> Operations() =>
        _document.GetProperty("paths").EnumerateObject().Where(p => p.Name.StartsWith("/api/", StringComparison.Ordinal))
            .SelectMany(p => p.Value.EnumerateObject().Where(m => m.Name is "get" or "post" or "put" or "delete").Select(m => (p.Name, m.Name, m.Value)));

    /// <summary>What is asked of a route: at least once, and where answers have parts that are often absent, so that they are there.</summary>
    private static IEnumerable<(string Url, string? Body)> Asked(string path, string method)
    {
        var account = path.EndsWith("/attestation", StringComparison.Ordinal) ? "7" : method == "delete" ? "dora" : "alice";
        var url = path["/api/v1/".Length..].Replace("{id}", account, StringComparison.Ordinal).Replace("{underlying}", ServerWorld.Family.Name, StringComparison.Ordinal).Replace("{number}", "1", StringComparison.Ordinal);
        if (path.EndsWith("/margins", StringComparison.Ordinal))
        {
            yield return ($"{url}?instrument=SOL_USDC-PERPETUAL&amount=2", null);
            yield break;
        }

        yield return (url, method switch
        {
            "put" => $$"""{"positions":[{"instrument":"{{ServerWorld.OptionName(4)}}","quantity":-30}],"collateral":[{"asset":"USDC","amount":50000}]}""",
            "post" when url.EndsWith("whatif", StringComparison.Ordinal) => """{"orders":[{"instrument":"SOL_USDC-PERPETUAL","quantity":1,"price":120}]}""",
            "post" when url.EndsWith("run", StringComparison.Ordinal) => """{"changes":{"measure":{"initialFactor":4}}}""",
            "post" => """{"positions":[{"instrument":"SOL_USDC-PERPETUAL","quantity":1}],"collateral":[{"asset":"USDC","amount":1000}]}""",
            _ => null,
        });
        if (path.EndsWith("/accounts", StringComparison.Ordinal))
        {
            yield return ($"{url}?limit=2", null);
        }
        else if (path.EndsWith("/explain", StringComparison.Ordinal))
        {
            yield return ($"{url}?decay=true&worst=3", null);
        }
    }
}

using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Pms.Primitives;
using Pms.Server.Api;

namespace Pms.Server.Tests.Api;

/// <summary>Who may do what, and what happens to requests that make no sense: typed refusals, never a failure of the server.</summary>
public sealed class HardeningTests
{
    private const string Reader = "reader-key-that-nobody-guesses";
    private const string Writer = "writer-key-that-nobody-guesses";

    /// <summary>Every route of the OpenAPI document, by everybody: without a key, with a wrong one, a reader's, a writer's.</summary>
    [Fact]
    public async Task RoutesAndRoles_EveryRouteOfTheDocument_OpensToItsRoleAlone()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, $"# keys\nr {Reader} read\nw {Writer} read,write # both\n", TestContext.Current.CancellationToken);
        await using var world = await ServerWorld.StartAsync(o => o with { Keys = ApiKey.ReadFile(file) });
        File.Delete(file);
        await world.EpochAsync();
        var document = await world.Client.GetFromJsonAsync<JsonElement>("/openapi/v1.json", TestContext.Current.CancellationToken);
        var walked = 0;
        foreach (var path in document.GetProperty("paths").EnumerateObject().Where(p => p.Name.StartsWith("/api/", StringComparison.Ordinal)))
        {
            foreach (var method in path.Value.EnumerateObject().Where(m => m.Name is "get" or "post" or "put" or "delete"))
            {
                var url = path.Name.Replace("{id}", method.Name == "delete" ? "dora" : "alice", StringComparison.Ordinal).Replace("{underlying}", ServerWorld.Family.Name, StringComparison.Ordinal).Replace("{number}", "1", StringComparison.Ordinal);
                var isOpen = path.Name.EndsWith("/health", StringComparison.Ordinal);
                var isWrite = method.Name is "put" or "delete";
                (await StatusAsync(world, method.Name, url, null)).ShouldBe(isOpen ? 200 : 401, $"{method.Name} {url}");
                (await StatusAsync(world, method.Name, url, "wrong-key")).ShouldBe(isOpen ? 200 : 401, $"{method.Name} {url}");
                var asReader = await StatusAsync(world, method.Name, url, Reader);
                (asReader == 403).ShouldBe(isWrite, $"{method.Name} {url} {asReader}");
                var asWriter = await StatusAsync(world, method.Name, url, Writer);
                (asWriter is 200 or 400 or 404).ShouldBeTrue($"{method.Name} {url} {asWriter}");
                walked++;
            }
        }

        walked.ShouldBe(37, "a route that is new, or gone from the document");
    }

    [Theory]
    [InlineData("accounts?limit=0", 400, "page-limit")]
    [InlineData("accounts?limit=1001", 400, "page-limit")]
    [InlineData("accounts?limit=abc", 400, "request")]
    [InlineData("accounts?cursor=-1", 400, "page-cursor")]
    [InlineData("accounts?state=unwell", 400, "account-state")]
    [InlineData("accounts?sort=name", 400, "account-sort")]
    [InlineData("accounts/nobody", 404, "account-missing")]
    [InlineData("accounts/nobody/margin", 404, "account-missing")]
    [InlineData("accounts/alice/explain?worst=-1", 400, "worst-range")]
    [InlineData("accounts/alice/history?last=0", 400, "page-limit")]
    [InlineData("surfaces/XYZ/smiles", 404, "underlying-missing")]
    [InlineData("epochs/99/board", 404, "epoch-missing")]
    [InlineData("epochs/99/portfolio", 404, "epoch-missing")]
    [InlineData("records?after=-1", 400, "page-limit")]
    [InlineData("no/such/path", 404, "no-such-path")]
    public async Task Get_WhatMakesNoSense_IsATypedRefusal(string path, int status, string code)
    {
        await using var world = await ServerWorld.StartAsync();
        await world.EpochAsync();
        (await world.ErrorAsync(HttpMethod.Get, path)).ShouldBe((status, code));
    }

    [Theory]
    [InlineData("""{"orders":[]}""", "order-count")]
    [InlineData("""{}""", "order-count")]
    [InlineData("nonsense", "json-shape")]
    [InlineData("""{"orders":[{"instrument":"SOL_USDC-PERPETUAL","quantity":0}]}""", "order-format")]
    [InlineData("""{"orders":[{"instrument":"SOL_USDC-PERPETUAL","quantity":1,"price":-1}]}""", "order-format")]
    [InlineData("""{"orders":[{"instrument":"WHAT","quantity":1}]}""", "instrument-name")]
    [InlineData("""{"orders":[{"instrument":"SOL_USDC-PERPETUAL","quantity":"x"}]}""", "json-shape")]
    public async Task WhatIf_OrdersThatAreNone_AreRefused(string body, string code)
    {
        await using var world = await ServerWorld.StartAsync();
        await world.EpochAsync();
        (await world.ErrorAsync(HttpMethod.Post, "accounts/alice/whatif", body)).ShouldBe((400, code));
    }

    [Fact]
    public async Task Times_OfEveryDocument_AreInUtcWithAZ()
    {
        await using var world = await ServerWorld.StartAsync();
        await world.EpochAsync();
        var found = 0;
        foreach (var path in new[] { "health", "overview", "accounts", "alerts", "records", "epochs", "accounts/alice/margin", "accounts/alice/explain?decay=true", "accounts/alice/history", "instruments", "surfaces", $"surfaces/{ServerWorld.Family.Name}/smiles" })
        {
            var text = (await world.GetAsync(path)).GetRawText();
            text.ShouldNotContain("+00:00", Case.Sensitive, path);
            found += System.Text.RegularExpressions.Regex.Count(text, "\"\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z\"", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(5));
        }

        found.ShouldBeGreaterThan(30);
    }

    /// <summary>Whoever generates a client from the document must learn what to send.</summary>
    [Fact]
    public async Task OpenApi_EveryWriteAndQuestion_HasTheSchemaOfItsBody()
    {
        await using var world = await ServerWorld.StartAsync();
        var document = await world.Client.GetFromJsonAsync<JsonElement>("/openapi/v1.json", TestContext.Current.CancellationToken);
        var bodies = 0;
        foreach (var operation in document.GetProperty("paths").EnumerateObject().SelectMany(p => p.Value.EnumerateObject()).Where(m => m.Name is "post" or "put" or "patch"))
        {
            var schema = operation.Value.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema");
            if (schema.TryGetProperty("$ref", out var reference))
            {
                schema = Rpc.SchemaCheck.Find(document, reference.GetString()!);
            }

            schema.GetProperty("properties").EnumerateObject().Select(p => p.Name).Any(n => n is "orders" or "positions" or "changes").ShouldBeTrue(operation.Name);
            bodies++;
        }

        bodies.ShouldBe(4);
        // A body without a content type is read all the same.
        using var request = new HttpRequestMessage(HttpMethod.Put, "accounts/erin") { Content = new ByteArrayContent("""{"collateral":[]}"""u8.ToArray()) };
        request.Headers.Add("Idempotency-Key", "k");
        using var response = await world.Client.SendAsync(request, TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Get_ByAnotherName_WithoutKeys_IsRefused()
    {
        await using var world = await ServerWorld.StartAsync();
        (await world.ErrorAsync(HttpMethod.Get, "health", null, ("Host", "evil.example:8080"))).ShouldBe((403, "host"));
    }

    [Fact]
    public async Task Halted_NoMarginsAreAnswered()
    {
        await using var world = await ServerWorld.StartAsync();
        await world.EpochAsync();
        world.Feed.LastEventAt = TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(5);
        foreach (var path in new[] { "overview", "accounts", "accounts/alice", "accounts/alice/margin", "scenarios" })
        {
            (await world.ErrorAsync(HttpMethod.Get, path)).ShouldBe((503, "halted"), path);
        }

        (await world.GetAsync("health")).GetProperty("state").GetString().ShouldBe("HALT");
        (await world.GetAsync("alerts")).GetProperty("items")[0].GetProperty("severity").GetString().ShouldBe("critical");
    }

    /// <summary>A body that never ends: the caller is told, in the same form as of everything else.</summary>
    [Fact]
    public async Task ARequest_ThatTakesTooLong_IsATypedRefusal()
    {
        await using var world = await ServerWorld.StartAsync(o => o with { LongestRequestMs = 200 });
        await world.EpochAsync();
        using var socket = new System.Net.Sockets.TcpClient();
        await socket.ConnectAsync(world.Host.Url.Host, world.Host.Url.Port, TestContext.Current.CancellationToken);
        await using var stream = socket.GetStream();
        await stream.WriteAsync("POST /api/v1/accounts/alice/whatif HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"u8.ToArray(), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);
        (await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken)).ShouldBe("HTTP/1.1 503 Service Unavailable");
        var headers = new List<string>();
        while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { Length: > 0 } line)
        {
            headers.Add(line);
        }

        headers.ShouldContain("Content-Type: application/problem+json");
        headers.ShouldContain("Retry-After: 1");
    }

    [Fact]
    public async Task ReduceOnly_AWhatIfThatRaisesTheRequirement_IsNotSufficient()
    {
        await using var world = await ServerWorld.StartAsync();
        await world.EpochAsync();
        const string Raising = """{"orders":[{"instrument":"SOL_USDC-PERPETUAL","quantity":1}]}""";
        (await WhatIfAsync(world, Raising)).ShouldBeTrue();
        world.Feed.LastEventAt = TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(1);
        (await WhatIfAsync(world, Raising)).ShouldBeFalse();
    }

    [Fact]
    public async Task Events_EveryEpochAndEveryStateIsTold()
    {
        await using var world = await ServerWorld.StartAsync();
        await world.EpochAsync();
        using var stream = await world.Client.GetStreamAsync("events", TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken) is var opened ? new StreamReader(opened) : null!;
        (await NextAsync(stream, "overview")).GetProperty("epoch").GetProperty("number").GetInt64().ShouldBe(1);
        world.Feed.Snapshot = ServerWorld.SnapshotAt(6);
        (await NextAsync(stream, "overview")).GetProperty("epoch").GetProperty("number").GetInt64().ShouldBe(2);
        world.Feed.LastEventAt = TimeProvider.System.GetUtcNow() - TimeSpan.FromSeconds(15);
        (await NextAsync(stream, "health")).GetProperty("state").GetString().ShouldBe("DEGRADED");
    }

    [Fact]
    public async Task Events_BeyondTheMostFollowers_AreRefused()
    {
        await using var world = await ServerWorld.StartAsync(o => o with { MostFollowers = 0 });
        (await world.ErrorAsync(HttpMethod.Get, "events")).ShouldBe((503, "followers"));
    }

    [Fact]
    public async Task Metrics_ArePrometheusText()
    {
        await using var world = await ServerWorld.StartAsync();
        await world.EpochAsync();
        await world.GetAsync("health");
        var text = await world.Client.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        foreach (var name in new[] { "pms_state", "pms_epoch_duration_seconds_count", "pms_market_age_seconds", "pms_accounts", "http_server_request_duration_seconds_count" })
        {
            text.ShouldContain(name);
        }

        text.ShouldNotContain("alice");
    }

    /// <summary>Every metric that the shipped dashboard and alerts read is there.</summary>
    [Theory]
    [InlineData("grafana-dashboard.json")]
    [InlineData("prometheus-rules.yml")]
    public async Task Metrics_ThatDashboardAndAlertsRead_AreThere(string file)
    {
        await using var world = await ServerWorld.StartAsync();
        await world.EpochAsync();
        await world.GetAsync("health");
        var text = await world.Client.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        var wanted = System.Text.RegularExpressions.Regex.Matches(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "ops", file), TestContext.Current.CancellationToken), "(?:pms|http_server)_[a-z_]+", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(5))
            .Select(m => m.Value).Where(n => n != "pms_epoch_failures_total").Distinct().ToArray();
        wanted.Length.ShouldBeGreaterThan(4);
        foreach (var name in wanted)
        {
            text.ShouldContain($"{name}", Case.Sensitive, name);
        }
    }

    [Fact]
    public void Keys_ThatCanBeGuessedOrSayNothing_AreRefused()
    {
        foreach (var text in new[] { "", "a short read\n", $"a {Reader}\n", $"a {Reader} admin\n" })
        {
            var file = Path.GetTempFileName();
            File.WriteAllText(file, text);
            Should.Throw<InvalidInputException>(() => ApiKey.ReadFile(file)).Code.ShouldBe("api-keys", text);
            File.Delete(file);
        }
    }

    [Fact]
    public void Options_OutsideTheirRange_AreNamed()
    {
        var options = ServerWorld.OptionsIn("x");
        foreach (var wrong in new[]
        {
            options with { IntervalMs = 99 }, options with { Port = 65_536 }, options with { DegradedAfterMs = 40_000 }, options with { Threads = 0 }, options with { KeptEpochs = 0 },
            options with { MostAtWork = 0 }, options with { Address = IPAddress.Any }, options with { InsuranceUsd = -1 }, options with { BackstopUsd = 1e13m }, options with { SolvencyLevel = 1 },
        })
        {
            Should.Throw<InvalidInputException>(() => wrong.Validated()).Code.ShouldBe("server-option");
        }
    }

    private static async Task<int> StatusAsync(ServerWorld world, string method, string url, string? key)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var request = new HttpRequestMessage(new HttpMethod(method), url);
        if (key is not null)
        {
            request.Headers.Add("Authorization", $"Bearer {key}");
        }

        using var response = await world.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token);
        return (int)response.StatusCode;
    }

    private static async Task<bool> WhatIfAsync(ServerWorld world, string body)
    {
        using var response = await world.SendAsync(HttpMethod.Post, "accounts/bob/whatif", body);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return (await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("sufficient").GetBoolean();
    }

    private static async Task<JsonElement> NextAsync(StreamReader stream, string name)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        stop.CancelAfter(TimeSpan.FromSeconds(60));
        var isIt = false;
        while (await stream.ReadLineAsync(stop.Token) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                isIt = line[7..] == name;
            }
            else if (isIt && line.StartsWith("data: ", StringComparison.Ordinal))
            {
                using var document = JsonDocument.Parse(line[6..]);
                return document.RootElement.Clone();
            }
        }

        throw new InvalidOperationException($"the stream ended before an event {name}");
    }
}

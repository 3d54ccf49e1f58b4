using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Pms.Server.Tests.Rpc;

namespace Pms.Server.Tests.Api;

/// <summary>Other parameters on all accounts: what a server with those parameters would say of the same market.</summary>
public sealed class ParameterRunTests
{
    private const string Path = "params/run";

    /// <summary>Against a second server that was started with the tried parameters.</summary>
    [Fact]
    public async Task Run_IsWhatAServerWithTheseParametersSays_AndKeepsNothing()
    {
        await using var world = await ServerWorld.StartAsync();
        await world.EpochAsync();
        // As alice, with no more than one and a half times her initial margin.
        var alice = (await world.GetAsync("accounts/alice")).GetProperty("row");
        var usdc = Math.Round(50_000 - alice.GetProperty("equity").GetDecimal() + (1.5m * alice.GetProperty("initial").GetDecimal()), 2);
        await SetErinAsync(world, usdc);
        var (head, parameters) = (world.Store.Head, (await world.GetAsync("params")).GetProperty("hash").GetString());
        var run = await RunAsync(world, """{"changes":{"measure":{"initialFactor":4},"fallback":{"factor":2}}}""");

        var tried = ServerWorld.Parameters with { Measure = ServerWorld.Parameters.Measure with { InitialFactor = 4 }, Fallback = ServerWorld.Parameters.Fallback with { Factor = 2 } };
        await using var other = await ServerWorld.StartAsync(o => o with { Parameters = tried });
        await other.EpochAsync();
        await SetErinAsync(other, usdc);
        var (before, after) = (await world.GetAsync("overview"), await other.GetAsync("overview"));
        run.GetProperty("before").GetRawText().ShouldBe(before.GetProperty("totals").GetRawText());
        run.GetProperty("after").GetRawText().ShouldBe(after.GetProperty("totals").GetRawText());
        run.GetProperty("statesBefore").GetRawText().ShouldBe(before.GetProperty("byState").GetRawText());
        run.GetProperty("statesAfter").GetRawText().ShouldBe(after.GetProperty("byState").GetRawText());
        run.GetProperty("parametersHash").GetString().ShouldBe($"{tried.Hash()}");
        run.GetProperty("changed").EnumerateArray().Select(c => c.GetProperty("key").GetString()).ShouldBe(["measure.initialFactor", "fallback.factor"], ignoreOrder: true);

        var rows = (await world.GetAsync("accounts")).GetProperty("items").EnumerateArray().Zip((await other.GetAsync("accounts")).GetProperty("items").EnumerateArray())
            .Where(p => p.First.GetProperty("state").GetString() != p.Second.GetProperty("state").GetString()).ToArray();
        rows.ShouldNotBeEmpty("the change is large enough to call somebody");
        run.GetProperty("calledCount").GetInt32().ShouldBe(rows.Length);
        run.GetProperty("called").EnumerateArray().Select(c => (c.GetProperty("account").GetString(), c.GetProperty("stateAfter").GetString(), c.GetProperty("initialAfter").GetDecimal()))
            .ShouldBe(rows.Select(p => (p.Second.GetProperty("account").GetString(), p.Second.GetProperty("state").GetString(), p.Second.GetProperty("initial").GetDecimal())), ignoreOrder: true);

        (await world.GetAsync("params")).GetProperty("hash").GetString().ShouldBe(parameters);
        world.Store.Head.ShouldBe(head);
    }

    [Fact]
    public async Task Run_WithoutAChange_ChangesNothing()
    {
        await using var world = await ServerWorld.StartAsync();
        await world.EpochAsync();
        var run = await RunAsync(world, """{"changes":{}}""");
        run.GetProperty("after").GetRawText().ShouldBe(run.GetProperty("before").GetRawText());
        run.GetProperty("changed").GetArrayLength().ShouldBe(0);
        run.GetProperty("calledCount").GetInt32().ShouldBe(0);
        run.GetProperty("maintenance").EnumerateArray().ShouldAllBe(q => q.GetProperty("change").GetDouble() == 0);
        await using var client = await RpcClient.ConnectAsync(world);
        (await client.ResultAsync("private/run_params", new { changes = new { } })).GetProperty("after").GetRawText().ShouldBe(run.GetProperty("after").GetRawText());
    }

    [Theory]
    [InlineData("""{"changes":{"measure":{"initialFactor":99}}}""", "risk-parameter")]
    [InlineData("""{"changes":{"measure":{"initialFactors":2}}}""", "risk-parameter-key")]
    [InlineData("""{"changes":{"what":{}}}""", "risk-parameter-key")]
    [InlineData("""{"changes":{"measure":2}}""", "risk-parameter-json")]
    [InlineData("""{"changes":{"scenarios":{"monteCarloCount":20001}}}""", "parameters-run-size")]
    [InlineData("""{"changes":[]}""", "json-shape")]
    [InlineData("""{"changes":{},"more":1}""", "json-shape")]
    [InlineData("[]", "json-shape")]
    public async Task Run_ChangesThatAreNone_AreRefused(string body, string code)
    {
        await using var world = await ServerWorld.StartAsync();
        await world.EpochAsync();
        (await world.ErrorAsync(HttpMethod.Post, Path, body)).ShouldBe((400, code));
    }

    [Theory]
    [InlineData(10_000, 20_000, 10_000, true)]
    [InlineData(10_001, 20_000, 10_000, false)]
    [InlineData(200, 20_001, 10_000, false)]
    [InlineData(200, 50_000, 50_000, true)]
    [InlineData(100_000, 10_000, 10_000, false)]
    public void Bound_OfTheWork(int accounts, int scenarios, int inForce, bool isAllowed)
    {
        Action bound = () => Server.Api.ParameterRunEndpoint.Bound(accounts, scenarios, inForce);
        if (isAllowed)
        {
            bound.ShouldNotThrow();
        }
        else
        {
            bound.ShouldThrow<Primitives.InvalidInputException>().Code.ShouldBe("parameters-run-size");
        }
    }

    /// <summary>Several at once: one is computed, the others are told to come back or had their turn; none fails.</summary>
    [Fact]
    public async Task Run_SeveralAtOnce_AreComputedOneAtATime()
    {
        await using var world = await ServerWorld.StartAsync();
        await world.EpochAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => world.SendAsync(HttpMethod.Post, Path, """{"changes":{"scenarios":{"monteCarloCount":20000}}}""")));
        answers.ShouldContain(a => a.StatusCode == HttpStatusCode.OK);
        foreach (var refused in answers.Where(a => a.StatusCode != HttpStatusCode.OK))
        {
            refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            (await refused.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("code").GetString().ShouldBe("parameters-run-busy");
        }

        answers.Count(a => a.StatusCode == HttpStatusCode.OK).ShouldBeLessThan(8);
    }

    private static async Task SetErinAsync(ServerWorld world, decimal usdc)
    {
        var body = FormattableString.Invariant($$"""{"positions":[{"instrument":"{{ServerWorld.OptionName(4)}}","quantity":-30},{"instrument":"{{ServerWorld.OptionName(9)}}","quantity":12}],"collateral":[{"asset":"USDC","amount":{{usdc}}}]}""");
        using var response = await world.SendAsync(HttpMethod.Put, "accounts/erin", body, ("Idempotency-Key", "erin"));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        await world.EpochAsync(1);
    }

    private static async Task<JsonElement> RunAsync(ServerWorld world, string body)
    {
        using var response = await world.SendAsync(HttpMethod.Post, Path, body);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }
}

using System.Text.Json;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Server.Chain;
using Pms.Server.Epochs;
using Pms.Server.Tests.Chain;

namespace Pms.Server.Tests.Api;

/// <summary>The index of solvency over HTTP: now, as it was, what if.</summary>
public sealed class SolvencyTests
{
    [Fact]
    public async Task Now_WithAFundAndARefusedAccount_HasFiguresAndNoBand()
    {
        await using var world = await ServerWorld.StartAsync(o => o with { InsuranceUsd = 1_000_000, BackstopUsd = 500 });
        await world.EpochAsync();
        var answer = await world.GetAsync("solvency");
        // dora holds what the board does not list.
        answer.GetProperty("band").GetString().ShouldBe("unknown");
        answer.GetProperty("reasons").EnumerateArray().Select(r => r.GetProperty("code").GetString()).ShouldBe(["accounts-refused"]);
        var found = answer.GetProperty("solvency");
        (found.GetProperty("accounts").GetInt32(), found.GetProperty("refused").GetInt32()).ShouldBe((3, 1));
        found.GetProperty("resources").GetDecimal().ShouldBe(1_000_500);
        // carol is short of 500 options against one USDC.
        found.GetProperty("contributions")[0].GetProperty("account").GetString().ShouldBe("carol");
        found.GetProperty("shortfall").GetDecimal().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Now_OfAWholeBook_HasABandUntilTheMarketIsStale()
    {
        await using var world = await ServerWorld.StartAsync(o => o with { InsuranceUsd = 100_000_000, DegradedAfterMs = 200_000, ReduceOnlyAfterMs = 300_000, HaltAfterMs = 400_000 });
        var first = await world.EpochAsync();
        (await world.SendAsync(HttpMethod.Delete, "accounts/dora", null, ("Idempotency-Key", "d"))).EnsureSuccessStatusCode();
        await world.EpochAsync(first);
        (await world.GetAsync("solvency")).GetProperty("band").GetString().ShouldBe("strong");
        world.Feed.LastEventAt = TimeProvider.System.GetUtcNow().AddSeconds(-250);
        var stale = await world.GetAsync("solvency");
        stale.GetProperty("band").GetString().ShouldBe("unknown");
        stale.GetProperty("reasons")[0].GetProperty("code").GetString().ShouldBe("market-stale");
        stale.GetProperty("solvency").GetProperty("band").GetString().ShouldBe("strong");
        world.Feed.LastEventAt = TimeProvider.System.GetUtcNow().AddSeconds(-500);
        (await world.ErrorAsync(HttpMethod.Get, "solvency")).ShouldBe((503, "halted"));
    }

    [Fact]
    public async Task Alerts_AFundThatDoesNotSuffice_AreCritical()
    {
        await using var world = await ServerWorld.StartAsync(o => o with { InsuranceUsd = 1 });
        await world.EpochAsync();
        var alert = (await world.GetAsync("alerts")).GetProperty("items").EnumerateArray().Single(a => a.GetProperty("code").GetString() == "solvency-short");
        alert.GetProperty("severity").GetString().ShouldBe("critical");
        (await world.Client.GetStringAsync("/metrics", TestContext.Current.CancellationToken)).ShouldContain("\npms_solvency_index{");
    }

    [Fact]
    public async Task Now_WithoutAFund_SaysSoAndKeepsNothing()
    {
        await using var world = await ServerWorld.StartAsync();
        await world.EpochAsync();
        var answer = await world.GetAsync("solvency");
        answer.GetProperty("reasons").EnumerateArray().Select(r => r.GetProperty("code").GetString()).ShouldBe(["fund-unknown", "accounts-refused"]);
        (await world.GetAsync("solvency/history")).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task History_OfEveryEpoch_IsInTheRecordAndComesOutAgain()
    {
        await using var world = await ServerWorld.StartAsync(o => o with { InsuranceUsd = 12_345.678m, SolvencyLevel = 0.975 });
        var first = await world.EpochAsync();
        world.Feed.Snapshot = ServerWorld.SnapshotAt(6);
        var second = await world.EpochAsync(first);
        var now = (await world.GetAsync("solvency")).GetProperty("solvency");
        JsonElement[] items = [.. (await world.GetAsync("solvency/history?last=2")).GetProperty("items").EnumerateArray()];
        items.Select(i => i.GetProperty("epoch").GetInt64()).ShouldBe([second, first]);
        items[0].GetProperty("indexWad").GetString().ShouldBe(now.GetProperty("indexWad").GetString());
        items[0].GetProperty("insurance").GetDecimal().ShouldBe(12_345.678m);
        (await world.GetAsync("epochs?last=1")).GetProperty("items")[0].GetProperty("solvency").GetProperty("epoch").GetInt64().ShouldBe(second);
        (await world.ErrorAsync(HttpMethod.Get, "solvency/history?last=0")).ShouldBe((400, "page-limit"));

        await world.Host.DisposeAsync();
        var verified = new EpochVerifier(world.Store, 1, TimeProvider.System).VerifyLast(10, null, TestContext.Current.CancellationToken);
        verified.Differences.ShouldBeEmpty();
        verified.Last.ShouldBeGreaterThanOrEqualTo(second);
    }

    [Fact]
    public async Task WhatIf_EverythingAtOnce_IsBeforeAndAfter()
    {
        await using var world = await ServerWorld.StartAsync(o => o with { InsuranceUsd = 1_000_000 });
        await world.EpochAsync();
        var answer = await world.GetAsync("solvency/whatif?lose=bob&gap=USDC=0.25&hours=4&insurance=10");
        var (before, after) = (answer.GetProperty("before"), answer.GetProperty("after"));
        before.GetRawText().Length.ShouldBeGreaterThan(100);
        JsonElement.DeepEquals(before, (await world.GetAsync("solvency")).GetProperty("solvency")).ShouldBeTrue();
        after.GetProperty("shortfall").GetDecimal().ShouldBeGreaterThan(before.GetProperty("shortfall").GetDecimal());
        after.GetProperty("insurance").GetDecimal().ShouldBe(10);
        (await world.ErrorAsync(HttpMethod.Get, "solvency/whatif?lose=nobody")).ShouldBe((404, "account-missing"));
        (await world.ErrorAsync(HttpMethod.Get, "solvency/whatif?gap=USDC")).ShouldBe((400, "solvency-gap"));
        (await world.ErrorAsync(HttpMethod.Get, "solvency/whatif?hours=1e9")).ShouldBe((400, "solvency-hours"));
        (await world.ErrorAsync(HttpMethod.Get, $"solvency/whatif?{string.Join('&', Enumerable.Repeat("lose=bob", 65))}")).ShouldBe((400, "solvency-whatif"));
    }

    [Fact]
    public async Task Now_OnAHouse_CountsItsInsuranceAccount()
    {
        var house = new FakeHouse { InsuranceAccount = "8" };
        house.Accounts = house.Accounts.Add(new Account("8", [], [new CollateralHolding(Asset.Usd, 1_234.5m)]));
        await using var world = await ServerWorld.StartAsync(
            o => o with { InsuranceUsd = 5 }, chain: new ChainOptions { Open = (_, _) => Task.FromResult<IHouseChain>(house), BatchInterval = TimeSpan.FromHours(1), LookInterval = TimeSpan.FromMilliseconds(50) });
        for (var epoch = await world.EpochAsync(); world.Host.Loop.Current!.Solvency!.Fund.Terms.Resources.Insurance == 5_000_000; epoch = await world.EpochAsync(epoch))
        {
            world.Feed.Snapshot = ServerWorld.SnapshotAt(6 + (int)epoch);
        }

        (await world.GetAsync("solvency")).GetProperty("solvency").GetProperty("insurance").GetDecimal().ShouldBe(1_239.5m);
    }
}

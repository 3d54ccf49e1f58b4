using System.Collections.Immutable;
using System.Text.Json;
using Pms.Attestation.Wire;
using Pms.Documents;
using Pms.Margin.Epochs;
using Pms.Margin.Explain;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Volatility;

namespace Pms.Server.Tests.Api;

/// <summary>What is read is of one whole epoch, and can be computed again from what the epoch was computed from.</summary>
public sealed class ReadingTests : IAsyncLifetime
{
    private ServerWorld _world = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await ServerWorld.StartAsync();
        await _world.EpochAsync();
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Health_SaysStateEpochFeedsStoreAndLoop()
    {
        var health = await _world.GetAsync("health");
        health.GetProperty("state").GetString().ShouldBe("NORMAL");
        health.GetProperty("epoch").GetProperty("number").GetInt64().ShouldBe(1);
        health.GetProperty("epoch").GetProperty("snapshotHash").GetString().ShouldBe(ServerWorld.First.Hash.ToString());
        health.GetProperty("feeds")[0].GetProperty("ageMs").GetInt64().ShouldBeInRange(0, 60_000);
        health.GetProperty("store").GetProperty("records").GetInt64().ShouldBe(ServerWorld.Accounts.Length + 2, "accounts, parameters, the epoch");
        health.GetProperty("loop").GetProperty("epochs").GetInt64().ShouldBe(1);
    }

    [Fact]
    public async Task Overview_AddsUpToItsAccounts()
    {
        var overview = await _world.GetAsync("overview");
        var rows = (await _world.GetAsync("accounts")).GetProperty("items").EnumerateArray().ToArray();
        var totals = overview.GetProperty("totals");
        totals.GetProperty("accounts").GetInt32().ShouldBe(4);
        totals.GetProperty("refused").GetInt32().ShouldBe(1);
        totals.GetProperty("belowMaintenance").GetInt32().ShouldBe(1);
        totals.GetProperty("maintenance").GetDecimal().ShouldBe(rows.Where(r => r.TryGetProperty("maintenance", out _)).Sum(r => r.GetProperty("maintenance").GetDecimal()));
        overview.GetProperty("byState").EnumerateArray().Sum(s => s.GetProperty("accounts").GetInt32()).ShouldBe(4);
        overview.GetProperty("utilisation").EnumerateArray().Sum(b => b.GetProperty("accounts").GetInt32()).ShouldBe(3);
        overview.GetProperty("top")[0].GetProperty("account").GetString().ShouldBe("carol", "the one that lacks most");
        overview.GetProperty("history").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Accounts_InPages_AreAllThereOnce()
    {
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await _world.GetAsync($"accounts?limit=1&sort=ratio{(cursor is null ? "" : $"&cursor={cursor}")}");
            page.GetProperty("total").GetInt32().ShouldBe(4);
            seen.Add(page.GetProperty("items")[0].GetProperty("account").GetString()!);
            cursor = page.TryGetProperty("next", out var next) ? next.GetString() : null;
        }
        while (cursor is not null);
        seen.Count.ShouldBe(4);
        seen.Distinct().Count().ShouldBe(4);
        seen[0].ShouldBe("carol");
        (await _world.GetAsync("accounts?state=refused")).GetProperty("items").EnumerateArray().Single().GetProperty("refusal").GetProperty("code").GetString().ShouldNotBeNullOrEmpty();
        (await _world.GetAsync("accounts?q=AL")).GetProperty("items").EnumerateArray().Single().GetProperty("account").GetString().ShouldBe("alice");
    }

    /// <summary>The epoch's files, the parameters and the seed give the same margin, to the byte.</summary>
    [Fact]
    public async Task Margin_ComputedAgainFromTheFilesOfTheEpoch_IsTheSameToTheByte()
    {
        var epoch = await AgainAsync();
        foreach (var account in epoch.Accounts)
        {
            var mine = Indented(MarginDocument.Of(epoch.Margin, [], [epoch.Margin.Engine.Evaluate(account)]));
            (await BytesAsync($"accounts/{account.Id}/margin")).ShouldBe(mine, account.Id);
        }

        var explained = AccountExplanation.Of(epoch.Margin.Engine, epoch.Accounts[0], new ExplainOptions { WorstScenarios = 3, WithDecay = false });
        (await BytesAsync($"accounts/{epoch.Accounts[0].Id}/explain?worst=3")).ShouldBe(Indented(ExplainDocument.Of(MarginProvenance.Of(epoch.Margin), explained)));
        (await BytesAsync($"accounts/{epoch.Accounts[0].Id}/models")).ShouldBe(Indented(MarginComparison.Of(epoch.Margin, [epoch.Accounts[0]], [], 1)));
    }

    /// <summary>A what-if on a contract that no account holds: rows are added to the epoch's array, and the result is that of an array built with them.</summary>
    [Fact]
    public async Task WhatIf_OnAContractThatNobodyHolds_IsTheSameToTheByteAsComputedAnew()
    {
        var name = ServerWorld.OptionName(15);
        using var response = await _world.SendAsync(HttpMethod.Post, "accounts/alice/whatif", $$"""{"orders":[{"instrument":"{{name}}","quantity":-7.5},{"instrument":"SOL_USDC-PERPETUAL","quantity":20,"price":150.5}]}""");
        var answer = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Order[] orders = [new Order(DeribitNames.Parse(name), -7.5m), new Order(DeribitNames.Parse("SOL_USDC-PERPETUAL"), 20, 150.5m)];
        var epoch = await AgainAsync(orders);
        answer.ShouldBe(Indented(WhatIfDocument.Of(epoch.Margin, WhatIf.Of(epoch.Margin.Engine, epoch.Accounts.Single(a => a.Id == "alice"), orders))));
        // Nothing was kept.
        (await BytesAsync("accounts/alice/margin")).ShouldBe(Indented(MarginDocument.Of((await AgainAsync()).Margin, [], [(await AgainAsync()).Margin.Engine.Evaluate(epoch.Accounts.Single(a => a.Id == "alice"))])));
    }

    /// <summary>The path before a trade works from an account kept at hand; the margin of all holdings worked out anew is the same in every line.</summary>
    [Fact]
    public void WhatIf_FromTheAccountAtHand_IsTheMarginOfAllHoldingsWorkedOutAnew()
    {
        var epoch = _world.Host.Loop.Current!;
        var (engine, context) = (epoch.Margin.Engine, epoch.Context);
        Instrument[] held = [.. epoch.Margin.Array.Rows.Select(r => r.Key.Instrument).OfType<Instrument>()];
        for (var step = 0; step < 60; step++)
        {
            var account = epoch.Valued[step % epoch.Valued.Length];
            Order[] orders = [.. Enumerable.Range(0, 1 + (step % 3)).Select(i => new Order(held[(step + (7 * i)) % held.Length], (step % 2 == 0 ? 1 : -1) * (1 + (step % 5))))];
            var (margin, whatIf) = epoch.WhatIf(account, orders);
            margin.ShouldBeSameAs(epoch.Margin);
            Lines(whatIf.Before).ShouldBe(Lines(engine.Evaluate(account, context)), account.Id);
            var filled = account.Positions.ToDictionary(p => p.Instrument, p => p.Quantity);
            var assets = account.Collateral.ToDictionary(c => c.Asset, c => c.Amount);
            foreach (var effect in whatIf.Orders)
            {
                filled[effect.Order.Instrument] = filled.GetValueOrDefault(effect.Order.Instrument) + effect.Order.Quantity;
                assets[effect.Asset] = assets.GetValueOrDefault(effect.Asset) + effect.Payment;
            }

            var after = new Account(
                account.Id,
                [.. filled.Where(f => f.Value != 0).Select(f => new Position(f.Key, f.Value)).OrderBy(p => p.Instrument.Name, StringComparer.Ordinal)],
                [.. assets.Where(a => a.Value != 0).Select(a => new CollateralHolding(a.Key, a.Value)).OrderBy(a => a.Asset.Code, StringComparer.Ordinal)]);
            Lines(whatIf.After).ShouldBe(Lines(engine.Evaluate(after, context)), $"{account.Id} step {step}");
        }
    }

    /// <summary>Accounts share room to work in: asked from many threads at once, each answer is that of asking alone.</summary>
    [Fact]
    public async Task WhatIf_FromManyThreads_IsTheSameAsAlone()
    {
        var epoch = _world.Host.Loop.Current!;
        Instrument[] held = [.. epoch.Margin.Array.Rows.Select(r => r.Key.Instrument).OfType<Instrument>()];
        string Ask(int step)
        {
            Order[] orders = [new Order(held[step % held.Length], (step % 7) - 3.5m)];
            return Lines(epoch.WhatIf(epoch.Valued[step % epoch.Valued.Length], orders).WhatIf.After);
        }

        var alone = Enumerable.Range(0, 200).Select(Ask).ToArray();
        var together = await Task.WhenAll(Enumerable.Range(0, 1_600).Select(i => Task.Run(() => (Step: i % 200, Lines: Ask(i % 200)))));
        together.ShouldAllBe(t => t.Lines == alone[t.Step]);
    }

    private static string Lines(Margin.Requirement.MarginResult result) => JsonSerializer.Serialize(MarginAccount.Of(result), DocumentJson.Compact);

    [Fact]
    public async Task PortfolioMargin_OfHoldingsThatAreNotKept_IsThatOfTheAccount()
    {
        var alice = (await _world.GetAsync("accounts/alice")).Clone();
        var body = $$"""{"positions":{{alice.GetProperty("positions").GetRawText()}},"collateral":{{alice.GetProperty("collateral").GetRawText()}}}""";
        using var response = await _world.SendAsync(HttpMethod.Post, "portfolios/margin", body);
        using var asked = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        var kept = await _world.GetAsync("accounts/alice/margin");
        var (one, other) = (asked.RootElement.GetProperty("accounts")[0], kept.GetProperty("accounts")[0]);
        one.GetProperty("maintenance").GetDecimal().ShouldBe(other.GetProperty("maintenance").GetDecimal());
        one.GetProperty("equity").GetDecimal().ShouldBe(other.GetProperty("equity").GetDecimal());
    }

    [Fact]
    public async Task BookScenarios_AreOfTheSumOfAllAccounts()
    {
        var document = await _world.GetAsync("scenarios?worst=5");
        document.GetProperty("worst").GetArrayLength().ShouldBe(5);
        var epoch = _world.Host.Loop.Current!;
        var sum = new long[epoch.Margin.Set.Count];
        foreach (var result in epoch.Accounts.Select(a => a.Result).OfType<Margin.Requirement.MarginResult>())
        {
            var pnl = epoch.Margin.Engine.Pnl(result.Holdings.AsSpan());
            for (var s = 0; s < sum.Length; s++)
            {
                sum[s] += pnl[s];
            }
        }

        foreach (var worst in document.GetProperty("worst").EnumerateArray())
        {
            worst.GetProperty("pnl").GetDecimal().ShouldBe(Money.Usd(sum[worst.GetProperty("scenario").GetInt32()]));
        }
    }

    [Fact]
    public async Task SurfacesSmilesInstrumentsAlertsRecords_AreThere()
    {
        (await _world.GetAsync("surfaces")).GetProperty("underlyings")[0].GetProperty("name").GetString().ShouldBe(ServerWorld.Family.Name);
        var smiles = await _world.GetAsync($"surfaces/{ServerWorld.Family.Name}/smiles");
        var points = smiles.GetProperty("expiries")[1].GetProperty("points").EnumerateArray().ToArray();
        points.Length.ShouldBeGreaterThan(5);
        points.Select(p => p.GetProperty("strike").GetDecimal()).ShouldBeUnique();
        (await _world.GetAsync("instruments")).GetProperty("items").EnumerateArray().Count(i => i.GetProperty("kind").GetString() == "call").ShouldBeGreaterThan(10);
        var alerts = (await _world.GetAsync("alerts")).GetProperty("items").EnumerateArray().ToArray();
        alerts.Select(a => a.GetProperty("account").GetString()).ShouldBe(["carol", "dora"]);
        var records = await _world.GetAsync("records?limit=2");
        records.GetProperty("items").GetArrayLength().ShouldBe(2);
        records.GetProperty("items")[1].GetProperty("previous").GetString().ShouldBe(records.GetProperty("items")[0].GetProperty("hash").GetString());
        (await _world.GetAsync("accounts/alice/history")).GetProperty("items").GetArrayLength().ShouldBe(1);
        (await _world.GetAsync("params")).GetProperty("hash").GetString().ShouldBe(ServerWorld.Parameters.Hash().ToString());
    }

    private async Task<byte[]> BytesAsync(string path) => await _world.Client.GetByteArrayAsync(path, TestContext.Current.CancellationToken);

    private static byte[] Indented<T>(T document) => [.. JsonSerializer.SerializeToUtf8Bytes(document, DocumentJson.Options), (byte)'\n'];

    /// <summary>As the command line does: the board's file, the portfolio's, the parameters, the seed.</summary>
    private async Task<(MarginEpoch Margin, ImmutableArray<Account> Accounts)> AgainAsync(params Order[] orders)
    {
        var snapshot = SnapshotBytes.Read(await BytesAsync("epochs/1/board"));
        snapshot.Hash.ShouldBe(ServerWorld.First.Hash);
        using var file = new MemoryStream(await BytesAsync("epochs/1/portfolio"));
        var accounts = PortfolioFile.Read(file, new PositionUnits()).Accounts;
        using var document = new MemoryStream(await BytesAsync("params/document"));
        var parameters = Pms.Margin.Parameters.RiskParameterFile.Read(document);
        var surfaces = snapshot.Boards.Where(b => !b.Expiries.IsEmpty).Select(b => SurfaceFitter.Fit(b, snapshot.ObservedAt, parameters.Surface).Surface).OfType<VolSurface>();
        var inputs = new EpochInputs(snapshot, [.. surfaces], ImmutableDictionary<Asset, double>.Empty, parameters, null, 1);
        return (
            MarginEpoch.Make(
                inputs,
                accounts.SelectMany(a => a.Positions).Select(p => p.Instrument).Concat(orders.Select(o => o.Instrument)).Distinct(),
                accounts.SelectMany(a => a.Collateral).Select(c => c.Asset).Concat(WhatIf.SettlementAssets(orders)).Distinct()),
            accounts);
    }
}

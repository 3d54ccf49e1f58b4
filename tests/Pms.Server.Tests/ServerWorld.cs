using System.Collections.Immutable;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Scenarios;
using Pms.Server.Books;
using Pms.Server.Chain;
using Pms.Server.Feeds;
using Pms.Server.Storage;
using Pms.Simulation;
using Pms.Simulation.Parameters;
using Pms.Simulation.Stress;

namespace Pms.Server.Tests;

/// <summary>A market that stands still until a test moves it.</summary>
internal sealed class StandingFeed(MarketSnapshot snapshot, DateTimeOffset lastEventAt) : IMarketFeed
{
    public MarketSnapshot? Snapshot { get; set; } = snapshot;

    public DateTimeOffset? LastEventAt { get; set; } = lastEventAt;

    public FeedStatus Status => new("standing", LastEventAt, 1, 0, 0);

    public Task RunAsync(CancellationToken cancel) => Task.Delay(Timeout.Infinite, cancel);

    public MarketSnapshot? Seal() => Snapshot;
}

/// <summary>A server on a small made-up market of SOL options, with a few accounts, in a folder of its own.</summary>
internal sealed class ServerWorld : IAsyncDisposable
{
    public static readonly UnderlyingId Family = UnderlyingId.Linear(new Asset("SOL"), new Asset("USDC"));

    private static readonly SimulationParameters Market = SimulationParameters.Default with
    {
        Coins = [.. SimulationParameters.Default.Coins.Where(c => c.Coin.Code == "SOL")],
        Families = [.. SimulationParameters.Default.Families.Where(f => f.Underlying == Family)],
        SpotPairs = [.. SimulationParameters.Default.SpotPairs.Where(p => p.Underlying == Family || p.Kind == SpotPairKind.Stablecoin)],
    };

    private static readonly SimulatedExchange Exchange = new(Market, seed: 7);

    public static readonly MarketSnapshot First = SnapshotAt(5);

    public static readonly RiskParameters Parameters = RiskParameters.Default with { Name = "server-tests", Scenarios = ScenarioParameters.Default with { MonteCarloCount = 200 } };

    private static readonly ImmutableArray<Instrument> Options = [.. First.Boards.Single(b => b.Id == Family).Expiries.Skip(2).Take(3).SelectMany(e => e.Options).Select(o => o.Instrument)];

    private ServerWorld(string folder, StandingFeed feed, SqliteStore store, ServerHost host) =>
        (Folder, Feed, Store, Host, Client) = (folder, feed, store, host, new HttpClient { BaseAddress = new Uri(host.Url, "/api/v1/") });

    public string Folder { get; }

    public StandingFeed Feed { get; }

    public SqliteStore Store { get; }

    public ServerHost Host { get; }

    public HttpClient Client { get; }

    /// <summary>The same market while most quotes are missing.</summary>
    public static MarketSnapshot Outage { get; } = new SimulatedExchange(Market with { Scripts = [new ScheduledScript(StressScripts.FeedOutage, TimeSpan.Zero)] }, seed: 7).SnapshotAt(Market.Start.AddMinutes(5));

    public static string OptionName(int place) => Options[place].Name;

    public static MarketSnapshot SnapshotAt(int minutes) => Exchange.SnapshotAt(Market.Start.AddMinutes(minutes));

    public static Account Account(string id, decimal usdc, params (string Instrument, decimal Quantity)[] positions) =>
        RiskBook.Parse(Encoding.UTF8.GetBytes($$"""{"accounts":[{"id":"{{id}}","positions":[{{string.Join(',', positions.Select(p => FormattableString.Invariant($$"""{"instrument":"{{p.Instrument}}","quantity":{{p.Quantity}}}""")))}}],"collateral":[{"asset":"USDC","amount":{{FormattableString.Invariant($"{usdc}")}}}]}]}"""));

    /// <summary>Three accounts with a margin, one of them below it, and one that holds what the board does not list.</summary>
    public static ImmutableArray<Account> Accounts { get; } =
    [
        Account("alice", 50_000, (OptionName(4), -30), (OptionName(9), 12)),
        Account("bob", 500_000, (OptionName(4), 30), ("SOL_USDC-PERPETUAL", 100)),
        Account("carol", 1, (OptionName(9), -500)),
        Account("dora", 1_000, ("SOL_USDC-1JAN21-100-C", 1)),
    ];

    public static ServerOptions OptionsIn(string folder) => new() { DataDirectory = folder, Port = 0, IntervalMs = 100, Threads = 1, Parameters = Parameters, MostFollowers = 4 };

    public static async Task<ServerWorld> StartAsync(Func<ServerOptions, ServerOptions>? change = null, string? folder = null, ChainOptions? chain = null)
    {
        folder ??= Directory.CreateTempSubdirectory("pms-server-tests-").FullName;
        var store = SqliteStore.Open(Path.Combine(folder, "server.db"));
        FillBook(store);
        var feed = new StandingFeed(First, TimeProvider.System.GetUtcNow());
        var options = OptionsIn(folder);
        var host = await ServerHost.StartAsync(change is null ? options : change(options), feed, store, TimeProvider.System, TestContext.Current.CancellationToken, chain);
        return new ServerWorld(folder, feed, store, host);
    }

    /// <summary>Where the record is empty.</summary>
    public static void FillBook(IRiskStore store)
    {
        if (store.Head.Sequence == 0)
        {
            store.AppendAll([.. Accounts.Select(a => new NewRecord(RecordKind.AccountSet, 1, RiskBook.PortfolioBytes([a])))]);
        }
    }

    /// <summary>Until a new epoch is there.</summary>
    public async Task<long> EpochAsync(long after = 0)
    {
        while (true)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            var next = Host.Loop.Signal.Next;
            if (Host.Loop.Current is { } epoch && epoch.Number > after)
            {
                return epoch.Number;
            }

            await next.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        }
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        using var response = await Client.GetAsync(path, TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(System.Net.HttpStatusCode.OK, path);
        return await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }

    public async Task<(int Status, string Code)> ErrorAsync(HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var response = await SendAsync(method, path, body, headers);
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json", path);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        problem.GetProperty("status").GetInt32().ShouldBe((int)response.StatusCode);
        problem.GetProperty("detail").GetString().ShouldNotBeNullOrEmpty();
        return ((int)response.StatusCode, problem.GetProperty("code").GetString()!);
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return await Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Host.DisposeAsync();
        Store.Dispose();
    }
}

using System.Collections.Immutable;
using System.CommandLine;
using System.Net;
using Pms.Connectors.Deribit;
using Pms.Margin.Market;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Server;
using Pms.Server.Api;
using Pms.Server.Books;
using Pms.Server.Feeds;
using Pms.Server.Storage;
using Pms.Simulation;
using Pms.Simulation.Books;
using Pms.Simulation.Parameters;
using Pms.Volatility;

namespace Pms.Cli.Commands;

/// <summary><c>pms serve</c>: the risk server with its API and dashboard.</summary>
internal static class ServeCommand
{
    private static readonly Option<string> Feed = new("--feed") { Description = "sim (a made-up market) or deribit", DefaultValueFactory = _ => "sim" };
    private static readonly Option<string> Currencies = new("--currency") { Description = "currencies of deribit, separated by commas", DefaultValueFactory = _ => "BTC,ETH" };
    private static readonly Option<string?> Data = new("--data") { Description = "folder of the database; default: a new one that is left behind" };
    private static readonly Option<string> Address = new("--address") { Description = "listens here; anything but the loopback needs --keys", DefaultValueFactory = _ => "127.0.0.1" };
    private static readonly Option<int> Port = new("--port") { Description = "0: any free one", DefaultValueFactory = _ => 8080 };
    private static readonly Option<int> Interval = new("--interval") { Description = "an epoch begins every so many milliseconds, 100 to 3,600,000", DefaultValueFactory = _ => 2_000 };
    private static readonly Option<int> Accounts = new("--accounts") { Description = "where the database has none: so many are drawn on a made-up market, 0 to 100,000", DefaultValueFactory = _ => 200 };
    private static readonly Option<string?> Portfolio = new("--portfolio") { Description = "where the database has none: accounts of this file (docs/cli.md, portfolio file); - reads standard input" };
    private static readonly Option<string?> Parameters = new("--params") { Description = "risk parameter document; default: the built-in one" };
    private static readonly Option<ulong> Seed = new("--seed") { Description = "of the scenarios, the made-up market and its accounts", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> Threads = new("--threads") { Description = "1 to 256; no result depends on it", DefaultValueFactory = _ => Math.Max(1, Environment.ProcessorCount) };
    private static readonly Option<string?> Keys = new("--keys") { Description = "file of API keys: name, key or sha256:HASH, scopes read,write" };
    private static readonly Option<string?> Web = new("--web") { Description = "folder of the dashboard's files; default: web/dist where it is" };

    private static readonly Option<decimal?> Insurance = new("--insurance") { Description = "the insurance fund behind all accounts, USD: with it every epoch has an index of solvency (docs/model/solvency.md)" };
    private static readonly Option<decimal> Backstop = new("--backstop") { Description = "what others promise to pay after the fund, USD" };
    private static readonly Option<string?> Otlp = new("--otlp") { Description = "metrics are sent there (OTLP over HTTP), as in http://127.0.0.1:4318/v1/metrics" };

    public static Command Create() => PmsCommand.Create(
        "serve",
        "The risk server: seals the market at its own pace, margins every account, keeps its state, answers over HTTP and shows it in the browser. Runs until Ctrl-C.",
        "pms serve --feed sim --accounts 200 --port 8080",
        RunAsync,
        [Feed, Currencies, Data, Address, Port, Interval, Accounts, Portfolio, Parameters, Seed, Threads, Keys, Web, Insurance, Backstop, Otlp, .. StoreFlags.All]);

    private static async Task<int> RunAsync(CommandContext context, CancellationToken cancel)
    {
        var options = OptionsOf(context);
        Directory.CreateDirectory(options.DataDirectory);
        using var store = StoreFlags.Open(context, options.DataDirectory);
        var feed = FeedOf(context);
        using var owned = feed as IDisposable;
        FillBook(context, store, options, feed);
        await using var host = await ServerHost.StartAsync(options, feed, store, TimeProvider.System, cancel).ConfigureAwait(false);
        return await UntilStoppedAsync(context, host, options, $"serving at {host.Url}", cancel).ConfigureAwait(false);
    }

    /// <summary>Says where a server is and waits until it is told to stop.</summary>
    internal static async Task<int> UntilStoppedAsync(CommandContext context, ServerHost host, ServerOptions options, string where, CancellationToken cancel)
    {
        if (context.Json)
        {
            Output.JsonOutput.WriteLine(new { url = host.Url.ToString(), data = options.DataDirectory });
        }
        else
        {
            Console.WriteLine($"{where} (API at {host.Url}api/v1, data in {options.DataDirectory}); Ctrl-C ends it");
        }

        try
        {
            await host.WaitAsync(cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Ctrl-C, or the end of its time, is how it ends.
        }

        return ExitCode.Ok;
    }

    private static ServerOptions OptionsOf(CommandContext context)
    {
        if (!IPAddress.TryParse(context.Get(Address), out var address))
        {
            throw new InvalidInputException("address-flag", $"--address '{PrintableText.Of(context.Get(Address)!)}' is no IP address");
        }

        var parameters = ParamsCommand.Read(context.Get(Parameters));
        return new ServerOptions
        {
            Address = address,
            Port = context.Get(Port),
            DataDirectory = context.Get(Data) ?? Directory.CreateTempSubdirectory("pms-server-").FullName,
            WebDirectory = context.Get(Web) ?? Path.Combine("web", "dist"),
            IntervalMs = context.Get(Interval),
            Threads = context.Get(Threads),
            Parameters = parameters,
            Seed = context.Get(Seed),
            InsuranceUsd = context.Get(Insurance),
            BackstopUsd = context.Get(Backstop),
            OtlpEndpoint = context.Get(Otlp) is not { } otlp ? null
                : Uri.TryCreate(otlp, UriKind.Absolute, out var endpoint) ? endpoint : throw new InvalidInputException("otlp-flag", $"--otlp '{PrintableText.Of(otlp)}' is no address"),
            Keys = context.Get(Keys) is { } keys ? ApiKey.ReadFile(keys) : [],
        }.Validated();
    }

    private static IMarketFeed FeedOf(CommandContext context) => context.Get(Feed) switch
    {
        "sim" => new SimulatedFeed(SimulationParameters.LinearMarket, context.Get(Seed), TimeProvider.System),
        "deribit" => new DeribitFeed(
            new DeribitConnectorOptions { Currencies = [.. context.Get(Currencies)!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(c => c.ToUpperInvariant())] },
            TimeProvider.System),
        var other => throw new InvalidInputException("feed-flag", $"--feed '{PrintableText.Of(other ?? "")}' is none of sim, deribit"),
    };

    /// <summary>The first accounts of an empty database.</summary>
    private static void FillBook(CommandContext context, IRiskStore store, ServerOptions options, IMarketFeed feed)
    {
        if (store.Head.Sequence != 0)
        {
            return;
        }

        var accounts = context.Get(Portfolio) is { } path ? Read(path)
            : feed is SimulatedFeed simulated && context.Get(Accounts) > 0 ? Draw(simulated, options, context.Get(Accounts))
            : [];
        var at = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        store.AppendAll([.. accounts.Select(a => new NewRecord(RecordKind.AccountSet, at, RiskBook.PortfolioBytes([a])))]);
    }

    private static ImmutableArray<Account> Read(string path)
    {
        using var stream = CommandContext.OpenInput(path);
        return PortfolioFile.Read(stream, new PositionUnits()).Accounts;
    }

    private static ImmutableArray<Account> Draw(SimulatedFeed feed, ServerOptions options, int count)
    {
        var snapshot = new SimulatedExchange(SimulationParameters.LinearMarket with { Start = feed.Start }, options.Seed).SnapshotAt(feed.Start);
        var fits = BoardFit.Of(snapshot, options.Parameters.Surface);
        var market = MarginMarketBuilder.Build(snapshot, [.. fits.Underlyings.Select(u => u.Fit.Surface).OfType<VolSurface>()], new Dictionary<Asset, double>(), [], [], out _);
        return new BookGenerator(snapshot, market, options.Seed).Generate(count);
    }
}

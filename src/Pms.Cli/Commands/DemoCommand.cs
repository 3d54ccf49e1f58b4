using System.CommandLine;
using Pms.Cli.Demo;
using Pms.Cli.Onchain;
using Pms.Cli.Output;
using Pms.Primitives;
using Pms.Server;
using Pms.Server.Chain;
using Pms.Server.Feeds;
using Pms.Server.Storage;

namespace Pms.Cli.Commands;

/// <summary><c>pms demo</c>: the whole system on this machine.</summary>
internal static class DemoCommand
{
    private static readonly Option<int> Port = new("--port") { Description = "of API and dashboard on 127.0.0.1; 0: any free one", DefaultValueFactory = _ => 8080 };
    private static readonly Option<int> Accounts = new("--accounts") { Description = "traders' accounts on the chain, 1 to 1,000", DefaultValueFactory = _ => 200 };
    private static readonly Option<ulong> Seed = new("--seed") { Description = "of market, accounts and scenarios", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> Seconds = new("--seconds") { Description = "ends after so long, up to 86,400; 0: at Ctrl-C", DefaultValueFactory = _ => 0 };
    private static readonly Option<int> BatchSeconds = new("--batch-seconds") { Description = "a batch for the chain begins every so many seconds, 5 to 120", DefaultValueFactory = _ => 15 };
    private static readonly Option<int> ProofSeconds = new("--proof-seconds") { Description = "solvency is proven every so many seconds, 60 to 3,600; 0: never", DefaultValueFactory = _ => 0 };
    private static readonly Option<string?> Data = new("--data") { Description = "folder of database, keys and stores; default: a new temporary one" };
    private static readonly Option<string?> Web = new("--web") { Description = "folder of the dashboard's files; default: web/dist where it is" };

    public static Command Create() => PmsCommand.Create(
        "demo",
        "The whole system: a made-up market, accounts on a local chain, four attesters, two keepers, risk server and dashboard. Every ten minutes the market moves enough for margin calls and liquidations. Runs until Ctrl-C.",
        "pms demo --port 8080 --accounts 200",
        RunAsync,
        Port,
        Accounts,
        Seed,
        Seconds,
        BatchSeconds,
        ProofSeconds,
        Data,
        Web);

    private static async Task<int> RunAsync(CommandContext context, CancellationToken cancel)
    {
        var (accounts, seconds, batchSeconds, seed) = (context.Get(Accounts), context.Get(Seconds), context.Get(BatchSeconds), context.Get(Seed));
        if (accounts is < 1 or > 1_000 || seconds is < 0 or > 86_400 || batchSeconds is < 5 or > 120)
        {
            throw new InvalidInputException("demo-flags", $"--accounts {accounts} (1 to 1000), --seconds {seconds} (0 to 86400), --batch-seconds {batchSeconds} (5 to 120) is required");
        }

        var proofSeconds = context.Get(ProofSeconds);
        if (proofSeconds is not (0 or (>= 60 and <= 3_600)))
        {
            throw new InvalidInputException("demo-flags", $"--proof-seconds {proofSeconds}: 60 to 3600, or 0 for none, is required");
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        if (seconds > 0)
        {
            ending.CancelAfter(TimeSpan.FromSeconds(seconds));
        }

        var time = TimeProvider.System;
        var options = new ServerOptions
        {
            Port = context.Get(Port),
            DataDirectory = context.Get(Data) ?? Directory.CreateTempSubdirectory("pms-demo-").FullName,
            WebDirectory = context.Get(Web) ?? Path.Combine("web", "dist"),
            Seed = seed,
        }.Validated();
        Directory.CreateDirectory(options.DataDirectory);
        // Found before anything is started, so that what is missing is told at once.
        var workspace = ChainWorkspace.Find(Path.Combine(options.DataDirectory, "chain"));
        var startsAt = DateTimeOffset.FromUnixTimeSeconds((time.GetUtcNow() - DemoHouse.Past).ToUnixTimeSeconds());
        var feed = new SimulatedFeed(LocalMarket.ParametersOf(startsAt, DemoMarket.Script(DemoHouse.Past)), seed, time, startsAt);
        using var store = SqliteStore.Open(StoreFlags.PathIn(options.DataDirectory));
        var chain = new ChainOptions
        {
            BatchInterval = TimeSpan.FromSeconds(batchSeconds),
            Open = async (tell, stop) => await DemoHouse.StartAsync(
                workspace,
                startsAt,
                accounts,
                seed,
                time,
                proofSeconds > 0 ? new DemoProofTerms(TimeSpan.FromSeconds(proofSeconds)) : null,
                step =>
                {
                    tell(step);
                    Show(context, step);
                },
                stop).ConfigureAwait(false),
        };
        await using var host = await ServerHost.StartAsync(options, feed, store, time, ending.Token, chain).ConfigureAwait(false);
        return await ServeCommand.UntilStoppedAsync(context, host, options, $"open {host.Url} in a browser", ending.Token).ConfigureAwait(false);
    }

    private static void Show(CommandContext context, ChainStep step)
    {
        if (context.Json)
        {
            JsonOutput.WriteLine(new { step = step.Name, text = step.Text, gas = step.Gas });
        }
        else
        {
            Console.WriteLine($"  {step.Text}{(step.Gas is { } gas ? $" ({gas:N0} gas)" : "")}");
        }
    }
}

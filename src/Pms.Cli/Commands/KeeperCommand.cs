using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using Pms.Chain.Nodes;
using Pms.Cli.Onchain;
using Pms.Cli.Output;
using Pms.Keeper.Batches;
using Pms.Keeper.Chains;
using Pms.Keeper.Contests;
using Pms.Keeper.Decisions;
using Pms.Keeper.Running;
using Pms.Keeper.Storage;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary><c>pms keeper</c>: starts auctions, bids in them and writes shares out, within limits; dry unless the rules and a flag say otherwise.</summary>
internal static class KeeperCommand
{
    private static readonly TimeSpan BatchPatience = TimeSpan.FromSeconds(10);

    public static Command Create() => PmsCommand.Group("keeper", "A keeper: looks, decides and acts on accounts below their requirement (docs/keeper.md).", Once(), Run(), Status(), Simulate(), Config());

    private static Option<string> ConfigFile() => new("--config") { Description = "rules of the keeper (docs/keeper.md); pms keeper config shows the defaults", Required = true };

    private static Option<bool> Yes() => new("--yes") { Description = "send, where the rules say \"dryRun\": false, too; without it only what would be sent is shown", Arity = ArgumentArity.Zero };

    private static Option<string> Key() => new("--key") { Description = "who signs and pays gas: a name in the folder's keys, or a file", DefaultValueFactory = _ => "keeper" };

    private static Command Once()
    {
        var (flags, config, key, yes) = (new OnchainFlags(), ConfigFile(), Key(), Yes());
        return PmsCommand.Create(
            "once",
            "One look: settles what is on its way, tells every action with its reason, and sends what is worth it.",
            "pms keeper once --config keeper.json --json",
            async (context, cancel) =>
            {
                await using var session = await OpenAsync(context, flags, config, key, yes, cancel).ConfigureAwait(false);
                var report = await session.Host.TickAsync(cancel).ConfigureAwait(false);
                if (context.Json)
                {
                    JsonOutput.Write(KeeperDocument.Of(report));
                }
                else
                {
                    Show(report);
                }

                var judged = report.Actions.Where(a => a.Action.Skip is not null).ToArray();
                return judged.Length > 0 && judged.Length == report.Actions.Length && judged.All(a => a.Action.Skip!.Code.StartsWith("stale", StringComparison.Ordinal)) ? ExitCode.StaleData : ExitCode.Ok;
            },
            [config, key, yes, .. flags.Reading]);
    }

    private static Command Run()
    {
        var (flags, config, key, yes) = (new OnchainFlags(), ConfigFile(), Key(), Yes());
        return PmsCommand.Create(
            "run",
            "Looks again and again until it is stopped; with --json one document a look.",
            "pms keeper run --config keeper.json --yes",
            async (context, cancel) =>
            {
                await using var session = await OpenAsync(context, flags, config, key, yes, cancel).ConfigureAwait(false);
                await session.Host.RunAsync(
                    report =>
                    {
                        if (context.Json)
                        {
                            JsonOutput.WriteLine(KeeperDocument.Of(report));
                        }
                        else
                        {
                            Show(report);
                        }
                    },
                    refusal => Console.Error.WriteLine($"pms: {refusal.Code}: {refusal.Message}"),
                    cancel).ConfigureAwait(false);
                return ExitCode.Ok;
            },
            [config, key, yes, .. flags.Reading]);
    }

    private static Command Status()
    {
        var config = ConfigFile();
        var count = new Option<int>("--count") { Description = "newest transactions to show, 0 to 1000", DefaultValueFactory = _ => 20 };
        return PmsCommand.Create(
            "status",
            "What the store of a stopped keeper holds: its newest transactions, and gas paid by kind. Asks no chain.",
            "pms keeper status --config keeper.json",
            (context, _) =>
            {
                if (context.Get(count) is < 0 or > 1_000)
                {
                    throw new InvalidInputException("keeper-flags", $"--count {context.Get(count)}: 0 to 1000 are possible");
                }

                var path = context.Get(config)!;
                var file = StorePath(path, KeeperConfig.Parse(CommandContext.ReadInput(path)));
                if (!File.Exists(file))
                {
                    throw new InvalidInputException("file-not-found", $"'{file}' does not exist: this keeper has not run yet");
                }

                using var store = KeeperStore.Open(file);
                var (newest, fees) = (store.Newest(context.Get(count)), store.Fees());
                if (context.Json)
                {
                    JsonOutput.Write(KeeperDocument.Of(newest, fees));
                }
                else
                {
                    Show(newest, fees);
                }

                return Task.FromResult(ExitCode.Ok);
            },
            config,
            count);
    }

    private static Command Simulate()
    {
        var config = new Option<string?>("--config") { Description = "rules that the keepers' own are drawn around; default: the defaults, with starts, divisions and ends at any price" };
        var accounts = new Option<string?>("--accounts") { Description = "file {\"accounts\":[{\"account\",\"equity\",\"worth\",\"initial\",\"maintenance\",\"grossMark\"}]}, USD; - reads standard input; default: drawn" };
        var count = new Option<int>("--count") { Description = "accounts to draw, 1 to 10000", DefaultValueFactory = _ => 40 };
        var keepers = new Option<int>("--keepers") { Description = "competing keepers, 1 to 100", DefaultValueFactory = _ => 3 };
        var seed = new Option<ulong>("--seed") { Description = "of all draws", DefaultValueFactory = _ => 1 };
        var minutes = new Option<int>("--minutes") { Description = "length, 1 to 10000", DefaultValueFactory = _ => 150 };
        var gas = new Option<double>("--base-fee-gwei") { Description = "base fee, 1e9 wei for a unit of gas", DefaultValueFactory = _ => 20 };
        var absent = new Option<double>("--absent-seconds") { Description = "nobody is there before", DefaultValueFactory = _ => 0 };
        return PmsCommand.Create(
            "simulate",
            "Competing keepers on recorded or drawn accounts: the real decisions on a made-up chain; equal flags give equal bytes.",
            "pms keeper simulate --keepers 3 --base-fee-gwei 1000",
            (context, _) =>
            {
                var rules = context.Get(config) is { } path ? KeeperConfig.Parse(CommandContext.ReadInput(path)) : Bold(new KeeperConfig());
                var seeded = context.Get(seed);
                var drawn = context.Get(count);
                if (drawn is < 1 or > 10_000 || context.Get(keepers) is < 1 or > 100)
                {
                    throw new InvalidInputException("contest", $"{drawn} accounts and {context.Get(keepers)} keepers: 1 to 10000 and 1 to 100 are required");
                }

                var setup = new ContestSetup
                {
                    Accounts = context.Get(accounts) is { } file ? ReadAccounts(file) : ContestSetup.DrawAccounts(drawn, seeded),
                    Keepers = ContestSetup.DrawKeepers(context.Get(keepers), rules, context.Get(absent), seeded),
                    Seed = seeded,
                    Minutes = context.Get(minutes),
                    BaseFeeGwei = context.Get(gas),
                    EtherUsd = rules.Gas.EtherUsd ?? 3_000,
                };
                var result = KeeperContest.Run(setup);
                if (context.Json)
                {
                    JsonOutput.Write(KeeperDocument.Of(result, setup));
                }
                else
                {
                    Show(result);
                }

                return Task.FromResult(ExitCode.Ok);
            },
            config, accounts, count, keepers, seed, minutes, gas, absent);
    }

    private static Command Config()
    {
        var input = new Argument<string?>("FILE.json") { Description = "rules; - reads standard input; without it the defaults", Arity = ArgumentArity.ZeroOrOne };
        return PmsCommand.Create("config", "Reads and validates rules, and prints them with every default.", "pms keeper config > keeper.json", (context, _) =>
        {
            var config = context.Get(input) is { } path ? KeeperConfig.Parse(CommandContext.ReadInput(path)) : new KeeperConfig();
            Console.Out.WriteLine(config.Write());
            return Task.FromResult(ExitCode.Ok);
        }, input);
    }

    private static ImmutableArray<ContestAccount> ReadAccounts(string path)
    {
        using var stream = CommandContext.OpenInput(path);
        using var document = JsonOutput.Read<JsonDocument>(stream);
        return ContestSetup.ReadAccounts(document.RootElement);
    }

    /// <summary>Rules that let a contest show its own limits instead of a budget's.</summary>
    private static KeeperConfig Bold(KeeperConfig rules) => rules with
    {
        MinimumNetUsd = rules.MinimumNetUsd.SetItem(ActionKind.Start, -1e5).SetItem(ActionKind.Divide, -1e5).SetItem(ActionKind.End, -1e5),
        LargestCashUsd = 1e7,
        Gas = rules.Gas with { CapUsdPerTransaction = 1e6, CapUsdPerDay = 1e9, MostFeeGwei = 1e6 },
    };

    private static string StorePath(string config, KeeperConfig rules) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(config))!, rules.Store ?? "keeper.db");

    private static async Task<KeeperSession> OpenAsync(CommandContext context, OnchainFlags flags, Option<string> config, Option<string> key, Option<bool> yes, CancellationToken cancel)
    {
        var path = context.Get(config)!;
        var rules = KeeperConfig.Parse(CommandContext.ReadInput(path));
        rules = rules with { DryRun = rules.DryRun || !context.Get(yes) };
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var batch = rules.Batch ?? throw new InvalidInputException("keeper-config", "'batch' is missing: a file of the aggregator's batch, or its URL, is required");
        var session = await flags.OpenAsync(context, cancel).ConfigureAwait(false);
        KeeperStore? store = null;
        HttpClient? http = null;
        try
        {
            var keyFile = session.Workspace.Key(context.Get(key)!);
            var address = await session.Chain.Keys.AddressAsync(keyFile, cancel).ConfigureAwait(false);
            var relay = rules.RelayUrl is { } url ? new EthereumNode(session.Host, url) : null;
            var chain = new LiquidationContract(session.Chain.Node, session.Chain.Contracts, session.Chain.NewReader().Reader, keyFile, address, rules.Payer, relay);
            store = KeeperStore.Open(StorePath(path, rules));
            IBatchSource source;
            if (Uri.TryCreate(batch, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
            {
                http = new HttpClient { Timeout = BatchPatience };
                source = new HttpBatchSource(http, uri);
            }
            else
            {
                source = new FileBatchSource(Path.Combine(folder, batch));
            }

            var metrics = new KeeperMetrics();
            return new KeeperSession(session, store, http, metrics, new KeeperHost(chain, source, store, rules, TimeProvider.System, metrics));
        }
        catch
        {
            store?.Dispose();
            http?.Dispose();
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static void Show(KeeperReport report)
    {
        foreach (var t in report.Transactions)
        {
            Console.WriteLine($"block {report.Snapshot.Block}: {t.Kind} of account {t.Account}, nonce {t.Nonce}: {t.Outcome}, {t.Why}{(t.Fee is { } fee ? $"; {fee.GasUsed} gas, {fee.Usd:F2} USD" : "")}");
        }

        foreach (var a in report.Actions)
        {
            Console.WriteLine($"block {report.Snapshot.Block}: {a.Action.Kind} of account {a.Action.Account}: {(a.Action.Skip is { } skip ? $"skipped ({skip.Code}): {skip.Message}" : $"{(a.Outcome == "wouldSend" ? "would be sent" : $"sent as {a.Transaction}")}: {a.Action.Why}")}");
        }

        if (report.Actions.IsEmpty)
        {
            Console.WriteLine($"block {report.Snapshot.Block}: no account needs a keeper");
        }
    }

    private static void Show(ImmutableArray<KeeperTransaction> newest, ImmutableArray<KindFees> fees)
    {
        var table = new TextTable("kind", "account", "nonce", "progress", "gas", "gwei", "USD");
        foreach (var t in newest)
        {
            table.Add($"{t.Kind}", [$"{t.Account}", $"{t.Nonce}", t.Progress.ToString().ToLowerInvariant(), $"{t.Fee?.GasUsed}", t.Fee is { } fee ? $"{(double)fee.PriceWei / 1e9:N3}" : "", $"{t.Fee?.Usd:N2}"]);
        }

        table.Write();
        foreach (var f in fees)
        {
            Console.WriteLine($"{f.Kind}: {f.Transactions} in blocks, {f.GasUsed:N0} gas, {(double)f.Wei / 1e18:N6} ether, {f.Usd:N2} USD");
        }
    }

    private static void Show(ContestResult result)
    {
        var table = new TextTable("keeper", "starts", "bids", "lost", "cash in bids", "gain before gas", "gas", "net");
        foreach (var k in result.Keepers)
        {
            table.Add(k.Name, [$"{k.Starts}", $"{k.Bids}", $"{k.Lost}", $"{k.CashInBids:N0}", $"{k.GainBeforeGas:N2}", $"{k.Gas:N2}", $"{k.Net:N2}"]);
        }

        table.Write();
        Console.WriteLine($"{result.RemovedShare:P2} of the shortfall removed at {result.MeanRate:P2} of bonus; {string.Join(", ", result.Accounts.GroupBy(a => a.Outcome).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Count()} {g.Key}"))}");
    }

    private sealed class KeeperSession(OnchainSession session, KeeperStore store, HttpClient? http, KeeperMetrics metrics, KeeperHost host) : IAsyncDisposable
    {
        public KeeperHost Host => host;

        public async ValueTask DisposeAsync()
        {
            store.Dispose();
            http?.Dispose();
            metrics.Dispose();
            await session.DisposeAsync().ConfigureAwait(false);
        }
    }
}

using System.Globalization;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Numerics;
using Pms.Scenarios;
using Pms.Server;
using Pms.Server.Books;
using Pms.Server.Feeds;
using Pms.Server.Storage;
using Pms.Simulation;
using Pms.Simulation.Parameters;

namespace Pms.Bench.Load;

/// <summary>A risk server on the made-up linear market (BTC, ETH, SOL), with accounts of twenty positions each, all by fixed seeds, in a folder of its own.</summary>
internal sealed class LoadWorld : IAsyncDisposable
{
    public const int Positions = 20;
    public const int Scenarios = 10_000;

    private const ulong Seed = 7;

    private static readonly SimulatedExchange Exchange = new(SimulationParameters.LinearMarket, Seed);

    private readonly string _folder;
    private readonly SqliteStore _store;

    private LoadWorld(string folder, SqliteStore store, ServerHost host) => (_folder, _store, Host) = (folder, store, host);

    public ServerHost Host { get; }

    public static RiskParameters Parameters { get; } = RiskParameters.Default with { Name = "load", Scenarios = ScenarioParameters.Default with { MonteCarloCount = Scenarios } };

    /// <summary>Seconds that a load lasts: PMS_LOAD_SECONDS, else as the workload has it.</summary>
    public static int Seconds(int otherwise) => int.TryParse(Environment.GetEnvironmentVariable("PMS_LOAD_SECONDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > 0 ? seconds : otherwise;

    public static MarketSnapshot SnapshotAt(int seconds) => Exchange.SnapshotAt(Exchange.Parameters.Start.AddSeconds(600 + seconds));

    /// <summary>Accounts a0, a1, …: distinct contracts of the board, long and short, and USDC and USD.</summary>
    public static Account[] Accounts(int count, MarketSnapshot snapshot)
    {
        Instrument[] board = [.. snapshot.Boards.SelectMany(b => b.Expiries.SelectMany(e => e.Options).Concat(b.Linears)).Select(q => q.Instrument).Where(i => i is not Spot)];
        var draw = 0x9E3779B97F4A7C15UL;
        int Next(int below)
        {
            draw ^= draw << 13;
            draw ^= draw >> 7;
            draw ^= draw << 17;
            return (int)(draw % (ulong)below);
        }

        return
        [
            .. Enumerable.Range(0, count).Select(a =>
            {
                var chosen = new HashSet<Instrument>();
                while (chosen.Count < Positions)
                {
                    chosen.Add(board[Next(board.Length)]);
                }

                return new Account(
                    $"a{a}",
                    [.. chosen.OrderBy(i => i.Name, StringComparer.Ordinal).Select(i => new Position(i, Next(2) == 0 ? 1 + Next(5) : -1 - Next(5)))],
                    [new CollateralHolding(new Asset("USD"), 1_000_000), new CollateralHolding(new Asset("USDC"), 5_000_000)]);
            }),
        ];
    }

    public static async Task<LoadWorld> StartAsync(IMarketFeed feed, IReadOnlyCollection<Account> accounts, int intervalMs, int threads, Func<ServerOptions, ServerOptions>? change = null)
    {
        var folder = Directory.CreateTempSubdirectory("pms-load-").FullName;
        var store = SqliteStore.Open(Path.Combine(folder, "server.db"));
        store.AppendAll([.. accounts.Select(a => new NewRecord(RecordKind.AccountSet, 1, RiskBook.PortfolioBytes([a])))]);
        var options = new ServerOptions { DataDirectory = folder, Port = 0, IntervalMs = intervalMs, Threads = threads, Parameters = Parameters, Seed = Seed, KeptEpochs = 50, MostCallsPerSecond = 1_000_000 };
        var host = await ServerHost.StartAsync(change is null ? options : change(options), feed, store, TimeProvider.System, CancellationToken.None).ConfigureAwait(false);
        return new LoadWorld(folder, store, host);
    }

    /// <summary>Until an epoch after this one is there.</summary>
    public async Task<long> EpochAsync(long after)
    {
        while (true)
        {
            var next = Host.Loop.Signal.Next;
            if (Host.Loop.Current is { } epoch && epoch.Number > after)
            {
                return epoch.Number;
            }

            await next.ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync().ConfigureAwait(false);
        _store.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Load average of the last minute; -1 where the system does not tell.</summary>
    public static double LoadAverage() => File.Exists("/proc/loadavg") ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture) : -1;
}

/// <summary>Order statistics: the least value that so large a share does not exceed.</summary>
internal sealed class Quantiles(IEnumerable<double> values)
{
    private readonly double[] _sorted = [.. values.Order()];

    public int Count => _sorted.Length;

    public double this[double share] => OrderStatistics.OfSorted(_sorted, share);
}

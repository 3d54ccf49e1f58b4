using System.Diagnostics;
using System.Globalization;

namespace Pms.Bench.Load;

/// <summary>
/// WHATIF: what-ifs over WebSocket on a server of 1,000 accounts (20 positions, 10,000 scenarios) whose market moves every two seconds: 500 a second for PMS_LOAD_SECONDS (10) over four
/// connections; then as fast as it goes (capacity), then at three times that. Client and server in one process: they share cores, collector and thread pool.
/// </summary>
internal sealed class WhatIfWorkload : IWorkload
{
    private const int Accounts = 1_000;
    private const int Connections = 4;

    public string Name => "WHATIF";

    public bool Run(BenchReport report, IReadOnlyList<int> threads) => RunAsync(report).GetAwaiter().GetResult();

    private static async Task<bool> RunAsync(BenchReport report)
    {
        var seconds = LoadWorld.Seconds(10);
        var feed = new TickFeed([.. Enumerable.Range(0, 8).Select(i => LoadWorld.SnapshotAt(2 * i))]);
        var accounts = LoadWorld.Accounts(Accounts, feed.Seal()!);
        await using var world = await LoadWorld.StartAsync(feed, accounts, intervalMs: 2_000, threads: 1).ConfigureAwait(false);
        await world.EpochAsync(0).ConfigureAwait(false);
        using var moving = new Timer(_ => feed.Move(), null, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2));

        // The contract is one that somebody holds: its row is in the array.
        string Call(long id)
        {
            var account = accounts[id * 7919 % Hot];
            var order = account.Positions[(int)(id % LoadWorld.Positions)].Instrument.Name;
            return string.Create(CultureInfo.InvariantCulture, $"\"method\":\"private/what_if\",\"params\":{{\"account\":\"{account.Id}\",\"orders\":[{{\"instrument\":\"{order}\",\"quantity\":{((id & 1) == 0 ? 1 : -1)}}}]}}");
        }

        await LoadAsync(world.Host.Url, 200, 5, Call).ConfigureAwait(false);
        var at500 = await LoadAsync(world.Host.Url, 500, seconds, Call).ConfigureAwait(false);
        Report(report, "500-a-second", at500, seconds, 500);

        var rising = 1_000.0;
        var capacity = 0.0;
        while (rising <= 16_000)
        {
            var tried = await LoadAsync(world.Host.Url, rising, 4, Call).ConfigureAwait(false);
            Report(report, string.Create(CultureInfo.InvariantCulture, $"{rising:F0}-a-second"), tried, 4, rising);
            capacity = Math.Max(capacity, tried.Answered.Count / tried.Seconds);
            if (tried.Answered.Count < 0.95 * rising * 4)
            {
                break;
            }

            rising *= 2;
        }

        var before = GC.GetTotalMemory(forceFullCollection: true);
        var three = await LoadAsync(world.Host.Url, 3 * capacity, seconds, Call).ConfigureAwait(false);
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        var goodput = three.Answered.Count / three.Seconds / capacity;
        Report(report, "three-times-capacity", three, seconds, 3 * capacity, string.Create(CultureInfo.InvariantCulture, $",\"capacity\":{capacity:F0},\"goodput_ratio\":{goodput:F2},\"heap_grown_mb\":{grown / 1048576.0:F1}"));
        return at500.Failed == 0 && three.Failed == 0;
    }

    /// <summary>Accounts that are asked about; they do not all fit into what an epoch keeps at hand.</summary>
    private static int Hot => int.TryParse(Environment.GetEnvironmentVariable("PMS_LOAD_HOT"), NumberStyles.None, CultureInfo.InvariantCulture, out var hot) && hot is > 0 and <= Accounts ? hot : 200;

    private static async Task<Outcome> LoadAsync(Uri server, double perSecond, double seconds, Func<long, string> call)
    {
        var clients = Enumerable.Range(0, Connections).Select(_ => new RpcLoadClient(server)).ToArray();
        try
        {
            await Task.WhenAll(clients.Select(c => c.ConnectAsync())).ConfigureAwait(false);
            var (begun, paused, cpu) = (Stopwatch.GetTimestamp(), GC.GetTotalPauseDuration(), Environment.CpuUsage.TotalTime);
            await Task.WhenAll(clients.Select((c, n) => c.SendAsync(perSecond / Connections, seconds, id => call((id * Connections) + n)))).ConfigureAwait(false);
            await Task.WhenAll(clients.Select(c => c.SettleAsync(TimeSpan.FromSeconds(10)))).ConfigureAwait(false);
            return new Outcome(
                new Quantiles(clients.SelectMany(c => c.AnsweredUs)), new Quantiles(clients.SelectMany(c => c.RefusedUs)), clients.Sum(c => c.Failed), clients.Sum(c => c.Sent), Stopwatch.GetElapsedTime(begun).TotalSeconds, (GC.GetTotalPauseDuration() - paused).TotalMilliseconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
        }
        finally
        {
            foreach (var client in clients)
            {
                await client.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private static void Report(BenchReport report, string variant, Outcome outcome, double seconds, double asked, string extra = "") => report.Latency(variant, outcome.Answered[0.01], outcome.Answered[0.5], outcome.Answered[0.99], string.Create(
        CultureInfo.InvariantCulture,
        $"\"seconds\":{seconds},\"asked_per_s\":{asked:F0},\"sent\":{outcome.Sent},\"answered\":{outcome.Answered.Count},\"refused\":{outcome.Refused.Count},\"failed\":{outcome.Failed},\"refused_p50_us\":{Json(outcome.Refused[0.5])},\"refused_p99_us\":{Json(outcome.Refused[0.99])},\"gc_paused_ms\":{outcome.PausedMs:F0},\"cpu_cores\":{outcome.CpuSeconds / outcome.Seconds:F2},\"load\":{LoadWorld.LoadAverage():F1}{extra}"));

    private static string Json(double value) => double.IsNaN(value) ? "null" : value.ToString("F1", CultureInfo.InvariantCulture);

    private sealed record Outcome(Quantiles Answered, Quantiles Refused, int Failed, long Sent, double Seconds, double PausedMs, double CpuSeconds);
}

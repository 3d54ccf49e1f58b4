using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;

namespace Pms.Bench.Load;

/// <summary>TICK: the market moves; until all margins of 1,000 and of 10,000 accounts are computed, and until they are on the disk and published. PMS_LOAD_TICKS moves, 30 where it is not set.</summary>
internal sealed class TickWorkload : IWorkload
{
    private const int WarmUps = 3;

    public string Name => "TICK";

    public bool Run(BenchReport report, IReadOnlyList<int> threads)
    {
        var ticks = int.TryParse(Environment.GetEnvironmentVariable("PMS_LOAD_TICKS"), NumberStyles.None, CultureInfo.InvariantCulture, out var wanted) && wanted > 0 ? wanted : 30;
        ImmutableArray<MarketData.Snapshots.MarketSnapshot> snapshots = [.. Enumerable.Range(0, 8).Select(i => LoadWorld.SnapshotAt(2 * i))];
        foreach (var accounts in new[] { 1_000, 10_000 })
        {
            foreach (var count in threads)
            {
                MeasureAsync(report, snapshots, accounts, count, ticks).GetAwaiter().GetResult();
            }
        }

        return true;
    }

    private static async Task MeasureAsync(BenchReport report, ImmutableArray<MarketData.Snapshots.MarketSnapshot> snapshots, int accounts, int threads, int ticks)
    {
        var feed = new TickFeed(snapshots);
        await using var world = await LoadWorld.StartAsync(feed, LoadWorld.Accounts(accounts, snapshots[0]), intervalMs: 100, threads).ConfigureAwait(false);
        var epoch = await world.EpochAsync(0).ConfigureAwait(false);
        var (margins, published, cpu) = (new List<double>(), new List<double>(), new List<double>());
        for (var tick = 0; tick < WarmUps + ticks; tick++)
        {
            var before = Environment.CpuUsage.TotalTime;
            feed.Move();
            epoch = await world.EpochAsync(epoch).ConfigureAwait(false);
            if (tick >= WarmUps)
            {
                published.Add(Stopwatch.GetElapsedTime(feed.SealedAt).TotalMilliseconds);
                margins.Add(world.Host.Loop.Current!.Took.TotalMilliseconds);
                cpu.Add((Environment.CpuUsage.TotalTime - before).TotalMilliseconds);
            }
        }

        var (m, p, c) = (new Quantiles(margins), new Quantiles(published), new Quantiles(cpu));
        var refused = world.Host.Loop.Current!.Accounts.Count(a => a.Result is null);
        report.Latency(string.Create(CultureInfo.InvariantCulture, $"margins-{accounts}x{LoadWorld.Positions}x{LoadWorld.Scenarios}-{threads}t"), m[0.01] * 1e3, m[0.5] * 1e3, m[0.99] * 1e3, string.Create(
            CultureInfo.InvariantCulture,
            $"\"published_p50_us\":{p[0.5] * 1e3:F0},\"published_p99_us\":{p[0.99] * 1e3:F0},\"cpu_p50_ms\":{c[0.5]:F0},\"ticks\":{ticks},\"rows\":{world.Host.Loop.Current!.Margin.Array.Rows.Length},\"refused\":{refused},\"load\":{LoadWorld.LoadAverage():F1}"));
    }
}

using System.Globalization;

namespace Pms.Bench.Load;

/// <summary>SOAK: a server of 1,000 accounts whose market moves every second, followed and asked all the while, for PMS_LOAD_SECONDS (60); the heap after full collections between epochs, in ten parts. The growth goes from the second part to the last.</summary>
internal sealed class SoakWorkload : IWorkload
{
    private const int Parts = 10;
    private const double MostGrowth = 0.05;

    public string Name => "SOAK";

    public bool Run(BenchReport report, IReadOnlyList<int> threads) => RunAsync(report).GetAwaiter().GetResult();

    private static async Task<bool> RunAsync(BenchReport report)
    {
        var seconds = LoadWorld.Seconds(60);
        var feed = new TickFeed([.. Enumerable.Range(0, 8).Select(i => LoadWorld.SnapshotAt(2 * i))]);
        var accounts = LoadWorld.Accounts(1_000, feed.Seal()!);
        await using var world = await LoadWorld.StartAsync(feed, accounts, intervalMs: 1_000, threads: 1).ConfigureAwait(false);
        await world.EpochAsync(0).ConfigureAwait(false);
        using var moving = new Timer(_ => feed.Move(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        var heaps = new List<double>();
        var answered = 0L;
        for (var part = 0; part < Parts; part++)
        {
            // Connections come and go: what one leaves behind would add up.
            await using var client = new RpcLoadClient(world.Host.Url);
            await client.ConnectAsync().ConfigureAwait(false);
            await client.SendAsync(1, 1, _ => "\"method\":\"public/subscribe\",\"params\":{\"channels\":[\"margin.watch\",\"overview\",\"alerts\",\"margin.a1\"]}").ConfigureAwait(false);
            await client.SendAsync(50, ((double)seconds / Parts) - 1, id => (id % 3) switch
            {
                0 => $"\"method\":\"private/what_if\",\"params\":{{\"account\":\"a{id % 1_000}\",\"orders\":[{{\"instrument\":\"{accounts[id % 1_000].Positions[0].Instrument.Name}\",\"quantity\":1}}]}}",
                1 => "\"method\":\"private/get_overview\"",
                _ => $"\"method\":\"private/get_margin\",\"params\":{{\"account\":\"a{id % 1_000}\"}}",
            }).ConfigureAwait(false);
            await client.SettleAsync(TimeSpan.FromSeconds(10)).ConfigureAwait(false);
            answered += client.AnsweredUs.Count;
            // Between questions and epochs: what is at hand for the questions of a moment is no growth.
            moving.Change(Timeout.Infinite, Timeout.Infinite);
            await Task.Delay(TimeSpan.FromSeconds(3)).ConfigureAwait(false);
            var epoch = world.Host.Loop.Store.LastEpoch;
            feed.Move();
            await world.EpochAsync(epoch).ConfigureAwait(false);
            heaps.Add(GC.GetTotalMemory(forceFullCollection: true) / 1048576.0);
            moving.Change(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        }

        var growth = (heaps[^1] / heaps[1]) - 1;
        report.Latency("heap", 0, 0, 0, string.Create(
            CultureInfo.InvariantCulture,
            $"\"seconds\":{seconds},\"epochs\":{world.Host.Loop.Store.LastEpoch},\"answered\":{answered},\"heap_mb\":[{string.Join(',', heaps.Select(h => h.ToString("F1", CultureInfo.InvariantCulture)))}],\"growth\":{growth:F3},\"rss_mb\":{Environment.WorkingSet / 1048576},\"load\":{LoadWorld.LoadAverage():F1}"));
        return growth <= MostGrowth;
    }
}

using System.Diagnostics;
using System.Globalization;
using Pms.Connectors;
using Pms.MarketData.Events;
using Pms.MarketData.Snapshots;
using Pms.Server.Feeds;

namespace Pms.Bench.Load;

/// <summary>INGEST: quote updates at a fixed rate into a running server of 200 accounts: 20,000 a second for PMS_LOAD_SECONDS (10), then 100,000 a second for 10 s; check: each is applied, conflated, refused or dropped, and none is lost.</summary>
internal sealed class IngestWorkload : IWorkload
{
    private const int BurstSeconds = 10;

    public string Name => "INGEST";

    public bool Run(BenchReport report, IReadOnlyList<int> threads) => RunAsync(report).GetAwaiter().GetResult();

    private static async Task<bool> RunAsync(BenchReport report)
    {
        using var queue = new ConflatingQueue();
        var feed = new QueueFeed("load", queue, TimeProvider.System);
        var snapshot = LoadWorld.SnapshotAt(0);
        var quotes = snapshot.Boards.SelectMany(b => b.Expiries.SelectMany(e => e.Options).Concat(b.Linears)).ToArray();
        var posted = 0L;
        foreach (var board in snapshot.Boards)
        {
            if (board.Index is { } index)
            {
                queue.Post(new IndexUpdate(new Provenance("load", TimeProvider.System.GetUtcNow(), TimeProvider.System.GetUtcNow()), board.Id.Base, board.Id.Quote, index.Price));
                posted++;
            }
        }

        foreach (var quote in quotes)
        {
            queue.Post(Moved(quote, 0));
            posted++;
        }

        feed.Drain();
        await using var world = await LoadWorld.StartAsync(feed, LoadWorld.Accounts(200, snapshot), intervalMs: 2_000, threads: 1).ConfigureAwait(false);
        var passed = true;
        foreach (var (rate, seconds) in new[] { (20_000, LoadWorld.Seconds(10)), (100_000, BurstSeconds) })
        {
            var (before, epochs, from) = (Environment.CpuUsage.TotalTime, world.Host.Loop.Store.LastEpoch, feed.Status);
            var (sent, behindMs, late) = await Task.Run(() => Post(queue, quotes, rate, seconds)).ConfigureAwait(false);
            posted += sent;
            feed.Drain();
            var status = feed.Status;
            var lost = posted - (status.Events + status.Refused + status.Conflated + status.Dropped);
            var cpu = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
            // A rate that was not reached shows nothing.
            passed &= lost == 0 && sent == (long)rate * seconds;
            report.Latency($"{rate}-a-second", late[0.01], late[0.5], late[0.99], string.Create(
                CultureInfo.InvariantCulture,
                $"\"seconds\":{seconds},\"posted\":{sent},\"applied\":{status.Events - from.Events},\"conflated\":{status.Conflated - from.Conflated},\"refused\":{status.Refused - from.Refused},\"dropped\":{status.Dropped - from.Dropped},\"lost\":{lost},\"behind_ms_max\":{behindMs:F1},\"epochs\":{world.Host.Loop.Store.LastEpoch - epochs},\"cpu_cores\":{cpu / seconds:F2},\"load\":{LoadWorld.LoadAverage():F1}"));
        }

        return passed;
    }

    /// <summary>Open loop: a thousand times a second as many as are due by the clock.</summary>
    /// <returns>posted; most that the poster was behind its clock, milliseconds; duration of a post, microseconds, each hundredth measured</returns>
    private static (long Sent, double BehindMs, Quantiles Post) Post(ConflatingQueue queue, InstrumentQuote[] quotes, int rate, int seconds)
    {
        var begun = Stopwatch.GetTimestamp();
        var (sent, all, behind) = (0L, (long)rate * seconds, 0.0);
        var durations = new List<double>();
        while (sent < all)
        {
            var due = Math.Min(all, (long)(Stopwatch.GetElapsedTime(begun).TotalSeconds * rate));
            behind = Math.Max(behind, (double)(due - sent) / rate * 1e3);
            for (; sent < due; sent++)
            {
                var update = Moved(quotes[sent % quotes.Length], sent);
                var at = sent % 100 == 0 ? Stopwatch.GetTimestamp() : 0;
                queue.Post(update);
                if (at != 0)
                {
                    durations.Add(Stopwatch.GetElapsedTime(at).TotalMicroseconds);
                }
            }

            Thread.Sleep(1);
        }

        return (sent, behind, new Quantiles(durations));
    }

    /// <summary>The quote as of now, its values moved by up to a hundredth of a percent.</summary>
    private static QuoteUpdate Moved(InstrumentQuote quote, long step)
    {
        var now = TimeProvider.System.GetUtcNow();
        var factor = 1 + ((step % 21) - 10) * 1e-5;
        return new QuoteUpdate(
            new Provenance("load", now, now),
            quote.Instrument,
            QuoteGroups.TopOfBook | QuoteGroups.Mark | QuoteGroups.Forward | QuoteGroups.QuotedVols,
            quote.Values with { Bid = quote.Values.Bid * factor, Ask = quote.Values.Ask * factor, Mark = quote.Values.Mark * factor });
    }
}

using System.Collections.Immutable;
using System.Diagnostics;
using Pms.MarketData.Snapshots;
using Pms.Server.Feeds;

namespace Pms.Bench.Load;

/// <summary>A market that is another one whenever it is told to move, and notes when it was sealed.</summary>
internal sealed class TickFeed(ImmutableArray<MarketSnapshot> snapshots) : IMarketFeed
{
    private int _place;
    private long _sealedAt;

    public FeedStatus Status => new("tick", TimeProvider.System.GetUtcNow(), 1, 0, 0);

    /// <summary>When the newest snapshot was first taken; a time stamp of the stopwatch.</summary>
    public long SealedAt => Interlocked.Read(ref _sealedAt);

    public Task RunAsync(CancellationToken cancel) => Task.Delay(Timeout.Infinite, cancel);

    public void Move()
    {
        Interlocked.Exchange(ref _sealedAt, 0);
        Interlocked.Increment(ref _place);
    }

    public MarketSnapshot? Seal()
    {
        Interlocked.CompareExchange(ref _sealedAt, Stopwatch.GetTimestamp(), 0);
        return snapshots[Volatile.Read(ref _place) % snapshots.Length];
    }
}

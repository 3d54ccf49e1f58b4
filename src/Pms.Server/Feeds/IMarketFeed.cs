using Pms.MarketData.Snapshots;

namespace Pms.Server.Feeds;

/// <summary>How a feed is doing.</summary>
/// <param name="Name">of the source</param>
/// <param name="LastEventAt">when the newest event was received; null: none yet</param>
/// <param name="Events">applied so far</param>
/// <param name="Refused">events that the market state did not take</param>
/// <param name="Reconnects">times that the line was made anew</param>
public sealed record FeedStatus(string Name, DateTimeOffset? LastEventAt, long Events, long Refused, long Reconnects)
{
    /// <summary>Events that a newer value overwrote before they were applied.</summary>
    public long Conflated { get; init; }

    /// <summary>Trades and rejections that were too many to be kept.</summary>
    public long Dropped { get; init; }

    /// <summary>Null before the first event.</summary>
    public TimeSpan? AgeAt(DateTimeOffset now) => now - LastEventAt is { } age ? age > TimeSpan.Zero ? age : TimeSpan.Zero : null;
}

/// <summary>A market that goes on at its own pace: events overwrite the latest values, whoever reads seals a snapshot at his.</summary>
public interface IMarketFeed
{
    FeedStatus Status { get; }

    /// <summary>Receives until told to stop.</summary>
    Task RunAsync(CancellationToken cancel);

    /// <summary>All that is known, as of the newest event: so that a feed that has fallen silent does not look fresh. Null before the first board.</summary>
    MarketSnapshot? Seal();
}

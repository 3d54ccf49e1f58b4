using Pms.Primitives;

namespace Pms.MarketData.Readers;

/// <summary>At which instants a file is frozen into snapshots.</summary>
/// <remarks>
/// A board file (events between <see cref="Events.BoardStart"/> and <see cref="Events.BoardEnd"/>) has its own instants and gives one snapshot a board
/// whatever the plan. The plan speaks of message streams: there, what counts is the receive time, so that a snapshot holds what was known then and
/// nothing later.
/// </remarks>
public sealed record SnapshotPlan
{
    private SnapshotPlan(TimeSpan? interval)
    {
        Interval = interval;
    }

    /// <summary>One snapshot at the end of a message stream, at the newest instant in it.</summary>
    public static SnapshotPlan AtEnd { get; } = new((TimeSpan?)null);

    /// <summary>Distance between the snapshots of a message stream; null for one at the end.</summary>
    public TimeSpan? Interval { get; }

    /// <summary>
    /// Snapshots of a message stream at whole multiples of an interval since 1970 UTC, and one at the end; intervals in which nothing was received are
    /// not repeated.
    /// </summary>
    /// <exception cref="InvalidInputException">the interval is not between 1 ms and 366 days</exception>
    public static SnapshotPlan Every(TimeSpan interval)
    {
        return interval >= TimeSpan.FromMilliseconds(1) && interval <= TimeSpan.FromDays(366)
            ? new SnapshotPlan(interval)
            : throw new InvalidInputException("snapshot-interval", $"an interval of {interval} is not between 1 ms and 366 days");
    }
}

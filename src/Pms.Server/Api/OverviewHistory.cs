using System.Text.Json;
using Pms.Documents;
using Pms.Server.Epochs;

namespace Pms.Server.Api;

/// <summary>The overview of the newest epoch, written once for all that follow, and the points of the epochs before it.</summary>
internal sealed class OverviewHistory(RiskLoop loop)
{
    private const int MostPoints = 500;

    private readonly Lock _lock = new();
    private readonly Queue<TotalsPoint> _points = new();
    private long _last;
    private (long Epoch, OperatingState State, byte[] Bytes)? _written;
    private (long Epoch, long Since, byte[] Bytes)? _change;

    /// <summary>The overview of an epoch as of now.</summary>
    public OverviewDocument Overview(RiskEpoch epoch)
    {
        lock (_lock)
        {
            if (epoch.Number > _last)
            {
                _last = epoch.Number;
                _points.Enqueue(OverviewDocument.PointOf(epoch));
                if (_points.Count > MostPoints)
                {
                    _points.Dequeue();
                }
            }

            var now = loop.Time.GetUtcNow();
            return OverviewDocument.Of(epoch, loop.Status, [FeedDocument.Of(loop.Feed.Status, now)], [.. _points], now, loop.Options.IntervalMs);
        }
    }

    /// <summary>The same as bytes, with the points of the history after an epoch alone; made once for all that saw that epoch last.</summary>
    /// <param name="epoch">whose overview</param>
    /// <param name="since">number of the epoch that was seen; null: none, all points are wanted</param>
    public byte[] Bytes(RiskEpoch epoch, long? since)
    {
        if (since is not { } seen)
        {
            return Bytes(epoch);
        }

        lock (_lock)
        {
            if (_change is not { } change || change.Epoch != epoch.Number || change.Since != seen)
            {
                var overview = Overview(epoch);
                change = (epoch.Number, seen, JsonSerializer.SerializeToUtf8Bytes(overview with { History = [.. overview.History.Where(p => p.Number > seen)] }, DocumentJson.Compact));
                _change = change;
            }

            return change.Bytes;
        }
    }

    /// <summary>The same as bytes; made once for an epoch and state, however many follow.</summary>
    public byte[] Bytes(RiskEpoch epoch)
    {
        lock (_lock)
        {
            var state = loop.Status.State;
            if (_written is not { } written || written.Epoch != epoch.Number || written.State != state)
            {
                written = (epoch.Number, state, JsonSerializer.SerializeToUtf8Bytes(Overview(epoch), DocumentJson.Compact));
                _written = written;
            }

            return written.Bytes;
        }
    }
}

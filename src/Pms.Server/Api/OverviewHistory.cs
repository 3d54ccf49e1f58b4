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

            return OverviewDocument.Of(epoch, loop.Status, [FeedDocument.Of(loop.Feed.Status, loop.Time.GetUtcNow())], [.. _points]);
        }
    }

    public byte[] Bytes(RiskEpoch epoch) => JsonSerializer.SerializeToUtf8Bytes(Overview(epoch), DocumentJson.Compact);
}

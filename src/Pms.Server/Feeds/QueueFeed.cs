using Pms.Connectors;
using Pms.MarketData.Events;
using Pms.MarketData.Snapshots;

namespace Pms.Server.Feeds;

/// <summary>A market that is pushed in: whoever has events posts them into a queue where newer values overwrite waiting ones, and one reader takes them into the latest values.</summary>
/// <remarks>Nothing goes unmarked: every quote posted is applied, conflated, refused or still waiting, and each is counted.</remarks>
/// <param name="name">of the source</param>
/// <param name="queue">where events wait; this feed's until it is disposed</param>
/// <param name="time">clock</param>
public sealed class QueueFeed(string name, ConflatingQueue queue, TimeProvider time) : IMarketFeed
{
    private readonly MarketState _state = new();
    private readonly Lock _lock = new();
    private readonly List<MarketEvent> _scratch = [];
    private DateTimeOffset? _last;
    private long _events;
    private long _refused;

    public FeedStatus Status
    {
        get
        {
            lock (_lock)
            {
                return new FeedStatus(name, _last, _events, _refused, 0) { Conflated = queue.Conflated, Dropped = queue.Dropped };
            }
        }
    }

    public async Task RunAsync(CancellationToken cancel)
    {
        while (true)
        {
            await queue.WaitAsync(cancel).ConfigureAwait(false);
            Drain();
        }
    }

    /// <summary>Takes what waits into the latest values.</summary>
    public void Drain()
    {
        lock (_lock)
        {
            _scratch.Clear();
            if (queue.Drain(_scratch) == 0)
            {
                return;
            }

            foreach (var e in _scratch)
            {
                if (_state.Apply(e) is null)
                {
                    _events++;
                }
                else
                {
                    _refused++;
                }
            }

            _last = time.GetUtcNow();
        }
    }

    public MarketSnapshot? Seal()
    {
        lock (_lock)
        {
            return _state.LatestTime is { } at ? _state.Seal(at) : null;
        }
    }
}

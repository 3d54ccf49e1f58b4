using Pms.Connectors.Deribit;
using Pms.MarketData.Events;
using Pms.MarketData.Snapshots;

namespace Pms.Server.Feeds;

/// <summary>Deribit's public market data.</summary>
public sealed class DeribitFeed : IMarketFeed, IDisposable
{
    private const string SourceName = "deribit";

    private readonly DeribitConnector _connector;
    private readonly MarketState _state = new();
    private readonly Lock _lock = new();
    private readonly List<MarketEvent> _scratch = [];
    private long _events;

    /// <param name="options">url, currencies</param>
    /// <param name="time">clock</param>
    public DeribitFeed(DeribitConnectorOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _connector = new DeribitConnector(options, time);
    }

    public FeedStatus Status
    {
        get
        {
            var status = _connector.Status;
            lock (_lock)
            {
                return new FeedStatus(SourceName, status.LastMessageAt, _events, status.Rejected, status.Reconnects);
            }
        }
    }

    public async Task RunAsync(CancellationToken cancel)
    {
        var receiving = _connector.RunAsync(cancel);
        while (!receiving.IsCompleted)
        {
            var waiting = _connector.Queue.WaitAsync(cancel);
            await Task.WhenAny(receiving, waiting).ConfigureAwait(false);
            lock (_lock)
            {
                _events += _connector.Queue.DrainTo(_state, _scratch);
            }
        }

        await receiving.ConfigureAwait(false);
    }

    public MarketSnapshot? Seal()
    {
        lock (_lock)
        {
            return _state.LatestTime is { } at ? _state.Seal(at) : null;
        }
    }

    public void Dispose() => _connector.Dispose();
}

using Pms.Connectors.Deribit;
using Pms.MarketData.Snapshots;

namespace Pms.Server.Feeds;

/// <summary>Deribit's public market data.</summary>
public sealed class DeribitFeed : IMarketFeed, IDisposable
{
    private const string SourceName = "deribit";

    private readonly DeribitConnector _connector;
    private readonly QueueFeed _feed;

    /// <param name="options">url, currencies</param>
    /// <param name="time">clock</param>
    public DeribitFeed(DeribitConnectorOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _connector = new DeribitConnector(options, time);
        _feed = new QueueFeed(SourceName, _connector.Queue, time);
    }

    public FeedStatus Status
    {
        get
        {
            var (status, feed) = (_connector.Status, _feed.Status);
            return feed with { LastEventAt = status.LastMessageAt, Refused = feed.Refused + status.Rejected, Reconnects = status.Reconnects };
        }
    }

    public async Task RunAsync(CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var applying = _feed.RunAsync(stop.Token);
        try
        {
            await _connector.RunAsync(cancel).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await applying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public MarketSnapshot? Seal() => _feed.Seal();

    public void Dispose() => _connector.Dispose();
}

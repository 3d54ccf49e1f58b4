using Pms.MarketData.Events;
using Pms.Primitives;

namespace Pms.Connectors.Deribit;

/// <summary>Sees every message as it came and every request as it went, before anything is decoded. Called on the connector's threads.</summary>
public interface IMessageTap
{
    void Received(ReadOnlySpan<byte> message, DateTimeOffset at);

    void Sent(ReadOnlySpan<byte> message, DateTimeOffset at);
}

/// <summary>Keeps a live feed of Deribit's public market data: connects, subscribes in bulk, answers heartbeats, heals gaps, reconnects.</summary>
/// <remarks>
/// What arrives goes into <see cref="Queue"/>; the consumer drains it at its own pace into a market state of its own. A break in a book's
/// sequence posts a <see cref="FeedGap"/> and asks for that channel again; the end of a connection posts one for all, and the next
/// connection begins anew. Nothing of a connection outlives it, and <see cref="RunAsync"/> returns only when every task has ended.
/// </remarks>
public sealed class DeribitConnector : IDisposable
{
    private readonly DeribitConnectorOptions _options;
    private readonly TimeProvider _time;
    private readonly IMessageTap? _tap;
    private readonly BackoffSchedule _backoff;
    private readonly ConnectorCounters _counters = new();
    private int _started;

    /// <param name="options">validated here</param>
    /// <param name="time">clock of every stamp and wait</param>
    /// <param name="tap">sees the raw messages, for a recorder; may be null</param>
    /// <exception cref="InvalidInputException"><c>connector-options</c></exception>
    public DeribitConnector(DeribitConnectorOptions options, TimeProvider time, IMessageTap? tap = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        options.Validate();
        _options = options;
        _time = time;
        _tap = tap;
        _backoff = new BackoffSchedule(options.FirstBackoff, options.LongestBackoff, options.Seed);
    }

    /// <summary>What arrived and was not taken yet.</summary>
    public ConflatingQueue Queue { get; } = new();

    public ConnectorStatus Status => _counters.ToStatus(Queue);

    /// <summary>Runs until cancelled; connection faults are healed inside. May be called once.</summary>
    /// <exception cref="IOException">the tap could not write: a recording that loses messages is not continued in silence</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _started, 1) != 0)
        {
            throw new InvalidOperationException("a connector runs once");
        }

        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                var openedAt = _time.GetTimestamp();
                Refusal end;
                using (var session = new DeribitSession(_options, _time, _tap, Queue, _counters))
                {
                    end = await session.RunAsync(cancellationToken);
                }

                _counters.End(end);
                if (!cancellationToken.IsCancellationRequested)
                {
                    _counters.Gap();
                }

                Queue.Post(new FeedGap(new Provenance(DeribitSession.Source, null, _time.GetUtcNow()), null, end));
                if (cancellationToken.IsCancellationRequested)
                {
                    break;
                }

                if (_time.GetElapsedTime(openedAt) >= _options.StableAfter)
                {
                    _backoff.Reset();
                }

                var wait = _backoff.Next();
                if (end.Code == DeribitSession.RateLimited && wait < _options.RateLimitPause)
                {
                    wait = _options.RateLimitPause;
                }

                _counters.State = ConnectorState.BackingOff;
                await Task.Delay(wait, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            _counters.State = ConnectorState.Stopped;
        }
    }

    public void Dispose() => Queue.Dispose();
}

/// <summary>The numbers behind <see cref="ConnectorStatus"/>.</summary>
internal sealed class ConnectorCounters
{
    private readonly Lock _gate = new();
    private ConnectorState _state;
    private int _connections;
    private long _messages;
    private long _bytes;
    private long _gaps;
    private long _stale;
    private long _rejected;
    private int _rateLimited;
    private long _resubscriptions;
    private (int Wanted, int Live, int Refused, int Silent, int BeyondLimit) _channels;
    private DateTimeOffset? _lastMessageAt;
    private Refusal? _lastEnd;

    public ConnectorState State
    {
        get
        {
            lock (_gate)
            {
                return _state;
            }
        }

        set
        {
            lock (_gate)
            {
                _state = value;
            }
        }
    }

    public void Connected()
    {
        lock (_gate)
        {
            _connections++;
            _state = ConnectorState.Subscribing;
        }
    }

    public void Message(int bytes, DateTimeOffset at)
    {
        lock (_gate)
        {
            _messages++;
            _bytes += bytes;
            _lastMessageAt = at;
        }
    }

    public void Gap() => Interlocked.Increment(ref _gaps);

    public void Stale() => Interlocked.Increment(ref _stale);

    public void Rejected() => Interlocked.Increment(ref _rejected);

    public void RateLimited() => Interlocked.Increment(ref _rateLimited);

    public void Resubscribed(int channels) => Interlocked.Add(ref _resubscriptions, channels);

    public void Channels(int wanted, int live, int refused, int silent, int beyondLimit)
    {
        lock (_gate)
        {
            _channels = (wanted, live, refused, silent, beyondLimit);
        }
    }

    public void End(Refusal reason)
    {
        lock (_gate)
        {
            _lastEnd = reason;
            _channels = _channels with { Live = 0, Silent = 0 };
        }
    }

    public ConnectorStatus ToStatus(ConflatingQueue queue)
    {
        lock (_gate)
        {
            return new ConnectorStatus(
                _state,
                _connections,
                Math.Max(0, _connections - 1),
                _messages,
                _bytes,
                Interlocked.Read(ref _gaps),
                Interlocked.Read(ref _stale),
                Interlocked.Read(ref _rejected),
                _rateLimited,
                Interlocked.Read(ref _resubscriptions),
                _channels.Wanted,
                _channels.Live,
                _channels.Refused,
                _channels.Silent,
                _channels.BeyondLimit,
                queue.Depth,
                queue.Conflated,
                _lastMessageAt,
                _lastEnd);
        }
    }
}

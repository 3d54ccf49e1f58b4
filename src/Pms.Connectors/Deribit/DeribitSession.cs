using System.Net.WebSockets;
using System.Threading.Channels;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers;
using Pms.MarketData.Readers.Deribit;
using Pms.MarketData.Snapshots;
using Pms.Primitives;

namespace Pms.Connectors.Deribit;

/// <summary>One connection from its opening to its end. Four loops share it: receive, send, subscribe, watch; the first to end ends all.</summary>
internal sealed class DeribitSession : IDisposable
{
    public const string Source = "deribit.ws";

    public const string RateLimited = "rate-limited";

    private const int TooManyRequests = 10028;
    private const int MaxQueuedSends = 256;

    private readonly DeribitConnectorOptions _options;
    private readonly TimeProvider _time;
    private readonly IMessageTap? _tap;
    private readonly ConflatingQueue _queue;
    private readonly ConnectorCounters _counters;
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly DeribitMessageDecoder _decoder;
    private readonly Channel<byte[]> _sends = System.Threading.Channels.Channel.CreateBounded<byte[]>(
        new BoundedChannelOptions(MaxQueuedSends) { SingleReader = true });

    // The receive loop writes and the other loops read, all under this lock.
    private readonly Lock _gate = new();
    private readonly Dictionary<long, PendingRequest> _requests = [];
    private readonly Dictionary<string, ChannelState> _channels = new(StringComparer.Ordinal);
    private readonly HashSet<string> _beyondLimit = new(StringComparer.Ordinal);
    private readonly Dictionary<Instrument, BookSequence> _books = [];
    private readonly HashSet<Instrument> _listed = [];
    private readonly HashSet<string> _toSubscribe = new(StringComparer.Ordinal);
    private readonly HashSet<string> _toUnsubscribe = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _work = new(0, 1);
    private readonly List<MarketEvent> _events = [];
    private byte[] _buffer = new byte[64 * 1024];
    private long _lastId;
    private long _heardAt;

    public DeribitSession(DeribitConnectorOptions options, TimeProvider time, IMessageTap? tap, ConflatingQueue queue, ConnectorCounters counters)
    {
        _options = options;
        _time = time;
        _tap = tap;
        _queue = queue;
        _counters = counters;
        _decoder = new DeribitMessageDecoder(Source, ReadLimits.Default with { MaxLineBytes = options.MaxMessageBytes });
    }

    /// <summary>Connects and stays until the connection breaks or the caller cancels.</summary>
    /// <returns>why it ended</returns>
    public async Task<Refusal> RunAsync(CancellationToken stop)
    {
        _counters.State = ConnectorState.Connecting;
        try
        {
            // The venue's own heartbeats tell whether it lives; no second kind is needed.
            _socket.Options.KeepAliveInterval = TimeSpan.Zero;
            using var timeout = new CancellationTokenSource(_options.ConnectTimeout, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, timeout.Token);
            await _socket.ConnectAsync(_options.Url, either.Token);
        }
        catch (OperationCanceledException)
        {
            return stop.IsCancellationRequested
                ? new Refusal("stopped", "the connector was stopped")
                : new Refusal("connect-timeout", $"{_options.Url} did not answer within {_options.ConnectTimeout}");
        }
        catch (WebSocketException e)
        {
            return new Refusal("connect-failed", $"{_options.Url}: {e.Message}");
        }

        _counters.Connected();
        _heardAt = _time.GetTimestamp();
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stop.Register(() => stopped.TrySetResult());
        Task<Refusal>[] loops = [Guard(ReceiveAsync), Guard(SendAsync), Guard(SubscribeAsync), Guard(WatchAsync)];
        var first = await Task.WhenAny([.. loops, stopped.Task]);
        if (first == stopped.Task)
        {
            await CloseAsync(receiving: loops[0], sending: loops[1]);
        }

        await _ended.CancelAsync();
        _sends.Writer.TryComplete();
        FailRequests();
        var ends = await Task.WhenAll(loops);
        var fault = ends.FirstOrDefault(e => e.Code == "tap-failed");
        if (fault is not null)
        {
            throw new IOException(fault.Message);
        }

        return first == stopped.Task ? new Refusal("stopped", "the connector was stopped") : ends[Array.IndexOf(loops, (Task<Refusal>)first)];
    }

    public void Dispose()
    {
        _socket.Dispose();
        _ended.Dispose();
        _work.Dispose();
    }

    /// <summary>Runs a loop and turns the ways in which a connection can break into a reason.</summary>
    private async Task<Refusal> Guard(Func<CancellationToken, Task<Refusal>> loop)
    {
        try
        {
            return await loop(_ended.Token);
        }
        catch (OperationCanceledException)
        {
            return new Refusal("ended", "another part of the connection ended first");
        }
        catch (TimeoutException)
        {
            return new Refusal("request-timeout", $"a request was not answered within {_options.RequestTimeout}");
        }
        catch (WebSocketException e)
        {
            return new Refusal("connection-lost", e.Message);
        }
        catch (TapException e)
        {
            return new Refusal("tap-failed", e.Message);
        }
        catch (IOException e)
        {
            return new Refusal("connection-lost", e.Message);
        }
    }

    private async Task<Refusal> ReceiveAsync(CancellationToken ended)
    {
        var used = 0;
        while (true)
        {
            if (used == _buffer.Length)
            {
                if (_buffer.Length >= _options.MaxMessageBytes)
                {
                    return new Refusal("message-too-long", $"a message has more than {_options.MaxMessageBytes} bytes");
                }

                Array.Resize(ref _buffer, (int)Math.Min(2L * _buffer.Length, _options.MaxMessageBytes));
            }

            var result = await _socket.ReceiveAsync(_buffer.AsMemory(used), ended);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                return new Refusal("closed-by-venue", $"the venue closed the connection: {_socket.CloseStatusDescription ?? _socket.CloseStatus?.ToString()}");
            }

            used += result.Count;
            if (result.EndOfMessage)
            {
                var refusal = Take(_buffer.AsSpan(0, used));
                used = 0;
                if (refusal is not null)
                {
                    return refusal;
                }
            }
        }
    }

    private async Task<Refusal> SendAsync(CancellationToken ended)
    {
        await foreach (var message in _sends.Reader.ReadAllAsync(ended))
        {
            Tap(message, isSent: true);
            await _socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, ended);
        }

        return new Refusal("ended", "nothing more is sent");
    }

    /// <summary>Asks for instruments and heartbeats, then subscribes to whatever is wanted, in bulk and at the venue's pace.</summary>
    private async Task<Refusal> SubscribeAsync(CancellationToken ended)
    {
        if (await RequestAsync(id => DeribitRequests.Heartbeat(id, _options.HeartbeatInterval), ended) is { Kind: FeedControlKind.Error } refused)
        {
            return new Refusal("request-refused", $"set_heartbeat: {refused.ErrorCode} {refused.Text}");
        }

        // Listings are watched before they are read, so that one made in between is not missed.
        Want(_options.Currencies.SelectMany(c => DeribitChannels.OfCurrency(c, _options)).Append("platform_state"));
        var credits = new CreditPool(_options.SubscribeCredits, _options.SubscribeRefillPerSecond, _time);
        if (await WorkAsync(credits, ended) is { } broken)
        {
            return broken;
        }

        for (var i = 0; i < _options.Currencies.Length; i++)
        {
            if (i > 0)
            {
                await Task.Delay(_options.ListingPause, _time, ended);
            }

            var currency = _options.Currencies[i];
            if (await RequestAsync(id => DeribitRequests.Instruments(id, currency), ended) is { Kind: FeedControlKind.Error } error)
            {
                return new Refusal("request-refused", $"get_instruments {currency}: {error.ErrorCode} {error.Text}");
            }
        }

        while (true)
        {
            if (await WorkAsync(credits, ended) is { } reason)
            {
                return reason;
            }

            _counters.State = ConnectorState.Live;
            await _work.WaitAsync(ended);
        }
    }

    private async Task<Refusal?> WorkAsync(CreditPool credits, CancellationToken ended)
    {
        while (true)
        {
            var (isSubscribe, batch) = NextBatch();
            if (batch.Length == 0)
            {
                return null;
            }

            await credits.TakeAsync(_options.SubscribeCost, ended);
            var reply = await RequestAsync(
                id => isSubscribe ? DeribitRequests.Subscribe(id, batch) : DeribitRequests.Unsubscribe(id, batch), ended, isSubscribe ? batch : []);
            if (reply.Kind == FeedControlKind.Error)
            {
                return new Refusal("request-refused", $"subscribe: {reply.ErrorCode} {reply.Text}");
            }
        }
    }

    private async Task<Refusal> WatchAsync(CancellationToken ended)
    {
        using var timer = new PeriodicTimer(_options.WatchInterval, _time);
        while (await timer.WaitForNextTickAsync(ended))
        {
            if (_time.GetElapsedTime(Interlocked.Read(ref _heardAt)) > _options.ConnectionStaleAfter)
            {
                return new Refusal("connection-stale", $"nothing was heard for more than {_options.ConnectionStaleAfter}");
            }

            LookForSilence();
        }

        return new Refusal("ended", "the watch ended");
    }

    /// <summary>Says goodbye and waits a little for the answer, so that the venue sees a clean end.</summary>
    private async Task CloseAsync(Task receiving, Task sending)
    {
        try
        {
            using var timeout = new CancellationTokenSource(_options.CloseTimeout, _time);
            if (_socket.State == WebSocketState.Open)
            {
                TrySend(DeribitRequests.UnsubscribeAll(NextId()));
                _sends.Writer.TryComplete();
                await sending.WaitAsync(timeout.Token);
                await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "bye", timeout.Token);
                await receiving.WaitAsync(timeout.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException or InvalidOperationException)
        {
            // The line is gone or the other side does not answer: there is nobody left to be polite to.
        }
    }

    private Refusal? Take(ReadOnlySpan<byte> message)
    {
        var now = _time.GetUtcNow();
        Interlocked.Exchange(ref _heardAt, _time.GetTimestamp());
        _counters.Message(message.Length, now);
        Tap(message, isSent: false);
        _events.Clear();
        _decoder.Decode(message, now, _events);
        lock (_gate)
        {
            if (_decoder.LastChannel is { } name && _channels.TryGetValue(name, out var channel))
            {
                channel.HeardAt = _time.GetTimestamp();
            }

            foreach (var e in _events)
            {
                if (Take(e) is { } refusal)
                {
                    return refusal;
                }
            }
        }

        return null;
    }

    private Refusal? Take(MarketEvent e)
    {
        switch (e)
        {
            case FeedControl control:
                return Take(control);
            case BookImage image:
                _books[image.Instrument] = new BookSequence { ChangeId = image.ChangeId };
                Post(image);
                return null;
            case BookChange change:
                Take(change);
                return null;
            case InstrumentListed listed:
                _queue.Post(listed);
                List(listed.Instrument);
                return null;
            case InstrumentStateChange state:
                _queue.Post(state);
                if (state.IsFinal)
                {
                    Unlist(state.Instrument);
                }
                else
                {
                    List(state.Instrument);
                }

                return null;
            case RejectedInput:
                _counters.Rejected();
                _queue.Post(e);
                return null;
            default:
                _queue.Post(e);
                return null;
        }
    }

    private Refusal? Take(FeedControl control)
    {
        if (control.Kind == FeedControlKind.TestRequest)
        {
            TrySend(DeribitRequests.Test(NextId()));
            return null;
        }

        if (control is { Kind: FeedControlKind.Error, ErrorCode: TooManyRequests })
        {
            _counters.RateLimited();
            return new Refusal(RateLimited, $"the venue said {control.ErrorCode} {control.Text}");
        }

        if (control.RequestId is { } id && _requests.Remove(id, out var request))
        {
            // At once, not when the waiting loop gets to it: the images that follow the reply may break before that.
            if (control.Kind == FeedControlKind.Reply)
            {
                Confirm(request.Channels, control.Names);
            }

            request.Waiting.TrySetResult(control);
        }

        return null;
    }

    private void Take(BookChange change)
    {
        if (!_books.TryGetValue(change.Instrument, out var book) || book.AwaitsImage || change.ChangeId <= book.ChangeId)
        {
            // Late, doubled, or from before the image that was asked for.
            _counters.Stale();
            return;
        }

        if (change.PreviousChangeId != book.ChangeId)
        {
            Break(
                change.Instrument,
                new Refusal("book-gap", $"change {change.ChangeId} of {change.Instrument} follows {change.PreviousChangeId}, but the last one seen is {book.ChangeId}"),
                change.Provenance);
            return;
        }

        book.ChangeId = change.ChangeId;
        Post(change);
    }

    private void Post(MarketEvent book)
    {
        if (_queue.Post(book) is { } refusal)
        {
            Break(book is BookImage i ? i.Instrument : ((BookChange)book).Instrument, refusal, book.Provenance);
        }
    }

    /// <summary>Gives a book up and asks for its channel again, which brings a new image.</summary>
    private void Break(Instrument instrument, Refusal reason, in Provenance provenance)
    {
        _counters.Gap();
        _queue.Post(new FeedGap(provenance, instrument, reason));
        _books[instrument] = new BookSequence { AwaitsImage = true };
        Renew(DeribitChannels.Book(instrument, _options));
    }

    private void Renew(string channel)
    {
        if (_channels.TryGetValue(channel, out var state) && state.IsLive)
        {
            state.IsLive = false;
            _toUnsubscribe.Add(channel);
            _toSubscribe.Add(channel);
            _counters.Resubscribed(1);
            Wake();
        }
    }

    private void List(Instrument instrument)
    {
        if (!_listed.Add(instrument) || _listed.Count > MarketState.MaxInstruments)
        {
            return;
        }

        Want(DeribitChannels.OfFamily(instrument.Underlying, instrument is EuropeanOption).Concat(DeribitChannels.OfInstrument(instrument, _options)));
    }

    private void Unlist(Instrument instrument)
    {
        _listed.Remove(instrument);
        _books.Remove(instrument);
        foreach (var channel in DeribitChannels.OfInstrument(instrument, _options))
        {
            _toSubscribe.Remove(channel);
            _beyondLimit.Remove(channel);
            if (_channels.Remove(channel, out var state) && state.IsLive)
            {
                _toUnsubscribe.Add(channel);
            }
        }

        Count();
        Wake();
    }

    private void Want(IEnumerable<string> channels)
    {
        lock (_gate)
        {
            foreach (var channel in channels)
            {
                if (_channels.ContainsKey(channel))
                {
                    continue;
                }

                if (_channels.Count >= _options.MaxChannels)
                {
                    _beyondLimit.Add(channel);
                    continue;
                }

                _channels.Add(channel, new ChannelState());
                _toSubscribe.Add(channel);
            }

            Count();
            Wake();
        }
    }

    private (bool IsSubscribe, string[] Batch) NextBatch()
    {
        lock (_gate)
        {
            var isSubscribe = _toUnsubscribe.Count == 0;
            var source = isSubscribe ? _toSubscribe : _toUnsubscribe;
            var batch = source.Take(_options.ChannelsPerCall).ToArray();
            source.ExceptWith(batch);
            return (isSubscribe, batch);
        }
    }

    private void Confirm(string[] asked, IReadOnlyCollection<string> confirmed)
    {
        if (asked.Length == 0)
        {
            return;
        }

        var set = confirmed.ToHashSet(StringComparer.Ordinal);
        foreach (var name in asked)
        {
            if (_channels.TryGetValue(name, out var channel))
            {
                channel.IsLive = set.Contains(name);
                channel.IsRefused = !channel.IsLive;
                channel.HeardAt = _time.GetTimestamp();
            }
        }

        Count();
    }

    private void LookForSilence()
    {
        lock (_gate)
        {
            foreach (var (name, channel) in _channels)
            {
                channel.IsSilent = channel.IsLive && DeribitChannels.HasSteadyBeat(name) && _time.GetElapsedTime(channel.HeardAt) > _options.ChannelStaleAfter;
                if (channel.IsSilent)
                {
                    Renew(name);
                }
            }

            Count();
        }
    }

    private void Count()
    {
        var (live, refused, silent) = (0, 0, 0);
        foreach (var channel in _channels.Values)
        {
            live += channel.IsLive ? 1 : 0;
            refused += channel.IsRefused ? 1 : 0;
            silent += channel.IsSilent ? 1 : 0;
        }

        _counters.Channels(_channels.Count, live, refused, silent, _beyondLimit.Count);
    }

    private async Task<FeedControl> RequestAsync(Func<long, byte[]> make, CancellationToken ended, string[]? channels = null)
    {
        var id = NextId();
        var waiting = new TaskCompletionSource<FeedControl>(TaskCreationOptions.RunContinuationsAsynchronously);
        var message = make(id);
        lock (_gate)
        {
            _requests.Add(id, new PendingRequest(waiting, channels ?? []));
            _decoder.ObserveRequest(message);
        }

        TrySend(message);
        return await waiting.Task.WaitAsync(_options.RequestTimeout, _time, ended);
    }

    private void FailRequests()
    {
        lock (_gate)
        {
            foreach (var request in _requests.Values)
            {
                request.Waiting.TrySetCanceled();
            }

            _requests.Clear();
        }
    }

    /// <summary>A full line of requests means that the socket takes none: the watch will notice the silence.</summary>
    private void TrySend(byte[] message) => _sends.Writer.TryWrite(message);

    private long NextId() => Interlocked.Increment(ref _lastId);

    private void Wake()
    {
        try
        {
            _work.Release();
        }
        catch (SemaphoreFullException)
        {
            // Awake already.
        }
    }

    private void Tap(ReadOnlySpan<byte> message, bool isSent)
    {
        if (_tap is null)
        {
            return;
        }

        try
        {
            if (isSent)
            {
                _tap.Sent(message, _time.GetUtcNow());
            }
            else
            {
                _tap.Received(message, _time.GetUtcNow());
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            throw new TapException(e.Message, e);
        }
    }

    /// <param name="Waiting">completed by the answer</param>
    /// <param name="Channels">that the answer confirms; empty for other calls</param>
    private sealed record PendingRequest(TaskCompletionSource<FeedControl> Waiting, string[] Channels);

    private sealed class ChannelState
    {
        public bool IsLive { get; set; }

        public bool IsRefused { get; set; }

        public bool IsSilent { get; set; }

        public long HeardAt { get; set; }
    }

    private sealed class BookSequence
    {
        public long ChangeId { get; set; }

        public bool AwaitsImage { get; init; }
    }

    private sealed class TapException(string message, Exception inner) : Exception(message, inner);
}

using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.RateLimiting;
using Pms.Primitives;
using Pms.Server.Api;
using Pms.Server.Rpc.Channels;

namespace Pms.Server.Rpc;

/// <summary>One connection: reads calls, answers them, tells what its channels tell.</summary>
/// <remarks>
/// Bounded everywhere: calls a second, calls at work, message size, channels; nothing is queued for a slow peer. An update that it was too slow for is never made: the next one tells all that
/// has changed since the last that it took. Light calls are answered in order; those that compute may overtake each other.
/// </remarks>
internal sealed class RpcSession(RpcServer server, RpcSocket socket, ApiScopes scopes, string address) : IDisposable
{
    private readonly CallBudget _budget = new(server.Options.MostCallsPerSecond, server.Loop.Time);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Subscription> _subscriptions = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _ending = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _hasNew;
    private int _atWork;
    private long _lastRead = server.Loop.Time.GetTimestamp();
    private CancellationTokenSource? _heartbeat;

    /// <summary>What its key opens.</summary>
    public ApiScopes Scopes { get; set; } = scopes;

    /// <summary>The server as the peer reaches it, as in http://127.0.0.1:8080.</summary>
    public string Address { get; } = address;

    /// <summary>Until the peer closes, errs or is cut off, or the server stops.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var telling = TellAsync(_ending.Token);
        // A read that is cancelled tears the connection down without a word: the peer is told first.
        await using var stopped = stopping.Register(() => _ = socket.EndAsync(WebSocketCloseStatus.EndpointUnavailable, "the server stops", server.Loop.Time)).ConfigureAwait(false);
        try
        {
            while (await socket.ReadAsync().ConfigureAwait(false) is { } message)
            {
                Volatile.Write(ref _lastRead, server.Loop.Time.GetTimestamp());
                await TakeAsync(message, _ending.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // It was cut off while it was answered.
        }
        catch (WebSocketException)
        {
            // The peer is gone.
        }
        finally
        {
            await _ending.CancelAsync().ConfigureAwait(false);
            await telling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (Volatile.Read(ref _atWork) != 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), server.Loop.Time, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    public void Dispose()
    {
        _heartbeat?.Dispose();
        _ending.Dispose();
    }

    /// <summary>Adds channels, all of them or none; each begins with a snapshot.</summary>
    /// <returns>the channels asked for</returns>
    /// <exception cref="RpcException">no such channel, no right to it, or too many</exception>
    public IReadOnlyList<string> Subscribe(IReadOnlyList<string> names)
    {
        var channels = names.Distinct(StringComparer.Ordinal).Select(n => server.Channels.Open(n, Scopes)).ToArray();
        lock (_lock)
        {
            if (_subscriptions.Count + channels.Count(c => !_subscriptions.ContainsKey(c.Name)) > RpcServer.MostChannels)
            {
                throw RpcParams.Refused($"a connection has at most {RpcServer.MostChannels} channels");
            }

            foreach (var channel in channels)
            {
                _hasNew |= _subscriptions.TryAdd(channel.Name, new Subscription(channel));
            }
        }

        return [.. channels.Select(c => c.Name)];
    }

    /// <summary>Takes channels away; null: all of them.</summary>
    /// <returns>those that were there</returns>
    public IReadOnlyList<string> Unsubscribe(IReadOnlyList<string>? names)
    {
        lock (_lock)
        {
            string[] gone = [.. _subscriptions.Keys.Where(n => names is null || names.Contains(n, StringComparer.Ordinal))];
            foreach (var name in gone)
            {
                _subscriptions.Remove(name);
            }

            return gone;
        }
    }

    /// <summary>Tells the peer so often that it lives, and asks it for a sign of life where it has given none; without one the connection ends.</summary>
    /// <param name="interval">null: no more</param>
    public void SetHeartbeat(TimeSpan? interval)
    {
        _heartbeat?.Cancel();
        _heartbeat?.Dispose();
        _heartbeat = null;
        if (interval is { } pause)
        {
            _heartbeat = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
            _ = BeatAsync(pause, _heartbeat.Token);
        }
    }

    private async Task BeatAsync(TimeSpan pause, CancellationToken cancel)
    {
        long? asked = null;
        try
        {
            while (true)
            {
                await Task.Delay(pause, server.Loop.Time, cancel).ConfigureAwait(false);
                var read = Volatile.Read(ref _lastRead);
                if (asked is { } since && read < since)
                {
                    await socket.EndAsync(WebSocketCloseStatus.PolicyViolation, "no sign of life after a test_request", server.Loop.Time).ConfigureAwait(false);
                    return;
                }

                var isSilent = server.Loop.Time.GetElapsedTime(read) >= pause;
                asked = isSilent ? server.Loop.Time.GetTimestamp() : null;
                await socket.SendAsync(RpcMessages.Heartbeat(isSilent ? "test_request" : "heartbeat"), cancel).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or ObjectDisposedException)
        {
            // Another interval was set, or the connection has ended.
        }
    }

    /// <summary>Refuses, answers, or gives a message a place at work.</summary>
    private async Task TakeAsync(ReadOnlyMemory<byte> message, CancellationToken cancel)
    {
        var begun = server.Loop.Time.GetUtcNow();
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(message.ToArray(), new JsonDocumentOptions { MaxDepth = RpcServer.DeepestJson });
        }
        catch (JsonException e)
        {
            await RefuseAsync(default, RpcError.Of(RpcError.ParseError, "json-shape", PrintableText.Of(e.Message)), begun, cancel).ConfigureAwait(false);
            return;
        }

        var root = document.RootElement;
        var calls = root.ValueKind == JsonValueKind.Array ? root.GetArrayLength() : 1;
        if (calls is 0 or > RpcServer.MostBatch)
        {
            using (document)
            {
                await RefuseAsync(default, RpcError.Of(RpcError.InvalidRequest, "rpc-batch", $"a batch of {calls} calls: 1 to {RpcServer.MostBatch} are possible"), begun, cancel).ConfigureAwait(false);
            }
        }
        else if (!_budget.TryTake(calls, out var retryAfterMs))
        {
            using (document)
            {
                await RefuseAsync(root, RpcError.Of(RpcError.TooManyRequests, "too-many-requests", $"more than {server.Options.MostCallsPerSecond} calls a second", retryAfterMs), begun, cancel).ConfigureAwait(false);
            }
        }
        else if (server.Methods.IsLight(root))
        {
            using (document)
            {
                await AnswerAsync(root, begun, cancel).ConfigureAwait(false);
            }
        }
        else
        {
            await WorkAsync(document, begun, cancel).ConfigureAwait(false);
        }
    }

    private async Task WorkAsync(JsonDocument document, DateTimeOffset begun, CancellationToken cancel)
    {
        var place = Volatile.Read(ref _atWork) >= RpcServer.MostAtWorkOfOne ? null : server.Work.AcquireAsync(1, cancel).AsTask();
        if (place is null || (place.IsCompletedSuccessfully && !(await place.ConfigureAwait(false)).IsAcquired))
        {
            using (document)
            {
                await RefuseAsync(document.RootElement, RpcError.Of(RpcError.Unavailable, "busy", "too many calls are at work and wait", 50), begun, cancel).ConfigureAwait(false);
            }

            return;
        }

        Interlocked.Increment(ref _atWork);
        _ = Task.Run(() => WorkAsync(place, document, begun, cancel), CancellationToken.None);
    }

    private async Task WorkAsync(Task<RateLimitLease> place, JsonDocument document, DateTimeOffset begun, CancellationToken cancel)
    {
        try
        {
            using (document)
            {
                using var lease = await place.ConfigureAwait(false);
                await AnswerAsync(document.RootElement, begun, cancel, lease).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // Nobody is there to be told.
        }
        finally
        {
            Interlocked.Decrement(ref _atWork);
        }
    }

    /// <param name="root">a call, or a batch of them</param>
    /// <param name="begun">when it was read</param>
    /// <param name="cancel">gives up</param>
    /// <param name="lease">place at work, given back before a peer is waited for</param>
    private async Task AnswerAsync(JsonElement root, DateTimeOffset begun, CancellationToken cancel, RateLimitLease? lease = null)
    {
        var answered = 0;
        var message = RpcMessages.Write(writer =>
        {
            if (root.ValueKind != JsonValueKind.Array)
            {
                answered += AnswerOne(writer, root, begun) ? 1 : 0;
                return;
            }

            writer.WriteStartArray();
            foreach (var call in root.EnumerateArray())
            {
                answered += AnswerOne(writer, call, begun) ? 1 : 0;
            }

            writer.WriteEndArray();
        });
        lease?.Dispose();
        if (answered > 0)
        {
            await socket.SendAsync(message, cancel).ConfigureAwait(false);
        }

        // After the answer: a channel's snapshot follows the answer that says that it is there.
        lock (_lock)
        {
            if (!_hasNew)
            {
                return;
            }

            _hasNew = false;
            foreach (var subscription in _subscriptions.Values)
            {
                subscription.IsAnswered = true;
            }
        }

        Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    private bool AnswerOne(Utf8JsonWriter writer, JsonElement message, DateTimeOffset begun)
    {
        JsonElement id = default;
        ApiAnswer? answer = null;
        RpcError? error = null;
        var isSilent = false;
        try
        {
            id = RpcRequest.IdOf(message);
            var request = RpcRequest.Read(message);
            isSilent = request.IsNotification;
            answer = server.Methods.Answer(this, request);
        }
        catch (Exception e) when (e is not (OutOfMemoryException or AccessViolationException))
        {
            error = RpcError.Of(e);
        }

        if (!isSilent)
        {
            RpcMessages.Reply(writer, id, answer, error, begun, server.Loop.Time.GetUtcNow());
        }

        return !isSilent;
    }

    /// <summary>Tells the caller of a message, of each call of a batch, that nothing is done.</summary>
    private async Task RefuseAsync(JsonElement root, RpcError error, DateTimeOffset begun, CancellationToken cancel)
    {
        var now = server.Loop.Time.GetUtcNow();
        var message = RpcMessages.Write(writer =>
        {
            if (root.ValueKind != JsonValueKind.Array)
            {
                RpcMessages.Reply(writer, IdOrNone(root), null, error, begun, now);
                return;
            }

            writer.WriteStartArray();
            foreach (var call in root.EnumerateArray())
            {
                RpcMessages.Reply(writer, IdOrNone(call), null, error, begun, now);
            }

            writer.WriteEndArray();
        });
        await socket.SendAsync(message, cancel).ConfigureAwait(false);
    }

    private static JsonElement IdOrNone(JsonElement message)
    {
        try
        {
            return RpcRequest.IdOf(message);
        }
        catch (RpcException)
        {
            return default;
        }
    }

    /// <summary>After every epoch and change of state, and when channels were added: what they have to tell.</summary>
    private async Task TellAsync(CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                var (next, changed) = (server.Loop.Signal.Next, Volatile.Read(ref _changed).Task);
                Subscription[] subscriptions;
                lock (_lock)
                {
                    subscriptions = [.. _subscriptions.Values.Where(s => s.IsAnswered)];
                }

                foreach (var subscription in subscriptions)
                {
                    if (subscription.Next(server.Loop.Time.GetUtcNow().ToUnixTimeMilliseconds()) is { } update)
                    {
                        await socket.SendAsync(update, cancel).ConfigureAwait(false);
                    }
                }

                await Task.WhenAny(next, changed).WaitAsync(cancel).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            await _ending.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>A channel of this connection, and what the peer has been told of it.</summary>
    private sealed class Subscription(Channel channel)
    {
        private ChannelUpdate? _told;

        public bool IsAnswered { get; set; }

        public ReadOnlyMemory<byte>? Next(long nowMs)
        {
            if (channel.Next(_told) is not { } update)
            {
                return null;
            }

            var message = RpcMessages.Update(channel.Name, update.IsSnapshot, update.Sequence, _told?.Sequence, nowMs, update.Members);
            _told = update with { Members = [] };
            return message;
        }
    }
}

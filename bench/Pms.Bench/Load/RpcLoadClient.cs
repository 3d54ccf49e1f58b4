using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Pms.Bench.Load;

/// <summary>One connection that sends calls at set times without waiting for answers, and notes how long each took from the time that it was due.</summary>
internal sealed class RpcLoadClient(Uri server) : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly ConcurrentDictionary<long, long> _due = new();
    private readonly List<double> _answeredUs = [];
    private readonly List<double> _refusedUs = [];
    private Task _reading = Task.CompletedTask;
    private long _sent;

    /// <summary>Times of calls that were answered; microseconds.</summary>
    public IReadOnlyList<double> AnsweredUs => _answeredUs;

    /// <summary>Times of calls that were told to come back; microseconds.</summary>
    public IReadOnlyList<double> RefusedUs => _refusedUs;

    /// <summary>Answers that were neither.</summary>
    public int Failed { get; private set; }

    public long Sent => _sent;

    public async Task ConnectAsync()
    {
        await _socket.ConnectAsync(new UriBuilder(server) { Scheme = "ws", Path = "/ws/api/v1" }.Uri, CancellationToken.None).ConfigureAwait(false);
        _reading = ReadAsync();
    }

    /// <summary>Sends for so long at a fixed rate, from a thread of its own; a call that could not be sent in time counts from when it was due.</summary>
    /// <param name="perSecond">calls</param>
    /// <param name="seconds">how long</param>
    /// <param name="methodAndParams">of a call's number, as in "method":"…","params":{…}</param>
    public Task SendAsync(double perSecond, double seconds, Func<long, string> methodAndParams) =>
        Task.Factory.StartNew(() => Send(perSecond, seconds, methodAndParams), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Send(double perSecond, double seconds, Func<long, string> methodAndParams)
    {
        var (begun, first) = (Stopwatch.GetTimestamp(), _sent);
        var all = first + (long)(perSecond * seconds);
        while (_sent < all && !_reading.IsCompleted)
        {
            var due = begun + (long)((_sent - first) / perSecond * Stopwatch.Frequency);
            var wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (wait > TimeSpan.Zero)
            {
                // A sleep is longer than asked for by some tens of microseconds.
                Thread.Sleep(wait > TimeSpan.FromMilliseconds(1.2) ? 1 : 0);
                continue;
            }

            var id = ++_sent;
            _due[id] = due;
            var message = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"jsonrpc\":\"2.0\",\"id\":{id},{methodAndParams(id)}}}"));
            _socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None).GetAwaiter().GetResult();
        }
    }

    /// <summary>Until every call has its answer, at most so long.</summary>
    public async Task SettleAsync(TimeSpan patience)
    {
        var begun = Stopwatch.GetTimestamp();
        while (!_due.IsEmpty && !_reading.IsCompleted && Stopwatch.GetElapsedTime(begun) < patience)
        {
            await Task.Delay(10).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _socket.Dispose();
    }

    private async Task ReadAsync()
    {
        var message = new ArrayBufferWriter<byte>(64 * 1024);
        while (true)
        {
            var received = await _socket.ReceiveAsync(message.GetMemory(16 * 1024), CancellationToken.None).ConfigureAwait(false);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                return;
            }

            message.Advance(received.Count);
            if (received.EndOfMessage)
            {
                Note(message.WrittenSpan, Stopwatch.GetTimestamp());
                message.ResetWrittenCount();
            }
        }
    }

    /// <summary>Reads the head alone: id, and whether a result or an error follows.</summary>
    private void Note(ReadOnlySpan<byte> message, long now)
    {
        var reader = new Utf8JsonReader(message);
        var id = 0L;
        while (reader.Read())
        {
            if (reader.CurrentDepth != 1 || reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            if (reader.ValueTextEquals("id"u8))
            {
                reader.Read();
                id = reader.GetInt64();
            }
            else if (reader.ValueTextEquals("result"u8) || reader.ValueTextEquals("error"u8))
            {
                var isError = reader.ValueTextEquals("error"u8);
                if (_due.TryRemove(id, out var due))
                {
                    var us = Stopwatch.GetElapsedTime(due, now).TotalMicroseconds;
                    if (!isError)
                    {
                        _answeredUs.Add(us);
                    }
                    else if (message.IndexOf("\"busy\""u8) >= 0)
                    {
                        _refusedUs.Add(us);
                    }
                    else
                    {
                        Failed++;
                    }
                }

                return;
            }
        }
    }
}

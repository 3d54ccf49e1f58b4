using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Pms.Connectors.Tests;

/// <summary>How the line misbehaves, in chances of a thousand for each message sent.</summary>
internal sealed record Faults(int Drop = 0, int Duplicate = 0, int Reorder = 0, int Cut = 0)
{
    public static Faults None { get; } = new();
}

/// <summary>A WebSocket server on the loopback that speaks Deribit's protocol for a <see cref="ReplayVenue"/> and misbehaves on request.</summary>
internal sealed class ReplayServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ReplayVenue _venue;
    private readonly List<Connection> _connections = [];
    private int _refuseSubscribes;

    private ReplayServer(ReplayVenue venue)
    {
        _venue = venue;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.Zero });
        _app.Run(AcceptAsync);
    }

    public Uri Url { get; private set; } = new("ws://127.0.0.1/");

    public Faults Faults { get; set; } = Faults.None;

    /// <summary>When set, nothing is answered and nothing sent.</summary>
    public bool IsMute { get; set; }

    public int Accepted { get; private set; }

    /// <summary>Answers of public/test to our test_request.</summary>
    public int TestsAnswered { get; private set; }

    public int CleanCloses { get; private set; }

    public int LargestBatch { get; private set; }

    public List<string> Methods { get; } = [];

    public int Open
    {
        get
        {
            lock (_venue.Gate)
            {
                return _connections.Count;
            }
        }
    }

    public static async Task<ReplayServer> StartAsync(ReplayVenue venue)
    {
        var server = new ReplayServer(venue);
        await server._app.StartAsync();
        server.Url = new Uri(server._app.Urls.Single().Replace("http://", "ws://", StringComparison.Ordinal) + "/ws/api/v2");
        return server;
    }

    /// <summary>The next calls of public/subscribe are answered with too_many_requests and an end of the session.</summary>
    public void RefuseSubscribes(int count) => _refuseSubscribes = count;

    public void Step()
    {
        lock (_venue.Gate)
        {
            var (channel, message) = _venue.Step();
            Publish(channel, message);
        }
    }

    public void Beat()
    {
        lock (_venue.Gate)
        {
            foreach (var (channel, message) in _venue.Beat())
            {
                Publish(channel, message);
            }
        }
    }

    public void Heartbeat()
    {
        lock (_venue.Gate)
        {
            foreach (var connection in _connections)
            {
                connection.Send("""{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}""");
            }
        }
    }

    /// <summary>Ends all misbehaviour; what was held back is sent.</summary>
    public void Calm()
    {
        lock (_venue.Gate)
        {
            Faults = Faults.None;
            foreach (var connection in _connections)
            {
                connection.Release();
            }
        }
    }

    public void CutAll()
    {
        lock (_venue.Gate)
        {
            foreach (var connection in _connections)
            {
                connection.Abort();
            }
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private void Publish(string channel, string message)
    {
        foreach (var connection in _connections)
        {
            if (!IsMute && connection.Channels.Contains(channel))
            {
                connection.Deliver(message, Faults, _venue.Next(1000));
            }
        }
    }

    private async Task AcceptAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var connection = new Connection(context);
        lock (_venue.Gate)
        {
            Accepted++;
            _connections.Add(connection);
        }

        var sender = connection.SendAllAsync(socket);
        try
        {
            await ReceiveAsync(socket, connection, context.RequestAborted);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            // Cut by one side or the other.
        }
        finally
        {
            lock (_venue.Gate)
            {
                _connections.Remove(connection);
            }

            connection.Complete();
            await sender;
        }
    }

    private async Task ReceiveAsync(WebSocket socket, Connection connection, CancellationToken aborted)
    {
        var buffer = new byte[1024 * 1024];
        while (true)
        {
            var used = 0;
            ValueWebSocketReceiveResult result;
            do
            {
                result = await socket.ReceiveAsync(buffer.AsMemory(used), aborted);
                used += result.Count;
            }
            while (!result.EndOfMessage);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                lock (_venue.Gate)
                {
                    CleanCloses += socket.CloseStatus == WebSocketCloseStatus.NormalClosure ? 1 : 0;
                }

                connection.Complete();
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "bye", aborted);
                return;
            }

            if (!IsMute)
            {
                Answer(connection, Encoding.UTF8.GetString(buffer, 0, used));
            }
        }
    }

    private void Answer(Connection connection, string request)
    {
        using var document = JsonDocument.Parse(request);
        var root = document.RootElement;
        var id = root.GetProperty("id").GetInt64();
        var method = root.GetProperty("method").GetString()!;
        var channels = root.GetProperty("params").TryGetProperty("channels", out var list) ? list.EnumerateArray().Select(c => c.GetString()!).ToArray() : [];
        lock (_venue.Gate)
        {
            Methods.Add(method);
            switch (method)
            {
                case "public/set_heartbeat":
                    connection.Send($"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":\"ok\"}}");
                    break;
                case "public/test":
                    TestsAnswered++;
                    connection.Send($"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{\"version\":\"1.2.26\"}}}}");
                    break;
                case "public/get_instruments":
                    connection.Send(_venue.Instruments(id));
                    break;
                case "public/subscribe" when _refuseSubscribes > 0:
                    _refuseSubscribes--;
                    connection.Send($"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{{\"code\":10028,\"message\":\"too_many_requests\"}}}}");
                    break;
                case "public/subscribe":
                    LargestBatch = Math.Max(LargestBatch, channels.Length);
                    connection.Channels.UnionWith(channels);
                    connection.Send($"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{JsonSerializer.Serialize(channels)}}}");
                    foreach (var first in channels.Select(_venue.First).OfType<string>())
                    {
                        connection.Send(first);
                    }

                    break;
                case "public/unsubscribe":
                    connection.Channels.ExceptWith(channels);
                    connection.Send($"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{JsonSerializer.Serialize(channels)}}}");
                    break;
                case "public/unsubscribe_all":
                    connection.Channels.Clear();
                    connection.Send($"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":\"ok\"}}");
                    break;
                default:
                    connection.Send($"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{{\"code\":-32601,\"message\":\"Method not found\"}}}}");
                    break;
            }
        }
    }

    private sealed class Connection(HttpContext context)
    {
        private readonly Channel<string> _out = Channel.CreateUnbounded<string>();
        private string? _held;

        public HashSet<string> Channels { get; } = new(StringComparer.Ordinal);

        public void Send(string message) => _out.Writer.TryWrite(message);

        public void Deliver(string message, Faults faults, int dice)
        {
            if ((dice -= faults.Drop) < 0)
            {
                return;
            }

            if ((dice -= faults.Duplicate) < 0)
            {
                Send(message);
                Send(message);
            }
            else if ((dice -= faults.Reorder) < 0 && _held is null)
            {
                _held = message;
                return;
            }
            else if (dice - faults.Cut < 0 && dice >= 0)
            {
                Abort();
                return;
            }
            else
            {
                Send(message);
            }

            Release();
        }

        public void Release()
        {
            if (_held is not null)
            {
                Send(_held);
                _held = null;
            }
        }

        public void Abort() => context.Abort();

        public void Complete() => _out.Writer.TryComplete();

        public async Task SendAllAsync(WebSocket socket)
        {
            try
            {
                await foreach (var message in _out.Reader.ReadAllAsync())
                {
                    await socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, true, context.RequestAborted);
                }
            }
            catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
            {
                // The line is gone; what was to be sent is lost, as it would be.
            }
        }
    }
}

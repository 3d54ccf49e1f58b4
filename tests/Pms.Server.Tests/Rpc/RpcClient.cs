using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Pms.Server.Tests.Rpc;

/// <summary>A client of the WebSocket: calls in order, and what channels tell meanwhile.</summary>
internal sealed class RpcClient : IAsyncDisposable
{
    private readonly Queue<JsonElement> _told = new();
    private int _id;

    private RpcClient(ClientWebSocket socket) => Socket = socket;

    public ClientWebSocket Socket { get; }

    /// <summary>Every message that came, as text.</summary>
    public List<string> Received { get; } = [];

    public static async Task<RpcClient> ConnectAsync(ServerWorld world, params (string Name, string Value)[] headers)
    {
        var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        foreach (var (name, value) in headers)
        {
            socket.Options.SetRequestHeader(name, value);
        }

        try
        {
            await socket.ConnectAsync(new UriBuilder(world.Host.Url) { Scheme = "ws", Path = "/ws/api/v1" }.Uri, TestContext.Current.CancellationToken);
        }
        catch (WebSocketException e)
        {
            throw new InvalidOperationException($"{(int)socket.HttpStatusCode}", e);
        }

        return new RpcClient(socket);
    }

    public async Task SendAsync(string text) => await WriteAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text);

    public async Task SendBinaryAsync(byte[] bytes) => await WriteAsync(bytes, WebSocketMessageType.Binary);

    /// <summary>The next message; null: the server has closed.</summary>
    public async Task<JsonElement?> ReadAsync()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        stop.CancelAfter(TimeSpan.FromSeconds(120));
        using var bytes = new MemoryStream();
        var buffer = new byte[16_384];
        while (true)
        {
            var received = await Socket.ReceiveAsync(buffer.AsMemory(), stop.Token);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            await bytes.WriteAsync(buffer.AsMemory(0, received.Count), stop.Token);
            if (received.EndOfMessage)
            {
                Received.Add(Encoding.UTF8.GetString(bytes.ToArray()));
                using var document = JsonDocument.Parse(Received[^1]);
                return document.RootElement.Clone();
            }
        }
    }

    /// <summary>What a channel tells next.</summary>
    public async Task<JsonElement> ToldAsync(string channel)
    {
        while (true)
        {
            var message = _told.Count > 0 ? _told.Dequeue() : await ReadAsync() ?? throw new InvalidOperationException("closed");
            if (message.TryGetProperty("params", out var parameters) && parameters.TryGetProperty("channel", out var name) && name.GetString() == channel)
            {
                return parameters.GetProperty("data");
            }
        }
    }

    /// <summary>The whole answer of a call.</summary>
    public async Task<JsonElement> CallAsync(string method, object? parameters = null)
    {
        var id = ++_id;
        await SendAsync(JsonSerializer.Serialize(new { jsonrpc = "2.0", id, method, @params = parameters ?? new { } }));
        while (await ReadAsync() is { } message)
        {
            if (message.ValueKind == JsonValueKind.Object && message.TryGetProperty("id", out var answered) && answered.ValueKind == JsonValueKind.Number && answered.GetInt32() == id)
            {
                return message;
            }

            _told.Enqueue(message);
        }

        throw new InvalidOperationException("closed");
    }

    public async Task<JsonElement> ResultAsync(string method, object? parameters = null)
    {
        var answer = await CallAsync(method, parameters);
        return answer.TryGetProperty("result", out var result) ? result : throw new InvalidOperationException(answer.GetRawText());
    }

    public async Task<(int Number, string Code)> ErrorAsync(string method, object? parameters = null) => ErrorOf(await CallAsync(method, parameters));

    public static (int Number, string Code) ErrorOf(JsonElement answer)
    {
        var error = answer.GetProperty("error");
        error.GetProperty("message").GetString().ShouldNotBeNullOrEmpty();
        error.GetProperty("data").GetProperty("detail").GetString().ShouldNotBeNullOrEmpty();
        return (error.GetProperty("code").GetInt32(), error.GetProperty("data").GetProperty("code").GetString()!);
    }

    public ValueTask DisposeAsync()
    {
        Socket.Abort();
        Socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task WriteAsync(byte[] bytes, WebSocketMessageType type) => await Socket.SendAsync(bytes.AsMemory(), type, endOfMessage: true, TestContext.Current.CancellationToken);
}

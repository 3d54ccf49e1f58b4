using System.Buffers;
using System.Net.WebSockets;

namespace Pms.Server.Rpc;

/// <summary>Whole messages over one WebSocket. One reader; any number of writers, whose messages never mix. Nothing is queued: a writer waits for those before it, and a peer that takes nothing for too long is cut off.</summary>
/// <param name="socket">accepted</param>
/// <param name="mostBytes">longest message that is read</param>
/// <param name="patience">longest time for one message to be taken by the peer</param>
internal sealed class RpcSocket(WebSocket socket, int mostBytes, TimeSpan patience) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly ArrayBufferWriter<byte> _message = new(4_096);

    /// <summary>Reads one message.</summary>
    /// <returns>valid until the next read; null: the peer has closed, or sent what is not taken, and the reason was told to it</returns>
    public async Task<ReadOnlyMemory<byte>?> ReadAsync()
    {
        _message.ResetWrittenCount();
        while (true)
        {
            var received = await socket.ReceiveAsync(_message.GetMemory(4_096), CancellationToken.None).ConfigureAwait(false);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                await CloseAsync(WebSocketCloseStatus.NormalClosure, "").ConfigureAwait(false);
                return null;
            }

            if (received.MessageType == WebSocketMessageType.Binary)
            {
                await CloseAsync(WebSocketCloseStatus.InvalidMessageType, "text is expected").ConfigureAwait(false);
                return null;
            }

            _message.Advance(received.Count);
            if (_message.WrittenCount > mostBytes)
            {
                await CloseAsync(WebSocketCloseStatus.MessageTooBig, $"a message has at most {mostBytes} bytes").ConfigureAwait(false);
                return null;
            }

            if (received.EndOfMessage)
            {
                return _message.WrittenMemory;
            }
        }
    }

    /// <summary>Sends one message, after those that wait already.</summary>
    /// <exception cref="WebSocketException">the peer is gone, or took too long and was cut off</exception>
    public async Task SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(patience);
        try
        {
            await _turn.WaitAsync(limit.Token).ConfigureAwait(false);
            try
            {
                await socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, limit.Token).ConfigureAwait(false);
            }
            finally
            {
                _turn.Release();
            }
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            // A message may be half sent: nothing after it would be understood.
            socket.Abort();
            throw new WebSocketException(WebSocketError.ConnectionClosedPrematurely, "the peer reads too slowly", e);
        }
    }

    /// <summary>Tells the peer why it ends; a peer that takes nothing is not waited for.</summary>
    public async Task CloseAsync(WebSocketCloseStatus status, string reason)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await _turn.WaitAsync(limit.Token).ConfigureAwait(false);
            try
            {
                if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                {
                    await socket.CloseOutputAsync(status, reason, limit.Token).ConfigureAwait(false);
                }
            }
            finally
            {
                _turn.Release();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            socket.Abort();
        }
    }

    /// <summary>Tells the peer why it ends, and lets it answer for a moment: the reader then has no more messages.</summary>
    public async Task EndAsync(WebSocketCloseStatus status, string reason, TimeProvider time)
    {
        await CloseAsync(status, reason).ConfigureAwait(false);
        await Task.Delay(TimeSpan.FromSeconds(1), time, CancellationToken.None).ConfigureAwait(false);
        socket.Abort();
    }

    public void Dispose() => _turn.Dispose();
}

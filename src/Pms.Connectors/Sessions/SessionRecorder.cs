using Pms.Connectors.Deribit;
using Pms.MarketData.Events;
using Pms.MarketData.Readers.Recordings;

namespace Pms.Connectors.Sessions;

/// <summary>Writes a live feed to a session file.</summary>
/// <remarks>
/// Messages are written on the thread that receives them: a disk that cannot keep up slows the socket and loses nothing. The flush policy of
/// <see cref="SessionWriter"/> bounds what a crash costs.
/// </remarks>
public sealed class SessionRecorder : IMessageTap
{
    private readonly Lock _gate = new();
    private readonly SessionWriter _writer;

    private SessionRecorder(SessionWriter writer)
    {
        _writer = writer;
    }

    /// <summary>Records until cancelled, then ends the file properly.</summary>
    /// <param name="target">receives the compressed file; closed at the end</param>
    /// <param name="options">what to listen to</param>
    /// <param name="time">clock</param>
    /// <param name="progress">called about once an interval; may be null</param>
    /// <param name="interval">of progress</param>
    /// <param name="cancellationToken">ends the recording; this is the normal way</param>
    /// <returns>the connector's last status</returns>
    /// <exception cref="IOException">the file could not be written</exception>
    public static async Task<ConnectorStatus> RecordAsync(
        Stream target,
        DeribitConnectorOptions options,
        TimeProvider time,
        Action<RecordProgress>? progress,
        TimeSpan interval,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(time);
        using var writer = new SessionWriter(target, "deribit", time.GetUtcNow());
        var recorder = new SessionRecorder(writer);
        using var connector = new DeribitConnector(options, time, recorder);
        var running = connector.RunAsync(cancellationToken);
        var discarded = new List<MarketEvent>();
        using var timer = new PeriodicTimer(interval, time);
        while (!running.IsCompleted)
        {
            var tick = timer.WaitForNextTickAsync(CancellationToken.None).AsTask();
            await Task.WhenAny(running, tick);
            discarded.Clear();
            connector.Queue.Drain(discarded);
            progress?.Invoke(recorder.Progress(connector.Status));
            if (!tick.IsCompleted)
            {
                timer.Dispose();
                await tick;
            }
        }

        await running;
        lock (recorder._gate)
        {
            writer.End(time.GetUtcNow());
        }

        return connector.Status;
    }

    public void Received(ReadOnlySpan<byte> message, DateTimeOffset at)
    {
        lock (_gate)
        {
            _writer.WriteReceived(message, at);
        }
    }

    public void Sent(ReadOnlySpan<byte> message, DateTimeOffset at)
    {
        lock (_gate)
        {
            _writer.WriteSent(message, at);
        }
    }

    private RecordProgress Progress(ConnectorStatus status)
    {
        lock (_gate)
        {
            return new RecordProgress(_writer.Messages, _writer.Bytes, status);
        }
    }
}

/// <param name="Messages">written so far</param>
/// <param name="Bytes">written so far, before compression</param>
/// <param name="Status">of the connector</param>
public sealed record RecordProgress(long Messages, long Bytes, ConnectorStatus Status);

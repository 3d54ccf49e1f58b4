using System.Buffers;
using Pms.MarketData.Readers.Recordings;

namespace Pms.Simulation.Dialect;

/// <summary>Writes a simulated feed as a session file, the same format that a recording of the real venue has (docs/connectors.md, "Session files").</summary>
public sealed class SimulatedSessionWriter : IDisposable
{
    private readonly SessionWriter _session;
    private readonly ArrayBufferWriter<byte> _buffer = new(1 << 16);

    /// <param name="target">receives the lines; closed with the writer</param>
    /// <param name="startedAt">when the recording began</param>
    /// <param name="compress">gzip</param>
    public SimulatedSessionWriter(Stream target, DateTimeOffset startedAt, bool compress)
    {
        _session = new SessionWriter(target, SimulatedExchange.Source, startedAt, compress);
    }

    public long MessageCount => _session.Messages;

    public void Write(FeedMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        _buffer.ResetWrittenCount();
        DeribitDialect.Write(message, _buffer);
        _session.WriteReceived(_buffer.WrittenSpan, message.ReceivedAt);
    }

    /// <summary>Ends the session with its closing line.</summary>
    public void Dispose() => _session.Dispose();
}

using System.Buffers;
using System.Text.Json;
using Pms.Primitives;

namespace Pms.Simulation.Dialect;

/// <summary>Writes a feed as a <c>pms-session</c>: a heading line, then one line for each message with its time of receipt (docs/formats.md).</summary>
public sealed class SessionWriter
{
    private const int FlushBytes = 1 << 16;

    private readonly Stream _stream;
    private readonly ArrayBufferWriter<byte> _buffer = new(FlushBytes * 2);

    /// <param name="stream">receives the uncompressed lines; not closed</param>
    /// <param name="startedAt">when the recording began</param>
    public SessionWriter(Stream stream, DateTimeOffset startedAt)
    {
        _stream = stream;
        using (var json = new Utf8JsonWriter(_buffer))
        {
            json.WriteStartObject();
            json.WriteString("format"u8, "pms-session"u8);
            json.WriteNumber("version"u8, 1);
            json.WriteString("source"u8, SimulatedExchange.Source);
            json.WriteNumber("startedUs"u8, startedAt.ToUnixMicroseconds());
            json.WriteEndObject();
        }

        _buffer.Write("\n"u8);
    }

    public long MessageCount { get; private set; }

    public void Write(FeedMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        _buffer.Write("{\"receivedUs\":"u8);
        var digits = _buffer.GetSpan(20);
        message.ReceivedAt.ToUnixMicroseconds().TryFormat(digits, out var written);
        _buffer.Advance(written);
        _buffer.Write(",\"message\":"u8);
        DeribitDialect.Write(message, _buffer);
        _buffer.Write("}\n"u8);
        MessageCount++;
        if (_buffer.WrittenCount >= FlushBytes)
        {
            Flush();
        }
    }

    /// <summary>Hands the buffered lines to the stream; call it after the last message.</summary>
    public void Flush()
    {
        _stream.Write(_buffer.WrittenSpan);
        _buffer.ResetWrittenCount();
    }
}

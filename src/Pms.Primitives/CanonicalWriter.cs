using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Pms.Primitives;

/// <summary>Writes the one canonical byte form that content hashes are taken over (docs/model/encoding.md).</summary>
/// <remarks>
/// Integers are little-endian; a double is its IEEE 754 bits with -0 written as +0, and NaN or infinity is refused;
/// text is UTF-8 after its byte count; an absent value is one zero byte, a present one follows a one byte; a list is its count, then its items.
/// </remarks>
public sealed class CanonicalWriter
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ArrayBufferWriter<byte> _buffer = new();

    /// <param name="schema">name and version of what is written, as in <c>pms.market-snapshot/1</c></param>
    public CanonicalWriter(string schema)
    {
        Write(schema);
    }

    public int LengthBytes => _buffer.WrittenCount;

    public ReadOnlySpan<byte> WrittenSpan => _buffer.WrittenSpan;

    public ContentHash Hash() => ContentHash.Of(_buffer.WrittenSpan);

    public void Write(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
    }

    public void Write(bool value) => Write(value ? (byte)1 : (byte)0);

    public void Write(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.GetSpan(sizeof(int)), value);
        _buffer.Advance(sizeof(int));
    }

    public void Write(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_buffer.GetSpan(sizeof(long)), value);
        _buffer.Advance(sizeof(long));
    }

    public void Write(double value)
    {
        if (!double.IsFinite(value))
        {
            throw new InvalidInputException("not-finite", $"{value} cannot be written canonically: a finite number is required");
        }

        Write(BitConverter.DoubleToInt64Bits(value == 0 ? 0.0 : value));
    }

    public void Write(double? value)
    {
        Write(value.HasValue);
        if (value.HasValue)
        {
            Write(value.Value);
        }
    }

    public void Write(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        int bytes;
        try
        {
            bytes = StrictUtf8.GetByteCount(value);
        }
        catch (EncoderFallbackException e)
        {
            // Replacing the character would give two different texts one hash.
            throw new InvalidInputException("text-damaged", "a text with half of a surrogate pair has no UTF-8 form", e);
        }

        Write(bytes);
        StrictUtf8.GetBytes(value, _buffer.GetSpan(bytes));
        _buffer.Advance(bytes);
    }

    /// <summary>Microseconds since 1970-01-01T00:00:00Z.</summary>
    public void Write(DateTimeOffset value) => Write(value.ToUnixMicroseconds());

    public void Write(DateTimeOffset? value)
    {
        Write(value.HasValue);
        if (value.HasValue)
        {
            Write(value.Value);
        }
    }
}

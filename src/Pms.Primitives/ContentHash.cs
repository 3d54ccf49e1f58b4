using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Pms.Primitives;

/// <summary>SHA-256 of the canonical bytes of an object (docs/model/encoding.md).</summary>
public readonly struct ContentHash : IEquatable<ContentHash>
{
    public const int SizeBytes = 32;

    private readonly UInt128 _high;
    private readonly UInt128 _low;

    private ContentHash(UInt128 high, UInt128 low)
    {
        _high = high;
        _low = low;
    }

    public static ContentHash Of(ReadOnlySpan<byte> canonicalBytes)
    {
        Span<byte> hash = stackalloc byte[SizeBytes];
        SHA256.HashData(canonicalBytes, hash);
        return FromBytes(hash);
    }

    /// <param name="bytes">exactly 32 bytes, most significant first</param>
    public static ContentHash FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != SizeBytes)
        {
            throw new InvalidInputException("hash-length", $"a content hash has {SizeBytes} bytes, not {bytes.Length}");
        }

        return new ContentHash(
            BinaryPrimitives.ReadUInt128BigEndian(bytes),
            BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]));
    }

    public static ContentHash Parse(string hex)
    {
        ArgumentNullException.ThrowIfNull(hex);
        if (hex.Length != 2 * SizeBytes || !hex.All(char.IsAsciiHexDigit))
        {
            throw new InvalidInputException("hash-format", $"'{hex}' is not a content hash: 64 hexadecimal digits are expected");
        }

        return FromBytes(Convert.FromHexString(hex));
    }

    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt128BigEndian(destination[16..], _low);
    }

    public bool Equals(ContentHash other) => _high == other._high && _low == other._low;

    public override bool Equals(object? obj) => obj is ContentHash other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_high, _low);

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => $"{_high:x32}{_low:x32}";

    public static bool operator ==(ContentHash left, ContentHash right) => left.Equals(right);

    public static bool operator !=(ContentHash left, ContentHash right) => !left.Equals(right);
}

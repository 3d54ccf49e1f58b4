using System.Buffers.Binary;
using Pms.Primitives;

namespace Pms.Attestation.Encoding;

/// <summary>A Keccak-256 hash, as the chain computes it. Ordered as the 256-bit number that it is.</summary>
/// <remarks>Not a <see cref="ContentHash"/>, which is SHA-256: neither passes for the other.</remarks>
public readonly record struct KeccakHash : IComparable<KeccakHash>
{
    public const int SizeBytes = 32;

    private readonly UInt128 _high;
    private readonly UInt128 _low;

    private KeccakHash(UInt128 high, UInt128 low)
    {
        _high = high;
        _low = low;
    }

    /// <summary>Never valid as a root, digest or set (ATT-05).</summary>
    public bool IsZero => _high == 0 && _low == 0;

    /// <param name="bytes">exactly 32 bytes, most significant first</param>
    /// <exception cref="InvalidInputException"><c>hash-length</c></exception>
    public static KeccakHash FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length == SizeBytes
        ? new KeccakHash(BinaryPrimitives.ReadUInt128BigEndian(bytes), BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]))
        : throw new InvalidInputException("hash-length", $"a Keccak hash has {SizeBytes} bytes, not {bytes.Length}");

    /// <param name="hex">0x and 64 hexadecimal digits</param>
    /// <exception cref="InvalidInputException"><c>hash-format</c></exception>
    public static KeccakHash Parse(string hex) => FromBytes(HexText.Bytes(hex, SizeBytes, "hash-format", "a Keccak hash"));

    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt128BigEndian(destination[16..], _low);
    }

    public int CompareTo(KeccakHash other)
    {
        var high = _high.CompareTo(other._high);
        return high != 0 ? high : _low.CompareTo(other._low);
    }

    /// <summary>0x and 64 lower-case hexadecimal digits.</summary>
    public override string ToString() => $"0x{_high:x32}{_low:x32}";

    public static bool operator <(KeccakHash left, KeccakHash right) => left.CompareTo(right) < 0;

    public static bool operator >(KeccakHash left, KeccakHash right) => left.CompareTo(right) > 0;

    public static bool operator <=(KeccakHash left, KeccakHash right) => left.CompareTo(right) <= 0;

    public static bool operator >=(KeccakHash left, KeccakHash right) => left.CompareTo(right) >= 0;
}

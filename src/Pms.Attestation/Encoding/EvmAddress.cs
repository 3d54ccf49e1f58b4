using System.Buffers.Binary;
using Pms.Primitives;

namespace Pms.Attestation.Encoding;

/// <summary>An account or contract of the chain: 20 bytes, ordered as the number that they are.</summary>
public readonly record struct EvmAddress : IComparable<EvmAddress>
{
    public const int SizeBytes = 20;

    private readonly uint _high;
    private readonly UInt128 _low;

    private EvmAddress(uint high, UInt128 low)
    {
        _high = high;
        _low = low;
    }

    /// <summary>Never valid as a signer or contract (ATT-05).</summary>
    public bool IsZero => _high == 0 && _low == 0;

    /// <param name="bytes">exactly 20 bytes</param>
    /// <exception cref="InvalidInputException"><c>address-length</c></exception>
    public static EvmAddress FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length == SizeBytes
        ? new EvmAddress(BinaryPrimitives.ReadUInt32BigEndian(bytes), BinaryPrimitives.ReadUInt128BigEndian(bytes[4..]))
        : throw new InvalidInputException("address-length", $"an address has {SizeBytes} bytes, not {bytes.Length}");

    /// <param name="hex">0x and 40 hexadecimal digits; a checksum in their case is not looked at</param>
    /// <exception cref="InvalidInputException"><c>address-format</c></exception>
    public static EvmAddress Parse(string hex) => FromBytes(HexText.Bytes(hex, SizeBytes, "address-format", "an address"));

    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt128BigEndian(destination[4..], _low);
    }

    public int CompareTo(EvmAddress other)
    {
        var high = _high.CompareTo(other._high);
        return high != 0 ? high : _low.CompareTo(other._low);
    }

    /// <summary>0x and 40 lower-case hexadecimal digits.</summary>
    public override string ToString() => $"0x{_high:x8}{_low:x32}";

    public static bool operator <(EvmAddress left, EvmAddress right) => left.CompareTo(right) < 0;

    public static bool operator >(EvmAddress left, EvmAddress right) => left.CompareTo(right) > 0;

    public static bool operator <=(EvmAddress left, EvmAddress right) => left.CompareTo(right) <= 0;

    public static bool operator >=(EvmAddress left, EvmAddress right) => left.CompareTo(right) >= 0;
}

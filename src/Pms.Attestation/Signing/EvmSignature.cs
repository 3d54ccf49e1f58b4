using System.Buffers.Binary;
using Pms.Primitives;

namespace Pms.Attestation.Signing;

/// <summary>A secp256k1 signature in its one accepted form: r, s in the lower half, v 27 or 28 (EIP-2).</summary>
public readonly record struct EvmSignature
{
    public const int SizeBytes = 65;

    // Order of the group, and its half.
    private static readonly (UInt128 High, UInt128 Low) Order = (new(0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFE), new(0xBAAEDCE6AF48A03B, 0xBFD25E8CD0364141));
    private static readonly (UInt128 High, UInt128 Low) HalfOrder = (new(0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF), new(0x5D576E7357A4501D, 0xDFE92F46681B20A0));

    private readonly UInt128 _rHigh;
    private readonly UInt128 _rLow;
    private readonly UInt128 _sHigh;
    private readonly UInt128 _sLow;
    private readonly byte _v;

    private EvmSignature(ReadOnlySpan<byte> bytes)
    {
        _rHigh = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        _rLow = BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]);
        _sHigh = BinaryPrimitives.ReadUInt128BigEndian(bytes[32..]);
        _sLow = BinaryPrimitives.ReadUInt128BigEndian(bytes[48..]);
        _v = bytes[64];
    }

    /// <param name="bytes">65: r, s, v</param>
    /// <exception cref="InvalidInputException"><c>signature-form</c>: any other form, so that one signature has one text (ATT-04)</exception>
    public static EvmSignature FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != SizeBytes)
        {
            throw new InvalidInputException("signature-form", $"a signature has {SizeBytes} bytes, not {bytes.Length}");
        }

        var signature = new EvmSignature(bytes);
        var r = (signature._rHigh, signature._rLow);
        var s = (signature._sHigh, signature._sLow);
        return signature._v is 27 or 28 && r != default && s != default && r.CompareTo(Order) < 0 && s.CompareTo(HalfOrder) <= 0
            ? signature
            : throw new InvalidInputException("signature-form", $"v {signature._v}: 27 or 28, r above 0 and below the order, and s in the lower half are required");
    }

    public byte[] ToArray()
    {
        var bytes = new byte[SizeBytes];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, _rHigh);
        BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(16), _rLow);
        BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(32), _sHigh);
        BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(48), _sLow);
        bytes[64] = _v;
        return bytes;
    }

    /// <summary>0x and 130 lower-case hexadecimal digits.</summary>
    public override string ToString() => $"0x{Convert.ToHexStringLower(ToArray())}";
}

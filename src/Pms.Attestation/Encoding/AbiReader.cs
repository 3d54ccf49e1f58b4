using System.Buffers.Binary;
using Pms.Primitives;

namespace Pms.Attestation.Encoding;

/// <summary>Reads static ABI values word by word, each inside its type.</summary>
internal ref struct AbiReader
{
    private ReadOnlySpan<byte> _rest;

    /// <exception cref="InvalidInputException"><c>abi-length</c></exception>
    public AbiReader(ReadOnlySpan<byte> bytes, int words)
    {
        _rest = bytes.Length == words * AbiWords.WordBytes
            ? bytes
            : throw new InvalidInputException("abi-length", $"{bytes.Length} bytes are not {words} words of {AbiWords.WordBytes}");
    }

    public ulong UInt64() => BinaryPrimitives.ReadUInt64BigEndian(Padded(24, 0));

    public uint UInt32() => BinaryPrimitives.ReadUInt32BigEndian(Padded(28, 0));

    public UInt128 UInt128() => BinaryPrimitives.ReadUInt128BigEndian(Padded(16, 0));

    public Int128 Int128() => BinaryPrimitives.ReadInt128BigEndian(Padded(16, _rest[16] >= 0x80 ? byte.MaxValue : (byte)0));

    public KeccakHash KeccakHash() => Encoding.KeccakHash.FromBytes(Padded(0, 0));

    public ContentHash ContentHash() => Primitives.ContentHash.FromBytes(Padded(0, 0));

    private ReadOnlySpan<byte> Padded(int padding, byte value)
    {
        var word = _rest[..AbiWords.WordBytes];
        _rest = _rest[AbiWords.WordBytes..];
        return word[..padding].ContainsAnyExcept(value)
            ? throw new InvalidInputException("abi-word", $"the word 0x{Convert.ToHexStringLower(word)} does not fit {8 * (AbiWords.WordBytes - padding)} bits")
            : word[padding..];
    }
}

using System.Buffers.Binary;
using Pms.Attestation.Amounts;
using Pms.Primitives;

namespace Pms.Attestation.Encoding;

/// <summary>Writes static ABI values as the chain reads them: one word of 32 bytes each, big-endian, signed numbers in two's complement.</summary>
/// <param name="buffer">as many bytes as the words that will be added</param>
internal ref struct AbiWords(Span<byte> buffer)
{
    public const int WordBytes = 32;

    private readonly Span<byte> _buffer = buffer;
    private int _length;

    public readonly ReadOnlySpan<byte> Written => _buffer[.._length];

    public readonly KeccakHash Hash() => Keccak256.Hash(Written);

    public void Add(ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Next()[24..], value);

    public void Add(UInt128 value) => BinaryPrimitives.WriteUInt128BigEndian(Next()[16..], value);

    public void Add(Int128 value)
    {
        var word = Next();
        if (value < 0)
        {
            word[..16].Fill(0xff);
        }

        BinaryPrimitives.WriteInt128BigEndian(word[16..], value);
    }

    public void Add(bool value) => Add(value ? 1UL : 0UL);

    public void Add(sbyte value) => Add((Int128)value);

    public void Add(KeccakHash value) => value.CopyTo(Next());

    public void Add(ContentHash value) => value.CopyTo(Next());

    public void Add(EvmAddress value) => value.CopyTo(Next()[12..]);

    public void Add(TokenAmount value)
    {
        var word = Next();
        var units = value.Units;
        var bytes = units.GetByteCount(isUnsigned: true);
        if (!units.TryWriteBytes(word[(WordBytes - bytes)..], out _, isUnsigned: true, isBigEndian: true))
        {
            throw new InvalidOperationException($"{units} did not fit {WordBytes} bytes");
        }
    }

    private Span<byte> Next()
    {
        var word = _buffer.Slice(_length, WordBytes);
        word.Clear();
        _length += WordBytes;
        return word;
    }
}

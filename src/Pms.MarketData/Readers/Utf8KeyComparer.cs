using System.Buffers.Binary;
using System.Numerics;

namespace Pms.MarketData.Readers;

/// <summary>Lets a dictionary keyed by UTF-8 bytes be asked with a span, so that a name seen before costs no allocation.</summary>
internal sealed class Utf8KeyComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    private Utf8KeyComparer()
    {
    }

    public static Utf8KeyComparer Instance { get; } = new();

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

    /// <summary>Multiply-rotate over eight bytes at a time; the tables it serves are bounded, so a forced collision costs time, not memory.</summary>
    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        var hash = (ulong)alternate.Length * 0x9E3779B97F4A7C15;
        while (alternate.Length >= 8)
        {
            hash = Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(alternate));
            alternate = alternate[8..];
        }

        if (alternate.Length >= 4)
        {
            hash = Mix(hash, BinaryPrimitives.ReadUInt32LittleEndian(alternate));
            alternate = alternate[4..];
        }

        foreach (var b in alternate)
        {
            hash = Mix(hash, b);
        }

        return (int)(hash >> 32);
    }

    private static ulong Mix(ulong hash, ulong value) => BitOperations.RotateLeft((hash ^ value) * 0xBF58476D1CE4E5B9, 31);
}

using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace Pms.Attestation.Encoding;

/// <summary>Keccak-256 as Ethereum uses it: the sponge of FIPS 202 with the padding of the first submission, 0x01 where SHA3-256 has 0x06.</summary>
/// <remarks>Own code because .NET offers SHA-3 alone, whose padding cannot be set (docs/decisions/0005).</remarks>
public static class Keccak256
{
    /// <summary>Bytes taken in for each permutation.</summary>
    public const int RateBytes = 136;

    private const int RateLanes = RateBytes / sizeof(ulong);
    private const byte FirstPadding = 0x01;
    private const byte LastPadding = 0x80;

    public static KeccakHash Hash(ReadOnlySpan<byte> message)
    {
        Span<ulong> state = stackalloc ulong[KeccakPermutation.Lanes];
        state.Clear();
        while (message.Length >= RateBytes)
        {
            Absorb(state, message[..RateBytes]);
            message = message[RateBytes..];
        }

        Span<byte> last = stackalloc byte[RateBytes];
        Pad(message, last);
        Absorb(state, last);
        return Squeeze(state);
    }

    /// <summary>Hashes of messages of one length, four at a time.</summary>
    /// <param name="messages">one after the other</param>
    /// <param name="lengthBytes">of each, at least 1</param>
    /// <param name="destination">[message]</param>
    public static void HashEach(ReadOnlySpan<byte> messages, int lengthBytes, Span<KeccakHash> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lengthBytes, 1);
        if (messages.Length != (long)lengthBytes * destination.Length)
        {
            throw new ArgumentException($"{messages.Length} bytes are not {destination.Length} messages of {lengthBytes}", nameof(messages));
        }

        var done = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; done + 4 <= destination.Length; done += 4)
            {
                HashFour(messages.Slice(done * lengthBytes, 4 * lengthBytes), lengthBytes, destination.Slice(done, 4));
            }
        }

        for (; done < destination.Length; done++)
        {
            destination[done] = Hash(messages.Slice(done * lengthBytes, lengthBytes));
        }
    }

    private static void HashFour(ReadOnlySpan<byte> messages, int lengthBytes, Span<KeccakHash> destination)
    {
        Span<Vector256<ulong>> state = stackalloc Vector256<ulong>[KeccakPermutation.Lanes];
        state.Clear();
        Span<byte> last = stackalloc byte[4 * RateBytes];
        var blocks = lengthBytes / RateBytes;
        for (var i = 0; i < 4; i++)
        {
            Pad(messages.Slice((i * lengthBytes) + (blocks * RateBytes), lengthBytes % RateBytes), last.Slice(i * RateBytes, RateBytes));
        }

        for (var block = 0; block < blocks; block++)
        {
            AbsorbFour(state, messages[(block * RateBytes)..], lengthBytes);
        }

        AbsorbFour(state, last, RateBytes);
        Span<byte> hash = stackalloc byte[KeccakHash.SizeBytes];
        for (var i = 0; i < 4; i++)
        {
            for (var lane = 0; lane < 4; lane++)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(hash[(lane * sizeof(ulong))..], state[lane][i]);
            }

            destination[i] = KeccakHash.FromBytes(hash);
        }
    }

    private static void AbsorbFour(Span<Vector256<ulong>> state, ReadOnlySpan<byte> blocks, int strideBytes)
    {
        for (var lane = 0; lane < RateLanes; lane++)
        {
            var at = lane * sizeof(ulong);
            state[lane] ^= Vector256.Create(
                BinaryPrimitives.ReadUInt64LittleEndian(blocks[at..]),
                BinaryPrimitives.ReadUInt64LittleEndian(blocks[(at + strideBytes)..]),
                BinaryPrimitives.ReadUInt64LittleEndian(blocks[(at + (2 * strideBytes))..]),
                BinaryPrimitives.ReadUInt64LittleEndian(blocks[(at + (3 * strideBytes))..]));
        }

        KeccakPermutation.Permute(state);
    }

    private static void Pad(ReadOnlySpan<byte> rest, Span<byte> block)
    {
        rest.CopyTo(block);
        block[rest.Length..].Clear();
        block[rest.Length] = FirstPadding;
        block[RateBytes - 1] |= LastPadding;
    }

    private static void Absorb(Span<ulong> state, ReadOnlySpan<byte> block)
    {
        for (var lane = 0; lane < RateLanes; lane++)
        {
            state[lane] ^= BinaryPrimitives.ReadUInt64LittleEndian(block[(lane * sizeof(ulong))..]);
        }

        KeccakPermutation.Permute(state);
    }

    private static KeccakHash Squeeze(ReadOnlySpan<ulong> state)
    {
        Span<byte> hash = stackalloc byte[KeccakHash.SizeBytes];
        for (var lane = 0; lane < KeccakHash.SizeBytes / sizeof(ulong); lane++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(hash[(lane * sizeof(ulong))..], state[lane]);
        }

        return KeccakHash.FromBytes(hash);
    }
}

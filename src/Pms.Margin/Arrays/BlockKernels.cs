using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Pms.Margin.Arrays;

/// <summary>Exact sums of lots times entries over 64 scenarios at a time. Pointers are to memory on cache lines.</summary>
internal static unsafe class BlockKernels
{
    /// <summary>Scenarios in a block.</summary>
    public const int Block = 64;

    public const int LineBytes = 64;

    /// <summary>Rows between one that is packed and the one that is fetched meanwhile.</summary>
    private const int Ahead = 8;

    /// <summary>Gains that are added to a list without a look at how many there are.</summary>
    private const int KeptAtOnce = 4;

    /// <summary>A block of scenarios of some rows, one row after the other.</summary>
    /// <param name="rows">[row][scenario]</param>
    /// <param name="used">rows to pack</param>
    /// <param name="first">scenario at which the block begins</param>
    /// <param name="valid">1 to <see cref="Block"/> scenarios; the rest of the block is 0</param>
    /// <param name="to">[place in used][scenario of the block], in an order of its own within a row</param>
    /// <remarks>Vectors multiply the even and the odd of sixteen (eight) 32-bit integers apart: laid out in turn from the two halves, the sums come out in the order of the scenarios.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(int[][] rows, ReadOnlySpan<int> used, int first, int valid, int* to)
    {
        var turn16 = Vector512.Create(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
        var turn8 = Vector256.Create(0, 4, 1, 5, 2, 6, 3, 7);
        Span<int> padded = stackalloc int[Block];
        for (var slot = 0; slot < used.Length; slot++)
        {
            scoped ReadOnlySpan<int> source = rows[used[slot]].AsSpan(first, valid);
            if (valid < Block)
            {
                padded.Clear();
                source.CopyTo(padded);
                source = padded;
            }

            if (Sse.IsSupported && slot + Ahead < used.Length)
            {
                // Rows lie far apart: each would stop for its own miss.
                fixed (int* next = &rows[used[slot + Ahead]][first])
                {
                    for (var line = 0; line < valid; line += LineBytes / sizeof(int))
                    {
                        Sse.Prefetch0(next + line);
                    }
                }
            }

            ref var from = ref MemoryMarshal.GetReference(source);
            if (Avx512F.IsSupported)
            {
                for (nuint i = 0; i < Block; i += 16)
                {
                    Avx512F.PermuteVar16x32(Vector512.LoadUnsafe(ref from, i), turn16).StoreAligned(to + i);
                }
            }
            else if (Avx2.IsSupported)
            {
                for (nuint i = 0; i < Block; i += 8)
                {
                    Avx2.PermuteVar8x32(Vector256.LoadUnsafe(ref from, i), turn8).StoreAligned(to + i);
                }
            }
            else
            {
                source.CopyTo(new Span<int>(to, Block));
            }

            to += Block;
        }
    }

    /// <summary>sums[s] = sum of lots times entries, wrapping: the caller has bounded them.</summary>
    /// <param name="packed">as <see cref="Pack"/> left it</param>
    /// <param name="places">[holding] where its row begins in there</param>
    /// <param name="lots">[holding]</param>
    /// <param name="holdings">how many</param>
    /// <param name="sums">[scenario of the block]</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Sums(int* packed, int* places, int* lots, int holdings, long* sums)
    {
        if (Avx512F.IsSupported)
        {
            Sums512(packed, places, lots, holdings, sums);
        }
        else if (Avx2.IsSupported)
        {
            Sums256(packed, places, lots, holdings, sums);
        }
        else
        {
            PlainSums(packed, places, lots, holdings, sums);
        }
    }

    /// <summary>total[s] += sums[s].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(long* sums, long* total)
    {
        for (var s = 0; s < Block; s += 4)
        {
            (Vector256.LoadAligned(total + s) + Vector256.LoadAligned(sums + s)).StoreAligned(total + s);
        }
    }

    /// <summary>Adds the sums up to a limit to a list, with the numbers of their scenarios (<see cref="WorstGains"/>).</summary>
    /// <param name="sums">[scenario of the block], readable one beyond the block</param>
    /// <param name="valid">scenarios of the block that count</param>
    /// <param name="limit">sums up to this one</param>
    /// <param name="first">number of the first scenario</param>
    /// <param name="bits">of a number</param>
    /// <param name="list">where to; a whole block more may be written to</param>
    /// <returns>how many were added</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Keep(long* sums, int valid, long limit, int first, int bits, long* list)
    {
        if (Avx512F.IsSupported && valid == Block)
        {
            return Keep512(sums, limit, first, bits, list);
        }

        // One mask for all 64, then a walk over its bits: few of them are set.
        ulong mask = 0;
        if (Avx2.IsSupported)
        {
            // Those above the limit, as one comparison says it; four vectors at a time keep the loop's own work small.
            var most = Vector256.Create(limit);
            for (var s = 0; s < Block; s += 16)
            {
                var above = Above(sums + s, most) | (Above(sums + s + 4, most) << 4) | (Above(sums + s + 8, most) << 8) | (Above(sums + s + 12, most) << 12);
                mask |= (ulong)above << s;
            }

            mask = ~mask;
        }
        else
        {
            for (var s = 0; s < Block; s++)
            {
                mask |= (sums[s] <= limit ? 1UL : 0UL) << s;
            }
        }

        mask &= ulong.MaxValue >> (Block - valid);
        var kept = BitOperations.PopCount(mask);
        while (true)
        {
            // Past the last bit an entry beyond the list's end is written, which the next one overwrites: a loop as long as the count would be guessed wrong each time.
            for (var i = 0; i < KeptAtOnce; i++)
            {
                var s = BitOperations.TrailingZeroCount(mask);
                list[i] = (sums[s] << bits) + first + s;
                mask &= mask - 1;
            }

            if (mask == 0)
            {
                return kept;
            }

            list += KeptAtOnce;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Above(long* sums, Vector256<long> limit) => Vector256.GreaterThan(Vector256.LoadAligned(sums), limit).ExtractMostSignificantBits();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Keep512(long* sums, long limit, int first, int bits, long* list)
    {
        var most = Vector512.Create(limit);
        var numbers = Vector512.Create((long)first) + Vector512.Create(0L, 1, 2, 3, 4, 5, 6, 7);
        var step = Vector512.Create(8L);
        nuint kept = 0;
        for (var s = 0; s < Block; s += 8)
        {
            var v = Vector512.LoadAligned(sums + s);
            var mask = Vector512.LessThanOrEqual(v, most);
            Avx512F.Compress(Vector512<long>.Zero, mask, Vector512.ShiftLeft(v, bits) + numbers).Store(list + kept);
            kept += (nuint)BitOperations.PopCount(mask.ExtractMostSignificantBits());
            numbers += step;
        }

        return (int)kept;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sums512(int* packed, int* places, int* lots, int holdings, long* sums)
    {
        var s0 = Vector512<long>.Zero;
        var s1 = Vector512<long>.Zero;
        var s2 = Vector512<long>.Zero;
        var s3 = Vector512<long>.Zero;
        var s4 = Vector512<long>.Zero;
        var s5 = Vector512<long>.Zero;
        var s6 = Vector512<long>.Zero;
        var s7 = Vector512<long>.Zero;
        for (var h = 0; h < holdings; h++)
        {
            var row = packed + places[h];
            var q = Vector512.Create(lots[h]);
            var v0 = Vector512.LoadAligned(row);
            var v1 = Vector512.LoadAligned(row + 16);
            var v2 = Vector512.LoadAligned(row + 32);
            var v3 = Vector512.LoadAligned(row + 48);
            s0 += Avx512F.Multiply(v0, q);
            s2 += Avx512F.Multiply(v1, q);
            s4 += Avx512F.Multiply(v2, q);
            s6 += Avx512F.Multiply(v3, q);
            s1 += Avx512F.Multiply(Vector512.ShiftRightLogical(v0.AsUInt64(), 32).AsInt32(), q);
            s3 += Avx512F.Multiply(Vector512.ShiftRightLogical(v1.AsUInt64(), 32).AsInt32(), q);
            s5 += Avx512F.Multiply(Vector512.ShiftRightLogical(v2.AsUInt64(), 32).AsInt32(), q);
            s7 += Avx512F.Multiply(Vector512.ShiftRightLogical(v3.AsUInt64(), 32).AsInt32(), q);
        }

        s0.StoreAligned(sums);
        s1.StoreAligned(sums + 8);
        s2.StoreAligned(sums + 16);
        s3.StoreAligned(sums + 24);
        s4.StoreAligned(sums + 32);
        s5.StoreAligned(sums + 40);
        s6.StoreAligned(sums + 48);
        s7.StoreAligned(sums + 56);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sums256(int* packed, int* places, int* lots, int holdings, long* sums)
    {
        for (var half = 0; half < Block; half += Block / 2)
        {
            var s0 = Vector256<long>.Zero;
            var s1 = Vector256<long>.Zero;
            var s2 = Vector256<long>.Zero;
            var s3 = Vector256<long>.Zero;
            var s4 = Vector256<long>.Zero;
            var s5 = Vector256<long>.Zero;
            var s6 = Vector256<long>.Zero;
            var s7 = Vector256<long>.Zero;
            for (var h = 0; h < holdings; h++)
            {
                var row = packed + places[h] + half;
                var q = Vector256.Create(lots[h]);
                var v0 = Vector256.LoadAligned(row);
                var v1 = Vector256.LoadAligned(row + 8);
                var v2 = Vector256.LoadAligned(row + 16);
                var v3 = Vector256.LoadAligned(row + 24);
                s0 += Avx2.Multiply(v0, q);
                s2 += Avx2.Multiply(v1, q);
                s4 += Avx2.Multiply(v2, q);
                s6 += Avx2.Multiply(v3, q);
                s1 += Avx2.Multiply(Vector256.ShiftRightLogical(v0.AsUInt64(), 32).AsInt32(), q);
                s3 += Avx2.Multiply(Vector256.ShiftRightLogical(v1.AsUInt64(), 32).AsInt32(), q);
                s5 += Avx2.Multiply(Vector256.ShiftRightLogical(v2.AsUInt64(), 32).AsInt32(), q);
                s7 += Avx2.Multiply(Vector256.ShiftRightLogical(v3.AsUInt64(), 32).AsInt32(), q);
            }

            s0.StoreAligned(sums + half);
            s1.StoreAligned(sums + half + 4);
            s2.StoreAligned(sums + half + 8);
            s3.StoreAligned(sums + half + 12);
            s4.StoreAligned(sums + half + 16);
            s5.StoreAligned(sums + half + 20);
            s6.StoreAligned(sums + half + 24);
            s7.StoreAligned(sums + half + 28);
        }
    }

    private static void PlainSums(int* packed, int* places, int* lots, int holdings, long* sums)
    {
        new Span<long>(sums, Block).Clear();
        for (var h = 0; h < holdings; h++)
        {
            var row = packed + places[h];
            long q = lots[h];
            for (var s = 0; s < Block; s++)
            {
                sums[s] += q * row[s];
            }
        }
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Pms.Margin.Arrays;

/// <summary>Exact sums of lots times ticks; integers, so that the width of a vector cannot show in the result.</summary>
public static class LotKernels
{
    /// <summary>Scenarios that many rows are added up for at a time: sums of 2 KB stay in the first-level cache.</summary>
    private const int Block = 256;

    /// <summary>Entries between the one that is added and the one that is fetched: rows come from memory.</summary>
    private const int Ahead = 512;

    private const int LineBytes = 64;

    /// <summary>destination[s] = sums[s] + lots * ticks[s], wrapping: the caller has bounded the sums.</summary>
    /// <param name="ticks">[scenario]</param>
    /// <param name="lots">long positive</param>
    /// <param name="sums">[scenario] money units</param>
    /// <param name="destination">[scenario] money units; may be the same memory as <paramref name="sums"/></param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddScaled(ReadOnlySpan<int> ticks, long lots, ReadOnlySpan<long> sums, Span<long> destination)
    {
        if (sums.Length != ticks.Length || destination.Length != ticks.Length)
        {
            throw new ArgumentException($"{sums.Length} sums and {destination.Length} results for {ticks.Length} ticks", nameof(sums));
        }

        ref var from = ref MemoryMarshal.GetReference(ticks);
        ref var sum = ref MemoryMarshal.GetReference(sums);
        ref var to = ref MemoryMarshal.GetReference(destination);
        var count = (nuint)ticks.Length;
        nuint s = 0;
        if (lots is >= int.MinValue and <= int.MaxValue)
        {
            if (Avx512F.IsSupported)
            {
                var q = Vector512.Create(lots).AsInt32();
                for (; s + 8 <= count; s += 8)
                {
                    Prefetch(ref from, ref sum, s);
                    var product = Avx512F.Multiply(Avx512F.ConvertToVector512Int64(Vector256.LoadUnsafe(ref from, s)).AsInt32(), q);
                    (Vector512.LoadUnsafe(ref sum, s) + product).StoreUnsafe(ref to, s);
                }
            }
            else if (Avx2.IsSupported)
            {
                var q = Vector256.Create(lots).AsInt32();
                for (; s + 4 <= count; s += 4)
                {
                    var product = Avx2.Multiply(Avx2.ConvertToVector256Int64(Vector128.LoadUnsafe(ref from, s)).AsInt32(), q);
                    (Vector256.LoadUnsafe(ref sum, s) + product).StoreUnsafe(ref to, s);
                }
            }
        }

        for (; s < count; s++)
        {
            Unsafe.Add(ref to, s) = Unsafe.Add(ref sum, s) + (lots * Unsafe.Add(ref from, s));
        }
    }

    /// <summary>sums[s] += lots * ticks[s].</summary>
    /// <inheritdoc cref="AddScaled(ReadOnlySpan{int}, long, ReadOnlySpan{long}, Span{long})" path="/param"/>
    public static void AddScaled(ReadOnlySpan<int> ticks, long lots, Span<long> sums) => AddScaled(ticks, lots, sums, sums);

    /// <summary>Gains of an account: the sum over its holdings, wrapping.</summary>
    /// <param name="rows">[row][scenario]</param>
    /// <param name="holdings">rows and lots</param>
    /// <param name="destination">[scenario] money units</param>
    internal static void Gains(int[][] rows, ReadOnlySpan<RowLots> holdings, Span<long> destination)
    {
        for (var start = 0; start < destination.Length; start += Block)
        {
            var block = destination.Slice(start, Math.Min(Block, destination.Length - start));
            block.Clear();
            for (var h = 0; h < holdings.Length; h++)
            {
                if (h + 1 < holdings.Length)
                {
                    Fetch(rows[holdings[h + 1].Row].AsSpan(start, block.Length));
                }

                AddScaled(rows[holdings[h].Row].AsSpan(start, block.Length), holdings[h].Lots, block, block);
            }
        }
    }

    /// <summary>Hints about addresses some entries on, which may lie past the end: nothing is read, no result changes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Prefetch(ref int ticks, ref long sums, nuint index)
    {
        Sse.Prefetch0((int*)Unsafe.AsPointer(ref ticks) + index + Ahead);
        Sse.Prefetch0((long*)Unsafe.AsPointer(ref sums) + index + Ahead);
    }

    private static unsafe void Fetch(ReadOnlySpan<int> ticks)
    {
        if (Sse.IsSupported)
        {
            fixed (int* first = ticks)
            {
                for (var i = 0; i < ticks.Length; i += LineBytes / sizeof(int))
                {
                    Sse.Prefetch0(first + i);
                }
            }
        }
    }
}

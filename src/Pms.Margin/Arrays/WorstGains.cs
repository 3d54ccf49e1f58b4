using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Pms.Margin.Measures;

namespace Pms.Margin.Arrays;

/// <summary>Gains together with the numbers of their scenarios in one integer each, and their order.</summary>
/// <remarks>A gain moved up by some bits with the scenario's number below it orders as <see cref="TailEntry"/> does: lower gains first, among equals the earlier scenario.</remarks>
internal static class WorstGains
{
    private const int LeastBucketBits = 5;
    private const int MostBucketBits = 12;

    /// <summary>More than so many gains in one bucket are not worth an insertion sort.</summary>
    private const int CrowdedBucket = 24;

    /// <summary>Bits of a scenario's number; at least one, so that no gain with its number is the largest of all integers.</summary>
    public static int BitsOf(int scenarios) => Math.Max(1, BitOperations.Log2((uint)Math.Max(scenarios - 1, 1)) + 1);

    /// <summary>Length of the list of buckets that <see cref="Sort"/> needs.</summary>
    public static int BucketRoom(int most) => (1 << BucketBits(most)) + 1;

    /// <summary>The lowest entries of a list, in order.</summary>
    /// <param name="list">in any order; all different</param>
    /// <param name="wanted">at least this many are put in order</param>
    /// <param name="sorted">as long as the list; the front is in order, behind it are the rest</param>
    /// <param name="buckets">as <see cref="BucketRoom"/> says</param>
    /// <remarks>Equal steps between the lowest and the highest, a bucket each: a tail's gains fall into them thinly, and an insertion sort over all has little left to move.</remarks>
    /// <returns>how many are in order</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Sort(ReadOnlySpan<long> list, int wanted, Span<long> sorted, Span<int> buckets)
    {
        var count = list.Length;
        if (count <= 1 << LeastBucketBits)
        {
            list.CopyTo(sorted);
            Insertion(sorted[..count]);
            return count;
        }

        var (least, most) = Range(list);
        var bits = BucketBits(count);
        var shift = Math.Max(0, 64 - BitOperations.LeadingZeroCount((ulong)(most - least)) - bits);
        var ends = buckets[..((1 << bits) + 1)];
        ends.Clear();
        ref var ends0 = ref MemoryMarshal.GetReference(ends);
        foreach (var entry in list)
        {
            Unsafe.Add(ref ends0, (nuint)((ulong)(entry - least) >> shift) + 1)++;
        }

        var total = 0;
        var ordered = 0;
        var crowd = 0;
        for (var b = 1; b < ends.Length && total < count; b++)
        {
            var own = ends[b];
            // Until enough lie in the buckets so far, the next one is put in order too.
            crowd = ordered < wanted ? Math.Max(crowd, own) : crowd;
            total += own;
            ordered = ordered < wanted ? total : ordered;
            ends[b] = total;
        }

        ref var sorted0 = ref MemoryMarshal.GetReference(sorted);
        foreach (var entry in list)
        {
            Unsafe.Add(ref sorted0, Unsafe.Add(ref ends0, (nuint)((ulong)(entry - least) >> shift))++) = entry;
        }

        if (crowd > CrowdedBucket)
        {
            sorted[..ordered].Sort();
        }
        else
        {
            Insertion(sorted[..ordered]);
        }

        return ordered;
    }

    /// <summary>Entries as losses and scenarios.</summary>
    public static void ToEntries(ReadOnlySpan<long> sorted, int bits, Span<TailEntry> entries)
    {
        var mask = (1L << bits) - 1;
        for (var i = 0; i < sorted.Length; i++)
        {
            entries[i] = new TailEntry(-(sorted[i] >> bits), (int)(sorted[i] & mask));
        }
    }

    private static int BucketBits(int count) => Math.Clamp(BitOperations.Log2((uint)count) + 1, LeastBucketBits, MostBucketBits);

    private static void Insertion(Span<long> entries)
    {
        ref var first = ref MemoryMarshal.GetReference(entries);
        for (var i = 1; i < entries.Length; i++)
        {
            var entry = Unsafe.Add(ref first, i);
            var j = i - 1;
            for (; j >= 0 && Unsafe.Add(ref first, j) > entry; j--)
            {
                Unsafe.Add(ref first, j + 1) = Unsafe.Add(ref first, j);
            }

            Unsafe.Add(ref first, j + 1) = entry;
        }
    }

    private static (long Least, long Most) Range(ReadOnlySpan<long> list)
    {
        var least = list[0];
        var most = list[0];
        var i = 0;
        if (Vector256.IsHardwareAccelerated && list.Length >= 4)
        {
            ref var from = ref MemoryMarshal.GetReference(list);
            var low = Vector256.LoadUnsafe(ref from);
            var high = low;
            for (i = 4; i + 4 <= list.Length; i += 4)
            {
                var v = Vector256.LoadUnsafe(ref from, (nuint)i);
                low = Vector256.Min(low, v);
                high = Vector256.Max(high, v);
            }

            for (var lane = 0; lane < 4; lane++)
            {
                least = Math.Min(least, low[lane]);
                most = Math.Max(most, high[lane]);
            }
        }

        for (; i < list.Length; i++)
        {
            least = Math.Min(least, list[i]);
            most = Math.Max(most, list[i]);
        }

        return (least, most);
    }
}

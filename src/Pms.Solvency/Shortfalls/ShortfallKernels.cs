using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Pms.Margin.Arrays;

namespace Pms.Solvency.Shortfalls;

/// <summary>From gains to uncovered losses and their largest, 64 scenarios at a time. Whole numbers, so that no width of vectors shows in a result.</summary>
internal static unsafe class ShortfallKernels
{
    public const int Block = BlockKernels.Block;

    /// <summary>own[s] = max(0, -(equity + gains[s])).</summary>
    /// <param name="gains">[64] money units, on a cache line</param>
    /// <param name="equity">money units; no sum leaves 63 bits: the caller has bounded them</param>
    /// <param name="own">[64] on a cache line</param>
    /// <returns>whether anything is uncovered in any of them</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Uncovered(long* gains, long equity, long* own)
    {
        var owed = Vector256.Create(-equity);
        var any = Vector256<long>.Zero;
        for (var s = 0; s < Block; s += 4)
        {
            var u = Vector256.Max(owed - Vector256.LoadAligned(gains + s), Vector256<long>.Zero);
            any |= u;
            u.StoreAligned(own + s);
        }

        return any != Vector256<long>.Zero;
    }

    /// <summary>gains[s] = the gain, or the loss times parts / 2^30, away from 0.</summary>
    public static void Stretch(long* gains, long parts)
    {
        for (var s = 0; s < Block; s++)
        {
            if (gains[s] < 0)
            {
                var high = Math.BigMul((ulong)-gains[s], (ulong)parts, out var low);
                var rest = (low & ((1UL << LossStretch.Bits) - 1)) != 0 ? 1UL : 0UL;
                gains[s] = -(long)((high << (64 - LossStretch.Bits)) + (low >> LossStretch.Bits) + rest);
            }
        }
    }

    /// <summary>sum[s] += own[s].</summary>
    public static void Add(long* own, long* sum)
    {
        for (var s = 0; s < Block; s += 4)
        {
            (Vector256.LoadAligned(sum + s) + Vector256.LoadAligned(own + s)).StoreAligned(sum + s);
        }
    }

    /// <summary>Takes one owner in: into the total, and among the two largest.</summary>
    /// <param name="own">[64] at least 0</param>
    /// <param name="totals">[64]</param>
    /// <param name="first">[64] the largest so far</param>
    /// <param name="second">[64] the second largest so far</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Take(long* own, long* totals, long* first, long* second)
    {
        for (var s = 0; s < Block; s += 4)
        {
            var u = Vector256.LoadAligned(own + s);
            var most = Vector256.LoadAligned(first + s);
            (Vector256.LoadAligned(totals + s) + u).StoreAligned(totals + s);
            Vector256.Max(Vector256.LoadAligned(second + s), Vector256.Min(most, u)).StoreAligned(second + s);
            Vector256.Max(most, u).StoreAligned(first + s);
        }
    }
}

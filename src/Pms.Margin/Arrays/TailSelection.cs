using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Pms.Margin.Arrays;

/// <summary>The lower end of a list of gains, up to a given mass.</summary>
/// <param name="Boundary">the first gain, counted from the lowest up, at which the mass so far exceeds what was asked for</param>
/// <param name="Below">sum of weight times gain over all gains that come before it</param>
/// <param name="MassBelow">sum of their weights</param>
internal readonly record struct TailCut(long Boundary, Int128 Below, long MassBelow);

/// <summary>Selection of the lowest gains by mass; exact, and the same whatever the order of the list.</summary>
/// <remarks>Quickselect: a list is split at a pivot into two buffers, and the search goes on in one of them. Equal gains may be cut anywhere: no sum depends on it.</remarks>
internal static class TailSelection
{
    /// <summary>Room that a split may write to beyond its last entry.</summary>
    internal const int Slack = 8;

    private const int InsertionLength = 16;

    /// <summary>[mask of 4 lanes][half lane] moves the lanes in the mask to the front.</summary>
    private static ReadOnlySpan<int> Compressed =>
    [
        0, 0, 0, 0, 0, 0, 0, 0,
        0, 1, 0, 0, 0, 0, 0, 0,
        2, 3, 0, 0, 0, 0, 0, 0,
        0, 1, 2, 3, 0, 0, 0, 0,
        4, 5, 0, 0, 0, 0, 0, 0,
        0, 1, 4, 5, 0, 0, 0, 0,
        2, 3, 4, 5, 0, 0, 0, 0,
        0, 1, 2, 3, 4, 5, 0, 0,
        6, 7, 0, 0, 0, 0, 0, 0,
        0, 1, 6, 7, 0, 0, 0, 0,
        2, 3, 6, 7, 0, 0, 0, 0,
        0, 1, 2, 3, 6, 7, 0, 0,
        4, 5, 6, 7, 0, 0, 0, 0,
        0, 1, 4, 5, 6, 7, 0, 0,
        2, 3, 4, 5, 6, 7, 0, 0,
        0, 1, 2, 3, 4, 5, 6, 7,
    ];

    /// <summary>Finds the cut.</summary>
    /// <typeparam name="TWeights">whether gains have weights; without, each has mass 1, and their sum wraps: the caller has bounded it, or does not ask for it</typeparam>
    /// <param name="gains">in any order; overwritten; with <see cref="Slack"/> entries of room behind</param>
    /// <param name="weights">of the gains, moved along with them; unused without weights</param>
    /// <param name="count">how many gains there are</param>
    /// <param name="mass">at least 0, below the sum of all weights</param>
    /// <param name="work">buffers as long as the two lists</param>
    internal static TailCut Cut<TWeights>(Span<long> gains, Span<long> weights, int count, long mass, in SelectionBuffers work)
        where TWeights : struct, IWeights
    {
        Int128 below = 0;
        long massBelow = 0;
        // Three places for each list take turns, so that nothing is copied back.
        var low = work.Low;
        var lowWeights = work.LowWeights;
        var high = work.High;
        var highWeights = work.HighWeights;
        while (count > InsertionLength)
        {
            var pivot = Pivot(gains, count);
            var lows = Split<TWeights, UpTo>(gains, weights, count, pivot, low, lowWeights, high, highWeights);
            if (lows == count)
            {
                // The pivot is the largest: take the gains below it, and those equal to it are the rest.
                lows = Split<TWeights, Under>(gains, weights, count, pivot, low, lowWeights, high, highWeights);
                if (lows == 0)
                {
                    return Equal<TWeights>(weights, count, pivot, mass, below, massBelow);
                }
            }

            var lowMass = TWeights.Are ? Sum(lowWeights[..lows]) : lows;
            var freed = gains;
            var freedWeights = weights;
            if (massBelow + lowMass > mass)
            {
                count = lows;
                gains = low;
                weights = lowWeights;
                low = freed;
                lowWeights = freedWeights;
            }
            else
            {
                massBelow += lowMass;
                below += WeightedSum<TWeights>(low[..lows], lowWeights);
                count -= lows;
                gains = high;
                weights = highWeights;
                high = freed;
                highWeights = freedWeights;
            }
        }

        return Walk<TWeights>(gains[..count], weights, mass, below, massBelow);
    }

    private static TailCut Equal<TWeights>(ReadOnlySpan<long> weights, int count, long gain, long mass, Int128 below, long massBelow)
        where TWeights : struct, IWeights
    {
        for (var i = 0; i < count; i++)
        {
            var own = TWeights.Are ? weights[i] : 1;
            if (massBelow + own > mass)
            {
                break;
            }

            massBelow += own;
            below += (Int128)own * gain;
        }

        return new TailCut(gain, below, massBelow);
    }

    private static TailCut Walk<TWeights>(Span<long> gains, Span<long> weights, long mass, Int128 below, long massBelow)
        where TWeights : struct, IWeights
    {
        for (var i = 1; i < gains.Length; i++)
        {
            var gain = gains[i];
            var weight = TWeights.Are ? weights[i] : 1;
            var j = i - 1;
            for (; j >= 0 && gains[j] > gain; j--)
            {
                gains[j + 1] = gains[j];
                if (TWeights.Are)
                {
                    weights[j + 1] = weights[j];
                }
            }

            gains[j + 1] = gain;
            if (TWeights.Are)
            {
                weights[j + 1] = weight;
            }
        }

        for (var i = 0; i < gains.Length; i++)
        {
            var own = TWeights.Are ? weights[i] : 1;
            if (massBelow + own > mass)
            {
                return new TailCut(gains[i], below, massBelow);
            }

            massBelow += own;
            below += (Int128)own * gains[i];
        }

        throw new UnreachableException($"a mass of {mass} was asked for and the list has {massBelow}");
    }

    /// <summary>A median of nine, spread over the list.</summary>
    private static long Pivot(ReadOnlySpan<long> gains, int count)
    {
        var step = count / 9;
        return Median(
            Median(gains[0], gains[step], gains[2 * step]),
            Median(gains[3 * step], gains[4 * step], gains[5 * step]),
            Median(gains[6 * step], gains[7 * step], gains[8 * step]));
    }

    private static long Median(long a, long b, long c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));

    /// <summary>Gains up to (or under) the pivot to one list, the others to another.</summary>
    /// <returns>length of the first</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Split<TWeights, TSide>(
        ReadOnlySpan<long> gains, ReadOnlySpan<long> weights, int count, long pivot, Span<long> low, Span<long> lowWeights, Span<long> high, Span<long> highWeights)
        where TWeights : struct, IWeights
        where TSide : struct, ISide
    {
        ref var from = ref MemoryMarshal.GetReference(gains);
        ref var weightsFrom = ref MemoryMarshal.GetReference(weights);
        ref var lowTo = ref MemoryMarshal.GetReference(low);
        ref var highTo = ref MemoryMarshal.GetReference(high);
        ref var lowWeightsTo = ref MemoryMarshal.GetReference(lowWeights);
        ref var highWeightsTo = ref MemoryMarshal.GetReference(highWeights);
        nuint l = 0;
        nuint h = 0;
        nuint i = 0;
        if (Avx512F.IsSupported)
        {
            var at = Vector512.Create(pivot);
            for (; i + 8 <= (nuint)count; i += 8)
            {
                var v = Vector512.LoadUnsafe(ref from, i);
                var mask = TSide.Includes(v, at);
                var lows = (nuint)BitOperations.PopCount(mask.ExtractMostSignificantBits());
                Avx512F.Compress(Vector512<long>.Zero, mask, v).StoreUnsafe(ref lowTo, l);
                Avx512F.Compress(Vector512<long>.Zero, ~mask, v).StoreUnsafe(ref highTo, h);
                if (TWeights.Are)
                {
                    var w = Vector512.LoadUnsafe(ref weightsFrom, i);
                    Avx512F.Compress(Vector512<long>.Zero, mask, w).StoreUnsafe(ref lowWeightsTo, l);
                    Avx512F.Compress(Vector512<long>.Zero, ~mask, w).StoreUnsafe(ref highWeightsTo, h);
                }

                l += lows;
                h += 8 - lows;
            }
        }

        else if (Avx2.IsSupported)
        {
            var at = Vector256.Create(pivot);
            ref var order = ref MemoryMarshal.GetReference(Compressed);
            for (; i + 4 <= (nuint)count; i += 4)
            {
                var v = Vector256.LoadUnsafe(ref from, i);
                var mask = TSide.Includes(v, at).ExtractMostSignificantBits();
                var lows = (nuint)BitOperations.PopCount(mask);
                var lowOrder = Vector256.LoadUnsafe(ref order, 8 * (nuint)mask);
                var highOrder = Vector256.LoadUnsafe(ref order, 8 * (nuint)(mask ^ 15));
                Avx2.PermuteVar8x32(v.AsInt32(), lowOrder).AsInt64().StoreUnsafe(ref lowTo, l);
                Avx2.PermuteVar8x32(v.AsInt32(), highOrder).AsInt64().StoreUnsafe(ref highTo, h);
                if (TWeights.Are)
                {
                    var w = Vector256.LoadUnsafe(ref weightsFrom, i).AsInt32();
                    Avx2.PermuteVar8x32(w, lowOrder).AsInt64().StoreUnsafe(ref lowWeightsTo, l);
                    Avx2.PermuteVar8x32(w, highOrder).AsInt64().StoreUnsafe(ref highWeightsTo, h);
                }

                l += lows;
                h += 4 - lows;
            }
        }

        for (; i < (nuint)count; i++)
        {
            var gain = Unsafe.Add(ref from, i);
            Unsafe.Add(ref lowTo, l) = gain;
            Unsafe.Add(ref highTo, h) = gain;
            if (TWeights.Are)
            {
                Unsafe.Add(ref lowWeightsTo, l) = Unsafe.Add(ref weightsFrom, i);
                Unsafe.Add(ref highWeightsTo, h) = Unsafe.Add(ref weightsFrom, i);
            }

            // Both lists are written and one of them keeps it: no branch to guess.
            var isLow = TSide.Includes(gain, pivot) ? (nuint)1 : 0;
            l += isLow;
            h += 1 - isLow;
        }

        return (int)l;
    }

    private static Int128 WeightedSum<TWeights>(ReadOnlySpan<long> gains, ReadOnlySpan<long> weights)
        where TWeights : struct, IWeights
    {
        if (!TWeights.Are)
        {
            return Sum(gains);
        }

        Int128 sum = 0;
        for (var i = 0; i < gains.Length; i++)
        {
            sum += Math.BigMul(gains[i], weights[i]);
        }

        return sum;
    }

    private static long Sum(ReadOnlySpan<long> values)
    {
        long sum = 0;
        var i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            var sums = Vector256<long>.Zero;
            for (; i + 4 <= values.Length; i += 4)
            {
                sums += Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(values), (nuint)i);
            }

            sum = Vector256.Sum(sums);
        }

        for (; i < values.Length; i++)
        {
            sum += values[i];
        }

        return sum;
    }

    private interface ISide
    {
        static abstract Vector512<long> Includes(Vector512<long> gains, Vector512<long> pivot);

        static abstract Vector256<long> Includes(Vector256<long> gains, Vector256<long> pivot);

        static abstract bool Includes(long gain, long pivot);
    }

    private readonly struct UpTo : ISide
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<long> Includes(Vector512<long> gains, Vector512<long> pivot) => Vector512.LessThanOrEqual(gains, pivot);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<long> Includes(Vector256<long> gains, Vector256<long> pivot) => Vector256.LessThanOrEqual(gains, pivot);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Includes(long gain, long pivot) => gain <= pivot;
    }

    private readonly struct Under : ISide
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<long> Includes(Vector512<long> gains, Vector512<long> pivot) => Vector512.LessThan(gains, pivot);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<long> Includes(Vector256<long> gains, Vector256<long> pivot) => Vector256.LessThan(gains, pivot);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Includes(long gain, long pivot) => gain < pivot;
    }
}

/// <summary>Whether gains have weights of their own.</summary>
internal interface IWeights
{
    static abstract bool Are { get; }
}

internal readonly struct EqualWeights : IWeights
{
    public static bool Are => false;
}

internal readonly struct OwnWeights : IWeights
{
    public static bool Are => true;
}

/// <summary>Where a selection puts the two parts of a split list.</summary>
internal readonly ref struct SelectionBuffers(Span<long> low, Span<long> lowWeights, Span<long> high, Span<long> highWeights)
{
    public Span<long> Low { get; } = low;

    public Span<long> LowWeights { get; } = lowWeights;

    public Span<long> High { get; } = high;

    public Span<long> HighWeights { get; } = highWeights;

    /// <summary>New ones for lists up to a length.</summary>
    public static SelectionBuffers Of(int length, bool weights)
    {
        var room = length + TailSelection.Slack;
        return new SelectionBuffers(new long[room], weights ? new long[room] : [], new long[room], weights ? new long[room] : []);
    }
}

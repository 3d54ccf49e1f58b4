using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Pms.Margin.Arrays;

/// <summary>Exact sums of lots times ticks; integers, so that the width of a vector cannot show in the result.</summary>
public static class LotKernels
{
    /// <summary>Vectors of scenarios that are summed over all rows at a time: as many sums stay in registers.</summary>
    private const int Sums = 8;

    /// <summary>Bytes of a row between the entry that is added and the one that is fetched: rows come from memory, and no hardware follows twenty of them at once.</summary>
    private const int AheadBytes = 512;

    private const int LineBytes = 64;

    /// <summary>Scenarios in one word of marks.</summary>
    private const int Word = 64;

    /// <summary>sums[s] += lots * ticks[s], wrapping: the caller has bounded the sums.</summary>
    /// <param name="ticks">[scenario]</param>
    /// <param name="lots">long positive</param>
    /// <param name="sums">[scenario] money units</param>
    public static void AddScaled(ReadOnlySpan<int> ticks, long lots, Span<long> sums)
    {
        if (sums.Length != ticks.Length)
        {
            throw new ArgumentException($"{sums.Length} sums for {ticks.Length} ticks", nameof(sums));
        }

        var done = !FitsInt(lots) ? 0
            : Avx512F.IsSupported ? AddScaled<Longs8>(ticks, lots, sums)
            : Avx2.IsSupported ? AddScaled<Longs4>(ticks, lots, sums)
            : 0;
        for (var s = done; s < ticks.Length; s++)
        {
            sums[s] += lots * ticks[s];
        }
    }

    /// <summary>Gains of an account: the sum over its holdings, wrapping.</summary>
    /// <param name="rows">[row][scenario]</param>
    /// <param name="holdings">rows and lots</param>
    /// <param name="destination">[scenario] money units</param>
    internal static void Gains(int[][] rows, ReadOnlySpan<RowLots> holdings, Span<long> destination)
    {
        destination.Clear();
        Gains(rows, holdings, destination, destination);
    }

    /// <summary>The same on top of other gains.</summary>
    /// <param name="rows">[row][scenario]</param>
    /// <param name="holdings">rows and lots</param>
    /// <param name="start">[scenario] money units; may be the same memory as the destination</param>
    /// <param name="destination">[scenario] money units</param>
    internal static void Gains(int[][] rows, ReadOnlySpan<RowLots> holdings, ReadOnlySpan<long> start, Span<long> destination)
    {
        if (start.Length != destination.Length)
        {
            throw new ArgumentException($"{start.Length} gains to start from for {destination.Length} scenarios", nameof(start));
        }

        var fit = true;
        foreach (var (row, lots) in holdings)
        {
            fit &= FitsInt(lots);
            if (rows[row].Length < destination.Length)
            {
                throw new ArgumentException($"row {row} has {rows[row].Length} entries for {destination.Length} scenarios", nameof(rows));
            }
        }

        var done = !fit ? 0
            : Avx512F.IsSupported ? Gains<Longs8>(rows, holdings, start, destination)
            : Avx2.IsSupported ? Gains<Longs4>(rows, holdings, start, destination)
            : 0;
        start[done..].CopyTo(destination[done..]);
        foreach (var (row, lots) in holdings)
        {
            AddScaled(rows[row].AsSpan(done, destination.Length - done), lots, destination[done..]);
        }
    }

    /// <summary>Scenarios whose gain with an order added is at most a limit, in their order.</summary>
    /// <param name="sums">[scenario] gains without the order; no sum with the order wraps</param>
    /// <param name="ticks">[scenario] of the order's row; empty: no order</param>
    /// <param name="lots">of the order</param>
    /// <param name="limit">money units</param>
    /// <param name="found">[scenario] room for all of them</param>
    /// <returns>how many</returns>
    internal static int AtMost(ReadOnlySpan<long> sums, ReadOnlySpan<int> ticks, long lots, long limit, Span<int> found)
    {
        if (ticks.IsEmpty)
        {
            return Avx512F.IsSupported ? AtMost<Longs8, Alone>(sums, ticks, lots, limit, found)
                : Avx2.IsSupported ? AtMost<Longs4, Alone>(sums, ticks, lots, limit, found)
                : AtMost<Longs1, Alone>(sums, ticks, lots, limit, found);
        }

        if (ticks.Length != sums.Length)
        {
            throw new ArgumentException($"{ticks.Length} ticks for {sums.Length} sums", nameof(ticks));
        }

        return !FitsInt(lots) ? AtMost<Longs1, WithOrder>(sums, ticks, lots, limit, found)
            : Avx512F.IsSupported ? AtMost<Longs8, WithOrder>(sums, ticks, lots, limit, found)
            : Avx2.IsSupported ? AtMost<Longs4, WithOrder>(sums, ticks, lots, limit, found)
            : AtMost<Longs1, WithOrder>(sums, ticks, lots, limit, found);
    }

    private static bool FitsInt(long lots) => lots is >= int.MinValue and <= int.MaxValue;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int AddScaled<T>(ReadOnlySpan<int> ticks, long lots, Span<long> sums)
        where T : struct, ILongs<T>
    {
        ref var from = ref MemoryMarshal.GetReference(ticks);
        ref var to = ref MemoryMarshal.GetReference(sums);
        var q = T.Create(lots);
        var s = 0;
        for (; s + T.Count <= ticks.Length; s += T.Count)
        {
            T.Store(T.MultiplyAdd(ref from, (nuint)s, q, T.Load(ref to, (nuint)s)), ref to, (nuint)s);
        }

        return s;
    }

    /// <summary>Block after block of scenarios over all rows, so that a sum is written once and never read.</summary>
    /// <returns>scenarios done: whole blocks</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Gains<T>(int[][] rows, ReadOnlySpan<RowLots> holdings, ReadOnlySpan<long> start, Span<long> destination)
        where T : struct, ILongs<T>
    {
        ref var first = ref MemoryMarshal.GetReference(start);
        ref var to = ref MemoryMarshal.GetReference(destination);
        var block = Sums * T.Count;
        var done = 0;
        for (; done + block <= destination.Length; done += block)
        {
            var at = (nuint)done;
            var s0 = T.Load(ref first, at);
            var s1 = T.Load(ref first, at + (nuint)T.Count);
            var s2 = T.Load(ref first, at + (2 * (nuint)T.Count));
            var s3 = T.Load(ref first, at + (3 * (nuint)T.Count));
            var s4 = T.Load(ref first, at + (4 * (nuint)T.Count));
            var s5 = T.Load(ref first, at + (5 * (nuint)T.Count));
            var s6 = T.Load(ref first, at + (6 * (nuint)T.Count));
            var s7 = T.Load(ref first, at + (7 * (nuint)T.Count));
            for (var h = 0; h < holdings.Length; h++)
            {
                ref var from = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(rows[holdings[h].Row]), at);
                Fetch(ref from, block);
                var q = T.Create(holdings[h].Lots);
                s0 = T.MultiplyAdd(ref from, 0, q, s0);
                s1 = T.MultiplyAdd(ref from, (nuint)T.Count, q, s1);
                s2 = T.MultiplyAdd(ref from, 2 * (nuint)T.Count, q, s2);
                s3 = T.MultiplyAdd(ref from, 3 * (nuint)T.Count, q, s3);
                s4 = T.MultiplyAdd(ref from, 4 * (nuint)T.Count, q, s4);
                s5 = T.MultiplyAdd(ref from, 5 * (nuint)T.Count, q, s5);
                s6 = T.MultiplyAdd(ref from, 6 * (nuint)T.Count, q, s6);
                s7 = T.MultiplyAdd(ref from, 7 * (nuint)T.Count, q, s7);
            }

            T.Store(s0, ref to, at);
            T.Store(s1, ref to, at + (nuint)T.Count);
            T.Store(s2, ref to, at + (2 * (nuint)T.Count));
            T.Store(s3, ref to, at + (3 * (nuint)T.Count));
            T.Store(s4, ref to, at + (4 * (nuint)T.Count));
            T.Store(s5, ref to, at + (5 * (nuint)T.Count));
            T.Store(s6, ref to, at + (6 * (nuint)T.Count));
            T.Store(s7, ref to, at + (7 * (nuint)T.Count));
        }

        return done;
    }

    /// <summary>One mark a scenario, 64 to a word; few are set, so that going over the marks costs less than looking at every scenario.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int AtMost<T, TOrder>(ReadOnlySpan<long> sums, ReadOnlySpan<int> ticks, long lots, long limit, Span<int> found)
        where T : struct, ILongs<T>
        where TOrder : struct, IOrder
    {
        if (found.Length < sums.Length)
        {
            throw new ArgumentException($"room for {found.Length} of {sums.Length} scenarios", nameof(found));
        }

        ref var sum = ref MemoryMarshal.GetReference(sums);
        ref var from = ref MemoryMarshal.GetReference(ticks);
        ref var to = ref MemoryMarshal.GetReference(found);
        var q = T.Create(lots);
        var most = T.Create(limit);
        nuint size = 0;
        var start = 0;
        for (; start + Word <= sums.Length; start += Word)
        {
            ulong above = 0;
            for (var i = 0; i < Word; i += 4 * T.Count)
            {
                var at = (nuint)(start + i);
                var bits = (ulong)T.Above(TOrder.Add(ref from, at, q, T.Load(ref sum, at)), most);
                bits |= (ulong)T.Above(TOrder.Add(ref from, at + (nuint)T.Count, q, T.Load(ref sum, at + (nuint)T.Count)), most) << T.Count;
                bits |= (ulong)T.Above(TOrder.Add(ref from, at + (2 * (nuint)T.Count), q, T.Load(ref sum, at + (2 * (nuint)T.Count))), most) << (2 * T.Count);
                bits |= (ulong)T.Above(TOrder.Add(ref from, at + (3 * (nuint)T.Count), q, T.Load(ref sum, at + (3 * (nuint)T.Count))), most) << (3 * T.Count);
                above |= bits << i;
            }

            for (var marks = ~above; marks != 0; marks &= marks - 1)
            {
                Unsafe.Add(ref to, size) = start + BitOperations.TrailingZeroCount(marks);
                size++;
            }
        }

        for (; start < sums.Length; start++)
        {
            Unsafe.Add(ref to, size) = start;
            size += sums[start] + (TOrder.Is ? lots * ticks[start] : 0) <= limit ? (nuint)1 : 0;
        }

        return (int)size;
    }

    /// <summary>Asks for a row that is about to be read here and there: in order it comes from memory several times as fast.</summary>
    internal static unsafe void Fetch(ReadOnlySpan<int> ticks)
    {
        if (Sse.IsSupported)
        {
            var first = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(ticks));
            for (var i = 0; i < ticks.Length * sizeof(int); i += LineBytes)
            {
                Sse.Prefetch1(first + i);
            }
        }
    }

    /// <summary>Hints about addresses some entries on, which may lie past the end: nothing is read, no result changes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Fetch(ref int ticks, int count)
    {
        var first = (byte*)Unsafe.AsPointer(ref ticks) + AheadBytes;
        for (var i = 0; i < count * sizeof(int); i += LineBytes)
        {
            Sse.Prefetch0(first + i);
        }
    }

    private interface IOrder
    {
        static abstract bool Is { get; }

        static abstract T Add<T>(ref int ticks, nuint index, T lots, T sum)
            where T : struct, ILongs<T>;
    }

    private readonly struct WithOrder : IOrder
    {
        public static bool Is => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Add<T>(ref int ticks, nuint index, T lots, T sum)
            where T : struct, ILongs<T> => T.MultiplyAdd(ref ticks, index, lots, sum);
    }

    private readonly struct Alone : IOrder
    {
        public static bool Is => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Add<T>(ref int ticks, nuint index, T lots, T sum)
            where T : struct, ILongs<T> => sum;
    }

    /// <summary>One or more 64-bit integers side by side.</summary>
    private interface ILongs<TSelf>
        where TSelf : struct, ILongs<TSelf>
    {
        static abstract int Count { get; }

        static abstract TSelf Create(long value);

        static abstract TSelf Load(ref long source, nuint index);

        static abstract void Store(TSelf value, ref long destination, nuint index);

        /// <summary>sum + lots ticks[index...]; wider than one lane, lots fit an int.</summary>
        static abstract TSelf MultiplyAdd(ref int ticks, nuint index, TSelf lots, TSelf sum);

        /// <summary>Bit i is set where lane i is above the limit.</summary>
        static abstract uint Above(TSelf value, TSelf limit);
    }

    private readonly struct Longs1(long value) : ILongs<Longs1>
    {
        private readonly long _value = value;

        public static int Count => 1;

        public static Longs1 Create(long value) => new(value);

        public static Longs1 Load(ref long source, nuint index) => new(Unsafe.Add(ref source, index));

        public static void Store(Longs1 value, ref long destination, nuint index) => Unsafe.Add(ref destination, index) = value._value;

        public static Longs1 MultiplyAdd(ref int ticks, nuint index, Longs1 lots, Longs1 sum) => new(sum._value + (lots._value * Unsafe.Add(ref ticks, index)));

        public static uint Above(Longs1 value, Longs1 limit) => value._value > limit._value ? 1u : 0u;
    }

    private readonly struct Longs4(Vector256<long> value) : ILongs<Longs4>
    {
        private readonly Vector256<long> _value = value;

        public static int Count => 4;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Longs4 Create(long value) => new(Vector256.Create(value));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Longs4 Load(ref long source, nuint index) => new(Vector256.LoadUnsafe(ref source, index));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Longs4 value, ref long destination, nuint index) => value._value.StoreUnsafe(ref destination, index);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Longs4 MultiplyAdd(ref int ticks, nuint index, Longs4 lots, Longs4 sum) =>
            new(sum._value + Avx2.Multiply(Avx2.ConvertToVector256Int64(Vector128.LoadUnsafe(ref ticks, index)).AsInt32(), lots._value.AsInt32()));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Above(Longs4 value, Longs4 limit) => Vector256.GreaterThan(value._value, limit._value).ExtractMostSignificantBits();
    }

    private readonly struct Longs8(Vector512<long> value) : ILongs<Longs8>
    {
        private readonly Vector512<long> _value = value;

        public static int Count => 8;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Longs8 Create(long value) => new(Vector512.Create(value));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Longs8 Load(ref long source, nuint index) => new(Vector512.LoadUnsafe(ref source, index));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Longs8 value, ref long destination, nuint index) => value._value.StoreUnsafe(ref destination, index);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Longs8 MultiplyAdd(ref int ticks, nuint index, Longs8 lots, Longs8 sum) =>
            new(sum._value + Avx512F.Multiply(Avx512F.ConvertToVector512Int64(Vector256.LoadUnsafe(ref ticks, index)).AsInt32(), lots._value.AsInt32()));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Above(Longs8 value, Longs8 limit) => (uint)Vector512.GreaterThan(value._value, limit._value).ExtractMostSignificantBits();
    }
}

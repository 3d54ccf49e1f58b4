using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Pms.MarketData.Instruments;
using Pms.Numerics;

namespace Pms.Pricing;

/// <summary>Black (1976) for many options at once: value, delta, gamma, vega and theta.</summary>
/// <remarks>
/// Inside the fast domain an option takes the formula of <see cref="Black76"/> with one exp for the density, one for
/// the discount factor, one logarithm and two Mills ratios over a common division; written once over <see cref="ILanes{TSelf}"/>: one lane is the
/// definition, four and eight give the same bits. Outside it (next to no vol or time, s above 2.125, beyond 37.5 deviations, extreme scales) the option is handed to
/// <see cref="Black76"/>. An option whose inputs <see cref="BlackInputs.Check"/> refuses gets NaN in every column.
/// Against Black76 on the fast domain: docs/model/pricing.md.
/// </remarks>
public static class BlackKernels
{
    /// <summary>Options per round through the stages: buffers of 1 KB each stay in the first-level cache.</summary>
    private const int Chunk = 128;

    /// <summary>From this many options on the columns do not fit the second-level cache and are fetched while the processor is busy.</summary>
    private const int PrefetchFrom = 8192;

    /// <summary>From this many options on the results go past the caches straight to memory, if their columns are <see cref="AlignedColumns"/>.</summary>
    private const int StreamFrom = 131_072;

    private const double InverseRootTwoPi = 0.3989422804014327;
    private const double LowestStdDev = 1.0 / 1024.0;
    private const double HighestStdDev = -2.0 * MillsRatio.LowestInRange;
    private const double HighestNear = 37.5;
    private const double HighestRateYears = 600.0;
    private const double NoReduction = 0.34;
    private const double LowestScale = 1e-60;
    private const double HighestScale = 1e60;

    /// <summary>Value and Greeks, one per option.</summary>
    /// <param name="inputs">[option]</param>
    /// <param name="results">[option]; NaN in every column where the inputs are refused; may not overlap the inputs</param>
    /// <returns>how many options were refused</returns>
    public static int PriceAndGreeks(in BlackColumns inputs, in GreekColumns results) =>
        Vector512.IsHardwareAccelerated ? PriceAndGreeks<Lanes8>(inputs, results)
        : Vector256.IsHardwareAccelerated ? PriceAndGreeks<Lanes4>(inputs, results)
        : PriceAndGreeks<Lanes1>(inputs, results);

    /// <summary>The same at a chosen width: <see cref="Lanes1"/> is the definition, the others give its bits.</summary>
    /// <inheritdoc cref="PriceAndGreeks(in BlackColumns, in GreekColumns)" path="/param|/returns"/>
    [SkipLocalsInit]
    public static unsafe int PriceAndGreeks<T>(in BlackColumns inputs, in GreekColumns results)
        where T : struct, ILanes<T>
    {
        ColumnLength.Require("results", results.Length, inputs.Length);
        Span<double> buffers = stackalloc double[6 * Chunk];
        Span<int> exceptions = stackalloc int[Chunk];
        var refused = 0;
        var start = 0;
        // Streaming stores go by address: the columns must stay where they are until the last of them.
        fixed (double* price = results.Price, delta = results.Delta, gamma = results.Gamma, vega = results.Vega, theta = results.ThetaPerYear)
        {
            var aligned = (((nuint)price | (nuint)delta | (nuint)gamma | (nuint)vega | (nuint)theta) % AlignedColumns.LineBytes) == 0;
            var traffic = inputs.Length < PrefetchFrom ? Traffic.Cached : inputs.Length < StreamFrom || !aligned ? Traffic.Prefetch : Traffic.Stream;
            for (; inputs.Length - start >= Chunk; start += Chunk)
            {
                refused += Round<T>(inputs.Slice(start, Chunk), results.Slice(start, Chunk), buffers, exceptions, traffic);
            }

            if (traffic == Traffic.Stream && Sse.IsSupported)
            {
                // They are not ordered with other stores either: whoever is told that this is done must see the results.
                Sse.StoreFence();
            }
        }

        var rest = inputs.Length - start;
        if (rest > 0)
        {
            refused += LastRound<T>(inputs.Slice(start, rest), results.Slice(start, rest), buffers, exceptions);
        }

        return refused;
    }

    /// <summary>Mask of the options that the plain formula serves; false for any NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T IsFast<T>(T cheap, T dear, T s, T near, T rateYears, T sign)
        where T : struct, ILanes<T> =>
        T.And(
            T.And(
                T.And(T.LessOrEqual(T.Create(LowestScale), cheap), T.LessOrEqual(dear, T.Create(HighestScale))),
                T.And(T.LessOrEqual(T.Create(LowestStdDev), s), T.LessOrEqual(s, T.Create(HighestStdDev)))),
            T.And(
                T.LessOrEqual(near, T.Create(HighestNear)),
                T.And(T.LessOrEqual(T.Abs(rateYears), T.Create(HighestRateYears)), T.Equal(T.Abs(sign), T.Create(1.0)))));

    /// <summary>One option by <see cref="Black76"/>: 1 where it is refused.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int PriceAndGreeksExact(in BlackColumns inputs, in GreekColumns results, int i)
    {
        var sign = inputs.Sign[i];
        var option = new BlackInputs(
            sign > 0.0 ? OptionType.Call : OptionType.Put, inputs.Forward[i], inputs.Strike[i], inputs.Years[i], inputs.Vol[i], inputs.Rate[i]);
        if (Math.Abs(sign) != 1.0 || !Black76.TryGreeks(option, out var greeks))
        {
            results.Price[i] = results.Delta[i] = results.Gamma[i] = results.Vega[i] = results.ThetaPerYear[i] = double.NaN;
            return 1;
        }

        results.Price[i] = greeks.Price;
        results.Delta[i] = greeks.Delta;
        results.Gamma[i] = greeks.Gamma;
        results.Vega[i] = greeks.Vega;
        results.ThetaPerYear[i] = greeks.ThetaPerYear;
        return 0;
    }

    /// <summary>The last, short round: padded to whole vectors with a harmless option.</summary>
    private static int LastRound<T>(in BlackColumns inputs, in GreekColumns results, Span<double> buffers, Span<int> exceptions)
        where T : struct, ILanes<T>
    {
        var rest = inputs.Length;
        var padded = (rest + T.Count - 1) / T.Count * T.Count;
        Span<double> columns = stackalloc double[11 * Chunk];
        columns.Fill(1.0);
        inputs.Forward.CopyTo(columns);
        inputs.Strike.CopyTo(columns[Chunk..]);
        inputs.Years.CopyTo(columns[(2 * Chunk)..]);
        inputs.Vol.CopyTo(columns[(3 * Chunk)..]);
        inputs.Rate.CopyTo(columns[(4 * Chunk)..]);
        inputs.Sign.CopyTo(columns[(5 * Chunk)..]);
        var copy = new BlackColumns(
            columns[..padded],
            columns.Slice(Chunk, padded),
            columns.Slice(2 * Chunk, padded),
            columns.Slice(3 * Chunk, padded),
            columns.Slice(4 * Chunk, padded),
            columns.Slice(5 * Chunk, padded));
        var output = new GreekColumns(
            columns.Slice(6 * Chunk, padded),
            columns.Slice(7 * Chunk, padded),
            columns.Slice(8 * Chunk, padded),
            columns.Slice(9 * Chunk, padded),
            columns.Slice(10 * Chunk, padded));
        var refused = Round<T>(copy, output, buffers, exceptions, Traffic.Cached);
        output.Price[..rest].CopyTo(results.Price);
        output.Delta[..rest].CopyTo(results.Delta);
        output.Gamma[..rest].CopyTo(results.Gamma);
        output.Vega[..rest].CopyTo(results.Vega);
        output.ThetaPerYear[..rest].CopyTo(results.ThetaPerYear);
        return refused;
    }

    /// <summary>All stages for up to one chunk of whole vectors.</summary>
    /// <remarks>
    /// Several short loops with short dependency chains instead of one long one: the processor then overlaps many options. Each is a method
    /// of its own because the compiler stops inlining in a method that grows too long.
    /// </remarks>
    private static int Round<T>(in BlackColumns inputs, in GreekColumns results, Span<double> buffers, Span<int> exceptions, Traffic traffic)
        where T : struct, ILanes<T>
    {
        var count = (nuint)inputs.Length;
        var work = new Buffers(ref MemoryMarshal.GetReference(buffers));
        var exceptional = DistanceStage<T>(inputs, work, count) ? 0 : CheckStage<T>(inputs, work, count, exceptions);
        DensityStage<T>(inputs, work, count);
        switch (traffic)
        {
            case Traffic.Cached:
                ResultStage<T, InCache>(inputs, results, work, count);
                break;
            case Traffic.Prefetch:
                ResultStage<T, Prefetched>(inputs, results, work, count);
                break;
            default:
                ResultStage<T, Streamed>(inputs, results, work, count);
                break;
        }

        var refused = 0;
        for (var e = 0; e < exceptional; e++)
        {
            refused += PriceAndGreeksExact(inputs, results, exceptions[e]);
        }

        return refused;
    }

    /// <summary>Square root of time, discount factor, and the distances of the strike from the forward in standard deviations.</summary>
    /// <returns>whether every option is in the fast domain and every distance a number</returns>
    /// <remarks>
    /// Square root and division share one slow unit, the polynomials keep the multipliers busy: together the two overlap. The checks only keep
    /// extremes (cheaper than a mask each); sums stand guard where a minimum or maximum would let a NaN slip through.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool DistanceStage<T>(in BlackColumns inputs, in Buffers work, nuint count)
        where T : struct, ILanes<T>
    {
        ref var forwards = ref MemoryMarshal.GetReference(inputs.Forward);
        ref var strikes = ref MemoryMarshal.GetReference(inputs.Strike);
        ref var allYears = ref MemoryMarshal.GetReference(inputs.Years);
        ref var vols = ref MemoryMarshal.GetReference(inputs.Vol);
        ref var rates = ref MemoryMarshal.GetReference(inputs.Rate);
        ref var signs = ref MemoryMarshal.GetReference(inputs.Sign);
        ref var buffers = ref work.Roots;
        var cheapest = T.Create(HighestScale);
        var dearest = T.Create(LowestScale);
        var narrowest = T.Create(HighestStdDev);
        var widest = T.Create(LowestStdDev);
        var nearest = T.Create(0.0);
        var largest = T.Create(0.0);
        var poison = T.Create(0.0);
        var notOne = T.Create(0.0);
        for (nuint i = 0; i < count; i += (nuint)T.Count)
        {
            var years = T.Load(ref allYears, i);
            var root = T.Sqrt(years);
            var forward = T.Load(ref forwards, i);
            var strike = T.Load(ref strikes, i);
            var cheap = T.Min(forward, strike);
            var dear = T.Max(forward, strike);
            var exponent = -(T.Load(ref rates, i) * years);
            var s = T.Load(ref vols, i) * root;
            var inverse = T.Create(1.0) / (forward * s);
            T.Store(root, ref buffers, i);
            T.Store(inverse, ref buffers, i + Buffers.InversesAt);
            T.Store(ElementaryMath.ExpNearZero(exponent), ref buffers, i + Buffers.DiscountsAt);
            var h = ElementaryMath.LogRatioInRange(dear, cheap) * (inverse * forward);
            var t = T.Create(0.5) * s;
            var near = h - t;
            T.Store(near, ref buffers, i + Buffers.NearsAt);
            T.Store(h + t, ref buffers, i + Buffers.FarsAt);
            cheapest = T.Min(cheap, cheapest);
            dearest = T.Max(dear, dearest);
            narrowest = T.Min(s, narrowest);
            widest = T.Max(s, widest);
            nearest = T.Max(near, nearest);
            largest = T.Max(T.Abs(exponent), largest);
            poison += near + exponent;
            notOne += T.Abs(T.Abs(T.Load(ref signs, i)) - T.Create(1.0));
        }

        var fast = T.And(
            T.And(
                T.And(T.LessOrEqual(T.Create(LowestScale), cheapest), T.LessOrEqual(dearest, T.Create(HighestScale))),
                T.And(T.LessOrEqual(T.Create(LowestStdDev), narrowest), T.LessOrEqual(widest, T.Create(HighestStdDev)))),
            T.And(
                // rates of a few percent over a few years need no range reduction
                T.And(T.LessOrEqual(nearest, T.Create(HighestNear)), T.LessOrEqual(largest, T.Create(NoReduction))),
                T.And(T.Equal(poison, poison), T.Equal(notOne, T.Create(0.0)))));
        return T.Bits(fast) == (uint)((1 << T.Count) - 1);
    }

    /// <summary>For a chunk that is not all plain: discount factors with range reduction (the same bits where none is needed) and a note of the options outside the fast domain.</summary>
    /// <returns>how many options are noted</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int CheckStage<T>(in BlackColumns inputs, in Buffers work, nuint count, Span<int> exceptions)
        where T : struct, ILanes<T>
    {
        ref var forwards = ref MemoryMarshal.GetReference(inputs.Forward);
        ref var strikes = ref MemoryMarshal.GetReference(inputs.Strike);
        ref var allYears = ref MemoryMarshal.GetReference(inputs.Years);
        ref var vols = ref MemoryMarshal.GetReference(inputs.Vol);
        ref var rates = ref MemoryMarshal.GetReference(inputs.Rate);
        ref var signs = ref MemoryMarshal.GetReference(inputs.Sign);
        ref var buffers = ref work.Roots;
        var all = (uint)((1 << T.Count) - 1);
        var exceptional = 0;
        for (nuint i = 0; i < count; i += (nuint)T.Count)
        {
            var exponent = -(T.Load(ref rates, i) * T.Load(ref allYears, i));
            T.Store(ElementaryMath.ExpInRange(exponent), ref buffers, i + Buffers.DiscountsAt);
            var forward = T.Load(ref forwards, i);
            var strike = T.Load(ref strikes, i);
            var s = T.Load(ref vols, i) * T.Load(ref buffers, i);
            var near = T.Load(ref buffers, i + Buffers.NearsAt);
            var fast = T.Bits(IsFast(T.Min(forward, strike), T.Max(forward, strike), s, near, exponent, T.Load(ref signs, i)));
            if (fast != all)
            {
                exceptional = Note(exceptions, exceptional, (int)i, ~fast & all);
            }
        }

        return exceptional;
    }

    /// <summary>Discounted F phi(d1) = K phi(d2).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DensityStage<T>(in BlackColumns inputs, in Buffers work, nuint count)
        where T : struct, ILanes<T>
    {
        ref var forwards = ref MemoryMarshal.GetReference(inputs.Forward);
        ref var strikes = ref MemoryMarshal.GetReference(inputs.Strike);
        ref var discounts = ref work.Discounts;
        ref var nears = ref work.Nears;
        ref var masses = ref work.Masses;
        for (nuint i = 0; i < count; i += (nuint)T.Count)
        {
            var near = T.Load(ref nears, i);
            var density = ElementaryMath.ExpInRange(near * near * T.Create(-0.5));
            var cheap = T.Min(T.Load(ref forwards, i), T.Load(ref strikes, i));
            T.Store(T.Load(ref discounts, i) * T.Create(InverseRootTwoPi) * cheap * density, ref masses, i);
        }
    }

    /// <summary>A hint about an address, which may lie past the end: nothing is read, no bit changes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Prefetch(ref double column, nuint index)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0((double*)Unsafe.AsPointer(ref column) + index);
        }
    }

    /// <summary>Mills ratios, then value and Greeks out of the pieces.</summary>
    /// <remarks>The longest stage, without much memory traffic of its own: there the next inputs and the lines of these results arrive, and streamed results have time to leave.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ResultStage<T, TTraffic>(in BlackColumns inputs, in GreekColumns results, in Buffers work, nuint count)
        where T : struct, ILanes<T>
        where TTraffic : struct, ITraffic
    {
        ref var forwards = ref MemoryMarshal.GetReference(inputs.Forward);
        ref var strikes = ref MemoryMarshal.GetReference(inputs.Strike);
        ref var vols = ref MemoryMarshal.GetReference(inputs.Vol);
        ref var rates = ref MemoryMarshal.GetReference(inputs.Rate);
        ref var signs = ref MemoryMarshal.GetReference(inputs.Sign);
        ref var buffers = ref work.Roots;
        ref var prices = ref MemoryMarshal.GetReference(results.Price);
        ref var deltas = ref MemoryMarshal.GetReference(results.Delta);
        ref var gammas = ref MemoryMarshal.GetReference(results.Gamma);
        ref var vegas = ref MemoryMarshal.GetReference(results.Vega);
        ref var thetas = ref MemoryMarshal.GetReference(results.ThetaPerYear);
        ref var allYears = ref MemoryMarshal.GetReference(inputs.Years);
        for (nuint i = 0; i < count; i += (nuint)T.Count)
        {
            if (TTraffic.FetchesInputs)
            {
                Prefetch(ref forwards, i + Chunk);
                Prefetch(ref strikes, i + Chunk);
                Prefetch(ref allYears, i + Chunk);
                Prefetch(ref vols, i + Chunk);
                Prefetch(ref rates, i + Chunk);
                Prefetch(ref signs, i + Chunk);
            }

            if (TTraffic.FetchesResults)
            {
                // half a chunk ahead: this vector's own stores come too soon
                Prefetch(ref prices, i + (Chunk / 2));
                Prefetch(ref deltas, i + (Chunk / 2));
                Prefetch(ref gammas, i + (Chunk / 2));
                Prefetch(ref vegas, i + (Chunk / 2));
                Prefetch(ref thetas, i + (Chunk / 2));
            }

            var denominator = MillsRatio.ScaledPairInRange(
                T.Load(ref buffers, i + Buffers.NearsAt), T.Load(ref buffers, i + Buffers.FarsAt), out var first, out var second);
            var reciprocal = T.Create(MillsRatio.PairScale) / denominator;
            var forward = T.Load(ref forwards, i);
            var strike = T.Load(ref strikes, i);
            var sign = T.Load(ref signs, i);
            var vol = T.Load(ref vols, i);
            var root = T.Load(ref buffers, i);
            var discount = T.Load(ref buffers, i + Buffers.DiscountsAt);
            var inverse = T.Load(ref buffers, i + Buffers.InversesAt);
            var mass = T.Load(ref buffers, i + Buffers.MassesAt);
            var millsNear = first * reciprocal;
            var millsFar = second * reciprocal;
            var zero = T.Create(0.0);
            var signBit = T.And(sign, T.Create(-0.0));
            var massPerForwardS = mass * inverse;
            var s = vol * root;
            // the part of the value that parity adds, 0 out of the money
            var inTheMoney = T.Max(T.Xor(signBit, forward - strike), zero);
            var price = T.Fma(discount, inTheMoney, mass * (millsNear - millsFar));
            // N(-|d1|): the forward is the cheaper (d1 = -near) or the dearer of the two (d1 = far)
            var cheapForward = T.LessOrEqual(forward, strike);
            var massPerForward = massPerForwardS * s;
            var tail = massPerForward * T.Select(cheapForward, millsNear, millsFar);
            var isInTheMoney = T.Xor(cheapForward, T.Less(zero, sign));
            TTraffic.Store(price, ref prices, i);
            TTraffic.Store(T.Xor(signBit, T.Select(isInTheMoney, discount - tail, tail)), ref deltas, i);
            TTraffic.Store(massPerForward * inverse, ref gammas, i);
            TTraffic.Store(mass * root, ref vegas, i);
            var decay = massPerForwardS * forward * (vol * (vol * T.Create(-0.5)));
            TTraffic.Store(T.Fma(T.Load(ref rates, i), price, decay), ref thetas, i);
        }
    }

    /// <summary>How much memory traffic there is, and what is done about it.</summary>
    private enum Traffic
    {
        /// <summary>All in the caches.</summary>
        Cached,

        /// <summary>Lines are fetched ahead.</summary>
        Prefetch,

        /// <summary>Inputs are fetched ahead, results bypass the caches: no line is read only to be overwritten.</summary>
        Stream,
    }

    /// <summary>What the last stage does about a <see cref="Traffic"/>.</summary>
    private interface ITraffic
    {
        static abstract bool FetchesInputs { get; }

        static abstract bool FetchesResults { get; }

        static abstract void Store<T>(T value, ref double destination, nuint index)
            where T : struct, ILanes<T>;
    }

    private readonly struct InCache : ITraffic
    {
        public static bool FetchesInputs => false;

        public static bool FetchesResults => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store<T>(T value, ref double destination, nuint index)
            where T : struct, ILanes<T> => T.Store(value, ref destination, index);
    }

    private readonly struct Prefetched : ITraffic
    {
        public static bool FetchesInputs => true;

        public static bool FetchesResults => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store<T>(T value, ref double destination, nuint index)
            where T : struct, ILanes<T> => T.Store(value, ref destination, index);
    }

    private readonly struct Streamed : ITraffic
    {
        public static bool FetchesInputs => true;

        public static bool FetchesResults => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store<T>(T value, ref double destination, nuint index)
            where T : struct, ILanes<T> => T.StoreStreaming(value, ref destination, index);
    }

    /// <summary>Six columns of one chunk, one after the other.</summary>
    private readonly ref struct Buffers(ref double first)
    {
        internal const nuint DiscountsAt = Chunk;
        internal const nuint InversesAt = 2 * Chunk;
        internal const nuint MassesAt = 3 * Chunk;
        internal const nuint NearsAt = 4 * Chunk;
        internal const nuint FarsAt = 5 * Chunk;

        private readonly ref double _first = ref first;

        internal ref double Roots => ref _first;

        internal ref double Discounts => ref Unsafe.Add(ref _first, DiscountsAt);

        internal ref double Masses => ref Unsafe.Add(ref _first, MassesAt);

        internal ref double Nears => ref Unsafe.Add(ref _first, NearsAt);
    }

    /// <summary>Writes down the options that need the exact form.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Note(Span<int> exceptions, int count, int first, uint lanes)
    {
        for (var lane = 0; lanes != 0; lane++, lanes >>= 1)
        {
            if ((lanes & 1) != 0)
            {
                exceptions[count++] = first + lane;
            }
        }

        return count;
    }
}

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
    public static int PriceAndGreeks<T>(in BlackColumns inputs, in GreekColumns results)
        where T : struct, ILanes<T>
    {
        ColumnLength.Require("results", results.Length, inputs.Length);
        Span<double> buffers = stackalloc double[6 * Chunk];
        Span<int> exceptions = stackalloc int[Chunk];
        var refused = 0;
        var start = 0;
        var prefetch = inputs.Length >= PrefetchFrom;
        for (; inputs.Length - start >= Chunk; start += Chunk)
        {
            refused += Round<T>(inputs.Slice(start, Chunk), results.Slice(start, Chunk), buffers, exceptions, prefetch);
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
        var refused = Round<T>(copy, output, buffers, exceptions, prefetch: false);
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
    private static int Round<T>(in BlackColumns inputs, in GreekColumns results, Span<double> buffers, Span<int> exceptions, bool prefetch)
        where T : struct, ILanes<T>
    {
        var count = (nuint)inputs.Length;
        var work = new Buffers(ref MemoryMarshal.GetReference(buffers));
        DiscountStage<T>(inputs, work, count);
        var exceptional = DistanceStage<T>(inputs, work, count, exceptions);
        DensityStage<T>(inputs, work, count);
        if (prefetch)
        {
            MillsStageWithPrefetch<T>(inputs, results, work, count);
        }
        else
        {
            MillsStage<T>(work, count);
        }

        ResultStage<T>(inputs, results, work, count);
        var refused = 0;
        for (var e = 0; e < exceptional; e++)
        {
            refused += PriceAndGreeksExact(inputs, results, exceptions[e]);
        }

        return refused;
    }

    /// <summary>Square root of time and discount factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DiscountStage<T>(in BlackColumns inputs, in Buffers work, nuint count)
        where T : struct, ILanes<T>
    {
        ref var allYears = ref MemoryMarshal.GetReference(inputs.Years);
        ref var rates = ref MemoryMarshal.GetReference(inputs.Rate);
        ref var roots = ref work.Roots;
        ref var discounts = ref work.Discounts;
        var largest = T.Create(0.0);
        for (nuint i = 0; i < count; i += (nuint)T.Count)
        {
            var years = T.Load(ref allYears, i);
            T.Store(T.Sqrt(years), ref roots, i);
            var exponent = -(T.Load(ref rates, i) * years);
            largest = T.Max(T.Abs(exponent), largest);
            T.Store(exponent, ref discounts, i);
        }

        // Rates of a few percent over a few years need no range reduction, and without it the bits are the same.
        if (T.Bits(T.LessOrEqual(largest, T.Create(NoReduction))) == (uint)((1 << T.Count) - 1))
        {
            for (nuint i = 0; i < count; i += (nuint)T.Count)
            {
                T.Store(ElementaryMath.ExpNearZero(T.Load(ref discounts, i)), ref discounts, i);
            }
        }
        else
        {
            for (nuint i = 0; i < count; i += (nuint)T.Count)
            {
                T.Store(ElementaryMath.ExpInRange(T.Load(ref discounts, i)), ref discounts, i);
            }
        }
    }

    /// <summary>Distances of the strike from the forward in standard deviations; returns how many options are outside the fast domain.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int DistanceStage<T>(in BlackColumns inputs, in Buffers work, nuint count, Span<int> exceptions)
        where T : struct, ILanes<T>
    {
        ref var forwards = ref MemoryMarshal.GetReference(inputs.Forward);
        ref var strikes = ref MemoryMarshal.GetReference(inputs.Strike);
        ref var allYears = ref MemoryMarshal.GetReference(inputs.Years);
        ref var vols = ref MemoryMarshal.GetReference(inputs.Vol);
        ref var rates = ref MemoryMarshal.GetReference(inputs.Rate);
        ref var signs = ref MemoryMarshal.GetReference(inputs.Sign);
        ref var roots = ref work.Roots;
        ref var inverses = ref work.Inverses;
        ref var nears = ref work.Nears;
        ref var fars = ref work.Fars;
        var all = (uint)((1 << T.Count) - 1);
        var exceptional = 0;
        for (nuint i = 0; i < count; i += (nuint)T.Count)
        {
            var forward = T.Load(ref forwards, i);
            var strike = T.Load(ref strikes, i);
            var s = T.Load(ref vols, i) * T.Load(ref roots, i);
            var cheap = T.Min(forward, strike);
            var dear = T.Max(forward, strike);
            var inverse = T.Create(1.0) / (forward * s);
            var h = ElementaryMath.LogRatioInRange(dear, cheap) * (inverse * forward);
            var t = T.Create(0.5) * s;
            var near = h - t;
            T.Store(inverse, ref inverses, i);
            T.Store(near, ref nears, i);
            T.Store(h + t, ref fars, i);
            var fast = T.Bits(IsFast(cheap, dear, s, near, T.Load(ref rates, i) * T.Load(ref allYears, i), T.Load(ref signs, i)));
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

    /// <summary>Mills ratios, in place of their arguments.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MillsStage<T>(in Buffers work, nuint count)
        where T : struct, ILanes<T>
    {
        ref var nears = ref work.Nears;
        ref var fars = ref work.Fars;
        for (nuint i = 0; i < count; i += (nuint)T.Count)
        {
            var denominator = MillsRatio.PairInRange(T.Load(ref nears, i), T.Load(ref fars, i), out var first, out var second);
            var reciprocal = T.Create(1.0) / denominator;
            T.Store(first * reciprocal, ref nears, i);
            T.Store(second * reciprocal, ref fars, i);
        }
    }

    /// <summary><see cref="MillsStage"/>, the one without memory traffic of its own, used to fetch the next inputs and the lines of these results.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MillsStageWithPrefetch<T>(in BlackColumns inputs, in GreekColumns results, in Buffers work, nuint count)
        where T : struct, ILanes<T>
    {
        ref var nears = ref work.Nears;
        ref var fars = ref work.Fars;
        ref var forwards = ref MemoryMarshal.GetReference(inputs.Forward);
        ref var strikes = ref MemoryMarshal.GetReference(inputs.Strike);
        ref var allYears = ref MemoryMarshal.GetReference(inputs.Years);
        ref var vols = ref MemoryMarshal.GetReference(inputs.Vol);
        ref var rates = ref MemoryMarshal.GetReference(inputs.Rate);
        ref var signs = ref MemoryMarshal.GetReference(inputs.Sign);
        ref var prices = ref MemoryMarshal.GetReference(results.Price);
        ref var deltas = ref MemoryMarshal.GetReference(results.Delta);
        ref var gammas = ref MemoryMarshal.GetReference(results.Gamma);
        ref var vegas = ref MemoryMarshal.GetReference(results.Vega);
        ref var thetas = ref MemoryMarshal.GetReference(results.ThetaPerYear);
        for (nuint i = 0; i < count; i += (nuint)T.Count)
        {
            Prefetch(ref forwards, i + Chunk);
            Prefetch(ref strikes, i + Chunk);
            Prefetch(ref allYears, i + Chunk);
            Prefetch(ref vols, i + Chunk);
            Prefetch(ref rates, i + Chunk);
            Prefetch(ref signs, i + Chunk);
            Prefetch(ref prices, i);
            Prefetch(ref deltas, i);
            Prefetch(ref gammas, i);
            Prefetch(ref vegas, i);
            Prefetch(ref thetas, i);
            var denominator = MillsRatio.PairInRange(T.Load(ref nears, i), T.Load(ref fars, i), out var first, out var second);
            var reciprocal = T.Create(1.0) / denominator;
            T.Store(first * reciprocal, ref nears, i);
            T.Store(second * reciprocal, ref fars, i);
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

    /// <summary>Value and Greeks out of the pieces.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ResultStage<T>(in BlackColumns inputs, in GreekColumns results, in Buffers work, nuint count)
        where T : struct, ILanes<T>
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
        for (nuint i = 0; i < count; i += (nuint)T.Count)
        {
            var forward = T.Load(ref forwards, i);
            var strike = T.Load(ref strikes, i);
            var sign = T.Load(ref signs, i);
            var vol = T.Load(ref vols, i);
            var root = T.Load(ref buffers, i);
            var discount = T.Load(ref buffers, i + Buffers.DiscountsAt);
            var inverse = T.Load(ref buffers, i + Buffers.InversesAt);
            var mass = T.Load(ref buffers, i + Buffers.MassesAt);
            var millsNear = T.Load(ref buffers, i + Buffers.NearsAt);
            var millsFar = T.Load(ref buffers, i + Buffers.FarsAt);
            var zero = T.Create(0.0);
            var massPerForwardS = mass * inverse;
            var s = vol * root;
            // the part of the value that parity adds, 0 out of the money
            var inTheMoney = T.Max(sign * (forward - strike), zero);
            var price = T.Fma(discount, inTheMoney, mass * (millsNear - millsFar));
            // N(-|d1|): the forward is the cheaper (d1 = -near) or the dearer of the two (d1 = far)
            var cheapForward = T.LessOrEqual(forward, strike);
            var tail = massPerForwardS * s * T.Select(cheapForward, millsNear, millsFar);
            var isInTheMoney = T.Xor(cheapForward, T.Less(zero, sign));
            T.Store(price, ref prices, i);
            T.Store(sign * T.Select(isInTheMoney, discount - tail, tail), ref deltas, i);
            T.Store(massPerForwardS * (inverse * s), ref gammas, i);
            T.Store(mass * root, ref vegas, i);
            var decay = massPerForwardS * forward * (vol * (vol * T.Create(-0.5)));
            T.Store(T.Fma(T.Load(ref rates, i), price, decay), ref thetas, i);
        }
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

        internal ref double Inverses => ref Unsafe.Add(ref _first, InversesAt);

        internal ref double Masses => ref Unsafe.Add(ref _first, MassesAt);

        internal ref double Nears => ref Unsafe.Add(ref _first, NearsAt);

        internal ref double Fars => ref Unsafe.Add(ref _first, FarsAt);
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

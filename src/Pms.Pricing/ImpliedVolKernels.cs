using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Pricing;

/// <summary>Undiscounted option quotes as columns of one length: [quote].</summary>
public readonly ref struct QuoteColumns
{
    /// <param name="forward">[quote] quote currency per unit</param>
    /// <param name="strike">[quote] quote currency per unit</param>
    /// <param name="years">[quote] to expiry</param>
    /// <param name="price">[quote] value at expiry, that is price over discount factor; coin price times forward for inverse options</param>
    /// <param name="sign">[quote] 1 for a call, -1 for a put</param>
    /// <exception cref="InvalidInputException">column-length</exception>
    public QuoteColumns(
        ReadOnlySpan<double> forward,
        ReadOnlySpan<double> strike,
        ReadOnlySpan<double> years,
        ReadOnlySpan<double> price,
        ReadOnlySpan<double> sign)
    {
        var n = forward.Length;
        ColumnLength.Require("strike", strike.Length, n);
        ColumnLength.Require("years", years.Length, n);
        ColumnLength.Require("price", price.Length, n);
        ColumnLength.Require("sign", sign.Length, n);
        Forward = forward;
        Strike = strike;
        Years = years;
        Price = price;
        Sign = sign;
    }

    public ReadOnlySpan<double> Forward { get; }

    public ReadOnlySpan<double> Strike { get; }

    public ReadOnlySpan<double> Years { get; }

    public ReadOnlySpan<double> Price { get; }

    public ReadOnlySpan<double> Sign { get; }

    public int Length => Forward.Length;

    public QuoteColumns Slice(int start, int length) => new(
        Forward.Slice(start, length),
        Strike.Slice(start, length),
        Years.Slice(start, length),
        Price.Slice(start, length),
        Sign.Slice(start, length));
}

/// <summary>Implied vols of many quotes at once.</summary>
/// <remarks>
/// Out-of-the-money quotes with s = vol sqrt(years) from 1/128 to 2.1 take a fixed amount of work: Bachelier's formula inverted for a start
/// (within 16 %), then two Householder steps of order 4 on ln v(s), v = price / min(F,K), with the Mills ratio and one logarithm each. The
/// size of the last step proves the result; a quote that fails this, or lies outside, goes to <see cref="ImpliedVol.Solve"/>.
/// Written once over <see cref="ILanes{TSelf}"/>: the same bits at every width. Measured errors: docs/model/pricing.md.
/// </remarks>
public static class ImpliedVolKernels
{
    private const int Chunk = 128;
    private const double RootTwoPi = 2.5066282746310002;
    private const double LowestStdDev = 1.0 / 128.0;
    private const double HighestStdDev = 2.1;
    private const double LowestScale = 1e-60;
    private const double HighestScale = 1e60;

    /// <summary>Lowest v handled here: 1e-60 lies about 16 deviations out.</summary>
    private const double LowestValue = 1e-60;

    /// <summary>A last step within this share of s leaves an error of its fourth power.</summary>
    private const double LastStep = 1e-4;

    // tools/fits/bachelier_seed.py
    private const double P0 = 0.5057681152233532;
    private const double P1 = 0.009910165582047218;
    private const double P2 = -0.33435828060137074;
    private const double P3 = 4.0055531358997465;
    private const double Q1 = -1.8343593465605086;
    private const double Q2 = 3.147330546523092;
    private const double Q3 = 1.027678835074377;

    /// <summary>One vol per quote.</summary>
    /// <param name="quotes">[quote]</param>
    /// <param name="vols">[quote] annual, decimal; NaN where the quote is refused; may not overlap the inputs</param>
    /// <returns>how many quotes were refused; <see cref="ImpliedVol.Solve"/> tells why</returns>
    public static int Solve(in QuoteColumns quotes, Span<double> vols) =>
        Vector512.IsHardwareAccelerated ? Solve<Lanes8>(quotes, vols)
        : Vector256.IsHardwareAccelerated ? Solve<Lanes4>(quotes, vols)
        : Solve<Lanes1>(quotes, vols);

    /// <summary>The same at a chosen width: <see cref="Lanes1"/> is the definition, the others give its bits.</summary>
    /// <inheritdoc cref="Solve(in QuoteColumns, Span{double})" path="/param|/returns"/>
    [SkipLocalsInit]
    public static int Solve<T>(in QuoteColumns quotes, Span<double> vols)
        where T : struct, ILanes<T>
    {
        ColumnLength.Require("vols", vols.Length, quotes.Length);
        Span<double> buffers = stackalloc double[3 * Chunk];
        Span<int> exceptions = stackalloc int[Chunk];
        var refused = 0;
        var start = 0;
        for (; quotes.Length - start >= Chunk; start += Chunk)
        {
            refused += Round<T>(quotes.Slice(start, Chunk), vols.Slice(start, Chunk), buffers, exceptions);
        }

        var rest = quotes.Length - start;
        if (rest > 0)
        {
            refused += LastRound<T>(quotes.Slice(start, rest), vols.Slice(start, rest), buffers, exceptions);
        }

        return refused;
    }

    /// <summary>The last, short round: padded to whole vectors with a harmless quote.</summary>
    private static int LastRound<T>(in QuoteColumns quotes, Span<double> vols, Span<double> buffers, Span<int> exceptions)
        where T : struct, ILanes<T>
    {
        var rest = quotes.Length;
        var padded = (rest + T.Count - 1) / T.Count * T.Count;
        Span<double> columns = stackalloc double[6 * Chunk];
        columns.Fill(1.0);
        columns.Slice(3 * Chunk, Chunk).Fill(0.25);
        quotes.Forward.CopyTo(columns);
        quotes.Strike.CopyTo(columns[Chunk..]);
        quotes.Years.CopyTo(columns[(2 * Chunk)..]);
        quotes.Price.CopyTo(columns[(3 * Chunk)..]);
        quotes.Sign.CopyTo(columns[(4 * Chunk)..]);
        var copy = new QuoteColumns(
            columns[..padded],
            columns.Slice(Chunk, padded),
            columns.Slice(2 * Chunk, padded),
            columns.Slice(3 * Chunk, padded),
            columns.Slice(4 * Chunk, padded));
        var output = columns.Slice(5 * Chunk, padded);
        var refused = Round<T>(copy, output, buffers, exceptions);
        output[..rest].CopyTo(vols);
        return refused;
    }

    private static int Round<T>(in QuoteColumns quotes, Span<double> vols, Span<double> buffers, Span<int> exceptions)
        where T : struct, ILanes<T>
    {
        var count = (nuint)quotes.Length;
        ref var distances = ref MemoryMarshal.GetReference(buffers);
        ref var targets = ref Unsafe.Add(ref distances, Chunk);
        ref var deviations = ref Unsafe.Add(ref distances, 2 * Chunk);
        StartStage<T>(quotes, ref distances, ref targets, ref deviations, count);
        FirstStepStage<T>(ref distances, ref targets, ref deviations, count);
        var exceptional = LastStepStage<T>(quotes, ref distances, ref targets, ref deviations, vols, count, exceptions);
        var refused = 0;
        for (var e = 0; e < exceptional; e++)
        {
            refused += SolveExact(quotes, vols, exceptions[e]);
        }

        return refused;
    }

    /// <summary>x = |ln(F/K)|, the target sqrt(2 pi) v, and the start of s from Bachelier's formula.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StartStage<T>(in QuoteColumns quotes, ref double distances, ref double targets, ref double deviations, nuint count)
        where T : struct, ILanes<T>
    {
        ref var forwards = ref MemoryMarshal.GetReference(quotes.Forward);
        ref var strikes = ref MemoryMarshal.GetReference(quotes.Strike);
        ref var prices = ref MemoryMarshal.GetReference(quotes.Price);
        for (nuint i = 0; i < count; i += (nuint)T.Count)
        {
            var forward = T.Load(ref forwards, i);
            var strike = T.Load(ref strikes, i);
            var price = T.Load(ref prices, i);
            var cheap = T.Min(forward, strike);
            var x = ElementaryMath.LogRatioInRange(T.Max(forward, strike), cheap);
            T.Store(x, ref distances, i);
            T.Store(price * T.Create(RootTwoPi) / cheap, ref targets, i);
            T.Store(Start(x, price / T.Sqrt(forward * strike)), ref deviations, i);
        }
    }

    /// <summary>Start of s for value b per sqrt(F K): Bachelier's formula, inverted after Choi, Kim and Kwak (2009).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Start<T>(T x, T b)
        where T : struct, ILanes<T>
    {
        // at the money r / atanh(r) would be 0 / 0
        var distance = T.Max(x, b * T.Create(1e-7));
        var straddle = T.Fma(b, T.Create(2.0), distance);
        var eta = (distance + distance) / (straddle * ElementaryMath.LogRatioInRange(b + distance, b));
        var p = T.Fma(T.Fma(T.Fma(T.Create(P3), eta, T.Create(P2)), eta, T.Create(P1)), eta, T.Create(P0));
        var q = T.Fma(T.Fma(T.Fma(T.Create(Q3), eta, T.Create(Q2)), eta, T.Create(Q1)), eta, T.Create(1.0));
        return straddle * T.Sqrt(eta) * (p / q);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FirstStepStage<T>(ref double distances, ref double targets, ref double deviations, nuint count)
        where T : struct, ILanes<T>
    {
        for (nuint i = 0; i < count; i += (nuint)T.Count)
        {
            var s = T.Load(ref deviations, i);
            T.Store(s + Step(T.Load(ref distances, i), T.Load(ref targets, i), s), ref deviations, i);
        }
    }

    /// <summary>Second step, proof, and vol; returns how many quotes need the robust form.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int LastStepStage<T>(
        in QuoteColumns quotes, ref double distances, ref double targets, ref double deviations, Span<double> vols, nuint count, Span<int> exceptions)
        where T : struct, ILanes<T>
    {
        ref var forwards = ref MemoryMarshal.GetReference(quotes.Forward);
        ref var strikes = ref MemoryMarshal.GetReference(quotes.Strike);
        ref var allYears = ref MemoryMarshal.GetReference(quotes.Years);
        ref var signs = ref MemoryMarshal.GetReference(quotes.Sign);
        ref var results = ref MemoryMarshal.GetReference(vols);
        var all = (uint)((1 << T.Count) - 1);
        var exceptional = 0;
        for (nuint i = 0; i < count; i += (nuint)T.Count)
        {
            var s = T.Load(ref deviations, i);
            var target = T.Load(ref targets, i);
            var change = Step(T.Load(ref distances, i), target, s);
            var result = s + change;
            var years = T.Load(ref allYears, i);
            T.Store(result / T.Sqrt(years), ref results, i);
            var proven = T.And(
                T.LessOrEqual(T.Abs(change), result * T.Create(LastStep)),
                T.And(T.LessOrEqual(T.Create(LowestStdDev), result), T.LessOrEqual(result, T.Create(HighestStdDev))));
            var fast = T.Bits(T.And(proven, IsFast(T.Load(ref forwards, i), T.Load(ref strikes, i), years, T.Load(ref signs, i), target)));
            if (fast != all)
            {
                exceptional = Note(exceptions, exceptional, (int)i, ~fast & all);
            }
        }

        return exceptional;
    }

    /// <summary>Mask of the quotes that are out of the money, in range and valid; false for any NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T IsFast<T>(T forward, T strike, T years, T sign, T target)
        where T : struct, ILanes<T> =>
        T.And(
            T.And(
                T.And(T.LessOrEqual(T.Create(LowestScale), T.Min(forward, strike)), T.LessOrEqual(T.Max(forward, strike), T.Create(HighestScale))),
                T.And(T.Equal(T.Abs(sign), T.Create(1.0)), T.LessOrEqual(sign * (forward - strike), T.Create(0.0)))),
            T.And(
                T.And(T.LessOrEqual(T.Create(LowestScale), years), T.LessOrEqual(years, T.Create(HighestScale))),
                T.LessOrEqual(T.Create(LowestValue), target)));

    /// <summary>Householder's step of order 4 on ln v(s) - ln v.</summary>
    /// <remarks>
    /// v(s) = phi(near) (M(near) - M(far)); with d = M(near) - M(far): (ln v)' = 1/d, v''/v' = near far / s, and its slope -3 x^2/s^4 - 1/4.
    /// The division by d is multiplied out of Householder's formula.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Step<T>(T x, T target, T s)
        where T : struct, ILanes<T>
    {
        var u = T.Create(1.0) / s;
        var h = x * u;
        var t = T.Create(0.5) * s;
        var near = h - t;
        var far = h + t;
        var denominator = MillsRatio.PairInRange(near, far, out var first, out var second);
        var difference = first - second;
        var f = T.Fma(near * near, T.Create(-0.5), ElementaryMath.LogRatioInRange(difference, denominator * target));
        var d = difference / denominator;
        var newton = -f * d;
        var a = T.Fma(newton, near * far * u, f);
        var hu = h * u;
        var bend = T.Fma(hu * hu, T.Create(-3.0), T.Create(-0.25)) * (newton * newton);
        var third = T.Fma(a, a + f, bend) * T.Create(1.0 / 6.0);
        return newton * T.Fma(a, T.Create(0.5), T.Create(1.0)) / (T.Create(1.0) + a + third);
    }

    /// <summary>One quote by <see cref="ImpliedVol"/>: 1 where it is refused.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int SolveExact(in QuoteColumns quotes, Span<double> vols, int i)
    {
        var sign = quotes.Sign[i];
        var type = sign > 0.0 ? OptionType.Call : OptionType.Put;
        if (Math.Abs(sign) == 1.0
            && ImpliedVol.TrySolve(new ImpliedVolInputs(type, quotes.Forward[i], quotes.Strike[i], quotes.Years[i], quotes.Price[i]), out vols[i]))
        {
            return 0;
        }

        vols[i] = double.NaN;
        return 1;
    }

    /// <summary>Writes down the quotes that need the robust form.</summary>
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

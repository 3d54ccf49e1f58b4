using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Volatility.Svi;

namespace Pms.Margin.Arrays;

/// <summary>One option as the kernel reads it: what stays the same in every scenario.</summary>
/// <param name="Type">call or put</param>
/// <param name="Forward">now, quote per coin, above 0</param>
/// <param name="Strike">quote per coin, above 0</param>
/// <param name="LogMoneyness">ln(strike / forward)</param>
/// <param name="Smile">total variance over ln(strike / forward) now</param>
/// <param name="Second">added to <paramref name="Smile"/> where an expiry lies between two slices; <c>default</c> where it does not</param>
public readonly record struct OptionTerms(OptionType Type, double Forward, double Strike, double LogMoneyness, RawSvi Smile, RawSvi Second = default);

/// <summary>What the scenarios do to the options of one expiry.</summary>
/// <remarks>[scenario] each; an empty span stands for a column of the value that changes nothing.</remarks>
public readonly ref struct ExpiryMoves
{
    /// <summary>ln(F1 / F0), between -100 and 100.</summary>
    public required ReadOnlySpan<double> LogReturn { get; init; }

    /// <summary>F1 / F0, the exponential of <see cref="LogReturn"/>.</summary>
    public required ReadOnlySpan<double> Growth { get; init; }

    /// <summary>Total variance left at the horizon over total variance now, at least 0; empty: the option pays at the horizon.</summary>
    public ReadOnlySpan<double> VarianceFactor { get; init; }

    /// <summary>Total variance per unit of log-moneyness that is added, a line through the money; empty: none.</summary>
    public ReadOnlySpan<double> SkewLine { get; init; }

    /// <summary>Total variance added at every log-moneyness; empty: none.</summary>
    public ReadOnlySpan<double> Lift { get; init; }

    /// <summary>USD per unit of quote value over the same now; empty: 1.</summary>
    public ReadOnlySpan<double> Settlement { get; init; }
}

/// <summary>Full revaluation of one option in every scenario: Black (1976) on the moved forward and the moved smile.</summary>
/// <remarks>
/// In scenario s, with x = ln(F1/F0), k = ln(K/F0) - x and w = f2 w0(k) + L k + c: value = OTM(F1, K, sqrt(w)) + max(+-(F1 - K), 0), where the
/// out-of-the-money value is min(F1,K) phi(near) (M(near) - M(far)) with near, far = |k|/sd -+ sd/2 and M the Mills ratio; for near below 0
/// phi(near) M(near) = 1 - phi(near) M(-near). It is a total function: sd is held in [2^-30, 32] and near up to 37.5, which moves no value by more
/// than 1e-15 of the forward (docs/model/encoding.md). Written once over <see cref="ILanes{TSelf}"/>: every width gives the same bits.
/// </remarks>
public static class RevaluationKernel
{
    /// <summary>The largest number of ticks an entry may have.</summary>
    public const int MaxTicks = int.MaxValue;

    /// <summary>Vectors between one stage and the next.</summary>
    private const int Lead = 2;

    /// <summary>Vectors that a buffer between stages holds: a power of two, above twice <see cref="Lead"/>.</summary>
    private const int Slots = 8;

    /// <summary>ln(<see cref="MillsRatio.UpperPairScale"/> / sqrt(2 pi)): a constant factor of the density, added to its exponent.</summary>
    private const double LogDensityFactor = -0.918938533207112;

    private const double LeastVariance = 8.673617379884035e-19;
    private const double MostVariance = 1024.0;
    private const double HighestNear = 37.5;

    /// <summary>Columns of scenarios beyond the last whole vector.</summary>
    private const int PaddedColumns = 7;

    /// <summary>Ticks gained per unit of the option.</summary>
    /// <param name="option">terms</param>
    /// <param name="moves">[scenario]</param>
    /// <param name="ticksPerValue">ticks for one unit of quote value now</param>
    /// <param name="destination">[scenario] ticks, halves to even; unspecified where the result is above <see cref="MaxTicks"/></param>
    /// <returns>the largest |gain| in ticks before rounding</returns>
    public static double Ticks(in OptionTerms option, in ExpiryMoves moves, double ticksPerValue, Span<int> destination) =>
        Vector512.IsHardwareAccelerated ? Ticks<Lanes8>(option, moves, ticksPerValue, destination)
        : Vector256.IsHardwareAccelerated ? Ticks<Lanes4>(option, moves, ticksPerValue, destination)
        : Ticks<Lanes1>(option, moves, ticksPerValue, destination);

    /// <summary>The same at a chosen width: <see cref="Lanes1"/> is the definition, the others give its bits.</summary>
    /// <inheritdoc cref="Ticks(in OptionTerms, in ExpiryMoves, double, Span{int})" path="/param|/returns"/>
    public static double Ticks<T>(in OptionTerms option, in ExpiryMoves moves, double ticksPerValue, Span<int> destination)
        where T : struct, ILanes<T> => Run<T, IntegerCells>(option, moves, ticksPerValue, MemoryMarshal.AsBytes(destination));

    /// <summary>Gain per unit of the option in quote currency, unrounded.</summary>
    /// <param name="option">terms</param>
    /// <param name="moves">[scenario]</param>
    /// <param name="scale">factor on every gain</param>
    /// <param name="destination">[scenario]</param>
    /// <returns>the largest |gain|</returns>
    public static double Gains(in OptionTerms option, in ExpiryMoves moves, double scale, Span<double> destination) =>
        Vector512.IsHardwareAccelerated ? Gains<Lanes8>(option, moves, scale, destination)
        : Vector256.IsHardwareAccelerated ? Gains<Lanes4>(option, moves, scale, destination)
        : Gains<Lanes1>(option, moves, scale, destination);

    /// <inheritdoc cref="Gains(in OptionTerms, in ExpiryMoves, double, Span{double})"/>
    public static double Gains<T>(in OptionTerms option, in ExpiryMoves moves, double scale, Span<double> destination)
        where T : struct, ILanes<T> => Run<T, DoubleCells>(option, moves, scale, MemoryMarshal.AsBytes(destination));

    /// <summary>Value now, quote currency per unit, by the same formula.</summary>
    public static double Value(in OptionTerms option)
    {
        Span<double> value = stackalloc double[1];
        var moves = new ExpiryMoves { LogReturn = [0.0], Growth = [1.0], VarianceFactor = [1.0] };
        Run<Lanes1, DoubleCells>(option, moves, 1.0, MemoryMarshal.AsBytes(value), now: 0.0);
        return value[0];
    }

    private static double Run<T, TCell>(in OptionTerms option, in ExpiryMoves moves, double scale, Span<byte> destination)
        where T : struct, ILanes<T>
        where TCell : struct, ICells => Run<T, TCell>(option, moves, scale, destination, Value(option) * scale);

    private static double Run<T, TCell>(in OptionTerms option, in ExpiryMoves moves, double scale, Span<byte> destination, double now)
        where T : struct, ILanes<T>
        where TCell : struct, ICells
    {
        var count = moves.LogReturn.Length;
        Require("growth", moves.Growth.Length, count);
        Require("destination", destination.Length / TCell.SizeBytes, count);
        RequireOptional("variance factor", moves.VarianceFactor.Length, count);
        RequireOptional("skew line", moves.SkewLine.Length, count);
        RequireOptional("lift", moves.Lift.Length, count);
        RequireOptional("settlement", moves.Settlement.Length, count);
        var terms = new Terms(option, scale, now);
        return moves.Settlement.IsEmpty ? RunWith<T, TCell, Absent>(terms, moves, destination) : RunWith<T, TCell, Present>(terms, moves, destination);
    }

    private static double RunWith<T, TCell, TSettlement>(in Terms terms, in ExpiryMoves moves, Span<byte> destination)
        where T : struct, ILanes<T>
        where TCell : struct, ICells
        where TSettlement : struct, IPart
    {
        if (moves.VarianceFactor.IsEmpty)
        {
            return Row<T, TCell, TSettlement, Absent, Absent, Absent>(terms, moves, destination);
        }

        var hasLine = !moves.SkewLine.IsEmpty || !moves.Lift.IsEmpty;
        return (terms.IsBlend, hasLine) switch
        {
            (false, false) => Row<T, TCell, TSettlement, Present, Absent, Absent>(terms, moves, destination),
            (false, true) => Row<T, TCell, TSettlement, Present, Present, Absent>(terms, moves, destination),
            (true, false) => Row<T, TCell, TSettlement, Present, Absent, Present>(terms, moves, destination),
            (true, true) => Row<T, TCell, TSettlement, Present, Present, Present>(terms, moves, destination),
        };
    }

    [SkipLocalsInit]
    private static double Row<T, TCell, TSettlement, TTime, TLine, TBlend>(in Terms terms, in ExpiryMoves moves, Span<byte> destination)
        where T : struct, ILanes<T>
        where TCell : struct, ICells
        where TSettlement : struct, IPart
        where TTime : struct, IPart
        where TLine : struct, IPart
        where TBlend : struct, IPart
    {
        var count = moves.LogReturn.Length;
        var whole = count - (count % T.Count);
        var most = T.Create(0.0);
        if (whole > 0)
        {
            most = Vectors<T, TCell, TSettlement, TTime, TLine, TBlend>(terms, new Columns(moves), ref destination[0], (nuint)whole, most);
        }

        if (whole < count)
        {
            most = Rest<T, TCell, TSettlement, TTime, TLine, TBlend>(terms, moves, whole, destination, most);
        }

        Span<double> lanes = stackalloc double[T.Count];
        T.Store(most, ref MemoryMarshal.GetReference(lanes), 0);
        var result = 0.0;
        foreach (var lane in lanes)
        {
            result = Math.Max(result, lane);
        }

        return result;
    }

    /// <summary>Fewer scenarios than lanes: the last one is repeated, which changes no maximum.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static T Rest<T, TCell, TSettlement, TTime, TLine, TBlend>(in Terms terms, in ExpiryMoves moves, int start, Span<byte> destination, T most)
        where T : struct, ILanes<T>
        where TCell : struct, ICells
        where TSettlement : struct, IPart
        where TTime : struct, IPart
        where TLine : struct, IPart
        where TBlend : struct, IPart
    {
        Span<double> padded = stackalloc double[PaddedColumns * T.Count];
        var output = MemoryMarshal.AsBytes(padded[^T.Count..]);
        var columns = new Columns(new ExpiryMoves
        {
            LogReturn = Pad(padded[..T.Count], moves.LogReturn, start),
            Growth = Pad(padded.Slice(T.Count, T.Count), moves.Growth, start),
            VarianceFactor = Pad(padded.Slice(2 * T.Count, T.Count), moves.VarianceFactor, start),
            SkewLine = Pad(padded.Slice(3 * T.Count, T.Count), moves.SkewLine, start),
            Lift = Pad(padded.Slice(4 * T.Count, T.Count), moves.Lift, start),
            Settlement = Pad(padded.Slice(5 * T.Count, T.Count), moves.Settlement, start),
        });
        most = Vectors<T, TCell, TSettlement, TTime, TLine, TBlend>(terms, columns, ref output[0], (nuint)T.Count, most);
        output[..((moves.LogReturn.Length - start) * TCell.SizeBytes)].CopyTo(destination[(start * TCell.SizeBytes)..]);
        return most;
    }

    private static ReadOnlySpan<double> Pad(Span<double> padded, ReadOnlySpan<double> column, int start)
    {
        if (column.IsEmpty)
        {
            return default;
        }

        padded.Fill(column[^1]);
        column[start..].CopyTo(padded);
        return padded;
    }

    private static T Vectors<T, TCell, TSettlement, TTime, TLine, TBlend>(in Terms terms, in Columns columns, ref byte destination, nuint count, T most)
        where T : struct, ILanes<T>
        where TCell : struct, ICells
        where TSettlement : struct, IPart
        where TTime : struct, IPart
        where TLine : struct, IPart
        where TBlend : struct, IPart =>
        TTime.Is
            ? Pipeline<T, TCell, TSettlement, TLine, TBlend>(terms, columns, ref destination, count, most)
            : Payoff<T, TCell, TSettlement>(terms, columns, ref destination, count, most);

    /// <summary>Four stages, each some vectors behind the one before it.</summary>
    /// <remarks>
    /// Square roots and divisions share one slow unit, the polynomials keep the multipliers busy, and every chain is long. Side by side in one loop,
    /// on vectors of their own, all of them are in flight at once; one after the other (or in loops of their own) this took a third longer.
    /// Within the third the exponential, one long chain, stands before the four chains of the Mills ratio: behind them it starts late, and the loop takes a tenth longer.
    /// </remarks>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static T Pipeline<T, TCell, TSettlement, TLine, TBlend>(in Terms terms, in Columns columns, ref byte destination, nuint count, T most)
        where T : struct, ILanes<T>
        where TCell : struct, ICells
        where TSettlement : struct, IPart
        where TLine : struct, IPart
        where TBlend : struct, IPart
    {
        Span<double> buffers = stackalloc double[5 * Slots * T.Count];
        ref var variances = ref MemoryMarshal.GetReference(buffers);
        var size = (nuint)(Slots * T.Count);
        ref var nears = ref Unsafe.Add(ref variances, size);
        ref var fars = ref Unsafe.Add(ref nears, size);
        ref var shares = ref Unsafe.Add(ref fars, size);
        ref var differences = ref Unsafe.Add(ref shares, size);
        var mask = size - 1;
        ref readonly var returns = ref columns.LogReturn;
        ref readonly var growths = ref columns.Growth;
        ref readonly var factors = ref columns.VarianceFactor;
        var logMoneyness = T.Create(terms.LogMoneyness);
        var a = T.Create(terms.First.A);
        var b = T.Create(terms.First.B);
        var rho = T.Create(terms.First.Rho);
        var m = T.Create(terms.First.M);
        var sigma2 = T.Create(terms.First.Sigma * terms.First.Sigma);
        var strike = T.Create(terms.StrikeOverForward);
        var signBit = T.Create(terms.SignBit);
        var scale = T.Create(terms.Scale);
        var minusNow = T.Create(-terms.Now);
        var zero = T.Create(0.0);
        var hasSkew = columns.HasSkew;
        var hasLift = columns.HasLift;
        var step = (nuint)T.Count;
        var distance = Lead * step;
        var density = 2 * distance;
        var result = 3 * distance;
        for (nuint i = 0; i < count + result; i += step)
        {
            // Total variance at the horizon.
            if (i < count)
            {
                var k = logMoneyness - T.Load(in returns, i);
                var y = k - m;
                var w = T.Fma(b, T.Fma(rho, y, T.Sqrt(T.Fma(y, y, sigma2))), a);
                if (TBlend.Is)
                {
                    var y2 = k - T.Create(terms.Second.M);
                    var root = T.Sqrt(T.Fma(y2, y2, T.Create(terms.Second.Sigma * terms.Second.Sigma)));
                    w += T.Fma(T.Create(terms.Second.B), T.Fma(T.Create(terms.Second.Rho), y2, root), T.Create(terms.Second.A));
                }

                var moved = T.Load(in factors, i) * w;
                if (TLine.Is)
                {
                    if (hasSkew)
                    {
                        moved = T.Fma(T.Load(in columns.SkewLine, i), k, moved);
                    }

                    if (hasLift)
                    {
                        moved += T.Load(in columns.Lift, i);
                    }
                }

                T.Store(T.Min(T.Max(moved, T.Create(LeastVariance)), T.Create(MostVariance)), ref variances, i & mask);
            }

            // The distances of the strike from the moved forward in standard deviations.
            if (i >= distance && i < count + distance)
            {
                var at = i - distance;
                var k = logMoneyness - T.Load(in returns, at);
                var sd = T.Sqrt(T.Load(in variances, at & mask));
                var near = T.Min(T.Fma(T.Create(-0.5), sd, T.Abs(k) / sd), T.Create(HighestNear));
                T.Store(near, ref nears, at & mask);
                // Beyond the end of the Mills ratio's range near is above 9.
                T.Store(T.Min(near + sd, T.Create(MillsRatio.HighestInRange)), ref fars, at & mask);
            }

            // The out-of-the-money value over min(F1, K): its two factors.
            if (i >= density && i < count + density)
            {
                var at = (i - density) & mask;
                var near = T.Load(in nears, at);
                var mass = ElementaryMath.ExpInRange(T.Fma(near * T.Create(-0.5), near, T.Create(LogDensityFactor)));
                var denominator = MillsRatio.UpperPair(T.Abs(near), T.Load(in fars, at), out var first, out var second);
                T.Store(mass / denominator, ref shares, at);
                // For near below 0: phi(near) M(near) = 1 - phi(near) M(-near); the 1 is added below.
                T.Store(T.Xor(first, T.And(near, T.Create(-0.0))) - second, ref differences, at);
            }

            // The gain, in terms of the forward now.
            if (i >= result)
            {
                var at = i - result;
                var forward = T.Load(in growths, at);
                var cheap = T.Min(forward, strike);
                var whole = T.And(T.Less(T.Load(in nears, at & mask), zero), cheap);
                var otm = T.Fma(cheap * T.Load(in shares, at & mask), T.Load(in differences, at & mask), whole);
                // Where it is all rounding noise a difference of equals may fall below 0: a price never does.
                var value = T.Max(otm, zero) + T.Max(T.Xor(forward - strike, signBit), zero);
                if (TSettlement.Is)
                {
                    value *= T.Load(in columns.Settlement, at);
                }

                var gain = T.Fma(value, scale, minusNow);
                most = T.Max(most, T.Abs(gain));
                TCell.Store(gain, ref destination, at);
            }
        }

        return most;
    }

    /// <summary>Options that pay at or before the horizon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static T Payoff<T, TCell, TSettlement>(in Terms terms, in Columns columns, ref byte destination, nuint count, T most)
        where T : struct, ILanes<T>
        where TCell : struct, ICells
        where TSettlement : struct, IPart
    {
        ref readonly var growths = ref columns.Growth;
        ref readonly var settlements = ref columns.Settlement;
        for (nuint i = 0; i < count; i += (nuint)T.Count)
        {
            var value = T.Max(T.Xor(T.Load(in growths, i) - T.Create(terms.StrikeOverForward), T.Create(terms.SignBit)), T.Create(0.0));
            if (TSettlement.Is)
            {
                value *= T.Load(in settlements, i);
            }

            var gain = T.Fma(value, T.Create(terms.Scale), T.Create(-terms.Now));
            most = T.Max(most, T.Abs(gain));
            TCell.Store(gain, ref destination, i);
        }

        return most;
    }

    private static void Require(string what, int length, int count)
    {
        if (length != count)
        {
            throw new ArgumentException($"{what} has {length} entries for {count} scenarios", nameof(what));
        }
    }

    private static void RequireOptional(string what, int length, int count)
    {
        if (length != 0)
        {
            Require(what, length, count);
        }
    }

    /// <summary>Whether a part of the formula is there: without it, it costs nothing.</summary>
    private interface IPart
    {
        static abstract bool Is { get; }
    }

    private readonly struct Present : IPart
    {
        public static bool Is => true;
    }

    private readonly struct Absent : IPart
    {
        public static bool Is => false;
    }

    private interface ICells
    {
        static abstract int SizeBytes { get; }

        static abstract void Store<T>(T gain, ref byte destination, nuint index)
            where T : struct, ILanes<T>;
    }

    private readonly struct IntegerCells : ICells
    {
        public static int SizeBytes => sizeof(int);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store<T>(T gain, ref byte destination, nuint index)
            where T : struct, ILanes<T> => T.StoreRounded(gain, ref Unsafe.As<byte, int>(ref destination), index);
    }

    private readonly struct DoubleCells : ICells
    {
        public static int SizeBytes => sizeof(double);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store<T>(T gain, ref byte destination, nuint index)
            where T : struct, ILanes<T> => T.Store(gain, ref Unsafe.As<byte, double>(ref destination), index);
    }

    private readonly struct Terms(in OptionTerms option, double scale, double now)
    {
        public readonly RawSvi First = option.Smile;
        public readonly RawSvi Second = option.Second;
        public readonly double LogMoneyness = option.LogMoneyness;
        public readonly double StrikeOverForward = option.Strike / option.Forward;
        public readonly double SignBit = option.Type == OptionType.Call ? 0.0 : -0.0;
        public readonly double Scale = scale * option.Forward;
        public readonly double Now = now;

        public bool IsBlend => Second != default;
    }

    /// <summary>The columns by their first scenario.</summary>
    private readonly ref struct Columns(in ExpiryMoves moves)
    {
        public readonly ref readonly double LogReturn = ref MemoryMarshal.GetReference(moves.LogReturn);
        public readonly ref readonly double Growth = ref MemoryMarshal.GetReference(moves.Growth);
        public readonly ref readonly double VarianceFactor = ref MemoryMarshal.GetReference(moves.VarianceFactor);
        public readonly ref readonly double SkewLine = ref MemoryMarshal.GetReference(moves.SkewLine);
        public readonly ref readonly double Lift = ref MemoryMarshal.GetReference(moves.Lift);
        public readonly bool HasSkew = !moves.SkewLine.IsEmpty;
        public readonly bool HasLift = !moves.Lift.IsEmpty;
        public readonly ref readonly double Settlement = ref MemoryMarshal.GetReference(moves.Settlement);
    }
}

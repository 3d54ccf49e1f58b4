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

    /// <summary>USD per unit of quote value over the same now; empty: 1.</summary>
    public ReadOnlySpan<double> Settlement { get; init; }
}

/// <summary>Full revaluation of one option in every scenario: Black (1976) on the moved forward and the moved smile.</summary>
/// <remarks>
/// In scenario s, with x = ln(F1/F0), k = ln(K/F0) - x and w = f2 w0(k) + L k: value = OTM(F1, K, sqrt(w)) + max(+-(F1 - K), 0), where the
/// out-of-the-money value is min(F1,K) phi(near) (M(near) - M(far)) with near, far = |k|/sd -+ sd/2 and M the Mills ratio; for near below 0
/// phi(near) M(near) = 1 - phi(near) M(-near). It is a total function: sd is held in [2^-30, 32] and near up to 37.5, which moves no value by more
/// than 1e-15 of the forward (docs/model/encoding.md). Written once over <see cref="ILanes{TSelf}"/>: every width gives the same bits.
/// </remarks>
public static class RevaluationKernel
{
    /// <summary>The largest number of ticks an entry may have.</summary>
    public const int MaxTicks = int.MaxValue;

    /// <summary>Scenarios per round through the stages: buffers of 2 KB each stay in the first-level cache.</summary>
    private const int Chunk = 256;

    // No two buffers a multiple of 4 KB apart: a load of one would wait for a store to the other.
    private const int NearAt = 0;
    private const int FarAt = Chunk + 8;
    private const int MassAt = (2 * Chunk) + 16;
    private const int BufferLength = (3 * Chunk) + 24;

    private const double InverseRootTwoPi = 0.3989422804014327;
    private const double LeastVariance = 8.673617379884035e-19;
    private const double MostVariance = 1024.0;
    private const double HighestNear = 37.5;

    /// <summary>Columns of a last, short round.</summary>
    private const int PaddedColumns = 6;

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
            return Rounds<T, TCell, TSettlement, Absent, Absent, Absent>(terms, moves, destination);
        }

        var hasLine = !moves.SkewLine.IsEmpty;
        return (terms.IsBlend, hasLine) switch
        {
            (false, false) => Rounds<T, TCell, TSettlement, Present, Absent, Absent>(terms, moves, destination),
            (false, true) => Rounds<T, TCell, TSettlement, Present, Present, Absent>(terms, moves, destination),
            (true, false) => Rounds<T, TCell, TSettlement, Present, Absent, Present>(terms, moves, destination),
            (true, true) => Rounds<T, TCell, TSettlement, Present, Present, Present>(terms, moves, destination),
        };
    }

    [SkipLocalsInit]
    private static double Rounds<T, TCell, TSettlement, TTime, TLine, TBlend>(in Terms terms, in ExpiryMoves moves, Span<byte> destination)
        where T : struct, ILanes<T>
        where TCell : struct, ICells
        where TSettlement : struct, IPart
        where TTime : struct, IPart
        where TLine : struct, IPart
        where TBlend : struct, IPart
    {
        Span<double> buffer = stackalloc double[BufferLength];
        ref var work = ref MemoryMarshal.GetReference(buffer);
        var count = moves.LogReturn.Length;
        var most = T.Create(0.0);
        var start = 0;
        for (; count - start >= T.Count; start += Chunk)
        {
            var length = Math.Min(Chunk, (count - start) / T.Count * T.Count);
            var at = new Columns(moves, start);
            most = Round<T, TCell, TSettlement, TTime, TLine, TBlend>(terms, at, ref work, ref destination[start * TCell.SizeBytes], (nuint)length, most);
            if (length < Chunk)
            {
                start += length;
                break;
            }
        }

        start = Math.Min(start, count);
        if (start < count)
        {
            most = LastRound<T, TCell, TSettlement, TTime, TLine, TBlend>(terms, moves, start, ref work, destination, most);
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
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static T LastRound<T, TCell, TSettlement, TTime, TLine, TBlend>(in Terms terms, in ExpiryMoves moves, int start, ref double work, Span<byte> destination, T most)
        where T : struct, ILanes<T>
        where TCell : struct, ICells
        where TSettlement : struct, IPart
        where TTime : struct, IPart
        where TLine : struct, IPart
        where TBlend : struct, IPart
    {
        Span<double> padded = stackalloc double[PaddedColumns * T.Count];
        var x = Pad(padded[..T.Count], moves.LogReturn, start);
        var growth = Pad(padded.Slice(T.Count, T.Count), moves.Growth, start);
        var factor = Pad(padded.Slice(2 * T.Count, T.Count), moves.VarianceFactor, start);
        var line = Pad(padded.Slice(3 * T.Count, T.Count), moves.SkewLine, start);
        var settlement = Pad(padded.Slice(4 * T.Count, T.Count), moves.Settlement, start);
        var output = MemoryMarshal.AsBytes(padded.Slice(5 * T.Count, T.Count));
        var columns = new Columns(new ExpiryMoves { LogReturn = x, Growth = growth, VarianceFactor = factor, SkewLine = line, Settlement = settlement }, 0);
        most = Round<T, TCell, TSettlement, TTime, TLine, TBlend>(terms, columns, ref work, ref output[0], (nuint)T.Count, most);
        var rest = (moves.LogReturn.Length - start) * TCell.SizeBytes;
        output[..rest].CopyTo(destination[(start * TCell.SizeBytes)..]);
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

    /// <summary>All stages for up to one chunk of whole vectors.</summary>
    /// <remarks>Several short loops with short dependency chains instead of one long one: the processor then overlaps many scenarios.</remarks>
    private static T Round<T, TCell, TSettlement, TTime, TLine, TBlend>(in Terms terms, in Columns columns, ref double work, ref byte destination, nuint count, T most)
        where T : struct, ILanes<T>
        where TCell : struct, ICells
        where TSettlement : struct, IPart
        where TTime : struct, IPart
        where TLine : struct, IPart
        where TBlend : struct, IPart
    {
        if (!TTime.Is)
        {
            return PayoffStage<T, TCell, TSettlement>(terms, columns, ref destination, count, most);
        }

        DistanceStage<T, TLine, TBlend>(terms, columns, ref work, count);
        DensityStage<T>(terms, columns, ref work, count);
        return ResultStage<T, TCell, TSettlement>(terms, columns, ref work, ref destination, count, most);
    }

    /// <summary>The distances of the strike from the moved forward in standard deviations.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DistanceStage<T, TLine, TBlend>(in Terms terms, in Columns columns, ref double work, nuint count)
        where T : struct, ILanes<T>
        where TLine : struct, IPart
        where TBlend : struct, IPart
    {
        ref readonly var returns = ref columns.LogReturn;
        ref readonly var factors = ref columns.VarianceFactor;
        ref readonly var lines = ref columns.SkewLine;
        var logMoneyness = T.Create(terms.LogMoneyness);
        var a = T.Create(terms.First.A);
        var b = T.Create(terms.First.B);
        var rho = T.Create(terms.First.Rho);
        var m = T.Create(terms.First.M);
        var sigma2 = T.Create(terms.First.Sigma * terms.First.Sigma);
        for (nuint i = 0; i < count; i += (nuint)T.Count)
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
                moved = T.Fma(T.Load(in lines, i), k, moved);
            }

            var sd = T.Sqrt(T.Min(T.Max(moved, T.Create(LeastVariance)), T.Create(MostVariance)));
            var h = T.Abs(k) / sd;
            var near = T.Min(T.Fma(T.Create(-0.5), sd, h), T.Create(HighestNear));
            T.Store(near, ref work, i + NearAt);
            // Up to 41.0, the end of the Mills ratio's range: beyond it near is above 9.
            T.Store(T.Min(T.Fma(T.Create(0.5), sd, h), T.Create(MillsRatio.HighestInRange)), ref work, i + FarAt);
        }
    }

    /// <summary>min(F1, K) phi(near).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DensityStage<T>(in Terms terms, in Columns columns, ref double work, nuint count)
        where T : struct, ILanes<T>
    {
        ref readonly var growths = ref columns.Growth;
        var forward0 = T.Create(terms.Forward);
        var strike = T.Create(terms.Strike);
        for (nuint i = 0; i < count; i += (nuint)T.Count)
        {
            var near = T.Load(in work, i + NearAt);
            var density = ElementaryMath.ExpInRange(near * near * T.Create(-0.5));
            var cheap = T.Min(forward0 * T.Load(in growths, i), strike);
            T.Store(cheap * T.Create(InverseRootTwoPi) * density, ref work, i + MassAt);
        }
    }

    /// <summary>Mills ratios, then the gain.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static T ResultStage<T, TCell, TSettlement>(in Terms terms, in Columns columns, ref double work, ref byte destination, nuint count, T most)
        where T : struct, ILanes<T>
        where TCell : struct, ICells
        where TSettlement : struct, IPart
    {
        ref readonly var growths = ref columns.Growth;
        ref readonly var settlements = ref columns.Settlement;
        var zero = T.Create(0.0);
        for (nuint i = 0; i < count; i += (nuint)T.Count)
        {
            var near = T.Load(in work, i + NearAt);
            var denominator = MillsRatio.ScaledPairInRange(T.Abs(near), T.Load(in work, i + FarAt), out var first, out var second);
            var share = T.Load(in work, i + MassAt) * T.Create(MillsRatio.PairScale) / denominator;
            var forward = T.Create(terms.Forward) * T.Load(in growths, i);
            var strike = T.Create(terms.Strike);
            // phi(near) M(near) = 1 - phi(near) M(-near) below 0
            var isDeep = T.Less(near, zero);
            var whole = T.And(isDeep, T.Min(forward, strike));
            var difference = T.Xor(first, T.And(isDeep, T.Create(-0.0))) - second;
            var inTheMoney = T.Max((forward - strike) * T.Create(terms.Sign), zero);
            // Where it is all rounding noise a difference of equals may fall below 0: a price never does.
            var value = T.Max(T.Fma(share, difference, whole), zero) + inTheMoney;
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

    /// <summary>Options that pay at or before the horizon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static T PayoffStage<T, TCell, TSettlement>(in Terms terms, in Columns columns, ref byte destination, nuint count, T most)
        where T : struct, ILanes<T>
        where TCell : struct, ICells
        where TSettlement : struct, IPart
    {
        ref readonly var growths = ref columns.Growth;
        ref readonly var settlements = ref columns.Settlement;
        for (nuint i = 0; i < count; i += (nuint)T.Count)
        {
            var forward = T.Create(terms.Forward) * T.Load(in growths, i);
            var value = T.Max((forward - T.Create(terms.Strike)) * T.Create(terms.Sign), T.Create(0.0));
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
        public readonly double Forward = option.Forward;
        public readonly double Strike = option.Strike;
        public readonly double Sign = option.Type == OptionType.Call ? 1.0 : -1.0;
        public readonly double Scale = scale;
        public readonly double Now = now;

        public bool IsBlend => Second != default;
    }

    /// <summary>The columns from one scenario on.</summary>
    private readonly ref struct Columns
    {
        public readonly ref readonly double LogReturn;
        public readonly ref readonly double Growth;
        public readonly ref readonly double VarianceFactor;
        public readonly ref readonly double SkewLine;
        public readonly ref readonly double Settlement;

        public Columns(in ExpiryMoves moves, int start)
        {
            LogReturn = ref moves.LogReturn[start];
            Growth = ref moves.Growth[start];
            VarianceFactor = ref At(moves.VarianceFactor, start);
            SkewLine = ref At(moves.SkewLine, start);
            Settlement = ref At(moves.Settlement, start);
        }

        private static ref readonly double At(ReadOnlySpan<double> column, int start) =>
            ref column.IsEmpty ? ref MemoryMarshal.GetReference(column) : ref column[start];
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pms.Numerics;

/// <summary>Exponential, logarithm and their relatives with the same bits on every machine: the scalar form is the definition, the 256-bit form its twin.</summary>
/// <remarks>
/// Only + - * /, sqrt and explicit fused multiply-add, all of which IEEE 754 fixes to the last bit; no table, no libm, no estimate instruction.
/// Every NaN result is <see cref="double.NaN"/> itself. Measured errors and their ranges stand in docs/model/elementary-math.md;
/// the polynomial coefficients are fitted by tools/fits/minimax.py.
/// </remarks>
public static class ElementaryMath
{
    /// <summary>1.5 * 2^52: adding it rounds to the nearest integer and leaves that integer in the low bits.</summary>
    private const double RoundToInteger = 6755399441055744.0;

    private const double Log2E = 1.4426950408889634;

    // ln 2 in two parts; the first has 21 trailing zero bits, so that k * Ln2High is exact for |k| < 2^21.
    private const double Ln2High = 0.69314718036912381649;
    private const double Ln2Low = 1.90821492927058770002e-10;

    // (exp(r) - 1 - r) / r^2 on |r| <= 0.3466, relative error 2.0e-16.
    private const double E0 = 0.5000000000000001;
    private const double E1 = 0.16666666666666644;
    private const double E2 = 0.041666666666624316;
    private const double E3 = 0.008333333333356204;
    private const double E4 = 0.0013888888917133997;
    private const double E5 = 0.00019841269784645735;
    private const double E6 = 2.4801521402940546e-05;
    private const double E7 = 2.7557355536121865e-06;
    private const double E8 = 2.762004357933209e-07;
    private const double E9 = 2.506815655897899e-08;

    // (2 atanh(s) / s - 2) / s^2 in w = s^2 on [0, 0.0401], relative error 4.1e-15 (5e-17 of the logarithm).
    private const double A0 = 0.6666666666666694;
    private const double A1 = 0.3999999999933257;
    private const double A2 = 0.2857142883691557;
    private const double A3 = 0.22222182683992706;
    private const double A4 = 0.18184614708571709;
    private const double A5 = 0.15283604740668952;
    private const double A6 = 0.1511931087391353;

    private const double ExpUnderflow = -746.0;
    private const double ExpOverflow = 710.0;
    private const double TwoPow54 = 18014398509481984.0;
    private const double TwoPow52Plus2048 = 4503599627372544.0;
    private const long OneBits = 0x3FF0_0000_0000_0000;
    private const long HalfStep = 1L << 51;
    private const long ExponentMask = unchecked((long)0xFFF0_0000_0000_0000);
    private const long SignBit = long.MinValue;
    private const long TwoPow52Bits = 0x4330_0000_0000_0000;
    private const double SmallestNormal = 2.2250738585072014e-308;

    /// <summary>e to the power x: 0 below about -745.13, infinity above about 709.78; NaN stays NaN.</summary>
    public static double Exp(double x)
    {
        var y = double.MaxNative(double.MinNative(x, ExpOverflow), ExpUnderflow);
        var shifted = Math.FusedMultiplyAdd(y, Log2E, RoundToInteger);
        var k = shifted - RoundToInteger;
        var e = ExpReduced(y, k);
        // 2^k in two factors: the product is exact, or rounds once into the subnormal range.
        var half = Math.FusedMultiplyAdd(k, 0.5, RoundToInteger);
        var rest = (k - (half - RoundToInteger)) + RoundToInteger;
        var result = e * PowerOfTwo(half) * PowerOfTwo(rest);
        return double.IsNaN(x) ? double.NaN : result;
    }

    /// <inheritdoc cref="Exp(double)"/>
    public static Vector256<double> Exp(Vector256<double> x)
    {
        var round = Vector256.Create(RoundToInteger);
        var y = Vector256.MaxNative(Vector256.MinNative(x, Vector256.Create(ExpOverflow)), Vector256.Create(ExpUnderflow));
        var shifted = Vector256.FusedMultiplyAdd(y, Vector256.Create(Log2E), round);
        var k = shifted - round;
        var e = ExpReduced(y, k);
        var half = Vector256.FusedMultiplyAdd(k, Vector256.Create(0.5), round);
        var rest = (k - (half - round)) + round;
        var result = e * PowerOfTwo(half) * PowerOfTwo(rest);
        return Vector256.ConditionalSelect(Vector256.Equals(x, x), result, Vector256.Create(double.NaN));
    }

    /// <summary>e to the power x minus 1, accurate also where x is small.</summary>
    public static double Expm1(double x)
    {
        if (x is > -0.34 and < 0.34)
        {
            return Math.FusedMultiplyAdd(x * x, ExpTail(x), x);
        }

        return Exp(x) - 1.0;
    }

    /// <summary>Natural logarithm: NaN below 0, minus infinity at 0.</summary>
    public static double Log(double x)
    {
        var tiny = x < SmallestNormal;
        var y = tiny ? x * TwoPow54 : x;
        var bits = BitConverter.DoubleToInt64Bits(y);
        var step = (bits - OneBits + HalfStep) & ExponentMask;
        var k = StepToDouble(step) - (tiny ? 54.0 : 0.0);
        var f = BitConverter.Int64BitsToDouble(bits - step) - 1.0; // y / 2^k - 1 in [-1/4, 1/2], exact
        var s = f / (2.0 + f);
        var w = s * s;
        // ln(1 + f) = 2 atanh(s) = f - s (f - w P(w)): the leading term f is exact
        var bend = s * (f - (w * AtanhTail(w)));
        var result = Math.FusedMultiplyAdd(k, Ln2High, f - (bend - (k * Ln2Low)));
        if (x > 0.0)
        {
            return double.IsPositiveInfinity(x) ? x : result;
        }

        return x == 0.0 ? double.NegativeInfinity : double.NaN;
    }

    /// <inheritdoc cref="Log(double)"/>
    public static Vector256<double> Log(Vector256<double> x)
    {
        var one = Vector256.Create(1.0);
        var tiny = Vector256.LessThan(x, Vector256.Create(SmallestNormal));
        var y = Vector256.ConditionalSelect(tiny, x * Vector256.Create(TwoPow54), x);
        var bits = y.AsInt64();
        var step = (bits - Vector256.Create(OneBits) + Vector256.Create(HalfStep)) & Vector256.Create(ExponentMask);
        var k = StepToDouble(step) - (tiny & Vector256.Create(54.0));
        var f = (bits - step).AsDouble() - one;
        var s = f / (Vector256.Create(2.0) + f);
        var w = s * s;
        var bend = s * (f - (w * AtanhTail(w)));
        var result = Vector256.FusedMultiplyAdd(k, Vector256.Create(Ln2High), f - (bend - (k * Vector256.Create(Ln2Low))));
        var infinity = Vector256.Create(double.PositiveInfinity);
        result = Vector256.ConditionalSelect(Vector256.Equals(x, infinity), infinity, result);
        var zero = Vector256<double>.Zero;
        var outside = Vector256.ConditionalSelect(Vector256.Equals(x, zero), Vector256.Create(double.NegativeInfinity), Vector256.Create(double.NaN));
        return Vector256.ConditionalSelect(Vector256.GreaterThan(x, zero), result, outside);
    }

    /// <summary>ln(1 + x), accurate also where x is small; NaN below -1.</summary>
    public static double Log1p(double x)
    {
        if (x is > -0.25 and < 0.5)
        {
            var s = x / (2.0 + x);
            var w = s * s;
            return x - (s * (x - (w * AtanhTail(w))));
        }

        return Log(1.0 + x);
    }

    /// <summary>ln(a / b) with full relative accuracy also where a is close to b.</summary>
    /// <param name="a">finite, above 0</param>
    /// <param name="b">finite, above 0</param>
    /// <remarks>
    /// ln(a/b) = k ln 2 + 2 atanh((a - c) / (a + c)) with c = 2^k b within a factor 3/2 of a, so that a - c is exact (Sterbenz).
    /// Neither argument may be subnormal here; those are scaled first.
    /// </remarks>
    public static double LogRatio(double a, double b)
    {
        if (!(a > 0.0 && b > 0.0 && a < double.PositiveInfinity && b < double.PositiveInfinity))
        {
            return double.NaN;
        }

        var shift = 0.0;
        if (a < SmallestNormal)
        {
            a *= TwoPow54;
            shift -= 54.0;
        }

        if (b < SmallestNormal)
        {
            b *= TwoPow54;
            shift += 54.0;
        }

        var bitsB = BitConverter.DoubleToInt64Bits(b);
        var step = (BitConverter.DoubleToInt64Bits(a) - bitsB + HalfStep) & ExponentMask;
        // Apart by more than half the exponent range: 2^k b may leave the normal numbers, and nothing cancels.
        if (step is > (500L << 52) or < -(500L << 52))
        {
            return Log(a) - Log(b) + (shift * Ln2High) + (shift * Ln2Low);
        }

        var k = StepToDouble(step);
        if (k > 0.0 && b > 1e150 || k < 0.0 && b < 1e-150)
        {
            return Log(a) - Log(b) + (shift * Ln2High) + (shift * Ln2Low);
        }

        return LogRatioReduced(a, BitConverter.Int64BitsToDouble(bitsB + step), k + shift);
    }

    /// <summary>ln(a / b) as the unevaluated sum of the result and <paramref name="low"/>: relative error about 1e-18 where a/b lies in the normal range.</summary>
    /// <param name="a">finite, above 0</param>
    /// <param name="b">finite, above 0</param>
    /// <param name="low">what the rounded logarithm lacks; 0 where a/b is beyond 2^500 or below 2^-500</param>
    public static double LogRatio(double a, double b, out double low)
    {
        low = 0.0;
        if (!(a > 1e-150 && b > 1e-150 && a < 1e150 && b < 1e150))
        {
            return LogRatio(a, b);
        }

        var bitsB = BitConverter.DoubleToInt64Bits(b);
        var step = (BitConverter.DoubleToInt64Bits(a) - bitsB + HalfStep) & ExponentMask;
        var k = StepToDouble(step);
        var c = BitConverter.Int64BitsToDouble(bitsB + step);
        var difference = a - c;
        var sum = a + c;
        var sumError = c - (sum - a);
        if (a < c)
        {
            sumError = a - (sum - c);
        }

        var s = difference / sum;
        var sLow = (Math.FusedMultiplyAdd(-s, sum, difference) - (s * sumError)) / sum;
        var w = s * s;
        var rest = Math.FusedMultiplyAdd(s * w, AtanhTail(w), Math.FusedMultiplyAdd(2.0, sLow, k * Ln2Low));
        // k Ln2High and 2 s are exact; the first is 0 or the larger of the two, so a short two-sum carries the rounding error.
        var main = k * Ln2High;
        var high = main + (2.0 * s);
        var error = main == 0.0 ? 0.0 : (2.0 * s) - (high - main);
        var result = high + (rest + error);
        low = (rest + error) - (result - high);
        return result;
    }

    /// <summary>The kernel form of <see cref="LogRatio(double, double)"/>.</summary>
    /// <param name="a">between 1e-150 and 1e150</param>
    /// <param name="b">between 1e-150 and 1e150</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double LogRatioInRange(double a, double b)
    {
        var bitsB = BitConverter.DoubleToInt64Bits(b);
        var step = (BitConverter.DoubleToInt64Bits(a) - bitsB + HalfStep) & ExponentMask;
        return LogRatioReduced(a, BitConverter.Int64BitsToDouble(bitsB + step), StepToDouble(step));
    }

    /// <inheritdoc cref="LogRatioInRange(double, double)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> LogRatioInRange(Vector256<double> a, Vector256<double> b)
    {
        var bitsB = b.AsInt64();
        var step = (a.AsInt64() - bitsB + Vector256.Create(HalfStep)) & Vector256.Create(ExponentMask);
        var k = StepToDouble(step);
        var c = (bitsB + step).AsDouble();
        var s = (a - c) / (a + c);
        var w = s * s;
        var tail = Vector256.FusedMultiplyAdd(s * w, AtanhTail(w), k * Vector256.Create(Ln2Low));
        return Vector256.FusedMultiplyAdd(k, Vector256.Create(Ln2High), Vector256.FusedMultiplyAdd(Vector256.Create(2.0), s, tail));
    }

    /// <summary>The kernel form of <see cref="Exp(double)"/>: one scaling step, no NaN handling.</summary>
    /// <param name="x">between -708 and 709</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double ExpInRange(double x)
    {
        var shifted = Math.FusedMultiplyAdd(x, Log2E, RoundToInteger);
        return ExpReduced(x, shifted - RoundToInteger) * PowerOfTwo(shifted);
    }

    /// <inheritdoc cref="ExpInRange(double)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> ExpInRange(Vector256<double> x)
    {
        var round = Vector256.Create(RoundToInteger);
        var shifted = Vector256.FusedMultiplyAdd(x, Vector256.Create(Log2E), round);
        return ExpReduced(x, shifted - round) * PowerOfTwo(shifted);
    }

    /// <summary>x to the power y for x above 0 (0 to a positive power is 0), by exp(y ln x): relative error about |y ln x| ulp.</summary>
    public static double Pow(double x, double y)
    {
        if (y == 0.0 || x == 1.0)
        {
            return 1.0;
        }

        return x == 0.0 && y > 0.0 ? 0.0 : Exp(y * Log(x));
    }

    /// <summary>Hyperbolic tangent.</summary>
    public static double Tanh(double x)
    {
        var a = Math.Abs(x);
        if (a > 22.0)
        {
            return double.IsNaN(x) ? double.NaN : Math.CopySign(1.0, x);
        }

        var e = Expm1(2.0 * a);
        return Math.CopySign(e / (e + 2.0), x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double LogRatioReduced(double a, double c, double k)
    {
        var s = (a - c) / (a + c);
        var w = s * s;
        var tail = Math.FusedMultiplyAdd(s * w, AtanhTail(w), k * Ln2Low);
        return Math.FusedMultiplyAdd(k, Ln2High, Math.FusedMultiplyAdd(2.0, s, tail));
    }

    /// <summary>exp(x - k ln 2) for |x - k ln 2| at most about ln 2 / 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double ExpReduced(double x, double k)
    {
        var r = Math.FusedMultiplyAdd(-k, Ln2Low, Math.FusedMultiplyAdd(-k, Ln2High, x));
        return 1.0 + Math.FusedMultiplyAdd(r * r, ExpTail(r), r);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> ExpReduced(Vector256<double> x, Vector256<double> k)
    {
        var r = Vector256.FusedMultiplyAdd(-k, Vector256.Create(Ln2Low), Vector256.FusedMultiplyAdd(-k, Vector256.Create(Ln2High), x));
        return Vector256.Create(1.0) + Vector256.FusedMultiplyAdd(r * r, ExpTail(r), r);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double ExpTail(double r)
    {
        var p = Math.FusedMultiplyAdd(E9, r, E8);
        p = Math.FusedMultiplyAdd(p, r, E7);
        p = Math.FusedMultiplyAdd(p, r, E6);
        p = Math.FusedMultiplyAdd(p, r, E5);
        p = Math.FusedMultiplyAdd(p, r, E4);
        p = Math.FusedMultiplyAdd(p, r, E3);
        p = Math.FusedMultiplyAdd(p, r, E2);
        p = Math.FusedMultiplyAdd(p, r, E1);
        return Math.FusedMultiplyAdd(p, r, E0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> ExpTail(Vector256<double> r)
    {
        var p = Vector256.FusedMultiplyAdd(Vector256.Create(E9), r, Vector256.Create(E8));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(E7));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(E6));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(E5));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(E4));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(E3));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(E2));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(E1));
        return Vector256.FusedMultiplyAdd(p, r, Vector256.Create(E0));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double AtanhTail(double w)
    {
        var p = Math.FusedMultiplyAdd(A6, w, A5);
        p = Math.FusedMultiplyAdd(p, w, A4);
        p = Math.FusedMultiplyAdd(p, w, A3);
        p = Math.FusedMultiplyAdd(p, w, A2);
        p = Math.FusedMultiplyAdd(p, w, A1);
        return Math.FusedMultiplyAdd(p, w, A0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> AtanhTail(Vector256<double> w)
    {
        var p = Vector256.FusedMultiplyAdd(Vector256.Create(A6), w, Vector256.Create(A5));
        p = Vector256.FusedMultiplyAdd(p, w, Vector256.Create(A4));
        p = Vector256.FusedMultiplyAdd(p, w, Vector256.Create(A3));
        p = Vector256.FusedMultiplyAdd(p, w, Vector256.Create(A2));
        p = Vector256.FusedMultiplyAdd(p, w, Vector256.Create(A1));
        return Vector256.FusedMultiplyAdd(p, w, Vector256.Create(A0));
    }

    /// <summary>2^k from k + 1.5 * 2^52, for k from -1022 to 1023.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double PowerOfTwo(double shifted) => BitConverter.Int64BitsToDouble((BitConverter.DoubleToInt64Bits(shifted) << 52) + OneBits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> PowerOfTwo(Vector256<double> shifted) => (Vector256.ShiftLeft(shifted.AsInt64(), 52) + Vector256.Create(OneBits)).AsDouble();

    /// <summary>k from k * 2^52, |k| below 2048: AVX2 has no 64-bit conversion, so the biased field is planted in a double's mantissa.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double StepToDouble(long step) =>
        BitConverter.Int64BitsToDouble((long)((ulong)(step ^ SignBit) >> 52) | TwoPow52Bits) - TwoPow52Plus2048;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> StepToDouble(Vector256<long> step) =>
        (Vector256.ShiftRightLogical(step ^ Vector256.Create(SignBit), 52) | Vector256.Create(TwoPow52Bits)).AsDouble() - Vector256.Create(TwoPow52Plus2048);
}

using System.Runtime.CompilerServices;

namespace Pms.Numerics;

/// <summary>Exponential, logarithm, sine, cosine and their relatives with the same bits on every machine: one lane is the definition, four or eight lanes its twins.</summary>
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

    // pi/2 in three parts of 53 bits.
    private const double HalfPiHigh = 1.5707963267948966;
    private const double HalfPiMiddle = 6.123233995736766e-17;
    private const double HalfPiLow = -1.4973849048591698e-33;
    private const double TwoOverPi = 0.6366197723675814;

    /// <summary>Largest argument of sine and cosine: beyond it the quadrant of a double means little.</summary>
    private const double MaxAngle = 1073741824.0;

    // (sin(r) - r) / r^3 in w = r^2 on [0, 0.6169], relative error 7e-20.
    private const double S0 = -0.16666666666666666;
    private const double S1 = 0.008333333333333331;
    private const double S2 = -0.00019841269841265025;
    private const double S3 = 2.7557319219311897e-06;
    private const double S4 = -2.505210622387918e-08;
    private const double S5 = 1.6058530377750787e-10;
    private const double S6 = -7.586629681297089e-13;

    // (cos(r) - 1 + r^2/2) / r^4 in w = r^2 on [0, 0.6169], relative error 1.6e-20.
    private const double C0 = 0.041666666666666664;
    private const double C1 = -0.0013888888888888887;
    private const double C2 = 2.4801587301584632e-05;
    private const double C3 = -2.7557319221392665e-07;
    private const double C4 = 2.08767557878793e-09;
    private const double C5 = -1.1470460422622528e-11;
    private const double C6 = 4.7458465693192284e-14;

    // (atan(s) / s - 1) / s^2 in w = s^2 on [0, 0.17158], relative error 9.3e-17.
    private const double T0 = -0.3333333333333333;
    private const double T1 = 0.1999999999999561;
    private const double T2 = -0.14285714284683435;
    private const double T3 = 0.11111111016500472;
    private const double T4 = -0.09090904624887826;
    private const double T5 = 0.07692184202714705;
    private const double T6 = -0.0666452479207934;
    private const double T7 = 0.058582579029733;
    private const double T8 = -0.050859878644841074;
    private const double T9 = 0.039246371558288896;
    private const double T10 = -0.01919398689953128;
    private const double TanPiOver8 = 0.41421356237309503;

    private const double ExpUnderflow = -746.0;
    private const double ExpOverflow = 710.0;
    private const double TwoPow54 = 18014398509481984.0;
    private const double TwoPow600 = 4.149515568880993e180;
    private const double TwoPowMinus600 = 2.409919865102884e-181;
    private const double SmallestNormal = 2.2250738585072014e-308;

    /// <summary>e to the power x: 0 below about -745.13, infinity above about 709.78; NaN stays NaN.</summary>
    public static double Exp(double x) => Exp(new Lanes1(x)).Value;

    /// <inheritdoc cref="Exp(double)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Exp<T>(T x)
        where T : struct, ILanes<T>
    {
        var round = T.Create(RoundToInteger);
        var y = T.Max(T.Min(x, T.Create(ExpOverflow)), T.Create(ExpUnderflow));
        var k = T.Fma(y, T.Create(Log2E), round) - round;
        var e = ExpReduced(y, k);
        // 2^k in two factors: the product is exact, or rounds once into the subnormal range.
        var half = T.Fma(k, T.Create(0.5), round);
        var rest = (k - (half - round)) + round;
        var result = e * T.PowerOfTwo(half) * T.PowerOfTwo(rest);
        return T.Select(T.Equal(x, x), result, T.Create(double.NaN));
    }

    /// <summary>The kernel form of <see cref="Exp(double)"/>: one scaling step, no NaN handling; outside its range the result is unspecified.</summary>
    /// <param name="x">between -708 and 709</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ExpInRange<T>(T x)
        where T : struct, ILanes<T>
    {
        var round = T.Create(RoundToInteger);
        var shifted = T.Fma(x, T.Create(Log2E), round);
        return T.ScaleByPowerOfTwo(ExpReduced(x, shifted - round), shifted);
    }

    /// <summary>The part of <see cref="ExpInRange"/> without range reduction: the same bits for |x| up to 0.34.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ExpNearZero<T>(T x)
        where T : struct, ILanes<T> => T.Create(1.0) + T.Fma(x * x, ExpTail(x), x);

    /// <summary>e to the power x minus 1, accurate also where x is small.</summary>
    public static double Expm1(double x)
    {
        if (x is > -0.34 and < 0.34)
        {
            return Math.FusedMultiplyAdd(x * x, ExpTail(new Lanes1(x)).Value, x);
        }

        return Exp(x) - 1.0;
    }

    /// <summary>Natural logarithm: NaN below 0, minus infinity at 0.</summary>
    public static double Log(double x) => Log(new Lanes1(x)).Value;

    /// <inheritdoc cref="Log(double)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Log<T>(T x)
        where T : struct, ILanes<T>
    {
        var one = T.Create(1.0);
        var zero = T.Create(0.0);
        var infinity = T.Create(double.PositiveInfinity);
        var tiny = T.Less(x, T.Create(SmallestNormal));
        var y = T.Select(tiny, x * T.Create(TwoPow54), x);
        // y = 2^k m, m in [3/4, 3/2)
        var f = T.SplitExponent(y, out var k) - one;
        var s = f / (T.Create(2.0) + f);
        var w = s * s;
        // ln(1 + f) = 2 atanh(s) = f - s (f - w P(w)): the leading term f is exact
        var bend = s * (f - (w * AtanhTail(w)));
        k -= T.And(tiny, T.Create(54.0));
        var result = T.Fma(k, T.Create(Ln2High), f - (bend - (k * T.Create(Ln2Low))));
        result = T.Select(T.Equal(x, infinity), infinity, result);
        var outside = T.Select(T.Equal(x, zero), T.Create(double.NegativeInfinity), T.Create(double.NaN));
        return T.Select(T.Less(zero, x), result, outside);
    }

    /// <summary>ln(1 + x), accurate also where x is small; NaN below -1.</summary>
    public static double Log1p(double x)
    {
        if (x is > -0.25 and < 0.5)
        {
            var s = x / (2.0 + x);
            var w = s * s;
            return x - (s * (x - (w * AtanhTail(new Lanes1(w)).Value)));
        }

        return Log(1.0 + x);
    }

    /// <summary>ln(a / b) with full relative accuracy also where a is close to b; NaN unless both are finite and above 0.</summary>
    public static double LogRatio(double a, double b) => LogRatio(a, b, out _);

    /// <summary>The kernel form of <see cref="LogRatio(double, double)"/>: outside its range the result is unspecified.</summary>
    /// <param name="a">between 1e-150 and 1e150</param>
    /// <param name="b">between 1e-150 and 1e150</param>
    /// <remarks>ln(a/b) = k ln 2 + 2 atanh((a - c) / (a + c)) with c = 2^k b within a factor 3/2 of a, so that a - c is exact (Sterbenz).</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T LogRatioInRange<T>(T a, T b)
        where T : struct, ILanes<T>
    {
        var c = T.AlignExponent(a, b, out var k);
        var s = (a - c) / (a + c);
        var w = s * s;
        var tail = T.Fma(s * w, AtanhTail(w), k * T.Create(Ln2Low));
        return T.Fma(k, T.Create(Ln2High), T.Fma(T.Create(2.0), s, tail));
    }

    /// <summary>ln(a / b) as the unevaluated sum of the result and <paramref name="low"/>: relative error about 1e-18 where a/b lies in the normal range.</summary>
    /// <param name="a">finite, above 0</param>
    /// <param name="b">finite, above 0</param>
    /// <param name="low">what the rounded logarithm lacks; 0 where a and b are of extreme and very different size</param>
    public static double LogRatio(double a, double b, out double low)
    {
        low = 0.0;
        if (!(a > 0.0 && b > 0.0 && a < double.PositiveInfinity && b < double.PositiveInfinity))
        {
            return double.NaN;
        }

        // Where 2^k b could leave the normal numbers both are scaled down by the same power first; if they are too far apart for that,
        // their logarithms do not cancel.
        if (!(a > 1e-150 && b > 1e-150 && a < 1e150 && b < 1e150))
        {
            var scale = a > 1e150 || b > 1e150 ? TwoPowMinus600 : TwoPow600;
            return a * scale is > 1e-150 and < 1e150 && b * scale is > 1e-150 and < 1e150 ? LogRatio(a * scale, b * scale, out low) : Log(a) - Log(b);
        }

        var c = Lanes1.AlignExponent(new(a), new(b), out var lanesK).Value;
        var k = lanesK.Value;
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
        var rest = Math.FusedMultiplyAdd(s * w, AtanhTail(new Lanes1(w)).Value, Math.FusedMultiplyAdd(2.0, sLow, k * Ln2Low));
        // k Ln2High and 2 s are exact; the first is 0 or the larger of the two, so a short two-sum carries the rounding error.
        var main = k * Ln2High;
        var high = main + (2.0 * s);
        var error = main == 0.0 ? 0.0 : (2.0 * s) - (high - main);
        var result = high + (rest + error);
        low = (rest + error) - (result - high);
        return result;
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

    /// <summary>Sine and cosine of an angle in radians; both NaN beyond 2^30 either way.</summary>
    /// <remarks>x - k pi/2 with pi/2 in three parts: the first difference is exact, so that the remainder has its digits also next to a multiple of pi/2.</remarks>
    public static (double Sin, double Cos) SinCos(double x)
    {
        if (!(Math.Abs(x) <= MaxAngle))
        {
            return (double.NaN, double.NaN);
        }

        var shifted = Math.FusedMultiplyAdd(x, TwoOverPi, RoundToInteger);
        var k = shifted - RoundToInteger;
        var exact = Math.FusedMultiplyAdd(-k, HalfPiHigh, x);
        var part = k * HalfPiMiddle;
        var r = exact - part;
        var low = (exact - r) - part - (Math.FusedMultiplyAdd(k, HalfPiMiddle, -part) + (k * HalfPiLow));

        var w = r * r;
        var p = Math.FusedMultiplyAdd(S6, w, S5);
        p = Math.FusedMultiplyAdd(p, w, S4);
        p = Math.FusedMultiplyAdd(p, w, S3);
        p = Math.FusedMultiplyAdd(p, w, S2);
        p = Math.FusedMultiplyAdd(p, w, S1);
        p = Math.FusedMultiplyAdd(p, w, S0);
        var q = Math.FusedMultiplyAdd(C6, w, C5);
        q = Math.FusedMultiplyAdd(q, w, C4);
        q = Math.FusedMultiplyAdd(q, w, C3);
        q = Math.FusedMultiplyAdd(q, w, C2);
        q = Math.FusedMultiplyAdd(q, w, C1);
        q = Math.FusedMultiplyAdd(q, w, C0);
        // sin(r + low) = sin r + low cos r, cos(r + low) = cos r - low sin r, to first order
        var sin = r + Math.FusedMultiplyAdd(r * w, p, low * (1.0 - (0.5 * w)));
        var half = 0.5 * w;
        var top = 1.0 - half;
        var cos = top + ((1.0 - top - half) + Math.FusedMultiplyAdd(w * w, q, -(low * r)));
        return (BitConverter.DoubleToInt64Bits(shifted) & 3) switch
        {
            0 => (sin, cos),
            1 => (cos, -sin),
            2 => (-sin, -cos),
            _ => (-cos, sin),
        };
    }

    /// <summary>Angle of the point (x, y) in (-pi, pi]; 0 at the origin; NaN where a coordinate is not finite.</summary>
    public static double Atan2(double y, double x)
    {
        if (!(double.IsFinite(x) && double.IsFinite(y)))
        {
            return double.NaN;
        }

        var (a, b) = (Math.Abs(x), Math.Abs(y));
        if (a == 0.0 && b == 0.0)
        {
            return 0.0;
        }

        // the angle to the nearer axis, at most 45 degrees; beyond 22.5 the difference to 45
        var steep = b > a;
        var t = steep ? a / b : b / a;
        double angle;
        if (t > TanPiOver8)
        {
            var s = steep ? (a - b) / (a + b) : (b - a) / (a + b);
            angle = (0.5 * HalfPiHigh) + ((0.5 * HalfPiMiddle) + AtanNearZero(s));
        }
        else
        {
            angle = AtanNearZero(t);
        }

        if (steep)
        {
            angle = HalfPiHigh - (angle - HalfPiMiddle);
        }

        if (x < 0.0)
        {
            angle = (2.0 * HalfPiHigh) - (angle - (2.0 * HalfPiMiddle));
        }

        return y < 0.0 ? -angle : angle;
    }

    private static double AtanNearZero(double s)
    {
        var w = s * s;
        var p = Math.FusedMultiplyAdd(T10, w, T9);
        p = Math.FusedMultiplyAdd(p, w, T8);
        p = Math.FusedMultiplyAdd(p, w, T7);
        p = Math.FusedMultiplyAdd(p, w, T6);
        p = Math.FusedMultiplyAdd(p, w, T5);
        p = Math.FusedMultiplyAdd(p, w, T4);
        p = Math.FusedMultiplyAdd(p, w, T3);
        p = Math.FusedMultiplyAdd(p, w, T2);
        p = Math.FusedMultiplyAdd(p, w, T1);
        p = Math.FusedMultiplyAdd(p, w, T0);
        return Math.FusedMultiplyAdd(s * w, p, s);
    }

    /// <summary>exp(x - k ln 2) for |x - k ln 2| at most about ln 2 / 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T ExpReduced<T>(T x, T k)
        where T : struct, ILanes<T>
    {
        return ExpNearZero(T.Fma(k, T.Create(-Ln2Low), T.Fma(k, T.Create(-Ln2High), x)));
    }

    /// <summary>Estrin's order: twice the parallelism of Horner's for three more products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T ExpTail<T>(T r)
        where T : struct, ILanes<T>
    {
        var r2 = r * r;
        var p01 = T.Fma(T.Create(E1), r, T.Create(E0));
        var p23 = T.Fma(T.Create(E3), r, T.Create(E2));
        var p45 = T.Fma(T.Create(E5), r, T.Create(E4));
        var p67 = T.Fma(T.Create(E7), r, T.Create(E6));
        var p89 = T.Fma(T.Create(E9), r, T.Create(E8));
        var r4 = r2 * r2;
        var p03 = T.Fma(p23, r2, p01);
        var p47 = T.Fma(p67, r2, p45);
        var p49 = T.Fma(p89, r4, p47);
        return T.Fma(p49, r4, p03);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T AtanhTail<T>(T w)
        where T : struct, ILanes<T>
    {
        var w2 = w * w;
        var p01 = T.Fma(T.Create(A1), w, T.Create(A0));
        var p23 = T.Fma(T.Create(A3), w, T.Create(A2));
        var p45 = T.Fma(T.Create(A5), w, T.Create(A4));
        var p46 = T.Fma(T.Create(A6), w2, p45);
        var p03 = T.Fma(p23, w2, p01);
        return T.Fma(p46, w2 * w2, p03);
    }
}

using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Pms.Volatility.Calibration;

/// <summary>
/// Dense grids on which the fitter looks for arbitrage: log-moneyness in units of a spread, geometric towards and away from a centre.
/// They only steer the fit; what counts is the proof over the whole line afterwards.
/// </summary>
internal static class ArbitrageGrid
{
    private const int PerSide = 30;

    /// <summary>Number of points, a multiple of four.</summary>
    public const int Size = 64;

    private static readonly double[] Units = MakeUnits();

    /// <summary>[Size] points centre + spread u, ascending.</summary>
    public static void Fill(double centre, double spread, Span<double> k)
    {
        for (var i = 0; i < Size; i++)
        {
            k[i] = centre + (spread * Units[i]);
        }
    }

    /// <summary>[Size] Durrleman's g.</summary>
    public static void Butterfly(in SviPoint p, ReadOnlySpan<double> k, Span<double> g)
    {
        ref var source = ref MemoryMarshal.GetReference(k);
        ref var target = ref MemoryMarshal.GetReference(g);
        var s2 = Vector256.Create(p.S * p.S);
        var half = Vector256.Create(0.5);
        var quarter = Vector256.Create(0.25);
        for (nuint i = 0; i < Size; i += 4)
        {
            var x = Vector256.LoadUnsafe(ref source, i);
            var y = x - Vector256.Create(p.M);
            var r2 = (y * y) + s2;
            var r = Vector256.Sqrt(r2);
            var inverseR = Vector256<double>.One / r;
            var w = Vector256.Create(p.A) + (Vector256.Create(p.C) * y) + (Vector256.Create(p.B) * r);
            var w1 = Vector256.Create(p.C) + (Vector256.Create(p.B) * y * inverseR);
            var w2 = Vector256.Create(p.B) * s2 * inverseR * inverseR * inverseR;
            var inverseW = Vector256<double>.One / w;
            var skew = Vector256<double>.One - (half * x * w1 * inverseW);
            ((skew * skew) - (quarter * w1 * w1 * (inverseW + quarter)) + (half * w2)).StoreUnsafe(ref target, i);
        }
    }

    /// <summary>[Size] later total variance less earlier.</summary>
    public static void Distance(in SviPoint earlier, in SviPoint later, ReadOnlySpan<double> k, Span<double> distance)
    {
        ref var source = ref MemoryMarshal.GetReference(k);
        ref var target = ref MemoryMarshal.GetReference(distance);
        var s1 = Vector256.Create(earlier.S * earlier.S);
        var s2 = Vector256.Create(later.S * later.S);
        for (nuint i = 0; i < Size; i += 4)
        {
            var x = Vector256.LoadUnsafe(ref source, i);
            var y1 = x - Vector256.Create(earlier.M);
            var y2 = x - Vector256.Create(later.M);
            var w1 = Vector256.Create(earlier.A) + (Vector256.Create(earlier.C) * y1) + (Vector256.Create(earlier.B) * Vector256.Sqrt((y1 * y1) + s1));
            var w2 = Vector256.Create(later.A) + (Vector256.Create(later.C) * y2) + (Vector256.Create(later.B) * Vector256.Sqrt((y2 * y2) + s2));
            (w2 - w1).StoreUnsafe(ref target, i);
        }
    }

    private static double[] MakeUnits()
    {
        // 0.05 to 160 spreads, ratio 1.32.
        var units = new double[Size];
        var u = 0.05;
        for (var i = 0; i < PerSide; i++)
        {
            units[32 + i] = u;
            units[30 - i] = -u;
            u *= 1.32;
        }

        units[31] = 0;
        units[62] = 1.5 * units[61];
        units[63] = 3 * units[61];
        return units;
    }
}

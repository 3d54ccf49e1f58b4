using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pms.Volatility.Calibration;

/// <summary>Cost of a smile against its points, with gradient and Gauss-Newton matrix, four points at a time in a fixed order of summation.</summary>
internal static class SmileKernel
{
    /// <summary>Upper triangle of the 5 x 5 matrix, by rows.</summary>
    public const int MatrixSize = 15;

    /// <summary>Cost, gradient and Gauss-Newton matrix at <paramref name="p"/>.</summary>
    /// <param name="p">smile</param>
    /// <param name="points">what it is fitted to</param>
    /// <param name="gradient">[5] d cost / d (A, B, C, M, S)</param>
    /// <param name="matrix">[15] upper triangle by rows</param>
    /// <returns>sum over points of pull huber(distance to target) + push huber(distance outside the band), in squared widths, halved</returns>
    /// <remarks>Plain + - * / sqrt on Vector256 of double, which gives the same bits with and without AVX2. w is floored at 1e-300 so that a smile outside its domain costs much instead of giving NaN.</remarks>
    public static double Normal(in SviPoint p, SmilePoints points, Span<double> gradient, Span<double> matrix)
    {
        var a = Vector256.Create(p.A);
        var b = Vector256.Create(p.B);
        var c = Vector256.Create(p.C);
        var m = Vector256.Create(p.M);
        var s = Vector256.Create(p.S);
        var ss = s * s;
        var bs = b * s;
        var zero = Vector256<double>.Zero;
        var half = Vector256.Create(0.5);
        var floor = Vector256.Create(1e-300);
        var cost = zero;
        Vector256<double> g0 = zero, g1 = zero, g2 = zero, g3 = zero, g4 = zero;
        Vector256<double> h00 = zero, h01 = zero, h02 = zero, h03 = zero, h04 = zero, h11 = zero, h12 = zero, h13 = zero, h14 = zero;
        Vector256<double> h22 = zero, h23 = zero, h24 = zero, h33 = zero, h34 = zero, h44 = zero;
        ref var first = ref points.First;
        var stride = (nuint)points.Stride;
        var count = (nuint)points.PaddedCount;
        for (nuint i = 0; i < count; i += 4)
        {
            var y = Vector256.LoadUnsafe(ref first, i) - m;
            var r = Vector256.Sqrt((y * y) + ss);
            var w = Vector256.Max(a + (c * y) + (b * r), floor);
            var sd = Vector256.Sqrt(w);
            var inverseWidth = Vector256.LoadUnsafe(ref first, (2 * stride) + i);
            var pull = Vector256.LoadUnsafe(ref first, (5 * stride) + i);
            var push = Vector256.LoadUnsafe(ref first, (6 * stride) + i);

            var limit = Vector256.LoadUnsafe(ref first, (7 * stride) + i);
            var z = (sd - Vector256.LoadUnsafe(ref first, stride + i)) * inverseWidth;
            var zClipped = Vector256.Min(Vector256.Max(z, -limit), limit);
            var above = Vector256.Max(sd - Vector256.LoadUnsafe(ref first, (4 * stride) + i), zero);
            var below = Vector256.Max(Vector256.LoadUnsafe(ref first, (3 * stride) + i) - sd, zero);
            var e = (above - below) * inverseWidth;
            var eClipped = Vector256.Min(Vector256.Max(e, -limit), limit);

            cost += (pull * zClipped * (z - (half * zClipped))) + (push * eClipped * (e - (half * eClipped)));
            var force = ((pull * zClipped) + (push * eClipped)) * inverseWidth;

            // Huber's weight cap / distance beyond the cap; a band that is not touched has none.
            var zWeight = pull * limit / Vector256.Max(Vector256.Abs(z), limit);
            var eWeight = Vector256.ConditionalSelect(Vector256.Equals(e, zero), zero, push * limit / Vector256.Max(Vector256.Abs(e), limit));
            var stiffness = (zWeight + eWeight) * inverseWidth * inverseWidth;

            var toW = half / sd;
            force *= toW;
            stiffness *= toW * toW;
            var inverseR = Vector256<double>.One / r;
            var jm = -(c + (b * y * inverseR));
            var js = bs * inverseR;

            g0 += force;
            g1 += force * r;
            g2 += force * y;
            g3 += force * jm;
            g4 += force * js;
            var sr = stiffness * r;
            var sy = stiffness * y;
            var sm = stiffness * jm;
            var sz = stiffness * js;
            h00 += stiffness;
            h01 += sr;
            h02 += sy;
            h03 += sm;
            h04 += sz;
            h11 += sr * r;
            h12 += sr * y;
            h13 += sr * jm;
            h14 += sr * js;
            h22 += sy * y;
            h23 += sy * jm;
            h24 += sy * js;
            h33 += sm * jm;
            h34 += sm * js;
            h44 += sz * js;
        }

        gradient[0] = Sum(g0);
        gradient[1] = Sum(g1);
        gradient[2] = Sum(g2);
        gradient[3] = Sum(g3);
        gradient[4] = Sum(g4);
        matrix[0] = Sum(h00);
        matrix[1] = Sum(h01);
        matrix[2] = Sum(h02);
        matrix[3] = Sum(h03);
        matrix[4] = Sum(h04);
        matrix[5] = Sum(h11);
        matrix[6] = Sum(h12);
        matrix[7] = Sum(h13);
        matrix[8] = Sum(h14);
        matrix[9] = Sum(h22);
        matrix[10] = Sum(h23);
        matrix[11] = Sum(h24);
        matrix[12] = Sum(h33);
        matrix[13] = Sum(h34);
        matrix[14] = Sum(h44);
        return Sum(cost);
    }

    /// <summary>Cost alone.</summary>
    public static double Cost(in SviPoint p, SmilePoints points)
    {
        var a = Vector256.Create(p.A);
        var b = Vector256.Create(p.B);
        var c = Vector256.Create(p.C);
        var m = Vector256.Create(p.M);
        var ss = Vector256.Create(p.S) * Vector256.Create(p.S);
        var zero = Vector256<double>.Zero;
        var half = Vector256.Create(0.5);
        var floor = Vector256.Create(1e-300);
        var cost = zero;
        ref var first = ref points.First;
        var stride = (nuint)points.Stride;
        var count = (nuint)points.PaddedCount;
        for (nuint i = 0; i < count; i += 4)
        {
            var y = Vector256.LoadUnsafe(ref first, i) - m;
            var r = Vector256.Sqrt((y * y) + ss);
            var sd = Vector256.Sqrt(Vector256.Max(a + (c * y) + (b * r), floor));
            var inverseWidth = Vector256.LoadUnsafe(ref first, (2 * stride) + i);
            var limit = Vector256.LoadUnsafe(ref first, (7 * stride) + i);
            var z = (sd - Vector256.LoadUnsafe(ref first, stride + i)) * inverseWidth;
            var zClipped = Vector256.Min(Vector256.Max(z, -limit), limit);
            var above = Vector256.Max(sd - Vector256.LoadUnsafe(ref first, (4 * stride) + i), zero);
            var below = Vector256.Max(Vector256.LoadUnsafe(ref first, (3 * stride) + i) - sd, zero);
            var e = (above - below) * inverseWidth;
            var eClipped = Vector256.Min(Vector256.Max(e, -limit), limit);
            cost += (Vector256.LoadUnsafe(ref first, (5 * stride) + i) * zClipped * (z - (half * zClipped)))
                + (Vector256.LoadUnsafe(ref first, (6 * stride) + i) * eClipped * (e - (half * eClipped)));
        }

        return Sum(cost);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Sum(Vector256<double> v) => (v.GetElement(0) + v.GetElement(1)) + (v.GetElement(2) + v.GetElement(3));
}

using Pms.Volatility.Svi;

namespace Pms.Volatility.Calibration;

/// <summary>The fitter's coordinates: w = A + C y + B sqrt(y^2 + S^2), y = k - M. Linear in (A, B, C); C = B rho.</summary>
internal struct SviPoint(double a, double b, double c, double m, double s)
{
    public double A = a;
    public double B = b;
    public double C = c;
    public double M = m;
    public double S = s;

    public const int Size = 5;

    public readonly double LeastTotalVariance => A + (S * Math.Sqrt(Math.Max(0, (B - C) * (B + C))));

    public static SviPoint From(in RawSvi raw) => new(raw.A, raw.B, raw.B * raw.Rho, raw.M, raw.Sigma);

    public readonly RawSvi ToRaw() => new(A, B, B > 0 ? Math.Clamp(C / B, -1, 1) : 0, M, S);

    public readonly double TotalVariance(double k)
    {
        var y = k - M;
        return A + (C * y) + (B * Math.Sqrt((y * y) + (S * S)));
    }

    /// <summary>Moves along a step, kept inside the box: slopes between 0 and their bound, S above its floor, w nowhere below its floor.</summary>
    public readonly SviPoint Step(ReadOnlySpan<double> d, in SviBox box)
    {
        var p = new SviPoint(A + d[0], B + d[1], C + d[2], M + d[3], S + d[4]);
        return p.Inside(box, S);
    }

    public readonly SviPoint Inside(in SviBox box, double previousS)
    {
        var p = this;

        // The box wins over the bound on the step: a start taken from another fit may lie far outside of it.
        var leastS = Math.Min(Math.Max(box.LeastS, 0.25 * previousS), box.MostS);
        p.S = Math.Clamp(p.S, leastS, Math.Max(Math.Min(box.MostS, 4 * previousS), leastS));
        p.M = Math.Clamp(p.M, -box.MostM, box.MostM);
        var right = Math.Clamp(p.B + p.C, 0, box.MostSlope);
        var left = Math.Clamp(p.B - p.C, 0, box.MostSlope);
        p.B = 0.5 * (right + left);
        p.C = 0.5 * (right - left);
        var least = p.LeastTotalVariance;
        if (least < box.LeastW)
        {
            p.A += box.LeastW - least;
        }

        return p;
    }
}

/// <summary>Bounds that keep a point a smile.</summary>
internal readonly record struct SviBox(double LeastW, double LeastS, double MostS, double MostM, double MostSlope)
{
    /// <summary>Bounds in proportion to the ATM total variance.</summary>
    public static SviBox For(double theta, double mostSlope)
    {
        var spread = Math.Sqrt(theta);
        return new SviBox(1e-4 * theta, 0.01 * spread, 50 * spread, 20 * spread, mostSlope);
    }
}

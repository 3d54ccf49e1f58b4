using Pms.Volatility.Svi;

namespace Pms.Volatility.Calibration;

/// <summary>A smile without its level: SVI parameters in units of the ATM total variance theta and its root, which makes maturities comparable.</summary>
/// <remarks>w(k) = theta f(k / sqrt(theta)) with f(0) = 1: A scales with theta, B and C, M and S with its root.</remarks>
internal readonly record struct SmileShape(double A, double B, double C, double M, double S)
{
    /// <summary>A typical coin smile: SSVI with rho -0.15 and phi sqrt(theta) 0.9.</summary>
    public static SmileShape Typical { get; } = Of(SviPoint.From(new SsviSlice(1, -0.15, 0.9).ToRaw()));

    public static SmileShape Of(in SviPoint p)
    {
        var theta = p.TotalVariance(0);
        var root = Math.Sqrt(theta);

        // A flat smile has no vertex: its M and S are a formality and no belief.
        return p.B > 0
            ? new SmileShape(p.A / theta, p.B / root, p.C / root, p.M / root, p.S / root)
            : new SmileShape(p.A / theta, 0, 0, Typical.M, Typical.S);
    }

    public SviPoint At(double theta)
    {
        var root = Math.Sqrt(theta);
        return new SviPoint(A * theta, B * root, C * root, M * root, S * root);
    }

    /// <summary>The level at which the shape passes through a point; total variance at fixed k rises with the level.</summary>
    public double LevelThrough(double k, double totalVariance)
    {
        var low = 1e-6 * totalVariance;
        var high = 1e3 * totalVariance;
        for (var i = 0; i < 60; i++)
        {
            var middle = Math.Sqrt(low * high);
            if (At(middle).TotalVariance(k) < totalVariance)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return Math.Sqrt(low * high);
    }

    /// <summary>The level at which the shape passes through the target nearest to the money.</summary>
    public double LevelThrough(SmilePoints points)
    {
        var nearest = -1;
        for (var i = 0; i < points.Count; i++)
        {
            if (points.Pull[i] > 0 && (nearest < 0 || Math.Abs(points.K[i]) < Math.Abs(points.K[nearest])))
            {
                nearest = i;
            }
        }

        return LevelThrough(points.K[nearest], points.Target[nearest] * points.Target[nearest]);
    }

    /// <summary>A prior of this shape at a level.</summary>
    /// <param name="theta">ATM total variance</param>
    /// <param name="weight">cost of one width of departure, doubled</param>
    /// <param name="weightA">the same for the level</param>
    public ShapePrior Prior(double theta, double weight, double weightA)
    {
        // Widths: 0.5 in the units of the shape for slopes and vertex, 0.7 for its roundness.
        var slope = weight / (0.25 * theta);
        return new ShapePrior(At(theta), weightA / (theta * theta), slope, slope, slope, weight / (0.5 * theta));
    }
}

using Pms.Primitives;

namespace Pms.Volatility.Svi;

/// <summary>One smile: total variance w(k) = A + B (Rho (k - M) + sqrt((k - M)^2 + Sigma^2)), k = ln(strike / forward).</summary>
/// <param name="A">total variance (vol^2 years)</param>
/// <param name="B">total variance per unit of k, at least 0</param>
/// <param name="Rho">between -1 and 1</param>
/// <param name="M">log-moneyness of the vertex</param>
/// <param name="Sigma">log-moneyness, above 0: how round the vertex is</param>
/// <remarks>Gatheral (2004); Gatheral and Jacquier (2014), "Arbitrage-free SVI volatility surfaces", eq. 3.1.</remarks>
public readonly record struct RawSvi(double A, double B, double Rho, double M, double Sigma)
{
    /// <summary>Slope of w against -k as k goes to minus infinity; Lee's bound is 2.</summary>
    public double LeftSlope => B * (1 - Rho);

    /// <summary>Slope of w against k as k goes to infinity; Lee's bound is 2.</summary>
    public double RightSlope => B * (1 + Rho);

    /// <summary>Least total variance over all k.</summary>
    public double MinimumTotalVariance => A + (B * Sigma * Math.Sqrt((1 - Rho) * (1 + Rho)));

    /// <summary>Where the least total variance is reached; infinite when |Rho| = 1.</summary>
    public double MinimumAt => M - (Rho * Sigma / Math.Sqrt((1 - Rho) * (1 + Rho)));

    /// <summary>Whether the numbers are a smile at all: finite, B at least 0, |Rho| at most 1, Sigma above 0, w nowhere negative.</summary>
    /// <remarks>Says nothing of arbitrage: see <see cref="Arbitrage.ButterflyCheck"/>.</remarks>
    public bool TryValidate(out Refusal? refusal)
    {
        refusal = null;
        if (!double.IsFinite(A) || !double.IsFinite(B) || !double.IsFinite(Rho) || !double.IsFinite(M) || !double.IsFinite(Sigma))
        {
            refusal = new Refusal("svi-not-finite", $"{this}: five finite numbers are required");
        }
        else if (B < 0 || Math.Abs(Rho) > 1 || Sigma <= 0)
        {
            refusal = new Refusal("svi-range", $"{this}: B at least 0, Rho in [-1, 1] and Sigma above 0 are required");
        }
        else if (MinimumTotalVariance < 0)
        {
            refusal = new Refusal("svi-negative-variance", $"{this}: total variance falls to {MinimumTotalVariance}");
        }

        return refusal is null;
    }

    /// <summary>Total variance w(k).</summary>
    public double TotalVariance(double k)
    {
        var y = k - M;
        return A + (B * ((Rho * y) + Math.Sqrt((y * y) + (Sigma * Sigma))));
    }

    /// <summary>w and its first three derivatives in k.</summary>
    public SviDerivatives Derivatives(double k)
    {
        var y = k - M;
        var s2 = Sigma * Sigma;
        var r2 = (y * y) + s2;
        var r = Math.Sqrt(r2);
        var curvature = B * s2 / (r2 * r);
        return new SviDerivatives(A + (B * ((Rho * y) + r)), B * (Rho + (y / r)), curvature, -3 * curvature * y / r2);
    }

    /// <summary>Durrleman's function g(k): the risk-neutral density is g times a positive factor, so a butterfly costs less than nothing where g is below 0.</summary>
    /// <remarks>Gatheral and Jacquier (2014), eq. 2.1.</remarks>
    public double Butterfly(double k) => Derivatives(k).Butterfly(k);

    /// <summary>The smile after adding a constant to total variance.</summary>
    public RawSvi Lift(double totalVariance) => this with { A = A + totalVariance };

    /// <summary>The smile with every total variance multiplied by a factor above 0 (the same vol at another maturity).</summary>
    public RawSvi Scale(double factor) => this with { A = A * factor, B = B * factor };

    /// <summary>The flat smile of one total variance. Sigma is a formality there, since B is 0.</summary>
    public static RawSvi Flat(double totalVariance) => new(totalVariance, 0, 0, 0, 1);
}

/// <summary>Total variance and its derivatives in log-moneyness at one point.</summary>
public readonly record struct SviDerivatives(double W, double W1, double W2, double W3)
{
    /// <summary>Durrleman's g at log-moneyness <paramref name="k"/>.</summary>
    public double Butterfly(double k)
    {
        var skew = 1 - (k * W1 / (2 * W));
        return (skew * skew) - (W1 * W1 * 0.25 * ((1 / W) + 0.25)) + (0.5 * W2);
    }

    /// <summary>dg/dk.</summary>
    public double ButterflySlope(double k)
    {
        var inverse = 1 / W;
        var t = 0.5 * k * W1 * inverse;
        var t1 = 0.5 * inverse * (W1 + (k * W2) - (k * W1 * W1 * inverse));
        return (-2 * (1 - t) * t1) - (0.5 * W1 * W2 * (inverse + 0.25)) + (0.25 * W1 * W1 * W1 * inverse * inverse) + (0.5 * W3);
    }
}

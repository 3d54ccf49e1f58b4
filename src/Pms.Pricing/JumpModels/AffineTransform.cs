using Pms.Numerics;

namespace Pms.Pricing.JumpModels;

/// <summary>E[(S_T / F)^p] at p = 1/2 + i u under SVCJ, in closed form.</summary>
/// <remarks>
/// exp(C + D v0 + jumps) with D' = sigma^2 D^2 / 2 - beta D + (p^2 - p)/2, beta = kappa - rho sigma p. Written so that no branch is crossed
/// (Albrecher et al. 2007) and nothing is divided by sigma, by the root d or by a jump's size, any of which may be 0.
/// </remarks>
internal sealed class AffineTransform(SvcjModel model, double years)
{
    public ComplexNumber At(double u)
    {
        var (kappa, theta, sigma) = (model.Variance.MeanReversion, model.Variance.LongRun, model.Variance.VolOfVariance);
        var p = new ComplexNumber(0.5, u);
        // p^2 - p = -(u^2 + 1/4)
        var a = -((u * u) + 0.25);
        var beta = kappa - ((model.Variance.Correlation * sigma) * p);
        var d = ((beta * beta) - ComplexNumber.FromReal(sigma * sigma * a)).Sqrt();
        // lost = (1 - exp(-d T)) / d and kept = exp(-d T)
        var lost = years * OneMinusExpOver(years * d);
        var kept = ComplexNumber.One - (d * lost);
        // D(T) = a (1 - e) / (beta (1 - e) + d (1 + e))
        var slope = (a * lost) / ((beta * lost) + ComplexNumber.One + kept);
        var exponent = model.Variance.Initial * slope;

        var sum = beta + d;
        // D(s) = r (1 - x)/(1 - g x) with x = exp(-d s); sum is 0 only without mean reversion and noise, where D(s) = a s / 2
        var still = sum.Magnitude <= 1e-12;
        var r = still ? ComplexNumber.Zero : a / sum;
        var g = still ? ComplexNumber.Zero : (sigma * sigma) * (r / sum);
        if (kappa * theta > 0.0 && !still)
        {
            // integral of D = r T - 2/sigma^2 ln((1 - g e)/(1 - g))
            var q = r / sum * (d * lost) / (ComplexNumber.One - g);
            exponent += kappa * theta * ((years * r) - (2.0 * (q * Log1pOver((sigma * sigma) * q))));
        }

        foreach (var jump in model.Jumps)
        {
            if (jump.IntensityPerYear > 0.0)
            {
                exponent += jump.IntensityPerYear * (Jump(jump, p, d, lost, r, g, a, still) - (years * (ComplexNumber.One + (jump.Compensator * p))));
            }
        }

        return exponent.Exp();
    }

    /// <summary>integral_0^T E[exp(p J + D(s) Zv)] ds.</summary>
    private ComplexNumber Jump(JumpLaw jump, ComplexNumber p, ComplexNumber d, ComplexNumber lost, ComplexNumber r, ComplexNumber g, double a, bool still)
    {
        var size = ((jump.LogMean * p) + (0.5 * jump.LogSd * jump.LogSd * (p * p))).Exp();
        var mean = jump.VarianceMean;
        if (mean == 0.0)
        {
            return years * size;
        }

        var c = ComplexNumber.One - (jump.LogPerVariance * mean * p);
        if (still)
        {
            // 1 / (c - mean a s / 2)
            var z = -0.5 * mean * a * years / c;
            return years * (size / c * Log1pOver(z));
        }

        // 1/(c - mean D) = (1 - g x) / (m - n x)
        var m = c - (mean * r);
        var n = (c * g) - (mean * r);
        var whole = m - n;
        var part = ((n / m) - g) * lost / whole * Log1pOver(n * (d * lost) / whole);
        return size * ((years / m) + part);
    }

    /// <summary>(1 - exp(-z)) / z.</summary>
    private static ComplexNumber OneMinusExpOver(ComplexNumber z)
    {
        if (z.Magnitude > 0.05)
        {
            return (ComplexNumber.One - (-z).Exp()) / z;
        }

        // 1 - z/2 + z^2/6 - ... : eight terms to 1e-16 at 0.05
        var result = ComplexNumber.One;
        for (var n = 9; n >= 2; n--)
        {
            result = ComplexNumber.One - ((1.0 / n) * (z * result));
        }

        return result;
    }

    /// <summary>ln(1 + z) / z.</summary>
    private static ComplexNumber Log1pOver(ComplexNumber z) => z.Magnitude < 1e-9 ? ComplexNumber.One - (0.5 * z) : z.Log1p() / z;
}

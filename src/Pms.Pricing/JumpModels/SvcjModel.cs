using System.Collections.Immutable;
using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Pricing.JumpModels;

/// <summary>Price with stochastic variance and correlated jumps (SVCJ) under the forward measure; several kinds of jump may run side by side.</summary>
/// <remarks>
/// dF/F = sqrt(v) dW + sum over kinds (exp(J) - 1) dN - lambda E[exp(J) - 1] dt, v as in <see cref="VarianceDynamics"/> with jumps Zv.
/// Heston is the case without jumps, Bates the one with jumps of price alone, Merton the one with constant variance.
/// </remarks>
public sealed record SvcjModel(VarianceDynamics Variance, ImmutableArray<JumpLaw> Jumps)
{
    /// <summary>Null where every number is in its domain, else why not.</summary>
    public Refusal? Check()
    {
        if (Variance.Check() is { } refusal)
        {
            return refusal;
        }

        foreach (var jump in Jumps)
        {
            if (jump.Check() is { } why)
            {
                return why;
            }
        }

        return null;
    }

    /// <summary>E[integral of squared log moves] / years, jumps included, from a given variance on.</summary>
    /// <param name="variance">per year, now</param>
    /// <param name="years">length, at least 0; at 0 the limit</param>
    public double ExpectedVariance(double variance, double years)
    {
        var (fromNow, rest) = ExpectedVarianceTerms(years);
        return (fromNow * variance) + rest;
    }

    /// <summary><see cref="ExpectedVariance"/> as slope and constant in the variance now.</summary>
    public (double FromNow, double Constant) ExpectedVarianceTerms(double years)
    {
        var (jumps, drift) = (0.0, 0.0);
        foreach (var jump in Jumps)
        {
            jumps += jump.IntensityPerYear * jump.LogSecondMoment;
            drift += jump.IntensityPerYear * jump.VarianceMean;
        }

        // dE[v]/dt = kappa (theta - v) + drift
        var kt = Variance.MeanReversion * years;
        if (kt < 1e-8)
        {
            return (1.0, jumps + (0.5 * years * drift));
        }

        var phi = -ElementaryMath.Expm1(-kt) / kt;
        return (phi, jumps + ((1.0 - phi) * (Variance.LongRun + (drift / Variance.MeanReversion))));
    }
}

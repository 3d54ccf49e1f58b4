using Pms.Primitives;

namespace Pms.Pricing.JumpModels;

/// <summary>Square-root variance between jumps: dv = kappa (theta - v) dt + sigma sqrt(v) dB, with corr(dB, dW) = rho.</summary>
/// <param name="Initial">v0, variance per year now, at least 0</param>
/// <param name="MeanReversion">kappa, per year, at least 0</param>
/// <param name="LongRun">theta, variance per year without the jumps' share, at least 0</param>
/// <param name="VolOfVariance">sigma, per year, at least 0</param>
/// <param name="Correlation">rho of price and variance shocks, in (-1, 1)</param>
public sealed record VarianceDynamics(double Initial, double MeanReversion, double LongRun, double VolOfVariance, double Correlation)
{
    /// <summary>Null where every number is in its domain, else why not.</summary>
    public Refusal? Check()
    {
        if (!(Initial >= 0.0 && Initial <= 1e4))
        {
            return new Refusal("variance-range", $"initial variance {Initial} is not a number from 0 to 10000");
        }

        if (!(MeanReversion >= 0.0 && MeanReversion <= 1e4))
        {
            return new Refusal("mean-reversion-range", $"mean reversion {MeanReversion} is not a number from 0 to 10000 per year");
        }

        if (!(LongRun >= 0.0 && LongRun <= 1e4))
        {
            return new Refusal("variance-range", $"long-run variance {LongRun} is not a number from 0 to 10000");
        }

        if (!(VolOfVariance >= 0.0 && VolOfVariance <= 1e3))
        {
            return new Refusal("vol-of-variance-range", $"vol of variance {VolOfVariance} is not a number from 0 to 1000");
        }

        return Correlation is > -1.0 and < 1.0 ? null : new Refusal("correlation-range", $"correlation {Correlation} of price and variance is not a number inside (-1, 1)");
    }
}

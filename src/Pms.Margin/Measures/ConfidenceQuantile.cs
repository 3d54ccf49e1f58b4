using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Margin.Measures;

/// <summary>How many standard errors a one-sided bound lies above an estimate.</summary>
public static class ConfidenceQuantile
{
    /// <summary>The quantile of Student's t (normal for infinite degrees of freedom).</summary>
    /// <param name="confidence">in [0.5, 1)</param>
    /// <param name="degreesOfFreedom">at least 3</param>
    /// <remarks>
    /// Abramowitz and Stegun 26.7.5, four terms of the expansion in 1/degrees. Against exact quantiles at confidence 0.9 to 0.99 the worst relative
    /// error is 1.5 % at 3 degrees, 2e-4 at 7 and 1e-5 at 15.
    /// </remarks>
    /// <exception cref="InvalidInputException"><c>confidence</c>; <c>degrees-of-freedom</c></exception>
    public static double OneSided(double confidence, double degreesOfFreedom)
    {
        if (confidence is not (>= 0.5 and < 1))
        {
            throw new InvalidInputException("confidence", $"confidence {confidence}: at least 0.5 and below 1 is required");
        }

        if (!(degreesOfFreedom >= 3))
        {
            throw new InvalidInputException("degrees-of-freedom", $"{degreesOfFreedom} degrees of freedom: at least 3 are required");
        }

        var z = NormalDistribution.InverseCdf(confidence);
        if (double.IsPositiveInfinity(degreesOfFreedom))
        {
            return z;
        }

        var s = z * z;
        var g1 = z * (s + 1) / 4;
        var g2 = z * ((((5 * s) + 16) * s) + 3) / 96;
        var g3 = z * ((((((3 * s) + 19) * s) + 17) * s) - 15) / 384;
        var g4 = z * ((((((((79 * s) + 776) * s) + 1482) * s) - 1920) * s) - 945) / 92160;
        var inverse = 1 / degreesOfFreedom;
        return z + (inverse * (g1 + (inverse * (g2 + (inverse * (g3 + (inverse * g4)))))));
    }
}

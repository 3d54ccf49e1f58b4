namespace Pms.Numerics.Distributions;

/// <summary>Sum of squares of independent standard normals, with any number of degrees of freedom above 0.</summary>
public static class ChiSquareDistribution
{
    /// <summary>Probability of a value up to x.</summary>
    /// <param name="x">at least 0; below 0 gives 0</param>
    /// <param name="degrees">above 0</param>
    public static double Cdf(double x, double degrees) => x <= 0.0 ? 0.0 : GammaFunctions.Ratio(0.5 * degrees, 0.5 * x, out _);

    /// <summary>Probability of a value above x.</summary>
    /// <inheritdoc cref="Cdf" path="/param"/>
    public static double CdfComplement(double x, double degrees)
    {
        if (x <= 0.0)
        {
            return 1.0;
        }

        GammaFunctions.Ratio(0.5 * degrees, 0.5 * x, out var complement);
        return complement;
    }

    /// <summary>The x with Cdf(x) = probability: 0 at 0, infinity at 1, NaN outside.</summary>
    /// <param name="probability">in [0, 1]</param>
    /// <param name="degrees">above 0, finite</param>
    public static double InverseCdf(double probability, double degrees) => Inverse(probability, 1.0 - probability, degrees);

    /// <summary>The x with CdfComplement(x) = probability, exact also where that is tiny.</summary>
    /// <inheritdoc cref="InverseCdf" path="/param"/>
    public static double InverseCdfComplement(double probability, double degrees) => Inverse(1.0 - probability, probability, degrees);

    /// <remarks>Start by Wilson and Hilferty (1931), or the first term of the series in the lower tail; then Halley's steps on the logarithm of x, inside a bracket.</remarks>
    private static double Inverse(double lower, double upper, double degrees)
    {
        if (!(lower >= 0.0 && upper >= 0.0 && degrees > 0.0 && degrees < double.PositiveInfinity))
        {
            return double.NaN;
        }

        if (lower == 0.0 || upper == 0.0)
        {
            return lower == 0.0 ? 0.0 : double.PositiveInfinity;
        }

        var a = 0.5 * degrees;
        var z = lower < upper ? NormalDistribution.InverseCdf(lower) : -NormalDistribution.InverseCdf(upper);
        var spread = 1.0 / (9.0 * a);
        var root = 1.0 - spread + (z * Math.Sqrt(spread));
        // y = ln(x / 2): the first term of the series of P is x^a / Gamma(a+1)
        var y = root > 0.05
            ? ElementaryMath.Log(a) + (3.0 * ElementaryMath.Log(root))
            : (ElementaryMath.Log(lower) + GammaFunctions.LogGamma(a + 1.0)) / a;
        var (low, high) = (double.NegativeInfinity, double.PositiveInfinity);
        for (var i = 0; i < 200; i++)
        {
            var half = ElementaryMath.Exp(y);
            var p = GammaFunctions.Ratio(a, half, out var q);
            // the smaller side decides, so that a tail keeps its relative accuracy
            var excess = lower < upper ? p - lower : upper - q;
            if (excess > 0.0)
            {
                high = y;
            }
            else
            {
                low = y;
            }

            // dP/dy = x^a e^-x / Gamma(a); its logarithmic derivative is a - x
            var slope = a * GammaFunctions.Front(a, half);
            var newton = excess / slope;
            var step = newton / (1.0 - Math.Clamp(0.5 * newton * (a - half), -0.5, 0.5));
            var next = y - step;
            if (Math.Abs(step) <= 2e-16 * Math.Max(1.0, Math.Abs(y)))
            {
                return 2.0 * ElementaryMath.Exp(next);
            }

            if (!(next > low && next < high))
            {
                next = double.IsFinite(low) && double.IsFinite(high) ? 0.5 * (low + high) : excess > 0.0 ? y - 1.0 : y + 1.0;
                if (next == low || next == high)
                {
                    break;
                }
            }

            y = next;
        }

        return 2.0 * ElementaryMath.Exp(y);
    }
}

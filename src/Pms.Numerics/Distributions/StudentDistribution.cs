namespace Pms.Numerics.Distributions;

/// <summary>Student's t with any number of degrees of freedom above 0, not scaled to unit variance (which is nu / (nu - 2)).</summary>
public static class StudentDistribution
{
    private const double HalfLogPi = 0.57236494292470008707;

    /// <summary>Density at t.</summary>
    /// <param name="t">any</param>
    /// <param name="degrees">above 0</param>
    public static double Density(double t, double degrees)
    {
        // Gamma((nu+1)/2) / (sqrt(nu pi) Gamma(nu/2)) (1 + t^2/nu)^(-(nu+1)/2)
        var log = GammaFunctions.LogGamma(0.5 * (degrees + 1.0)) - GammaFunctions.LogGamma(0.5 * degrees) - HalfLogPi - (0.5 * ElementaryMath.Log(degrees));
        return ElementaryMath.Exp(log - (0.5 * (degrees + 1.0) * ElementaryMath.Log1p(t * t / degrees)));
    }

    /// <summary>Probability of a value up to t.</summary>
    /// <inheritdoc cref="Density" path="/param"/>
    public static double Cdf(double t, double degrees) => CdfComplement(-t, degrees);

    /// <summary>Probability of a value above t: no cancellation in the tail.</summary>
    /// <inheritdoc cref="Density" path="/param"/>
    public static double CdfComplement(double t, double degrees)
    {
        if (double.IsNaN(t) || !(degrees > 0.0 && degrees < double.PositiveInfinity))
        {
            return double.NaN;
        }

        var square = t * t;
        if (square == double.PositiveInfinity)
        {
            return t > 0.0 ? 0.0 : 1.0;
        }

        var tail = 0.5 * IncompleteBeta.Ratio(0.5 * degrees, 0.5, degrees / (degrees + square), square / (degrees + square));
        return t >= 0.0 ? tail : 1.0 - tail;
    }

    /// <summary>The t with Cdf(t) = probability: infinite at 0 and 1, NaN outside. For a probability close to 1 use minus the inverse of the rest.</summary>
    /// <param name="probability">in [0, 1]</param>
    /// <param name="degrees">above 0</param>
    public static double InverseCdf(double probability, double degrees)
    {
        if (!(probability >= 0.0 && probability <= 1.0 && degrees > 0.0 && degrees < double.PositiveInfinity))
        {
            return double.NaN;
        }

        if (probability == 0.5)
        {
            return 0.0;
        }

        var tail = probability < 0.5 ? probability : 1.0 - probability;
        if (tail == 0.0)
        {
            return probability < 0.5 ? double.NegativeInfinity : double.PositiveInfinity;
        }

        // Newton's steps inside a bracket: ln of the tail over ln t is nearly straight far out, the tail over t near the middle
        var z = -NormalDistribution.InverseCdf(tail);
        var start = z * Math.Sqrt(degrees) / Math.Sqrt(double.MaxNative(degrees - (0.5 * z * z), 0.25 * degrees));
        var (low, high) = (0.0, double.PositiveInfinity);
        var t = start;
        for (var i = 0; i < 400; i++)
        {
            var q = CdfComplement(t, degrees);
            if (q > tail)
            {
                low = t;
            }
            else
            {
                high = t;
            }

            var density = Density(t, degrees);
            // d ln q / d ln t = -t density / q
            var next = t > 1.0
                ? t * ElementaryMath.Exp(Math.Clamp(ElementaryMath.LogRatio(q, tail) * q / (t * density), -50.0, 50.0))
                : t + ((q - tail) / density);
            if (Math.Abs(next - t) <= 4e-16 * t)
            {
                t = next;
                break;
            }

            if (!(next > low && next < high))
            {
                next = double.IsFinite(high) ? 0.5 * (low + high) : 2.0 * t;
                if (next == low || next == high)
                {
                    break;
                }
            }

            t = next;
        }

        return probability < 0.5 ? -t : t;
    }
}

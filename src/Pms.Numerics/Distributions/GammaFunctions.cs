namespace Pms.Numerics.Distributions;

/// <summary>Logarithm of the gamma function and the incomplete gamma ratios, with the same bits on every machine.</summary>
public static class GammaFunctions
{
    private const double HalfLogTwoPi = 0.91893853320467274178;
    private const int MaxTerms = 100_000;

    /// <summary>ln Gamma(x); infinity at 0, NaN below.</summary>
    /// <remarks>Stirling's series from 12 on, the recurrence below; relative error about 1e-15 away from the zeros at 1 and 2, absolute there.</remarks>
    public static double LogGamma(double x)
    {
        if (!(x > 0.0))
        {
            return x == 0.0 ? double.PositiveInfinity : double.NaN;
        }

        var product = 1.0;
        while (x < 12.0)
        {
            product *= x;
            x += 1.0;
        }

        return ((x - 0.5) * ElementaryMath.Log(x)) - x + HalfLogTwoPi + StirlingCorrection(x) - (product == 1.0 ? 0.0 : ElementaryMath.Log(product));
    }

    /// <summary>P(a, x) = integral_0^x t^(a-1) e^-t dt / Gamma(a) and Q = 1 - P, each without cancellation.</summary>
    /// <param name="a">finite, above 0</param>
    /// <param name="x">at least 0</param>
    /// <param name="complement">Q(a, x)</param>
    /// <returns>P(a, x); NaN outside the domain</returns>
    public static double Ratio(double a, double x, out double complement)
    {
        if (!(a > 0.0 && a < double.PositiveInfinity && x >= 0.0))
        {
            return complement = double.NaN;
        }

        if (x == 0.0 || x == double.PositiveInfinity)
        {
            complement = x == 0.0 ? 1.0 : 0.0;
            return 1.0 - complement;
        }

        var front = Front(a, x);
        if (x < a + 1.0)
        {
            // x^a e^-x / Gamma(a+1) (1 + x/(a+1) + x^2/((a+1)(a+2)) + ...)
            var (sum, term) = (1.0, 1.0);
            for (var n = 1; n < MaxTerms; n++)
            {
                term *= x / (a + n);
                sum += term;
                if (term < sum * 1e-17)
                {
                    break;
                }
            }

            var lower = Math.Min(front * sum, 1.0);
            complement = 1.0 - lower;
            return lower;
        }

        // Legendre's continued fraction by Lentz's method (Thompson and Barnett 1986)
        var b = x + 1.0 - a;
        var c = 1e300;
        var d = 1.0 / b;
        var h = d;
        for (var n = 1; n < MaxTerms; n++)
        {
            var an = -n * (n - a);
            b += 2.0;
            d = 1.0 / Guard((an * d) + b);
            c = Guard(b + (an / c));
            var step = d * c;
            h *= step;
            if (Math.Abs(step - 1.0) < 2e-16)
            {
                break;
            }
        }

        complement = Math.Min(front * a * h, 1.0);
        return 1.0 - complement;
    }

    /// <summary>mean^n e^-mean / n!.</summary>
    /// <param name="n">at least 0</param>
    /// <param name="mean">above 0</param>
    public static double PoissonProbability(int n, double mean) => n == 0 ? ElementaryMath.Exp(-mean) : Front(n, mean);

    /// <summary>x^a e^-x / Gamma(a+1).</summary>
    internal static double Front(double a, double x)
    {
        if (a < 12.0)
        {
            return ElementaryMath.Exp((a * ElementaryMath.Log(x)) - x - LogGamma(a + 1.0));
        }

        // with m = (x - a)/a: a (ln(1 + m) - m) instead of three large numbers that cancel
        var exponent = a * ((ElementaryMath.LogRatio(x, a)) - ((x - a) / a));
        return ElementaryMath.Exp(exponent - StirlingCorrection(a)) / Math.Sqrt(2.0 * Math.PI * a);
    }

    /// <summary>ln Gamma(x) - ((x - 1/2) ln x - x + ln(2 pi)/2), from 12 on to 1e-17.</summary>
    internal static double StirlingCorrection(double x)
    {
        var inverse = 1.0 / x;
        var w = inverse * inverse;
        // Bernoulli numbers B_2n / (2n (2n-1))
        var p = Math.FusedMultiplyAdd(w, 1.0 / 156.0, -691.0 / 360360.0);
        p = Math.FusedMultiplyAdd(w, p, 1.0 / 1188.0);
        p = Math.FusedMultiplyAdd(w, p, -1.0 / 1680.0);
        p = Math.FusedMultiplyAdd(w, p, 1.0 / 1260.0);
        p = Math.FusedMultiplyAdd(w, p, -1.0 / 360.0);
        p = Math.FusedMultiplyAdd(w, p, 1.0 / 12.0);
        return inverse * p;
    }

    private static double Guard(double x) => Math.Abs(x) < 1e-300 ? 1e-300 : x;
}

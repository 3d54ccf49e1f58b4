namespace Pms.Numerics.Distributions;

/// <summary>The incomplete beta ratio I_x(a, b).</summary>
public static class IncompleteBeta
{
    private const int MaxTerms = 100_000;

    /// <summary>I_x(a, b) = integral_0^x t^(a-1) (1-t)^(b-1) dt / B(a, b).</summary>
    /// <param name="a">above 0</param>
    /// <param name="b">above 0</param>
    /// <param name="x">in [0, 1]</param>
    /// <param name="y">1 - x, as exact as the caller has it</param>
    public static double Ratio(double a, double b, double x, double y)
    {
        if (!(a > 0.0 && b > 0.0 && x >= 0.0 && y >= 0.0))
        {
            return double.NaN;
        }

        if (x == 0.0 || y == 0.0)
        {
            return x == 0.0 ? 0.0 : 1.0;
        }

        var front = ElementaryMath.Exp(
            GammaFunctions.LogGamma(a + b) - GammaFunctions.LogGamma(a) - GammaFunctions.LogGamma(b) + (a * LogOf(x, y)) + (b * LogOf(y, x)));
        return x < (a + 1.0) / (a + b + 2.0) ? front * Fraction(a, b, x) / a : 1.0 - (front * Fraction(b, a, y) / b);
    }

    private static double LogOf(double x, double rest) => rest < 0.5 ? ElementaryMath.Log1p(-rest) : ElementaryMath.Log(x);

    /// <remarks>The continued fraction of Abramowitz and Stegun 26.5.8 by Lentz's method.</remarks>
    private static double Fraction(double a, double b, double x)
    {
        var c = 1.0;
        var d = 1.0 / Guard(1.0 - ((a + b) * x / (a + 1.0)));
        var h = d;
        for (var m = 1; m < MaxTerms; m++)
        {
            var even = m * (b - m) * x / ((a + (2.0 * m) - 1.0) * (a + (2.0 * m)));
            d = 1.0 / Guard(1.0 + (even * d));
            c = Guard(1.0 + (even / c));
            h *= d * c;
            var odd = -(a + m) * (a + b + m) * x / ((a + (2.0 * m)) * (a + (2.0 * m) + 1.0));
            d = 1.0 / Guard(1.0 + (odd * d));
            c = Guard(1.0 + (odd / c));
            var step = d * c;
            h *= step;
            if (Math.Abs(step - 1.0) < 3e-16)
            {
                break;
            }
        }

        return h;
    }

    private static double Guard(double x) => Math.Abs(x) < 1e-300 ? 1e-300 : x;
}

using Pms.Numerics;
using Pms.Numerics.Distributions;
using Pms.Primitives;

namespace Pms.Scenarios.Calibration;

/// <summary>Estimates from samples of returns.</summary>
public static class ReturnStatistics
{
    private const double HalfPi = 1.5707963267948966;
    private const double LogPi = 1.1447298858494002;
    private const double LeastDegrees = 2.05;
    private const double MostDegrees = 100;

    /// <summary>Kendall's tau-b: concordant less discordant pairs over the root of the pairs untied in each.</summary>
    /// <param name="x">two or more</param>
    /// <param name="y">as many</param>
    /// <exception cref="InvalidInputException"><c>sample</c>: lengths that differ, fewer than two, or a constant sample</exception>
    public static double KendallTau(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.Length != y.Length || x.Length < 2)
        {
            throw new InvalidInputException("sample", $"samples of {x.Length} and {y.Length}: two or more of equal length are required");
        }

        long sum = 0, untiedX = 0, untiedY = 0;
        for (var i = 1; i < x.Length; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var a = x[i] > x[j] ? 1 : x[i] < x[j] ? -1 : 0;
                var b = y[i] > y[j] ? 1 : y[i] < y[j] ? -1 : 0;
                sum += a * b;
                untiedX += a * a;
                untiedY += b * b;
            }
        }

        return untiedX > 0 && untiedY > 0
            ? sum / Math.Sqrt((double)untiedX * untiedY)
            : throw new InvalidInputException("sample", "a sample never changes: it has no rank correlation");
    }

    /// <summary>Correlation of an elliptical law from Kendall's tau: sin(pi tau / 2). Tails do not disturb it, as they do the sample correlation.</summary>
    /// <remarks>Lindskog, McNeil and Schmock (2003).</remarks>
    public static double EllipticalCorrelation(double tau) => ElementaryMath.SinCos(HalfPi * tau).Sin;

    /// <summary>Degrees of freedom of a Student t law scaled to the sample's mean square, by maximum likelihood, from 2.05 to 100.</summary>
    /// <param name="sample">about mean 0; ten or more, not all 0</param>
    /// <exception cref="InvalidInputException"><c>sample</c></exception>
    public static (double Degrees, double LogLikelihood) StudentDegrees(ReadOnlySpan<double> sample)
    {
        var square = 0.0;
        foreach (var z in sample)
        {
            square += z * z;
        }

        if (sample.Length < 10 || !(square > 0) || !double.IsFinite(square))
        {
            throw new InvalidInputException("sample", $"a sample of {sample.Length} with squares adding to {square}: ten finite numbers or more, not all 0, are required");
        }

        square /= sample.Length;
        var values = sample.ToArray();

        // In ln(nu - 2): golden section after a coarse look.
        var (low, high) = (ElementaryMath.Log(LeastDegrees - 2), ElementaryMath.Log(MostDegrees - 2));
        var best = low;
        var most = double.NegativeInfinity;
        const int points = 40;
        for (var i = 0; i <= points; i++)
        {
            var u = low + ((high - low) * i / points);
            var value = At(u);
            (best, most) = value > most ? (u, value) : (best, most);
        }

        var step = (high - low) / points;
        var (a, b) = (Math.Max(best - step, low), Math.Min(best + step, high));
        const double golden = 0.3819660112501051;
        for (var i = 0; i < 60; i++)
        {
            var (left, right) = (a + (golden * (b - a)), b - (golden * (b - a)));
            (a, b) = At(left) > At(right) ? (a, right) : (left, b);
        }

        return (2 + ElementaryMath.Exp(0.5 * (a + b)), At(0.5 * (a + b)));

        double At(double u)
        {
            var nu = 2 + ElementaryMath.Exp(u);
            var spread = square * (nu - 2);
            var sum = 0.0;
            foreach (var z in values)
            {
                sum += ElementaryMath.Log1p(z * z / spread);
            }

            return (values.Length * (GammaFunctions.LogGamma(0.5 * (nu + 1)) - GammaFunctions.LogGamma(0.5 * nu) - (0.5 * (LogPi + ElementaryMath.Log(spread))))) - (0.5 * (nu + 1) * sum);
        }
    }
}

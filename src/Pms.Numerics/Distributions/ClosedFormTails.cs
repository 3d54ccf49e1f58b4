using Pms.Primitives;

namespace Pms.Numerics.Distributions;

/// <summary>Value at risk, expected shortfall and tail dependence where they have closed forms: the yardsticks of the simulator.</summary>
public static class ClosedFormTails
{
    /// <summary>Of a standard normal loss.</summary>
    /// <param name="level">in (0, 1): 0.99 means the worst 1 %</param>
    /// <exception cref="InvalidInputException"><c>level-range</c></exception>
    public static (double ValueAtRisk, double ExpectedShortfall) Normal(double level)
    {
        var tail = Tail(level);
        var quantile = -NormalDistribution.InverseCdf(tail);
        return (quantile, NormalDistribution.Density(quantile) / tail);
    }

    /// <summary>Of a Student t loss, not scaled to unit variance.</summary>
    /// <param name="degrees">above 1, for the expected shortfall to exist</param>
    /// <param name="level">in (0, 1)</param>
    /// <exception cref="InvalidInputException"><c>level-range</c>, <c>degrees-of-freedom</c></exception>
    public static (double ValueAtRisk, double ExpectedShortfall) Student(double degrees, double level)
    {
        var tail = Tail(level);
        if (double.IsPositiveInfinity(degrees))
        {
            return Normal(level);
        }

        if (!(degrees > 1.0))
        {
            throw new InvalidInputException("degrees-of-freedom", $"{degrees} degrees of freedom: above 1 are required, for the mean of the tail to exist");
        }

        var quantile = -StudentDistribution.InverseCdf(tail, degrees);
        return (quantile, StudentDistribution.Density(quantile, degrees) / tail * ((degrees + (quantile * quantile)) / (degrees - 1.0)));
    }

    /// <summary>Lower (and upper) tail dependence of a t copula: 2 t_(nu+1)(-sqrt((nu+1)(1-rho)/(1+rho))), the limit of P(one falls beyond its quantile | the other does).</summary>
    /// <param name="degrees">nu, above 0; infinity is the normal copula</param>
    /// <param name="correlation">rho, in [-1, 1]</param>
    /// <exception cref="InvalidInputException"><c>degrees-of-freedom</c>, <c>correlation-range</c></exception>
    public static double StudentTailDependence(double degrees, double correlation)
    {
        if (!(degrees > 0.0))
        {
            throw new InvalidInputException("degrees-of-freedom", $"{degrees} degrees of freedom is not a number above 0");
        }

        if (!(correlation is >= -1.0 and <= 1.0))
        {
            throw new InvalidInputException("correlation-range", $"correlation {correlation} is not a number from -1 to 1");
        }

        if (correlation is 1.0 or -1.0)
        {
            return correlation == 1.0 ? 1.0 : 0.0;
        }

        return double.IsPositiveInfinity(degrees)
            ? 0.0
            : 2.0 * StudentDistribution.CdfComplement(Math.Sqrt((degrees + 1.0) * (1.0 - correlation) / (1.0 + correlation)), degrees + 1.0);
    }

    private static double Tail(double level) => level is > 0.0 and < 1.0
        ? 1.0 - level
        : throw new InvalidInputException("level-range", $"level {level} is not a number inside (0, 1)");
}

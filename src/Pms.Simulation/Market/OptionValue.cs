using Pms.Numerics;

namespace Pms.Simulation.Market;

/// <summary>Undiscounted Black values per unit of forward, all that the simulated venue needs besides the Greeks it publishes.</summary>
internal static class OptionValue
{
    /// <summary>Black (1976) value of the out-of-the-money option over the forward.</summary>
    /// <param name="k">ln(K/F)</param>
    /// <param name="stdDev">vol times sqrt(years), above 0</param>
    public static double OutOfTheMoneyPerForward(double k, double stdDev)
    {
        var sign = k >= 0 ? 1.0 : -1.0;
        var d1 = (-k / stdDev) + (0.5 * stdDev);
        var value = sign * (NormalDistribution.Cdf(sign * d1) - (ElementaryMath.Exp(k) * NormalDistribution.Cdf(sign * (d1 - stdDev))));
        return Math.Max(value, 0);
    }
}

using Pms.Primitives;

namespace Pms.Liquidation.Costs;

/// <summary>The square-root law of market impact: relative impact = Y x day volatility x sqrt(size / daily volume).</summary>
public static class SquareRootImpact
{
    /// <param name="factor">Y, about 1; at least 0</param>
    /// <param name="dayVol">volatility of a day, a fraction of price; at least 0</param>
    /// <param name="size">in the unit of the volume, at least 0</param>
    /// <param name="dailyVolume">above 0</param>
    /// <returns>fraction of price</returns>
    /// <exception cref="InvalidInputException"><c>cost-input</c></exception>
    public static double Relative(double factor, double dayVol, double size, double dailyVolume) =>
        factor >= 0 && dayVol >= 0 && size >= 0 && dailyVolume > 0 && double.IsFinite(factor * dayVol * size / dailyVolume)
            ? factor * dayVol * Math.Sqrt(size / dailyVolume)
            : throw new InvalidInputException("cost-input", $"factor {factor}, day vol {dayVol}, size {size}, volume {dailyVolume}: at least 0, a volume above 0, is required");
}

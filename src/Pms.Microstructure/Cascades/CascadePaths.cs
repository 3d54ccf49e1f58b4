using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.Microstructure.Impact;
using Pms.Numerics;

namespace Pms.Microstructure.Cascades;

/// <summary>Paths of studies.</summary>
public static class CascadePaths
{
    private const double MinuteNoise = 0.0015;

    /// <summary>Log moves of a coin in a fall, over those of BTC: as the simulated exchange's scripts have them (docs/simulation.md).</summary>
    public static double BetaOf(Asset coin) => coin.Code switch
    {
        "BTC" => 1,
        "ETH" => 1.2,
        _ => 1.35,
    };

    /// <summary>Ten quiet minutes, the fall in a straight line of the log, ten minutes at the low, half of it recovered in another hour, then two quiet hours.</summary>
    /// <param name="coins">coins</param>
    /// <param name="fall">of BTC at the low, 0 to 0.9</param>
    /// <param name="minutes">that the fall takes, 1 or more</param>
    /// <param name="seed">of the noise around it</param>
    public static PricePath FlashCrash(ImmutableArray<Asset> coins, double fall, int minutes, ulong seed)
    {
        var log = ElementaryMath.Log1p(-fall);
        return PricePath.Through(
            [new(0, 0), new(10, 0), new(10 + minutes, log), new(20 + minutes, log), new(80 + minutes, 0.5 * log), new(200 + minutes, 0.5 * log)],
            [.. coins.Select(c => (c, BetaOf(c)))],
            MinuteNoise,
            seed);
    }
}

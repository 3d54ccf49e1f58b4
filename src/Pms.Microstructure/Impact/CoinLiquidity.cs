using System.Collections.Immutable;
using Pms.Margin.Market;
using Pms.Margin.Parameters;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;

namespace Pms.Microstructure.Impact;

/// <summary>How much of a coin a market trades in a day, at the start.</summary>
/// <param name="Coin">coin</param>
/// <param name="DailyVolumeUsd">notional of its futures, perpetuals and spot</param>
/// <param name="DailyVegaUsd">vega traded in options: USD for 1.00 of vol</param>
public sealed record CoinLiquidity(Asset Coin, double DailyVolumeUsd, double DailyVegaUsd)
{
    /// <summary>Vega over notional of a 30-day option at the money: sqrt(30 / 365) x the normal density at 0.</summary>
    public const double VegaOfNotional = 0.1144;

    /// <summary>From a board's 24-hour volumes; at least the floors that the margin itself takes.</summary>
    public static ImmutableArray<CoinLiquidity> Of(MarginMarket market, MarketLiquidity liquidity, IEnumerable<Instrument> listed, IEnumerable<Asset> coins, LiquidityParameters floors)
    {
        ArgumentNullException.ThrowIfNull(market);
        ArgumentNullException.ThrowIfNull(liquidity);
        ArgumentNullException.ThrowIfNull(listed);
        ArgumentNullException.ThrowIfNull(coins);
        ArgumentNullException.ThrowIfNull(floors);
        var all = listed.ToArray();
        return
        [
            .. coins.Select(coin =>
            {
                var (linear, options) = (0.0, 0.0);
                foreach (var instrument in all.Where(i => i.Underlying.Base == coin))
                {
                    var usd = (liquidity.Of(instrument).DailyVolume ?? 0) * NotionalUsd(market, instrument);
                    (linear, options) = instrument is EuropeanOption ? (linear, options + usd) : (linear + usd, options);
                }

                return new CoinLiquidity(coin, Math.Max(linear, floors.FutureVolumeFloorUsd), VegaOfNotional * Math.Max(options, floors.OptionVolumeFloorUsd));
            }),
        ];
    }

    internal static double NotionalUsd(MarginMarket market, Instrument instrument) =>
        (instrument.IsCountedInQuote ? 1 : market.Underlying(instrument.Underlying).Index) * market.UsdPrice(instrument.Underlying.Quote);
}

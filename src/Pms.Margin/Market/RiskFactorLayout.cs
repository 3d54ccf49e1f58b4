using Pms.MarketData.Instruments;
using Pms.Scenarios;

namespace Pms.Margin.Market;

/// <summary>Which factors a market needs.</summary>
public static class RiskFactorLayout
{
    /// <summary>Coins: the bases of all families that are not pegged themselves, by code. Pegs: those that the market prices and whose anchor is USD or such a coin.</summary>
    /// <param name="market">prices and families</param>
    /// <param name="pegs">assets that follow another</param>
    /// <remarks>It depends on the market alone, never on who holds what, so that one set serves every account.</remarks>
    public static RiskFactors Of(MarginMarket market, IReadOnlyCollection<PeggedAsset> pegs)
    {
        ArgumentNullException.ThrowIfNull(market);
        ArgumentNullException.ThrowIfNull(pegs);
        var pegged = pegs.Select(p => p.Asset).ToHashSet();
        var coins = market.Underlyings.Select(u => u.Id.Base).Where(b => b != Asset.Usd && !pegged.Contains(b)).Distinct().OrderBy(c => c.Code, StringComparer.Ordinal).ToArray();
        return new RiskFactors(
            coins,
            pegs.Where(p => market.TryUsdPrice(p.Asset, out _) && (p.Anchor == Asset.Usd || coins.Contains(p.Anchor))).OrderBy(p => p.Asset.Code, StringComparer.Ordinal));
    }
}

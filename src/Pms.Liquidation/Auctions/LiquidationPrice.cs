using Pms.Primitives;

namespace Pms.Liquidation.Auctions;

/// <summary>Price at which a single linear position meets its maintenance margin.</summary>
public static class LiquidationPrice
{
    /// <summary>price - side x available / size / (1 - rate x side), where available = equity - rate x size x price: there equity is rate x size x price.</summary>
    /// <param name="price">now, above 0</param>
    /// <param name="side">1 long, -1 short</param>
    /// <param name="equity">now, quote currency</param>
    /// <param name="size">coins, above 0</param>
    /// <param name="maintenanceRate">share of notional, at least 0; 1 / (2 x most leverage) at Hyperliquid</param>
    /// <returns>may be at or below 0: such a long is never liquidated</returns>
    /// <remarks>Hyperliquid, documentation, "Liquidations".</remarks>
    /// <exception cref="InvalidInputException"><c>auction-input</c></exception>
    public static double Linear(double price, int side, double equity, double size, double maintenanceRate)
    {
        if (!(price > 0 && size > 0 && maintenanceRate >= 0 && side is 1 or -1 && double.IsFinite(price * size) && double.IsFinite(equity)))
        {
            throw new InvalidInputException("auction-input", $"price {price}, size {size}, rate {maintenanceRate}, equity {equity}, side {side}: price and size above 0, rate at least 0, side 1 or -1 are required");
        }

        if (maintenanceRate * side >= 1)
        {
            throw new InvalidInputException("auction-input", $"a long with a maintenance rate of {maintenanceRate} has no liquidation price: a rate below 1 is required");
        }

        var available = equity - (maintenanceRate * size * price);
        return price - (side * available / size / (1 - (maintenanceRate * side)));
    }
}

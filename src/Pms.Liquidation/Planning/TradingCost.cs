using Pms.Margin.Requirement;

namespace Pms.Liquidation.Planning;

/// <summary>What an account pays to have so many lots of a contract closed or opened: convex in the size. Money units.</summary>
/// <param name="Spread">half spread, money units a lot</param>
/// <param name="Incentive">for the keeper, money units a lot</param>
/// <param name="Tail">price of the risk while executing, money units a lot</param>
/// <param name="Impact">money units a lot^1.5</param>
public readonly record struct TradingCost(double Spread, double Incentive, double Tail, double Impact)
{
    /// <summary>Cost of each of the first lots.</summary>
    public double PerLot => Spread + Incentive + Tail;

    public static TradingCost Of(LotLiquidity liquidity, LiquidationPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return new TradingCost(
            liquidity.HalfSpread,
            policy.IncentiveShare * liquidity.Notional,
            policy.TailDeviations * liquidity.DayDeviation * Math.Sqrt(policy.ExecutionDays),
            liquidity.Impact);
    }

    /// <summary>Cost of one lot more.</summary>
    /// <param name="lots">size, at least 0</param>
    public double Slope(double lots) => PerLot + (1.5 * Impact * Math.Sqrt(lots));

    /// <param name="lots">size, at least 0</param>
    public double Of(double lots) => lots * (PerLot + (Impact * Math.Sqrt(lots)));
}

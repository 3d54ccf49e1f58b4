using Pms.Margin.Requirement;

namespace Pms.Liquidation.Planning;

/// <summary>Something a plan may do to any extent from nothing to all: close a leg, or open a hedge on one side.</summary>
/// <param name="Row">row of the risk array</param>
/// <param name="Lots">change of the account's lots where done in full; positive buys</param>
/// <param name="Step">lots that it is done in multiples of</param>
/// <param name="IsHedge">opens a position, does not close one</param>
/// <param name="Cost">for the account</param>
/// <param name="Liquidity">of the contract</param>
internal sealed record LiquidationAction(int Row, long Lots, long Step, bool IsHedge, TradingCost Cost, LotLiquidity Liquidity)
{
    public long Size => Math.Abs(Lots);
}

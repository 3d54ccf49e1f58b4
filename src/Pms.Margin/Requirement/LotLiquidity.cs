using Pms.Margin.Parameters;

namespace Pms.Margin.Requirement;

/// <summary>What it costs to trade one contract, and how much risk a lot of it is. Money units a lot.</summary>
/// <param name="HalfSpread">cost of trading at the market</param>
/// <param name="Impact">cost of moving it: size lots cost this times size^1.5 (square-root impact)</param>
/// <param name="DayDeviation">standard deviation of the gain over a day</param>
/// <param name="Notional">value of what a lot is a contract on</param>
/// <param name="DailyClose">lots a day that can be closed without being the market</param>
public readonly record struct LotLiquidity(double HalfSpread, double Impact, double DayDeviation, double Notional, double DailyClose)
{
    internal static LotLiquidity Of(InstrumentFacts facts, RiskParameters parameters) => new(
        facts.HalfSpread,
        parameters.Liquidity.ImpactFactor * facts.DayDeviation / Math.Sqrt(facts.DailyVolume),
        facts.DayDeviation,
        facts.NotionalUsd * Rounding.MoneyPerUsd,
        facts.DailyClose);

    /// <summary>The liquidity and concentration add-ons of a leg (docs/model/margin.md) as a function of its size, which is convex.</summary>
    /// <param name="lots">size, at least 0</param>
    /// <param name="concentrationFactor">of the risk parameters</param>
    /// <returns>money units, and money units a lot more</returns>
    public (double Charge, double Slope) AddOn(double lots, double concentrationFactor)
    {
        var root = Math.Sqrt(lots);
        var (charge, slope) = (lots * (HalfSpread + (Impact * root)), HalfSpread + (1.5 * Impact * root));
        var days = lots / DailyClose;
        if (days > 1)
        {
            var deviation = concentrationFactor * DayDeviation;
            charge += deviation * lots * (Math.Sqrt(days) - 1);
            slope += deviation * ((1.5 * Math.Sqrt(days)) - 1);
        }

        return (charge, slope);
    }
}

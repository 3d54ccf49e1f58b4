using Pms.MarketData.Instruments;
using Pms.Pricing;

namespace Pms.Volatility.Quotes;

/// <summary>Time value of an option in units of the forward, and the standard deviation that explains it.</summary>
internal static class TimeValue
{
    /// <summary>vol sqrt(years) of an out-of-the-money time value; 0 for none, infinity at or above the upper bound.</summary>
    /// <param name="timeValue">price less intrinsic value, over the forward</param>
    /// <param name="moneyness">strike over forward, above 0</param>
    public static double StdDev(double timeValue, double moneyness)
    {
        if (!(timeValue > 0))
        {
            return 0;
        }

        if (timeValue >= Math.Min(1, moneyness))
        {
            return double.PositiveInfinity;
        }

        var type = moneyness >= 1 ? OptionType.Call : OptionType.Put;
        return ImpliedVol.Solve(new ImpliedVolInputs(type, 1, moneyness, 1, timeValue)).TryGetVol(out var stdDev) ? stdDev : 0;
    }
}

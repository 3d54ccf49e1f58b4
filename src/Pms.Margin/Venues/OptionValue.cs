using Pms.MarketData.Instruments;
using Pms.Pricing;
using Pms.Primitives;

namespace Pms.Margin.Venues;

/// <summary>Undiscounted Black-76 value with the corners that venues' models reach: no forward, no strike, no time.</summary>
internal static class OptionValue
{
    /// <param name="type">call or put</param>
    /// <param name="forward">quote per coin, at least 0</param>
    /// <param name="strike">quote per coin, at least 0</param>
    /// <param name="years">at least 0</param>
    /// <param name="vol">annual, at least 0</param>
    /// <exception cref="InvalidInputException">forward-range, strike-range, years-range, vol-range</exception>
    public static double Black(OptionType type, double forward, double strike, double years, double vol)
    {
        var call = type == OptionType.Call;
        if (strike == 0 || forward == 0)
        {
            Require(forward, "forward-range", "forward");
            Require(strike, "strike-range", "strike");
            return call ? (strike == 0 ? forward : 0) : forward == 0 ? strike : 0;
        }

        return Black76.Price(new BlackInputs(type, forward, strike, years, vol));
    }

    private static void Require(double value, string code, string name)
    {
        if (!(value >= 0) || !double.IsFinite(value))
        {
            throw new InvalidInputException(code, $"{name} {value} is not a finite number of at least 0");
        }
    }
}

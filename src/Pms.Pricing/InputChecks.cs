using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Pricing;

/// <summary>The domain that pricing and implied vol share.</summary>
internal static class InputChecks
{
    internal const double MaxRateYears = 600.0;

    internal static bool IsContract(OptionType type, double forward, double strike, double years, double rate) =>
        type is OptionType.Call or OptionType.Put
        && forward is > 0.0 and < double.PositiveInfinity
        && strike is > 0.0 and < double.PositiveInfinity
        && years is >= 0.0 and < double.PositiveInfinity
        && Math.Abs(rate * years) <= MaxRateYears
        && double.IsFinite(rate);

    internal static Refusal? Contract(OptionType type, double forward, double strike, double years, double rate)
    {
        if (IsContract(type, forward, strike, years, rate))
        {
            return null;
        }

        if (type is not (OptionType.Call or OptionType.Put))
        {
            return new Refusal("type-range", $"{type} is neither a call nor a put");
        }

        if (!(forward is > 0.0 and < double.PositiveInfinity))
        {
            return new Refusal("forward-range", $"forward {forward} is not a finite number above 0");
        }

        if (!(strike is > 0.0 and < double.PositiveInfinity))
        {
            return new Refusal("strike-range", $"strike {strike} is not a finite number above 0");
        }

        if (!(years is >= 0.0 and < double.PositiveInfinity))
        {
            return new Refusal("years-range", $"{years} years to expiry is not a finite number of at least 0");
        }

        if (!double.IsFinite(rate))
        {
            return new Refusal("rate-range", $"rate {rate} is not finite");
        }

        // A discount factor of 0 or infinity has no price to speak of.
        return new Refusal("rate-range", $"rate {rate} over {years} years is beyond a discount factor of exp(+-{MaxRateYears})");
    }

    internal static double DiscountFactor(double rate, double years) => rate == 0.0 ? 1.0 : ElementaryMath.Exp(-rate * years);
}

using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Pricing.JumpModels;

/// <summary>A strike and an expiry to be priced under a jump model, both call and put.</summary>
/// <param name="Forward">quote currency per unit for delivery at expiry, finite, above 0</param>
/// <param name="Strike">quote currency per unit, finite, above 0</param>
/// <param name="Years">ACT/365, finite, at least 0</param>
/// <param name="Rate">continuous, per year, finite; 0 gives undiscounted values</param>
public readonly record struct JumpOptionInputs(double Forward, double Strike, double Years, double Rate = 0.0)
{
    /// <summary>Null where every input is in its domain, else why not.</summary>
    public Refusal? Check() => InputChecks.Contract(OptionType.Call, Forward, Strike, Years, Rate);
}

/// <summary>Values of call and put under a jump model.</summary>
/// <param name="Call">quote currency per unit, discounted</param>
/// <param name="Put">quote currency per unit, discounted</param>
/// <param name="CallDelta">d call / d forward, discounting included</param>
/// <param name="PutDelta">d put / d forward</param>
/// <param name="CoinCall">call / forward: the premium of a coin-settled call</param>
/// <param name="CoinPut">put / forward</param>
/// <param name="ImpliedVol">Black vol of the out-of-the-money side; refused where its value drowns in the error of the method</param>
public readonly record struct JumpOptionPrices(double Call, double Put, double CallDelta, double PutDelta, double CoinCall, double CoinPut, ImpliedVolResult ImpliedVol)
{
    /// <summary>Both sides from the undiscounted call, by parity.</summary>
    /// <param name="inputs">contract</param>
    /// <param name="call">undiscounted; put back into the no-arbitrage bounds where the error of the method left them</param>
    /// <param name="callDelta">undiscounted</param>
    /// <param name="error">of the undiscounted call, quote currency</param>
    internal static JumpOptionPrices Of(in JumpOptionInputs inputs, double call, double callDelta, double error)
    {
        var (forward, strike) = (inputs.Forward, inputs.Strike);
        var discount = InputChecks.DiscountFactor(inputs.Rate, inputs.Years);
        var intrinsic = forward - strike;
        var bounded = Math.Min(Math.Max(call, Math.Max(intrinsic, 0.0)), forward);
        var put = Math.Max(bounded - intrinsic, 0.0);
        var callOut = forward <= strike;
        var outside = callOut ? bounded : put;
        var vol = inputs.Years > 0.0 && outside <= 100.0 * error
            ? ImpliedVolResult.Refused("price-below-accuracy", $"the out-of-the-money value {outside} is not known well enough for a vol: its error is up to {error}")
            : Pms.Pricing.ImpliedVol.Solve(new ImpliedVolInputs(callOut ? OptionType.Call : OptionType.Put, forward, strike, inputs.Years, discount * outside, inputs.Rate));
        return new JumpOptionPrices(
            discount * bounded, discount * put, discount * callDelta, discount * (callDelta - 1.0), discount * bounded / forward, discount * put / forward, vol);
    }
}

using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Numerics.Distributions;
using Pms.Primitives;

namespace Pms.Pricing.JumpModels;

/// <summary>Merton's (1976) model: constant vol and lognormal jumps.</summary>
/// <param name="Vol">of the diffusion, annual and decimal, 0 to 100</param>
/// <param name="IntensityPerYear">jumps per year, at least 0</param>
/// <param name="LogMean">mean of a jump of ln price</param>
/// <param name="LogSd">its sd, at least 0</param>
public sealed record MertonModel(double Vol, double IntensityPerYear, double LogMean, double LogSd)
{
    /// <summary>Haug's (1998) parameters: a total vol, of whose square a share comes from jumps that leave the expected price alone.</summary>
    /// <param name="totalVol">annual and decimal, 0 to 100</param>
    /// <param name="jumpsPerYear">above 0 where the share is</param>
    /// <param name="shareOfVariance">gamma, in [0, 1]</param>
    /// <exception cref="InvalidInputException"><c>vol-range</c>, <c>jump-share-range</c>, <c>jump-intensity-range</c></exception>
    public static MertonModel FromTotalVol(double totalVol, double jumpsPerYear, double shareOfVariance)
    {
        if (!(totalVol is >= 0.0 and <= 100.0))
        {
            throw new InvalidInputException("vol-range", $"total vol {totalVol} is not a number from 0 to 100");
        }

        if (!(shareOfVariance is >= 0.0 and <= 1.0))
        {
            throw new InvalidInputException("jump-share-range", $"share {shareOfVariance} of the variance is not in [0, 1]");
        }

        if (!(jumpsPerYear >= 0.0 && jumpsPerYear <= 1e5) || (jumpsPerYear == 0.0 && shareOfVariance > 0.0))
        {
            throw new InvalidInputException("jump-intensity-range", $"{jumpsPerYear} jumps per year: a number from 0 to 100000 is required, above 0 where jumps have a share of the variance");
        }

        var variance = totalVol * totalVol;
        var jump = shareOfVariance > 0.0 ? shareOfVariance * variance / jumpsPerYear : 0.0;
        // E[exp(jump)] = 1
        return new MertonModel(Math.Sqrt((1.0 - shareOfVariance) * variance), jumpsPerYear, -0.5 * jump, Math.Sqrt(jump));
    }

    /// <summary>Null where every number is in its domain, else why not.</summary>
    public Refusal? Check() => Vol is >= 0.0 and <= 100.0
        ? new JumpLaw(IntensityPerYear, LogMean, LogSd, 0.0, 0.0).Check()
        : new Refusal("vol-range", $"vol {Vol} is not a number from 0 to 100");
}

/// <summary>Options under Merton's model: Black's formula averaged over the number of jumps.</summary>
public static class MertonOptions
{
    private const double MaxExpectedJumps = 1e5;

    /// <summary>Call, put, deltas, implied vol.</summary>
    /// <param name="model">parameters</param>
    /// <param name="inputs">contract</param>
    /// <remarks>
    /// Sum over n of Poisson(n; lambda T) Black(F exp(-lambda m T + n (mu + s^2/2)), K, variance vol^2 T + n s^2), from the most likely n both ways
    /// until what is left is below 1e-17 of a bound of the value. The out-of-the-money side is summed, all terms positive, so that far wings keep their digits.
    /// </remarks>
    /// <exception cref="InvalidInputException">a parameter outside its domain; <c>jump-intensity-range</c> where more than 100000 jumps are expected</exception>
    public static JumpOptionPrices Price(MertonModel model, in JumpOptionInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(model);
        if ((model.Check() ?? inputs.Check()) is { } refusal)
        {
            throw refusal.ToException();
        }

        var type = inputs.Forward <= inputs.Strike ? OptionType.Call : OptionType.Put;
        var jump = model.LogMean + (0.5 * model.LogSd * model.LogSd);
        var compensator = ElementaryMath.Expm1(jump);
        var expected = model.IntensityPerYear * inputs.Years;
        // under the measure that has the price as its unit jumps come at lambda (1 + m): the sum must cover both
        var weighted = expected * (1.0 + compensator);
        if (!(expected <= MaxExpectedJumps && weighted <= MaxExpectedJumps))
        {
            throw new InvalidInputException("jump-intensity-range", $"{Math.Max(expected, weighted)} expected jumps to expiry: at most {MaxExpectedJumps} can be summed");
        }

        var (value, delta) = (0.0, 0.0);
        var last = LastCount(Math.Max(expected, weighted));
        for (var n = FirstCount(Math.Min(expected, weighted)); n <= last; n++)
        {
            var weight = expected == 0.0 ? (n == 0 ? 1.0 : 0.0) : GammaFunctions.PoissonProbability(n, expected);
            var scale = ElementaryMath.Exp((n * jump) - (expected * compensator));
            var variance = (model.Vol * model.Vol * inputs.Years) + (n * model.LogSd * model.LogSd);
            if (!(weight > 0.0 && scale > 0.0 && double.IsFinite(scale * inputs.Forward) && scale * inputs.Forward > 0.0))
            {
                continue;
            }

            // one year at the vol that gives the variance
            var term = Black76.Greeks(new BlackInputs(type, Forward: scale * inputs.Forward, Strike: inputs.Strike, Years: 1.0, Vol: Math.Sqrt(variance)));
            value += weight * term.Price;
            delta += weight * scale * term.Delta;
        }

        // (call, delta) from the side that was summed
        var call = type == OptionType.Call ? value : value + (inputs.Forward - inputs.Strike);
        var callDelta = type == OptionType.Call ? delta : delta + 1.0;
        var prices = JumpOptionPrices.Of(inputs, call, callDelta, 0.0);
        if (type == OptionType.Call)
        {
            return prices;
        }

        // the put as summed, not as a difference of large numbers
        var put = InputChecks.DiscountFactor(inputs.Rate, inputs.Years) * value;
        return prices with
        {
            Put = put,
            CoinPut = put / inputs.Forward,
            ImpliedVol = Pms.Pricing.ImpliedVol.Solve(new ImpliedVolInputs(OptionType.Put, inputs.Forward, inputs.Strike, inputs.Years, put, inputs.Rate)),
        };
    }

    /// <summary>Fewer jumps than this have no weight left.</summary>
    private static int FirstCount(double mean) => (int)Math.Max(0.0, mean - (12.0 * Math.Sqrt(mean)) - 60.0);

    private static int LastCount(double mean) => (int)(mean + (12.0 * Math.Sqrt(mean)) + 60.0);
}

using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Pricing.JumpModels;

/// <summary>Jumps of price and variance together (Duffie, Pan and Singleton 2000): variance jumps by Zv, exponential; ln price by a normal whose mean moves with Zv.</summary>
/// <param name="IntensityPerYear">lambda, at least 0</param>
/// <param name="LogMean">mu_y: mean of the log-price jump where Zv = 0</param>
/// <param name="LogSd">s_y, at least 0</param>
/// <param name="VarianceMean">mu_v: mean of Zv, variance per year, at least 0; 0 for jumps of price alone</param>
/// <param name="LogPerVariance">rho_J: log-price jump per unit of Zv; rho_J mu_v below 1</param>
public sealed record JumpLaw(double IntensityPerYear, double LogMean, double LogSd, double VarianceMean, double LogPerVariance)
{
    /// <summary>No jumps.</summary>
    public static JumpLaw None { get; } = new(0.0, 0.0, 0.0, 0.0, 0.0);

    /// <summary>E[exp(jump)] - 1 = exp(mu_y + s_y^2/2) / (1 - rho_J mu_v) - 1: what one jump adds to the expected price.</summary>
    public double Compensator => (ElementaryMath.Exp(LogMean + (0.5 * LogSd * LogSd)) / (1.0 - (LogPerVariance * VarianceMean))) - 1.0;

    /// <summary>E[jump^2] of the log price.</summary>
    public double LogSecondMoment
    {
        get
        {
            var shift = LogPerVariance * VarianceMean;
            var mean = LogMean + shift;
            return (mean * mean) + (LogSd * LogSd) + (shift * shift);
        }
    }

    /// <summary>Null where every number is in its domain, else why not.</summary>
    public Refusal? Check()
    {
        if (!(IntensityPerYear >= 0.0 && IntensityPerYear <= 1e5))
        {
            return new Refusal("jump-intensity-range", $"jump intensity {IntensityPerYear} is not a number from 0 to 100000 per year");
        }

        if (!(Math.Abs(LogMean) <= 10.0))
        {
            return new Refusal("jump-mean-range", $"mean log jump {LogMean} is not a number from -10 to 10");
        }

        if (!(LogSd >= 0.0 && LogSd <= 10.0))
        {
            return new Refusal("jump-sd-range", $"sd of the log jump {LogSd} is not a number from 0 to 10");
        }

        if (!(VarianceMean >= 0.0 && VarianceMean <= 1e4))
        {
            return new Refusal("jump-variance-range", $"mean variance jump {VarianceMean} is not a number from 0 to 10000");
        }

        // at 1 the expected price is infinite
        return Math.Abs(LogPerVariance) <= 1e4 && LogPerVariance * VarianceMean < 1.0
            ? null
            : new Refusal("jump-correlation-range", $"log jump per variance {LogPerVariance} times mean variance jump {VarianceMean} is not below 1");
    }
}

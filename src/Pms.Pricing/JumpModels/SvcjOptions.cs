using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Pricing.JumpModels;

/// <summary>Options under SVCJ by one integral over the characteristic function (Duffie, Pan and Singleton 2000; Lewis 2001).</summary>
/// <remarks>
/// call = Black(b) - sqrt(F K)/pi integral_0^inf Re[exp(i u k) (E[(S/F)^(1/2 + i u)] - the same under Black)] / (u^2 + 1/4) du, k = ln(F/K), where Black's
/// variance b is the model's expected one: what is left under the integral is small and smooth. Truncated where nothing above 1e-15 is left, then
/// adaptive panels. Error about 1e-13 of the forward; docs/model/pricing.md has it measured.
/// </remarks>
public static class SvcjOptions
{
    private const int MaxEvaluations = 3_000_000;
    private const double MaxFrequency = 1e8;

    /// <summary>Bound of the absolute error per sqrt(forward x strike), for the accuracy of implied vols.</summary>
    private const double AbsoluteError = 1e-13;

    /// <summary>Call, put, deltas, implied vol.</summary>
    /// <exception cref="InvalidInputException">a parameter outside its domain; <c>integral-range</c> where variance is so small that the integral does not end</exception>
    public static JumpOptionPrices Price(SvcjModel model, in JumpOptionInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(model);
        if ((model.Check() ?? inputs.Check()) is { } refusal)
        {
            throw refusal.ToException();
        }

        var (forward, strike, years) = (inputs.Forward, inputs.Strike, inputs.Years);
        if (years == 0.0)
        {
            return JumpOptionPrices.Of(inputs, Math.Max(forward - strike, 0.0), forward > strike ? 1.0 : forward == strike ? 0.5 : 0.0, 0.0);
        }

        var k = ElementaryMath.LogRatio(forward, strike);
        var variance = model.ExpectedVariance(model.Variance.Initial, years) * years;
        if (!(variance > 0.0))
        {
            return JumpOptionPrices.Of(inputs, Math.Max(forward - strike, 0.0), forward > strike ? 1.0 : forward == strike ? 0.5 : 0.0, 0.0);
        }

        var function = new AffineTransform(model, years);
        var end = Truncation(function, variance);
        var quadrature = new GaussKronrod(Integrand, MaxEvaluations);
        var tolerance = (1e-10, 1e-10 * Math.Max(1.0, Math.Sqrt(end)));
        var (value, slope) = (0.0, 0.0);
        // narrow panels first, where the integrand bends most
        for (var (a, b) = (0.0, end / 256.0); a < end; (a, b) = (b, Math.Min(2.0 * b, end)))
        {
            var (v, s) = quadrature.Integrate(a, b, tolerance);
            value += v;
            slope += s;
        }

        if (quadrature.Exhausted)
        {
            throw new InvalidInputException("integral-range", $"the price integral of strike {strike} does not settle within {MaxEvaluations} evaluations: so little variance to expiry ({variance}) needs another method");
        }

        var black = Black76.Greeks(new BlackInputs(OptionType.Call, forward, strike, Years: 1.0, Vol: Math.Sqrt(variance)));
        var mean = Math.Sqrt(forward) * Math.Sqrt(strike);
        var call = black.Price - (mean / Math.PI * value);
        var delta = black.Delta - (mean / Math.PI / forward * ((0.5 * value) + slope));
        return JumpOptionPrices.Of(inputs, call, delta, AbsoluteError * mean);

        // the integrand and its derivative in k
        (double, double) Integrand(double u)
        {
            var (sin, cos) = ElementaryMath.SinCos(u * k);
            var weight = (u * u) + 0.25;
            var difference = function.At(u) - ElementaryMath.Exp(-0.5 * variance * weight);
            var re = ((cos * difference.Re) - (sin * difference.Im)) / weight;
            var im = ((cos * difference.Im) + (sin * difference.Re)) / weight;
            return (re, -u * im);
        }
    }

    /// <summary>The u beyond which nothing is left.</summary>
    private static double Truncation(AffineTransform function, double variance)
    {
        for (var u = 4.0; u <= MaxFrequency; u *= 1.25)
        {
            // the slope's integrand, the larger one, falls with |transform| / u
            if (function.At(u).Magnitude + ElementaryMath.Exp(-0.5 * variance * u * u) < 1e-16)
            {
                return u;
            }
        }

        throw new InvalidInputException("integral-range", $"the characteristic function does not fall off below {MaxFrequency}: too little diffusion to expiry for the price integral");
    }
}

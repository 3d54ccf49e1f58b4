using Pms.Primitives;

namespace Pms.Volatility.Svi;

/// <summary>The trader's form: what the smile looks like, comparable between maturities.</summary>
/// <param name="Variance">ATM variance, vol^2 per year</param>
/// <param name="Skew">d vol sqrt(years) / dk at the money</param>
/// <param name="PutSlope">left slope of total variance over the ATM standard deviation</param>
/// <param name="CallSlope">right slope of total variance over the ATM standard deviation</param>
/// <param name="MinimumVariance">least variance, vol^2 per year</param>
/// <param name="Years">time to expiry</param>
/// <remarks>Gatheral and Jacquier (2014), eq. 3.5; the way back is solved here by m = beta R, sigma = sqrt(1 - beta^2) R, which also holds at m = 0.</remarks>
public readonly record struct JumpWings(double Variance, double Skew, double PutSlope, double CallSlope, double MinimumVariance, double Years)
{
    public static JumpWings FromRaw(in RawSvi raw, double years)
    {
        var at = raw.Derivatives(0);
        var root = Math.Sqrt(at.W);
        return new JumpWings(at.W / years, 0.5 * at.W1 / root, raw.LeftSlope / root, raw.RightSlope / root, raw.MinimumTotalVariance / years, years);
    }

    /// <summary>Back to the raw form.</summary>
    /// <exception cref="InvalidInputException">
    /// <c>svi-jump-wings</c>: the five numbers belong to no smile, or to more than one (least variance at the money says nothing of curvature)
    /// </exception>
    public RawSvi ToRaw()
    {
        var w = Variance * Years;
        var root = Math.Sqrt(w);
        var b = 0.5 * root * (PutSlope + CallSlope);
        var rho = (CallSlope - PutSlope) / (CallSlope + PutSlope);
        var beta = rho - (2 * Skew * root / b);
        var shape = 1 - (rho * beta) - Math.Sqrt((1 - rho) * (1 + rho) * (1 - beta) * (1 + beta));
        var radius = (Variance - MinimumVariance) * Years / (b * shape);
        if (!(w > 0) || !(b > 0) || !(Math.Abs(beta) < 1) || !(radius > 0) || !double.IsFinite(radius))
        {
            throw new InvalidInputException("svi-jump-wings", $"{this} is not one smile: |beta| below 1 and a variance above the least one are required");
        }

        var sigma = radius * Math.Sqrt((1 - beta) * (1 + beta));
        return new RawSvi((MinimumVariance * Years) - (b * sigma * Math.Sqrt((1 - rho) * (1 + rho))), b, rho, beta * radius, sigma);
    }
}

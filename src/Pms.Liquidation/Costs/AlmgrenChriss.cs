using System.Collections.Immutable;
using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Liquidation.Costs;

/// <summary>What is to be sold, in what time, against which costs and at which price of risk.</summary>
/// <param name="Size">X, units; above 0</param>
/// <param name="Days">T, above 0</param>
/// <param name="Steps">N, 1 to 100,000</param>
/// <param name="DayVol">sigma, price units a day^(1/2), at least 0</param>
/// <param name="TemporaryImpact">eta, price units for a unit a day</param>
/// <param name="PermanentImpact">gamma, price units a unit, at least 0</param>
/// <param name="HalfSpread">epsilon, price units, at least 0</param>
/// <param name="RiskAversion">lambda, 1 / money, at least 0</param>
public sealed record AlmgrenChrissInputs(double Size, double Days, int Steps, double DayVol, double TemporaryImpact, double PermanentImpact, double HalfSpread, double RiskAversion);

/// <summary>The schedule of least cost plus lambda x variance: Almgren and Chriss (2000), section 2 and equations 14 to 20.</summary>
public sealed record AlmgrenChriss
{
    private const int MostSteps = 100_000;

    private AlmgrenChriss()
    {
    }

    /// <summary>sqrt(lambda sigma^2 / eta~), 1 / day: kappa in the limit of short steps.</summary>
    public double KappaTilde { get; private init; }

    /// <summary>1 / day; 2 (cosh(kappa tau) - 1) = kappa~^2 tau^2.</summary>
    public double Kappa { get; private init; }

    /// <summary>Time in which the rest falls to 1/e where there is all the time: 1 / kappa. Null at a risk aversion of 0.</summary>
    public double? HalfLifeDays => Kappa > 0 ? 1 / Kappa : null;

    /// <summary>[0 to N] what is left, units.</summary>
    public ImmutableArray<double> Trajectory { get; private init; }

    /// <summary>[0 to N - 1] what is sold in each step, units.</summary>
    public ImmutableArray<double> Trades { get; private init; }

    /// <summary>Money.</summary>
    public double ExpectedCost { get; private init; }

    /// <summary>Money squared.</summary>
    public double Variance { get; private init; }

    public double StandardDeviation => Math.Sqrt(Variance);

    /// <exception cref="InvalidInputException"><c>cost-input</c></exception>
    public static AlmgrenChriss Optimal(AlmgrenChrissInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var (size, days, steps, sigma, eta, gamma, epsilon, lambda) = inputs;
        Require(size > 0 && days > 0 && steps is >= 1 and <= MostSteps, $"size {size}, days {days}, steps {steps}: above 0 and 1 to {MostSteps} steps are required");
        Require(sigma >= 0 && gamma >= 0 && epsilon >= 0 && lambda >= 0, $"sigma {sigma}, gamma {gamma}, epsilon {epsilon}, risk aversion {lambda}: at least 0 is required");
        var tau = days / steps;
        var etaTilde = eta - (gamma * tau / 2);
        Require(etaTilde > 0 && double.IsFinite(size * size * (etaTilde + gamma) / tau) && double.IsFinite(lambda * sigma * sigma / etaTilde), $"eta {eta} less half of gamma {gamma} x step {tau} is {etaTilde}: above 0, with finite costs, is required");
        var tilde = Math.Sqrt(lambda * sigma * sigma / etaTilde);
        // cosh(x) = 1 + u^2 / 2 means x = 2 asinh(u / 2): without the cancellation of acosh near 1.
        var kappa = 2 * Asinh(tilde * tau / 2) / tau;
        var left = ImmutableArray.CreateBuilder<double>(steps + 1);
        for (var j = 0; j <= steps; j++)
        {
            left.Add(j == 0 ? size : j == steps ? 0 : size * SinhRatio(kappa * (days - (j * tau)), kappa * days, (double)(steps - j) / steps));
        }

        var trades = ImmutableArray.CreateBuilder<double>(steps);
        double squares = 0, holdings = 0;
        for (var j = 1; j <= steps; j++)
        {
            var trade = left[j - 1] - left[j];
            trades.Add(trade);
            squares += trade * trade;
            holdings += left[j] * left[j];
        }

        return new AlmgrenChriss
        {
            KappaTilde = tilde,
            Kappa = kappa,
            Trajectory = left.MoveToImmutable(),
            Trades = trades.MoveToImmutable(),
            ExpectedCost = (gamma * size * size / 2) + (epsilon * size) + (etaTilde / tau * squares),
            Variance = sigma * sigma * tau * holdings,
        };
    }

    private static double Asinh(double u) => ElementaryMath.Log1p(u + (u * u / (1 + Math.Sqrt(1 + (u * u)))));

    /// <summary>sinh(a) / sinh(b), 0 at most a at most b; where b is 0, their ratio in the limit.</summary>
    private static double SinhRatio(double a, double b, double limit) => b == 0 ? limit : ElementaryMath.Exp(a - b) * ElementaryMath.Expm1(-2 * a) / ElementaryMath.Expm1(-2 * b);

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new InvalidInputException("cost-input", message);
        }
    }
}

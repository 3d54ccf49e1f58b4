using Pms.MarketData.Instruments;
using Pms.Pricing.JumpModels;
using Pms.Primitives;

namespace Pms.Scenarios.MonteCarlo;

/// <summary>How one coin moves by itself and in a common crash.</summary>
/// <param name="Coin">as in BTC</param>
/// <param name="Variance">diffusion</param>
/// <param name="OwnJump">jumps that no other coin shares</param>
/// <param name="CrashLoading">the coin's log jump in a crash is this times the crash's; at least 0</param>
/// <param name="CrashVarianceLoading">its variance jump in a crash is this times the crash's; at least 0 (at 0 the log jump loses its variance part too)</param>
/// <param name="DriftPerYear">of the expected price: E[S1/S0] = exp(drift x years); 0 makes the price a martingale</param>
/// <param name="Surface">what the variance process does not say of skew, term and basis</param>
public sealed record CoinDynamics(
    Asset Coin, VarianceDynamics Variance, JumpLaw OwnJump, double CrashLoading, double CrashVarianceLoading, double DriftPerYear, SurfaceDynamics Surface)
{
    /// <summary>The law of the coin's part in a common crash.</summary>
    public JumpLaw CrashJump(JumpLaw crash) => crash with
    {
        LogMean = CrashLoading * crash.LogMean,
        LogSd = CrashLoading * crash.LogSd,
        VarianceMean = CrashVarianceLoading * crash.VarianceMean,
        LogPerVariance = CrashVarianceLoading > 0.0 ? CrashLoading / CrashVarianceLoading * crash.LogPerVariance : 0.0,
    };

    /// <summary>The coin alone, seen by a pricer: diffusion, own jumps, its part in crashes.</summary>
    public SvcjModel Model(JumpLaw crash) => new(Variance, [OwnJump, CrashJump(crash)]);
}

/// <summary>Moves of a coin's surface and basis beyond what its variance implies. Standard deviations grow with the square root of the horizon.</summary>
/// <param name="VolNoisePerSqrtDay">sd of an own log move of the 30-day ATM vol; other tenors move by <see cref="VolTerm"/>; at least 0</param>
/// <param name="SkewPerLogReturn">change of d sqrt(w)/dk per unit of log return: above 0, a fall lifts puts against calls (an SSR-like rule)</param>
/// <param name="SkewNoisePerSqrtDay">sd of the rest; at least 0</param>
/// <param name="SkewBound">largest change either way, above 0; reached smoothly</param>
/// <param name="BasisPerLogReturn">change of the annualised log basis of 30 days (other expiries: <see cref="BasisTerm"/>) per unit of log return</param>
/// <param name="BasisNoisePerSqrtDay">sd of the rest; at least 0</param>
public sealed record SurfaceDynamics(
    double VolNoisePerSqrtDay, double SkewPerLogReturn, double SkewNoisePerSqrtDay, double SkewBound, double BasisPerLogReturn, double BasisNoisePerSqrtDay)
{
    /// <summary>Nothing moves but what the variance implies.</summary>
    public static SurfaceDynamics Still { get; } = new(0.0, 0.0, 0.0, 0.1, 0.0, 0.0);

    internal Refusal? Check()
    {
        if (!(VolNoisePerSqrtDay is >= 0.0 and <= 1.0 && SkewNoisePerSqrtDay is >= 0.0 and <= 1.0 && BasisNoisePerSqrtDay is >= 0.0 and <= 10.0))
        {
            return new Refusal("surface-dynamics", $"a standard deviation of {this} is outside 0 to 1 (basis: 0 to 10)");
        }

        return Math.Abs(SkewPerLogReturn) <= 10.0 && SkewBound is > 0.0 and <= 10.0 && Math.Abs(BasisPerLogReturn) <= 100.0
            ? null
            : new Refusal("surface-dynamics", $"{this}: skew per log return must lie in [-10, 10], its bound in (0, 10], basis per log return in [-100, 100]");
    }
}

/// <summary>How the price of a pegged asset leaves its anchor.</summary>
/// <param name="Asset">as in USDC, STETH</param>
/// <param name="NoisePerSqrtDay">sd of the everyday log move; at least 0</param>
/// <param name="BreaksPerYear">intensity of breaks of the peg; at least 0</param>
/// <param name="BreakMean">a break is a fall of ln price with this exponential mean; above 0</param>
/// <param name="BreakChanceInCrash">probability that a common crash breaks the peg; in [0, 1]</param>
public sealed record PegDynamics(Asset Asset, double NoisePerSqrtDay, double BreaksPerYear, double BreakMean, double BreakChanceInCrash)
{
    internal Refusal? Check() =>
        NoisePerSqrtDay is >= 0.0 and <= 1.0 && BreaksPerYear is >= 0.0 and <= 1000.0 && BreakMean is > 0.0 and <= 5.0 && BreakChanceInCrash is >= 0.0 and <= 1.0
            ? null
            : new Refusal("peg-dynamics", $"{this}: noise must lie in [0, 1], breaks per year in [0, 1000], their mean in (0, 5], the chance in a crash in [0, 1]");
}

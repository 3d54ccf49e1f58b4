using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Simulation.Parameters;

/// <summary>How one coin moves: spot, its variance, the smile, the basis. Rates per year (ACT/365), vols and rates as fractions.</summary>
/// <remarks>
/// Defaults are rounded from the boards and fits named in docs/simulation.md. The equations are in <see cref="Market.MarketProcess"/>
/// and <see cref="Market.TrueSurface"/>.
/// </remarks>
public sealed record CoinParameters
{
    public required Asset Coin { get; init; }

    /// <summary>USD at the start of the run.</summary>
    public required double SpotUsd { get; init; }

    /// <summary>Loading on the common factor; the correlation of two coins' diffusions is the product of their loadings.</summary>
    public double CommonLoading { get; init; } = 0.9;

    /// <summary>Expected growth of spot per year, jumps included.</summary>
    public double Drift { get; init; }

    /// <summary>Variance at the start: 0.25 is 50 % vol.</summary>
    public double InitialVariance { get; init; } = 0.2;

    /// <summary>Where the variance is heading within weeks, at the start.</summary>
    public double InitialMediumVariance { get; init; } = 0.22;

    /// <summary>Where the medium variance is heading within a year.</summary>
    public double LongRunVariance { get; init; } = 0.25;

    /// <summary>Pull of variance to the medium variance, per year; 40 is a half-life of 6 days.</summary>
    public double VarianceReversion { get; init; } = 40;

    /// <summary>Pull of the medium variance to the long run, per year; below <see cref="VarianceReversion"/>.</summary>
    public double MediumReversion { get; init; } = 2.5;

    public double VolOfVariance { get; init; } = 2.2;

    public double VolOfMediumVariance { get; init; } = 0.5;

    /// <summary>Correlation of the spot and variance diffusions.</summary>
    public double SpotVarianceCorrelation { get; init; } = -0.4;

    /// <summary>Idiosyncratic jumps per year.</summary>
    public double JumpIntensity { get; init; } = 6;

    /// <summary>Mean log size of an idiosyncratic jump.</summary>
    public double JumpMean { get; init; } = -0.02;

    /// <summary>Standard deviation of the log size of an idiosyncratic jump.</summary>
    public double JumpStandardDeviation { get; init; } = 0.03;

    /// <summary>Mean of the exponential variance jump that comes with every price jump.</summary>
    public double VarianceJumpMean { get; init; } = 0.15;

    /// <summary>How much of a common jump this coin takes.</summary>
    public double CommonJumpLoading { get; init; } = 1;

    /// <summary>How much of a stress script's log move this coin takes.</summary>
    public double StressLoading { get; init; } = 1;

    /// <summary>Scale of a stress script's vol target for this coin.</summary>
    public double StressVolScale { get; init; } = 1;

    /// <summary>Implied over expected variance.</summary>
    public double VariancePremium { get; init; } = 1.08;

    /// <summary>Smile curvature at the money: psi = theta phi = eta sqrt(theta / (1 + flattening theta)).</summary>
    public double SmileCurvature { get; init; } = 0.95;

    public double SmileFlattening { get; init; } = 8;

    /// <summary>Spot-variance correlation of the shortest smiles where the skew state rests.</summary>
    public double SkewShort { get; init; } = -0.3;

    /// <summary>Spot-variance correlation of the longest smiles.</summary>
    public double SkewLong { get; init; } = 0.02;

    /// <summary>The psi at which half of the way from short to long skew is done.</summary>
    public double SkewScale { get; init; } = 0.1;

    public double SkewReversion { get; init; } = 60;

    /// <summary>Change of the skew state per log return: a falling spot steepens the put wing.</summary>
    public double SkewReturnResponse { get; init; } = 1.5;

    public double SkewNoise { get; init; } = 1;

    /// <summary>Annual basis of the shortest futures at rest.</summary>
    public double BasisShort { get; init; } = 0.03;

    /// <summary>Annual basis of the longest futures.</summary>
    public double BasisLong { get; init; } = 0.04;

    /// <summary>Years over which the short basis decays to the long one.</summary>
    public double BasisDecayYears { get; init; } = 0.25;

    public double BasisReversion { get; init; } = 50;

    public double BasisNoise { get; init; } = 0.15;

    /// <summary>Change of the short basis (per year) per log return.</summary>
    public double BasisReturnResponse { get; init; } = 0.3;

    /// <summary>Pull of the perpetual's premium to zero, per year; 12,000 is a half-life of 30 minutes.</summary>
    public double PremiumReversion { get; init; } = 12_000;

    /// <summary>Noise of the premium per square root year; 0.03 rests at a standard deviation of 2 bp.</summary>
    public double PremiumNoise { get; init; } = 0.03;

    /// <summary>Change of the perpetual's premium per log return.</summary>
    public double PremiumReturnResponse { get; init; } = 0.01;

    /// <summary>Largest correlation that <see cref="Market.TrueSurface"/> can show, short or long.</summary>
    public const double MaxAbsoluteSkew = 0.9;

    internal IEnumerable<ParameterEntry> Entries =>
    [
        new(nameof(SpotUsd), SpotUsd, 1e-4, 1e7),
        new(nameof(CommonLoading), CommonLoading, -1, 1),
        new(nameof(Drift), Drift, -2, 2),
        new(nameof(InitialVariance), InitialVariance, 1e-4, 9),
        new(nameof(InitialMediumVariance), InitialMediumVariance, 1e-4, 9),
        new(nameof(LongRunVariance), LongRunVariance, 1e-4, 9),
        new(nameof(VarianceReversion), VarianceReversion, 0.5, 1_000),
        new(nameof(MediumReversion), MediumReversion, 0.1, 0.9 * VarianceReversion),
        new(nameof(VolOfVariance), VolOfVariance, 0, 10),
        new(nameof(VolOfMediumVariance), VolOfMediumVariance, 0, 5),
        new(nameof(SpotVarianceCorrelation), SpotVarianceCorrelation, -1, 1),
        new(nameof(JumpIntensity), JumpIntensity, 0, 1_000),
        new(nameof(JumpMean), JumpMean, -0.5, 0.5),
        new(nameof(JumpStandardDeviation), JumpStandardDeviation, 0, 0.5),
        new(nameof(VarianceJumpMean), VarianceJumpMean, 0, 2),
        new(nameof(CommonJumpLoading), CommonJumpLoading, 0, 3),
        new(nameof(StressLoading), StressLoading, 0, 3),
        new(nameof(StressVolScale), StressVolScale, 0, 3),
        new(nameof(VariancePremium), VariancePremium, 0.5, 2),
        new(nameof(SmileCurvature), SmileCurvature, 0, 1.4),
        new(nameof(SmileFlattening), SmileFlattening, 0.5, 50),
        new(nameof(SkewShort), SkewShort, -MaxAbsoluteSkew + 0.01, MaxAbsoluteSkew - 0.01),
        new(nameof(SkewLong), SkewLong, -MaxAbsoluteSkew, MaxAbsoluteSkew),
        new(nameof(SkewScale), SkewScale, 1e-3, 10),
        new(nameof(SkewReversion), SkewReversion, 0.1, 1_000),
        new(nameof(SkewReturnResponse), SkewReturnResponse, 0, 50),
        new(nameof(SkewNoise), SkewNoise, 0, 10),
        new(nameof(BasisShort), BasisShort, -1, 1),
        new(nameof(BasisLong), BasisLong, -1, 1),
        new(nameof(BasisDecayYears), BasisDecayYears, 0.01, 10),
        new(nameof(BasisReversion), BasisReversion, 0.1, 1_000),
        new(nameof(BasisNoise), BasisNoise, 0, 5),
        new(nameof(BasisReturnResponse), BasisReturnResponse, 0, 10),
        new(nameof(PremiumReversion), PremiumReversion, 10, 100_000),
        new(nameof(PremiumNoise), PremiumNoise, 0, 1),
        new(nameof(PremiumReturnResponse), PremiumReturnResponse, 0, 1),
    ];

    internal void Validate()
    {
        _ = Coin.Code;
        ParameterTable.Validate(Coin.Code, Entries);

        // Sufficient against butterflies at every theta: psi (1+|rho|) < 4 with psi <= eta / sqrt(flattening); psi phi (1+|rho|) <= 4 follows from eta <= 1.4.
        var bound = SmileCurvature * SmileCurvature * (1 + MaxAbsoluteSkew) * (1 + MaxAbsoluteSkew) / SmileFlattening;
        if (bound >= 16)
        {
            throw new InvalidInputException(
                "simulation-parameter",
                $"{Coin}: {nameof(SmileCurvature)} {SmileCurvature} with {nameof(SmileFlattening)} {SmileFlattening} allows butterfly arbitrage in the wings");
        }
    }
}

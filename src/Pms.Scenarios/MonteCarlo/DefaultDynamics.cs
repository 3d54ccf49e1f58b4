using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Pricing.JumpModels;
using Pms.Primitives;

namespace Pms.Scenarios.MonteCarlo;

/// <summary>Dynamics where no calibration is given.</summary>
/// <remarks>
/// BTC and ETH: medians of 388 Deribit snapshots, December 2025 to spring 2026 (Mahbub 2026). BTC is taken as published: three quarters of its jumps are
/// the common crash, a quarter its own, of one law. ETH as published is degenerate (jump sd 0.0003 with correlation -0.999, so that every jump is a
/// fall of 47 % on average; Feller's condition failed in 56 % of its fits): its diffusion and jump intensity are kept, its price-variance
/// correlation goes half-way to BTC's, and its jumps are BTC's scaled.
/// Other coins: BTC's shape at 1.5 times its vol, with more and larger jumps of their own.
/// </remarks>
internal static class DefaultDynamics
{
    private const double BtcIntensity = 1.287897;
    private const double CommonPart = 0.75;

    /// <summary>Of the solved vol, relative.</summary>
    private const double LevelAccuracy = 1e-10;

    /// <summary>How far root expected variance may lie from the vol, as a logarithm: factor 20.</summary>
    private const double LevelBracket = 3.0;

    private const int MostLevelSteps = 100;

    internal static JumpLaw Crash { get; } = new(CommonPart * BtcIntensity, -0.067601, 0.157563, 0.737491, -0.030299);

    internal static CoinDynamics Of(Asset coin) => coin.Code switch
    {
        "BTC" => new CoinDynamics(
            coin, new VarianceDynamics(0.224903, 13.376951, 0.108179, 0.940205, -0.425279), Crash with { IntensityPerYear = (1.0 - CommonPart) * BtcIntensity },
            CrashLoading: 1.0, CrashVarianceLoading: 1.0, DriftPerYear: 0.0, Surface),
        "ETH" => new CoinDynamics(
            coin, new VarianceDynamics(0.37701, 15.700853, 0.248903, 2.269343, -0.14), new JumpLaw(2.271351 - Crash.IntensityPerYear, -0.08, 0.20, 0.334262, -0.03),
            CrashLoading: 1.3, CrashVarianceLoading: 1.0, DriftPerYear: 0.0, Surface),
        _ => new CoinDynamics(
            coin, new VarianceDynamics(2.25 * 0.224903, 13.376951, 2.25 * 0.108179, 1.5 * 0.940205, -0.3), new JumpLaw(2.5, -0.05, 0.22, 1.0, -0.03),
            CrashLoading: 1.5, CrashVarianceLoading: 1.5, DriftPerYear: 0.0, Surface),
    };

    internal static PegDynamics Of(PeggedAsset peg) => peg.Anchor == Asset.Usd
        ? new PegDynamics(peg.Asset, NoisePerSqrtDay: 0.0004, BreaksPerYear: 0.2, BreakMean: 0.05, BreakChanceInCrash: 0.05)
        : new PegDynamics(peg.Asset, NoisePerSqrtDay: 0.0015, BreaksPerYear: 0.5, BreakMean: 0.03, BreakChanceInCrash: 0.20);

    /// <summary>Correlation of daily diffusive moves: BTC with ETH, and any other pair.</summary>
    internal static (double Majors, double Others) PriceCorrelation => (0.85, 0.70);

    internal static (double Majors, double Others) VarianceCorrelation => (0.80, 0.65);

    internal static ImmutableArray<double> Correlation(ImmutableArray<Asset> coins, (double Majors, double Others) level)
    {
        var n = coins.Length;
        var matrix = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                var majors = coins[i].Code is "BTC" or "ETH" && coins[j].Code is "BTC" or "ETH";
                matrix[(i * n) + j] = i == j ? 1.0 : majors ? level.Majors : level.Others;
            }
        }

        return [.. matrix];
    }

    private static SurfaceDynamics Surface { get; } = new(
        VolNoisePerSqrtDay: 0.04, SkewPerLogReturn: 0.10, SkewNoisePerSqrtDay: 0.004, SkewBound: 0.05, BasisPerLogReturn: 0.15, BasisNoisePerSqrtDay: 0.01);

    /// <summary><see cref="MonteCarloParameters.WithCurrentLevel"/> of one coin.</summary>
    internal static CoinDynamics AtLevel(this CoinDynamics coin, JumpLaw crash, double atmVol, double tenorYears)
    {
        // Secant in the logarithms of root expected variance and implied vol, which are nearly proportional; kept inside a bracket, because jumps that begin to
        // scale bend the curve.
        var target = ElementaryMath.Log(atmVol);
        var (x, low, high) = (target, target - LevelBracket, target + LevelBracket);
        var (lastX, lastError) = (double.NaN, double.NaN);
        for (var i = 0; i < MostLevelSteps; i++)
        {
            var at = coin.AtExpectedVariance(crash, ElementaryMath.Exp(2.0 * x), tenorYears);
            var error = ElementaryMath.Log(AtTheMoneyVol(at, crash, tenorYears)) - target;
            if (Math.Abs(error) <= LevelAccuracy)
            {
                return at;
            }

            (low, high) = error > 0.0 ? (low, x) : (x, high);
            var slope = (error - lastError) / (x - lastX);
            var next = x - (error / (slope is > 0.25 and < 4.0 ? slope : 1.0));
            (lastX, lastError) = (x, error);
            x = next > low && next < high ? next : 0.5 * (low + high);
        }

        throw new InvalidInputException("level-unreachable", $"no variance level of {coin.Coin} gives an at-the-money vol of {atmVol} at {tenorYears} years: the nearest found is {ElementaryMath.Exp(target + lastError)}");
    }

    private static double AtTheMoneyVol(CoinDynamics coin, JumpLaw crash, double tenorYears)
    {
        var vol = SvcjOptions.Price(coin.Model(crash), new JumpOptionInputs(Forward: 1.0, Strike: 1.0, tenorYears)).ImpliedVol;
        return vol.Refusal is { } refusal ? throw refusal.ToException() : vol.Vol;
    }

    /// <summary>The coin scaled to an expected variance per year up to a tenor.</summary>
    private static CoinDynamics AtExpectedVariance(this CoinDynamics coin, JumpLaw crash, double target, double tenorYears)
    {
        var crashJump = coin.CrashJump(crash);
        var jumps = (coin.OwnJump.IntensityPerYear * coin.OwnJump.LogSecondMoment) + (crashJump.IntensityPerYear * crashJump.LogSecondMoment);
        var jumpScale = jumps > 0.5 * target ? Math.Sqrt(0.5 * target / jumps) : 1.0;
        var diffusive = coin.Model(crash).ExpectedVariance(coin.Variance.Initial, tenorYears) - jumps;
        var wanted = target - (jumps * jumpScale * jumpScale);
        if (!(diffusive > 0.0))
        {
            // no variance to scale: a constant one takes the level
            return coin with { Variance = coin.Variance with { Initial = wanted, LongRun = wanted } };
        }

        var scale = wanted / diffusive;
        return coin with
        {
            Variance = coin.Variance with
            {
                Initial = scale * coin.Variance.Initial,
                LongRun = scale * coin.Variance.LongRun,
                VolOfVariance = Math.Sqrt(scale) * coin.Variance.VolOfVariance,
            },
            OwnJump = coin.OwnJump with
            {
                LogMean = jumpScale * coin.OwnJump.LogMean,
                LogSd = jumpScale * coin.OwnJump.LogSd,
                VarianceMean = scale * coin.OwnJump.VarianceMean,
                LogPerVariance = jumpScale / scale * coin.OwnJump.LogPerVariance,
            },
            CrashLoading = jumpScale * coin.CrashLoading,
            CrashVarianceLoading = scale * coin.CrashVarianceLoading,
        };
    }
}

using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.Pricing.JumpModels;
using Pms.Primitives;

namespace Pms.Scenarios.MonteCarlo;

/// <summary>Everything that the Monte Carlo family is made from; immutable, validated, hashed.</summary>
/// <remarks>docs/model/monte-carlo.md has the model, the source of each default, and what the numbers do.</remarks>
public sealed record MonteCarloParameters
{
    public const string Schema = "pms.monte-carlo-parameters/1";

    /// <summary>Coins one set may move.</summary>
    public const int MaxCoins = 64;

    /// <summary>Each coin once.</summary>
    public required ImmutableArray<CoinDynamics> Coins { get; init; }

    /// <summary>[coin x coin] correlation of the diffusive price shocks, in the order of <see cref="Coins"/>.</summary>
    public required ImmutableArray<double> PriceCorrelation { get; init; }

    /// <summary>[coin x coin] correlation of the variance shocks.</summary>
    public required ImmutableArray<double> VarianceCorrelation { get; init; }

    /// <summary>The common jump, for a coin of loading 1.</summary>
    public required JumpLaw Crash { get; init; }

    /// <summary>Correlation of the coins' log jumps in one crash (given their variance jumps, which are in step), in [0, 1].</summary>
    public double CrashSizeCorrelation { get; init; } = 0.9;

    /// <summary>Degrees of freedom of the Student t law of diffusive moves, above 2; infinity for none.</summary>
    /// <remarks>All diffusion runs on one random clock (nu - 2)/chi^2_nu of mean 1, common to all coins: moves are t-distributed with t dependence, and prices stay martingales.</remarks>
    public double DegreesOfFreedom { get; init; } = 6.0;

    /// <summary>Each peg once; a pegged asset of the factors without dynamics here takes <see cref="DefaultPeg"/>.</summary>
    public ImmutableArray<PegDynamics> Pegs { get; init; } = [];

    /// <summary>Share of the scenarios with a common crash, in [0, 1); their probability weight stays what the intensity says.</summary>
    public double CrashShare { get; init; } = 0.15;

    /// <summary>Share of the scenarios without crash but with a coin's own jump or a broken peg, in [0, 1).</summary>
    public double OwnJumpShare { get; init; } = 0.10;

    /// <summary>Steps of the variance over the horizon, 1 to 64; jumps add steps of their own.</summary>
    public int Steps { get; init; } = 2;

    /// <summary>Independent scramblings within one set, whose spread is the error bar: 1 to 1000. Fewer and larger ones are surer, and eight still tell their own spread (docs/model/monte-carlo.md).</summary>
    public int Replicates { get; init; } = 8;

    /// <summary>How uniform numbers are made, and whether jumps are stratified.</summary>
    public MonteCarloSampling Sampling { get; init; } = MonteCarloSampling.ScrambledSobolStratified;

    /// <summary>Dynamics of one coin.</summary>
    /// <exception cref="InvalidInputException"><c>coin-missing</c></exception>
    public CoinDynamics Coin(Asset coin) => Coins.FirstOrDefault(c => c.Coin == coin)
        ?? throw new InvalidInputException("coin-missing", $"there are no dynamics of {coin}: the coins are {string.Join(", ", Coins.Select(c => c.Coin))}");

    /// <summary>Published and documented defaults for the coins and pegs of a set.</summary>
    public static MonteCarloParameters Default(RiskFactors factors)
    {
        ArgumentNullException.ThrowIfNull(factors);
        return new MonteCarloParameters
        {
            Coins = [.. factors.Coins.Select(DefaultDynamics.Of)],
            PriceCorrelation = DefaultDynamics.Correlation(factors.Coins, DefaultDynamics.PriceCorrelation),
            VarianceCorrelation = DefaultDynamics.Correlation(factors.Coins, DefaultDynamics.VarianceCorrelation),
            Crash = DefaultDynamics.Crash,
            Pegs = [.. factors.Pegs.Select(DefaultPeg)],
        };
    }

    /// <summary>A stablecoin's or a staked coin's dynamics where nothing else is known.</summary>
    public static PegDynamics DefaultPeg(PeggedAsset peg) => DefaultDynamics.Of(peg);

    /// <summary>The coin at the vol level of its current surface: the Black vol of the model's own at-the-money option of a tenor becomes <paramref name="atmVol"/>.</summary>
    /// <param name="coin">one of <see cref="Coins"/></param>
    /// <param name="atmVol">annual and decimal, 0.01 to 10</param>
    /// <param name="tenorYears">ACT/365, above 0; 30 days by default</param>
    /// <remarks>
    /// Variance now and in the long run, and the variance jumps, scale by one factor, vol of variance by its root, so that the shape (Feller ratio,
    /// term structure) stays. Price jumps stay, unless they alone would take more than half of the new level: then they scale too.
    /// The price is the semi-analytic one (<see cref="SvcjOptions"/>). Expected variance would not do: jumps and a random variance lower the vol at the money below its root,
    /// by a tenth for the default dynamics, and a start at that root would draw so much too little (docs/model/monte-carlo.md).
    /// </remarks>
    /// <exception cref="InvalidInputException"><c>coin-missing</c>, <c>vol-range</c>, <c>years-range</c>, <c>level-unreachable</c>, <c>integral-range</c></exception>
    public MonteCarloParameters WithCurrentLevel(Asset coin, double atmVol, double tenorYears = 30.0 / 365.0)
    {
        if (!(atmVol is >= 0.01 and <= 10.0))
        {
            throw new InvalidInputException("vol-range", $"ATM vol {atmVol} of {coin} is not a number from 0.01 to 10");
        }

        if (!(tenorYears is > 0.0 and <= 100.0))
        {
            throw new InvalidInputException("years-range", $"tenor {tenorYears} years is not a number above 0, up to 100");
        }

        return With(Coin(coin).AtLevel(Crash, atmVol, tenorYears));
    }

    /// <summary>The same parameters with one coin's dynamics replaced.</summary>
    /// <exception cref="InvalidInputException"><c>coin-missing</c></exception>
    public MonteCarloParameters With(CoinDynamics dynamics)
    {
        ArgumentNullException.ThrowIfNull(dynamics);
        return this with { Coins = Coins.Replace(Coin(dynamics.Coin), dynamics) };
    }

    /// <summary>Null where everything is in its domain, else why not.</summary>
    public Refusal? Check()
    {
        if (Coins.IsDefaultOrEmpty || Coins.Length > MaxCoins || Coins.Select(c => c.Coin).Distinct().Count() != Coins.Length)
        {
            return new Refusal("coins", $"1 to {MaxCoins} coins, each once, are required: [{string.Join(", ", Coins.IsDefault ? [] : Coins.Select(c => c.Coin))}]");
        }

        foreach (var coin in Coins)
        {
            if (!(coin.CrashLoading is >= 0.0 and <= 10.0 && coin.CrashVarianceLoading is >= 0.0 and <= 100.0 && Math.Abs(coin.DriftPerYear) <= 10.0))
            {
                return new Refusal("crash-loading", $"{coin.Coin}: crash loading {coin.CrashLoading} must lie in [0, 10], of variance {coin.CrashVarianceLoading} in [0, 100], drift {coin.DriftPerYear} in [-10, 10]");
            }

            if ((coin.Model(Crash).Check() ?? coin.Surface.Check()) is { } refusal)
            {
                return new Refusal(refusal.Code, $"{coin.Coin}: {refusal.Message}");
            }
        }

        if (Crash.Check() is { } crash)
        {
            return new Refusal(crash.Code, $"crash: {crash.Message}");
        }

        foreach (var peg in Pegs)
        {
            if (peg.Check() is { } refusal)
            {
                return refusal;
            }
        }

        if (Pegs.Select(p => p.Asset).Distinct().Count() != Pegs.Length)
        {
            return new Refusal("pegs", $"a peg stands twice: [{string.Join(", ", Pegs.Select(p => p.Asset))}]");
        }

        if (!(CrashSizeCorrelation is >= 0.0 and <= 1.0))
        {
            return new Refusal("crash-size-correlation", $"correlation {CrashSizeCorrelation} of crash sizes is not in [0, 1]");
        }

        if (!(DegreesOfFreedom > 2.0))
        {
            return new Refusal("degrees-of-freedom", $"{DegreesOfFreedom} degrees of freedom: above 2 are required, for the variance to exist");
        }

        if (!(CrashShare is >= 0.0 and < 1.0 && OwnJumpShare is >= 0.0 and < 1.0 && CrashShare + OwnJumpShare < 1.0))
        {
            return new Refusal("jump-share", $"shares of jump scenarios {CrashShare} and {OwnJumpShare} must be at least 0 and add up to less than 1");
        }

        if (Steps is < 1 or > 64 || Replicates is < 1 or > 1000)
        {
            return new Refusal("steps", $"{Steps} steps (1 to 64) and {Replicates} replicates (1 to 1000)");
        }

        if (!Enum.IsDefined(Sampling))
        {
            return new Refusal("sampling", $"{Sampling} is no way of sampling");
        }

        return CorrelationFactor.Check(PriceCorrelation, Coins.Length, "price correlation")
            ?? CorrelationFactor.Check(VarianceCorrelation, Coins.Length, "variance correlation");
    }

    /// <summary>[coin x coin] correlation of what price shocks have beyond variance shocks: W = rho B + sqrt(1 - rho^2) Z gives
    /// corr(Z, Z') = (corr(W, W') - rho rho' corr(B, B')) / sqrt((1 - rho^2)(1 - rho'^2)). Where rho and rho' differ so much that no Z has it, the nearest is drawn and counted (<see cref="CorrelationRepairs"/>).</summary>
    internal double[] ResidualCorrelation()
    {
        var n = Coins.Length;
        var result = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                var (a, b) = (Rho(Coins[i]), Rho(Coins[j]));
                result[(i * n) + j] = i == j ? 1.0 : (PriceCorrelation[(i * n) + j] - (a * b * VarianceCorrelation[(i * n) + j])) / Math.Sqrt((1.0 - (a * a)) * (1.0 - (b * b)));
            }
        }

        return result;

        // a variance without noise has no shocks to correlate with
        static double Rho(CoinDynamics coin) => coin.Variance.VolOfVariance > 0.0 ? coin.Variance.Correlation : 0.0;
    }

    /// <summary>What drawing changes of the correlations: pairs of coins of very unlike price-variance correlation may contradict the correlations asked for.</summary>
    public CorrelationRepairs CorrelationRepairs()
    {
        var asked = ResidualCorrelation();
        return MonteCarlo.CorrelationRepairs.Between(Coins.Length, (asked, CorrelationFactor.Nearest(asked, Coins.Length)));
    }

    /// <summary>Of the canonical bytes of every number above.</summary>
    public ContentHash Hash()
    {
        var writer = new CanonicalWriter(Schema);
        Write(writer);
        return writer.Hash();
    }

    internal void Write(CanonicalWriter writer)
    {
        writer.Write(Coins.Length);
        foreach (var c in Coins)
        {
            writer.Write(c.Coin.Code);
            foreach (var x in (ReadOnlySpan<double>)[c.Variance.Initial, c.Variance.MeanReversion, c.Variance.LongRun, c.Variance.VolOfVariance, c.Variance.Correlation])
            {
                writer.Write(x);
            }

            WriteJump(writer, c.OwnJump);
            foreach (var x in (ReadOnlySpan<double>)[
                c.CrashLoading, c.CrashVarianceLoading, c.DriftPerYear, c.Surface.VolNoisePerSqrtDay, c.Surface.SkewPerLogReturn, c.Surface.SkewNoisePerSqrtDay,
                c.Surface.SkewBound, c.Surface.BasisPerLogReturn, c.Surface.BasisNoisePerSqrtDay])
            {
                writer.Write(x);
            }
        }

        foreach (var x in PriceCorrelation)
        {
            writer.Write(x);
        }

        foreach (var x in VarianceCorrelation)
        {
            writer.Write(x);
        }

        WriteJump(writer, Crash);
        writer.Write(CrashSizeCorrelation);
        // infinity has no canonical form: absent means none
        writer.Write(double.IsFinite(DegreesOfFreedom));
        writer.Write(double.IsFinite(DegreesOfFreedom) ? DegreesOfFreedom : 0.0);
        writer.Write(Pegs.Length);
        foreach (var p in Pegs)
        {
            writer.Write(p.Asset.Code);
            writer.Write(p.NoisePerSqrtDay);
            writer.Write(p.BreaksPerYear);
            writer.Write(p.BreakMean);
            writer.Write(p.BreakChanceInCrash);
        }

        writer.Write(CrashShare);
        writer.Write(OwnJumpShare);
        writer.Write(Steps);
        writer.Write(Replicates);
        writer.Write((int)Sampling);
    }

    private static void WriteJump(CanonicalWriter writer, JumpLaw jump)
    {
        writer.Write(jump.IntensityPerYear);
        writer.Write(jump.LogMean);
        writer.Write(jump.LogSd);
        writer.Write(jump.VarianceMean);
        writer.Write(jump.LogPerVariance);
    }
}

/// <summary>How uniform numbers are made.</summary>
public enum MonteCarloSampling
{
    /// <summary>Owen-scrambled Sobol points in strata of jump events.</summary>
    ScrambledSobolStratified,

    /// <summary>Independent uniform numbers in the same strata.</summary>
    IndependentStratified,

    /// <summary>Independent uniform numbers, jumps as often as they come: plain Monte Carlo, for comparison.</summary>
    Independent,

    /// <summary>Owen-scrambled Sobol points, jumps as often as they come: every scenario has the same weight, as proofs need it.</summary>
    ScrambledSobol,
}

using Pms.Primitives;
using Pms.Scenarios.MonteCarlo;
using Pms.Scenarios.Stress;
using Pms.Volatility;

namespace Pms.Scenarios;

/// <summary>Puts the three families together: the same factors, parameters, surfaces, history and seed give the same set.</summary>
public static class ScenarioSetFactory
{
    private const double LevelDays = 30;

    /// <param name="factors">what moves</param>
    /// <param name="parameters">how</param>
    /// <param name="surfaces">today's; where a coin has several, the first by family name with a slice sets its level</param>
    /// <param name="history">filtered history over the same factors and horizon; null without one, and its probability goes to Monte Carlo</param>
    /// <param name="seed">of the random family</param>
    /// <param name="maxThreads">1 or more; the result does not depend on it</param>
    /// <exception cref="InvalidInputException"><c>scenario-parameter</c> and the codes of the generators</exception>
    public static ScenarioSet Make(
        RiskFactors factors, ScenarioParameters parameters, IReadOnlyCollection<VolSurface> surfaces, ScenarioBatch? history, ulong seed, int maxThreads = 1)
    {
        ArgumentNullException.ThrowIfNull(factors);
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(surfaces);
        if (parameters.Check() is { } refusal)
        {
            throw refusal.ToException();
        }

        var horizonYears = parameters.HorizonDays / 365;
        var dynamics = Dynamics(factors, parameters, surfaces);
        var batches = new List<(ScenarioBatch Batch, double Share)>();
        var historicalShare = history is null ? 0 : parameters.HistoricalShare;
        batches.Add((new MonteCarloGenerator(dynamics, factors, horizonYears, seed, parameters.MonteCarloCount).Generate(maxThreads), 1 - historicalShare));
        if (historicalShare > 0)
        {
            batches.Add((history!, historicalShare));
        }

        batches.Add((StressGrid.Make(factors, parameters.Stress, horizonYears), 0));
        var hash = new CanonicalWriter("pms.scenario-set-inputs/1");
        parameters.Write(hash);
        hash.Write(dynamics.Hash().ToString());
        return new ScenarioSet(factors, horizonYears, seed, hash.Hash(), batches);
    }

    /// <summary>The dynamics that a set is drawn from: those of the parameters or the defaults, at the current level of vol or the floor.</summary>
    public static MonteCarloParameters Dynamics(RiskFactors factors, ScenarioParameters parameters, IReadOnlyCollection<VolSurface> surfaces)
    {
        ArgumentNullException.ThrowIfNull(factors);
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(surfaces);
        var result = Complete(factors, parameters.MonteCarlo, out _);
        if (!parameters.StartAtCurrentVol)
        {
            return result;
        }

        foreach (var coin in factors.Coins)
        {
            var surface = surfaces.Where(s => s.Underlying.Base == coin).MinBy(s => s.Underlying.Name, StringComparer.Ordinal);
            var level = surface is null ? 0 : surface.Vol(0, LevelDays / 365);
            result = result.WithCurrentLevel(coin, Math.Max(Math.Min(level, 10), parameters.VolFloor(coin)));
        }

        return result;
    }

    /// <summary>Correlations of the dynamics that contradicted each other and were repaired, in putting them together and in drawing; the vol level plays no part.</summary>
    public static CorrelationRepairs CorrelationRepairs(RiskFactors factors, ScenarioParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(factors);
        ArgumentNullException.ThrowIfNull(parameters);
        var drawn = Complete(factors, parameters.MonteCarlo, out var completed).CorrelationRepairs();
        return new CorrelationRepairs(completed.Pairs + drawn.Pairs, Math.Max(completed.LargestChange, drawn.LargestChange));
    }

    /// <summary>Calibrated dynamics where they name a coin, defaults elsewhere; correlations between the two kinds are the defaults, made a correlation matrix again.</summary>
    private static MonteCarloParameters Complete(RiskFactors factors, MonteCarloParameters? given, out CorrelationRepairs repairs)
    {
        repairs = default;
        var defaults = MonteCarloParameters.Default(factors);
        if (given is null)
        {
            return defaults;
        }

        var n = factors.Coins.Length;
        var index = factors.Coins.Select(c => given.Coins.ToList().FindIndex(g => g.Coin == c)).ToArray();
        var price = new double[n * n];
        var variance = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                var both = index[i] >= 0 && index[j] >= 0;
                var at = both ? (index[i] * given.Coins.Length) + index[j] : (i * n) + j;
                price[(i * n) + j] = (both ? given : defaults).PriceCorrelation[at];
                variance[(i * n) + j] = (both ? given : defaults).VarianceCorrelation[at];
            }
        }

        var isMixed = index.Any(i => i >= 0) && index.Any(i => i < 0);
        double[][] drawn = isMixed ? [CorrelationFactor.Nearest(price, n), CorrelationFactor.Nearest(variance, n)] : [price, variance];
        repairs = MonteCarlo.CorrelationRepairs.Between(n, (price, drawn[0]), (variance, drawn[1]));
        return given with
        {
            Coins = [.. factors.Coins.Select((c, i) => index[i] >= 0 ? given.Coins[index[i]] : defaults.Coin(c))],
            PriceCorrelation = [.. drawn[0]],
            VarianceCorrelation = [.. drawn[1]],
            Pegs = [.. factors.Pegs.Select(p => given.Pegs.FirstOrDefault(g => g.Asset == p.Asset) ?? MonteCarloParameters.DefaultPeg(p))],
        };
    }
}

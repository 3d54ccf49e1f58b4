using System.Collections.Immutable;
using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Scenarios.MonteCarlo;

/// <summary>Draws scenarios from correlated jump diffusions with stochastic variance: any of them alone, all of them in any order, always the same bits.</summary>
/// <remarks>
/// Scenarios come in strata: with a common crash, without one but with a coin's own jump or a broken peg, without any event. Each stratum has its
/// share of the scenarios, and its probability as weight. Within a stratum, scenario j belongs to replicate j mod R and is point j / R of that
/// replicate's own scrambled Sobol sequence. docs/model/monte-carlo.md has the model, its biases and the error bars.
/// </remarks>
public sealed class MonteCarloGenerator
{
    /// <summary>Name and version in a scenario set.</summary>
    public const string Name = "svcj-sobol/1";

    private const int Chunk = 128;
    private const double MaxExpectedJumps = 100.0;

    private readonly RiskFactors _factors;
    private readonly ScenarioPath _path;
    private readonly Stratum[] _strata;

    /// <param name="parameters">with dynamics of every coin of the factors</param>
    /// <param name="factors">what the scenarios move</param>
    /// <param name="horizonYears">ACT/365, above 0, at most 10</param>
    /// <param name="seed">of all random numbers</param>
    /// <param name="count">scenarios; at least one for each stratum</param>
    /// <exception cref="InvalidInputException">the codes of <see cref="MonteCarloParameters.Check"/>; <c>coin-missing</c>, <c>horizon-range</c>, <c>scenario-count</c>, <c>jump-intensity-range</c></exception>
    public MonteCarloGenerator(MonteCarloParameters parameters, RiskFactors factors, double horizonYears, ulong seed, int count)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(factors);
        if (parameters.Check() is { } refusal)
        {
            throw refusal.ToException();
        }

        if (!(horizonYears is > 0.0 and <= 10.0))
        {
            throw new InvalidInputException("horizon-range", $"horizon {horizonYears} years is not a number above 0, up to 10");
        }

        _factors = factors;
        Count = count;
        _path = new ScenarioPath(parameters, factors, horizonYears);
        if (_path.ExpectedJumps > MaxExpectedJumps)
        {
            throw new InvalidInputException("jump-intensity-range", $"{_path.ExpectedJumps} jumps are expected over the horizon: at most {MaxExpectedJumps} are allowed");
        }

        _strata = Stratify(parameters, count, new RandomStream(seed));
    }

    public int Count { get; }

    /// <summary>All scenarios.</summary>
    /// <param name="maxThreads">1 or more; the result does not depend on it</param>
    public ScenarioBatch Generate(int maxThreads = 1) => Generate(0, Count, maxThreads);

    /// <summary>Scenarios from one to another, as they stand among all of them; weights are probabilities that add up to 1 over all.</summary>
    /// <param name="start">first</param>
    /// <param name="length">how many</param>
    /// <param name="maxThreads">1 or more</param>
    public ScenarioBatch Generate(int start, int length, int maxThreads = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Count - start);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxThreads, 1);
        var columns = new ScenarioColumns(_factors, length);
        var weights = new double[length];
        var labels = new string[length];
        var replicates = new ushort[length];
        var chunks = (length + Chunk - 1) / Chunk;
        if (maxThreads == 1 || chunks < 2)
        {
            var memory = _path.NewMemory();
            for (var chunk = 0; chunk < chunks; chunk++)
            {
                Fill(chunk, memory);
            }
        }
        else
        {
            Parallel.For(0, chunks, new ParallelOptions { MaxDegreeOfParallelism = maxThreads }, _path.NewMemory, (chunk, _, memory) =>
            {
                Fill(chunk, memory);
                return memory;
            }, static _ => { });
        }

        return new ScenarioBatch(ScenarioFamily.MonteCarlo, Name, columns, weights, ImmutableArray.Create(labels))
        {
            Replicates = _strata[0].Replicates > 0 ? ImmutableArray.Create(replicates) : [],
        };

        void Fill(int chunk, ScenarioPath.Memory memory)
        {
            for (var i = chunk * Chunk; i < Math.Min(length, (chunk + 1) * Chunk); i++)
            {
                var index = start + i;
                var s = 0;
                while (index >= _strata[s].Start + _strata[s].Count)
                {
                    s++;
                }

                var stratum = _strata[s];
                var local = index - stratum.Start;
                var replicate = local % stratum.Sources.Length;
                weights[i] = stratum.Probability / stratum.Count;
                labels[i] = stratum.Label;
                replicates[i] = (ushort)(replicate + 1);
                _path.Draw(stratum.Events, stratum.Sources[replicate], (uint)(local / stratum.Sources.Length), memory, columns, i);
            }
        }
    }

    private Stratum[] Stratify(MonteCarloParameters parameters, int count, RandomStream stream)
    {
        var sobol = parameters.Sampling == MonteCarloSampling.ScrambledSobolStratified;
        if (parameters.Sampling is MonteCarloSampling.Independent or MonteCarloSampling.ScrambledSobol)
        {
            return count >= 1
                ? [new Stratum(ScenarioEvents.AsTheyCome, "", 1.0, 0, count, [new UniformSource(stream.Derive(0), _path.Dimensions, parameters.Sampling == MonteCarloSampling.ScrambledSobol)], 0)]
                : throw new InvalidInputException("scenario-count", $"{count} scenarios: at least 1 is required");
        }

        var withoutCrash = ElementaryMath.Exp(-_path.ExpectedCrashes);
        var crash = -ElementaryMath.Expm1(-_path.ExpectedCrashes);
        var own = withoutCrash * -ElementaryMath.Expm1(-_path.ExpectedOwnEvents);
        var none = ElementaryMath.Exp(-_path.ExpectedJumps);
        var kinds = new (ScenarioEvents Events, string Label, double Probability, double Share)[]
        {
            (ScenarioEvents.Crash, "crash", crash, crash > 0.0 ? parameters.CrashShare : 0.0),
            (ScenarioEvents.OwnOnly, "own jump", own, own > 0.0 ? parameters.OwnJumpShare : 0.0),
            (ScenarioEvents.None, "", none, 0.0),
        };
        if (count < kinds.Length || count < parameters.Replicates)
        {
            throw new InvalidInputException("scenario-count", $"{count} scenarios: at least {Math.Max(kinds.Length, parameters.Replicates)} are required, for the strata and the replicates");
        }

        var strata = new List<Stratum>();
        var start = 0;
        for (var k = 0; k < kinds.Length; k++)
        {
            var (events, label, probability, share) = kinds[k];
            if (!(probability > 0.0))
            {
                continue;
            }

            // the last takes the rest; every stratum that can happen has a scenario for each replicate where the count allows it
            var least = Math.Min(parameters.Replicates, count / kinds.Length);
            var size = k == kinds.Length - 1 ? count - start : Math.Clamp((int)Math.Round(share * count, MidpointRounding.ToEven), least, count - start - least);
            var replicates = Math.Min(parameters.Replicates, size);
            var sources = new UniformSource[replicates];
            for (var r = 0; r < replicates; r++)
            {
                sources[r] = new UniformSource(stream.Derive((ulong)k).Derive((ulong)r), _path.Dimensions, sobol);
            }

            strata.Add(new Stratum(events, label, probability, start, size, sources, replicates));
            start += size;
        }

        return [.. strata];
    }

    private sealed record Stratum(ScenarioEvents Events, string Label, double Probability, int Start, int Count, UniformSource[] Sources, int Replicates);
}

/// <summary>Which events a stratum's scenarios have.</summary>
internal enum ScenarioEvents
{
    /// <summary>No jump of a coin and no broken peg.</summary>
    None,

    /// <summary>No crash, but at least one own jump or broken peg.</summary>
    OwnOnly,

    /// <summary>At least one crash; own jumps as they come.</summary>
    Crash,

    /// <summary>Everything as often as it comes.</summary>
    AsTheyCome,
}

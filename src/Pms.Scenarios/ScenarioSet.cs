using System.Collections.Immutable;
using Pms.Primitives;

namespace Pms.Scenarios;

public enum ScenarioFamily
{
    /// <summary>Drawn from a model; carries probability.</summary>
    MonteCarlo,

    /// <summary>Filtered history; carries probability.</summary>
    Historical,

    /// <summary>Chosen moves without probability; a share of each loss counts.</summary>
    Stress,
}

/// <summary>What one generator made.</summary>
/// <param name="Family">kind</param>
/// <param name="Generator">name and version, as in <c>svcj-sobol/1</c></param>
/// <param name="Columns">moves</param>
/// <param name="Weights">[scenario] probability (they are scaled to the family's share), or the share of the loss that counts, in (0, 1], for stress</param>
/// <param name="Labels">[scenario] what a scenario is, as in a date or <c>spot -66 %, vol up</c>; empty where the index says all</param>
public sealed record ScenarioBatch(ScenarioFamily Family, string Generator, ScenarioColumns Columns, double[] Weights, ImmutableArray<string> Labels)
{
    /// <summary>[scenario] number of its replicate, from 1: replicates are independent of each other, the scenarios within one are not. Empty for independent draws.</summary>
    public ImmutableArray<ushort> Replicates { get; init; } = [];
}

/// <summary>One batch's place in a set.</summary>
public sealed record ScenarioSegment(ScenarioFamily Family, string Generator, int Start, int Count, ImmutableArray<string> Labels);

/// <summary>A versioned, immutable list of joint moves of all factors over one horizon, named by the hash of its canonical bytes.</summary>
/// <remarks>
/// Scenarios with probability come first (<see cref="TailCount"/> of them), stress after them. Probabilities are integers that add up to
/// <see cref="TotalWeight"/>, so that every sum over a tail is exact.
/// </remarks>
public sealed class ScenarioSet
{
    public const string Schema = "pms.scenario-set/1";

    /// <summary>All probability, in parts per billion.</summary>
    public const int TotalWeight = 1_000_000_000;

    private readonly ScenarioColumns _columns;
    private readonly int[] _weights;
    private readonly double[] _lossShare;
    private readonly ushort[] _replicates;
    private readonly Lazy<ContentHash> _hash;

    /// <param name="factors">columns that every batch must have</param>
    /// <param name="horizonYears">time over which the moves happen, ACT/365, above 0</param>
    /// <param name="seed">of the random families</param>
    /// <param name="parametersHash">of the parameters that the generators were given</param>
    /// <param name="batches">with the share of probability of each; stress takes none (0)</param>
    /// <exception cref="InvalidInputException"><c>scenario-set</c>: nothing with probability, unlike columns, a move that is not finite, a weight outside its range</exception>
    public ScenarioSet(RiskFactors factors, double horizonYears, ulong seed, ContentHash parametersHash, IReadOnlyList<(ScenarioBatch Batch, double Share)> batches)
    {
        ArgumentNullException.ThrowIfNull(factors);
        ArgumentNullException.ThrowIfNull(batches);
        if (!(horizonYears > 0) || !double.IsFinite(horizonYears))
        {
            throw new InvalidInputException("scenario-set", $"horizon {horizonYears} years is not a finite number above 0");
        }

        var ordered = batches.OrderBy(b => b.Batch.Family).ToArray();
        var shares = ordered.Where(b => b.Batch.Family != ScenarioFamily.Stress).Sum(b => b.Share);
        if (!(shares > 0) || !double.IsFinite(shares) || ordered.Any(b => !(b.Share >= 0)))
        {
            throw new InvalidInputException("scenario-set", "at least one family with probability is needed, and no share may be negative");
        }

        Factors = factors;
        HorizonYears = horizonYears;
        Seed = seed;
        ParametersHash = parametersHash;
        Count = ordered.Sum(b => b.Batch.Columns.Count);
        TailCount = ordered.Where(b => b.Batch.Family != ScenarioFamily.Stress).Sum(b => b.Batch.Columns.Count);
        _columns = new ScenarioColumns(factors, Count);
        _lossShare = new double[Count - TailCount];
        _replicates = new ushort[TailCount];
        var probability = new double[TailCount];
        var replicates = 0;
        var segments = ImmutableArray.CreateBuilder<ScenarioSegment>();
        var start = 0;
        foreach (var (batch, share) in ordered)
        {
            Copy(batch, start);
            Weigh(batch, share / shares, start, probability);
            replicates = Number(batch, start, replicates);
            segments.Add(new ScenarioSegment(batch.Family, batch.Generator, start, batch.Columns.Count, batch.Labels));
            start += batch.Columns.Count;
        }

        Segments = segments.ToImmutable();
        _weights = IntegerWeights.OfTotal(probability, TotalWeight);
        _hash = new Lazy<ContentHash>(() => ScenarioSetEncoding.Hash(this));
    }

    private ScenarioSet(
        RiskFactors factors, double horizonYears, ulong seed, ContentHash parametersHash, ImmutableArray<ScenarioSegment> segments, ScenarioColumns columns, int[] weights, ushort[] replicates, double[] lossShares)
    {
        Factors = factors;
        HorizonYears = horizonYears;
        Seed = seed;
        ParametersHash = parametersHash;
        Segments = segments;
        Count = columns.Count;
        TailCount = weights.Length;
        _columns = columns;
        _weights = weights;
        _replicates = replicates;
        _lossShare = lossShares;
        _hash = new Lazy<ContentHash>(() => ScenarioSetEncoding.Hash(this));
    }

    /// <summary>A set from what it was written as; every rule of the other constructor is checked again.</summary>
    internal static ScenarioSet OfParts(
        RiskFactors factors,
        double horizonYears,
        ulong seed,
        ContentHash parametersHash,
        ImmutableArray<(ScenarioFamily Family, string Generator, int Count, ImmutableArray<string> Labels)> parts,
        ScenarioColumns columns,
        int[] weights,
        ushort[] replicates,
        double[] lossShares)
    {
        var segments = ImmutableArray.CreateBuilder<ScenarioSegment>();
        var (start, tail) = (0, 0);
        foreach (var (family, generator, count, labels) in parts)
        {
            if (segments.Count > 0 && segments[^1].Family > family)
            {
                throw new InvalidInputException("scenario-set", "segments are out of order: probability first, stress last");
            }

            segments.Add(new ScenarioSegment(family, generator, start, count, labels));
            start += count;
            tail += family == ScenarioFamily.Stress ? 0 : count;
        }

        var isFinite = Enumerable.Range(0, factors.ColumnCount).All(c => !columns.Column(c).ContainsAnyExceptInRange(double.MinValue, double.MaxValue));
        if (!(horizonYears > 0) || !double.IsFinite(horizonYears) || start != columns.Count || tail != weights.Length || tail != replicates.Length || lossShares.Length != start - tail
            || weights.Any(w => w < 0) || weights.Sum(w => (long)w) != TotalWeight || lossShares.Any(s => !(s is > 0 and <= 1)) || !isFinite)
        {
            throw new InvalidInputException("scenario-set", "lengths, weights, loss shares, moves or the horizon of the set are not valid");
        }

        return new ScenarioSet(factors, horizonYears, seed, parametersHash, segments.ToImmutable(), columns, weights, replicates, lossShares);
    }

    public RiskFactors Factors { get; }

    public double HorizonYears { get; }

    public ulong Seed { get; }

    public ContentHash ParametersHash { get; }

    public ImmutableArray<ScenarioSegment> Segments { get; }

    /// <summary>All scenarios.</summary>
    public int Count { get; }

    /// <summary>Scenarios with probability; they are the first ones.</summary>
    public int TailCount { get; }

    /// <summary>[TailCount] probability in parts per <see cref="TotalWeight"/>, at least 0.</summary>
    public ReadOnlySpan<int> Weights => _weights;

    /// <summary>[TailCount] replicate of a scenario, unlike for every batch; 0 for an independent draw. The spread between replicates is the error bar of their batch.</summary>
    public ReadOnlySpan<ushort> Replicates => _replicates;

    /// <summary>[Count - TailCount] share of a stress scenario's loss that counts, in (0, 1].</summary>
    public ReadOnlySpan<double> LossShares => _lossShare;

    public ContentHash Hash => _hash.Value;

    /// <inheritdoc cref="ScenarioColumns.SpotLogReturn"/>
    public ReadOnlySpan<double> SpotLogReturn(int coin) => _columns.SpotLogReturn(coin);

    /// <inheritdoc cref="ScenarioColumns.VolLogChange"/>
    public ReadOnlySpan<double> VolLogChange(int coin, int tenor) => _columns.VolLogChange(coin, tenor);

    /// <inheritdoc cref="ScenarioColumns.SkewChange"/>
    public ReadOnlySpan<double> SkewChange(int coin) => _columns.SkewChange(coin);

    /// <inheritdoc cref="ScenarioColumns.BasisChange"/>
    public ReadOnlySpan<double> BasisChange(int coin) => _columns.BasisChange(coin);

    /// <inheritdoc cref="ScenarioColumns.PegLogChange"/>
    public ReadOnlySpan<double> PegLogChange(int peg) => _columns.PegLogChange(peg);

    /// <summary>[scenario] moves of column i in the order of the canonical encoding (<see cref="RiskFactors.ColumnName"/>).</summary>
    public ReadOnlySpan<double> Moves(int column) => _columns.Column(column);

    /// <summary>All moves; not to be written to.</summary>
    internal ScenarioColumns Columns => _columns;

    internal ReadOnlySpan<double> Column(int i) => _columns.Column(i);

    /// <summary>What a scenario is, for people: family, number in it, and its label.</summary>
    public string Describe(int scenario)
    {
        var segment = Segments.Last(s => s.Start <= scenario);
        var index = scenario - segment.Start;
        var name = $"{segment.Family switch { ScenarioFamily.MonteCarlo => "monte-carlo", ScenarioFamily.Historical => "historical", _ => "stress" }} {index}";
        return segment.Labels.Length > index ? $"{name}: {segment.Labels[index]}" : name;
    }

    private void Copy(ScenarioBatch batch, int start)
    {
        if (batch.Columns.Factors.ColumnCount != Factors.ColumnCount || !batch.Columns.Factors.Coins.SequenceEqual(Factors.Coins) || !batch.Columns.Factors.Pegs.SequenceEqual(Factors.Pegs))
        {
            throw new InvalidInputException("scenario-set", $"the {batch.Family} batch moves other factors than the set");
        }

        for (var c = 0; c < Factors.ColumnCount; c++)
        {
            var from = batch.Columns.Column(c);
            foreach (var move in from)
            {
                if (!double.IsFinite(move))
                {
                    throw new InvalidInputException("scenario-set", $"a move of column {c} of the {batch.Family} batch is {move}: a finite number is required");
                }
            }

            from.CopyTo(_columns.Column(c)[start..]);
        }
    }

    private int Number(ScenarioBatch batch, int start, int used)
    {
        if (batch.Replicates.IsDefaultOrEmpty)
        {
            return used;
        }

        if (batch.Replicates.Length != batch.Columns.Count || batch.Family == ScenarioFamily.Stress || batch.Replicates.Contains((ushort)0))
        {
            throw new InvalidInputException("scenario-set", $"{batch.Replicates.Length} replicate numbers for {batch.Columns.Count} scenarios of the {batch.Family} batch: one each, from 1, is required, and none for stress");
        }

        var last = used + batch.Replicates.Max();
        if (last > ushort.MaxValue)
        {
            throw new InvalidInputException("scenario-set", $"{last} replicates: at most {ushort.MaxValue} can be told apart");
        }

        for (var i = 0; i < batch.Replicates.Length; i++)
        {
            _replicates[start + i] = (ushort)(used + batch.Replicates[i]);
        }

        return last;
    }

    private void Weigh(ScenarioBatch batch, double share, int start, double[] probability)
    {
        var weights = batch.Weights;
        if (weights.Length != batch.Columns.Count)
        {
            throw new InvalidInputException("scenario-set", $"{weights.Length} weights for {batch.Columns.Count} scenarios of the {batch.Family} batch");
        }

        var isStress = batch.Family == ScenarioFamily.Stress;
        foreach (var w in weights)
        {
            if (!double.IsFinite(w) || w < 0 || (isStress && !(w is > 0 and <= 1)))
            {
                throw new InvalidInputException("scenario-set", $"weight {w} of the {batch.Family} batch: {(isStress ? "a share in (0, 1]" : "a finite number, at least 0,")} is required");
            }
        }

        if (isStress)
        {
            weights.CopyTo(_lossShare.AsSpan(start - TailCount));
            return;
        }

        var total = weights.Sum();
        if (weights.Length > 0 && !(total > 0))
        {
            throw new InvalidInputException("scenario-set", $"the {batch.Family} batch has no weight");
        }

        for (var i = 0; i < weights.Length; i++)
        {
            probability[start + i] = share * (weights[i] / total);
        }
    }
}

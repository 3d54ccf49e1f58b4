using Pms.Primitives;
using Pms.Scenarios;

namespace Pms.Margin.Measures;

/// <summary>How a list of scenarios was drawn: weights, strata of fixed total weight, and independent replicates inside a stratum.</summary>
/// <remarks>
/// Point estimates need the weights only. The standard error adds up over strata, whose share of probability is known and not drawn (families of a set,
/// draws with and without a jump); inside a stratum draws are independent, or, where replicates are named (differently scrambled copies of one point set),
/// only the replicates are.
/// </remarks>
public sealed class SampleDesign
{
    /// <summary>Fewer independent replicates say too little about their spread.</summary>
    public const int LeastReplicates = 4;

    private readonly int[]? _weights;
    private readonly int[]? _strata;
    private readonly int[]? _replicates;
    private readonly double[] _stratumWeight;
    private readonly double[] _stratumSquares;
    private readonly int[] _replicatesOfStratum;
    private readonly double[] _replicateWeight;
    private readonly int[] _stratumOfReplicate;

    private SampleDesign(int count, int[]? weights, int[]? strata, int[]? replicates)
    {
        if (count < 1)
        {
            throw new InvalidInputException("sample-design", "a sample has at least one scenario");
        }

        (Count, _weights, _strata, _replicates) = (count, weights, strata, replicates);
        var strataCount = 1;
        var replicateCount = 0;
        for (var i = 0; i < count; i++)
        {
            if (weights is not null && weights[i] < 0)
            {
                throw new InvalidInputException("sample-design", $"weight {weights[i]} of scenario {i} is below 0");
            }

            TotalWeight += weights?[i] ?? 1;
            strataCount = Math.Max(strataCount, 1 + (strata?[i] ?? 0));
            replicateCount = Math.Max(replicateCount, 1 + (replicates?[i] ?? -1));
        }

        if (TotalWeight is < 1 or > TailLevel.Whole || strataCount > count || replicateCount > count)
        {
            throw new InvalidInputException("sample-design", $"{count} scenarios of total weight {TotalWeight} in {strataCount} strata and {replicateCount} replicates: weights add up to 1 to {TailLevel.Whole}, ids are below the count");
        }

        _stratumWeight = new double[strataCount];
        _stratumSquares = new double[strataCount];
        _replicatesOfStratum = new int[strataCount];
        _replicateWeight = new double[replicateCount];
        _stratumOfReplicate = new int[replicateCount];
        Array.Fill(_stratumOfReplicate, -1);
        for (var i = 0; i < count; i++)
        {
            var w = (double)(weights?[i] ?? 1);
            var stratum = strata?[i] ?? 0;
            if (stratum < 0)
            {
                throw new InvalidInputException("sample-design", $"stratum {stratum} of scenario {i} is below 0");
            }

            _stratumWeight[stratum] += w;
            _stratumSquares[stratum] += w * w;
            if (replicates is not null && replicates[i] >= 0)
            {
                Assign(i, replicates[i], stratum, w);
            }
        }

        DegreesOfFreedom = Freedom();
    }

    /// <summary>Scenarios.</summary>
    public int Count { get; }

    /// <summary>Sum of the weights; the count where they are equal.</summary>
    public long TotalWeight { get; }

    /// <summary>Infinite where draws are independent; replicates less one in the stratum that has the fewest, otherwise.</summary>
    public double DegreesOfFreedom { get; }

    /// <summary>[scenario] integer weights; empty where all are equal.</summary>
    public ReadOnlySpan<int> Weights => _weights;

    /// <summary>sqrt(sum of w²) / sum of w: 1 / sqrt(effective number of scenarios).</summary>
    internal double RootSquares => Math.Sqrt(_stratumSquares.Sum()) / TotalWeight;

    internal int Strata => _stratumWeight.Length;

    internal int Replicates => _replicateWeight.Length;

    /// <summary>Independent draws of equal weight.</summary>
    public static SampleDesign Equal(int count) => new(count, null, null, null);

    /// <summary>Independent draws of one stratum.</summary>
    /// <param name="weights">[scenario] at least 0, adding up to at most <see cref="TailLevel.Whole"/>; kept, not copied back; empty is refused</param>
    public static SampleDesign Weighted(ReadOnlySpan<int> weights) => new(weights.Length, weights.ToArray(), null, null);

    /// <param name="weights">[scenario] at least 0</param>
    /// <param name="strata">[scenario] 0, 1, ...: scenarios whose total weight was fixed in advance share a number</param>
    /// <param name="replicates">[scenario] 0, 1, ...: scenarios of one replicate share a number, and lie in one stratum; -1 is an independent draw; empty: all are</param>
    /// <exception cref="InvalidInputException"><c>sample-design</c>: unlike lengths, a weight below 0, a replicate in two strata or mixed with independent draws, too few replicates</exception>
    public static SampleDesign Stratified(ReadOnlySpan<int> weights, ReadOnlySpan<int> strata, ReadOnlySpan<int> replicates = default)
    {
        if (strata.Length != weights.Length || (!replicates.IsEmpty && replicates.Length != weights.Length))
        {
            throw new InvalidInputException("sample-design", $"{weights.Length} weights, {strata.Length} strata and {replicates.Length} replicates: one of each for every scenario is required");
        }

        return new SampleDesign(weights.Length, weights.ToArray(), strata.ToArray(), replicates.IsEmpty ? null : replicates.ToArray());
    }

    /// <summary>The scenarios of a set that carry probability: a stratum for each family, replicates where the generator named them.</summary>
    /// <remarks>Fewer than <see cref="LeastReplicates"/> cannot tell their own spread: those scenarios are taken as independent draws, which charges more.</remarks>
    public static SampleDesign Of(ScenarioSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        var strata = new int[set.TailCount];
        var replicates = new int[set.TailCount];
        var stratum = 0;
        foreach (var segment in set.Segments)
        {
            if (segment.Family == ScenarioFamily.Stress || segment.Count == 0)
            {
                continue;
            }

            var named = set.Replicates.Slice(segment.Start, segment.Count);
            var isReplicated = named.ToArray().Where(r => r > 0).Distinct().Count() >= LeastReplicates && !named.Contains((ushort)0);
            for (var i = 0; i < segment.Count; i++)
            {
                strata[segment.Start + i] = stratum;
                replicates[segment.Start + i] = isReplicated ? named[i] - 1 : -1;
            }

            stratum++;
        }

        return Stratified(set.Weights, strata, replicates);
    }

    internal int Weight(int scenario) => _weights is null ? 1 : _weights[scenario];

    internal int Stratum(int scenario) => _strata is null ? 0 : _strata[scenario];

    internal int Replicate(int scenario) => _replicates is null ? -1 : _replicates[scenario];

    internal double StratumWeight(int stratum) => _stratumWeight[stratum];

    /// <summary>Sum of squared weights.</summary>
    internal double StratumSquares(int stratum) => _stratumSquares[stratum];

    internal int ReplicatesOf(int stratum) => _replicatesOfStratum[stratum];

    internal double ReplicateWeight(int replicate) => _replicateWeight[replicate];

    internal int StratumOf(int replicate) => _stratumOfReplicate[replicate];

    private void Assign(int scenario, int replicate, int stratum, double weight)
    {
        ref var home = ref _stratumOfReplicate[replicate];
        if (home < 0)
        {
            home = stratum;
            _replicatesOfStratum[stratum]++;
        }
        else if (home != stratum)
        {
            throw new InvalidInputException("sample-design", $"replicate {replicate} lies in the strata {home} and {stratum} (scenario {scenario})");
        }

        _replicateWeight[replicate] += weight;
    }

    private double Freedom()
    {
        if (_replicates is null)
        {
            return double.PositiveInfinity;
        }

        for (var i = 0; i < Count; i++)
        {
            if (_replicates[i] < 0 && _replicatesOfStratum[Stratum(i)] > 0)
            {
                throw new InvalidInputException("sample-design", $"scenario {i} is an independent draw in stratum {Stratum(i)}, which has replicates");
            }
        }

        var fewest = _replicatesOfStratum.Where(r => r > 0).DefaultIfEmpty(int.MaxValue).Min();
        return fewest switch
        {
            int.MaxValue => double.PositiveInfinity,
            < LeastReplicates => throw new InvalidInputException("sample-design", $"{fewest} replicates in a stratum: at least {LeastReplicates} are required"),
            _ => fewest - 1,
        };
    }
}

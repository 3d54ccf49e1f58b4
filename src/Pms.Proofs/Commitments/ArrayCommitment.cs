using System.Collections.Immutable;
using Pms.Margin.Arrays;
using Pms.Primitives;
using Pms.Proofs.Fields;
using Pms.Proofs.Hashing;

namespace Pms.Proofs.Commitments;

/// <summary>The risk array as circuits read it: a Poseidon2 tree over rows of integer gains.</summary>
/// <remarks>Rows stand in the order of the risk array; a place without a row holds the row of zeros. docs/model/proofs.md has the bytes.</remarks>
public sealed class ArrayCommitment
{
    private const int GainBits = 32;
    private const int GainsAField = 7;

    private readonly int[][] _gains;
    private readonly Lazy<PoseidonTree> _tree;

    /// <param name="gains">[row][scenario] ticks, the same number of scenarios in every row</param>
    /// <param name="depth">of the tree: 2^depth places</param>
    /// <exception cref="InvalidInputException"><c>tree-full</c>; <c>proof-scenarios</c>: rows of unequal lengths, or none</exception>
    public ArrayCommitment(IEnumerable<int[]> gains, int depth)
    {
        _gains = [.. gains];
        if (_gains.Length == 0 || _gains.Any(g => g.Length != _gains[0].Length) || _gains[0].Length == 0)
        {
            throw new InvalidInputException("proof-scenarios", $"{_gains.Length} rows of {string.Join(", ", _gains.Select(g => g.Length).Distinct())} scenarios: at least one row, and the same number of scenarios in each, are required");
        }

        if (_gains.Length > 1 << depth)
        {
            throw new InvalidInputException("tree-full", $"{_gains.Length} rows do not fit a tree of depth {depth}: {1 << depth} at most");
        }

        Scenarios = _gains[0].Length;
        _tree = new Lazy<PoseidonTree>(() => PoseidonTree.Build([.. _gains.Select(g => RowDigest(g))], depth, RowDigest(new int[Scenarios])));
        Places = 1 << depth;
    }

    public int Scenarios { get; }

    public int Places { get; }

    public FieldElement Root => _tree.Value.Root;

    /// <summary>Of the scenarios with probability, which must all weigh the same.</summary>
    /// <param name="array">risk array</param>
    /// <param name="weights">[scenario with probability] of the scenario set; empty: all the same</param>
    /// <param name="depth">of the tree</param>
    /// <exception cref="InvalidInputException"><c>proof-scenarios</c>: weights that differ; <c>tree-full</c></exception>
    public static ArrayCommitment Of(RiskArray array, ReadOnlySpan<int> weights, int depth)
    {
        ArgumentNullException.ThrowIfNull(array);
        // Integer weights that add up to a fixed total may differ by one unit where the number of scenarios does not divide it.
        for (var s = 1; s < weights.Length; s++)
        {
            if (Math.Abs((long)weights[s] - weights[0]) > 1)
            {
                throw new InvalidInputException("proof-scenarios", $"scenario {s} weighs {weights[s]} and the first {weights[0]}: a proof needs scenarios of equal weight");
            }
        }

        return new ArrayCommitment(array.Rows.Select(r => r.Ticks[..array.TailCount].ToArray()), depth);
    }

    /// <summary>Gains at a place; zeros at a place without a row.</summary>
    public ReadOnlySpan<int> Gains(int place) => place < _gains.Length ? _gains[place] : new int[Scenarios];

    public TreePath PathOf(int place) => _tree.Value.PathOf(place);

    /// <summary>An account's loss in every scenario. [money units]</summary>
    /// <exception cref="InvalidInputException"><c>row-missing</c>, <c>pnl-overflow</c></exception>
    public long[] Losses(ReadOnlySpan<RowLots> holdings)
    {
        var losses = new long[Scenarios];
        foreach (var (row, lots) in holdings)
        {
            if ((uint)row >= (uint)_gains.Length)
            {
                throw new InvalidInputException("row-missing", $"a holding is of row {row}; the array has {_gains.Length} rows");
            }

            for (var s = 0; s < losses.Length; s++)
            {
                var next = losses[s] - ((Int128)lots * _gains[row][s]);
                losses[s] = next >= -long.MaxValue && next <= long.MaxValue ? (long)next : throw new InvalidInputException("pnl-overflow", $"a loss of {next} money units in scenario {s} is beyond 64 bits");
            }
        }

        return losses;
    }

    /// <summary>[place] sum over scenarios of r^(s+1) times the gain.</summary>
    /// <param name="challenge">r</param>
    public ImmutableArray<FieldElement> EvaluateAt(FieldElement challenge)
    {
        var powers = new PrimeElement<ScalarPrime>[Scenarios];
        var power = challenge.Value;
        for (var s = 0; s < powers.Length; s++, power *= challenge.Value)
        {
            powers[s] = power;
        }

        var result = new FieldElement[Places];
        for (var i = 0; i < _gains.Length; i++)
        {
            var sum = PrimeElement<ScalarPrime>.Zero;
            for (var s = 0; s < powers.Length; s++)
            {
                sum += powers[s] * PrimeElement<ScalarPrime>.Of((long)_gains[i][s]);
            }

            result[i] = FieldElement.Of(sum);
        }

        return [.. result];
    }

    /// <summary>Statement on the array at a challenge, which a quorum signs.</summary>
    public static FieldElement Statement(FieldElement challenge, ReadOnlySpan<FieldElement> evaluations) =>
        Poseidon2.Hash3(challenge, PoseidonSponge.DigestOf(evaluations, HashTag.Evaluation), FieldElement.Zero, HashTag.Statement);

    private static FieldElement RowDigest(int[] gains) =>
        PoseidonSponge.DigestOf([.. FieldPacking.Pack(gains.Length, s => (ulong)(gains[s] - (long)int.MinValue), GainBits, GainsAField)], HashTag.Row);
}

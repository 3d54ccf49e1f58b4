using System.Collections.Immutable;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Scenarios;

namespace Pms.Validation.ReverseStress;

/// <summary>How far joint moves of some factors are from what is usual: the Mahalanobis distance under the mean and covariance of a set's scenarios with probability.</summary>
/// <remarks>
/// Moves are x = mean + B y with B Bᵀ the covariance, so that the distance of x is |y|. B comes from the eigenvectors of the correlation matrix; directions whose variance there is below
/// <see cref="LeastEigenvalue"/> are left out: the set never moves in them, and so do no points of this law. The scenarios are heavy-tailed, so a normal probability of a distance is far too
/// small: counts over the set and over history stand beside it (<see cref="Plausibility"/>).
/// </remarks>
public sealed class FactorLaw
{
    /// <summary>Smallest variance of a direction, of factors scaled to a variance of 1.</summary>
    public const double LeastEigenvalue = 1e-6;

    private readonly double[] _mean;
    private readonly double[] _deviation;
    private readonly double[] _toMoves;
    private readonly double[] _toPoint;

    /// <param name="set">whose scenarios with probability, weighted, give mean and covariance</param>
    /// <param name="columns">factors, as columns of the set; those that never move are left out</param>
    /// <exception cref="InvalidInputException"><c>reverse-law</c>: none of the factors moves</exception>
    public FactorLaw(ScenarioSet set, IEnumerable<int> columns)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(columns);
        Factors = set.Factors;
        var moments = columns.Select(c => (Column: c, Mean: Mean(set, c))).Select(m => (m.Column, m.Mean, Deviation: Math.Sqrt(Covariance(set, m, m)))).ToArray();
        moments = [.. moments.Where(m => m.Deviation > 0)];
        if (moments.Length == 0)
        {
            throw new InvalidInputException("reverse-law", "the scenarios move none of the factors that the accounts depend on: nothing can be said of what is plausible");
        }

        Columns = [.. moments.Select(m => m.Column)];
        _mean = [.. moments.Select(m => m.Mean)];
        _deviation = [.. moments.Select(m => m.Deviation)];
        var n = moments.Length;
        var correlation = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                correlation[(i * n) + j] = correlation[(j * n) + i] =
                    i == j ? 1 : Covariance(set, (Columns[i], _mean[i]), (Columns[j], _mean[j])) / (_deviation[i] * _deviation[j]);
            }
        }

        var eigen = new SymmetricEigen(correlation, n);
        Rank = Enumerable.Range(0, n).Count(k => eigen.Values[k] >= LeastEigenvalue);
        _toMoves = new double[n * Rank];
        _toPoint = new double[Rank * n];
        for (var k = 0; k < Rank; k++)
        {
            var root = Math.Sqrt(eigen.Values[k]);
            for (var i = 0; i < n; i++)
            {
                _toMoves[(i * Rank) + k] = _deviation[i] * eigen.Vector(k)[i] * root;
                _toPoint[(k * n) + i] = eigen.Vector(k)[i] / (root * _deviation[i]);
            }
        }
    }

    /// <summary>Of the set.</summary>
    public RiskFactors Factors { get; }

    /// <summary>Columns of the set that move here.</summary>
    public ImmutableArray<int> Columns { get; }

    /// <summary>Directions in which they do.</summary>
    public int Rank { get; }

    /// <summary>[column of <see cref="Columns"/>] weighted mean.</summary>
    public ReadOnlySpan<double> MeanMove => _mean;

    /// <summary>[column of <see cref="Columns"/>] weighted standard deviation.</summary>
    public ReadOnlySpan<double> Deviation => _deviation;

    /// <summary>What a unit step of y does to a factor.</summary>
    /// <param name="column">index in <see cref="Columns"/></param>
    /// <returns>[direction]</returns>
    public ReadOnlySpan<double> Row(int column) => _toMoves.AsSpan(column * Rank, Rank);

    /// <summary>Moves of a point.</summary>
    /// <param name="point">[direction] y</param>
    /// <param name="moves">[column of <see cref="Columns"/>]</param>
    public void Moves(ReadOnlySpan<double> point, Span<double> moves)
    {
        for (var i = 0; i < _mean.Length; i++)
        {
            moves[i] = _mean[i] + Dot(Row(i), point);
        }
    }

    /// <summary>The point of moves; what of them no scenario of the set could do is left out.</summary>
    /// <param name="moves">[column of <see cref="Columns"/>]</param>
    /// <returns>[direction] y</returns>
    public double[] Point(ReadOnlySpan<double> moves)
    {
        var point = new double[Rank];
        for (var k = 0; k < Rank; k++)
        {
            var sum = 0.0;
            for (var i = 0; i < _mean.Length; i++)
            {
                sum += _toPoint[(k * _mean.Length) + i] * (moves[i] - _mean[i]);
            }

            point[k] = sum;
        }

        return point;
    }

    /// <summary>The point of one scenario.</summary>
    /// <param name="columns">moves of all factors</param>
    /// <param name="scenario">which</param>
    public double[] Point(ScenarioColumns columns, int scenario)
    {
        ArgumentNullException.ThrowIfNull(columns);
        var moves = new double[Columns.Length];
        for (var i = 0; i < moves.Length; i++)
        {
            moves[i] = columns.Column(Columns[i])[scenario];
        }

        return Point(moves);
    }

    /// <inheritdoc cref="Point(ScenarioColumns, int)"/>
    public double[] Point(ScenarioSet set, int scenario)
    {
        ArgumentNullException.ThrowIfNull(set);
        var moves = new double[Columns.Length];
        for (var i = 0; i < moves.Length; i++)
        {
            moves[i] = set.Moves(Columns[i])[scenario];
        }

        return Point(moves);
    }

    internal static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    internal static double Length(ReadOnlySpan<double> a) => Math.Sqrt(Dot(a, a));

    private static double Mean(ScenarioSet set, int column)
    {
        var moves = set.Moves(column);
        var sum = 0.0;
        for (var s = 0; s < set.TailCount; s++)
        {
            sum += set.Weights[s] * moves[s];
        }

        return sum / ScenarioSet.TotalWeight;
    }

    private static double Covariance(ScenarioSet set, (int Column, double Mean) a, (int Column, double Mean) b)
    {
        var first = set.Moves(a.Column);
        var second = set.Moves(b.Column);
        var sum = 0.0;
        for (var s = 0; s < set.TailCount; s++)
        {
            sum += set.Weights[s] * (first[s] - a.Mean) * (second[s] - b.Mean);
        }

        return sum / ScenarioSet.TotalWeight;
    }
}

using System.Runtime.Intrinsics;

namespace Pms.Liquidation.Programmes;

/// <summary>How a programme ended.</summary>
public enum ProgrammeState
{
    /// <summary>The values are the least cost that every row allows.</summary>
    Optimal,

    /// <summary>No values satisfy all rows.</summary>
    Infeasible,
}

/// <summary>min c'v over 0 &lt;= v &lt;= u and rows a'v >= b that come one after the other; costs at least 0.</summary>
/// <remarks>
/// The dual simplex method on a dense tableau with bounded variables (Lemke 1954; Koberstein 2005, section 2.6): all at their lower bounds is dual feasible because no cost
/// is negative, and a new row leaves it so, which makes it the method for cutting planes. Why it is not a library's: docs/decisions/0007-linear-programme.md.
/// Deterministic: among equals the lowest number. Rows should be scaled to numbers around 1.
/// </remarks>
public sealed class DualSimplex
{
    private const double Tolerance = 1e-9;

    // A pivot below this share of the largest candidate loses too many digits.
    private const double LeastPivot = 1e-7;

    private readonly int _columns;
    private readonly List<double> _upper;
    private readonly List<bool> _isFlipped; // the variable stands for its distance from the upper bound
    private readonly int[] _nonbasic; // [column] variable
    private readonly double[] _costs; // [column] reduced costs, at least 0
    private readonly List<int> _basic = []; // [row] variable
    private readonly List<double[]> _rows = []; // [row][column]: basic variable = last entry - sum of entries x nonbasic variables

    /// <param name="costs">[variable] at least 0</param>
    /// <param name="upper">[variable] above 0; infinite: unbounded</param>
    public DualSimplex(ReadOnlySpan<double> costs, ReadOnlySpan<double> upper)
    {
        if (upper.Length != costs.Length)
        {
            throw new ArgumentException($"{costs.Length} costs and {upper.Length} bounds", nameof(upper));
        }

        foreach (var cost in costs)
        {
            if (!(cost >= 0) || !double.IsFinite(cost))
            {
                throw new ArgumentOutOfRangeException(nameof(costs), cost, "a cost is finite and at least 0");
            }
        }

        _columns = costs.Length;
        _costs = costs.ToArray();
        _nonbasic = [.. Enumerable.Range(0, _columns)];
        _upper = [.. upper];
        _isFlipped = [.. Enumerable.Repeat(false, _columns)];
    }

    /// <summary>Least cost; a lower bound on the least cost of any programme whose rows imply these.</summary>
    public double Cost { get; private set; }

    /// <summary>Pivots so far.</summary>
    public int Pivots { get; private set; }

    /// <summary>Adds a row a'v >= b.</summary>
    /// <param name="coefficients">[variable]</param>
    /// <param name="least">b</param>
    /// <returns>its number, from 0</returns>
    public int AddRow(ReadOnlySpan<double> coefficients, double least)
    {
        // The slack a'v - b as a function of the nonbasic variables.
        var row = new double[_columns + 1];
        row[_columns] = -least;
        for (var column = 0; column < _columns; column++)
        {
            if (_nonbasic[column] < _columns)
            {
                Add(row, _nonbasic[column], coefficients[_nonbasic[column]], column);
            }
        }

        for (var r = 0; r < _rows.Count; r++)
        {
            if (_basic[r] >= _columns || coefficients[_basic[r]] == 0)
            {
                continue;
            }

            var factor = coefficients[_basic[r]];
            if (_isFlipped[_basic[r]])
            {
                row[_columns] += factor * _upper[_basic[r]];
                factor = -factor;
            }

            AddTimes(factor, _rows[r], row);
        }

        _basic.Add(_upper.Count);
        _upper.Add(double.PositiveInfinity);
        _isFlipped.Add(false);
        _rows.Add(row);
        return _rows.Count - 1;
    }

    /// <summary>Asks of a row a'v >= b for more or less: reduced costs stay what they are, so that <see cref="Solve"/> goes on from where it stands.</summary>
    /// <param name="row">its number</param>
    /// <param name="more">added to b</param>
    public void Shift(int row, double more)
    {
        // Its slack is the old one less so much.
        var slack = _columns + row;
        var column = Array.IndexOf(_nonbasic, slack);
        if (column < 0)
        {
            _rows[_basic.IndexOf(slack)][_columns] -= more;
            return;
        }

        foreach (var other in _rows)
        {
            other[_columns] -= other[column] * more;
        }

        Cost += _costs[column] * more;
    }

    /// <summary>Solves from where it stands.</summary>
    /// <exception cref="InvalidOperationException">more pivots than any sensible programme needs: rows badly scaled</exception>
    public ProgrammeState Solve()
    {
        var most = Pivots + (200 * (_columns + _rows.Count + 1));
        while (Leaving() is var row and >= 0)
        {
            if (Pivots >= most)
            {
                throw new InvalidOperationException($"no optimum after {Pivots} pivots of {_rows.Count} rows and {_columns} columns");
            }

            var column = Entering(_rows[row]);
            if (column < 0)
            {
                return ProgrammeState.Infeasible;
            }

            Pivot(row, column);
        }

        return ProgrammeState.Optimal;
    }

    /// <summary>Values at the last solution.</summary>
    /// <param name="destination">[variable]</param>
    public void CopyValues(Span<double> destination)
    {
        for (var v = 0; v < _columns; v++)
        {
            destination[v] = _isFlipped[v] ? _upper[v] : 0;
        }

        for (var r = 0; r < _rows.Count; r++)
        {
            if (_basic[r] < _columns)
            {
                var value = _rows[r][_columns];
                destination[_basic[r]] = _isFlipped[_basic[r]] ? _upper[_basic[r]] - value : value;
            }
        }
    }

    private void Add(double[] row, int variable, double coefficient, int column)
    {
        if (_isFlipped[variable])
        {
            row[_columns] += coefficient * _upper[variable];
            row[column] += coefficient;
        }
        else
        {
            row[column] -= coefficient;
        }
    }

    /// <summary>The row whose basic variable lies furthest outside its bounds, turned so that it lies below 0; -1: none.</summary>
    private int Leaving()
    {
        var leaving = -1;
        var worst = Tolerance;
        for (var r = 0; r < _rows.Count; r++)
        {
            var value = _rows[r][_columns];
            var outside = Math.Max(-value, value - _upper[_basic[r]]);
            if (outside > worst)
            {
                (leaving, worst) = (r, outside);
            }
        }

        if (leaving >= 0 && _rows[leaving][_columns] > 0)
        {
            Flip(leaving);
        }

        return leaving;
    }

    /// <summary>Lets a basic variable stand for its distance from its upper bound.</summary>
    private void Flip(int r)
    {
        var row = _rows[r];
        for (var column = 0; column < _columns; column++)
        {
            row[column] = -row[column];
        }

        row[_columns] = _upper[_basic[r]] - row[_columns];
        _isFlipped[_basic[r]] = !_isFlipped[_basic[r]];
    }

    /// <summary>Ratio test with a tolerance (Harris 1973): of all columns whose costs stay at least 0 within it, the one of the largest pivot.</summary>
    private int Entering(double[] row)
    {
        var largest = 0.0;
        for (var column = 0; column < _columns; column++)
        {
            largest = Math.Max(largest, -row[column]);
        }

        var least = double.PositiveInfinity;
        for (var column = 0; column < _columns; column++)
        {
            if (-row[column] > LeastPivot * largest && -row[column] > Tolerance)
            {
                least = Math.Min(least, (_costs[column] + Tolerance) / -row[column]);
            }
        }

        var entering = -1;
        var pivot = 0.0;
        for (var column = 0; column < _columns; column++)
        {
            if (-row[column] > LeastPivot * largest && -row[column] > Tolerance && _costs[column] / -row[column] <= least && -row[column] > pivot)
            {
                (entering, pivot) = (column, -row[column]);
            }
        }

        return entering;
    }

    private void Pivot(int r, int column)
    {
        Pivots++;
        var row = _rows[r];
        var inverse = 1 / row[column];
        // x = (value - leaving - sum of the others) / pivot
        for (var k = 0; k <= _columns; k++)
        {
            row[k] *= inverse;
        }

        row[column] = inverse;
        for (var i = 0; i < _rows.Count; i++)
        {
            var factor = _rows[i][column];
            if (i == r || factor == 0)
            {
                continue;
            }

            var other = _rows[i];
            AddTimes(-factor, row, other);
            other[column] = -factor * inverse;
        }

        var cost = _costs[column];
        Cost += cost * row[_columns];
        for (var k = 0; k < _columns; k++)
        {
            _costs[k] = Math.Max(_costs[k] - (cost * row[k]), 0);
        }

        _costs[column] = Math.Max(-cost * inverse, 0);
        (_basic[r], _nonbasic[column]) = (_nonbasic[column], _basic[r]);
    }

    /// <summary>to += factor x from: entry by entry, so that the width of a vector cannot show in the result.</summary>
    private static void AddTimes(double factor, ReadOnlySpan<double> from, Span<double> to)
    {
        var k = 0;
        for (var f = Vector256.Create(factor); k + Vector256<double>.Count <= from.Length; k += Vector256<double>.Count)
        {
            (Vector256.Create(to[k..]) + (f * Vector256.Create(from[k..]))).CopyTo(to[k..]);
        }

        for (; k < from.Length; k++)
        {
            to[k] += factor * from[k];
        }
    }
}

using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Pms.Liquidation.Programmes;

namespace Pms.Liquidation.Planning;

/// <summary>The cheapest extents of a set of actions after which equity covers a multiple of the requirement.</summary>
/// <remarks>
/// min C(u) over 0 &lt;= u &lt;= 1 with equity - C(u) >= target x M(u) + correction: cost C and requirement M are convex, so both are bounded from below by their tangents. Cutting planes
/// (Kelley 1960; for ES: Künzi-Bay and Mayer 2006): the linear programme over the tangents found so far has a solution that costs no more than the best; where it breaks the true
/// constraint, its tangents there are added. For a requirement that is an ES this is the programme of Rockafellar and Uryasev (2002) without its variables for scenarios.
/// </remarks>
internal sealed class SliceProgramme
{
    private const int MostRounds = 200;

    private readonly RequirementModel _model;
    private readonly ImmutableArray<LiquidationAction> _actions;
    private readonly double _target;
    private readonly double _scale; // money units
    private readonly double[] _values; // extents, then cost of the impact of each, cores of the coins, add-ons; the last three in units of the scale
    private readonly double[] _row;
    private double _equity;
    private readonly DualSimplex _programme;
    private readonly List<EquityRow> _rows = [];

    /// <param name="model">of the requirement</param>
    /// <param name="actions">what may be done</param>
    /// <param name="target">equity / requirement</param>
    public SliceProgramme(RequirementModel model, ImmutableArray<LiquidationAction> actions, double target)
    {
        (_model, _actions, _target) = (model, actions, target);
        _scale = Math.Max(actions.Sum(a => a.Cost.Of(a.Size)), 1);
        var columns = (2 * actions.Length) + model.Coins + 1;
        (_values, _row) = (new double[columns], new double[columns]);
        _programme = Empty();
        if (model.Coins > 0)
        {
            StartConstraint();
            for (var coin = 0; coin < model.Coins; coin++)
            {
                _row[CoinColumn(coin)] = -target * model.Buffer * model.KeptShare * _scale;
            }

            Add(null);
        }
    }

    /// <summary>[action] of the last solution.</summary>
    public ReadOnlySpan<double> Extents => _values.AsSpan(0, _actions.Length);

    /// <summary>No plan that satisfies the model costs less. Money units.</summary>
    public double LeastCost { get; private set; }

    /// <summary>Linear programmes solved.</summary>
    public int Rounds { get; private set; }

    /// <summary>Cost of extents. Money units.</summary>
    public double CostOf(ReadOnlySpan<double> extents)
    {
        var sum = 0.0;
        for (var a = 0; a < _actions.Length; a++)
        {
            sum += _actions[a].Cost.Of(extents[a] * _actions[a].Size);
        }

        return sum;
    }

    /// <summary>Solves for an equity, from the solution for another and with all tangents found so far.</summary>
    /// <param name="equity">before costs, less what the model does not see; money units</param>
    /// <param name="slack">by how much the constraint may be broken, money units</param>
    /// <returns>infeasible: not even all actions together reach the target; optimal also where the rounds ran out, then with a bound further from the best</returns>
    public ProgrammeState Solve(double equity, double slack)
    {
        TakeEquity(equity);
        for (var round = 0; round < MostRounds; round++)
        {
            Rounds++;
            if (SolveCosts(0.2 * slack / (_actions.Length * _scale)) == ProgrammeState.Infeasible)
            {
                return ProgrammeState.Infeasible;
            }

            LeastCost = _programme.Cost * _scale;
            var cost = CostOf(Extents);
            var required = _model.At(Extents, out var cuts);
            if (equity - cost - (_target * required) >= -slack && cost <= LeastCost + slack)
            {
                return ProgrammeState.Optimal;
            }

            var refined = false;
            foreach (var cut in cuts.Where(c => IsBroken(c, (equity - cost) / _target, 0.1 * slack / (_target * _model.Buffer * (_model.Coins + 1)))))
            {
                AddCut(cut);
                refined = true;
            }

            if (!refined)
            {
                // What is left is below the tolerance of the programme.
                return ProgrammeState.Optimal;
            }
        }

        return ProgrammeState.Optimal;
    }

    /// <summary>Adds the tangents at some extents, which a plan may lead to.</summary>
    public void Learn(ReadOnlySpan<double> extents)
    {
        _ = _model.At(extents, out var cuts);
        foreach (var cut in cuts)
        {
            AddCut(cut);
        }
    }

    /// <summary>The linear programme over the tangents to the requirement found so far, with as many to the cost of impact as it takes: these need no look at the scenarios.</summary>
    private ProgrammeState SolveCosts(double tolerance)
    {
        for (var round = 0; round < MostRounds; round++)
        {
            if (_programme.Solve() == ProgrammeState.Infeasible)
            {
                return ProgrammeState.Infeasible;
            }

            _programme.CopyValues(_values);
            if (!AddTangents(tolerance))
            {
                break;
            }
        }

        return ProgrammeState.Optimal;
    }

    private int CoinColumn(int coin) => (2 * _actions.Length) + coin;

    private int AddOnColumn => _row.Length - 1;

    /// <summary>Whether the last solution thinks too little of what a cut is of.</summary>
    private bool IsBroken(RequirementCut cut, double allowed, double tolerance)
    {
        var value = cut.Value + _model.ErrorBar(cut) - tolerance;
        return cut.Part switch
        {
            CutPart.Coin => value > _values[CoinColumn(cut.Coin)] * _scale,
            CutPart.AddOns => value > _values[AddOnColumn] * _scale,
            _ => (_model.Buffer * value) + (_values[AddOnColumn] * _scale) > allowed,
        };
    }

    private DualSimplex Empty()
    {
        Span<double> costs = new double[_row.Length];
        Span<double> upper = new double[_row.Length];
        upper.Fill(double.PositiveInfinity);
        for (var a = 0; a < _actions.Length; a++)
        {
            costs[a] = _actions[a].Cost.PerLot * _actions[a].Size / _scale;
            (upper[a], costs[_actions.Length + a]) = (1, 1);
        }

        return new DualSimplex(costs, upper);
    }

    /// <summary>Equity and error bars change from solution to solution, and with them what rows must reach; slopes stay.</summary>
    private void TakeEquity(double equity)
    {
        _equity = equity;
        foreach (ref var row in CollectionsMarshal.AsSpan(_rows))
        {
            var least = Least(row.Cut) / row.Size;
            if (least != row.Least)
            {
                _programme.Shift(row.Number, least - row.Least);
                row = row with { Least = least };
            }
        }
    }

    /// <summary>Cost of impact at an extent. In units of the scale.</summary>
    private double ImpactOf(int action, double extent)
    {
        var lots = extent * _actions[action].Size;
        return _actions[action].Cost.Impact * lots * Math.Sqrt(lots) / _scale;
    }

    /// <summary>Adds tangents where the impact costs more than the programme thinks.</summary>
    private bool AddTangents(double tolerance)
    {
        var added = false;
        for (var a = 0; a < _actions.Length; a++)
        {
            if (_values[a] > 0 && ImpactOf(a, _values[a]) > _values[_actions.Length + a] + tolerance)
            {
                AddTangent(a, _values[a]);
                added = true;
            }
        }

        return added;
    }

    private void AddTangent(int action, double extent)
    {
        // impact at e + 1.5 impact at e / e x (u - e): the power is 1.5.
        var impact = ImpactOf(action, extent);
        Array.Clear(_row);
        _row[action] = -1.5 * impact / extent;
        _row[_actions.Length + action] = 1;
        _programme.AddRow(_row, -0.5 * impact);
    }

    private void AddCut(RequirementCut cut)
    {
        if (cut.Part == CutPart.Whole)
        {
            // equity - cost - target x (buffer x (constant + slopes u) + add-ons) >= 0
            StartConstraint();
            for (var a = 0; a < _actions.Length; a++)
            {
                _row[a] -= _target * _model.Buffer * cut.Slopes[a];
            }
        }
        else
        {
            // value - slopes u >= constant
            Array.Clear(_row);
            for (var a = 0; a < _actions.Length; a++)
            {
                _row[a] = -cut.Slopes[a];
            }

            _row[cut.Part == CutPart.Coin ? CoinColumn(cut.Coin) : AddOnColumn] = _scale;
        }

        Add(cut);
    }

    /// <summary>The row of equity - cost - target x add-ons.</summary>
    private void StartConstraint()
    {
        Array.Clear(_row);
        for (var a = 0; a < _actions.Length; a++)
        {
            (_row[a], _row[_actions.Length + a]) = (-_actions[a].Cost.PerLot * _actions[a].Size, -_scale);
        }

        _row[AddOnColumn] = -_target * _scale;
    }

    /// <summary>What the row of a cut must reach; null: that of the coins' cores together.</summary>
    private double Least(RequirementCut? cut) => cut switch
    {
        null => -_equity,
        { Part: CutPart.Whole } => (_target * _model.Buffer * (cut.Constant + _model.ErrorBar(cut))) - _equity,
        _ => cut.Constant + _model.ErrorBar(cut),
    };

    /// <summary>Adds the row, scaled to numbers around 1.</summary>
    private void Add(RequirementCut? cut)
    {
        var size = 1.0;
        foreach (var coefficient in _row)
        {
            size = Math.Max(size, Math.Abs(coefficient));
        }

        foreach (ref var coefficient in _row.AsSpan())
        {
            coefficient /= size;
        }

        var least = Least(cut) / size;
        _rows.Add(new EquityRow(cut, _programme.AddRow(_row, least), size, least));
    }

    /// <summary>A row of the programme whose right side depends on equity or error bars.</summary>
    /// <param name="Cut">null: the coins' cores together</param>
    /// <param name="Number">in the programme</param>
    /// <param name="Size">what it was divided by</param>
    /// <param name="Least">what it must reach now, divided</param>
    private readonly record struct EquityRow(RequirementCut? Cut, int Number, double Size, double Least);
}

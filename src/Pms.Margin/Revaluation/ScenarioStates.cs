using Pms.Scenarios;
using Pms.Scenarios.Shocks;
using Pms.Volatility;

namespace Pms.Margin.Revaluation;

/// <summary>Chosen scenarios of a set, whole or in part, as units see them; every smile in every part is free of arbitrage.</summary>
/// <remarks>
/// A part of a scenario, as in "its vol level and skew without its time", is a scenario of its own: its smiles are checked and repaired by
/// <see cref="ScenarioSmiles"/> as those of the whole are. There are at most 15 such parts to a surface; each is made when first asked for.
/// Not safe for use by several threads at once.
/// </remarks>
public sealed class ScenarioStates
{
    private const MoveParts SmileParts = MoveParts.VolLevel | MoveParts.Skew | MoveParts.Term | MoveParts.Time;

    private readonly ScenarioSet _set;
    private readonly int[] _scenarios;
    private readonly Dictionary<int, int> _slots = [];
    private readonly Dictionary<VolSurface, SmileBounds> _bounds = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<(SmileBounds Bounds, MoveParts Parts), ScenarioSmiles> _smiles = [];

    /// <param name="set">scenarios</param>
    /// <param name="scenarios">those that will be asked for; one may stand more than once</param>
    /// <param name="bounds">made before for some surfaces, for a caller that asks for many sets; not written to</param>
    public ScenarioStates(ScenarioSet set, IEnumerable<int> scenarios, IReadOnlyDictionary<VolSurface, SmileBounds>? bounds = null)
    {
        ArgumentNullException.ThrowIfNull(set);
        _set = set;
        foreach (var (surface, made) in bounds ?? new Dictionary<VolSurface, SmileBounds>())
        {
            _bounds.Add(surface, made);
        }

        _scenarios = [.. scenarios.Distinct()];
        for (var i = 0; i < _scenarios.Length; i++)
        {
            _slots.Add(_scenarios[i], i);
        }
    }

    /// <summary>A part of a scenario, with the smile of an option at its end.</summary>
    /// <param name="unit">who sees it</param>
    /// <param name="scenario">one of those chosen</param>
    /// <param name="parts">which moves happen</param>
    /// <exception cref="KeyNotFoundException">a scenario that was not chosen</exception>
    /// <exception cref="Primitives.InvalidInputException">the codes of <see cref="UnitValuation.Moves"/> and <see cref="SmileBounds"/></exception>
    public ScenarioMoves Of(UnitValuation unit, int scenario, MoveParts parts)
    {
        ArgumentNullException.ThrowIfNull(unit);
        var slot = _slots[scenario];
        var moves = unit.Moves(_set, scenario).Only(parts);
        // Time alone only makes a smile smaller, which needs no repair.
        if (unit.SmileSource is not var (surface, slice) || (parts & (SmileParts & ~MoveParts.Time)) == MoveParts.None)
        {
            return moves;
        }

        var smiles = Smiles(surface, parts & SmileParts);
        var (factor, line, lift) = smiles.MoveOf(slice, slot);
        return moves with { Smile = new SmileMove(factor, line, lift) };
    }

    private ScenarioSmiles Smiles(VolSurface surface, MoveParts parts)
    {
        if (!_bounds.TryGetValue(surface, out var bounds))
        {
            bounds = new SmileBounds(surface);
            _bounds.Add(surface, bounds);
        }

        if (!_smiles.TryGetValue((bounds, parts), out var smiles))
        {
            smiles = ScenarioSmiles.Build(bounds, parts.HasFlag(MoveParts.Time) ? _set.HorizonYears : 0, FamilyMoves.Of(Columns(surface, parts), surface.Underlying));
            _smiles.Add((bounds, parts), smiles);
        }

        return smiles;
    }

    // Spot, basis and peg do not touch a smile over log-moneyness.
    private ScenarioColumns Columns(VolSurface surface, MoveParts parts)
    {
        var columns = new ScenarioColumns(_set.Factors, _scenarios.Length);
        var coin = _set.Factors.CoinIndex(surface.Underlying.Base);
        for (var i = 0; i < _scenarios.Length; i++)
        {
            var scenario = _scenarios[i];
            var level = _set.VolLogChange(coin, ScenarioMoves.LevelTenor)[scenario];
            columns.SkewChange(coin)[i] = parts.HasFlag(MoveParts.Skew) ? _set.SkewChange(coin)[scenario] : 0;
            for (var tenor = 0; tenor < RiskFactors.VolTenorDays.Length; tenor++)
            {
                var term = _set.VolLogChange(coin, tenor)[scenario] - level;
                columns.VolLogChange(coin, tenor)[i] = (parts.HasFlag(MoveParts.VolLevel) ? level : 0) + (parts.HasFlag(MoveParts.Term) ? term : 0);
            }
        }

        return columns;
    }
}

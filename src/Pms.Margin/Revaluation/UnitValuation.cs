using Pms.Numerics;
using Pms.Scenarios;
using Pms.Volatility;

namespace Pms.Margin.Revaluation;

/// <summary>Value in USD of one unit of one instrument or asset under any moves: everything that does not depend on the moves is looked up once.</summary>
/// <remarks>
/// A unit is one coin for options, spot and linear futures, one USD for inverse futures and perpetuals, one unit of an asset. A future's value
/// is its profit since now, so it is 0 now.
/// </remarks>
public abstract class UnitValuation
{
    private protected UnitValuation(string name, MoveParts depends)
    {
        Name = name;
        Depends = depends;
    }

    /// <summary>Instrument name or asset code.</summary>
    public string Name { get; }

    /// <summary>Moves that can change the value at all; the others are without effect.</summary>
    public MoveParts Depends { get; }

    /// <summary>Value now: USD a unit.</summary>
    public double Now { get; private protected init; }

    /// <summary>First-order change of value for a relative move of spot alone, with the smile moving along with the forward: d Value / d e^Spot at now, USD a unit.</summary>
    public double SpotDelta { get; private protected init; }

    /// <summary>The smile that the value is read from; null where there is none, or where it lies between the fitted ones.</summary>
    internal virtual (VolSurface Surface, int Slice)? SmileSource => null;

    /// <summary>Value under moves: USD a unit.</summary>
    public abstract double Value(in ScenarioMoves moves);

    /// <summary>What a scenario of a set moves, as this instrument or asset sees it; time included.</summary>
    /// <exception cref="Primitives.InvalidInputException"><c>risk-factor-missing</c>: the set does not move the coin or the quote currency</exception>
    public abstract ScenarioMoves Moves(ScenarioSet set, int scenario);

    /// <summary>Second-order Taylor terms of <see cref="Pnl"/> beside it, USD a unit: for anything but an option Delta alone, the rest is residual.</summary>
    /// <remarks>
    /// An option's vol move is that of its own strike: what level, skew, term, time and the roll along the smile make of it together. The USD price of the
    /// settlement asset is held as it is for a linear option; an inverse one has it in its forward.
    /// </remarks>
    public virtual TaylorTerms Taylor(in ScenarioMoves moves) =>
        new(Pnl(moves), Delta: SpotDelta * ElementaryMath.Expm1(moves.Spot), Gamma: 0, Vega: 0, Theta: 0, Vanna: 0, Volga: 0);

    /// <summary>Gain of one unit from now to the horizon: USD.</summary>
    public double Pnl(in ScenarioMoves moves) => Value(moves) - Now;
}

using System.Collections.Immutable;
using System.Numerics;
using Pms.Margin.Revaluation;
using Pms.Primitives;

namespace Pms.Margin.Explain;

/// <summary>So much of one instrument or asset.</summary>
/// <param name="Unit">its valuation</param>
/// <param name="Quantity">units, long positive, finite</param>
public sealed record Exposure(UnitValuation Unit, double Quantity);

/// <summary>One scenario as one exposure sees it, and its share in the mean.</summary>
/// <param name="Scenario">index in the set</param>
/// <param name="Share">weight in the mean loss; the shares of an ES add up to 1</param>
public readonly record struct SharedScenario(int Scenario, double Share);

/// <summary>The mean loss of one exposure over some scenarios, split by cause in two ways and checked by a third.</summary>
/// <param name="Name">instrument or asset</param>
/// <param name="Alone">each cause by itself from now, with what they do together as <see cref="LossTerms.Cross"/></param>
/// <param name="Shapley">the same loss with Cross shared out by Shapley's rule; Gamma is spot's share less Delta</param>
/// <param name="Taylor">second-order terms of the same loss (loss positive here), with their residual</param>
/// <param name="Interactions">Cross by pairs of causes, largest first; what is left of Cross takes three or more</param>
public sealed record ExposureSplit(string Name, LossTerms Alone, LossTerms Shapley, TaylorTerms Taylor, ImmutableArray<Interaction> Interactions);

/// <summary>Splits the mean loss over scenarios by cause, on full revaluation of every combination of causes.</summary>
/// <remarks>
/// With n causes an exposure is revalued 2^n times in each scenario (n at most 7; causes that do not move in a scenario, or cannot touch the instrument,
/// are left out, which changes no share). 20 options in a tail of 250 scenarios are 20 x 250 x 64 = 320,000 revaluations, about a tenth of a second.
/// </remarks>
public static class LossSplit
{
    /// <summary>More revaluations than this are refused: about a minute of work.</summary>
    public const long MostRevaluations = 200_000_000;

    private static readonly MoveParts[] Parts = [MoveParts.Spot, MoveParts.VolLevel, MoveParts.Skew, MoveParts.Term, MoveParts.Time, MoveParts.Basis, MoveParts.Peg];

    /// <param name="exposures">what is held</param>
    /// <param name="scenarios">over which the mean is taken</param>
    /// <param name="moves">what a part of a scenario is to a unit: <see cref="ScenarioStates.Of"/></param>
    /// <param name="loss">[exposure] the same mean loss by the risk array, USD; NaN: the split's own, so that nothing is left over</param>
    /// <returns>[exposure]</returns>
    /// <exception cref="InvalidInputException"><c>explain-bound</c>: more than <see cref="MostRevaluations"/></exception>
    public static ImmutableArray<ExposureSplit> Of(
        IReadOnlyList<Exposure> exposures, IReadOnlyList<SharedScenario> scenarios, Func<UnitValuation, int, MoveParts, ScenarioMoves> moves, ReadOnlySpan<double> loss)
    {
        ArgumentNullException.ThrowIfNull(exposures);
        ArgumentNullException.ThrowIfNull(scenarios);
        ArgumentNullException.ThrowIfNull(moves);
        if (loss.Length != exposures.Count)
        {
            throw new ArgumentException($"{loss.Length} losses for {exposures.Count} exposures", nameof(loss));
        }

        var work = scenarios.Count * exposures.Sum(e => 1L << BitOperations.PopCount((uint)e.Unit.Depends));
        if (work > MostRevaluations)
        {
            throw new InvalidInputException("explain-bound", $"{exposures.Count} exposures in {scenarios.Count} scenarios take {work} revaluations: at most {MostRevaluations} are made; use a smaller tail (fewer scenarios or a higher level)");
        }

        var result = ImmutableArray.CreateBuilder<ExposureSplit>(exposures.Count);
        for (var i = 0; i < exposures.Count; i++)
        {
            result.Add(Split(exposures[i], scenarios, moves, loss[i]));
        }

        return result.MoveToImmutable();
    }

    /// <summary>Adds up the splits of an account.</summary>
    public static ExposureSplit Sum(string name, IReadOnlyCollection<ExposureSplit> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        return new ExposureSplit(
            name,
            parts.Aggregate(default(LossTerms), (sum, p) => sum + p.Alone),
            parts.Aggregate(default(LossTerms), (sum, p) => sum + p.Shapley),
            parts.Aggregate(default(TaylorTerms), (sum, p) => sum + p.Taylor),
            Ordered(parts.SelectMany(p => p.Interactions).GroupBy(p => (p.First, p.Second)).Select(g => new Interaction(g.Key.First, g.Key.Second, g.Sum(p => p.Loss)))));
    }

    private static ExposureSplit Split(Exposure exposure, IReadOnlyList<SharedScenario> scenarios, Func<UnitValuation, int, MoveParts, ScenarioMoves> moves, double arrayLoss)
    {
        var unit = exposure.Unit;
        Span<double> alone = stackalloc double[Parts.Length];
        Span<double> shares = stackalloc double[Parts.Length];
        Span<double> pairs = stackalloc double[Parts.Length * Parts.Length];
        Span<double> own = stackalloc double[Parts.Length];
        Span<int> players = stackalloc int[Parts.Length];
        Span<double> value = stackalloc double[1 << Parts.Length];
        alone.Clear();
        shares.Clear();
        pairs.Clear();
        double total = 0, delta = 0;
        var taylor = default(TaylorTerms);
        foreach (var (scenario, share) in scenarios)
        {
            var all = moves(unit, scenario, MoveParts.All);
            var scale = -share * exposure.Quantity;
            var count = Players(unit, all, players);
            var coalitions = value[..(1 << count)];
            for (var c = 0; c < coalitions.Length; c++)
            {
                coalitions[c] = unit.Pnl(c == coalitions.Length - 1 ? all : moves(unit, scenario, Coalition(c, players)));
            }

            total += scale * coalitions[^1];
            delta += scale * unit.SpotDelta * Numerics.ElementaryMath.Expm1(all.Spot);
            taylor += scale * unit.Taylor(all);
            ShapleyValue.Split(coalitions, own[..count]);
            for (var i = 0; i < count; i++)
            {
                alone[players[i]] += scale * coalitions[1 << i];
                shares[players[i]] += scale * own[i];
                for (var j = i + 1; j < count; j++)
                {
                    pairs[(players[i] * Parts.Length) + players[j]] += scale * (coalitions[(1 << i) | (1 << j)] - coalitions[1 << i] - coalitions[1 << j]);
                }
            }
        }

        var residual = double.IsNaN(arrayLoss) ? 0 : arrayLoss - total;
        return new ExposureSplit(unit.Name, Terms(alone, delta, total, residual), Terms(shares, delta, total, residual, isShared: true), taylor, Ordered(Interactions(pairs)));
    }

    private static LossTerms Terms(ReadOnlySpan<double> of, double delta, double total, double residual, bool isShared = false)
    {
        var terms = new LossTerms(delta, of[0] - delta, of[1], of[2], of[3], of[4], of[5], of[6], 0, residual);
        return isShared ? terms : terms with { Cross = total + residual - terms.Total };
    }

    // A cause that does not move, or cannot touch the instrument, is an idle player: leaving it out changes nobody's share.
    private static int Players(UnitValuation unit, in ScenarioMoves moves, Span<int> players)
    {
        var count = 0;
        for (var i = 0; i < Parts.Length; i++)
        {
            if (unit.Depends.HasFlag(Parts[i]) && moves.Only(Parts[i]) != default)
            {
                players[count++] = i;
            }
        }

        return count;
    }

    private static MoveParts Coalition(int bits, ReadOnlySpan<int> players)
    {
        var parts = MoveParts.None;
        for (var i = 0; bits != 0; i++, bits >>= 1)
        {
            if ((bits & 1) != 0)
            {
                parts |= Parts[players[i]];
            }
        }

        return parts;
    }

    private static List<Interaction> Interactions(ReadOnlySpan<double> pairs)
    {
        var result = new List<Interaction>();
        for (var i = 0; i < Parts.Length; i++)
        {
            for (var j = i + 1; j < Parts.Length; j++)
            {
                if (pairs[(i * Parts.Length) + j] is not 0 and var loss)
                {
                    result.Add(new Interaction(Parts[i], Parts[j], loss));
                }
            }
        }

        return result;
    }

    private static ImmutableArray<Interaction> Ordered(IEnumerable<Interaction> interactions) => [.. interactions.OrderByDescending(p => Math.Abs(p.Loss)).ThenBy(p => p.First).ThenBy(p => p.Second)];
}

using System.Collections.Immutable;

namespace Pms.Validation.ReverseStress;

/// <summary>How much is missing to a break, at many points at once.</summary>
/// <param name="points">[point x direction]</param>
/// <param name="count">points</param>
/// <param name="values">[point x condition] at least 0 where the condition holds, continuous, in a unit in which 1 is much</param>
public delegate void BreachFunction(ReadOnlySpan<double> points, int count, Span<double> values);

/// <summary>What is searched: the least |y| at which every condition holds.</summary>
/// <param name="Directions">length of y</param>
/// <param name="Conditions">1 or more; all must hold</param>
/// <param name="Values">of the conditions</param>
/// <param name="Reach">how far one may go in a direction of length 1, finite</param>
public sealed record BreachProblem(int Directions, int Conditions, BreachFunction Values, Func<double[], double> Reach);

/// <summary>A local answer.</summary>
/// <param name="Point">y, at which every condition holds</param>
/// <param name="Distance">|y|</param>
public sealed record BreachPoint(ImmutableArray<double> Point, double Distance);

/// <summary>All local answers and what was looked at.</summary>
/// <param name="Found">nearest first; two of them differ in direction</param>
/// <param name="Worst">the point looked at where the least of the conditions was largest</param>
/// <param name="WorstValue">that condition there</param>
/// <param name="Starts">directions from which a local search began</param>
/// <param name="Evaluations">points valued</param>
public sealed record BreachAnswer(ImmutableArray<BreachPoint> Found, ImmutableArray<double> Worst, double WorstValue, int Starts, long Evaluations);

/// <summary>The nearest points to the origin at which given conditions hold: the "design point" of structural reliability (Hasofer and Lind 1974; Rackwitz and Fiessler 1978).</summary>
/// <remarks>
/// Each start is a direction. Along it the conditions are looked at on a grid; where they hold nowhere the direction is turned to where they would if they were linear. The distance R at which they
/// hold is bracketed and narrowed; then the direction is improved: the point
/// nearest to the origin under the conditions linearised at the boundary (a small quadratic programme, Hildreth 1957) gives where to go, by as much as makes R smaller; where that
/// stops, turns by fixed angles around every axis are tried, which gets over kinks. R never grows, and every point given is one at which the conditions hold. It is a search of local minima from many
/// starts: that no other is nearer is not proven. Deterministic; one thread.
/// </remarks>
public sealed class BreachSearch
{
    /// <summary>Points along a direction in the first look, closer together near the origin.</summary>
    private const int GridPoints = 24;

    private const int MostIterations = 60;
    private const int MostClimbs = 8;
    private const int MostSweeps = 200;
    private const int MostRootSteps = 100;
    private const double Step = 1e-4;
    private const double LeastGain = 1e-9;

    /// <summary>Directions with a larger cosine are one.</summary>
    private const double SameDirection = 0.8;

    private static readonly double[] Turns = [1, 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625];
    private static readonly double[] Angles = [0.3, 0.1, 0.03, 0.01];
    private static readonly double[] Shares = [1, 0.5, 0.1];
    private static readonly double[] Margins = [1e-2, 1e-4, 1e-8];

    private readonly BreachProblem _problem;
    private readonly int _n;
    private readonly int _m;
    private double[] _worst;
    private double _worstValue = double.NegativeInfinity;
    private long _evaluations;

    private BreachSearch(BreachProblem problem)
    {
        (_problem, _n, _m) = (problem, problem.Directions, problem.Conditions);
        _worst = new double[_n];
    }

    /// <param name="problem">what is searched</param>
    /// <param name="starts">directions of any length; those of length 0 are left out. The axes, both ways, are always added</param>
    /// <param name="mostStarts">local searches, from the nearest of unlike directions</param>
    public static BreachAnswer Find(BreachProblem problem, IEnumerable<double[]> starts, int mostStarts = 24)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(starts);
        ArgumentOutOfRangeException.ThrowIfLessThan(mostStarts, 1);
        var search = new BreachSearch(problem);
        var axes = Enumerable.Range(0, 2 * problem.Directions).Select(i =>
        {
            var axis = new double[problem.Directions];
            axis[i / 2] = i % 2 == 0 ? 1 : -1;
            return axis;
        });
        var origin = new double[problem.Directions];
        if (search.Least(origin) >= 0)
        {
            return new BreachAnswer([new BreachPoint([.. origin], 0)], [.. search._worst], search._worstValue, 0, search._evaluations);
        }

        var looked = starts.Concat(axes).Select(Unit).OfType<double[]>().Select(u => (Direction: u, Look: search.Look(u))).ToArray();
        var holding = looked.Where(l => l.Look.Holds).Concat(looked.Where(l => !l.Look.Holds).OrderByDescending(l => l.Look.Value).Take(mostStarts).Select(l => search.Climb(l.Direction, l.Look)).Where(l => l.Look.Holds)).ToArray();
        var chosen = new List<(double[] Direction, double Distance)>();
        // Two rounds: unlike directions first, then the nearest of the rest.
        foreach (var limit in new[] { 0.95, 0.9999 })
        {
            foreach (var (direction, look) in holding.OrderBy(h => h.Look.Distance))
            {
                if (chosen.Count < mostStarts && chosen.TrueForAll(c => FactorLaw.Dot(c.Direction, direction) < limit))
                {
                    chosen.Add((direction, look.Distance));
                }
            }
        }

        var found = new List<BreachPoint>();
        foreach (var local in chosen.Select(c => search.Improve(c.Direction, c.Distance)).OrderBy(l => l.Distance).ToArray())
        {
            if (found.TrueForAll(f => FactorLaw.Dot(f.Point.AsSpan(), local.Point.AsSpan()) < SameDirection * f.Distance * local.Distance))
            {
                found.Add(local);
            }
        }

        return new BreachAnswer([.. found], [.. search._worst], search._worstValue, chosen.Count, search._evaluations);
    }

    /// <summary>The first grid point along a direction at which the conditions hold; where there is none, the one where the least of them is largest.</summary>
    private Sight Look(double[] direction)
    {
        var reach = _problem.Reach(direction);
        var points = new double[GridPoints * _n];
        for (var g = 0; g < GridPoints; g++)
        {
            var share = (g + 1.0) / GridPoints;
            Along(direction, reach * share * Math.Sqrt(share), points.AsSpan(g * _n, _n));
        }

        var least = Least(points, GridPoints);
        var first = Array.FindIndex(least, l => l >= 0);
        var best = first >= 0 ? first : Array.IndexOf(least, least.Max());
        return new Sight(first >= 0, FactorLaw.Length(points.AsSpan(best * _n, _n)), least[best]);
    }

    /// <summary>From a direction along which the conditions never hold, towards where they would if they were linear.</summary>
    private (double[] Direction, Sight Look) Climb(double[] direction, Sight look)
    {
        for (var i = 0; i < MostClimbs && !look.Holds; i++)
        {
            var nearest = Linearise(Along(direction, look.Distance)).Nearest(Margins[0]);
            if (Unit(nearest) is not { } next)
            {
                break;
            }

            // The point itself may hold although no grid point along its direction does.
            var length = Math.Min(FactorLaw.Length(nearest), _problem.Reach(next));
            var value = Least(Along(next, length));
            var seen = value >= 0 ? new Sight(true, length, value) : Look(next);
            if (!seen.Holds && seen.Value <= look.Value)
            {
                break;
            }

            (direction, look) = (next, seen);
        }

        return (direction, look);
    }

    private BreachPoint Improve(double[] direction, double distance)
    {
        distance = Narrow(direction, distance);
        for (var iteration = 0; iteration < MostIterations; iteration++)
        {
            var at = Along(direction, distance);
            var linear = Linearise(at);
            var candidates = new List<double[]>();
            foreach (var margin in Margins)
            {
                var nearest = linear.Nearest(margin);
                if (margin == Margins[^1] && Unit(nearest) is { } towards)
                {
                    candidates.AddRange(Turns.Select(turn => Unit(Mix(direction, 1 - turn, towards, turn))).OfType<double[]>().Select(u => Along(u, distance)));
                }

                candidates.AddRange(Shares.Select(share => Mix(at, 1 - share, nearest, share)));
            }

            if (!TryMove(candidates, ref direction, ref distance) && !Angles.Any(angle => TryMove(Around(direction, angle).Select(u => Along(u, distance)), ref direction, ref distance)))
            {
                break;
            }
        }

        return new BreachPoint([.. Along(direction, distance)], distance);
    }

    /// <summary>Goes to the candidate at which the conditions hold and that is nearest; among equally near ones to that where the least of them is largest.</summary>
    private bool TryMove(IEnumerable<double[]> candidates, ref double[] direction, ref double distance)
    {
        var most = distance * (1 - LeastGain);
        var able = new List<(double[] Direction, double Distance)>();
        foreach (var candidate in candidates)
        {
            if (Unit(candidate) is { } unit)
            {
                able.Add((unit, Math.Min(Math.Min(FactorLaw.Length(candidate), most), _problem.Reach(unit))));
            }
        }

        var points = new double[able.Count * _n];
        for (var i = 0; i < able.Count; i++)
        {
            Along(able[i].Direction, able[i].Distance, points.AsSpan(i * _n, _n));
        }

        var least = Least(points, able.Count);
        var best = -1;
        for (var i = 0; i < able.Count; i++)
        {
            if (least[i] >= 0 && (best < 0 || able[i].Distance < able[best].Distance * (1 - 1e-12) || (able[i].Distance <= able[best].Distance && least[i] > least[best])))
            {
                best = i;
            }
        }

        if (best < 0)
        {
            return false;
        }

        direction = able[best].Direction;
        distance = Narrow(direction, able[best].Distance);
        return true;
    }

    /// <summary>A distance up to the given one, at which the conditions hold and just short of which they do not: false position with halving (Illinois).</summary>
    private double Narrow(double[] direction, double holds)
    {
        var (low, lowValue) = (0.0, Least(new double[_n]));
        var (high, highValue) = (holds, Least(Along(direction, holds)));
        var side = 0;
        for (var i = 0; i < MostRootSteps && high - low > 1e-14 * high; i++)
        {
            // Every third step halves: false position can be slow on one side.
            var at = i % 3 == 2 ? 0.5 * (low + high) : high - (highValue * (high - low) / (highValue - lowValue));
            at = at > low && at < high ? at : 0.5 * (low + high);
            var value = Least(Along(direction, at));
            if (value >= 0)
            {
                (high, highValue) = (at, value);
                lowValue = side == 1 ? 0.5 * lowValue : lowValue;
                side = 1;
            }
            else
            {
                (low, lowValue) = (at, value);
                highValue = side == -1 ? 0.5 * highValue : highValue;
                side = -1;
            }

            if (value == 0)
            {
                break;
            }
        }

        return high;
    }

    /// <summary>Gradients by central differences.</summary>
    private LinearConditions Linearise(double[] at)
    {
        var count = (2 * _n) + 1;
        var points = new double[count * _n];
        for (var p = 0; p < count; p++)
        {
            at.CopyTo(points.AsSpan(p * _n, _n));
        }

        for (var i = 0; i < _n; i++)
        {
            points[(2 * i * _n) + i] += Step;
            points[(((2 * i) + 1) * _n) + i] -= Step;
        }

        var all = Values(points, count);
        var gradients = new double[_m][];
        for (var c = 0; c < _m; c++)
        {
            gradients[c] = new double[_n];
            for (var i = 0; i < _n; i++)
            {
                gradients[c][i] = (all[(2 * i * _m) + c] - all[(((2 * i) + 1) * _m) + c]) / (2 * Step);
            }
        }

        return new LinearConditions(at, all[((count - 1) * _m)..], gradients);
    }

    private double[] Values(double[] points, int count)
    {
        var values = new double[count * _m];
        _problem.Values(points, count, values);
        _evaluations += count;
        return values;
    }

    private double Least(double[] point) => Least(point, 1)[0];

    /// <summary>The least of the conditions at each point; all hold where it is at least 0.</summary>
    private double[] Least(double[] points, int count)
    {
        var values = Values(points, count);
        var least = new double[count];
        for (var p = 0; p < count; p++)
        {
            least[p] = double.PositiveInfinity;
            foreach (var value in values.AsSpan(p * _m, _m))
            {
                least[p] = Math.Min(least[p], value);
            }

            if (least[p] > _worstValue)
            {
                (_worstValue, _worst) = (least[p], points[(p * _n)..((p + 1) * _n)]);
            }
        }

        return least;
    }

    private IEnumerable<double[]> Around(double[] direction, double angle)
    {
        for (var i = 0; i < 2 * _n; i++)
        {
            var turned = (double[])direction.Clone();
            turned[i / 2] += i % 2 == 0 ? angle : -angle;
            if (Unit(turned) is { } unit)
            {
                yield return unit;
            }
        }
    }

    private static double[] Mix(double[] a, double shareA, double[] b, double shareB)
    {
        var mixed = new double[a.Length];
        for (var i = 0; i < mixed.Length; i++)
        {
            mixed[i] = (shareA * a[i]) + (shareB * b[i]);
        }

        return mixed;
    }

    private double[] Along(double[] direction, double distance)
    {
        var point = new double[_n];
        Along(direction, distance, point);
        return point;
    }

    private static void Along(double[] direction, double distance, Span<double> point)
    {
        for (var i = 0; i < point.Length; i++)
        {
            point[i] = distance * direction[i];
        }
    }

    private static double[]? Unit(double[] direction)
    {
        var length = FactorLaw.Length(direction);
        return length > 0 && double.IsFinite(length) ? [.. direction.Select(d => d / length)] : null;
    }

    /// <summary>What is seen along a direction.</summary>
    /// <param name="Holds">whether the conditions hold somewhere</param>
    /// <param name="Distance">of the first such place, or of the best one</param>
    /// <param name="Value">the least of the conditions there</param>
    private readonly record struct Sight(bool Holds, double Distance, double Value);

    /// <summary>The conditions as straight lines through what they are at a point.</summary>
    private sealed record LinearConditions(double[] At, double[] Values, double[][] Gradients)
    {
        /// <summary>The point nearest to the origin at which all of them hold by a margin, as far as it could be found.</summary>
        /// <param name="margin">distance from every edge, as a share of that of <see cref="At"/></param>
        public double[] Nearest(double margin)
        {
            var (nearest, multipliers) = (new double[At.Length], new double[Values.Length]);
            var distance = FactorLaw.Length(At);
            for (var sweep = 0; sweep < MostSweeps; sweep++)
            {
                var change = 0.0;
                for (var c = 0; c < Values.Length; c++)
                {
                    var length = FactorLaw.Length(Gradients[c]);
                    if (!(length > 0))
                    {
                        continue;
                    }

                    var missing = FactorLaw.Dot(Gradients[c], At) - Values[c] + (margin * distance * length) - FactorLaw.Dot(Gradients[c], nearest);
                    var next = Math.Max(0, multipliers[c] + (missing / (length * length)));
                    var by = next - multipliers[c];
                    multipliers[c] = next;
                    for (var i = 0; i < nearest.Length; i++)
                    {
                        nearest[i] += by * Gradients[c][i];
                    }

                    change = Math.Max(change, Math.Abs(by) * length);
                }

                if (Values.Length == 1 || change < 1e-13 * distance)
                {
                    break;
                }
            }

            return nearest;
        }
    }
}

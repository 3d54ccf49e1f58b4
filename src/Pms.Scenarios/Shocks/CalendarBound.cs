using Pms.Volatility.Arbitrage;
using Pms.Volatility.Svi;

namespace Pms.Scenarios.Shocks;

/// <summary>How far two neighbouring smiles may be moved apart, f1 w1 + L1 k + c1 and f2 w2 + L2 k + c2, before the later falls below the earlier.</summary>
/// <remarks>
/// Divided by f2 the condition is w2(k) - rho w1(k) - delta k - e at least 0 for every k, with rho = f1 / f2, delta = (L1 - L2) / f2 and
/// e = (c1 - c2) / f2: half-spaces of (rho, delta, e), so their intersection is convex. With delta and e 0: rho up to min w2 / w1. At a rho: delta from -D-(rho) to
/// D+(rho), the least of (w2 - rho w1) / |k| on each side, and e up to E(rho) = min (w2 - rho w1), concave functions of rho. They are kept at nodes
/// that <see cref="CalendarCheck"/> proves over the whole line; straight lines between nodes lie below a concave function, and a mixture of an allowed delta and
/// an allowed e is allowed, so that every pair inside is proven too.
/// Nodes are worked out when first asked for; two threads that do so at once write the same number.
/// </remarks>
internal sealed class CalendarBound
{
    private const int Nodes = 12;

    private readonly RawSvi _earlier;
    private readonly RawSvi _later;
    private readonly double[] _points;
    private readonly double[] _right = new double[Nodes + 1];
    private readonly double[] _left = new double[Nodes + 1];
    private readonly double[] _lift = new double[Nodes + 1];
    private readonly double _theta;

    public CalendarBound(in RawSvi earlier, in RawSvi later)
    {
        _earlier = earlier;
        _later = later;
        _points = LineMinimum.Points(earlier, later);
        Array.Fill(_right, double.NaN);
        Array.Fill(_left, double.NaN);
        Array.Fill(_lift, double.NaN);
        _theta = earlier.TotalVariance(0);
        MostRatio = ProvenRatio();
    }

    /// <summary>Largest f1 / f2 without tilts.</summary>
    public double MostRatio { get; }

    /// <summary>Largest (L1 - L2) / f2 at a ratio f1 / f2 up to <see cref="MostRatio"/>; for <paramref name="isRising"/> false, of (L2 - L1) / f2.</summary>
    public double MostGap(double ratio, bool isRising)
    {
        var nodes = isRising ? _right : _left;
        var j = NodeBelow(ratio);
        for (var node = j; node <= j + 1; node++)
        {
            if (double.IsNaN(nodes[node]))
            {
                nodes[node] = ProvenGap(NodeRatio(node), isRising);
            }
        }

        return Between(nodes, j, ratio);
    }

    /// <summary>E: largest (c1 - c2) / f2 at a ratio f1 / f2 up to <see cref="MostRatio"/>.</summary>
    public double MostLift(double ratio)
    {
        var j = NodeBelow(ratio);
        Lift(j);
        Lift(j + 1);
        return Between(_lift, j, ratio);
    }

    /// <summary>The largest ratio up to a bound at which the earlier smile has a given total variance at the money; else the ratio that comes nearest.</summary>
    /// <param name="bound">largest ratio f1 / f2; above 0</param>
    /// <param name="level">(w1(0) moved - c2) / f2, wanted</param>
    /// <param name="reached">the level that is allowed at the ratio: at most the one wanted</param>
    public double MostRatioAt(double bound, double level, out double reached)
    {
        // Level allowed at a ratio: E(rho) + rho w1(0), concave.
        bound = Math.Min(bound, MostRatio);
        var ratio = bound;
        reached = MostLift(ratio) + (ratio * _theta);
        if (reached >= level)
        {
            reached = level;
            return ratio;
        }

        var j = NodeBelow(bound);
        for (; j >= 0; j--)
        {
            var low = NodeRatio(j);
            var atLow = Lift(j) + (low * _theta);
            if (atLow >= level)
            {
                // Crossing inside this piece, which is a straight line.
                ratio = low + ((ratio - low) * ((atLow - level) / (atLow - reached)));
                reached = level;
                return Math.Min(ratio, bound) * (1 - 1e-12);
            }

            if (atLow <= reached)
            {
                break;
            }

            ratio = low;
            reached = atLow;
        }

        return ratio;
    }

    private double Lift(int node)
    {
        if (double.IsNaN(_lift[node]))
        {
            _lift[node] = ProvenLift(NodeRatio(node));
        }

        return _lift[node];
    }

    private int NodeBelow(double ratio)
    {
        var rest = 1 - (ratio / MostRatio);
        var j = rest <= 0 ? Nodes - 1 : Math.Min((int)(Nodes * (1 - Math.Sqrt(rest))), Nodes - 1);
        // The square root may round across a node.
        return ratio < NodeRatio(j) && j > 0 ? j - 1 : j;
    }

    private double Between(double[] nodes, int j, double ratio)
    {
        var low = NodeRatio(j);
        var share = Math.Min((ratio - low) / (NodeRatio(j + 1) - low), 1);
        return ((1 - share) * nodes[j]) + (share * nodes[j + 1]);
    }

    /// <summary>Denser towards the largest ratio, where most scenarios are.</summary>
    private double NodeRatio(int node)
    {
        var rest = 1 - (node / (double)Nodes);
        return MostRatio * (1 - (rest * rest));
    }

    private double ProvenRatio()
    {
        var earlier = _earlier;
        var later = _later;
        var ratio = LineMinimum.Of(_points, 0, k => later.TotalVariance(k) / earlier.TotalVariance(k));
        ratio = Math.Min(ratio, WingRatio(later.RightSlope, earlier.RightSlope));
        ratio = Math.Min(ratio, WingRatio(later.LeftSlope, earlier.LeftSlope)) * (1 - 1e-9);
        for (var shrink = 1e-8; ratio > 1e-6 && shrink < 1; shrink *= 4)
        {
            if (CalendarCheck.Prove(earlier.Scale(ratio), later).Proven)
            {
                return ratio * (1 - 1e-10);
            }

            ratio *= 1 - shrink;
        }

        return 1e-6;
    }

    private double ProvenGap(double ratio, bool isRising)
    {
        var earlier = _earlier.Scale(ratio);
        var later = _later;
        var side = isRising ? 1 : -1;
        var gap = LineMinimum.Of(_points, side, k => (later.TotalVariance(k) - earlier.TotalVariance(k)) / (side * k));
        gap = Math.Min(gap, isRising ? later.RightSlope - earlier.RightSlope : later.LeftSlope - earlier.LeftSlope) * (1 - 2e-3);
        for (var shrink = 2e-3; gap > 0 && shrink < 1; shrink *= 2)
        {
            // The line is taken off the later smile, which stays a smile: the gap is no steeper than its wing.
            if (CalendarCheck.Prove(earlier, SmileLine.Add(later, -side * gap)).Proven)
            {
                return gap * (1 - 1e-9);
            }

            gap *= 1 - shrink;
        }

        return 0;
    }

    private double ProvenLift(double ratio)
    {
        var earlier = _earlier.Scale(ratio);
        var later = _later;
        if (later.RightSlope < earlier.RightSlope || later.LeftSlope < earlier.LeftSlope)
        {
            return 0;
        }

        var lift = LineMinimum.Of(_points, 0, k => later.TotalVariance(k) - earlier.TotalVariance(k)) * (1 - 2e-3);
        for (var shrink = 2e-3; lift > 0 && shrink < 1; shrink *= 2)
        {
            if (CalendarCheck.Prove(earlier.Lift(lift), later).Proven)
            {
                return lift * (1 - 1e-9);
            }

            lift *= 1 - shrink;
        }

        return 0;
    }

    private static double WingRatio(double later, double earlier) => earlier > 0 ? later / earlier : double.PositiveInfinity;
}

using Pms.Primitives;
using Pms.Volatility.Svi;

namespace Pms.Volatility.Arbitrage;

/// <summary>Where a smile's butterfly function is least, and how low.</summary>
/// <param name="K">log-moneyness; infinite when the least value is a wing's limit</param>
/// <param name="G">Durrleman's g there; at least 0 everywhere means no butterfly arbitrage</param>
public readonly record struct ButterflyMinimum(double K, double G);

/// <summary>Outcome of a proof over the whole line.</summary>
/// <param name="Proven">the condition holds for every k, up to rounding</param>
/// <param name="K">where the least value was met</param>
/// <param name="Least">least value met at a point: a witness when it is below the floor</param>
/// <param name="Cells">intervals looked at: the cost of the proof</param>
public readonly record struct LineProof(bool Proven, double K, double Least, int Cells);

/// <summary>Butterfly arbitrage of one smile: the exact minimum of g, and a proof by interval bounds that g stays above a floor for all k.</summary>
/// <remarks>
/// The minimum is found by a dense search, so it could in principle be missed between points; the proof cannot miss. It bounds g from below on
/// intervals through the monotone pieces of an SVI smile (w' increases, w'' rises to the vertex and falls after it, w is monotone on each side of
/// its minimum), halves those that are not yet decided, and closes the wings by the lemma in docs/model/surface.md.
/// </remarks>
public static class ButterflyCheck
{
    private const int MaxCells = 20_000;
    private const int StackDepth = 96;

    private const int PointsPerSide = 50;

    // The further out a flat point lies, the shallower it is: 16 million times beyond the search it is below rounding.
    private const int MostDoublings = 24;

    // Ratio 1.24 between neighbours: 0.02 to 750 units on each side.
    private static readonly double[] Steps = MakeSteps();

    /// <summary>Least g over all k, or over [<paramref name="from"/>, <paramref name="to"/>] when given.</summary>
    public static ButterflyMinimum Minimum(in RawSvi svi, double from = double.NegativeInfinity, double to = double.PositiveInfinity)
    {
        if (!svi.TryValidate(out var refusal))
        {
            throw refusal!.ToException();
        }

        if (!(from < to))
        {
            throw new InvalidInputException("range", $"[{from}, {to}] is not a range of log-moneyness");
        }

        if (svi.B == 0)
        {
            return new ButterflyMinimum(Math.Clamp(0, from, to), 1);
        }

        var best = new ButterflyMinimum(double.NaN, double.PositiveInfinity);
        if (double.IsNegativeInfinity(from))
        {
            best = Lower(best, double.NegativeInfinity, WingLimit(svi.LeftSlope));
        }

        if (double.IsPositiveInfinity(to))
        {
            best = Lower(best, double.PositiveInfinity, WingLimit(svi.RightSlope));
        }

        // The smile has two lengths: the deviation about the money, and Sigma about the vertex.
        var deviation = Math.Sqrt(svi.TotalVariance(0));
        best = Scan(svi, 0, deviation, from, to, best);
        best = Scan(svi, svi.M, svi.Sigma, from, to, best);
        var most = Steps[^1];
        best = Beyond(svi, Math.Min(-deviation * most, svi.M - (svi.Sigma * most)), from, to, best);
        return Beyond(svi, Math.Max(deviation * most, svi.M + (svi.Sigma * most)), from, to, best);
    }

    /// <summary>The ranges of k where g is below 0, ascending; a range that reaches a wing ends in infinity.</summary>
    /// <remarks>Ends are bisected to full precision between the points of the dense search of <see cref="Minimum"/> and its outcome.</remarks>
    public static IReadOnlyList<(double From, double To)> NegativeRanges(in RawSvi svi)
    {
        if (!svi.TryValidate(out var refusal))
        {
            throw refusal!.ToException();
        }

        if (svi.B == 0)
        {
            return [];
        }

        var spread = Math.Sqrt(svi.TotalVariance(0));
        var points = new List<double>((4 * PointsPerSide) + 3) { 0, svi.M };
        foreach (var step in Steps)
        {
            points.AddRange([-spread * step, spread * step, svi.M - (svi.Sigma * step), svi.M + (svi.Sigma * step)]);
        }

        var minimum = Minimum(svi);
        if (double.IsFinite(minimum.K))
        {
            points.Add(minimum.K);
        }

        // A slope above 2 turns g negative in its wing, however far out.
        points.Sort();
        AddWing(svi, svi.RightSlope, points[^1], points);
        AddWing(svi, svi.LeftSlope, points[0], points);
        points.Sort();
        var ranges = new List<(double From, double To)>();
        var inside = svi.Butterfly(points[0]) < 0;
        var from = inside ? double.NegativeInfinity : double.NaN;
        for (var i = 1; i < points.Count; i++)
        {
            var below = svi.Butterfly(points[i]) < 0;
            if (below != inside)
            {
                var end = SignChange(svi, points[i - 1], points[i]);
                if (inside)
                {
                    ranges.Add((from, end));
                }

                from = end;
                inside = below;
            }
        }

        if (inside)
        {
            ranges.Add((from, double.PositiveInfinity));
        }

        return ranges;
    }

    /// <summary>The limit of g in a wing of slope s: (4 - s^2) / 16, and 1 for a flat one.</summary>
    public static double WingLimit(double slope) => slope == 0 ? 1 : (2 - slope) * (2 + slope) / 16;

    /// <summary>Proves that g is at least <paramref name="floor"/> for every k, or finds where it is not.</summary>
    public static LineProof Prove(in RawSvi svi, double floor = 0)
    {
        if (!svi.TryValidate(out var refusal))
        {
            throw refusal!.ToException();
        }

        if (svi.B == 0)
        {
            return new LineProof(floor <= 1, 0, 1, 0);
        }

        if (!(svi.MinimumTotalVariance > 0))
        {
            return new LineProof(Proven: false, svi.MinimumAt, double.NegativeInfinity, 0);
        }

        var leastLimit = Math.Min(WingLimit(svi.LeftSlope), WingLimit(svi.RightSlope));
        if (leastLimit < floor)
        {
            var wing = WingLimit(svi.RightSlope) <= leastLimit ? double.PositiveInfinity : double.NegativeInfinity;
            return new LineProof(Proven: false, wing, leastLimit, 0);
        }

        // The left half line is the right half line of the mirrored smile.
        var right = ProveRight(svi, floor);
        var left = ProveRight(svi with { Rho = -svi.Rho, M = -svi.M }, floor);
        return left.Least < right.Least
            ? new LineProof(left.Proven && right.Proven, -left.K, left.Least, left.Cells + right.Cells)
            : new LineProof(left.Proven && right.Proven, right.K, right.Least, left.Cells + right.Cells);
    }

    private static LineProof ProveRight(in RawSvi svi, double floor)
    {
        var scale = Math.Max(Math.Sqrt(svi.TotalVariance(0)), svi.Sigma);
        var minimumAt = svi.MinimumAt;
        var start = Math.Max(10 * scale, svi.M + (10 * svi.Sigma));
        if (double.IsFinite(minimumAt))
        {
            start = Math.Max(start, minimumAt + scale);
        }

        var tail = start;
        var doublings = 0;
        while (TailBound(svi, tail) < floor && doublings < 60)
        {
            tail *= 2;
            doublings++;
        }

        var walk = new Walk(svi, floor, minimumAt);
        if (doublings == 60)
        {
            walk.Fail();
        }

        // Cells end at the vertex and at the minimum, so that w'' and w are monotone within each.
        Span<double> ends = stackalloc double[6];
        var n = 0;
        ends[n++] = 0;
        if (svi.M > 0 && svi.M < tail)
        {
            ends[n++] = svi.M;
        }

        if (minimumAt > 0 && minimumAt < tail)
        {
            ends[n++] = minimumAt;
        }

        if (scale < tail)
        {
            ends[n++] = scale;
        }

        ends[n++] = tail;
        ends[..n].Sort();
        for (var i = 1; i < n; i++)
        {
            walk.Run(ends[i - 1], ends[i]);
        }

        return walk.Result;
    }

    /// <summary>A lower bound of g on [<paramref name="from"/>, infinity), from beyond 0, the vertex and the minimum.</summary>
    private static double TailBound(in RawSvi svi, double from)
    {
        var at = svi.Derivatives(from);
        var slope = svi.RightSlope;
        if (slope == 0)
        {
            // w falls towards A: k w' is negative, so the first term is at least 1.
            return svi.A > 0 ? 1 - (0.25 * at.W1 * at.W1 * ((1 / svi.A) + 0.25)) : double.NegativeInfinity;
        }

        if (at.W1 < 0)
        {
            return double.NegativeInfinity;
        }

        // w lies above its asymptote alpha + slope k, and w' below slope, so k w' / 2w is at most half of slope k / (alpha + slope k).
        var alpha = svi.A - (slope * svi.M);
        var line = slope * from;
        if (alpha < 0 && !(alpha + line > 0))
        {
            return double.NegativeInfinity;
        }

        var t = alpha >= 0 ? 0.5 : 0.5 * line / (alpha + line);
        return t >= 1 ? double.NegativeInfinity : ((1 - t) * (1 - t)) - (0.25 * slope * slope * ((1 / at.W) + 0.25));
    }

    /// <summary>For a wing steeper than 2: adds points outwards until g is negative.</summary>
    private static void AddWing(in RawSvi svi, double slope, double from, List<double> points)
    {
        var k = from;
        for (var i = 0; i < 60 && slope > 2 && !(svi.Butterfly(k) < 0); i++)
        {
            k *= 2;
            points.Add(k);
        }
    }

    private static double SignChange(in RawSvi svi, double low, double high)
    {
        var sign = svi.Butterfly(low) < 0;
        for (var i = 0; i < 200; i++)
        {
            var middle = 0.5 * (low + high);
            if (middle <= low || middle >= high)
            {
                break;
            }

            (low, high) = svi.Butterfly(middle) < 0 == sign ? (middle, high) : (low, middle);
        }

        return 0.5 * (low + high);
    }

    private static double FlatPoint(in RawSvi svi, double low, double high)
    {
        for (var i = 0; i < 200; i++)
        {
            var middle = 0.5 * (low + high);
            if (middle <= low || middle >= high)
            {
                break;
            }

            if (svi.Derivatives(middle).ButterflySlope(middle) < 0)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return 0.5 * (low + high);
    }

    private static ButterflyMinimum Lower(in ButterflyMinimum best, double k, double g) => g < best.G ? new ButterflyMinimum(k, g) : best;

    /// <summary>Walks a grid from left to right; wherever g turns from falling to rising, the flat point between is found by bisection.</summary>
    private static ButterflyMinimum Scan(in RawSvi svi, double centre, double unit, double from, double to, ButterflyMinimum best)
    {
        var last = double.NaN;
        var lastSlope = double.NaN;
        for (var i = -PointsPerSide - 1; i <= PointsPerSide + 1; i++)
        {
            var size = Math.Abs(i);
            var offset = size == 0 ? 0 : size > PointsPerSide ? double.PositiveInfinity : unit * Steps[size - 1];
            var k = Math.Clamp(i < 0 ? centre - offset : centre + offset, from, to);
            if (!double.IsFinite(k) || k == last)
            {
                continue;
            }

            var at = svi.Derivatives(k);
            var slope = at.ButterflySlope(k);
            best = Lower(best, k, at.Butterfly(k));
            if (lastSlope < 0 && slope > 0)
            {
                var flat = FlatPoint(svi, last, k);
                best = Lower(best, flat, svi.Butterfly(flat));
            }

            last = k;
            lastSlope = slope;
        }

        return best;
    }

    /// <summary>A wing in which g still falls at the last point of the search and comes back to its limit from below: the flat point further out.</summary>
    private static ButterflyMinimum Beyond(in RawSvi svi, double edge, double from, double to, ButterflyMinimum best)
    {
        var near = Math.Clamp(edge, from, to);
        if (near != edge || svi.Derivatives(near).ButterflySlope(near) * Math.Sign(edge) >= 0)
        {
            return best;
        }

        for (var i = 0; i < MostDoublings && near > from && near < to; i++)
        {
            var far = Math.Clamp(2 * near, from, to);
            if (svi.Derivatives(far).ButterflySlope(far) * Math.Sign(edge) > 0)
            {
                var flat = FlatPoint(svi, Math.Min(near, far), Math.Max(near, far));
                return Lower(best, flat, svi.Butterfly(flat));
            }

            best = Lower(best, far, svi.Butterfly(far));
            near = far;
        }

        return best;
    }

    private static double[] MakeSteps()
    {
        var steps = new double[PointsPerSide];
        steps[0] = 0.02;
        for (var i = 1; i < PointsPerSide; i++)
        {
            steps[i] = steps[i - 1] * 1.24;
        }

        return steps;
    }

    /// <summary>Depth-first bisection of [low, high] with 0 &lt;= low, not crossing the vertex or the minimum of w.</summary>
    private ref struct Walk(RawSvi svi, double floor, double minimumAt)
    {
        private bool _failed;
        private double _k;
        private double _least = double.PositiveInfinity;
        private int _cells;

        public readonly LineProof Result => new(!_failed, _k, _least, _cells);

        public void Fail() => _failed = true;

        public void Run(double low, double high)
        {
            if (!(high > low))
            {
                return;
            }

            Span<double> upperEnds = stackalloc double[StackDepth];
            var depth = 0;
            var left = low;
            var right = high;
            var atLeft = svi.Derivatives(left);
            Witness(left, atLeft.Butterfly(left));
            var atRight = svi.Derivatives(right);
            Witness(right, atRight.Butterfly(right));
            while (!_failed)
            {
                _cells++;
                if (CellBound(left, atLeft, right, atRight) >= floor)
                {
                    if (depth == 0)
                    {
                        return;
                    }

                    left = right;
                    atLeft = atRight;
                    right = upperEnds[--depth];
                    atRight = svi.Derivatives(right);
                    continue;
                }

                var middle = 0.5 * (left + right);
                if (_cells >= MaxCells || depth == StackDepth || middle <= left || middle >= right)
                {
                    _failed = true;
                    return;
                }

                upperEnds[depth++] = right;
                right = middle;
                atRight = svi.Derivatives(right);
                Witness(right, atRight.Butterfly(right));
            }
        }

        private void Witness(double k, double g)
        {
            if (g < _least || double.IsNaN(g))
            {
                _least = g;
                _k = k;
            }

            _failed |= !(g >= floor);
        }

        private readonly double CellBound(double left, in SviDerivatives l, double right, in SviDerivatives r)
        {
            var rising = 0.5 * (left + right) > minimumAt || double.IsNegativeInfinity(minimumAt) || (double.IsPositiveInfinity(minimumAt) && l.W1 > 0);
            var curvature = 0.5 * Math.Min(l.W2, r.W2);
            double first;
            double slope2;
            double leastW;
            if (rising)
            {
                // 1 - k w'/2w through the numerator 2w - k w', whose derivative is w' - k w''.
                leastW = l.W;
                slope2 = r.W1 * r.W1;
                var mostCurvature = Math.Max(l.W2, r.W2);
                var n = 0.5 * (((2 * l.W) - (left * l.W1)) + ((2 * r.W) - (right * r.W1)));
                var halfWidth = 0.5 * (right - left);
                var steepest = Math.Max(r.W1 - (left * Math.Min(l.W2, r.W2)), -(l.W1 - (right * mostCurvature)));
                var least = n - (steepest * halfWidth);
                first = least > 0 ? least / (2 * r.W) : 0;
            }
            else
            {
                // w' at most 0: k w' is negative, so the first term is at least 1.
                leastW = r.W;
                slope2 = l.W1 * l.W1;
                first = 1 + (left * -r.W1 / (2 * l.W));
            }

            return (first * first) - (0.25 * slope2 * ((1 / leastW) + 0.25)) + curvature;
        }
    }
}

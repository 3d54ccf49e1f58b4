using Pms.Volatility.Svi;

namespace Pms.Volatility.Arbitrage;

/// <summary>Calendar arbitrage between two smiles: total variance of the later one must be nowhere below that of the earlier.</summary>
/// <remarks>
/// Both smiles are convex in k. On an interval the later one lies above its end tangents and the earlier one below its chord, so the least of
/// (tangents - chord) bounds the distance from below with an error of second order; undecided intervals are halved. In the wings the same
/// two facts close the proof, or the asymptotes do.
/// </remarks>
public static class CalendarCheck
{
    private const int MaxCells = 20_000;
    private const int StackDepth = 96;

    /// <summary>Share of total variance that counts as rounding.</summary>
    public const double RelativeTolerance = 1e-12;

    /// <summary>Proves w later(k) &gt;= w earlier(k) for every k, or finds where it is not; <see cref="LineProof.Least"/> is the least distance met.</summary>
    public static LineProof Prove(in RawSvi earlier, in RawSvi later)
    {
        if (!earlier.TryValidate(out var refusal) || !later.TryValidate(out refusal))
        {
            throw refusal!.ToException();
        }

        if (earlier.B == later.B && earlier.Rho == later.Rho && earlier.M == later.M && earlier.Sigma == later.Sigma)
        {
            var distance = later.A - earlier.A;
            return new LineProof(distance >= 0, 0, distance, 0);
        }

        var scale = Math.Max(Math.Sqrt(Math.Max(earlier.TotalVariance(0), later.TotalVariance(0))), Math.Max(earlier.Sigma, later.Sigma));
        var reach = Math.Max(Math.Abs(earlier.M), Math.Abs(later.M)) + (8 * scale);
        var walk = new Walk(earlier, later);
        var right = WingStart(earlier, later, reach, ref walk);
        var left = -WingStart(Mirror(earlier), Mirror(later), reach, ref walk);

        Span<double> ends = stackalloc double[5];
        ends[0] = left;
        ends[1] = earlier.M;
        ends[2] = later.M;
        ends[3] = 0;
        ends[4] = right;
        ends.Sort();
        for (var i = 1; i < ends.Length; i++)
        {
            walk.Run(ends[i - 1], ends[i]);
        }

        return walk.Result;
    }

    private static RawSvi Mirror(in RawSvi svi) => svi with { Rho = -svi.Rho, M = -svi.M };

    /// <summary>A point beyond which the right wing is decided; marks the walk as failed when there is none.</summary>
    private static double WingStart(in RawSvi earlier, in RawSvi later, double reach, ref Walk walk)
    {
        var slope1 = earlier.RightSlope;
        var slope2 = later.RightSlope;
        if (slope2 < slope1 * (1 - RelativeTolerance))
        {
            walk.FailInWing();
            return reach;
        }

        for (var i = 0; i < 60; i++)
        {
            // Slopes only rise towards their limits, so a later slope above the earlier limit keeps any lead.
            if (later.Derivatives(reach).W1 >= slope1)
            {
                return reach;
            }

            // Or: the earlier smile stays below its asymptote plus today's excess, the later one above its own asymptote.
            var excess = earlier.TotalVariance(reach) - (earlier.A + (slope1 * (reach - earlier.M)));
            var gap = later.A + (slope2 * (reach - later.M)) - (earlier.A + (slope1 * (reach - earlier.M))) - excess;
            if (gap >= -RelativeTolerance * earlier.TotalVariance(reach))
            {
                return reach;
            }

            reach *= 2;
        }

        walk.FailInWing();
        return reach;
    }

    private ref struct Walk(RawSvi earlier, RawSvi later)
    {
        private bool _failed;
        private bool _wing;
        private double _k;
        private double _least = double.PositiveInfinity;
        private int _cells;

        public readonly LineProof Result => new(!_failed && !_wing, _k, _least, _cells);

        public void FailInWing() => _wing = true;

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
            Look(left, out var e0, out var l0);
            Look(right, out var e1, out var l1);
            while (!_failed)
            {
                _cells++;
                if (Bound(left, e0, l0, right, e1, l1) >= -RelativeTolerance * e1.W)
                {
                    if (depth == 0)
                    {
                        return;
                    }

                    left = right;
                    e0 = e1;
                    l0 = l1;
                    right = upperEnds[--depth];
                    Look(right, out e1, out l1);
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
                Look(right, out e1, out l1);
            }
        }

        private void Look(double k, out SviDerivatives e, out SviDerivatives l)
        {
            e = earlier.Derivatives(k);
            l = later.Derivatives(k);
            var distance = l.W - e.W;
            if (distance < _least)
            {
                _least = distance;
                _k = k;
            }

            _failed |= !(distance >= -RelativeTolerance * e.W);
        }

        private static double Bound(double left, in SviDerivatives e0, in SviDerivatives l0, double right, in SviDerivatives e1, in SviDerivatives l1)
        {
            // Tangents of the later smile meet where l0 + s0 (x - left) = l1 + s1 (x - right); between, the chord of the earlier one is linear.
            var width = right - left;
            var rise = l1.W1 - l0.W1;
            var x = rise > 0 ? (l0.W - l1.W + (l1.W1 * width)) / rise : 0;
            x = Math.Clamp(x, 0, width);
            var tangent = l0.W + (l0.W1 * x);
            var chord = e0.W + ((e1.W - e0.W) * (x / width));
            return Math.Min(tangent - chord, Math.Min(l0.W - e0.W, l1.W - e1.W));
        }
    }
}

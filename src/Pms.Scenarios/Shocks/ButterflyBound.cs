using Pms.Volatility.Arbitrage;
using Pms.Volatility.Svi;

namespace Pms.Scenarios.Shocks;

/// <summary>How far one smile w0 may be scaled, tilted and lifted, f w0(k) + L k + c with c at least 0, before it has butterfly arbitrage.</summary>
/// <remarks>
/// With r = L / f the moved smile is f u, u = w0 + r k, and g = (1 - t)^2 + f (u''/2 - u'^2/4u) - f^2 u'^2/16 with t = k u'/2u free of f:
/// a concave parabola in f that is at least 0 at f = 0. So the f without arbitrage are an interval (0, F(r)], and F(r) is the least over k
/// of the parabola's positive root; that it is one is proven by <see cref="ButterflyCheck"/>. Any lift keeps g at least 0 where f u'(0)^2 is at most
/// 3 min u, to which F is held too. F is kept at nodes of r as a running minimum
/// from 0 outwards, and a tilt between two nodes may use the lesser of the two (docs/model/scenarios.md, Shocked smiles).
/// Nodes are worked out when first asked for; two threads that do so at once write the same number.
/// </remarks>
internal sealed class ButterflyBound
{
    /// <summary>Nodes of r on each side of 0.</summary>
    public const int Nodes = 16;

    /// <summary>F is not followed beyond this: vols a hundred times higher.</summary>
    private const double MostFactor = 1e4;

    /// <summary>Between the money and the minimum of a smile lifted by c, g is at least 3/4 - w'(0)^2 / 4 min w.</summary>
    private const double LiftShare = 3;

    /// <summary>Share of the largest tilt that leaves total variance positive everywhere.</summary>
    private const double TiltReach = 0.95;

    private readonly RawSvi _smile;
    private readonly double[] _points;
    private readonly double _rightStep;
    private readonly double _leftStep;
    private readonly double[] _right = new double[Nodes + 1];
    private readonly double[] _left = new double[Nodes + 1];

    public ButterflyBound(in RawSvi smile)
    {
        _smile = smile;
        _points = LineMinimum.Points(smile, smile);
        Theta = smile.TotalVariance(0);
        var copy = smile;
        // A falling line is limited by the right wing, a rising one by the left wing.
        var fall = Math.Min(LineMinimum.Of(_points, 1, k => copy.TotalVariance(k) / k), smile.RightSlope);
        var rise = Math.Min(LineMinimum.Of(_points, -1, k => copy.TotalVariance(k) / -k), smile.LeftSlope);
        _rightStep = TiltReach * rise / Nodes;
        _leftStep = TiltReach * fall / Nodes;
        Array.Fill(_right, double.NaN);
        Array.Fill(_left, double.NaN);
        MostLevel = Math.Min(Proven(0), MostFactor);
        _right[0] = MostLevel;
        _left[0] = MostLevel;
    }

    /// <summary>w0(0).</summary>
    public double Theta { get; }

    /// <summary>F(0).</summary>
    public double MostLevel { get; }

    /// <summary>Largest |L| up to <paramref name="size"/>, of one sign, that leaves no butterfly arbitrage at factor f.</summary>
    /// <param name="f">above 0, at most <see cref="MostLevel"/></param>
    /// <param name="size">|L|</param>
    /// <param name="isRising">L above 0</param>
    public double MostTilt(double f, double size, bool isRising)
    {
        var step = isRising ? _rightStep : _leftStep;
        if (!(step > 0))
        {
            return 0;
        }

        var wanted = size / (f * step);
        var node = wanted >= Nodes ? Nodes : (int)wanted + 1;
        if (At(node, isRising) >= f && wanted <= node)
        {
            return size;
        }

        while (node > 0 && At(node, isRising) < f)
        {
            node--;
        }

        return Math.Min(size, f * (node * step));
    }

    /// <summary>Largest factor up to f that bears the tilt: a steeper line needs flatter wings under it. Without one, the factor that bears the steepest line.</summary>
    /// <inheritdoc cref="MostTilt" path="/param"/>
    public double MostFactorUnder(double f, double size, bool isRising)
    {
        var step = isRising ? _rightStep : _leftStep;
        if (!(step > 0))
        {
            return f;
        }

        var wanted = size / (f * step);
        var first = wanted >= Nodes ? Nodes : (int)wanted + 1;
        if (At(first, isRising) >= f && wanted <= first)
        {
            return f;
        }

        var best = f;
        var steepest = 0.0;
        for (var node = 1; node <= Nodes; node++)
        {
            var most = Math.Min(At(node, isRising), f);
            var line = most * (node * step);
            if (line >= size)
            {
                return size / (node * step);
            }

            if (line > steepest)
            {
                steepest = line;
                best = most;
            }
        }

        return best;
    }

    private double At(int node, bool isRising)
    {
        var nodes = isRising ? _right : _left;
        var step = isRising ? _rightStep : -_leftStep;
        for (var j = node; double.IsNaN(nodes[node]); j--)
        {
            // Back to the last known node, then outwards again.
            if (!double.IsNaN(nodes[j - 1]))
            {
                nodes[j] = Math.Min(nodes[j - 1], Proven(j * step));
                j = node + 1;
            }
        }

        return nodes[node];
    }

    /// <summary>A level without arbitrage for the tilt r, next to the largest one.</summary>
    private double Proven(double r)
    {
        var smile = r == 0 ? _smile : SmileLine.Add(_smile, r);
        var steepest = Math.Max(smile.LeftSlope, smile.RightSlope);
        var most = steepest > 0 ? 2 / steepest : MostFactor;
        var slope = smile.Derivatives(0).W1;
        if (slope != 0)
        {
            most = Math.Min(most, LiftShare * smile.MinimumTotalVariance / (slope * slope));
        }

        var level = Math.Min(Math.Min(LineMinimum.Of(_points, 0, k => Root(smile.Derivatives(k), k)), most), MostFactor) * (1 - 1e-3);
        for (var shrink = 1e-3; level > 1e-9 && shrink < 1; shrink *= 2)
        {
            if (ButterflyCheck.Prove(smile.Scale(level)).Proven)
            {
                return level * (1 - 1e-9);
            }

            level *= 1 - shrink;
        }

        return 0;
    }

    /// <summary>The f above 0 where g is 0 at this k.</summary>
    private static double Root(in SviDerivatives at, double k)
    {
        if (!(at.W > 0))
        {
            return 0;
        }

        var t = k * at.W1 / (2 * at.W);
        var c = (1 - t) * (1 - t);
        var a = at.W1 * at.W1 / 16;
        var b = 0.5 * (at.W2 - (at.W1 * at.W1 / (2 * at.W)));
        var root = Math.Sqrt((b * b) + (4 * a * c));
        return b < 0 ? 2 * c / (root - b) : a > 0 ? (b + root) / (2 * a) : double.PositiveInfinity;
    }
}

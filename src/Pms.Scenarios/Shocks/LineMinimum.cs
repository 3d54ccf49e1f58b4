using Pms.Volatility.Svi;

namespace Pms.Scenarios.Shocks;

/// <summary>Least value of a function over the whole line or one half of it, searched where smiles have their features.</summary>
/// <remarks>What is found here is only a candidate: the caller proves it over the whole line and takes less where the proof fails.</remarks>
internal static class LineMinimum
{
    private const int PointsPerSide = 30;
    private const int Refinements = 24;
    private const double GoldenShare = 0.3819660112501051;

    // Ratio 1.44 between neighbours: 0.015 to 590 units.
    private static readonly double[] Steps = MakeSteps();

    /// <summary>Points of interest of one or two smiles, ascending.</summary>
    public static double[] Points(in RawSvi first, in RawSvi second)
    {
        var points = new List<double>((6 * PointsPerSide) + 3) { 0 };
        AddAround(points, 0, Math.Sqrt(second.TotalVariance(0)));
        AddAround(points, first.M, first.Sigma);
        if (second != first)
        {
            AddAround(points, second.M, second.Sigma);
        }

        points.Sort();
        return [.. points.Distinct()];
    }

    /// <param name="points">ascending</param>
    /// <param name="side">1: only k above 0; -1: only below; 0: all</param>
    /// <param name="function">of k</param>
    public static double Of(double[] points, int side, Func<double, double> function)
    {
        var best = double.PositiveInfinity;
        var at = -1;
        for (var i = 0; i < points.Length; i++)
        {
            if (side * points[i] > 0 || side == 0)
            {
                var value = function(points[i]);
                if (value < best)
                {
                    best = value;
                    at = i;
                }
            }
        }

        if (at < 0)
        {
            return best;
        }

        // Golden section between the neighbours of the best point.
        var low = points[Math.Max(at - 1, 0)];
        var high = points[Math.Min(at + 1, points.Length - 1)];
        var left = low + (GoldenShare * (high - low));
        var right = high - (GoldenShare * (high - low));
        var atLeft = At(left);
        var atRight = At(right);
        for (var i = 0; i < Refinements; i++)
        {
            best = Math.Min(best, Math.Min(atLeft, atRight));
            if (atLeft < atRight)
            {
                (high, right, atRight) = (right, left, atLeft);
                left = low + (GoldenShare * (high - low));
                atLeft = At(left);
            }
            else
            {
                (low, left, atLeft) = (left, right, atRight);
                right = high - (GoldenShare * (high - low));
                atRight = At(right);
            }
        }

        double At(double k) => side * k < 0 || (side != 0 && k == 0) ? double.PositiveInfinity : function(k);
        return best;
    }

    private static void AddAround(List<double> points, double centre, double unit)
    {
        points.Add(centre);
        foreach (var step in Steps)
        {
            points.Add(centre + (step * unit));
            points.Add(centre - (step * unit));
        }
    }

    private static double[] MakeSteps()
    {
        var steps = new double[PointsPerSide];
        steps[0] = 0.015;
        for (var i = 1; i < PointsPerSide; i++)
        {
            steps[i] = steps[i - 1] * 1.44;
        }

        return steps;
    }
}

namespace Pms.Scenarios.Tests.MonteCarlo;

/// <summary>Expected shortfall of weighted losses, plainly written.</summary>
internal static class WeightedTail
{
    internal static double ExpectedShortfall(double[] losses, double[] weights, double level)
    {
        var order = Enumerable.Range(0, losses.Length).ToArray();
        Array.Sort(order, (a, b) => losses[b] != losses[a] ? losses[b].CompareTo(losses[a]) : a.CompareTo(b));
        var missing = (1.0 - level) * weights.Sum();
        var (sum, tail) = (0.0, missing);
        foreach (var i in order)
        {
            var part = Math.Min(weights[i], missing);
            sum += part * losses[i];
            missing -= part;
            if (missing <= 0.0)
            {
                break;
            }
        }

        return sum / tail;
    }

    /// <summary>Standard error from replicates of equal weight: the spread of their means of VaR + (L - VaR)+ / (1 - a), VaR taken from all.</summary>
    internal static double ReplicateError(double[] losses, double[] weights, ushort[] replicates, double level)
    {
        var order = Enumerable.Range(0, losses.Length).OrderByDescending(i => losses[i]).ToArray();
        var tail = (1.0 - level) * weights.Sum();
        var (sum, at) = (0.0, -1);
        while (sum <= tail)
        {
            sum += weights[order[++at]];
        }

        var valueAtRisk = losses[order[at]];
        var count = replicates.Max();
        var (mass, means) = (new double[count], new double[count]);
        for (var i = 0; i < losses.Length; i++)
        {
            mass[replicates[i] - 1] += weights[i];
            means[replicates[i] - 1] += weights[i] * Math.Max(losses[i] - valueAtRisk, 0.0) / (1.0 - level);
        }

        var ratios = means.Zip(mass, (m, w) => m / w).ToArray();
        var mean = ratios.Average();
        return Math.Sqrt(ratios.Sum(r => (r - mean) * (r - mean)) / (count - 1) / count);
    }
}

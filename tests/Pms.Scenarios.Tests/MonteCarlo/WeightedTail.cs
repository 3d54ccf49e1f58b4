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
}

namespace Pms.Numerics;

/// <summary>Quantiles without interpolation.</summary>
public static class OrderStatistics
{
    /// <summary>The least value that at least a share of the values does not exceed: element ⌈n·share⌉; NaN of none.</summary>
    /// <param name="sorted">ascending</param>
    /// <param name="share">0 (the least) to 1 (the greatest)</param>
    public static double OfSorted(IReadOnlyList<double> sorted, double share)
    {
        ArgumentNullException.ThrowIfNull(sorted);
        return sorted.Count == 0 ? double.NaN : sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Count) - 1, 0, sorted.Count - 1)];
    }

    /// <summary>The same of values in any order.</summary>
    public static double Of(IEnumerable<double> values, double share)
    {
        var sorted = values.ToList();
        sorted.Sort();
        return OfSorted(sorted, share);
    }
}

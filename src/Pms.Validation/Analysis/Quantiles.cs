namespace Pms.Validation.Analysis;

/// <summary>Order statistics.</summary>
internal static class Quantiles
{
    /// <summary>The smallest value v with at least a share q of the values at or below it; NaN of none.</summary>
    public static double OfSorted(IReadOnlyList<double> sorted, double q) => sorted.Count == 0 ? double.NaN : sorted[Math.Clamp((int)Math.Ceiling(q * sorted.Count) - 1, 0, sorted.Count - 1)];

    public static double Of(IEnumerable<double> values, double q)
    {
        var sorted = values.ToList();
        sorted.Sort();
        return OfSorted(sorted, q);
    }
}

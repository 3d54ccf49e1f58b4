namespace Pms.Margin.Arrays;

/// <summary>Exact sums of lots times ticks.</summary>
public static class LotKernels
{
    /// <summary>sums[s] += lots * ticks[s], wrapping: the caller has bounded the sums.</summary>
    /// <param name="ticks">[scenario]</param>
    /// <param name="lots">long positive</param>
    /// <param name="sums">[scenario] money units</param>
    public static void AddScaled(ReadOnlySpan<int> ticks, long lots, Span<long> sums)
    {
        if (sums.Length != ticks.Length)
        {
            throw new ArgumentException($"{sums.Length} sums for {ticks.Length} ticks", nameof(sums));
        }

        for (var s = 0; s < ticks.Length; s++)
        {
            sums[s] += lots * ticks[s];
        }
    }
}

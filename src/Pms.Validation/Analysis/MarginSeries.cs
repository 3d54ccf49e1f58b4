namespace Pms.Validation.Analysis;

/// <summary>A margin over time.</summary>
internal static class MarginSeries
{
    /// <summary>Largest ratios of values at most so far apart.</summary>
    /// <param name="series">in order of time, values above 0</param>
    public static Procyclicality Of(IReadOnlyList<(DateTimeOffset At, double Value)> series)
    {
        var (peakToTrough, day, five) = (1.0, 0.0, 0.0);
        // A board of "the same time tomorrow" is some minutes late.
        var slack = TimeSpan.FromHours(1);
        for (var t = 0; t < series.Count; t++)
        {
            for (var s = t - 1; s >= 0 && series[t].At - series[s].At is var apart && apart <= TimeSpan.FromDays(30); s--)
            {
                var ratio = series[t].Value / series[s].Value;
                peakToTrough = Math.Max(peakToTrough, Math.Max(ratio, 1 / ratio));
                five = apart <= TimeSpan.FromDays(5) + slack ? Math.Max(five, ratio - 1) : five;
                day = apart <= TimeSpan.FromDays(1) + slack ? Math.Max(day, ratio - 1) : day;
            }
        }

        return new Procyclicality(peakToTrough, day, five);
    }
}

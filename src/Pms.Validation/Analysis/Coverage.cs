using Pms.Validation.Statistics;
using Pms.Validation.WalkForward;

namespace Pms.Validation.Analysis;

/// <summary>Shares of breaches where books of one moment fall together and windows overlap.</summary>
internal static class Coverage
{
    /// <summary>Share that should breach.</summary>
    public const double Rate = 0.01;

    /// <param name="hits">in order of time</param>
    public static CoverageReport Of(IReadOnlyList<(BacktestWindow Window, bool Hit)> hits)
    {
        if (hits.Count == 0)
        {
            return new CoverageReport(0, 0, double.NaN, double.NaN, double.NaN, null, null);
        }

        var breaches = hits.Count(h => h.Hit);
        var (low, high) = OverDays(hits.Select(h => (h.Window, h.Hit ? 1.0 : 0.0, 1.0)));
        var windows = hits.GroupBy(h => h.Window).ToArray();
        double[] shares = [.. windows.Select(w => w.Average(h => h.Hit ? 1.0 : 0.0))];
        var lags = Math.Min(BacktestSample.Overlap([.. windows.Select(w => w.Key)]) - 1, shares.Length - 1);
        var (mean, error) = shares.Length > 1 ? ScoreTests.MeanAndError(shares, lags) : (shares[0], 0);
        var statistic = error > 0 ? (mean - Rate) / error : (double?)null;
        return new CoverageReport(
            breaches, hits.Count, (double)breaches / hits.Count, low, high, statistic, statistic is { } s ? 2 * Numerics.NormalDistribution.CdfComplement(Math.Abs(s)) : null);
    }

    /// <summary>Bootstrap interval of a ratio of sums.</summary>
    /// <param name="parts">window, numerator, denominator</param>
    public static (double Low, double High) OverDays(IEnumerable<(BacktestWindow Window, double Numerator, double Denominator)> parts)
    {
        var days = parts.GroupBy(p => p.Window.From.UtcDateTime.Date).OrderBy(d => d.Key).Select(d => (Numerator: d.Sum(p => p.Numerator), Denominator: d.Sum(p => p.Denominator))).ToArray();
        return BlockBootstrap.Interval([.. days.Select(d => d.Numerator)], [.. days.Select(d => d.Denominator)]);
    }
}

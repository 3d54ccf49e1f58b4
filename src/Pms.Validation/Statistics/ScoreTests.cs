using Pms.Numerics;

namespace Pms.Validation.Statistics;

/// <summary>Whether one forecast scores better than another (Diebold and Mariano 1995).</summary>
/// <param name="MeanDifference">of the scores, first less second: below 0 the first is better</param>
/// <param name="Statistic">over its standard error (Newey-West with so many lags); normal</param>
/// <param name="PValue">two-sided</param>
/// <param name="Lags">of the standard error</param>
public sealed record DieboldMarianoResult(double MeanDifference, double Statistic, double PValue, int Lags);

/// <summary>Scores of VaR and ES together.</summary>
public static class ScoreTests
{
    /// <summary>FZ0 of Patton, Ziegel and Chen (2019): -1/(p e) 1{y ≤ v}(v - y) + v/e + ln(-e) - 1 with y = -loss, v = -VaR, e = -ES. Lower is better.</summary>
    /// <param name="loss">positive: lost</param>
    /// <param name="var">forecast</param>
    /// <param name="es">forecast, above 0</param>
    /// <param name="rate">p</param>
    public static double FisslerZiegel(double loss, double var, double es, double rate) => (loss >= var ? (loss - var) / (rate * es) : 0) + (var / es) + ElementaryMath.Log(es) - 1;

    /// <param name="first">scores</param>
    /// <param name="second">of the same observations</param>
    /// <param name="lags">of the standard error: one less than observations that overlap; at least 0</param>
    /// <returns>null where the scores do not differ at all</returns>
    public static DieboldMarianoResult? DieboldMariano(ReadOnlySpan<double> first, ReadOnlySpan<double> second, int lags)
    {
        var difference = new double[first.Length];
        for (var t = 0; t < difference.Length; t++)
        {
            difference[t] = first[t] - second[t];
        }

        var (mean, error) = MeanAndError(difference, lags);
        if (error == 0)
        {
            return null;
        }

        var statistic = mean / error;
        return new DieboldMarianoResult(mean, statistic, 2 * NormalDistribution.CdfComplement(Math.Abs(statistic)), lags);
    }

    /// <summary>Mean and its standard error with the weights of Bartlett (Newey and West 1987).</summary>
    internal static (double Mean, double Error) MeanAndError(ReadOnlySpan<double> values, int lags)
    {
        var mean = 0.0;
        foreach (var value in values)
        {
            mean += value;
        }

        mean /= values.Length;
        var variance = 0.0;
        for (var lag = 0; lag <= Math.Min(lags, values.Length - 1); lag++)
        {
            var covariance = 0.0;
            for (var t = lag; t < values.Length; t++)
            {
                covariance += (values[t] - mean) * (values[t - lag] - mean);
            }

            variance += (lag == 0 ? 1 : 2 * (1 - ((double)lag / (lags + 1)))) * covariance / values.Length;
        }

        return (mean, Math.Sqrt(Math.Max(variance, 0) / values.Length));
    }
}

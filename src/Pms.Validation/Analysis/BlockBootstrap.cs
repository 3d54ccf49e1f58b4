using Pms.Numerics;

namespace Pms.Validation.Analysis;

/// <summary>Intervals for ratios of sums over days that depend on one another (Politis and Romano 1992, circular blocks).</summary>
public static class BlockBootstrap
{
    /// <summary>Days in a block; of a record of fewer than three such blocks a third of it, as one block that holds the whole record is the record in every resample.</summary>
    public const int BlockDays = 5;

    /// <summary>Resamples of a record.</summary>
    public const int Draws = 2_000;

    /// <summary>Two-sided 95 % interval of sum of numerators over sum of denominators; the seed is fixed.</summary>
    /// <param name="numerators">[day]</param>
    /// <param name="denominators">[day], as many</param>
    /// <returns>quantiles over the resamples whose denominator is not 0; NaN where there is none</returns>
    public static (double Low, double High) Interval(ReadOnlySpan<double> numerators, ReadOnlySpan<double> denominators)
    {
        var days = numerators.Length;
        var block = Math.Clamp(days / 3, 1, BlockDays);
        var stream = new RandomStream(1);
        var ratios = new List<double>(Draws);
        for (var draw = 0; draw < Draws && days > 0; draw++)
        {
            var uniforms = stream.Derive((ulong)draw);
            var (numerator, denominator) = (0.0, 0.0);
            for (var day = 0; day < days;)
            {
                var start = (int)(uniforms.Uniform((ulong)day) * days);
                for (var i = 0; i < block && day < days; i++, day++)
                {
                    var at = (start + i) % days;
                    numerator += numerators[at];
                    denominator += denominators[at];
                }
            }

            if (denominator != 0)
            {
                ratios.Add(numerator / denominator);
            }
        }

        if (ratios.Count == 0)
        {
            return (double.NaN, double.NaN);
        }

        ratios.Sort();
        return (OrderStatistics.OfSorted(ratios, 0.025), OrderStatistics.OfSorted(ratios, 0.975));
    }
}

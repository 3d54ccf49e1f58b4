namespace Pms.Scenarios.MonteCarlo;

/// <summary>Correlations that were asked for and that no random numbers have together: the nearest ones are drawn instead.</summary>
/// <param name="Pairs">pairs of coins whose correlation moved, of prices, of variances, or of what price shocks have beyond variance shocks</param>
/// <param name="LargestChange">by which one of them moved; 0 where none did</param>
public readonly record struct CorrelationRepairs(int Pairs, double LargestChange)
{
    /// <summary>Smaller changes are rounding.</summary>
    private const double Tolerance = 1e-9;

    /// <summary>What changed between matrices that were asked for and those that are drawn.</summary>
    /// <param name="size">coins</param>
    /// <param name="matrices">[coin x coin] each</param>
    internal static CorrelationRepairs Between(int size, params ReadOnlySpan<(double[] Asked, double[] Drawn)> matrices)
    {
        var (pairs, largest) = (0, 0.0);
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var change = 0.0;
                foreach (var (asked, drawn) in matrices)
                {
                    change = Math.Max(change, Math.Abs(asked[(i * size) + j] - drawn[(i * size) + j]));
                }

                if (change > Tolerance)
                {
                    pairs++;
                    largest = Math.Max(largest, change);
                }
            }
        }

        return new CorrelationRepairs(pairs, largest);
    }
}

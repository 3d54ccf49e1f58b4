namespace Pms.Simulation.Listing;

/// <summary>Which strikes a venue lists around a reference price: fine near the money, coarser outside, round numbers.</summary>
internal static class StrikeLadder
{
    /// <summary>Most strikes of one expiry; a spot that runs away lists no more.</summary>
    public const int MaxStrikes = 160;

    /// <summary>Log moves of the reference at which strikes are added, smallest zone first: (reach down, reach up, step over reference).</summary>
    private static readonly Zone[][] Zones =
    [
        [new(0.965, 1.035, 0.0075), new(0.90, 1.10, 0.015)],
        [new(0.93, 1.07, 0.015), new(0.80, 1.22, 0.03)],
        [new(0.85, 1.20, 0.015), new(0.68, 1.45, 0.03), new(0.55, 1.80, 0.075)],
        [new(0.70, 1.50, 0.03), new(0.50, 2.20, 0.075), new(0.35, 3.20, 0.15)],
    ];

    /// <summary>Adds the strikes around <paramref name="reference"/> to those already listed.</summary>
    /// <returns>the strikes that are new, ascending</returns>
    public static IReadOnlyList<decimal> Extend(SortedSet<decimal> strikes, ExpiryKind kind, double reference, double scale)
    {
        var added = new List<decimal>();
        foreach (var zone in Zones[(int)kind])
        {
            var step = RoundStep(reference * zone.Step / scale);
            var low = Math.Ceiling((decimal)(reference * zone.Low) / step) * step;
            var high = (decimal)(reference * zone.High);
            for (var strike = Math.Max(low, step); strike <= high && strikes.Count < MaxStrikes; strike += step)
            {
                if (strikes.Add(strike / 1.0000000000000000000000000000m))
                {
                    added.Add(strike / 1.0000000000000000000000000000m);
                }
            }
        }

        added.Sort();
        return added;
    }

    /// <summary>How far (log) the reference may run before the ladder follows.</summary>
    public static double FollowMove(ExpiryKind kind) => kind switch
    {
        ExpiryKind.Daily => 0.015,
        ExpiryKind.Weekly => 0.03,
        ExpiryKind.Monthly => 0.06,
        _ => 0.12,
    };

    /// <summary>The largest of 1, 2, 2.5, 5 times a power of ten that is not above <paramref name="step"/> (above 0).</summary>
    public static decimal RoundStep(double step)
    {
        var power = 1m;
        while ((double)power > step)
        {
            power /= 10;
        }

        while ((double)(power * 10) <= step)
        {
            power *= 10;
        }

        return (double)(power * 5) <= step ? power * 5 : (double)(power * 2.5m) <= step ? power * 2.5m : (double)(power * 2) <= step ? power * 2 : power;
    }

    private readonly record struct Zone(double Low, double High, double Step);
}

using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Margin.Venues;

/// <summary>How much of a venue's vol shock falls on an expiry: (30 / days)^p, the near expiries more than the far ones.</summary>
/// <param name="ShortPower">p below 30 days</param>
/// <param name="LongPower">p beyond</param>
/// <param name="FloorDays">fewer days count as these; 0 is no floor</param>
/// <param name="ThirtyDaysAreShort">which p holds at exactly 30 days; the shock is 1 either way</param>
public readonly record struct VolShockRule(double ShortPower, double LongPower, double FloorDays, bool ThirtyDaysAreShort)
{
    public const double ReferenceDays = 30;

    /// <exception cref="InvalidInputException"><c>dte-range</c>: no days left and no floor</exception>
    public double Scale(double days)
    {
        var counted = Math.Max(days, FloorDays);
        if (!(counted > 0) || !double.IsFinite(counted))
        {
            throw new InvalidInputException("dte-range", $"{days} days to expiry: a finite number above 0 is required, the vol shock has no floor in days");
        }

        var power = days < ReferenceDays || (ThirtyDaysAreShort && days == ReferenceDays) ? ShortPower : LongPower;
        return ElementaryMath.Pow(ReferenceDays / counted, power);
    }
}

using Pms.Numerics;

namespace Pms.Scenarios;

/// <summary>How a move of the at-the-money vol of 30 days spreads over the tenors: by (30 / days) to a power, one below 30 days and one beyond.</summary>
/// <remarks>Short power: the venues' rule. Long power: the least of what boards show, 0.43 to 0.75 (docs/decisions/0005).</remarks>
public static class VolTerm
{
    public const double ShortPower = 0.30;

    public const double LongPower = 0.40;

    private const double ReferenceDays = 30;

    /// <summary>Log move of a tenor's vol over that of 30 days.</summary>
    /// <param name="days">tenor, above 0</param>
    /// <param name="shortPower">below 30 days</param>
    /// <param name="longPower">from 30 days on</param>
    public static double Factor(double days, double shortPower = ShortPower, double longPower = LongPower) =>
        ElementaryMath.Pow(ReferenceDays / days, days < ReferenceDays ? shortPower : longPower);
}

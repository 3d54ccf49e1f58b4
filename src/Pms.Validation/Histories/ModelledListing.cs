using Pms.Numerics;

namespace Pms.Validation.Histories;

/// <summary>Which expiries and strikes a board lists.</summary>
/// <remarks>
/// Expiries at 08:00 UTC: that of the day itself and the next two, Fridays up to 22 days ahead, the last Fridays of three months, the last Fridays of March, June, September and December, four of
/// them. What is listed on one day is listed on the next until it expires.
/// </remarks>
internal static class ModelledListing
{
    private const int Dailies = 2;
    private const int WeeklyDaysAhead = 22;
    private const int Monthlies = 3;
    private const int Quarterlies = 4;

    /// <summary>Step of strikes near the forward, in standard deviations; beyond two of them it doubles.</summary>
    private const double StepDeviations = 0.35;

    /// <summary>An expiry keeps its step until another one would be this many times larger or smaller.</summary>
    private const decimal MostStepChange = 2.5m;

    /// <summary>Strikes from a quarter of the forward to four times it, as venues list them: several deviations of a year would be from a thirtieth to thirty times.</summary>
    private const double MostLogMoneyness = 1.4;

    private static readonly TimeSpan ExpiryHour = TimeSpan.FromHours(8);

    /// <param name="at">00:00 UTC of a day</param>
    public static DateTimeOffset[] Expiries(DateTimeOffset at)
    {
        var expiries = new SortedSet<DateTimeOffset>();
        for (var day = 0; day <= WeeklyDaysAhead; day++)
        {
            var expiry = at.AddDays(day) + ExpiryHour;
            if (day <= Dailies || expiry.DayOfWeek == DayOfWeek.Friday)
            {
                expiries.Add(expiry);
            }
        }

        var (monthlies, quarterlies) = (0, 0);
        for (var month = 0; monthlies < Monthlies || quarterlies < Quarterlies; month++)
        {
            var first = new DateTimeOffset(at.Year, at.Month, 1, 0, 0, 0, TimeSpan.Zero).AddMonths(month);
            var expiry = LastFriday(first);
            if (expiry <= at)
            {
                continue;
            }

            if (monthlies < Monthlies)
            {
                expiries.Add(expiry);
                monthlies++;
            }

            if (first.Month % 3 == 0 && quarterlies < Quarterlies)
            {
                expiries.Add(expiry);
                quarterlies++;
            }
        }

        return [.. expiries];
    }

    /// <summary>Distance between strikes near a forward: a round number; that of the day before unless it has become too coarse or too fine by far, so that few strikes are added.</summary>
    /// <param name="forward">quote per coin</param>
    /// <param name="deviation">vol times root of time</param>
    /// <param name="before">of the day before; 0 for a new expiry</param>
    public static decimal Step(double forward, double deviation, decimal before)
    {
        var wanted = RoundBelow(forward * deviation * StepDeviations);
        return before > wanted * MostStepChange || before * MostStepChange < wanted ? wanted : before;
    }

    /// <summary>Strikes on multiples of a step around a forward; beyond two standard deviations on every second one.</summary>
    /// <param name="forward">quote per coin</param>
    /// <param name="deviation">vol times root of time</param>
    /// <param name="reach">standard deviations on each side</param>
    /// <param name="near">distance between strikes near the forward</param>
    public static IEnumerable<decimal> Strikes(double forward, double deviation, double reach, decimal near)
    {
        foreach (var (step, deviations) in new[] { (near, 2.0), (2 * near, reach) })
        {
            var width = Math.Min(deviations * deviation, MostLogMoneyness);
            var low = Math.Max(step, decimal.Floor((decimal)(forward * ElementaryMath.Exp(-width)) / step) * step);
            var high = (decimal)(forward * ElementaryMath.Exp(width));
            for (var strike = low; strike < high + step; strike += step)
            {
                yield return strike;
            }
        }
    }

    /// <summary>The largest of 1, 2 and 5 times a power of ten that is not above a number.</summary>
    internal static decimal RoundBelow(double x)
    {
        var power = 1m;
        var value = (decimal)x;
        while (power > value)
        {
            power /= 10;
        }

        while (power * 10 <= value)
        {
            power *= 10;
        }

        return power * (value >= 5 * power ? 5 : value >= 2 * power ? 2 : 1);
    }

    private static DateTimeOffset LastFriday(DateTimeOffset firstOfMonth)
    {
        var day = firstOfMonth.AddMonths(1).AddDays(-1);
        while (day.DayOfWeek != DayOfWeek.Friday)
        {
            day = day.AddDays(-1);
        }

        return day + ExpiryHour;
    }
}

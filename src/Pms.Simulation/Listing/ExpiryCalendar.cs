namespace Pms.Simulation.Listing;

/// <summary>Why an expiry is listed; the strike ladder and the futures depend on it.</summary>
public enum ExpiryKind
{
    Daily,
    Weekly,
    Monthly,
    Quarterly,
}

/// <summary>An expiry and its kind.</summary>
public readonly record struct ListedExpiry(DateTimeOffset Expiry, ExpiryKind Kind);

/// <summary>Deribit's option calendar, as it shows on recorded boards of 2026.</summary>
/// <remarks>
/// All at 08:00 UTC: the next four days; Fridays up to 22 days ahead (a new one appears on a Thursday); the last Fridays of three months;
/// the last Fridays of March, June, September and December, four of them. An expiry takes the longest kind that applies to it.
/// </remarks>
public static class ExpiryCalendar
{
    private const int Dailies = 4;
    private const int WeeklyDaysAhead = 22;
    private const int Monthlies = 3;
    private const int Quarterlies = 4;
    private static readonly TimeSpan ExpiryHour = TimeSpan.FromHours(8);

    /// <summary>What is listed at an instant, soonest first; an expiry at the instant itself is gone.</summary>
    public static IReadOnlyList<ListedExpiry> At(DateTimeOffset instant)
    {
        var kinds = new SortedDictionary<DateTimeOffset, ExpiryKind>();
        var first = NextRoll(instant);
        for (var day = 0; day < Dailies; day++)
        {
            Add(first.AddDays(day), ExpiryKind.Daily);
        }

        // Counted from the roll before the instant, so that the list changes only at a roll.
        var lastRoll = first.AddDays(-1);
        for (var day = first; day <= lastRoll.AddDays(WeeklyDaysAhead); day = day.AddDays(1))
        {
            if (day.DayOfWeek == DayOfWeek.Friday)
            {
                Add(day, ExpiryKind.Weekly);
            }
        }

        var monthlies = 0;
        var quarterlies = 0;
        for (var month = 0; monthlies < Monthlies || quarterlies < Quarterlies; month++)
        {
            var at = new DateTimeOffset(instant.Year, instant.Month, 1, 0, 0, 0, TimeSpan.Zero).AddMonths(month);
            var expiry = LastFriday(at.Year, at.Month);
            if (expiry <= instant)
            {
                continue;
            }

            if (monthlies < Monthlies)
            {
                Add(expiry, ExpiryKind.Monthly);
                monthlies++;
            }

            if (expiry.Month % 3 == 0 && quarterlies < Quarterlies)
            {
                Add(expiry, ExpiryKind.Quarterly);
                quarterlies++;
            }
        }

        return [.. kinds.Select(e => new ListedExpiry(e.Key, e.Value))];

        void Add(DateTimeOffset expiry, ExpiryKind kind)
        {
            kinds[expiry] = kinds.TryGetValue(expiry, out var known) && known > kind ? known : kind;
        }
    }

    /// <summary>The first 08:00 UTC after an instant.</summary>
    public static DateTimeOffset NextRoll(DateTimeOffset instant)
    {
        var today = new DateTimeOffset(instant.UtcDateTime.Date, TimeSpan.Zero) + ExpiryHour;
        return today > instant ? today : today.AddDays(1);
    }

    /// <summary>When an expiry of a kind first appeared, to the nearest roll.</summary>
    public static DateTimeOffset ListedSince(ListedExpiry expiry) => expiry.Kind switch
    {
        ExpiryKind.Daily => expiry.Expiry.AddDays(-Dailies),
        ExpiryKind.Weekly => expiry.Expiry.AddDays(-WeeklyDaysAhead),
        ExpiryKind.Monthly => expiry.Expiry.AddDays(-91),
        _ => expiry.Expiry.AddDays(-364),
    };

    public static DateTimeOffset LastFriday(int year, int month)
    {
        var day = new DateTimeOffset(year, month, DateTime.DaysInMonth(year, month), 8, 0, 0, TimeSpan.Zero);
        while (day.DayOfWeek != DayOfWeek.Friday)
        {
            day = day.AddDays(-1);
        }

        return day;
    }
}

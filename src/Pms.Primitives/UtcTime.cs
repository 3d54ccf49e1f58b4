using System.Globalization;

namespace Pms.Primitives;

/// <summary>Conversions between instants, microsecond counts and year fractions. Every instant in the system is UTC.</summary>
public static class UtcTime
{
    /// <summary>Microseconds from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59.999999Z: the largest accepted instant.</summary>
    public const long MaxUnixMicroseconds = 253_402_300_799_999_999;

    private const double TicksPerYear365 = 365.0 * TimeSpan.TicksPerDay;

    public static long ToUnixMicroseconds(this DateTimeOffset instant) => (instant.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>The same instant in UTC without the digits below a microsecond, which canonical bytes do not hold; downwards.</summary>
    public static DateTimeOffset FloorToMicrosecond(this DateTimeOffset instant) =>
        new(instant.UtcTicks - (instant.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);

    /// <exception cref="InvalidInputException">outside 1970 to 9999</exception>
    public static DateTimeOffset FromUnixMicroseconds(long microseconds)
    {
        if (microseconds is < 0 or > MaxUnixMicroseconds)
        {
            throw new InvalidInputException("time-range", $"{microseconds} microseconds is not an instant between 1970 and 9999");
        }

        return DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
    }

    /// <summary>ACT/365 years from one instant to another; negative when <paramref name="to"/> is earlier.</summary>
    public static double YearsBetween(DateTimeOffset from, DateTimeOffset to) => (to.UtcTicks - from.UtcTicks) / TicksPerYear365;

    /// <summary>ISO 8601 in UTC with as many fractional digits as needed and a trailing Z.</summary>
    public static string ToIso(this DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);

    /// <summary>
    /// Reads an ISO 8601 date or date and time: <c>yyyy-MM-dd</c>, then optionally T or a blank, <c>HH:mm</c>, <c>:ss</c>, up to nine decimals of a
    /// second (below the microsecond they are cut) and Z or an offset <c>+hh:mm</c>. Without an offset it is UTC.
    /// </summary>
    /// <remarks>Deliberately narrower than the framework's parser, which guesses at forms such as 1/2/2026.</remarks>
    public static bool TryParseIso(ReadOnlySpan<char> text, out DateTimeOffset instant)
    {
        instant = default;
        var rest = text;
        if (!Digits(ref rest, 4, out var year) || !Literal(ref rest, '-')
            || !Digits(ref rest, 2, out var month) || !Literal(ref rest, '-')
            || !Digits(ref rest, 2, out var day)
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }

        var ticks = new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc).Ticks;
        if (!rest.IsEmpty)
        {
            if (rest[0] is not ('T' or ' '))
            {
                return false;
            }

            rest = rest[1..];
            if (!TimeOfDay(ref rest, out var ticksOfDay) || !Offset(rest, out var offsetMinutes))
            {
                return false;
            }

            ticks += ticksOfDay - (offsetMinutes * TimeSpan.TicksPerMinute);
        }

        if (ticks < 0 || ticks > DateTime.MaxValue.Ticks)
        {
            return false;
        }

        instant = new DateTimeOffset(ticks, TimeSpan.Zero);
        return true;
    }

    private static bool TimeOfDay(ref ReadOnlySpan<char> rest, out long ticks)
    {
        ticks = 0;
        if (!Digits(ref rest, 2, out var hour) || !Literal(ref rest, ':') || !Digits(ref rest, 2, out var minute) || hour > 23 || minute > 59)
        {
            return false;
        }

        ticks = (hour * TimeSpan.TicksPerHour) + (minute * TimeSpan.TicksPerMinute);
        if (!Literal(ref rest, ':'))
        {
            return true;
        }

        if (!Digits(ref rest, 2, out var second) || second > 59)
        {
            return false;
        }

        ticks += second * TimeSpan.TicksPerSecond;
        if (!Literal(ref rest, '.'))
        {
            return true;
        }

        var decimals = rest.IndexOfAnyExceptInRange('0', '9');
        decimals = decimals < 0 ? rest.Length : decimals;
        if (decimals is 0 or > 9)
        {
            return false;
        }

        var scale = TimeSpan.TicksPerSecond / 10;
        for (var i = 0; i < Math.Min(decimals, 6); i++, scale /= 10)
        {
            ticks += (rest[i] - '0') * scale;
        }

        rest = rest[decimals..];
        return true;
    }

    private static bool Offset(ReadOnlySpan<char> rest, out int minutes)
    {
        minutes = 0;
        if (rest is "" or "Z" or "z")
        {
            return true;
        }

        var sign = rest[0] == '-' ? -1 : 1;
        if (rest[0] is not ('+' or '-'))
        {
            return false;
        }

        rest = rest[1..];
        if (!Digits(ref rest, 2, out var hour) || !Literal(ref rest, ':') || !Digits(ref rest, 2, out var minute) || !rest.IsEmpty || hour > 14 || minute > 59)
        {
            return false;
        }

        minutes = sign * ((60 * hour) + minute);
        return true;
    }

    private static bool Digits(ref ReadOnlySpan<char> rest, int count, out int value)
    {
        value = 0;
        if (rest.Length < count)
        {
            return false;
        }

        foreach (var c in rest[..count])
        {
            if (!char.IsAsciiDigit(c))
            {
                return false;
            }

            value = (10 * value) + (c - '0');
        }

        rest = rest[count..];
        return true;
    }

    private static bool Literal(ref ReadOnlySpan<char> rest, char expected)
    {
        if (rest.IsEmpty || rest[0] != expected)
        {
            return false;
        }

        rest = rest[1..];
        return true;
    }
}

using System.Globalization;

namespace Pms.Primitives;

/// <summary>Conversions between instants, microsecond counts and year fractions. Every instant in the system is UTC.</summary>
public static class UtcTime
{
    /// <summary>Microseconds from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59.999999Z: the largest accepted instant.</summary>
    public const long MaxUnixMicroseconds = 253_402_300_799_999_999;

    private const double TicksPerYear365 = 365.0 * TimeSpan.TicksPerDay;

    public static long ToUnixMicroseconds(this DateTimeOffset instant) => (instant.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

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

    /// <summary>Reads ISO 8601; a time without an offset is UTC.</summary>
    public static bool TryParseIso(ReadOnlySpan<char> text, out DateTimeOffset instant)
    {
        return DateTimeOffset.TryParse(
            text,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out instant);
    }
}

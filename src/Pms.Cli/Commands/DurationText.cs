using System.Globalization;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary>Lengths of time on the command line: 500ms, 90s, 10m, 1h, 2h30m, 3d.</summary>
internal static class DurationText
{
    private static readonly (string Unit, TimeSpan Length)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1)), ("h", TimeSpan.FromHours(1)), ("d", TimeSpan.FromDays(1)),
    ];

    /// <summary>Whole numbers with a unit each, added up.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text.IsEmpty)
        {
            return false;
        }

        while (!text.IsEmpty)
        {
            var digits = text.IndexOfAnyExceptInRange('0', '9');
            if (digits is < 1 or > 7 || !int.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            {
                return false;
            }

            text = text[digits..];
            var letters = text.IndexOfAnyInRange('0', '9');
            var unit = letters < 0 ? text : text[..letters];
            var found = false;
            foreach (var (name, length) in Units)
            {
                if (unit.SequenceEqual(name))
                {
                    duration += count * length;
                    found = true;
                }
            }

            if (!found || duration > TimeSpan.FromDays(36_500))
            {
                return false;
            }

            text = text[unit.Length..];
        }

        return true;
    }

    /// <exception cref="InvalidInputException"><c>duration-format</c></exception>
    public static TimeSpan Parse(string text, string flag)
    {
        return TryParse(text, out var duration)
            ? duration
            : throw new InvalidInputException("duration-format", $"{flag} '{text}' is not a length of time such as 90s, 10m, 1h or 2h30m");
    }
}

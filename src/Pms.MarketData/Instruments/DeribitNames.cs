using System.Globalization;
using Pms.Primitives;

namespace Pms.MarketData.Instruments;

/// <summary>Deribit's instrument names to typed instruments and back.</summary>
/// <remarks>
/// COIN-DMMMYY-STRIKE-C|P, COIN-DMMMYY, COIN-PERPETUAL, COIN_QUOTE; linear families carry _QUOTE after the coin; a decimal point in a
/// strike is written d; the day has no leading zero; expiry is 08:00 UTC (Deribit API v2, "Naming conventions").
/// Combos and future spreads (BTC-FS-..., BTC-STRD-...) name several legs and are refused with <c>instrument-combo</c>.
/// </remarks>
public static class DeribitNames
{
    private const int MaxNameLength = 64;
    private static readonly string[] Months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

    public static string Format(Instrument instrument) => instrument switch
    {
        EuropeanOption o => $"{o.Underlying.Name}-{FormatDate(o.Expiry)}-{FormatStrike(o.Strike)}-{(o.Type == OptionType.Call ? 'C' : 'P')}",
        DatedFuture f => $"{f.Underlying.Name}-{FormatDate(f.Expiry)}",
        Perpetual p => $"{p.Underlying.Name}-PERPETUAL",
        Spot s => $"{s.Underlying.Base}_{s.Underlying.Quote}",
        _ => throw new InvalidInputException("instrument-kind", $"{instrument?.GetType().Name ?? "null"} has no venue name"),
    };

    /// <exception cref="InvalidInputException">the name is not one of the forms above</exception>
    public static Instrument Parse(ReadOnlySpan<char> name)
    {
        return TryParse(name, out var instrument, out var refusal) ? instrument : throw refusal.ToException();
    }

    public static bool TryParse(
        ReadOnlySpan<char> name,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Instrument? instrument,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out Refusal? refusal)
    {
        instrument = null;
        refusal = null;
        if (name.Length is 0 or > MaxNameLength)
        {
            refusal = new Refusal("instrument-name", $"an instrument name has 1 to {MaxNameLength} characters, not {name.Length}");
            return false;
        }

        Span<Range> parts = stackalloc Range[5];
        var count = name.Split(parts, '-');
        if (!TryParseFamily(name[parts[0]], out var underlying))
        {
            refusal = Unknown(name, "the part before the first '-' is COIN or COIN_QUOTE");
            return false;
        }

        switch (count)
        {
            case 1 when underlying.Settlement == Settlement.Linear:
                instrument = new Spot(underlying);
                return true;
            case 2 when name[parts[1]] is "PERPETUAL":
                instrument = new Perpetual(underlying);
                return true;
            case 2 when TryParseDate(name[parts[1]], out var expiry):
                instrument = new DatedFuture(underlying, expiry);
                return true;
            case 4 when TryParseDate(name[parts[1]], out var expiry) && name[parts[3]] is "C" or "P":
                if (!TryParseStrike(name[parts[2]], out var strike))
                {
                    refusal = Unknown(name, $"strike '{PrintableText.Of(name[parts[2]])}' is not a positive number of at most 12 digits with d as decimal point");
                    return false;
                }

                instrument = new EuropeanOption(underlying, expiry, strike, name[parts[3]] is "C" ? OptionType.Call : OptionType.Put);
                return true;
            case >= 3 when IsComboCode(name[parts[1]]):
                refusal = new Refusal("instrument-combo", $"'{PrintableText.Of(name)}' names a combination of legs, which is not a single instrument");
                return false;
            default:
                refusal = Unknown(name, "COIN-DMMMYY-STRIKE-C|P, COIN-DMMMYY, COIN-PERPETUAL or COIN_QUOTE is expected");
                return false;
        }
    }

    /// <summary>Reads DMMMYY or DDMMMYY as 08:00 UTC of that day.</summary>
    public static bool TryParseDate(ReadOnlySpan<char> text, out DateTimeOffset expiry)
    {
        expiry = default;
        if (text.Length is not (6 or 7))
        {
            return false;
        }

        var dayDigits = text.Length - 5;
        var month = Array.FindIndex(Months, MonthEquals(text.Slice(dayDigits, 3).ToString())) + 1;
        if (month == 0
            || (dayDigits == 2 && text[0] == '0')
            || !int.TryParse(text[..dayDigits], NumberStyles.None, CultureInfo.InvariantCulture, out var day)
            || !int.TryParse(text[^2..], NumberStyles.None, CultureInfo.InvariantCulture, out var year)
            || day < 1
            || day > DateTime.DaysInMonth(2000 + year, month))
        {
            return false;
        }

        expiry = new DateTimeOffset(2000 + year, month, day, 8, 0, 0, TimeSpan.Zero);
        return true;

        static Predicate<string> MonthEquals(string wanted) => candidate => candidate == wanted;
    }

    private static bool TryParseFamily(ReadOnlySpan<char> text, out UnderlyingId underlying)
    {
        underlying = default;
        var cut = text.IndexOf('_');
        if (cut < 0)
        {
            if (!Asset.IsValid(text))
            {
                return false;
            }

            underlying = UnderlyingId.Inverse(new Asset(text.ToString()));
            return true;
        }

        if (!Asset.IsValid(text[..cut]) || !Asset.IsValid(text[(cut + 1)..]))
        {
            return false;
        }

        underlying = UnderlyingId.Linear(new Asset(text[..cut].ToString()), new Asset(text[(cut + 1)..].ToString()));
        return true;
    }

    private static bool TryParseStrike(ReadOnlySpan<char> text, out decimal strike)
    {
        strike = 0;
        if (text.Length is 0 or > 13)
        {
            return false;
        }

        Span<char> plain = stackalloc char[text.Length];
        var points = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var point = text[i] is 'd' or 'D';
            if (!point && !char.IsAsciiDigit(text[i]))
            {
                return false;
            }

            points += point ? 1 : 0;
            plain[i] = point ? '.' : text[i];
        }

        return points <= 1
            && plain[0] != '.'
            && plain[^1] != '.'
            && decimal.TryParse(plain, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out strike)
            && (strike /= 1.0000000000000000000000000000m) > 0;
    }

    private static string FormatStrike(decimal strike) => (strike / 1.0000000000000000000000000000m).ToString(CultureInfo.InvariantCulture).Replace('.', 'd');

    private static string FormatDate(DateTimeOffset expiry)
    {
        // Two digits of the year: an expiry in another century would take the name of this one's.
        return expiry.Year is >= 2000 and <= 2099
            ? string.Create(CultureInfo.InvariantCulture, $"{expiry.Day}{Months[expiry.Month - 1]}{expiry.Year % 100:00}")
            : throw new InvalidInputException("expiry-range", $"an expiry at {expiry.ToIso()} has no venue name: the year is 2000 to 2099");
    }

    // FS, STRD, ICOND, and with the ratio of the legs CSR12, PSR13.
    private static bool IsComboCode(ReadOnlySpan<char> text) =>
        text.Length is >= 2 and <= 8 && char.IsAsciiLetterUpper(text[0]) && !text.ContainsAnyExcept(ComboCharacters);

    private static readonly System.Buffers.SearchValues<char> ComboCharacters = System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    private static Refusal Unknown(ReadOnlySpan<char> name, string allowed) => new("instrument-name", $"'{PrintableText.Of(name)}' is not an instrument name: {allowed}");
}

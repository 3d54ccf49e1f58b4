using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Pms.Primitives;

namespace Pms.MarketData.Instruments;

/// <summary>OKX's instrument names to typed instruments and back.</summary>
/// <remarks>
/// BTC-USD-240329-40000-C (option), BTC-USD-240329 (future), BTC-USD-SWAP (perpetual), BTC-USDT (spot). Contracts on a -USD family are settled in
/// the coin, all others in the second currency. Dates are YYMMDD, expiry is 08:00 UTC (OKX API v5, "Get instruments").
/// </remarks>
public static class OkxNames
{
    private const int MaxNameLength = 64;

    public static string Format(Instrument instrument)
    {
        ArgumentNullException.ThrowIfNull(instrument);
        var family = $"{instrument.Underlying.Base}-{instrument.Underlying.Quote}";
        return instrument switch
        {
            EuropeanOption o => $"{family}-{FormatDate(o.Expiry)}-{FormatStrike(o.Strike)}-{(o.Type == OptionType.Call ? 'C' : 'P')}",
            DatedFuture f => $"{family}-{FormatDate(f.Expiry)}",
            Perpetual => $"{family}-SWAP",
            Spot => family,
            _ => throw new InvalidInputException("instrument-kind", $"{instrument.GetType().Name} has no venue name"),
        };
    }

    public static bool TryParse(
        ReadOnlySpan<char> name, [NotNullWhen(true)] out Instrument? instrument, [NotNullWhen(false)] out Refusal? refusal)
    {
        instrument = null;
        refusal = null;
        Span<Range> parts = stackalloc Range[6];
        var count = name.Length is 0 or > MaxNameLength ? 0 : name.Split(parts, '-');
        if (count < 2 || !Asset.IsValid(name[parts[0]]) || !Asset.IsValid(name[parts[1]]))
        {
            refusal = Unknown(name);
            return false;
        }

        var coin = new Asset(name[parts[0]].ToString());
        var quote = new Asset(name[parts[1]].ToString());
        var underlying = quote == Asset.Usd ? UnderlyingId.Inverse(coin) : UnderlyingId.Linear(coin, quote);
        switch (count)
        {
            case 2:
                instrument = new Spot(UnderlyingId.Linear(coin, quote));
                return true;
            case 3 when name[parts[2]] is "SWAP":
                instrument = new Perpetual(underlying);
                return true;
            case 3 when TryParseDate(name[parts[2]], out var expiry):
                instrument = new DatedFuture(underlying, expiry);
                return true;
            case 5 when TryParseDate(name[parts[2]], out var expiry) && TryParseStrike(name[parts[3]], out var strike) && name[parts[4]] is "C" or "P":
                instrument = new EuropeanOption(underlying, expiry, strike, name[parts[4]] is "C" ? OptionType.Call : OptionType.Put);
                return true;
            default:
                refusal = Unknown(name);
                return false;
        }
    }

    private static bool TryParseDate(ReadOnlySpan<char> text, out DateTimeOffset expiry)
    {
        expiry = default;
        if (text.Length != 6 || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        var (year, month, day) = (2000 + (number / 10000), number / 100 % 100, number % 100);
        if (month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }

        expiry = new DateTimeOffset(year, month, day, 8, 0, 0, TimeSpan.Zero);
        return true;
    }

    private static bool TryParseStrike(ReadOnlySpan<char> text, out decimal strike)
    {
        strike = 0;
        return text.Length is > 0 and <= 13
            && text[0] != '.'
            && text[^1] != '.'
            && decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out strike)
            && (strike /= 1.0000000000000000000000000000m) > 0;
    }

    private static string FormatStrike(decimal strike) => (strike / 1.0000000000000000000000000000m).ToString(CultureInfo.InvariantCulture);

    private static string FormatDate(DateTimeOffset expiry) => expiry.UtcDateTime.ToString("yyMMdd", CultureInfo.InvariantCulture);

    private static Refusal Unknown(ReadOnlySpan<char> name)
    {
        return new Refusal(
            "instrument-name",
            $"'{PrintableText.Of(name, MaxNameLength)}' is not an instrument name: COIN-QUOTE, COIN-QUOTE-SWAP, COIN-QUOTE-YYMMDD or COIN-QUOTE-YYMMDD-STRIKE-C|P is expected");
    }
}

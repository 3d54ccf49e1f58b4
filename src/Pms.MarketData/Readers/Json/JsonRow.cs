using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.MarketData.Readers.Json;

/// <summary>One object of a JSON array; the first fault found in it is kept as its refusal.</summary>
/// <remarks>Numbers may be JSON numbers or texts; an absent field, null and the empty text all mean "none".</remarks>
internal sealed class JsonRow
{
    private const int MaxTextLength = 64;

    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789+-.eE");

    private readonly JsonElement _element;

    /// <param name="element">what should be an object</param>
    /// <param name="position">its number in the array, from 1</param>
    public JsonRow(JsonElement element, long position)
    {
        _element = element;
        Position = position;
        if (element.ValueKind != JsonValueKind.Object)
        {
            Refusal = new Refusal("json-kind", $"entry {position} is {element.ValueKind}, not an object");
        }
    }

    public long Position { get; }

    /// <summary>The first thing wrong; null while nothing is.</summary>
    public Refusal? Refusal { get; private set; }

    public void Refuse(Refusal? refusal) => Refusal ??= refusal;

    public void Refuse(string field, string code, string reason)
    {
        var shown = Find(field) is { } value ? PrintableText.Of(value.GetRawText(), MaxTextLength) : "";
        Refusal ??= new Refusal(code, $"{field} {(shown.Length == 0 ? "(absent)" : shown)} {reason}");
    }

    public RejectedInput Reject(string source, DateTimeOffset at)
    {
        return new RejectedInput(
            new Provenance(source, null, at), Position, Refusal!, PrintableText.Of(_element.GetRawText(), RejectedInput.MaxExcerptLength));
    }

    /// <summary>A nested object under a name; a row of its own kind of faults, reported here by <see cref="Refuse(Refusal)"/>.</summary>
    public JsonRow? Child(string field)
    {
        if (Find(field) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            return new JsonRow(value, Position);
        }

        Refuse(field, "json-kind", "is not an object");
        return null;
    }

    public bool IsObject(string field) => Find(field) is { ValueKind: JsonValueKind.Object };

    /// <summary>A finite number; null where absent or bad.</summary>
    public double? Number(string field)
    {
        if (Find(field) is not { } value)
        {
            return null;
        }

        double number;
        switch (value.ValueKind)
        {
            case JsonValueKind.Number when value.TryGetDouble(out number):
                break;
            case JsonValueKind.String:
                var text = Unescape(value);
                if (text is "")
                {
                    return null;
                }

                if (text is null
                    || !IsPlainNumber(text)
                    || !double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out number))
                {
                    Refuse(field, "number-format", "is not a plain decimal number");
                    return null;
                }

                break;
            default:
                Refuse(field, "number-format", "is not a number");
                return null;
        }

        if (double.IsFinite(number))
        {
            return number;
        }

        Refuse(field, "not-finite", "is beyond the range of a double");
        return null;
    }

    public double? NumberOrNone(string field) => Number(field) is { } value and not 0 ? value : null;

    public double? PercentOrNone(string field) => NumberOrNone(field) / 100;

    /// <summary>A short printable text; null where absent or bad.</summary>
    public string? Text(string field)
    {
        if (Find(field) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String && Unescape(value) is { Length: <= MaxTextLength } text && !text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return text.Length == 0 ? null : text;
        }

        Refuse(field, "text-format", $"is not a text of at most {MaxTextLength} printable ASCII characters");
        return null;
    }

    public bool? Flag(string field)
    {
        switch (Find(field)?.ValueKind)
        {
            case null:
                return null;
            case JsonValueKind.True:
                return true;
            case JsonValueKind.False:
                return false;
            default:
                Refuse(field, "json-kind", "is neither true nor false");
                return null;
        }
    }

    public Instrument? Instrument(string field)
    {
        var name = Text(field);
        if (name is null)
        {
            Refuse(field, "field-missing", "is no instrument name");
            return null;
        }

        if (DeribitNames.TryParse(name, out var instrument, out var refusal))
        {
            return instrument;
        }

        Refuse(refusal);
        return null;
    }

    /// <summary>Milliseconds since 1970, between 2010 and 2100.</summary>
    public DateTimeOffset UnixMilliseconds(string field)
    {
        if (Find(field) is not { ValueKind: JsonValueKind.Number } value || !value.TryGetInt64(out var milliseconds))
        {
            Refuse(field, "time-format", "is not a whole number of milliseconds");
            return default;
        }

        if (milliseconds < QuoteValidation.MinTime.ToUnixTimeMilliseconds() || milliseconds >= QuoteValidation.MaxTime.ToUnixTimeMilliseconds())
        {
            Refuse(field, "time-range", "is not an instant between 2010 and 2100 in milliseconds");
            return default;
        }

        return DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
    }

    /// <summary>ISO 8601, between 2010 and 2100; the zero instant where it is not.</summary>
    public DateTimeOffset IsoTime(string field)
    {
        if (Text(field) is not { } text || !UtcTime.TryParseIso(text, out var time))
        {
            Refuse(field, "time-format", "is not an ISO 8601 time");
            return default;
        }

        var refusal = QuoteValidation.Time(field, time);
        Refuse(refusal);
        return refusal is null ? time : default;
    }

    private static bool IsPlainNumber(string text) => text.Length <= MaxTextLength && !text.AsSpan().ContainsAnyExcept(NumberCharacters);

    // An escape such as \ud800 alone is allowed by the grammar of JSON but is no text.
    private static string? Unescape(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private JsonElement? Find(string field)
    {
        return _element.ValueKind == JsonValueKind.Object && _element.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;
    }
}

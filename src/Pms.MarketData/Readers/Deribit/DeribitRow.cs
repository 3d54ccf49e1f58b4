using System.Text.Json;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Primitives;

namespace Pms.MarketData.Readers.Deribit;

/// <summary>The known fields of one JSON object, whatever its kind; read in one pass and reused, so that a message costs no dictionary.</summary>
/// <remarks>Wrong types do not stop the pass: the first is kept in <see cref="Failure"/>, so that the other objects of an array are still read.</remarks>
internal sealed class DeribitRow(InstrumentNameCache instruments, Utf8TextCache texts)
{
    private const ulong Everything = ulong.MaxValue;
    private const ulong StatisticsOnly = 1UL << (int)DeribitField.Volume;
    private const ulong GreeksOnly = (1UL << (int)DeribitField.Delta) | (1UL << (int)DeribitField.Gamma) | (1UL << (int)DeribitField.Vega)
        | (1UL << (int)DeribitField.Theta) | (1UL << (int)DeribitField.Rho);

    private readonly double[] _numbers = new double[(int)DeribitField.LastNumber + 1];
    private readonly long[] _integers = new long[DeribitField.LastInteger - DeribitField.LastNumber];
    private readonly string[] _texts = new string[DeribitField.LastText - DeribitField.LastInteger];
    private readonly List<BookLevel> _bids = [];
    private readonly List<BookLevel> _asks = [];
    private ulong _seen;
    private ulong _present;
    private ulong _true;
    private InstrumentNameCache.Entry? _instrument;

    /// <summary>The first value that could not be read; null when all could.</summary>
    public Refusal? Failure { get; private set; }

    public List<BookLevel> Bids => _bids;

    public List<BookLevel> Asks => _asks;

    /// <summary>Whether the object has the field, be it null.</summary>
    public bool Seen(DeribitField field) => (_seen & (1UL << (int)field)) != 0;

    /// <summary>Whether the object has the field with a value.</summary>
    public bool Has(DeribitField field) => (_present & (1UL << (int)field)) != 0;

    public double? Number(DeribitField field) => Has(field) ? _numbers[(int)field] : null;

    /// <summary>A number where 0 stands for "none", as for quotes and their vols.</summary>
    public double? NumberOrNone(DeribitField field) => Has(field) && _numbers[(int)field] != 0 ? _numbers[(int)field] : null;

    public long? Integer(DeribitField field) => Has(field) ? _integers[field - DeribitField.LastNumber - 1] : null;

    public string? Text(DeribitField field) => Has(field) ? _texts[field - DeribitField.LastInteger - 1] : null;

    public bool? Flag(DeribitField field) => Has(field) ? (_true & (1UL << (int)field)) != 0 : null;

    public bool TryInstrument([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Instrument? instrument, out Refusal? refusal)
    {
        instrument = _instrument?.Instrument;
        refusal = instrument is not null ? null : _instrument?.Refusal ?? new Refusal("field-missing", "instrument_name is absent");
        return instrument is not null;
    }

    /// <summary>Reads the object that the reader stands at the start of; leaves it at the end of that object.</summary>
    /// <exception cref="JsonException">the text is no JSON</exception>
    public void Read(ref Utf8JsonReader reader)
    {
        _seen = 0;
        _present = 0;
        _true = 0;
        _instrument = null;
        _bids.Clear();
        _asks.Clear();
        Failure = null;
        ReadObject(ref reader, Everything);
    }

    private void ReadObject(ref Utf8JsonReader reader, ulong allowed)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = DeribitFields.Find(ref reader);
            reader.Read();
            if (field == DeribitField.None || (allowed & (1UL << (int)field)) == 0)
            {
                reader.Skip();
                continue;
            }

            _seen |= 1UL << (int)field;
            if (reader.TokenType == JsonTokenType.Null)
            {
                _present &= ~(1UL << (int)field);
                continue;
            }

            if (ReadValue(ref reader, field))
            {
                _present |= 1UL << (int)field;
            }
        }
    }

    private bool ReadValue(ref Utf8JsonReader reader, DeribitField field)
    {
        switch (field)
        {
            case <= DeribitField.LastNumber:
                return reader.TokenType == JsonTokenType.Number ? ReadNumber(ref reader, field) : WrongType(ref reader, field);
            case <= DeribitField.LastInteger:
                return reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out _integers[field - DeribitField.LastNumber - 1])
                    ? true
                    : WrongType(ref reader, field);
            case <= DeribitField.LastText:
                return reader.TokenType == JsonTokenType.String ? ReadText(ref reader, field) : WrongType(ref reader, field);
            case <= DeribitField.LastBoolean:
                return ReadFlag(ref reader, field) || WrongType(ref reader, field);
            case DeribitField.Bids or DeribitField.Asks:
                return reader.TokenType == JsonTokenType.StartArray
                    ? ReadLevels(ref reader, field == DeribitField.Bids ? _bids : _asks)
                    : WrongType(ref reader, field);
            case DeribitField.Stats or DeribitField.Greeks:
                if (reader.TokenType != JsonTokenType.StartObject)
                {
                    return WrongType(ref reader, field);
                }

                ReadObject(ref reader, field == DeribitField.Stats ? StatisticsOnly : GreeksOnly);
                return true;
            default:
                reader.Skip();
                return true;
        }
    }

    private bool ReadNumber(ref Utf8JsonReader reader, DeribitField field)
    {
        if (reader.TryGetDouble(out var value) && double.IsFinite(value))
        {
            _numbers[(int)field] = value;
            return true;
        }

        return Fail("value-not-finite", $"{field} is not a finite number");
    }

    private bool ReadText(ref Utf8JsonReader reader, DeribitField field)
    {
        if (reader.ValueIsEscaped)
        {
            return ReadEscapedText(ref reader, field);
        }

        if (field == DeribitField.InstrumentName)
        {
            _instrument = instruments.Find(reader.ValueSpan);
        }
        else
        {
            _texts[field - DeribitField.LastInteger - 1] =
                field == DeribitField.TradeId ? System.Text.Encoding.UTF8.GetString(reader.ValueSpan) : texts.Find(reader.ValueSpan);
        }

        return true;
    }

    private bool ReadEscapedText(ref Utf8JsonReader reader, DeribitField field)
    {
        if (JsonText.Escaped(ref reader) is not { } text)
        {
            return Fail("text-encoding", $"{field} is not valid text");
        }

        if (field == DeribitField.InstrumentName)
        {
            _instrument = instruments.Find(System.Text.Encoding.UTF8.GetBytes(text));
        }
        else
        {
            _texts[field - DeribitField.LastInteger - 1] = text;
        }

        return true;
    }

    /// <summary>True and false; platform_state also writes the words "true", "partial" and "false".</summary>
    private bool ReadFlag(ref Utf8JsonReader reader, DeribitField field)
    {
        var isTrue = reader.TokenType == JsonTokenType.True
            || (reader.TokenType == JsonTokenType.String && (JsonText.Is(ref reader, "true"u8) || JsonText.Is(ref reader, "partial"u8)));
        if (!isTrue && reader.TokenType != JsonTokenType.False && !(reader.TokenType == JsonTokenType.String && JsonText.Is(ref reader, "false"u8)))
        {
            return false;
        }

        _true = isTrue ? _true | (1UL << (int)field) : _true & ~(1UL << (int)field);
        return true;
    }

    /// <summary>Levels in both of Deribit's forms: ["new"|"change"|"delete", price, amount] and [price, amount].</summary>
    private bool ReadLevels(ref Utf8JsonReader reader, List<BookLevel> levels)
    {
        levels.Clear();
        var fine = true;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                reader.Skip();
                fine = Fail("book-level", "a level of a book is an array of price and amount");
                continue;
            }

            var depth = reader.CurrentDepth;
            var refusal = ReadLevel(ref reader, out var level);
            while (reader.TokenType != JsonTokenType.EndArray || reader.CurrentDepth != depth)
            {
                if (!reader.Read())
                {
                    return false;
                }
            }

            if (refusal is null && levels.Count >= OrderBook.MaxLevelsPerSide)
            {
                refusal = new Refusal("book-too-deep", $"a book has more than {OrderBook.MaxLevelsPerSide} levels on one side");
            }

            if (refusal is not null)
            {
                Failure ??= refusal;
                fine = false;
            }
            else
            {
                levels.Add(level);
            }
        }

        return fine;
    }

    private static Refusal? ReadLevel(ref Utf8JsonReader reader, out BookLevel level)
    {
        level = default;
        reader.Read();
        var deletes = false;
        if (reader.TokenType == JsonTokenType.String)
        {
            deletes = JsonText.Is(ref reader, "delete"u8);
            if (!deletes && !JsonText.Is(ref reader, "new"u8) && !JsonText.Is(ref reader, "change"u8))
            {
                return new Refusal("book-level", "the action of a level is new, change or delete");
            }

            reader.Read();
        }

        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetDouble(out var price)
            || !reader.Read() || reader.TokenType != JsonTokenType.Number || !reader.TryGetDouble(out var amount)
            || !reader.Read() || reader.TokenType != JsonTokenType.EndArray)
        {
            return new Refusal("book-level", "a level of a book is an array of price and amount");
        }

        level = new BookLevel(price, deletes ? 0 : amount);
        return !deletes && amount == 0 ? new Refusal("book-level", $"the level at {price:R} has amount 0 and is not deleted") : null;
    }

    private bool WrongType(ref Utf8JsonReader reader, DeribitField field)
    {
        var type = reader.TokenType;
        reader.Skip();
        return Fail("field-type", $"{field} has the unexpected JSON type {type} or a value outside its range");
    }

    private bool Fail(string code, string message)
    {
        Failure ??= new Refusal(code, message);
        return false;
    }
}

using System.Buffers;
using System.Globalization;
using System.Text;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.MarketData.Readers.Csv;

/// <summary>A CSV file with a header, read row by row over its bytes; the first fault of a row is kept as its refusal.</summary>
/// <remarks>
/// Comma separated, blanks around a field dropped, a field may be quoted but a line end always ends the row: a stray quote costs one row, not the
/// rest of the file. Why this and not a CSV library: docs/decisions/0001-csv-over-bytes.md.
/// </remarks>
internal sealed class CsvTable
{
    private const int MaxColumns = 256;
    private static readonly SearchValues<byte> NumberBytes = SearchValues.Create("0123456789+-.eE"u8);

    private readonly Utf8LineReader _lines;
    private readonly ReadLimits _limits;
    private readonly string[] _header;
    private readonly (int Start, int Length)[] _fields;
    private readonly InstrumentNameCache _instruments = new(DeribitNames.TryParse);
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _textsBySpan;
    private byte[] _lastTimeText = [];
    private DateTimeOffset _lastTime;
    private long _rows;

    /// <exception cref="MarketFormatException">the stream is empty or its first line is no header</exception>
    public CsvTable(Stream stream, ReadLimits limits)
    {
        _limits = limits;
        _lines = new Utf8LineReader(stream, limits.MaxLineBytes);
        _textsBySpan = _texts.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!_lines.MoveNext() || _lines.IsTooLong)
        {
            throw new MarketFormatException("csv-header", "the file has no header line");
        }

        _header = ParseHeader(_lines.Current);
        _fields = new (int, int)[_header.Length];
    }

    /// <summary>Number of the current line in the file, from 1; the header is line 1.</summary>
    public long LineNumber => _lines.LineNumber;

    /// <summary>The first thing wrong with the current row; null while nothing is.</summary>
    public Refusal? Refusal { get; private set; }

    /// <summary>The names of a header line, without brackets and quotes.</summary>
    public static string[] ParseHeader(ReadOnlySpan<byte> line)
    {
        var names = Encoding.UTF8.GetString(line).Split(',');
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = names[i].Trim().Trim('[', ']', '"');
        }

        return names.Length <= MaxColumns
            ? names
            : throw new MarketFormatException("csv-header", $"the header has {names.Length} columns: at most {MaxColumns} are read");
    }

    /// <summary>Whether the first line of a file's beginning has all these columns, in any order.</summary>
    public static bool HeaderHas(ReadOnlySpan<byte> head, params ReadOnlySpan<string> columns)
    {
        var end = head.IndexOf((byte)'\n');
        var line = end < 0 ? head : head[..end];
        if (line.StartsWith("\uFEFF"u8))
        {
            line = line[3..];
        }

        if (line.Length > 16 * 1024 || line.Count((byte)',') is 0 or >= MaxColumns)
        {
            return false;
        }

        var names = ParseHeader(line.TrimEnd((byte)'\r'));
        foreach (var column in columns)
        {
            if (!names.Contains(column, StringComparer.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    /// <exception cref="MarketFormatException">the header lacks the column or has it twice</exception>
    public int Require(string column)
    {
        var index = Find(column);
        return index >= 0 ? index : throw new MarketFormatException("csv-header", $"the header has no column '{column}'");
    }

    /// <returns>-1 where the header lacks the column, which every accessor reads as empty</returns>
    public int Find(string column)
    {
        var index = Array.IndexOf(_header, column);
        return index < 0 || Array.LastIndexOf(_header, column) == index
            ? index
            : throw new MarketFormatException("csv-header", $"the header has the column '{column}' twice");
    }

    /// <summary>Goes to the next row that is not blank; a row that cannot be split has its <see cref="Refusal"/> set.</summary>
    /// <exception cref="MarketFormatException">more rows than allowed</exception>
    public bool NextRow()
    {
        do
        {
            if (!_lines.MoveNext())
            {
                return false;
            }
        }
        while (_lines.Current.Trim(" \t"u8).IsEmpty && !_lines.IsTooLong);

        if (++_rows > _limits.MaxRows)
        {
            throw new MarketFormatException("too-many-rows", $"the file has more than {_limits.MaxRows} rows");
        }

        Refusal = _lines.IsTooLong
            ? new Refusal("line-too-long", $"the line is longer than {_limits.MaxLineBytes} bytes")
            : Split(_lines.Current);
        return true;
    }

    public void Refuse(Refusal? refusal) => Refusal ??= refusal;

    public RejectedInput Reject(string source, DateTimeOffset? lastKnownTime)
    {
        return new RejectedInput(
            new Provenance(source, null, lastKnownTime ?? DateTimeOffset.UnixEpoch),
            LineNumber,
            Refusal!,
            Excerpt(_lines.Current));
    }

    /// <summary>The beginning of a text as it may be shown: damaged bytes and what a terminal would act on are replaced.</summary>
    public static string Excerpt(ReadOnlySpan<byte> text)
    {
        return PrintableText.Of(Encoding.UTF8.GetString(text[..Math.Min(text.Length, RejectedInput.MaxExcerptLength)]), RejectedInput.MaxExcerptLength);
    }

    public ReadOnlySpan<byte> Field(int column)
    {
        return column < 0 || _fields[column].Length < 0
            ? []
            : _lines.Current.Slice(_fields[column].Start, _fields[column].Length);
    }

    public bool IsEmpty(int column) => Field(column).IsEmpty;

    /// <summary>A finite number; null where the field is empty or bad.</summary>
    public double? Number(int column)
    {
        var text = Field(column);
        if (text.IsEmpty)
        {
            return null;
        }

        if (text.Length > 64
            || text.ContainsAnyExcept(NumberBytes)
            || !double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value))
        {
            Refuse(column, "number-format", "is not a plain decimal number");
            return null;
        }

        if (!double.IsFinite(value))
        {
            Refuse(column, "not-finite", "is beyond the range of a double");
            return null;
        }

        return value;
    }

    /// <summary>A number where 0 is the venue's way to say "none".</summary>
    public double? NumberOrNone(int column) => Number(column) is { } value and not 0 ? value : null;

    /// <summary>A percentage as a fraction, where 0 is the venue's way to say "none".</summary>
    public double? PercentOrNone(int column) => NumberOrNone(column) / 100;

    /// <summary>The size of a quote: absent where its price is; a size without a price contradicts itself and is refused.</summary>
    public double? Size(int column, double? price)
    {
        var size = Number(column);
        if (price is null && size is not (null or 0))
        {
            Refuse(column, "size-without-price", "is a size at no price");
        }

        return price is null ? null : size;
    }

    /// <summary>A number that must be there.</summary>
    public double RequiredNumber(int column)
    {
        var value = Number(column);
        if (value is null && Refusal is null)
        {
            Refuse(column, "field-missing", "is empty: a number is required");
        }

        return value ?? 0;
    }

    public long Integer(int column)
    {
        var text = Field(column);
        if (!text.IsEmpty && text.Length <= 19 && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            && !text.ContainsAnyExcept(NumberBytes))
        {
            return value;
        }

        Refuse(column, text.IsEmpty ? "field-missing" : "number-format", "is not a whole number");
        return 0;
    }

    /// <summary>An instant written as ISO 8601, between 2010 and 2100.</summary>
    public DateTimeOffset IsoTime(int column)
    {
        var text = Field(column);
        if (!text.IsEmpty && text.SequenceEqual(_lastTimeText))
        {
            return _lastTime;
        }

        Span<char> chars = stackalloc char[48];
        if (text.Length > chars.Length || !Ascii.IsValid(text) || !UtcTime.TryParseIso(chars[..Encoding.ASCII.GetChars(text, chars)], out var time))
        {
            Refuse(column, text.IsEmpty ? "field-missing" : "time-format", "is not an ISO 8601 time");
            return default;
        }

        if (QuoteValidation.Time(_header[column], time) is { } refusal)
        {
            Refuse(refusal);
            return default;
        }

        _lastTimeText = text.ToArray();
        _lastTime = time;
        return time;
    }

    /// <summary>An instant as whole units since 1970, between 2010 and 2100.</summary>
    /// <param name="column">column</param>
    /// <param name="ticksPerUnit"><see cref="TimeSpan.TicksPerSecond"/>, -Millisecond or -Microsecond</param>
    public DateTimeOffset UnixTime(int column, long ticksPerUnit)
    {
        var count = Integer(column);
        if (Refusal is not null)
        {
            return default;
        }

        if (count < 0 || count >= QuoteValidation.MaxTime.UtcTicks / ticksPerUnit)
        {
            Refuse(column, "time-range", "is not an instant between 2010 and 2100 in this unit");
            return default;
        }

        var time = DateTimeOffset.UnixEpoch.AddTicks(count * ticksPerUnit);
        Refuse(QuoteValidation.Time(_header[column], time));
        return time;
    }

    /// <summary>A venue name as a typed instrument; null where it is none. Names are parsed once.</summary>
    public Instrument? Instrument(int column)
    {
        var text = Field(column);
        if (text.IsEmpty)
        {
            Refuse(column, "field-missing", "is empty: an instrument name is required");
            return null;
        }

        var found = _instruments.Find(text);
        Refuse(found.Refusal);
        return found.Instrument;
    }

    /// <summary>A short printable text; null where the field is empty or bad.</summary>
    public string? Text(int column)
    {
        var text = Field(column);
        if (text.IsEmpty)
        {
            return null;
        }

        Span<char> chars = stackalloc char[64];
        if (text.Length > chars.Length || text.ContainsAnyExceptInRange((byte)0x20, (byte)0x7E))
        {
            Refuse(column, "text-format", $"is not a text of at most {chars.Length} printable ASCII characters");
            return null;
        }

        var name = chars[..Encoding.ASCII.GetChars(text, chars)];
        if (_textsBySpan.TryGetValue(name, out var known))
        {
            return known;
        }

        if (_texts.Count >= 4096)
        {
            _texts.Clear();
        }

        var made = name.ToString();
        _texts.Add(made, made);
        return made;
    }

    /// <summary>Refuses the row unless the terms that the row repeats are those that the option's name says.</summary>
    public void RequireOptionTerms(Instrument? instrument, int type, int strike, DateTimeOffset? expiry, int expiryColumn)
    {
        if (Refusal is not null || instrument is null)
        {
            return;
        }

        if (instrument is not EuropeanOption option)
        {
            Refusal = new Refusal("not-an-option", $"{instrument.Name} is not an option");
            return;
        }

        var isCall = option.Type == OptionType.Call;
        RequireAgreement(type, Ascii.EqualsIgnoreCase(Field(type), isCall ? "call"u8 : "put"u8), option);
        RequireAgreement(strike, RequiredNumber(strike) == option.StrikeValue, option);
        RequireAgreement(expiryColumn, expiry == option.Expiry, option);
    }

    /// <summary>Refuses the row unless a redundant column says what the instrument's name says.</summary>
    public void RequireAgreement(int column, bool agrees, Instrument instrument)
    {
        if (Refusal is null && column >= 0 && !agrees)
        {
            Refuse(column, "terms-mismatch", $"contradicts the name {instrument.Name}");
        }
    }

    public void Refuse(int column, string code, string reason)
    {
        Refusal ??= new Refusal(code, $"{(column < 0 ? "row" : _header[column])} '{Excerpt(Field(column)[..Math.Min(64, Field(column).Length)])}' {reason}");
    }

    private Refusal? Split(ReadOnlySpan<byte> line)
    {
        Array.Fill(_fields, (0, -1));
        var count = 0;
        var start = 0;
        while (true)
        {
            while (start < line.Length && line[start] == ' ')
            {
                start++;
            }

            int end;
            int next;
            if (start < line.Length && line[start] == '"')
            {
                start++;
                var close = line[start..].IndexOf((byte)'"');
                end = start + close;
                var after = close < 0 ? [] : line[(end + 1)..].TrimStart((byte)' ');
                if (close < 0 || (!after.IsEmpty && after[0] != ','))
                {
                    return new Refusal("csv-quote", $"field {count + 1} has a quote that is not closed in the line");
                }

                next = after.IsEmpty ? line.Length + 1 : line.Length - after.Length + 1;
            }
            else
            {
                var comma = line[start..].IndexOf((byte)',');
                end = comma < 0 ? line.Length : start + comma;
                next = end + 1;
                while (end > start && line[end - 1] is (byte)' ' or (byte)'\t')
                {
                    end--;
                }
            }

            if (count < _fields.Length)
            {
                _fields[count] = (start, end - start);
            }

            count++;
            if (next > line.Length)
            {
                break;
            }

            start = next;
        }

        return count == _fields.Length
            ? null
            : new Refusal("csv-columns", $"the row has {count} fields: the header has {_fields.Length}");
    }
}

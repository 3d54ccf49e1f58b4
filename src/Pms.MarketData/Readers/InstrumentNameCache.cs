using System.Diagnostics.CodeAnalysis;
using System.Text;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Primitives;

namespace Pms.MarketData.Readers;

/// <summary>Parses a venue's name of an instrument.</summary>
internal delegate bool InstrumentNameParser(
    ReadOnlySpan<char> name, [NotNullWhen(true)] out Instrument? instrument, [NotNullWhen(false)] out Refusal? refusal);

/// <summary>Names as they stand in messages to instruments, each parsed once and kept as one object.</summary>
internal sealed class InstrumentNameCache(InstrumentNameParser parser)
{
    private const int MaxNameBytes = 64;
    private const int MaxRefusals = 4096;

    private readonly Dictionary<byte[], Entry> _entries = new(Utf8KeyComparer.Instance);
    private int _refusals;

    /// <summary>An instrument, or why the name is not one.</summary>
    public Entry Find(ReadOnlySpan<byte> utf8)
    {
        var lookup = _entries.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (lookup.TryGetValue(utf8, out var entry))
        {
            return entry;
        }

        entry = Parse(utf8);
        var room = entry.Instrument is not null ? _entries.Count < MarketState.MaxInstruments + MaxRefusals : _refusals < MaxRefusals;
        if (room && utf8.Length <= MaxNameBytes)
        {
            _refusals += entry.Instrument is null ? 1 : 0;
            _entries.Add(utf8.ToArray(), entry);
        }

        return entry;
    }

    private Entry Parse(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxNameBytes)
        {
            return new Entry(null, new Refusal("instrument-name", $"an instrument name has at most {MaxNameBytes} bytes, not {utf8.Length}"));
        }

        Span<char> name = stackalloc char[MaxNameBytes];
        name = name[..Encoding.UTF8.GetChars(utf8, name)];
        return parser(name, out var instrument, out var refusal) ? new Entry(instrument, null) : new Entry(null, refusal);
    }

    internal sealed record Entry(Instrument? Instrument, Refusal? Refusal);
}

/// <summary>Repeated words of messages (states, index names) as one string each.</summary>
internal sealed class Utf8TextCache
{
    private const int MaxEntries = 16_384;
    private const int MaxTextBytes = 64;

    private readonly Dictionary<byte[], string> _entries = new(Utf8KeyComparer.Instance);

    public string Find(ReadOnlySpan<byte> utf8)
    {
        var lookup = _entries.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (lookup.TryGetValue(utf8, out var text))
        {
            return text;
        }

        text = Encoding.UTF8.GetString(utf8);
        if (_entries.Count < MaxEntries && utf8.Length <= MaxTextBytes)
        {
            _entries.Add(utf8.ToArray(), text);
        }

        return text;
    }
}

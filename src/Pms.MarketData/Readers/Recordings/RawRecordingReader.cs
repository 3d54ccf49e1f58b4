using System.Buffers.Text;
using System.Text;
using Pms.MarketData.Events;
using Pms.MarketData.Readers.Csv;
using Pms.Primitives;

namespace Pms.MarketData.Readers.Recordings;

/// <summary>Recorded exchange traffic line by line, as the cryptofeed library writes it (docs/formats.md, "Raw recording").</summary>
/// <remarks>
/// Lines are <c>URL &lt;-&gt; TIME</c> (connected), <c>URL &lt;- TIME: JSON</c> (sent), <c>TIME: JSON</c> (received on the last connection) and
/// <c>URL -&gt; TIME: JSON</c> (answer to a request); TIME is Unix seconds of the recorder with up to seven decimals. The host of the URL chooses
/// the venue; messages of a venue that is not read here are rejected one by one with <c>venue-unsupported</c>. Each message is stamped with
/// its receive time, and a book or a sequence that breaks shows as the gap it is.
/// </remarks>
internal sealed class RawRecordingReader : IMarketReader
{
    private const int MaxUrlBytes = 2048;

    public string Format => "raw-recording";

    public bool Matches(ReadOnlySpan<byte> head)
    {
        var end = head.IndexOf((byte)'\n');
        var line = end < 0 ? head : head[..end];
        return line.StartsWith("configuration: {"u8) || Line.TryParse(line, out _);
    }

    public IEnumerable<MarketEvent> Read(Stream stream, ReadLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        var lines = new Utf8LineReader(stream, limits.MaxLineBytes);
        var venues = new Dictionary<string, IMessageDecoder?>(StringComparer.Ordinal);
        var events = new List<MarketEvent>();
        var connection = "";
        var last = DateTimeOffset.UnixEpoch;
        while (lines.MoveNext())
        {
            if (lines.LineNumber > limits.MaxRows)
            {
                throw new MarketFormatException("too-many-rows", $"the recording has more than {limits.MaxRows} lines");
            }

            events.Clear();
            ReadLine(lines, limits, venues, events, ref connection, ref last);
            foreach (var e in events)
            {
                yield return e;
            }
        }
    }

    private void ReadLine(
        Utf8LineReader lines, ReadLimits limits, Dictionary<string, IMessageDecoder?> venues, List<MarketEvent> events, ref string connection, ref DateTimeOffset last)
    {
        var text = lines.Current;
        if (text.IsEmpty || text.StartsWith("configuration: {"u8))
        {
            return;
        }

        if (lines.IsTooLong)
        {
            events.Add(Rejected(lines, last, new Refusal("line-too-long", $"a line has at most {limits.MaxLineBytes} bytes")));
            return;
        }

        if (!Line.TryParse(text, out var line))
        {
            events.Add(Rejected(lines, last, new Refusal("recording-line", "a line is 'URL <-> TIME', 'URL <- TIME: JSON', 'TIME: JSON' or 'URL -> TIME: JSON'")));
            return;
        }

        last = line.Time;
        var venue = line.Url.IsEmpty ? connection : MessageDecoders.VenueOf(Encoding.UTF8.GetString(line.Url));
        if (line.Kind == LineKind.Connected)
        {
            if (connection == venue && venues.ContainsKey(venue))
            {
                // The same venue again: what was known of its books ended with the old connection.
                events.Add(new FeedGap(new Provenance(Format, null, line.Time), null, new Refusal("reconnected", "the recorder connected again")));
            }

            connection = venue;
            venues.TryAdd(venue, MessageDecoders.ForVenue(venue, Format, limits));
            return;
        }

        if (!venues.TryGetValue(venue, out var decoder))
        {
            venues.Add(venue, decoder = MessageDecoders.ForVenue(venue, Format, limits));
        }

        if (line.Kind == LineKind.Sent)
        {
            decoder?.ObserveRequest(line.Message);
            return;
        }

        if (decoder is null)
        {
            events.Add(Rejected(lines, last, new Refusal("venue-unsupported", "messages of this venue are not read")));
            return;
        }

        decoder.Decode(line.Message, line.Time, events);
        Renumber(events, lines.LineNumber);
    }

    /// <summary>A decoder counts messages; a file is looked up by line.</summary>
    private static void Renumber(List<MarketEvent> events, long line)
    {
        for (var i = 0; i < events.Count; i++)
        {
            if (events[i] is RejectedInput rejected)
            {
                events[i] = rejected with { Position = line };
            }
        }
    }

    private RejectedInput Rejected(Utf8LineReader lines, DateTimeOffset at, Refusal refusal)
    {
        return new RejectedInput(new Provenance(Format, null, at), lines.LineNumber, refusal, CsvTable.Excerpt(lines.Current));
    }

    private enum LineKind
    {
        Connected,
        Sent,
        Received,
        Answered,
    }

    private readonly ref struct Line
    {
        public LineKind Kind { get; private init; }

        public ReadOnlySpan<byte> Url { get; private init; }

        public DateTimeOffset Time { get; private init; }

        public ReadOnlySpan<byte> Message { get; private init; }

        public static bool TryParse(ReadOnlySpan<byte> text, out Line line)
        {
            line = default;
            var kind = LineKind.Received;
            ReadOnlySpan<byte> url = [];
            var rest = text;
            if (text.StartsWith("wss://"u8) || text.StartsWith("ws://"u8) || text.StartsWith("https://"u8) || text.StartsWith("http://"u8))
            {
                var space = text[..Math.Min(text.Length, MaxUrlBytes)].IndexOf((byte)' ');
                if (space < 0)
                {
                    return false;
                }

                url = text[..space];
                rest = text[(space + 1)..];
                if (rest.StartsWith("<-> "u8))
                {
                    kind = LineKind.Connected;
                    rest = rest[4..];
                }
                else if (rest.StartsWith("<- "u8) || rest.StartsWith("-> "u8))
                {
                    kind = rest[0] == (byte)'<' ? LineKind.Sent : LineKind.Answered;
                    rest = rest[3..];
                }
                else
                {
                    return false;
                }
            }

            if (!TryTime(ref rest, out var time) || (kind == LineKind.Connected ? !rest.IsEmpty : !rest.StartsWith(": "u8)))
            {
                return false;
            }

            line = new Line { Kind = kind, Url = url, Time = time, Message = kind == LineKind.Connected ? [] : rest[2..] };
            return true;
        }

        /// <summary>Unix seconds with decimals; below the microsecond they are cut.</summary>
        private static bool TryTime(ref ReadOnlySpan<byte> rest, out DateTimeOffset time)
        {
            time = default;
            if (rest.IsEmpty || !char.IsAsciiDigit((char)rest[0]) || !Utf8Parser.TryParse(rest, out long seconds, out var consumed) || seconds > 253_402_300_799)
            {
                return false;
            }

            rest = rest[consumed..];
            long microseconds = 0;
            if (!rest.IsEmpty && rest[0] == (byte)'.')
            {
                rest = rest[1..];
                var digits = 0;
                while (!rest.IsEmpty && char.IsAsciiDigit((char)rest[0]))
                {
                    microseconds = digits < 6 ? (microseconds * 10) + (rest[0] - '0') : microseconds;
                    digits++;
                    rest = rest[1..];
                }

                if (digits is 0 or > 9)
                {
                    return false;
                }

                for (; digits < 6; digits++)
                {
                    microseconds *= 10;
                }
            }

            time = UtcTime.FromUnixMicroseconds((seconds * 1_000_000) + microseconds);
            return time >= QuoteValidation.MinTime && time < QuoteValidation.MaxTime;
        }
    }
}

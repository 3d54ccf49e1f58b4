using System.Buffers.Text;
using System.Text.Json;
using Pms.MarketData.Events;
using Pms.MarketData.Readers.Csv;
using Pms.Primitives;

namespace Pms.MarketData.Readers.Recordings;

/// <summary>Reads session files (docs/connectors.md, "Session files"). A file that was cut is read up to the cut, which is then reported.</summary>
internal sealed class SessionReader : IMarketReader
{
    public string Format => SessionFormat.Name;

    public bool Matches(ReadOnlySpan<byte> head)
    {
        var end = head.IndexOf((byte)'\n');
        return SessionHeader.TryParse(end < 0 ? head : head[..end], out _, out _);
    }

    public IEnumerable<MarketEvent> Read(Stream stream, ReadLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        var session = SessionMessages.Open(stream, limits);
        var source = $"{session.Header.Source}.session";
        var decoder = MessageDecoders.ForVenue(session.Header.Source, source, limits)
            ?? throw new MarketFormatException("venue-unsupported", $"messages of '{session.Header.Source}' are not read");
        var events = new List<MarketEvent>();
        while (session.MoveNext())
        {
            events.Clear();
            if (session.Refusal is { } refusal)
            {
                events.Add(new RejectedInput(new Provenance(source, null, session.At), session.LineNumber, refusal, CsvTable.Excerpt(session.Message)));
            }
            else if (session.IsSent)
            {
                decoder.ObserveRequest(session.Message);
            }
            else
            {
                decoder.Decode(session.Message, session.At, events);
            }

            foreach (var e in events)
            {
                yield return e is RejectedInput rejected ? rejected with { Position = session.LineNumber } : e;
            }
        }
    }
}

/// <summary>The first line of a session file.</summary>
/// <param name="Source">venue</param>
/// <param name="StartedAt">instant of the beginning</param>
public sealed record SessionHeader(string Source, DateTimeOffset StartedAt)
{
    internal static bool TryParse(ReadOnlySpan<byte> line, out SessionHeader? header, out Refusal? refusal)
    {
        header = null;
        refusal = new Refusal("session-header", "the first line is {\"format\":\"pms-session\",\"version\":1,\"source\":...,\"startedUs\":...}");
        try
        {
            var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = 4 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            string? format = null;
            string? source = null;
            long? version = null;
            long? started = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = JsonText.Escaped(ref reader);
                reader.Read();
                switch (name)
                {
                    case "format" when reader.TokenType == JsonTokenType.String:
                        format = JsonText.Escaped(ref reader);
                        break;
                    case "source" when reader.TokenType == JsonTokenType.String:
                        source = JsonText.Escaped(ref reader);
                        break;
                    case "version" when reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var v):
                        version = v;
                        break;
                    case "startedUs" when reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var us):
                        started = us;
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }

            if (format != SessionFormat.Name || source is null || source.Length > SessionFormat.MaxSourceLength || started is null or < 0 or > UtcTime.MaxUnixMicroseconds)
            {
                return false;
            }

            if (version != SessionFormat.Version)
            {
                refusal = new Refusal("session-version", $"version {version} of {SessionFormat.Name} is not known; {SessionFormat.Version} is");
                return false;
            }

            header = new SessionHeader(source, UtcTime.FromUnixMicroseconds(started.Value));
            refusal = null;
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}

/// <summary>The messages of a session file one after the other, undecoded; a cursor, valid until its next move.</summary>
public sealed class SessionMessages
{
    private readonly Utf8LineReader _lines;
    private readonly ReadLimits _limits;
    private int _start;
    private int _length;
    private bool _ended;
    private bool _finished;

    private SessionMessages(Utf8LineReader lines, ReadLimits limits, SessionHeader header)
    {
        _lines = lines;
        _limits = limits;
        Header = header;
        At = header.StartedAt;
    }

    public SessionHeader Header { get; }

    /// <summary>When the current message was received or sent; of a bad line, the time of the one before.</summary>
    public DateTimeOffset At { get; private set; }

    /// <summary>True for a request that was sent.</summary>
    public bool IsSent { get; private set; }

    /// <summary>Why the current line is no message (<c>session-line</c>, <c>session-truncated</c>, <c>line-too-long</c>); null for a message.</summary>
    public Refusal? Refusal { get; private set; }

    public long LineNumber => _lines.LineNumber;

    /// <summary>Received messages so far.</summary>
    public long Count { get; private set; }

    /// <summary>The JSON as it was received; of a bad line, the line.</summary>
    public ReadOnlySpan<byte> Message => _lines.Current.Slice(_start, _length);

    /// <param name="stream">decompressed bytes</param>
    /// <param name="limits">bounds</param>
    /// <exception cref="MarketFormatException"><c>session-header</c> or <c>session-version</c></exception>
    public static SessionMessages Open(Stream stream, ReadLimits limits)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(limits);
        var lines = new Utf8LineReader(stream, limits.MaxLineBytes);
        Refusal? refusal = null;
        if (lines.MoveNext() && SessionHeader.TryParse(lines.Current, out var header, out refusal))
        {
            return new SessionMessages(lines, limits, header!);
        }

        refusal ??= new Refusal("session-header", "the file is empty");
        throw new MarketFormatException(refusal.Code, refusal.Message);
    }

    /// <returns>false at the end</returns>
    public bool MoveNext()
    {
        Refusal = null;
        IsSent = false;
        while (!_finished)
        {
            bool moved;
            try
            {
                moved = _lines.MoveNext();
            }
            catch (MarketFormatException e) when (e.Code == "gzip-corrupt")
            {
                moved = false;
            }
            catch (InvalidDataException)
            {
                moved = false;
            }

            if (!moved)
            {
                _finished = true;
                return !_ended && Reject("session-truncated", $"the file ends after {Count} messages without saying so: it was cut");
            }

            if (_lines.LineNumber > _limits.MaxRows)
            {
                throw new MarketFormatException("too-many-rows", $"the session has more than {_limits.MaxRows} lines");
            }

            (_start, _length) = (0, _lines.Current.Length);
            if (_lines.IsTooLong)
            {
                return Reject("line-too-long", $"a line has at most {_limits.MaxLineBytes} bytes");
            }

            if (_lines.Current.IsEmpty)
            {
                continue;
            }

            if (_lines.Current.StartsWith(SessionFormat.EndPrefix))
            {
                _ended = true;
                continue;
            }

            if (_lines.Current.StartsWith("{\"format\""u8) && SessionHeader.TryParse(_lines.Current, out var header, out _) && header!.Source == Header.Source)
            {
                // A session that was taken up again in the same file.
                _ended = false;
                continue;
            }

            return TryMessage() || Reject("session-line", "a line is {\"receivedUs\":N,\"message\":JSON} or {\"sentUs\":N,\"message\":JSON}");
        }

        return false;
    }

    private bool TryMessage()
    {
        var line = _lines.Current;
        var isSent = line.StartsWith(SessionFormat.SentPrefix);
        var prefix = isSent ? SessionFormat.SentPrefix.Length : SessionFormat.ReceivedPrefix.Length;
        if ((!isSent && !line.StartsWith(SessionFormat.ReceivedPrefix))
            || !Utf8Parser.TryParse(line[prefix..], out long microseconds, out var digits)
            || microseconds is < 0 or > UtcTime.MaxUnixMicroseconds
            || !line[(prefix + digits)..].StartsWith(SessionFormat.MessageInfix)
            || line[^1] != (byte)'}')
        {
            return false;
        }

        var at = UtcTime.FromUnixMicroseconds(microseconds);
        if (at < QuoteValidation.MinTime || at >= QuoteValidation.MaxTime)
        {
            return false;
        }

        At = at;
        IsSent = isSent;
        Count += isSent ? 0 : 1;
        _start = prefix + digits + SessionFormat.MessageInfix.Length;
        _length = line.Length - 1 - _start;
        return true;
    }

    private bool Reject(string code, string message)
    {
        Refusal = new Refusal(code, message);
        return true;
    }
}

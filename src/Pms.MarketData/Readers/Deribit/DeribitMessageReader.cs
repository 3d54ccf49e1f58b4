using Pms.MarketData.Events;
using Pms.MarketData.Readers.Csv;
using Pms.Primitives;

namespace Pms.MarketData.Readers.Deribit;

/// <summary>Deribit's JSON-RPC messages in a file as they are: one a line, or written over many lines, one after the other.</summary>
/// <remarks>Such a file keeps no receive times; the venue's stamps stand in for them.</remarks>
internal sealed class DeribitMessageReader : IMarketReader
{
    public string Format => "deribit.json-rpc";

    public bool Matches(ReadOnlySpan<byte> head)
    {
        var text = head.TrimStart(" \r\n\t"u8);
        return text.StartsWith("{"u8) && text.IndexOf("\"jsonrpc\""u8) >= 0;
    }

    public IEnumerable<MarketEvent> Read(Stream stream, ReadLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        var lines = new Utf8LineReader(stream, limits.MaxLineBytes);
        var decoder = new DeribitMessageDecoder(Format, limits);
        var message = new List<byte>();
        var scan = default(Nesting);
        var events = new List<MarketEvent>();
        while (lines.MoveNext())
        {
            if (lines.LineNumber > limits.MaxRows)
            {
                throw new MarketFormatException("too-many-rows", $"the file has more than {limits.MaxRows} lines");
            }

            events.Clear();
            if (lines.IsTooLong || message.Count + lines.Current.Length > limits.MaxLineBytes)
            {
                var refusal = new Refusal("message-too-long", $"a message has at most {limits.MaxLineBytes} bytes");
                events.Add(new RejectedInput(new Provenance(Format, null, DateTimeOffset.UnixEpoch), lines.LineNumber, refusal, CsvTable.Excerpt(lines.Current)));
                message.Clear();
                scan = default;
            }
            else
            {
                Take(lines.Current, message, ref scan, decoder, events);
            }

            foreach (var e in events)
            {
                yield return e;
            }
        }

        if (message.Count > 0)
        {
            decoder.Decode(message.ToArray(), null, events = []);
            foreach (var e in events)
            {
                yield return e;
            }
        }
    }

    private static void Take(ReadOnlySpan<byte> line, List<byte> message, ref Nesting scan, DeribitMessageDecoder decoder, List<MarketEvent> events)
    {
        if (message.Count == 0 && line.TrimStart(" \t"u8).IsEmpty)
        {
            return;
        }

        foreach (var b in line)
        {
            scan.Next(b);
        }

        if (scan.IsClosed && message.Count == 0)
        {
            decoder.Decode(line, null, events);
            scan = default;
            return;
        }

        message.AddRange(line);
        message.Add((byte)'\n');
        if (scan.IsClosed)
        {
            decoder.Decode(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(message), null, events);
            message.Clear();
            scan = default;
        }
    }

    /// <summary>How deep in objects and lists a text stands, so far; texts in quotes do not count.</summary>
    private struct Nesting
    {
        private int _depth;
        private bool _inText;
        private bool _escaped;

        public readonly bool IsClosed => _depth <= 0 && !_inText;

        public void Next(byte b)
        {
            if (_inText)
            {
                _inText = _escaped || b != (byte)'"';
                _escaped = !_escaped && b == (byte)'\\';
                return;
            }

            _inText = b == (byte)'"';
            _depth += b is (byte)'{' or (byte)'[' ? 1 : b is (byte)'}' or (byte)']' ? -1 : 0;
        }
    }
}

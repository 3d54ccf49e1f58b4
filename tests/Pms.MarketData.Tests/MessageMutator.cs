using System.Text;
using Pms.Numerics;

namespace Pms.MarketData.Tests;

/// <summary>Damages valid messages: by byte (flip, cut, copy, swap) and by structure (other numbers, other words, nulls, lost and doubled parts).</summary>
internal sealed class MessageMutator(ulong seed)
{
    private static readonly string[] Values =
    [
        "0", "-0", "-1", "1e999", "-1e999", "1e-999", "1e308", "9007199254740993", "9223372036854775808", "-9223372036854775809", "0.1", "1E5", "null", "true",
        "false", "\"\"", "\"0\"", "\"NaN\"", "\"BTC-PERPETUAL\"", "\"\\ud800\"", "\"\\u0000\"", "[]", "{}", "[[]]", "[[\"new\",1,2]]", "[[1,2],[1,2]]", "[null]",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "NaN", "Infinity", "-", "01", "1.", "\"\xff\"", "1700000000000",
    ];

    private readonly RandomStream _stream = new(seed);
    private ulong _counter;

    public int Next(int below) => (int)(_stream.Bits(_counter++) % (ulong)below);

    public byte[] Mutate(IReadOnlyList<string> seeds)
    {
        var bytes = Encoding.UTF8.GetBytes(seeds[Next(seeds.Count)]);
        for (var round = 1 + Next(3); round > 0; round--)
        {
            bytes = Next(6) == 0 ? MutateBytes(bytes) : MutateStructure(bytes, seeds);
        }

        return bytes;
    }

    private byte[] MutateBytes(byte[] bytes)
    {
        if (bytes.Length == 0)
        {
            return [(byte)Next(256)];
        }

        var at = Next(bytes.Length);
        switch (Next(6))
        {
            case 0:
                var flipped = (byte[])bytes.Clone();
                flipped[at] ^= (byte)(1 << Next(8));
                return flipped;
            case 1:
                var replaced = (byte[])bytes.Clone();
                replaced[at] = (byte)Next(256);
                return replaced;
            case 2:
                return bytes[..at];
            case 3:
                var end = at + Next(bytes.Length - at);
                return [.. bytes[..at], .. bytes[end..]];
            case 4:
                var stop = at + Next(Math.Min(64, bytes.Length - at));
                return [.. bytes[..stop], .. bytes[at..]];
            default:
                return [.. bytes[..at], (byte)Next(256), .. bytes[at..]];
        }
    }

    private byte[] MutateStructure(byte[] bytes, IReadOnlyList<string> seeds)
    {
        var places = ValueSpans(bytes);
        if (places.Count == 0)
        {
            return bytes;
        }

        var (start, end) = places[Next(places.Count)];
        switch (Next(6))
        {
            case 0:
                return Splice(bytes, start, end, Encoding.Latin1.GetBytes(Values[Next(Values.Length)]));
            case 1:
                var other = Encoding.UTF8.GetBytes(seeds[Next(seeds.Count)]);
                var others = ValueSpans(other);
                var (from, to) = others.Count == 0 ? (0, other.Length) : others[Next(others.Count)];
                return Splice(bytes, start, end, other[from..to]);
            case 2:
                // Twice: an element of a list again, or a second value without a name.
                return [.. bytes[..end], (byte)',', .. bytes[start..end], .. bytes[end..]];
            case 3:
                // Another digit.
                var digits = Enumerable.Range(start, end - start).Where(i => bytes[i] is >= (byte)'0' and <= (byte)'9').ToArray();
                var changed = (byte[])bytes.Clone();
                if (digits.Length > 0)
                {
                    changed[digits[Next(digits.Length)]] = (byte)('0' + Next(10));
                }

                return changed;
            case 4:
                // Another name: the letter before the quote and colon that precede the value.
                var renamed = (byte[])bytes.Clone();
                if (start > 3 && bytes[start - 1] == (byte)':' && bytes[start - 2] == (byte)'"')
                {
                    renamed[start - 3] = (byte)('a' + Next(26));
                }

                return renamed;
            default:
                // Without this one: the name too, and one comma.
                var cut = start;
                if (cut > 3 && bytes[cut - 1] == (byte)':')
                {
                    cut = Math.Max(0, Array.LastIndexOf(bytes, (byte)'"', cut - 3));
                }

                var stop = end < bytes.Length && bytes[end] == (byte)',' ? end + 1 : end;
                cut = stop == end && cut > 0 && bytes[cut - 1] == (byte)',' ? cut - 1 : cut;
                return Splice(bytes, cut, stop, []);
        }
    }

    private static byte[] Splice(byte[] bytes, int start, int end, byte[] with) => [.. bytes[..start], .. with, .. bytes[end..]];

    /// <summary>Where the values of a JSON text begin and end; a rough parser that also bears damaged texts.</summary>
    private static List<(int Start, int End)> ValueSpans(byte[] bytes)
    {
        var spans = new List<(int, int)>();
        var open = new Stack<int>();
        for (var i = 0; i < bytes.Length; i++)
        {
            switch (bytes[i])
            {
                case (byte)'{' or (byte)'[':
                    open.Push(i);
                    break;
                case (byte)'}' or (byte)']':
                    if (open.TryPop(out var from))
                    {
                        spans.Add((from, i + 1));
                    }

                    break;
                case (byte)'"':
                    var close = Array.IndexOf(bytes, (byte)'"', i + 1);
                    if (close < 0)
                    {
                        return spans;
                    }

                    if (close + 1 >= bytes.Length || bytes[close + 1] != (byte)':')
                    {
                        spans.Add((i, close + 1));
                    }

                    i = close;
                    break;
                case (byte)'-' or (>= (byte)'0' and <= (byte)'9') or (byte)'t' or (byte)'f' or (byte)'n':
                    var end = i;
                    while (end < bytes.Length && bytes[end] is not ((byte)',' or (byte)'}' or (byte)']' or (byte)'\n'))
                    {
                        end++;
                    }

                    spans.Add((i, end));
                    i = end - 1;
                    break;
            }
        }

        return spans;
    }
}

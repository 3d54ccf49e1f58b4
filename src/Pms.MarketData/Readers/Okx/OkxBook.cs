using Pms.MarketData.Snapshots;
using Pms.Primitives;

namespace Pms.MarketData.Readers.Okx;

/// <summary>A book as OKX writes it: the texts of prices and sizes are kept, because its checksum is taken over them.</summary>
internal sealed class OkxBook
{
    private const int ChecksumLevels = 25;

    private readonly SortedDictionary<double, OkxLevel> _bids = new(Comparer<double>.Create(static (x, y) => y.CompareTo(x)));
    private readonly SortedDictionary<double, OkxLevel> _asks = [];
    private readonly List<byte> _text = [];

    /// <summary>Number of the last image or change, counted here; the venue's own numbers come and go with the API version.</summary>
    public long ChangeId { get; set; }

    public long PreviousChangeId { get; set; }

    /// <summary>The venue's seqId of the last message; null where it gives none.</summary>
    public long? SequenceId { get; set; }

    public void Clear()
    {
        _bids.Clear();
        _asks.Clear();
    }

    /// <returns>null, or <c>book-too-deep</c></returns>
    public Refusal? Apply(List<OkxLevel> bids, List<OkxLevel> asks)
    {
        Apply(_bids, bids);
        Apply(_asks, asks);
        return _bids.Count > OrderBook.MaxLevelsPerSide || _asks.Count > OrderBook.MaxLevelsPerSide
            ? new Refusal("book-too-deep", $"a book has more than {OrderBook.MaxLevelsPerSide} levels on one side")
            : null;
    }

    /// <summary>CRC-32 of "bid:size:ask:size:..." over the best 25 levels, bids and asks in turn, as a signed number.</summary>
    public int Checksum()
    {
        _text.Clear();
        using var bids = _bids.Values.GetEnumerator();
        using var asks = _asks.Values.GetEnumerator();
        for (var i = 0; i < ChecksumLevels; i++)
        {
            Append(bids.MoveNext() ? bids.Current : null);
            Append(asks.MoveNext() ? asks.Current : null);
        }

        return (int)Crc32.Compute(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_text));
    }

    private static void Apply(SortedDictionary<double, OkxLevel> side, List<OkxLevel> levels)
    {
        foreach (var level in levels)
        {
            if (level.Size == 0)
            {
                side.Remove(level.Price);
            }
            else
            {
                side[level.Price] = level;
            }
        }
    }

    private void Append(OkxLevel? level)
    {
        if (level is { } l)
        {
            if (_text.Count > 0)
            {
                _text.Add((byte)':');
            }

            _text.AddRange(l.PriceText);
            _text.Add((byte)':');
            _text.AddRange(l.SizeText);
        }
    }
}

/// <summary>One level: numbers in the venue's unit, and the texts they stood in.</summary>
internal readonly record struct OkxLevel(double Price, double Size, byte[] PriceText, byte[] SizeText);

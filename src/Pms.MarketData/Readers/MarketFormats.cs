using System.Text;
using Pms.MarketData.Readers.Boards;
using Pms.MarketData.Readers.Deribit;
using Pms.MarketData.Readers.Recordings;

namespace Pms.MarketData.Readers;

/// <summary>Every format that can be read, in the order in which they are tried (docs/formats.md).</summary>
public static class MarketFormats
{
    /// <summary>How many bytes of a file are looked at to find its format.</summary>
    public const int HeadBytes = 64 * 1024;

    public static IReadOnlyList<IMarketReader> All { get; } =
    [
        // Recordings first: they may hold any message of a venue, also one that looks like a board.
        new SessionReader(),
        new RawRecordingReader(),
        new PmsBoardReader(),
        new ChainCsvReader(),
        new CollectorCsvReader(),
        new OptionsDxReader(),
        new TardisOptionsChainReader(),
        new TardisBookReader(),
        new BookSummaryCsvReader(),
        new BookSummaryJsonReader(),
        new RecordedBoardReader(),
        new QuantflowReader(),
        new DeribitMessageReader(),
    ];

    /// <param name="head">first bytes of the decompressed file, at most <see cref="HeadBytes"/></param>
    /// <exception cref="MarketFormatException"><c>format-unknown</c> with the beginning of the file and the formats known</exception>
    public static IMarketReader Detect(ReadOnlySpan<byte> head)
    {
        if (head.IsEmpty)
        {
            throw new MarketFormatException("format-empty", "the file is empty");
        }

        foreach (var reader in All)
        {
            if (reader.Matches(head))
            {
                return reader;
            }
        }

        var end = head.IndexOf((byte)'\n');
        var line = Csv.CsvTable.Excerpt(end < 0 ? head : head[..end]);
        var known = new StringBuilder().AppendJoin(", ", All.Select(r => r.Format));
        throw new MarketFormatException("format-unknown", $"a file that begins with '{line}' is of no known format; known are: {known}");
    }
}

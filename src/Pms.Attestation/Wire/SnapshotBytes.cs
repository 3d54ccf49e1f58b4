using System.IO.Compression;
using Pms.MarketData.Readers;
using Pms.MarketData.Readers.Boards;
using Pms.MarketData.Snapshots;
using Pms.Primitives;

namespace Pms.Attestation.Wire;

/// <summary>A snapshot as attesters are sent it: the project's board CSV in gzip, which keeps the snapshot's hash.</summary>
public static class SnapshotBytes
{
    /// <summary>Most lines of a board that came from outside, each an instrument or an index; the decompressed size is bounded by it and <see cref="MostLineBytes"/>.</summary>
    public const int MostLines = 20_000;

    /// <summary>Longest line.</summary>
    public const int MostLineBytes = 64 * 1024;

    private static readonly ReadLimits Limits = new(MaxLineBytes: MostLineBytes, MaxRows: MostLines);

    /// <exception cref="InvalidInputException"><c>board-instrument</c>, <c>board-text</c>: the format cannot hold it</exception>
    public static byte[] Write(MarketSnapshot snapshot)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest))
        using (var text = new StreamWriter(gzip))
        {
            new BoardCsvWriter(text).Write(snapshot);
        }

        return bytes.ToArray();
    }

    /// <exception cref="InvalidInputException"><c>snapshot-bytes</c>: not one whole board, or a row of it was refused</exception>
    public static MarketSnapshot Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var file = MarketFile.Open(new MemoryStream(bytes.ToArray()), "board", Limits);
            var snapshot = file.ReadSnapshot(null);
            return file.Report.Rejected == 0 && file.Report.NotApplied.Count == 0
                ? snapshot
                : throw new InvalidInputException("snapshot-bytes", $"{file.Report.Rejected} rows of the board were refused");
        }
        catch (MarketFormatException e)
        {
            throw new InvalidInputException("snapshot-bytes", $"the board cannot be read: {e.Message} [{e.Code}]", e);
        }
    }
}

using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.MarketData.Readers;

/// <summary>Reads one file or stream format into events, row by row, holding no more than one row, message or board.</summary>
public interface IMarketReader
{
    /// <summary>Short stable name of the format, as in <c>deribit.chain-csv</c>; it is the source in every provenance.</summary>
    string Format { get; }

    /// <summary>Whether the first bytes (after decompression, at most 64 KiB) are of this format.</summary>
    bool Matches(ReadOnlySpan<byte> head);

    /// <summary>Events in file order. A bad row becomes a <see cref="RejectedInput"/>; only a broken container throws.</summary>
    /// <param name="stream">decompressed bytes; read forward only, not closed</param>
    /// <param name="limits">bounds</param>
    /// <exception cref="MarketFormatException">the file as a whole cannot be read: wrong header, truncated compression, a bound exceeded</exception>
    IEnumerable<MarketEvent> Read(Stream stream, ReadLimits limits);
}

/// <summary>Bounds on what a reader takes from outside.</summary>
/// <param name="MaxLineBytes">longest line or message</param>
/// <param name="MaxRows">most rows or messages of one file</param>
/// <param name="MaxJsonDepth">deepest nesting of a JSON message</param>
/// <param name="MaxDocumentBytes">largest file that is one JSON document</param>
public sealed record ReadLimits(
    int MaxLineBytes = 4 * 1024 * 1024, long MaxRows = 100_000_000, int MaxJsonDepth = 32, int MaxDocumentBytes = 64 * 1024 * 1024)
{
    public static ReadLimits Default { get; } = new();

    /// <summary>The coin of a file whose format does not name one (the quantflow layout of 2023); null where the caller does not know it.</summary>
    public Asset? Coin { get; init; }
}

/// <summary>A file or stream cannot be read at all.</summary>
public sealed class MarketFormatException(string code, string message, Exception? innerException = null)
    : PmsException(code, message, innerException);

using System.IO.Compression;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Primitives;

namespace Pms.MarketData.Readers;

/// <summary>A file or stream of market data: decompressed, its format found, read once from front to back.</summary>
/// <example>
/// <code>
/// using var file = MarketFile.Open("board.csv.gz");
/// foreach (var snapshot in file.ReadSnapshots()) { ... }
/// Console.Error.WriteLine($"{file.Report.Rejected} rows refused");
/// </code>
/// </example>
public sealed class MarketFile : IDisposable
{
    /// <summary>The path that means standard input.</summary>
    public const string StandardInput = "-";

    private const string StrictGzip = "System.IO.Compression.UseStrictValidation";

    private readonly SourceStream _content;
    private readonly ReadLimits _limits;
    private bool _read;

    private MarketFile(string name, SourceStream content, ReadLimits limits)
    {
        Name = name;
        _content = content;
        Reader = MarketFormats.Detect(content.Peek());
        _limits = limits.Coin is null ? limits with { Coin = CoinInName(name) } : limits;
    }

    /// <summary>Path or name, as given.</summary>
    public string Name { get; }

    /// <summary>Reader of the format that was found.</summary>
    public IMarketReader Reader { get; }

    /// <summary>Short stable name of the format.</summary>
    public string Format => Reader.Format;

    /// <summary>What was read and refused so far.</summary>
    public MarketReadReport Report { get; } = new();

    /// <summary>Opens a file, compressed with gzip or not.</summary>
    /// <param name="path">path, or <c>-</c> for standard input</param>
    /// <param name="limits">bounds; the defaults when null</param>
    /// <exception cref="MarketFormatException">
    /// <c>file-not-found</c>, <c>file-unreadable</c>, <c>gzip-corrupt</c>, <c>format-empty</c> or <c>format-unknown</c>
    /// </exception>
    public static MarketFile Open(string path, ReadLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Open(path == StandardInput ? Console.OpenStandardInput() : OpenFile(path), path, limits);
    }

    /// <summary>Opens a stream, compressed with gzip or not; it is closed with the file.</summary>
    /// <param name="stream">read forward only</param>
    /// <param name="name">name for messages</param>
    /// <param name="limits">bounds; the defaults when null</param>
    /// <exception cref="MarketFormatException">as for a path</exception>
    public static MarketFile Open(Stream stream, string name, ReadLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(name);
        var content = Decompressed(stream, MarketFormats.HeadBytes);
        try
        {
            return new MarketFile(name, content, limits ?? ReadLimits.Default);
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    /// <summary>The stream, decompressed where it is gzip; it is closed with the result.</summary>
    internal static SourceStream Decompressed(Stream stream, int headBytes)
    {
        var raw = new SourceStream(stream, headBytes: 2);
        try
        {
            var head = raw.Peek();
            var compressed = head.Length == 2 && head[0] == 0x1F && head[1] == 0x8B;
            return new SourceStream(compressed ? Decompress(raw) : raw, headBytes);
        }
        catch
        {
            raw.Dispose();
            throw;
        }
    }

    /// <summary>All events in file order, counted in <see cref="Report"/>. A file is read once.</summary>
    /// <exception cref="MarketFormatException">the file breaks off or exceeds a bound</exception>
    public IEnumerable<MarketEvent> ReadEvents()
    {
        if (_read)
        {
            throw new InvalidOperationException($"{Name} was already read: open it again");
        }

        _read = true;
        return Counted();
    }

    /// <summary>Snapshots in file order.</summary>
    /// <param name="plan">which instants of a message stream; at its end when null. A board file gives one snapshot a board.</param>
    public IEnumerable<MarketSnapshot> ReadSnapshots(SnapshotPlan? plan = null)
    {
        return Snapshots(ReadEvents(), (plan ?? SnapshotPlan.AtEnd).Interval);
    }

    /// <summary>One snapshot: the board of an instant or, where there is none, of the latest instant before it. Only that one is sealed.</summary>
    /// <param name="at">null for the newest in the file</param>
    /// <remarks>
    /// In a message stream it is all that was received up to the instant, provided something was. Reading stops as soon as the answer is certain.
    /// </remarks>
    /// <exception cref="InvalidInputException"><c>no-board-at-time</c> with the range in the file, or <c>no-board</c> where it holds none</exception>
    public MarketSnapshot ReadSnapshot(DateTimeOffset? at = null)
    {
        var best = new MarketState();
        var next = new MarketState();
        DateTimeOffset? bestAt = null;
        DateTimeOffset? first = null;
        DateTimeOffset? last = null;
        var mode = ScanMode.Messages;
        foreach (var marketEvent in ReadEvents())
        {
            switch (marketEvent)
            {
                case BoardStart start:
                    first = Min(first, start.At);
                    last = Max(last, start.At);
                    var wanted = (at is null || start.At <= at) && (bestAt is null || start.At >= bestAt);
                    mode = wanted ? ScanMode.InWantedBoard : ScanMode.InOtherBoard;
                    if (wanted)
                    {
                        Apply(next, start);
                    }

                    break;
                case BoardEnd end when mode == ScanMode.InWantedBoard:
                    Apply(next, end);
                    (best, next) = (next, best);
                    bestAt = end.At;
                    mode = ScanMode.AfterWantedBoard;
                    if (end.At == at)
                    {
                        return best.Seal(end.At);
                    }

                    break;
                case BoardEnd:
                    mode = ScanMode.AfterOtherBoard;
                    break;
                case RejectedInput:
                    break;
                case var _ when mode == ScanMode.InWantedBoard:
                    Apply(next, marketEvent);
                    break;
                case var message when mode is ScanMode.Messages or ScanMode.AfterWantedBoard:
                    var received = message.Provenance.ReceivedAt;
                    first = Min(first, received);
                    last = Max(last, received);
                    if (received > at)
                    {
                        // Receive times may step back a little between connections, but a stream is not sorted anew for them.
                        return bestAt is not null ? best.Seal(at.Value) : throw NoneAt(at.Value, first, last, more: true);
                    }

                    Apply(best, message);
                    bestAt = at ?? best.LatestTime;
                    break;
            }
        }

        return bestAt is { } found
            ? best.Seal(found)
            : throw (at is null || first is null
                ? new InvalidInputException("no-board", $"{Name} ({Format}) holds no board: {Report.Rejected} of its rows were refused")
                : NoneAt(at.Value, first, last, more: false));
    }

    public void Dispose() => _content.Dispose();

    /// <summary>All events of a file, which is closed at the end.</summary>
    public static IEnumerable<MarketEvent> ReadEvents(string path, ReadLimits? limits = null)
    {
        using var file = Open(path, limits);
        foreach (var marketEvent in file.ReadEvents())
        {
            yield return marketEvent;
        }
    }

    /// <summary>All snapshots of a file, which is closed at the end.</summary>
    public static IEnumerable<MarketSnapshot> ReadSnapshots(string path, SnapshotPlan? plan = null, ReadLimits? limits = null)
    {
        using var file = Open(path, limits);
        foreach (var snapshot in file.ReadSnapshots(plan))
        {
            yield return snapshot;
        }
    }

    // Without strict validation the framework reads a gzip file that was cut off as a shorter file (it does check the checksum of a whole one). The switch
    // can only be set by the host, so a host that forgot it learns so here instead of trading on half a board.
    private static GZipStream Decompress(Stream compressed)
    {
        return AppContext.TryGetSwitch(StrictGzip, out var strict) && strict
            ? new GZipStream(compressed, CompressionMode.Decompress)
            : throw new InvalidOperationException($"set {StrictGzip} to true in the host's runtime configuration, or cut-off gzip files read as whole ones");
    }

    internal static FileStream OpenFile(string path)
    {
        if (path.Length == 0)
        {
            throw new MarketFormatException("file-not-found", "the path is empty: a file, or - for standard input, is expected");
        }

        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new MarketFormatException("file-not-found", $"there is no file '{path}'", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new MarketFormatException("file-unreadable", $"'{path}' cannot be opened: {e.Message}", e);
        }
    }

    private static Asset? CoinInName(string name)
    {
        foreach (var word in Path.GetFileName(name).Split('_', '-', '.', ' '))
        {
            if (word.ToUpperInvariant() is "BTC" or "ETH" or "SOL" or "XRP")
            {
                return new Asset(word.ToUpperInvariant());
            }
        }

        return null;
    }

    private static DateTimeOffset Min(DateTimeOffset? x, DateTimeOffset y) => x < y ? x.Value : y;

    private static DateTimeOffset Max(DateTimeOffset? x, DateTimeOffset y) => x > y ? x.Value : y;

    private IEnumerable<MarketEvent> Counted()
    {
        foreach (var marketEvent in Reader.Read(_content, _limits))
        {
            Report.Add(marketEvent);
            yield return marketEvent;
        }
    }

    private IEnumerable<MarketSnapshot> Snapshots(IEnumerable<MarketEvent> events, TimeSpan? interval)
    {
        var state = new MarketState();
        var unsealed = false;
        var inBoard = false;
        DateTimeOffset? newest = null;
        foreach (var marketEvent in events)
        {
            if (marketEvent is RejectedInput)
            {
                continue;
            }

            if (!inBoard && marketEvent is not BoardStart and not BoardEnd)
            {
                var received = marketEvent.Provenance.ReceivedAt;
                if (interval is { } step && unsealed && newest is { } before)
                {
                    // The first boundary at or after the newest message: all that was received up to it is in the state.
                    var boundary = new DateTimeOffset((before.UtcTicks + step.Ticks - 1) / step.Ticks * step.Ticks, TimeSpan.Zero);
                    if (boundary < received)
                    {
                        yield return state.Seal(boundary);
                        unsealed = false;
                    }
                }

                newest = Max(newest, received);
                unsealed = true;
            }

            Apply(state, marketEvent);
            if (marketEvent is BoardStart)
            {
                inBoard = true;
                unsealed = false;
            }
            else if (marketEvent is BoardEnd end)
            {
                inBoard = false;
                yield return state.Seal(end.At);
            }
        }

        if (unsealed && state.LatestTime is { } latest)
        {
            yield return state.Seal(latest);
        }
    }

    private void Apply(MarketState state, MarketEvent marketEvent)
    {
        if (state.Apply(marketEvent) is { } refusal)
        {
            Report.AddNotApplied(refusal, marketEvent);
        }
    }

    private InvalidInputException NoneAt(DateTimeOffset at, DateTimeOffset? first, DateTimeOffset? last, bool more)
    {
        return new InvalidInputException(
            "no-board-at-time",
            $"{Name} holds nothing at or before {at.ToIso()}: it begins at {first!.Value.ToIso()} and {(more ? "goes on from there" : $"ends at {last!.Value.ToIso()}")}");
    }

    private enum ScanMode
    {
        Messages,
        InWantedBoard,
        InOtherBoard,
        AfterWantedBoard,
        AfterOtherBoard,
    }
}

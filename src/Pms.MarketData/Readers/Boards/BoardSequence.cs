using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.MarketData.Readers.Boards;

/// <summary>Cuts a file of rows into boards by their time and refuses rows that would be merged or overwritten in silence.</summary>
internal sealed class BoardSequence(string source)
{
    private readonly HashSet<DateTimeOffset> _closed = [];
    private readonly HashSet<Instrument> _seen = [];
    private readonly HashSet<UnderlyingId> _indexed = [];

    /// <summary>Instant of the open board; null before the first.</summary>
    public DateTimeOffset? Current { get; private set; }

    /// <returns>null when a row of this time and instrument may come next</returns>
    public Refusal? Check(DateTimeOffset at, Instrument instrument)
    {
        if (at != Current)
        {
            return CheckTime(at);
        }

        return _seen.Contains(instrument) ? new Refusal("duplicate-row", $"{instrument.Name} already has a row in the board of {at.ToIso()}") : null;
    }

    /// <returns>null when a row of this time may come next</returns>
    public Refusal? CheckTime(DateTimeOffset at)
    {
        return at != Current && _closed.Contains(at)
            ? new Refusal("board-reopened", $"the board of {at.ToIso()} was already complete: rows of one board stand together")
            : null;
    }

    /// <summary>Whether a row of this time begins a new board.</summary>
    public bool Begins(DateTimeOffset at) => at != Current;

    /// <summary>Ends the open board, if there is one.</summary>
    public BoardEnd? End()
    {
        if (Current is not { } at)
        {
            return null;
        }

        _closed.Add(at);
        _seen.Clear();
        _indexed.Clear();
        Current = null;
        return new BoardEnd(new Provenance(source, null, at), at);
    }

    /// <param name="at">instant</param>
    /// <param name="boardSource">source of the board as a whole, where it is not the file's format</param>
    public BoardStart Start(DateTimeOffset at, string? boardSource = null)
    {
        Current = at;
        return new BoardStart(new Provenance(boardSource ?? source, null, at), at);
    }

    public void Add(Instrument instrument) => _seen.Add(instrument);

    /// <summary>True for the first row of a family in a board: its index is the board's.</summary>
    public bool IsFirstOf(UnderlyingId family) => _indexed.Add(family);
}

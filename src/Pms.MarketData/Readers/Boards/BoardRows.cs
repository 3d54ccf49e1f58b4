using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers.Csv;

namespace Pms.MarketData.Readers.Boards;

/// <summary>One row of a board file in the project's units.</summary>
/// <param name="At">the board's instant</param>
/// <param name="Instrument">null only when the row was refused</param>
internal readonly record struct BoardRow(DateTimeOffset At, Instrument? Instrument)
{
    public QuoteGroups Groups { get; init; }

    public QuoteValues Values { get; init; }

    /// <summary>The venue's own stamp of the quote, where the file has one.</summary>
    public DateTimeOffset? ExchangeTime { get; init; }

    /// <summary>Spot index in quote currency, where the row has one.</summary>
    public double? Index { get; init; }
}

/// <summary>Turns rows into boards: every row of the file becomes exactly one quote or one rejection.</summary>
internal static class BoardRows
{
    /// <param name="table">positioned before its first row</param>
    /// <param name="source">source of the quotes</param>
    /// <param name="indexSource">source of the index, which may describe another moment than the quotes</param>
    /// <param name="read">reads the table's current row; it refuses through the table</param>
    public static IEnumerable<MarketEvent> Read(CsvTable table, string source, string indexSource, Func<BoardRow> read)
    {
        var boards = new BoardSequence(source);
        while (table.NextRow())
        {
            var row = default(BoardRow);
            if (table.Refusal is null)
            {
                row = read();
            }

            if (table.Refusal is null)
            {
                var values = row.Values;
                table.Refuse(
                    QuoteValidation.Check(row.Instrument!, values)
                    ?? QuoteValidation.Price("index price", row.Index)
                    ?? boards.Check(row.At, row.Instrument!));
            }

            if (table.Refusal is not null)
            {
                yield return table.Reject(source, boards.Current);
                continue;
            }

            if (boards.Begins(row.At))
            {
                if (boards.End() is { } end)
                {
                    yield return end;
                }

                yield return boards.Start(row.At);
            }

            var instrument = row.Instrument!;
            boards.Add(instrument);
            if (row.Index is { } index && boards.IsFirstOf(instrument.Underlying))
            {
                yield return new IndexUpdate(
                    new Provenance(indexSource, null, row.At), instrument.Underlying.Base, instrument.Underlying.Quote, index);
            }

            yield return new QuoteUpdate(new Provenance(source, row.ExchangeTime, row.At), instrument, row.Groups, row.Values);
        }

        if (boards.End() is { } last)
        {
            yield return last;
        }
    }
}

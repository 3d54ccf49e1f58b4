using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Primitives;

namespace Pms.MarketData.Readers.Boards;

/// <summary>One entry of a book summary in the project's units.</summary>
/// <param name="Instrument">null only when the entry was refused</param>
/// <param name="Time">creation_timestamp</param>
internal readonly record struct BookSummaryRow(Instrument? Instrument, DateTimeOffset Time)
{
    public QuoteValues Values { get; init; }

    public double? EstimatedDeliveryPrice { get; init; }
}

/// <summary>Gathers the entries of one reply into a board, whose instant is the newest stamp in it.</summary>
/// <remarks>
/// The stamps of one reply differ by milliseconds, so the instant is known only at the end and the board is held until then.
/// estimated_delivery_price is the index, except in the last half hour before an expiry, where it is the average that the contract will settle at; the
/// index is therefore taken from the first entry that does not expire so soon.
/// </remarks>
internal sealed class BookSummaryBoard(string source)
{
    private static readonly TimeSpan SettlementAverage = TimeSpan.FromMinutes(30);

    private readonly List<(BookSummaryRow Row, RejectedInput? Rejection)> _entries = [];
    private readonly HashSet<Instrument> _seen = [];
    private readonly HashSet<UnderlyingId> _indexed = [];

    /// <returns>null when taken</returns>
    /// <exception cref="MarketFormatException">the board has more entries than a state holds instruments</exception>
    public Refusal? Add(in BookSummaryRow row)
    {
        var values = row.Values;
        var refusal = QuoteValidation.Check(row.Instrument!, values)
            ?? QuoteValidation.Price("estimated delivery price", row.EstimatedDeliveryPrice)
            ?? QuoteValidation.Time("creation_timestamp", row.Time)
            ?? (_seen.Add(row.Instrument!) ? null : new Refusal("duplicate-row", $"{row.Instrument} already has an entry in this board"));
        if (refusal is null)
        {
            AddEntry(row, null);
        }

        return refusal;
    }

    public void Add(RejectedInput rejection) => AddEntry(default, rejection);

    /// <summary>The whole board; a board without one good entry is only its rejections.</summary>
    public IEnumerable<MarketEvent> Complete()
    {
        var good = _entries.Where(e => e.Rejection is null).Select(e => e.Row).ToArray();
        var at = good.Length == 0 ? default : good.Max(r => r.Time);
        if (good.Length > 0)
        {
            yield return new BoardStart(new Provenance(source, null, at), at);
        }

        foreach (var (row, rejection) in _entries)
        {
            if (rejection is not null)
            {
                yield return rejection;
                continue;
            }

            var instrument = row.Instrument!;
            var provenance = new Provenance(source, row.Time, at);
            if (row.EstimatedDeliveryPrice is { } index && !ExpiresSoon(instrument, row.Time) && _indexed.Add(instrument.Underlying))
            {
                yield return new IndexUpdate(provenance, instrument.Underlying.Base, instrument.Underlying.Quote, index);
            }

            yield return new QuoteUpdate(
                provenance,
                instrument,
                QuoteGroups.TopOfBook | QuoteGroups.Mark | QuoteGroups.Forward | QuoteGroups.Statistics
                    | (instrument is Perpetual ? QuoteGroups.Funding : QuoteGroups.None),
                row.Values);
        }

        if (good.Length > 0)
        {
            yield return new BoardEnd(new Provenance(source, null, at), at);
        }
    }

    private static bool ExpiresSoon(Instrument instrument, DateTimeOffset time)
    {
        var expiry = instrument switch
        {
            EuropeanOption o => o.Expiry,
            DatedFuture f => f.Expiry,
            _ => DateTimeOffset.MaxValue,
        };
        return expiry - time <= SettlementAverage;
    }

    private void AddEntry(in BookSummaryRow row, RejectedInput? rejection)
    {
        if (_entries.Count >= MarketState.MaxInstruments)
        {
            throw new MarketFormatException("board-too-large", $"one board has more than {MarketState.MaxInstruments} entries");
        }

        _entries.Add((row, rejection));
    }
}

using System.Collections.Immutable;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers.Csv;
using Pms.MarketData.Snapshots;
using Pms.Primitives;

namespace Pms.MarketData.Readers.Boards;

/// <summary>Tardis.dev incremental_book_L2 CSV: one row a changed level (docs/formats.md, "Tardis incremental_book_L2").</summary>
/// <remarks>
/// Neighbouring rows with one symbol, both times and the snapshot flag equal are one message. A snapshot replaces the book. The format carries no
/// sequence numbers, so messages are numbered here; a refused row makes its message incomplete, which is reported as a gap that lasts until the
/// next snapshot: a book with a hole is not shown as a book. Amounts are in the venue's unit (USD for inverse futures, coin for options).
/// </remarks>
internal sealed class TardisBookReader : IMarketReader
{
    private static readonly string[] Header = ["exchange", "symbol", "timestamp", "local_timestamp", "is_snapshot", "side", "price", "amount"];

    public string Format => "tardis.incremental_book_L2";

    public bool Matches(ReadOnlySpan<byte> head) => CsvTable.HeaderHas(head, Header);

    public IEnumerable<MarketEvent> Read(Stream stream, ReadLimits limits)
    {
        var table = new CsvTable(stream, limits);
        var columns = new Columns(table);
        var messages = new MessageBuilder(Format);
        DateTimeOffset? last = null;
        while (table.NextRow())
        {
            var row = table.Refusal is null ? columns.Read(table) : default;
            if (table.Refusal is null)
            {
                table.Refuse(QuoteValidation.Check(row.Instrument!, row.Level, mayDelete: !row.IsSnapshot));
            }

            if (table.Refusal is { } refusal)
            {
                yield return table.Reject(Format, last);
                // Which message the row belonged to is not certain, so the open one and the row's instrument are both suspect.
                foreach (var lost in messages.Break(row.Instrument, refusal, last ?? DateTimeOffset.UnixEpoch))
                {
                    yield return lost;
                }

                continue;
            }

            last = row.LocalTime;
            if (!messages.Continues(row) && messages.Take() is { } complete)
            {
                yield return complete;
            }

            messages.Add(row);
        }

        if (messages.Take() is { } final)
        {
            yield return final;
        }
    }

    private readonly record struct Row(
        Instrument? Instrument, DateTimeOffset Time, DateTimeOffset LocalTime, bool IsSnapshot, bool IsBid, BookLevel Level);

    private sealed class MessageBuilder(string format)
    {
        private readonly Dictionary<Instrument, long> _changeIds = [];
        private readonly ImmutableArray<BookLevel>.Builder _bids = ImmutableArray.CreateBuilder<BookLevel>();
        private readonly ImmutableArray<BookLevel>.Builder _asks = ImmutableArray.CreateBuilder<BookLevel>();
        private Row _first;

        public bool Continues(in Row row)
        {
            return _first.Instrument == row.Instrument
                && _first.Time == row.Time
                && _first.LocalTime == row.LocalTime
                && _first.IsSnapshot == row.IsSnapshot
                && _bids.Count + _asks.Count < 2 * OrderBook.MaxLevelsPerSide;
        }

        public void Add(in Row row)
        {
            if (_first.Instrument is null)
            {
                _first = row;
            }

            (row.IsBid ? _bids : _asks).Add(row.Level);
        }

        /// <summary>The open message; null where there is none.</summary>
        public MarketEvent? Take()
        {
            if (_first.Instrument is not { } instrument)
            {
                return null;
            }

            if (!_changeIds.ContainsKey(instrument) && _changeIds.Count >= MarketState.MaxInstruments)
            {
                throw new MarketFormatException("too-many-instruments", $"the file names more than {MarketState.MaxInstruments} instruments");
            }

            var previous = _changeIds.GetValueOrDefault(instrument);
            _changeIds[instrument] = previous + 1;
            var provenance = new Provenance(format, _first.Time, _first.LocalTime);
            MarketEvent message = _first.IsSnapshot
                ? new BookImage(provenance, instrument, previous + 1, _bids.DrainToImmutable(), _asks.DrainToImmutable())
                : new BookChange(provenance, instrument, previous + 1, previous, _bids.DrainToImmutable(), _asks.DrainToImmutable());
            _first = default;
            return message;
        }

        /// <summary>Ends the open message and marks its instrument, and the one named, as no longer continuous.</summary>
        public IEnumerable<MarketEvent> Break(Instrument? named, Refusal refusal, DateTimeOffset at)
        {
            var open = _first.Instrument;
            var provenance = new Provenance(format, null, at);
            if (Take() is { } message)
            {
                yield return message;
                yield return new FeedGap(provenance, open, refusal);
            }

            if (named is not null && named != open)
            {
                yield return new FeedGap(provenance, named, refusal);
            }
            else if (named is null && open is null)
            {
                yield return new FeedGap(provenance, null, refusal);
            }
        }
    }

    private sealed class Columns(CsvTable table)
    {
        private readonly int _exchange = table.Require("exchange");
        private readonly int _symbol = table.Require("symbol");
        private readonly int _time = table.Require("timestamp");
        private readonly int _localTime = table.Require("local_timestamp");
        private readonly int _isSnapshot = table.Require("is_snapshot");
        private readonly int _side = table.Require("side");
        private readonly int _price = table.Require("price");
        private readonly int _amount = table.Require("amount");

        public Row Read(CsvTable row)
        {
            if (!row.Field(_exchange).SequenceEqual("deribit"u8))
            {
                row.Refuse(_exchange, "exchange-unsupported", "is not deribit: names and units of other exchanges differ");
                return default;
            }

            return new Row(
                row.Instrument(_symbol),
                row.UnixTime(_time, TimeSpan.TicksPerMicrosecond),
                row.UnixTime(_localTime, TimeSpan.TicksPerMicrosecond),
                Either(row, _isSnapshot, "true"u8, "false"u8),
                Either(row, _side, "bid"u8, "ask"u8),
                new BookLevel(row.RequiredNumber(_price), row.RequiredNumber(_amount)));
        }

        private static bool Either(CsvTable row, int column, ReadOnlySpan<byte> yes, ReadOnlySpan<byte> no)
        {
            var text = row.Field(column);
            if (!text.SequenceEqual(yes) && !text.SequenceEqual(no))
            {
                row.Refuse(column, "text-format", $"is neither {System.Text.Encoding.ASCII.GetString(yes)} nor {System.Text.Encoding.ASCII.GetString(no)}");
            }

            return text.SequenceEqual(yes);
        }
    }
}

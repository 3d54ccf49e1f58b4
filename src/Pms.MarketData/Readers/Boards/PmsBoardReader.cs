using System.Buffers.Text;
using System.Collections.Immutable;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers.Csv;
using Pms.MarketData.Snapshots;
using Pms.Primitives;

namespace Pms.MarketData.Readers.Boards;

/// <summary>The project's own board CSV (docs/formats.md, "pms.board"), as <see cref="BoardCsvWriter"/> writes it or with fewer columns.</summary>
/// <remarks>Units are those of <see cref="QuoteValues"/>: vols are fractions; an empty field is absent and 0 is a number, so a bid of 0 is refused.</remarks>
internal sealed class PmsBoardReader : IMarketReader
{
    public string Format => PmsBoardColumns.Format;

    public bool Matches(ReadOnlySpan<byte> head) =>
        CsvTable.HeaderHas(head, PmsBoardColumns.BoardTime, PmsBoardColumns.Instrument, PmsBoardColumns.Bid, PmsBoardColumns.Ask);

    public IEnumerable<MarketEvent> Read(Stream stream, ReadLimits limits)
    {
        var table = new CsvTable(stream, limits);
        var columns = new Columns(table);
        var boards = new BoardSequence(Format);
        var points = new HashSet<string>(StringComparer.Ordinal);
        string? openBoardSource = null;
        var events = new List<MarketEvent>(3);
        while (table.NextRow())
        {
            events.Clear();
            var at = default(DateTimeOffset);
            string? boardSource = null;
            if (table.Refusal is null)
            {
                at = columns.Time(table);
                boardSource = columns.BoardSource(table);
                columns.Read(table, at, events);
            }

            if (table.Refusal is null)
            {
                table.Refuse(
                    Check(events[^1], at, boards, points)
                    ?? (boards.Begins(at) || boardSource == openBoardSource
                        ? null
                        : new Refusal("board-source", $"board_source '{boardSource}' differs from the '{openBoardSource}' that the board began with")));
            }

            if (table.Refusal is not null)
            {
                yield return table.Reject(Format, boards.Current);
                continue;
            }

            if (boards.Begins(at))
            {
                if (boards.End() is { } end)
                {
                    yield return end;
                }

                points.Clear();
                openBoardSource = boardSource;
                yield return boards.Start(at, boardSource);
            }

            if (events[^1] is QuoteUpdate quote)
            {
                boards.Add(quote.Instrument);
            }
            else
            {
                points.Add(PointName(events[^1]));
            }

            foreach (var marketEvent in events)
            {
                yield return marketEvent;
            }
        }

        if (boards.End() is { } last)
        {
            yield return last;
        }
    }

    private static Refusal? Check(MarketEvent last, DateTimeOffset at, BoardSequence boards, HashSet<string> points)
    {
        if (last is QuoteUpdate quote)
        {
            var values = quote.Values;
            return QuoteValidation.Check(quote.Instrument, values) ?? boards.Check(at, quote.Instrument);
        }

        return boards.CheckTime(at)
            ?? (!boards.Begins(at) && points.Contains(PointName(last)) ? new Refusal("duplicate-row", $"{PointName(last)} already has a row in this board") : null);
    }

    private static string PointName(MarketEvent point) => point switch
    {
        IndexUpdate index => $"index {index.Base}/{index.Quote}",
        VolatilityIndexUpdate vol => $"vol_index {vol.Base}",
        _ => throw new InvalidOperationException($"{point.GetType().Name} is no point"),
    };

    private sealed class Columns
    {
        private readonly Dictionary<string, int> _index = new(StringComparer.Ordinal);

        public Columns(CsvTable table)
        {
            foreach (var name in PmsBoardColumns.All)
            {
                _index.Add(name, table.Find(name));
            }

            table.Require(PmsBoardColumns.BoardTime);
            table.Require(PmsBoardColumns.Instrument);
        }

        public DateTimeOffset Time(CsvTable row) => row.IsoTime(_index[PmsBoardColumns.BoardTime]);

        public string? BoardSource(CsvTable row) => row.Text(_index["board_source"]);

        /// <summary>Adds the row's events; the quote or index comes last.</summary>
        public void Read(CsvTable row, DateTimeOffset at, List<MarketEvent> events)
        {
            var exchangeTime = OptionalTime(row, "exchange_time");
            var provenance = new Provenance(
                row.Text(_index["source"]) ?? PmsBoardColumns.Format, exchangeTime, OptionalTime(row, "receive_time") ?? exchangeTime ?? at);
            switch (row.Text(_index[PmsBoardColumns.Kind]))
            {
                case null or PmsBoardColumns.QuoteKind:
                    ReadQuote(row, provenance, events);
                    break;
                case PmsBoardColumns.IndexKind:
                    ReadIndex(row, provenance, events);
                    break;
                case PmsBoardColumns.VolatilityIndexKind:
                    ReadVolatilityIndex(row, provenance, events);
                    break;
                default:
                    row.Refuse(_index[PmsBoardColumns.Kind], "kind-unknown", "is none of quote, index, vol_index");
                    break;
            }
        }

        private void ReadIndex(CsvTable row, Provenance provenance, List<MarketEvent> events)
        {
            var column = _index[PmsBoardColumns.Instrument];
            var name = row.Text(column) ?? "";
            var cut = name.IndexOf('/');
            var price = row.RequiredNumber(_index["mark"]);
            if (cut < 0 || !Asset.IsValid(name.AsSpan(0, cut)) || !Asset.IsValid(name.AsSpan(cut + 1)))
            {
                row.Refuse(column, "index-name", "is not of the form BTC/USD");
            }

            row.Refuse(QuoteValidation.Price("index", price));
            if (row.Refusal is null)
            {
                events.Add(new IndexUpdate(provenance, new Asset(name[..cut]), new Asset(name[(cut + 1)..]), price));
            }
        }

        private void ReadVolatilityIndex(CsvTable row, Provenance provenance, List<MarketEvent> events)
        {
            var column = _index[PmsBoardColumns.Instrument];
            var name = row.Text(column) ?? "";
            var vol = row.RequiredNumber(_index["mark_vol"]);
            if (!Asset.IsValid(name))
            {
                row.Refuse(column, "index-name", "is not the code of a coin");
            }

            row.Refuse(QuoteValidation.Vol("vol index", vol));
            if (row.Refusal is null)
            {
                events.Add(new VolatilityIndexUpdate(provenance, new Asset(name), vol));
            }
        }

        private void ReadQuote(CsvTable row, Provenance provenance, List<MarketEvent> events)
        {
            var instrument = row.Instrument(_index[PmsBoardColumns.Instrument]);
            var values = new QuoteValues
            {
                Bid = Number(row, "bid"),
                BidSize = Number(row, "bid_size"),
                Ask = Number(row, "ask"),
                AskSize = Number(row, "ask_size"),
                Mark = Number(row, "mark"),
                MarkVol = Number(row, "mark_vol"),
                BidVol = Number(row, "bid_vol"),
                AskVol = Number(row, "ask_vol"),
                UnderlyingPrice = Number(row, "underlying_price"),
                UnderlyingName = row.Text(_index["underlying_name"]),
                Delta = Number(row, "delta"),
                Gamma = Number(row, "gamma"),
                Vega = Number(row, "vega"),
                Theta = Number(row, "theta"),
                Rho = Number(row, "rho"),
                OpenInterest = Number(row, "open_interest"),
                Volume24h = Number(row, "volume_24h"),
                Last = Number(row, "last"),
                CurrentFunding = Number(row, "current_funding"),
                Funding8h = Number(row, "funding_8h"),
            };
            var terms = new InstrumentTerms(
                Number(row, "contract_size"), Number(row, "tick_size"), Number(row, "min_trade_amount"), row.Text(_index["state"]), OptionalTime(row, "listed_at"));
            row.Refuse(
                QuoteValidation.Price("contract_size", terms.ContractSize)
                ?? QuoteValidation.Price("tick_size", terms.TickSize)
                ?? QuoteValidation.Price("min_trade_amount", terms.MinTradeAmount));
            var image = row.IsEmpty(_index["book_change_id"]) || instrument is null ? null : ReadBook(row, instrument, provenance);
            if (instrument is null || row.Refusal is not null)
            {
                return;
            }

            if (terms != new InstrumentTerms(null, null, null, null, null))
            {
                events.Add(new InstrumentListed(provenance, instrument, terms));
            }

            if (image is not null)
            {
                events.Add(image);
            }

            const QuoteGroups All = QuoteGroups.TopOfBook | QuoteGroups.Mark | QuoteGroups.Forward | QuoteGroups.QuotedVols | QuoteGroups.Greeks
                | QuoteGroups.Statistics | QuoteGroups.Funding;
            events.Add(new QuoteUpdate(provenance, instrument, All, values));
        }

        private BookImage ReadBook(CsvTable row, Instrument instrument, Provenance provenance)
        {
            return new BookImage(
                provenance,
                instrument,
                row.Integer(_index["book_change_id"]),
                Levels(row, _index["book_bids"], instrument, descending: true),
                Levels(row, _index["book_asks"], instrument, descending: false))
            {
                IsPartial = Flag(row, _index["book_is_partial"]),
            };
        }

        private static bool Flag(CsvTable row, int column)
        {
            var text = row.Text(column);
            if (text is not (null or PmsBoardColumns.True))
            {
                row.Refuse(column, "text-format", "is neither empty nor true");
            }

            return text is not null;
        }

        private static ImmutableArray<BookLevel> Levels(CsvTable row, int column, Instrument instrument, bool descending)
        {
            var levels = ImmutableArray.CreateBuilder<BookLevel>();
            var rest = row.Field(column);
            while (!rest.IsEmpty && row.Refusal is null)
            {
                var ok = Utf8Parser.TryParse(rest, out double price, out var used) && used < rest.Length && rest[used] == ':';
                rest = ok ? rest[(used + 1)..] : rest;
                var amount = 0.0;
                ok = ok && Utf8Parser.TryParse(rest, out amount, out used) && (used == rest.Length || rest[used] == ' ');
                if (!ok || levels.Count >= OrderBook.MaxLevelsPerSide)
                {
                    row.Refuse(column, "book-levels", $"is not a list of at most {OrderBook.MaxLevelsPerSide} PRICE:AMOUNT separated by blanks");
                    break;
                }

                rest = rest[Math.Min(used + 1, rest.Length)..];
                var level = new BookLevel(price, amount);
                row.Refuse(QuoteValidation.Check(instrument, level, mayDelete: false));
                if (levels.Count > 0 && (descending ? level.Price >= levels[^1].Price : level.Price <= levels[^1].Price))
                {
                    row.Refuse(column, "book-levels", "is not ordered from the best price");
                }

                levels.Add(level);
            }

            return levels.DrainToImmutable();
        }

        private double? Number(CsvTable row, string column) => row.Number(_index[column]);

        private DateTimeOffset? OptionalTime(CsvTable row, string column) => row.IsEmpty(_index[column]) ? null : row.IsoTime(_index[column]);
    }
}

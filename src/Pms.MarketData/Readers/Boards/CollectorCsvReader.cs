using Pms.MarketData.Events;
using Pms.MarketData.Readers.Csv;

namespace Pms.MarketData.Readers.Boards;

/// <summary>One board as the 23-column CSV of a public Deribit collector (docs/formats.md, "Collector CSV").</summary>
/// <remarks>
/// The full form of what <see cref="ChainCsvReader"/> reads, with the same traps. The columns that follow from the name (type, strike, expiry, currency)
/// must agree with it; mid, spread, time to maturity and volume in USD follow from others and are not kept.
/// </remarks>
internal sealed class CollectorCsvReader : IMarketReader
{
    private const string IndexSource = "deribit.collector-csv.index";

    public string Format => "deribit.collector-csv";

    public bool Matches(ReadOnlySpan<byte> head) =>
        CsvTable.HeaderHas(head, "timestamp", "instrument_name", "underlying", "expiry_datetime", "futures_price", "implied_volatility", "bid_price");

    public IEnumerable<MarketEvent> Read(Stream stream, ReadLimits limits)
    {
        var table = new CsvTable(stream, limits);
        var columns = new Columns(table);
        return BoardRows.Read(table, Format, IndexSource, () => columns.Read(table));
    }

    private sealed class Columns(CsvTable table)
    {
        private readonly int _time = table.Require("timestamp");
        private readonly int _name = table.Require("instrument_name");
        private readonly int _type = table.Require("option_type");
        private readonly int _strike = table.Require("strike");
        private readonly int _expiry = table.Require("expiry_datetime");
        private readonly int _currency = table.Require("currency");
        private readonly int _bid = table.Require("bid_price");
        private readonly int _ask = table.Require("ask_price");
        private readonly int _mark = table.Require("mark_price");
        private readonly int _forward = table.Require("futures_price");
        private readonly int _forwardName = table.Require("futures_instrument_name");
        private readonly int _markVol = table.Require("implied_volatility");
        private readonly int _delta = table.Require("delta");
        private readonly int _vega = table.Require("vega");
        private readonly int _openInterest = table.Require("open_interest");
        private readonly int _volume = table.Require("volume");
        private readonly int _index = table.Require("index_price");

        public BoardRow Read(CsvTable row)
        {
            var expiry = row.IsoTime(_expiry);
            var instrument = row.Instrument(_name);
            row.RequireOptionTerms(instrument, _type, _strike, expiry, _expiry);
            if (instrument is not null)
            {
                row.RequireAgreement(_currency, row.Text(_currency) == instrument.Underlying.Base.Code, instrument);
            }

            return new BoardRow(row.IsoTime(_time), instrument)
            {
                Index = row.Number(_index),
                Groups = QuoteGroups.TopOfBook | QuoteGroups.Mark | QuoteGroups.Forward | QuoteGroups.Greeks | QuoteGroups.Statistics,
                Values = new QuoteValues
                {
                    Bid = row.NumberOrNone(_bid),
                    Ask = row.NumberOrNone(_ask),
                    Mark = row.Number(_mark),
                    MarkVol = row.Number(_markVol),
                    Delta = row.Number(_delta),
                    Vega = row.Number(_vega),
                    OpenInterest = row.Number(_openInterest),
                    Volume24h = row.Number(_volume),
                    UnderlyingPrice = row.Number(_forward),
                    UnderlyingName = row.Text(_forwardName),
                },
            };
        }
    }
}

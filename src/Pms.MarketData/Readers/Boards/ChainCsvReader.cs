using Pms.MarketData.Events;
using Pms.MarketData.Readers.Csv;

namespace Pms.MarketData.Readers.Boards;

/// <summary>Boards as 12-column CSV: one row an option and collection run (docs/formats.md, "Chain CSV").</summary>
/// <remarks>
/// Vol is a fraction, prices are in coin, an empty or zero bid or ask is no quote. All values but delta, vega and index_price come from one call per
/// coin; those three were fetched up to minutes later, so the index is the first row's, stamped with its own source, and must not be used to price:
/// <c>underlying_price</c> is the forward of the row. snapshot_time is the start of the run and a lower bound of the later coins' time,
/// so it stands as receive time and no exchange time is claimed.
/// </remarks>
internal sealed class ChainCsvReader : IMarketReader
{
    private const string IndexSource = "deribit.chain-csv.index";

    public string Format => "deribit.chain-csv";

    public bool Matches(ReadOnlySpan<byte> head) =>
        CsvTable.HeaderHas(head, "snapshot_time", "instrument_name", "bid", "ask", "mark", "mark_iv", "underlying_price");

    public IEnumerable<MarketEvent> Read(Stream stream, ReadLimits limits)
    {
        var table = new CsvTable(stream, limits);
        var columns = new Columns(table);
        return BoardRows.Read(table, Format, IndexSource, () => columns.Read(table));
    }

    private sealed class Columns(CsvTable table)
    {
        private readonly int _time = table.Require("snapshot_time");
        private readonly int _name = table.Require("instrument_name");
        private readonly int _bid = table.Require("bid");
        private readonly int _ask = table.Require("ask");
        private readonly int _mark = table.Require("mark");
        private readonly int _markVol = table.Require("mark_iv");
        private readonly int _delta = table.Find("delta");
        private readonly int _vega = table.Find("vega");
        private readonly int _openInterest = table.Find("open_interest");
        private readonly int _volume = table.Find("volume_24h");
        private readonly int _underlying = table.Require("underlying_price");
        private readonly int _index = table.Find("index_price");

        public BoardRow Read(CsvTable row)
        {
            return new BoardRow(row.IsoTime(_time), row.Instrument(_name))
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
                    UnderlyingPrice = row.Number(_underlying),
                },
            };
        }
    }
}

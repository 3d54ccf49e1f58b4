using Pms.MarketData.Events;
using Pms.MarketData.Readers.Csv;

namespace Pms.MarketData.Readers.Boards;

/// <summary>The reply of Deribit's get_book_summary_by_currency flattened to CSV (docs/formats.md, "Book summary").</summary>
/// <remarks>Columns may stand in any order and others may be added; mark_iv, in percent, may be missing.</remarks>
internal sealed class BookSummaryCsvReader : IMarketReader
{
    public string Format => "deribit.book-summary-csv";

    public bool Matches(ReadOnlySpan<byte> head) =>
        CsvTable.HeaderHas(head, "instrument_name", "creation_timestamp", "bid_price", "ask_price", "mark_price", "underlying_price", "volume_usd");

    public IEnumerable<MarketEvent> Read(Stream stream, ReadLimits limits)
    {
        var table = new CsvTable(stream, limits);
        var columns = new Columns(table);
        var board = new BookSummaryBoard(Format);
        while (table.NextRow())
        {
            var row = table.Refusal is null ? columns.Read(table) : default;
            if (table.Refusal is null)
            {
                table.Refuse(board.Add(row));
            }

            if (table.Refusal is not null)
            {
                board.Add(table.Reject(Format, null));
            }
        }

        foreach (var marketEvent in board.Complete())
        {
            yield return marketEvent;
        }
    }

    private sealed class Columns(CsvTable table)
    {
        private readonly int _name = table.Require("instrument_name");
        private readonly int _time = table.Require("creation_timestamp");
        private readonly int _bid = table.Require("bid_price");
        private readonly int _ask = table.Require("ask_price");
        private readonly int _mark = table.Require("mark_price");
        private readonly int _markVol = table.Find("mark_iv");
        private readonly int _underlying = table.Require("underlying_price");
        private readonly int _underlyingName = table.Find("underlying_index");
        private readonly int _openInterest = table.Find("open_interest");
        private readonly int _volume = table.Find("volume");
        private readonly int _last = table.Find("last");
        private readonly int _delivery = table.Find("estimated_delivery_price");
        private readonly int _funding = table.Find("current_funding");
        private readonly int _funding8h = table.Find("funding_8h");

        public BookSummaryRow Read(CsvTable row)
        {
            return new BookSummaryRow(row.Instrument(_name), row.UnixTime(_time, TimeSpan.TicksPerMillisecond))
            {
                EstimatedDeliveryPrice = row.NumberOrNone(_delivery),
                Values = new QuoteValues
                {
                    Bid = row.NumberOrNone(_bid),
                    Ask = row.NumberOrNone(_ask),
                    Mark = row.Number(_mark),
                    MarkVol = row.PercentOrNone(_markVol),
                    UnderlyingPrice = row.NumberOrNone(_underlying),
                    UnderlyingName = row.Text(_underlyingName),
                    OpenInterest = row.Number(_openInterest),
                    Volume24h = row.Number(_volume),
                    Last = row.NumberOrNone(_last),
                    CurrentFunding = row.Number(_funding),
                    Funding8h = row.Number(_funding8h),
                },
            };
        }
    }
}

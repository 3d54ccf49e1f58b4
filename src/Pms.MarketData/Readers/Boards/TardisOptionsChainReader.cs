using Pms.MarketData.Events;
using Pms.MarketData.Readers.Csv;

namespace Pms.MarketData.Readers.Boards;

/// <summary>Tardis.dev options_chain CSV: one row a ticker update, in the order of receipt (docs/formats.md, "Tardis options_chain").</summary>
/// <remarks>
/// A message stream, not boards: a board is whatever was known at an instant. Times are microseconds UTC; vols are in percent; an empty or zero price
/// or vol is none; the decimal point of a strike is D. All 24 columns are required. Rows of other exchanges than Deribit are refused.
/// </remarks>
internal sealed class TardisOptionsChainReader : IMarketReader
{
    private static readonly string[] Header =
    [
        "exchange", "symbol", "timestamp", "local_timestamp", "type", "strike_price", "expiration", "open_interest", "last_price", "bid_price",
        "bid_amount", "bid_iv", "ask_price", "ask_amount", "ask_iv", "mark_price", "mark_iv", "underlying_index", "underlying_price", "delta", "gamma",
        "vega", "theta", "rho",
    ];

    public string Format => "tardis.options_chain";

    public bool Matches(ReadOnlySpan<byte> head) => CsvTable.HeaderHas(head, Header);

    public IEnumerable<MarketEvent> Read(Stream stream, ReadLimits limits)
    {
        var table = new CsvTable(stream, limits);
        var columns = new Columns(table);
        DateTimeOffset? last = null;
        while (table.NextRow())
        {
            var update = table.Refusal is null ? columns.Read(table, Format) : null;
            if (table.Refusal is null)
            {
                var values = update!.Values;
                table.Refuse(QuoteValidation.Check(update.Instrument, values));
            }

            if (table.Refusal is not null)
            {
                yield return table.Reject(Format, last);
                continue;
            }

            last = update!.Provenance.ReceivedAt;
            yield return update;
        }
    }

    private sealed class Columns(CsvTable table)
    {
        private readonly int _exchange = table.Require("exchange");
        private readonly int _symbol = table.Require("symbol");
        private readonly int _time = table.Require("timestamp");
        private readonly int _localTime = table.Require("local_timestamp");
        private readonly int _type = table.Require("type");
        private readonly int _strike = table.Require("strike_price");
        private readonly int _expiry = table.Require("expiration");
        private readonly int _openInterest = table.Require("open_interest");
        private readonly int _last = table.Require("last_price");
        private readonly int _bid = table.Require("bid_price");
        private readonly int _bidSize = table.Require("bid_amount");
        private readonly int _bidVol = table.Require("bid_iv");
        private readonly int _ask = table.Require("ask_price");
        private readonly int _askSize = table.Require("ask_amount");
        private readonly int _askVol = table.Require("ask_iv");
        private readonly int _mark = table.Require("mark_price");
        private readonly int _markVol = table.Require("mark_iv");
        private readonly int _underlyingName = table.Require("underlying_index");
        private readonly int _underlying = table.Require("underlying_price");
        private readonly int _delta = table.Require("delta");
        private readonly int _gamma = table.Require("gamma");
        private readonly int _vega = table.Require("vega");
        private readonly int _theta = table.Require("theta");
        private readonly int _rho = table.Require("rho");

        public QuoteUpdate? Read(CsvTable row, string format)
        {
            if (!row.Field(_exchange).SequenceEqual("deribit"u8))
            {
                row.Refuse(_exchange, "exchange-unsupported", "is not deribit: names and units of other exchanges differ");
                return null;
            }

            var instrument = row.Instrument(_symbol);
            row.RequireOptionTerms(instrument, _type, _strike, row.UnixTime(_expiry, TimeSpan.TicksPerMicrosecond), _expiry);
            if (instrument is null)
            {
                return null;
            }

            var bid = row.NumberOrNone(_bid);
            var ask = row.NumberOrNone(_ask);
            return new QuoteUpdate(
                new Provenance(format, row.UnixTime(_time, TimeSpan.TicksPerMicrosecond), row.UnixTime(_localTime, TimeSpan.TicksPerMicrosecond)),
                instrument,
                QuoteGroups.TopOfBook | QuoteGroups.Mark | QuoteGroups.Forward | QuoteGroups.QuotedVols | QuoteGroups.Greeks | QuoteGroups.Statistics,
                new QuoteValues
                {
                    Bid = bid,
                    BidSize = row.Size(_bidSize, bid),
                    BidVol = row.PercentOrNone(_bidVol),
                    Ask = ask,
                    AskSize = row.Size(_askSize, ask),
                    AskVol = row.PercentOrNone(_askVol),
                    Mark = row.Number(_mark),
                    MarkVol = row.PercentOrNone(_markVol),
                    UnderlyingPrice = row.NumberOrNone(_underlying),
                    UnderlyingName = row.Text(_underlyingName),
                    Delta = row.Number(_delta),
                    Gamma = row.Number(_gamma),
                    Vega = row.Number(_vega),
                    Theta = row.Number(_theta),
                    Rho = row.Number(_rho),
                    OpenInterest = row.Number(_openInterest),
                    Last = row.NumberOrNone(_last),
                });
        }
    }
}

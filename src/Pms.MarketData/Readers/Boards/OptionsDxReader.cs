using Pms.MarketData.Events;
using Pms.MarketData.Readers.Csv;

namespace Pms.MarketData.Readers.Boards;

/// <summary>OptionsDX end-of-day boards of Deribit options: 28 columns with bracketed names (docs/formats.md, "OptionsDX").</summary>
/// <remarks>
/// QUOTE_UNIXTIME (seconds, UTC) is the true time; QUOTE_READTIME, QUOTE_DATE and EXPIRY_TIME are New York local and are not read. A price of 0.0 is
/// no quote. MARK_IV is in percent. There is no mark price and no index; UNDERLYING_PRICE is the forward of the row.
/// </remarks>
internal sealed class OptionsDxReader : IMarketReader
{
    public string Format => "optionsdx";

    public bool Matches(ReadOnlySpan<byte> head) =>
        CsvTable.HeaderHas(head, "QUOTE_UNIXTIME", "INSTRUMENT_NAME", "EXPIRY_UNIX", "BID_PRICE", "ASK_PRICE", "MARK_IV");

    public IEnumerable<MarketEvent> Read(Stream stream, ReadLimits limits)
    {
        var table = new CsvTable(stream, limits);
        var columns = new Columns(table);
        return BoardRows.Read(table, Format, Format, () => columns.Read(table));
    }

    private sealed class Columns(CsvTable table)
    {
        private readonly int _time = table.Require("QUOTE_UNIXTIME");
        private readonly int _name = table.Require("INSTRUMENT_NAME");
        private readonly int _currency = table.Require("BASE_CURRENCY");
        private readonly int _contractSize = table.Require("CONTRACT_SIZE");
        private readonly int _underlyingName = table.Require("UNDERLYING_INDEX");
        private readonly int _underlying = table.Require("UNDERLYING_PRICE");
        private readonly int _expiry = table.Require("EXPIRY_UNIX");
        private readonly int _type = table.Require("OPTION_RIGHT");
        private readonly int _strike = table.Require("STRIKE");
        private readonly int _bidSize = table.Require("BID_SIZE");
        private readonly int _bid = table.Require("BID_PRICE");
        private readonly int _ask = table.Require("ASK_PRICE");
        private readonly int _askSize = table.Require("ASK_SIZE");
        private readonly int _openInterest = table.Require("OPEN_INTEREST");
        private readonly int _volume = table.Require("VOLUME");
        private readonly int _delta = table.Require("DELTA");
        private readonly int _gamma = table.Require("GAMMA");
        private readonly int _vega = table.Require("VEGA");
        private readonly int _theta = table.Require("THETA");
        private readonly int _rho = table.Require("RHO");
        private readonly int _markVol = table.Require("MARK_IV");

        public BoardRow Read(CsvTable row)
        {
            var expiry = row.UnixTime(_expiry, TimeSpan.TicksPerSecond);
            var instrument = row.Instrument(_name);
            row.RequireOptionTerms(instrument, _type, _strike, expiry, _expiry);
            if (instrument is not null)
            {
                row.RequireAgreement(_currency, row.Text(_currency) == instrument.Underlying.Base.Code, instrument);
                RequireCoinContracts(row);
            }

            var bid = row.NumberOrNone(_bid);
            var ask = row.NumberOrNone(_ask);
            return new BoardRow(row.UnixTime(_time, TimeSpan.TicksPerSecond), instrument)
            {
                Groups = QuoteGroups.TopOfBook | QuoteGroups.Mark | QuoteGroups.Forward | QuoteGroups.Greeks | QuoteGroups.Statistics,
                Values = new QuoteValues
                {
                    Bid = bid,
                    BidSize = row.Size(_bidSize, bid),
                    Ask = ask,
                    AskSize = row.Size(_askSize, ask),
                    MarkVol = row.PercentOrNone(_markVol),
                    Delta = row.Number(_delta),
                    Gamma = row.Number(_gamma),
                    Vega = row.Number(_vega),
                    Theta = row.Number(_theta),
                    Rho = row.Number(_rho),
                    OpenInterest = row.Number(_openInterest),
                    Volume24h = row.Number(_volume),
                    UnderlyingPrice = row.Number(_underlying),
                    UnderlyingName = row.Text(_underlyingName),
                },
            };
        }

        // Sizes are in contracts, which are coins only at a contract size of 1.
        private void RequireCoinContracts(CsvTable row)
        {
            if (row.RequiredNumber(_contractSize) is not 1)
            {
                row.Refuse(_contractSize, "contract-size", "is not 1: sizes would not be in coin");
            }
        }
    }
}

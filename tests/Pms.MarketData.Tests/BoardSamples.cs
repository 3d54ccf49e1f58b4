using System.IO.Compression;
using System.Text;
using Pms.MarketData.Events;
using Pms.MarketData.Readers;
using Pms.MarketData.Snapshots;

namespace Pms.MarketData.Tests;

/// <summary>Small valid files of every board format, made up by hand: the layouts are real, the numbers are not.</summary>
internal static class BoardSamples
{
    public const string ChainHeader =
        "snapshot_time,instrument_name,bid,ask,mark,mark_iv,delta,vega,open_interest,volume_24h,underlying_price,index_price";

    public const string OptionsDxHeader =
        "[QUOTE_UNIXTIME], [QUOTE_READTIME], [QUOTE_DATE], [QUOTE_TIME_HOURS], [INSTRUMENT_NAME], [BASE_CURRENCY], [CONTRACT_SIZE], [UNDERLYING_INDEX], "
        + "[UNDERLYING_PRICE], [EXPIRY_DATE], [EXPIRY_UNIX], [EXPIRY_TIME], [DTE], [OPTION_RIGHT], [STRIKE], [BID_SIZE], [BID_PRICE], [ASK_PRICE], "
        + "[ASK_SIZE], [OPEN_INTEREST], [VOLUME], [DELTA], [GAMMA], [VEGA], [THETA], [RHO], [MARK_IV], [STRIKE_DISTANCE_PCT]";

    public const string TardisChainHeader =
        "exchange,symbol,timestamp,local_timestamp,type,strike_price,expiration,open_interest,last_price,bid_price,bid_amount,bid_iv,ask_price,"
        + "ask_amount,ask_iv,mark_price,mark_iv,underlying_index,underlying_price,delta,gamma,vega,theta,rho";

    public const string TardisBookHeader = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount";

    public const string CollectorHeader =
        "timestamp,instrument_name,underlying,underlying_name,option_type,strike,expiry_datetime,time_to_maturity,bid_price,ask_price,mark_price,"
        + "mid_price,futures_price,futures_instrument_name,implied_volatility,delta,vega,open_interest,volume,bid_ask_spread,currency,index_price,volume_usd";

    public static string Chain { get; } = Lines(
        ChainHeader,
        "2031-03-04T05:06:07Z,BTC-28MAR31-90000-C,0.0415,0.043,0.04225,0.5125,0.48112,81.5,120.5,3.25,91000.5,90800.25",
        "2031-03-04T05:06:07Z,BTC-28MAR31-90000-P,,0.0315,0.031,0.5125,-0.51888,81.5,10,0,91000.5,90801.5",
        "2031-03-04T05:06:07Z,ETH-28MAR31-2500-C,0.05,0.052,0.051,0.71,0.5,2.5,100,1,2550.25,2540.5",
        "2031-03-04T11:06:07Z,BTC-28MAR31-90000-C,0.0425,0.044,0.0433,0.52,0.49,81.25,120.5,3.25,91500,91300");

    public static string Collector { get; } = Lines(
        CollectorHeader,
        "2031-03-04T05:06:07.012345+00:00,BTC-28MAR31-90000-C,91000.5,BTC-28MAR31,call,90000.0,2031-03-28T08:00:00+00:00,0.066,0.0415,0.043,0.04225,"
            + "0.04225,91000.5,BTC-28MAR31,0.5125,0.48112,81.5,120.5,3.25,0.0015,BTC,90800.25,1234.5",
        "2031-03-04T05:06:07.012345+00:00,BTC-28MAR31-90000-P,91000.5,BTC-28MAR31,put,90000.0,2031-03-28T08:00:00+00:00,0.066,,0.0315,0.031,"
            + ",91000.5,BTC-28MAR31,0.5125,-0.51888,81.5,10.0,0.0,,BTC,90801.5,0.0");

    public static string OptionsDx { get; } = Lines(
        OptionsDxHeader,
        OptionsDxRow("1930881600", "BTC-28MAR31-90000-C", "1932451200", "call", "90000.000000", "2.000000", "0.041500", "0.043000", "5.000000", "12.5", "51.250000"),
        OptionsDxRow("1930881600", "BTC-28MAR31-90000-P", "1932451200", "put", "90000.000000", "0.000000", "0.000000", "0.031500", "1.000000", "", "51.250000"));

    public static string TardisChain { get; } = Lines(
        TardisChainHeader,
        "deribit,BTC-28MAR31-90000-C,1930000000123456,1930000000223344,call,90000,1932451200000000,120.5,0.042,0.0415,12.5,50.9,0.043,7,51.7,0.04225,51.25,"
            + "SYN.BTC-28MAR31,91000.5,0.48112,0.00002,81.5,-60.25,12.5",
        "deribit,AVAX_USDC-28MAR31-8D6-P,1930000001123456,1930000001223344,put,8.6,1932451200000000,300,,,0,0,0.318,1800,54.15,0.3144,53.72,"
            + "AVAX_USDC-28MAR31,9.103,-0.32,0.26,0.009,-0.008,-0.002");

    public static string TardisBook { get; } = Lines(
        TardisBookHeader,
        "deribit,BTC-PERPETUAL,1930000000000000,1930000000100000,true,ask,91001.5,1000",
        "deribit,BTC-PERPETUAL,1930000000000000,1930000000100000,true,ask,91002,2500",
        "deribit,BTC-PERPETUAL,1930000000000000,1930000000100000,true,bid,91000.5,4000",
        "deribit,BTC-PERPETUAL,1930000000500000,1930000000600000,false,ask,91001.5,0",
        "deribit,BTC-PERPETUAL,1930000000500000,1930000000600000,false,bid,91001,700",
        "deribit,BTC-28MAR31-90000-C,1930000000700000,1930000000800000,true,bid,0.0415,5");

    public static string SummaryJson { get; } = """
        [
          {"high": null, "low": null, "last": null, "instrument_name": "BTC-28MAR31-90000-C", "bid_price": 0.0415, "ask_price": 0.043, "open_interest": 120.5,
           "mark_price": 0.04225, "creation_timestamp": 1930000000100, "price_change": null, "mark_iv": 51.25, "underlying_price": 91000.5,
           "underlying_index": "SYN.BTC-28MAR31", "volume": 3.25, "interest_rate": 0.0, "estimated_delivery_price": 90800.25, "base_currency": "BTC",
           "quote_currency": "BTC", "volume_usd": 0.0, "mid_price": 0.04225},
          {"high": 0.03, "low": 0.03, "last": 0.03, "instrument_name": "BTC-28MAR31-90000-P", "bid_price": null, "ask_price": 0.0315, "open_interest": 10.0,
           "mark_price": 0.031, "creation_timestamp": 1930000000103, "price_change": 1.5, "mark_iv": 51.25, "underlying_price": 91000.5,
           "underlying_index": "SYN.BTC-28MAR31", "volume": 0.0, "interest_rate": 0.0, "estimated_delivery_price": 90800.25, "base_currency": "BTC",
           "quote_currency": "BTC", "volume_usd": 0.0, "mid_price": null}
        ]
        """;

    public static string SummaryCsv { get; } = Lines(
        ",mid_price,estimated_delivery_price,volume_usd,quote_currency,creation_timestamp,base_currency,interest_rate,volume,underlying_index,"
            + "underlying_price,price_change,mark_price,open_interest,ask_price,bid_price,instrument_name,last,low,high",
        "0,0.04225,90800.25,2.5,BTC,1930000000100,BTC,0.0,3.25,BTC-28MAR31,91000.5,0.0,0.04225,120.5,0.043,0.0415,BTC-28MAR31-90000-C,0.042,0.04,0.05",
        "1,,90800.25,0.0,BTC,1930000000101,BTC,0.0,0.0,BTC-28MAR31,91000.5,,0.031,10.0,0.0315,,BTC-28MAR31-90000-P,,,");

    public static string RecordedBoard { get; } = """
        {"as_of":"2031-03-04T05:06:07.123456+00:00",
        "futures":[
        {"instrument_name":"BTC-28MAR31","bid_price":91000.5,"ask_price":91001,"open_interest":1415250,"volume_usd":1110230.0},
        {"instrument_name":"BTC-PERPETUAL","bid_price":90800,"ask_price":90800.5,"open_interest":7361991,"volume_usd":100103950.0}
        ],
        "options":[
        {"instrument_name":"BTC-28MAR31-90000-C","bid_price":0.0415,"ask_price":0.043,"open_interest":120.5,"volume_usd":0.0},
        {"instrument_name":"BTC-28MAR31-90000-P","bid_price":null,"ask_price":0.0315,"open_interest":10.0,"volume_usd":806.86}
        ],
        "instruments":[
        {"instrument_name":"BTC-28MAR31-90000-C","tick_size":0.0005,"settlement_period":"month","expiration_timestamp":1932451200000,"strike":90000.0,"option_type":"call"},
        {"instrument_name":"BTC-FS-28MAR31_PERP","tick_size":0.5,"settlement_period":"month","expiration_timestamp":1932451200000}
        ]}
        """;

    public static string Quantflow { get; } = """
        {"asset":"btc","asset_curve":{"ref_date":"2031-03-04T05:06:07.123456Z","curve_type":"no_discount_curve"},"inputs":[
        {"bid":"90800","ask":"90800.5","open_interest":"1010106310","volume":"310861580","security_type":"spot"},
        {"bid":"91000.5","ask":"91001","open_interest":"6770230","volume":"2446790","maturity":"2031-03-28T08:00:00Z","security_type":"forward"},
        {"bid":"0.0415","ask":"0.043","open_interest":"120.5","volume":"27274.34","strike":"90000","maturity":"2031-03-28T08:00:00Z","option_type":"call",
         "security_type":"option","iv_bid":"0.509","iv_ask":"0.517","inverse":true}
        ]}
        """;

    public static string QuantflowNested { get; } = """
        {"ref_date":"2023-03-04T05:06:07.887033Z","inputs":[{"bid":"30358.5","ask":"30359","security_type":"spot"},
        {"bid":"30402.5","ask":"30405.0","maturity":"2023-03-31T08:00:00Z","security_type":"forward"},
        {"bid":{"price":"0.334","strike":"20000","maturity":"2023-03-31T08:00:00Z","call":true},
         "ask":{"price":"0.3475","strike":"20000","maturity":"2023-03-31T08:00:00Z","call":true},"security_type":"option"}]}
        """;

    public static string PmsBoard { get; } = Lines(
        "board_time,kind,instrument,bid,bid_size,ask,ask_size,mark,mark_vol,underlying_price,underlying_name,open_interest,source,exchange_time,receive_time,"
            + "board_source,book_change_id,book_is_partial,book_bids,book_asks,tick_size,state,listed_at",
        "2031-03-04T05:06:07Z,index,BTC/USD,,,,,90800.25,,,,,sim,,,sim,,,,,,,",
        "2031-03-04T05:06:07Z,vol_index,BTC,,,,,,0.55,,,,sim,,,sim,,,,,,,",
        "2031-03-04T05:06:07Z,quote,BTC-28MAR31-90000-C,0.0415,12,0.043,7,0.04225,0.5125,91000.5,SYN.BTC-28MAR31,120.5,sim,2031-03-04T05:06:06.5Z,"
            + "2031-03-04T05:06:06.6Z,sim,17,,0.0415:12 0.041:30,0.043:7,0.0005,open,2030-12-01T08:00:00Z",
        "2031-03-04T05:06:07Z,quote,BTC-PERPETUAL,90800,1000,90800.5,2000,90800.25,,,,7361991,sim,,,sim,18,true,90800:1000,90800.5:2000,,,");

    /// <summary>Format, then text.</summary>
    public static IReadOnlyList<(string Format, string Text)> All { get; } =
    [
        ("deribit.chain-csv", Chain),
        ("deribit.collector-csv", Collector),
        ("optionsdx", OptionsDx),
        ("tardis.options_chain", TardisChain),
        ("tardis.incremental_book_L2", TardisBook),
        ("deribit.book-summary", SummaryJson),
        ("deribit.book-summary-csv", SummaryCsv),
        ("deribit.recorded-board", RecordedBoard),
        ("quantflow.surface-inputs", Quantflow),
        ("quantflow.surface-inputs", QuantflowNested),
        ("pms.board", PmsBoard),
    ];

    public static string OptionsDxRow(
        string unixTime, string name, string expiry, string right, string strike, string bidSize, string bid, string ask, string askSize, string volume, string markIv)
    {
        return $"{unixTime}, 2031-03-09 00:00, 2031-03-09, 0.000000, {name}, BTC, 1.000000, SYN.BTC-28MAR31, 91000.500000, 2031-03-28, {expiry}, 3.000000, 19.1, "
            + $"{right}, {strike}, {bidSize}, {bid}, {ask}, {askSize}, 120.500000, {volume}, 0.481120, 0.000020, 81.500000, -60.250000, 12.500000, {markIv}, 0.011";
    }

    public static string Lines(params string[] lines) => string.Concat(lines.Select(l => l + "\n"));

    public static MarketFile Open(string text, string name = "btc-sample", ReadLimits? limits = null) =>
        MarketFile.Open(new MemoryStream(Encoding.UTF8.GetBytes(text)), name, limits);

    public static (MarketSnapshot Snapshot, MarketReadReport Report) Read(string text)
    {
        using var file = Open(text);
        return (file.ReadSnapshot(), file.Report);
    }

    public static List<MarketEvent> Events(string text, ReadLimits? limits = null)
    {
        using var file = Open(text, limits: limits);
        return [.. file.ReadEvents()];
    }

    /// <summary>The only rejection of a file.</summary>
    public static RejectedInput Rejection(string text) => Events(text).OfType<RejectedInput>().Single();

    public static InstrumentQuote Quote(MarketSnapshot snapshot, string name) =>
        snapshot.Boards.SelectMany(b => b.Linears.Concat(b.Expiries.SelectMany(e => e.Options))).Single(q => q.Instrument.Name == name);

    public static byte[] Gzip(byte[] bytes)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        return compressed.ToArray();
    }
}

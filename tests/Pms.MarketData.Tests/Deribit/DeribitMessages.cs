using System.Text;
using Pms.MarketData.Events;
using Pms.MarketData.Readers.Deribit;

namespace Pms.MarketData.Tests.Deribit;

/// <summary>Hand-written messages in Deribit's shapes; the numbers are invented.</summary>
internal static class DeribitMessages
{
    public static readonly DateTimeOffset ReceivedAt = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_500);

    public const string OptionTicker = """
        {"jsonrpc":"2.0","method":"subscription","params":{"channel":"ticker.BTC-29DEC23-40000-C.100ms","data":{"timestamp":1700000000000,
        "instrument_name":"BTC-29DEC23-40000-C","state":"open","best_bid_price":0.0345,"best_bid_amount":12.5,"best_ask_price":0.036,"best_ask_amount":7.1,
        "bid_iv":51.25,"ask_iv":53.75,"mark_iv":52.5,"mark_price":0.0352,"underlying_price":37250.5,"underlying_index":"BTC-29DEC23","index_price":37001.25,
        "open_interest":1234.5,"last_price":0.035,"interest_rate":0.0,"estimated_delivery_price":37001.25,"settlement_price":0.0349,
        "greeks":{"delta":0.41,"gamma":0.00005,"vega":47.5,"theta":-31.25,"rho":15.5},
        "stats":{"volume":88.5,"volume_usd":115000.5,"high":0.04,"low":0.03,"price_change":-4.5},"min_price":0.001,"max_price":0.09}}}
        """;

    public const string UnquotedTicker = """
        {"jsonrpc":"2.0","method":"subscription","params":{"channel":"ticker.MATIC_USDC-9MAR24-1d02-C.raw","data":{"timestamp":1700000000000,
        "instrument_name":"MATIC_USDC-9MAR24-1d02-C","state":"open","best_bid_price":0,"best_bid_amount":0,"best_ask_price":0.0,"best_ask_amount":0.0,
        "bid_iv":0,"ask_iv":0,"mark_iv":209.64,"mark_price":0.139,"underlying_price":1.1367,"underlying_index":"index_price","index_price":1.1367,
        "open_interest":0,"last_price":null,"greeks":{"delta":0.78,"gamma":1.7,"vega":0.00024,"theta":-0.013,"rho":0.00004},
        "stats":{"volume":null,"high":null,"low":null,"price_change":null}}}}
        """;

    public const string PerpetualTicker = """
        {"params":{"data":{"timestamp":1700000000000,"instrument_name":"BTC-PERPETUAL","best_bid_price":37000.5,"best_bid_amount":117660.0,
        "best_ask_price":37001.0,"best_ask_amount":186520.0,"mark_price":37000.78,"index_price":36999.5,"open_interest":1132329370.0,"last_price":37000.5,
        "current_funding":0.0001,"funding_8h":-0.00001742,"stats":{"volume":11897.25}},"channel":"ticker.BTC-PERPETUAL.100ms"},"method":"subscription","jsonrpc":"2.0"}
        """;

    public const string Quote = """
        {"jsonrpc":"2.0","method":"subscription","params":{"channel":"quote.BTC-PERPETUAL","data":{"timestamp":1700000000001,"instrument_name":"BTC-PERPETUAL","best_ask_price":37001.5,"best_bid_price":37001.0,"best_ask_amount":99470.0,"best_bid_amount":133440.0}}}
        """;

    public const string BookImage = """
        {"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.BTC-PERPETUAL.100ms","data":{"type":"snapshot","timestamp":1700000000000,"instrument_name":"BTC-PERPETUAL","change_id":100,"bids":[["new",37000.0,1000.0],["new",36999.5,500.0]],"asks":[["new",37001.0,800.0],["new",37002.0,600.0]]}}}
        """;

    public const string BookChange = """
        {"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.BTC-PERPETUAL.100ms","data":{"type":"change","timestamp":1700000000100,"instrument_name":"BTC-PERPETUAL","change_id":101,"prev_change_id":100,"bids":[["delete",37000.0,0.0],["new",36999.0,300.0]],"asks":[["change",37002.0,650.0]]}}}
        """;

    public const string OldBookImage = """
        {"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.ETH-PERPETUAL.raw","data":{"timestamp":1600000000000,"instrument_name":"ETH-PERPETUAL","change_id":100,"bids":[["new",217.75,712],["new",217.8,1895]],"asks":[["new",218.6,179803]]}}}
        """;

    public const string OldBookChange = """
        {"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.ETH-PERPETUAL.raw","data":{"timestamp":1600000000100,"prev_change_id":100,"instrument_name":"ETH-PERPETUAL","change_id":103,"bids":[["delete",217.8,0]],"asks":[["change",218.6,64903]]}}}
        """;

    public const string FirstBookChange = """
        {"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.ETH-29DEC23-2000-P.raw","data":{"type":"change","timestamp":1700000000000,"prev_change_id":0,"instrument_name":"ETH-29DEC23-2000-P","change_id":77,"bids":[["new",0.019,93]],"asks":[["new",0.037,93]]}}}
        """;

    public const string GroupedBook = """
        {"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.BTC-PERPETUAL.none.10.100ms","data":{"timestamp":1700000000000,"instrument_name":"BTC-PERPETUAL","change_id":555,"bids":[[37000.0,1000.0],[36999.5,2000.0]],"asks":[[37001.0,800.0]]}}}
        """;

    public const string Trades = """
        {"jsonrpc":"2.0","method":"subscription","params":{"channel":"trades.BTC-PERPETUAL.100ms","data":[
        {"timestamp":1700000000000,"price":37000.5,"amount":10.0,"direction":"sell","index_price":37001.0,"instrument_name":"BTC-PERPETUAL","trade_seq":1,"mark_price":37000.0,"tick_direction":2,"trade_id":"403691824"},
        {"timestamp":1700000000001,"price":37000.0,"amount":750.0,"direction":"buy","liquidation":"M","instrument_name":"BTC-PERPETUAL","trade_seq":2,"tick_direction":2,"trade_id":"403691825"}]}}
        """;

    public const string ComboTrades = """
        {"jsonrpc":"2.0","method":"subscription","params":{"channel":"trades.BTC-CS-19MAY26-70000_75000.raw","data":[{"timestamp":1700000000000,"price":0.0639,"amount":0.1,"direction":"sell","instrument_name":"BTC-CS-19MAY26-70000_75000","trade_seq":1,"legs":[{"timestamp":1700000000000,"iv":41.01,"price":0.0174,"amount":0.1,"direction":"buy","instrument_name":"BTC-19MAY26-75000-C","trade_id":"5"}],"trade_id":"244365193"}]}}
        """;

    public const string MarkPrices = """
        {"jsonrpc":"2.0","method":"subscription","params":{"channel":"markprice.options.btc_usd","data":[
        {"timestamp":1700000000000,"mark_price":0.0333,"iv":0.525,"instrument_name":"BTC-29DEC23-40000-C"},
        {"timestamp":1700000000000,"mark_price":0.117,"iv":0.61,"instrument_name":"BTC-29DEC23-30000-P"}]}}
        """;

    public const string PriceIndex = """
        {"jsonrpc":"2.0","method":"subscription","params":{"channel":"deribit_price_index.btc_usd","data":{"timestamp":1700000000000,"price":37001.17,"index_name":"btc_usd"}}}
        """;

    public const string VolatilityIndex = """
        {"jsonrpc":"2.0","method":"subscription","params":{"channel":"deribit_volatility_index.btc_usd","data":{"timestamp":1700000000000,"volatility":129.36,"index_name":"btc_usd"}}}
        """;

    public const string DeliveryEstimate = """
        {"jsonrpc":"2.0","method":"subscription","params":{"channel":"estimated_expiration_price.eth_usdc","data":{"seconds":180929,"price":2003.5,"is_estimated":false,"index_name":"eth_usdc"}}}
        """;

    public const string InstrumentState = """
        {"jsonrpc":"2.0","method":"subscription","params":{"channel":"instrument.state.option.BTC","data":{"timestamp":1700000000000,"state":"created","instrument_name":"BTC-29DEC23-41000-C"}}}
        """;

    public const string PlatformState = """
        {"jsonrpc":"2.0","method":"subscription","params":{"channel":"platform_state","data":{"locked":true,"price_index":"sol_usdc"}}}
        """;

    public const string Heartbeat = """{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"heartbeat"}}""";

    public const string TestRequest = """{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}""";

    public const string SubscribeReply = """{"jsonrpc":"2.0","id":7,"result":["book.BTC-PERPETUAL.100ms","quote.BTC-PERPETUAL"],"usIn":1,"usOut":2,"usDiff":1,"testnet":false}""";

    public const string TooManyRequests = """{"jsonrpc":"2.0","id":3,"error":{"code":10028,"message":"too_many_requests","data":null}}""";

    public const string InstrumentList = """
        {"jsonrpc":"2.0","id":1,"result":[
        {"kind":"future","instrument_name":"BTC-PERPETUAL","instrument_type":"reversed","expiration_timestamp":32503708800000,"creation_timestamp":1534167754000,"is_active":true,"tick_size":0.5,"contract_size":10.0,"min_trade_amount":10.0,"tick_size_steps":[]},
        {"kind":"option","instrument_name":"BTC-29DEC23-40000-C","option_type":"call","strike":40000.0,"instrument_type":"reversed","expiration_timestamp":1703836800000,"creation_timestamp":1690000000000,"is_active":true,"tick_size":0.0005,"contract_size":1.0,"min_trade_amount":0.1},
        {"kind":"option_combo","instrument_name":"BTC-STRG-29DEC23-30000_40000","tick_size":0.0001,"contract_size":1.0,"is_active":true}]}
        """;

    public const string OrderBook = """
        {"jsonrpc":"2.0","id":3,"result":{"timestamp":1700000000000,"instrument_name":"BTC-PERPETUAL","state":"open","change_id":900,"bids":[[37000.5,199190.0],[37000.0,10000.0]],"asks":[[37001.0,125090.0]],"best_bid_price":37000.5,"best_bid_amount":199190.0,"best_ask_price":37001.0,"best_ask_amount":125090.0,"mark_price":37000.7,"index_price":36999.8,"open_interest":1139551440,"last_price":37000.5,"current_funding":0.0,"funding_8h":6.55e-6,"stats":{"volume":5052.9}}}
        """;

    public const string BookSummary = """
        {"jsonrpc":"2.0","id":4,"result":[
        {"instrument_name":"BTC-29DEC23-40000-C","creation_timestamp":1700000000000,"bid_price":0.0345,"ask_price":0.036,"mid_price":0.03525,"mark_price":0.0352,"mark_iv":52.5,"underlying_price":37250.5,"underlying_index":"BTC-29DEC23","open_interest":1234.5,"volume":88.5,"volume_usd":100000.0,"last":0.035,"high":0.04,"low":0.03,"interest_rate":0,"base_currency":"BTC","quote_currency":"BTC","price_change":1.5},
        {"instrument_name":"BTC-29DEC23-90000-C","creation_timestamp":1700000000000,"bid_price":null,"ask_price":0.0005,"mid_price":null,"mark_price":0.0001,"mark_iv":80.0,"underlying_price":37250.5,"underlying_index":"BTC-29DEC23","open_interest":3.0,"volume":0.0,"last":null}]}
        """;

    public const string LastTrades = """
        {"jsonrpc":"2.0","result":{"trades":[{"timestamp":1700000000000,"price":0.0345,"amount":1.5,"direction":"buy","iv":52.25,"instrument_name":"BTC-29DEC23-40000-C","trade_seq":2,"trade_id":"99"}],"has_more":true}}
        """;

    public const string IndexPrice = """{"jsonrpc":"2.0","id":42,"result":{"index_price":37001.5,"estimated_delivery_price":37001.5}}""";

    public const string ChartData = """{"jsonrpc":"2.0","id":2,"result":{"ticks":[1700000000000],"open":[1.0],"high":[1.0],"low":[1.0],"close":[1.0],"volume":[1.0],"status":"ok"}}""";

    public const string TestReply = """{"jsonrpc":"2.0","id":11,"result":{"version":"1.2.26"}}""";

    /// <summary>One of each kind: the seeds of the fuzz tests.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        OptionTicker, UnquotedTicker, PerpetualTicker, Quote, BookImage, BookChange, OldBookImage, OldBookChange, FirstBookChange, GroupedBook, Trades,
        ComboTrades, MarkPrices, PriceIndex, VolatilityIndex, DeliveryEstimate, InstrumentState, PlatformState, Heartbeat, TestRequest, SubscribeReply,
        TooManyRequests, InstrumentList, OrderBook, BookSummary, LastTrades, IndexPrice, ChartData, TestReply,
    ];

    public static List<MarketEvent> Decode(string message, DeribitMessageDecoder? decoder = null)
    {
        var events = new List<MarketEvent>();
        (decoder ?? new DeribitMessageDecoder()).Decode(Encoding.UTF8.GetBytes(message), ReceivedAt, events);
        return events;
    }

    public static T Single<T>(string message)
        where T : MarketEvent
    {
        var events = Decode(message);
        events.ShouldNotContain(e => e is RejectedInput, string.Join("; ", events.OfType<RejectedInput>().Select(r => r.Reason)));
        return events.OfType<T>().Single();
    }

    /// <summary>The code of the only rejection, and nothing else was emitted for the market.</summary>
    public static string RejectionOf(string message)
    {
        var events = Decode(message);
        events.ShouldAllBe(e => e is RejectedInput || e is FeedControl);
        return events.OfType<RejectedInput>().Single().Reason.Code;
    }
}

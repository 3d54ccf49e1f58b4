using System.Text;
using Pms.MarketData.Events;
using Pms.MarketData.Readers.Okx;

namespace Pms.MarketData.Tests.Okx;

/// <summary>Hand-written messages in OKX's shapes; the numbers are invented, the checksums are of these very books.</summary>
internal static class OkxMessages
{
    public static readonly DateTimeOffset ReceivedAt = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_500);

    public const string InstrumentList = """
        {"code":"0","data":[{"baseCcy":"","ctMult":"1","ctType":"inverse","ctVal":"100","ctValCcy":"USD","expTime":"","instId":"BTC-USD-SWAP","instType":"SWAP","listTime":"1611916828000","lotSz":"1","minSz":"1","optType":"","state":"live","stk":"","tickSz":"0.1","uly":"BTC-USD"},
        {"baseCcy":"","ctMult":"0.1","ctType":"","ctVal":"1","ctValCcy":"BTC","expTime":"1711699200000","instId":"BTC-USD-240329-40000-C","instType":"OPTION","listTime":"1700000000000","lotSz":"1","minSz":"1","optType":"C","state":"live","stk":"40000","tickSz":"0.0005","uly":"BTC-USD"},
        {"baseCcy":"BTC","ctMult":"","ctType":"","ctVal":"","ctValCcy":"","expTime":"","instId":"BTC-USDT","instType":"SPOT","listTime":"1548133413000","lotSz":"0.00000001","minSz":"0.00001","optType":"","state":"live","stk":"","tickSz":"0.1","uly":""}],"msg":""}
        """;

    public const string Image = """{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"snapshot","data":[{"asks":[["37001.0","0.80","0","1"],["37002","0.5","0","2"]],"bids":[["37000.5","1.5","0","3"],["36999","2","0","1"],["36998","1","0","1"]],"ts":"1700000000000","checksum":@1}]}""";

    public const string Change = """{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[["37001.0","0","0","0"],["37003","0.25","0","1"]],"bids":[["37000.5","1.75","0","4"]],"ts":"1700000000100","checksum":@2}]}""";

    public const string ShortBook = """{"arg":{"channel":"books5","instId":"BTC-USD-SWAP"},"data":[{"asks":[["37001.0","80","0","1"]],"bids":[["37000.5","15","0","3"]],"instId":"BTC-USD-SWAP","ts":"1700000000000","seqId":5}]}""";

    public const string Ticker = """{"arg":{"channel":"tickers","instId":"BTC-USD-240329-40000-C"},"data":[{"instType":"OPTION","instId":"BTC-USD-240329-40000-C","last":"","lastSz":"0","askPx":"0.0515","askSz":"30","bidPx":"","bidSz":"","open24h":"","high24h":"","low24h":"","volCcy24h":"0","vol24h":"0","ts":"1700000000000"}]}""";

    public const string Trades = """{"arg":{"channel":"trades","instId":"BTC-USD-SWAP"},"data":[{"instId":"BTC-USD-SWAP","tradeId":"7849","px":"37000.8","sz":"3","side":"buy","ts":"1700000000000"}]}""";

    public const string Summary = """{"arg":{"channel":"opt-summary","instFamily":"BTC-USD"},"data":[{"instType":"OPTION","instId":"BTC-USD-240329-40000-C","uly":"BTC-USD","delta":"0.34","gamma":"1.2","vega":"0.002","theta":"-0.0004","lever":"19","markVol":"0.5125","bidVol":"0","askVol":"0.5425","realVol":"","deltaBS":"0.395","gammaBS":"0.00003","thetaBS":"-21.5","vegaBS":"60.25","volLv":"0.51","fwdPx":"37500.5","ts":"1700000000000"}]}""";

    public const string MarkPrice = """{"arg":{"channel":"mark-price","instId":"BTC-USD-240329-40000-C"},"data":[{"instType":"OPTION","instId":"BTC-USD-240329-40000-C","markPx":"0.05","ts":"1700000000050"}]}""";

    public const string IndexTicker = """{"arg":{"channel":"index-tickers","instId":"BTC-USD"},"data":[{"instId":"BTC-USD","idxPx":"37000.25","high24h":"1","open24h":"1","low24h":"1","sodUtc0":"1","sodUtc8":"1","ts":"1700000000000"}]}""";

    public const string Subscribed = """{"event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"}}""";

    public const string Error = """{"event":"error","code":"60012","msg":"Invalid request"}""";

    public static IReadOnlyList<string> All { get; } =
    [
        InstrumentList, WithChecksum(Image), WithChecksum(Change), ShortBook, Ticker, Trades, Summary, MarkPrice, IndexTicker, Subscribed, Error,
    ];

    /// <summary>Puts the checksum of the book as it stands after the message, computed here in another way than in the decoder.</summary>
    public static string WithChecksum(string message)
    {
        const string AfterImage = "37000.5:1.5:37001.0:0.80:36999:2:37002:0.5:36998:1";
        const string AfterChange = "37000.5:1.75:37002:0.5:36999:2:37003:0.25:36998:1";
        return message.Replace("@1", Checksum(AfterImage)).Replace("@2", Checksum(AfterChange));
    }

    public static List<MarketEvent> Decode(OkxMessageDecoder decoder, string message)
    {
        var events = new List<MarketEvent>();
        decoder.Decode(Encoding.UTF8.GetBytes(message), ReceivedAt, events);
        return events;
    }

    private static string Checksum(string text)
    {
        // Bit by bit, without a table.
        var crc = uint.MaxValue;
        foreach (var b in Encoding.ASCII.GetBytes(text))
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var mix = ((crc ^ (uint)(b >> bit)) & 1) != 0;
                crc >>= 1;
                crc = mix ? crc ^ 0xEDB88320 : crc;
            }
        }

        return ((int)~crc).ToString(System.Globalization.CultureInfo.InvariantCulture);
    }
}

using System.IO.Compression;
using System.Text;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers;
using Pms.MarketData.Readers.Okx;
using Pms.MarketData.Snapshots;
using Pms.MarketData.Tests.Deribit;
using Pms.Testing;

namespace Pms.MarketData.Tests.Recordings;

public sealed class RecordingTests
{
    private static readonly string Recording = $$$"""
        wss://www.deribit.com/ws/api/v2 <-> 1700000000.25
        wss://www.deribit.com/ws/api/v2 <- 1700000000.3: {"jsonrpc":"2.0","id":42,"method":"public/get_index_price","params":{"index_name":"btc_usd"}}
        1700000000.5000001: {{{DeribitMessages.Quote.Trim()}}}
        1700000000.6: {{{DeribitMessages.IndexPrice}}}
        wss://stream.bybit.com/realtime <-> 1700000001
        1700000001.5: {"topic":"trade.BTCUSD","data":[]}
        nonsense

        https://www.deribit.com/api/v2/public/test -> 1700000002.5: {{{DeribitMessages.TestReply}}}
        """;

    [Fact]
    public void RawRecording_Lines_GoToTheirVenues()
    {
        using var file = MarketFile.Open(new MemoryStream(Encoding.UTF8.GetBytes(Recording)), "recording");
        file.Format.ShouldBe("raw-recording");
        var events = file.ReadEvents().ToArray();
        DeribitFixtureTests.Summarise(events).ShouldBe("QuoteUpdate IndexUpdate FeedControl venue-unsupported recording-line FeedControl");
        events[0].Provenance.ReceivedAt.ShouldBe(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_500));
        events.OfType<RejectedInput>().Select(r => r.Position).ShouldBe([6, 7]);
        events.OfType<IndexUpdate>().Single().Base.Code.ShouldBe("BTC", "the request that was sent names the index");
    }

    [Theory]
    [InlineData("cryptofeed_DERIBIT.ws.1.0.txt.gz", "BookChange 36, BookImage 10, FeedControl 1, IndexUpdate 89, QuoteUpdate 89", "")]
    [InlineData("cryptofeed_DERIBIT.0.txt.gz", "FeedControl 4, InstrumentListed 1017", "")]
    [InlineData("cryptofeed_OKX_instruments_2022-05-13.txt.gz", "InstrumentListed 1479", "")]
    [InlineData("cryptofeed_OKX.ws.1.0.txt.gz", "BookChange 97, BookImage 1, FeedControl 18, QuoteUpdate 28, RejectedInput 197, TradePrint 69", "contract-size-unknown 197")]
    [InlineData("cryptofeed_BYBIT.ws.26.0.txt.gz", "RejectedInput 1098", "venue-unsupported 1098")]
    public void RawRecording_EveryRecordedFile_IsReadOrRefusedMessageByMessage(string name, string expected, string codes)
    {
        using var file = MarketFile.Open(RepositoryPaths.RequireShared("data", "payloads", name));
        file.Format.ShouldBe("raw-recording");
        var events = file.ReadEvents().ToArray();
        Count(events.Select(e => e.GetType().Name)).ShouldBe(expected);
        Count(events.OfType<RejectedInput>().Select(r => r.Reason.Code)).ShouldBe(codes);
        foreach (var e in events)
        {
            EventBorder.Check(e);
        }
    }

    [Fact]
    public void RawRecording_OkxBooks_HoldEveryChecksumOnceContractSizesAreKnown()
    {
        // The list of instruments is a file of its own, recorded on the same day.
        var decoder = new OkxMessageDecoder();
        var events = new List<MarketEvent>();
        foreach (var (name, isList) in new[] { ("cryptofeed_OKX_instruments_2022-05-13.txt.gz", true), ("cryptofeed_OKX.ws.1.0.txt.gz", false) })
        {
            foreach (var line in Lines(name))
            {
                var cut = line.IndexOf(": {", StringComparison.Ordinal);
                if (cut > 0 && (isList || char.IsDigit(line[0])))
                {
                    decoder.Decode(Encoding.UTF8.GetBytes(line[(cut + 2)..]), null, events);
                }
            }
        }

        events.OfType<RejectedInput>().ShouldBeEmpty();
        events.OfType<FeedGap>().ShouldBeEmpty();
        events.OfType<BookImage>().Count().ShouldBe(3);
        events.OfType<BookChange>().Count().ShouldBeGreaterThan(200);
        var state = new MarketState();
        events.Select(state.Apply).Where(r => r is not null && r.Code != "quote-stale").ShouldBeEmpty();
        foreach (var quote in state.Seal(DateTimeOffset.UnixEpoch).Boards.SelectMany(b => b.Linears))
        {
            if (quote.Depth is { } depth)
            {
                depth.Bids[0].Price.ShouldBeLessThan(depth.Asks[0].Price);
                depth.Bids.Length.ShouldBeGreaterThan(50);
            }
        }
    }

    [Fact]
    public void RawRecording_DeribitBooks_AgreeWithTheTickersBesideThem()
    {
        // Two feeds of one market: where a ticker and a book of one instrument carry the same stamp, their best prices must be equal.
        var books = new Dictionary<Instrument, OrderBook>();
        var compared = 0;
        using var file = MarketFile.Open(RepositoryPaths.RequireShared("data", "payloads", "cryptofeed_DERIBIT.ws.1.0.txt.gz"));
        var tickers = new Dictionary<(Instrument, DateTimeOffset), QuoteValues>();
        foreach (var e in file.ReadEvents())
        {
            switch (e)
            {
                case BookImage image:
                    books[image.Instrument] = new OrderBook();
                    books[image.Instrument].Apply(image).ShouldBeNull();
                    break;
                case BookChange change:
                    books[change.Instrument].Apply(change).ShouldBeNull("the recording has no gap");
                    if (tickers.TryGetValue((change.Instrument, change.Provenance.EffectiveTime), out var v))
                    {
                        var depth = books[change.Instrument].ToDepth()!;
                        Best(depth.Bids).ShouldBe(v.Bid);
                        Best(depth.Asks).ShouldBe(v.Ask);
                        compared++;
                    }

                    break;
                case QuoteUpdate update:
                    tickers[(update.Instrument, update.Provenance.EffectiveTime)] = update.Values;
                    break;
            }
        }

        compared.ShouldBeGreaterThan(30);
    }

    private static double? Best(System.Collections.Immutable.ImmutableArray<BookLevel> side) => side.IsEmpty ? null : side[0].Price;

    private static string Count(IEnumerable<string> words) =>
        string.Join(", ", words.GroupBy(w => w).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Key} {g.Count()}"));

    private static IEnumerable<string> Lines(string name)
    {
        using var reader = new StreamReader(
            new GZipStream(File.OpenRead(RepositoryPaths.RequireShared("data", "payloads", name)), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }
}

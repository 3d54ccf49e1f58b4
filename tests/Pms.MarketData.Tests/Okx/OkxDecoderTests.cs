using System.Text;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers.Okx;
using Pms.MarketData.Snapshots;
using Pms.Testing;
using static Pms.MarketData.Tests.Okx.OkxMessages;

namespace Pms.MarketData.Tests.Okx;

public sealed class OkxDecoderTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("BTC-USD-240329-40000-C", "BTC-29MAR24-40000-C")]
    [InlineData("ETH-USD-240105-2250.5-P", "ETH-5JAN24-2250d5-P")]
    [InlineData("BTC-USD-240329", "BTC-29MAR24")]
    [InlineData("BTC-USDT-240329", "BTC_USDT-29MAR24")]
    [InlineData("BTC-USD-SWAP", "BTC-PERPETUAL")]
    [InlineData("BTC-USDT-SWAP", "BTC_USDT-PERPETUAL")]
    [InlineData("BTC-USDT", "BTC_USDT")]
    public void Names_BothVenues_NameOneInstrument(string okx, string canonical)
    {
        OkxNames.TryParse(okx, out var instrument, out _).ShouldBeTrue();
        instrument!.Name.ShouldBe(canonical);
        DeribitNames.Parse(canonical).ShouldBe(instrument);
        OkxNames.Format(instrument).ShouldBe(okx);
    }

    [Theory]
    [InlineData("")]
    [InlineData("BTC")]
    [InlineData("BTC-USD-240230-40000-C")]
    [InlineData("BTC-USD-240329-0-C")]
    [InlineData("BTC-USD-240329-40000-X")]
    [InlineData("BTC-USD-240329-40000")]
    [InlineData("BTC-USD-29MAR24")]
    [InlineData("btc-usd-SWAP")]
    public void Names_OtherForms_AreRefused(string name)
    {
        OkxNames.TryParse(name, out _, out var refusal).ShouldBeFalse();
        refusal!.Code.ShouldBe("instrument-name");
    }

    [Fact]
    public void Ticker_EmptyText_IsNoQuoteAndSizesAreCoin()
    {
        var decoder = Prepared();
        var v = Decode(decoder, Ticker).OfType<QuoteUpdate>().Single().Values;
        (v.Bid, v.BidSize, v.Ask, v.Last).ShouldBe((null, null, 0.0515, null));
        v.AskSize!.Value.ShouldBe(3.0, 1e-12, "30 contracts of 0.1 BTC");
    }

    [Fact]
    public void Ticker_BeforeTheListing_HasNoSizes()
    {
        var v = Decode(new OkxMessageDecoder(), Ticker).OfType<QuoteUpdate>().Single().Values;
        (v.Ask, v.AskSize).ShouldBe((0.0515, null));
    }

    [Fact]
    public void Trades_InverseContracts_AreUsd() => Decode(Prepared(), Trades).OfType<TradePrint>().Single().Amount.ShouldBe(300);

    [Theory]
    [InlineData(Trades)]
    [InlineData(ShortBook)]
    public void Amounts_BeforeTheListing_AreRefused(string message) => Rejection(Decode(new OkxMessageDecoder(), message)).ShouldBe("contract-size-unknown");

    [Fact]
    public void Summary_VolsAreFractionsAndGreeksAreBlackScholes()
    {
        var v = Decode(Prepared(), Summary).OfType<QuoteUpdate>().Single().Values;
        (v.MarkVol, v.BidVol, v.AskVol, v.UnderlyingPrice).ShouldBe((0.5125, null, 0.5425, 37500.5));
        (v.Delta, v.Gamma, v.Vega, v.Theta).ShouldBe((0.395, 0.00003, 60.25, -21.5));
    }

    [Fact]
    public void MarkPriceAndSummary_TwoChannels_MakeOneMark()
    {
        var decoder = Prepared();
        Decode(decoder, Summary);
        var v = Decode(decoder, MarkPrice).OfType<QuoteUpdate>().Single().Values;
        (v.Mark, v.MarkVol).ShouldBe((0.05, 0.5125));
    }

    [Fact]
    public void IndexTicker_Name_IsAnIndexNotASpotPair()
    {
        var index = Decode(Prepared(), IndexTicker).OfType<IndexUpdate>().Single();
        (index.Base.Code, index.Quote.Code, index.Price).ShouldBe(("BTC", "USD", 37000.25));
    }

    [Fact]
    public void Instruments_ContractValue_IsMultiplied()
    {
        var listed = Decode(new OkxMessageDecoder(), InstrumentList).OfType<InstrumentListed>().ToArray();
        listed.Select(l => (l.Instrument.Name, l.Terms.ContractSize)).ShouldBe([("BTC-PERPETUAL", 100), ("BTC-29MAR24-40000-C", 0.1), ("BTC_USDT", 1)]);
    }

    [Fact]
    public void Book_ImageAndChange_HoldTheirChecksums()
    {
        var decoder = Prepared();
        var state = new MarketState();
        foreach (var e in Decode(decoder, WithChecksum(Image)).Concat(Decode(decoder, WithChecksum(Change))))
        {
            e.ShouldNotBeOfType<FeedGap>();
            state.Apply(e).ShouldBeNull();
        }

        var depth = state.Seal(ReceivedAt).Boards.Single().Linears.Single().Depth!;
        depth.Bids.ShouldBe([new BookLevel(37000.5, 1.75), new BookLevel(36999, 2), new BookLevel(36998, 1)]);
        depth.Asks.ShouldBe([new BookLevel(37002, 0.5), new BookLevel(37003, 0.25)]);
    }

    [Fact]
    public void Book_MissedChange_IsNoticedByItsChecksum()
    {
        var decoder = Prepared();
        Decode(decoder, WithChecksum(Image));
        var events = Decode(decoder, WithChecksum(Change).Replace("1.75", "1.76"));
        events.OfType<FeedGap>().Single().Reason.Code.ShouldBe("book-checksum");
        Rejection(Decode(decoder, WithChecksum(Change))).ShouldBe("book-no-image");
        Decode(decoder, WithChecksum(Image)).OfType<BookImage>().Count().ShouldBe(1);
    }

    [Fact]
    public void Book_SequenceNumbers_WhereThereAreAny_AreChecked()
    {
        var decoder = Prepared();
        Decode(decoder, WithChecksum(Image).Replace("\"ts\"", "\"seqId\":100,\"prevSeqId\":-1,\"ts\""));
        var change = WithChecksum(Change).Replace("\"ts\"", "\"seqId\":105,\"prevSeqId\":102,\"ts\"");
        Decode(decoder, change).OfType<FeedGap>().Single().Reason.Code.ShouldBe("book-gap");
    }

    [Fact]
    public void Crc32_CheckValue_IsTheStandardsOne() => Crc32.Compute("123456789"u8).ShouldBe(0xCBF43926);

    [Theory]
    [InlineData("{", "json-invalid")]
    [InlineData("[]", "message-shape")]
    [InlineData("{}", "message-incomplete")]
    [InlineData("""{"arg":{"channel":"candle1D","instId":"BTC-USDT"},"data":[]}""", "channel-unsupported")]
    [InlineData("""{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[1]}""", "data-shape")]
    [InlineData("""{"arg":{"channel":"tickers"},"data":[{}]}""", "field-missing")]
    [InlineData("""{"arg":{"channel":"tickers","instId":"BTC"},"data":[{}]}""", "instrument-name")]
    [InlineData("""{"arg":{"channel":"mark-price","instId":"BTC-USDT"},"data":[{"markPx":"NaN"}]}""", "number-invalid")]
    [InlineData("""{"arg":{"channel":"mark-price","instId":"BTC-USDT"},"data":[{"markPx":"1e999"}]}""", "number-invalid")]
    [InlineData("""{"arg":{"channel":"mark-price","instId":"BTC-USDT"},"data":[{"markPx":"-1"}]}""", "price-range")]
    [InlineData("""{"arg":{"channel":"mark-price","instId":"BTC-USDT"},"data":[{"markPx":{}}]}""", "field-type")]
    [InlineData("""{"arg":{"channel":"mark-price","instId":"BTC-USDT"},"data":[{"markPx":"1","ts":"17000000000000000"}]}""", "time-range")]
    [InlineData("""{"code":"0","data":[{"x":"1"}]}""", "result-unknown")]
    public void Decode_UnknownOrBroken_IsTyped(string message, string code) => Rejection(Decode(Prepared(), message)).ShouldBe(code);

    [Fact]
    public void Decode_ControlMessages_AreTyped()
    {
        Decode(Prepared(), Subscribed).Single().ShouldBeOfType<FeedControl>().Kind.ShouldBe(FeedControlKind.Reply);
        var error = Decode(Prepared(), Error).Single().ShouldBeOfType<FeedControl>();
        (error.Kind, error.ErrorCode, error.Text).ShouldBe((FeedControlKind.Error, 60012, "Invalid request"));
        Decode(Prepared(), "pong").Single().ShouldBeOfType<FeedControl>().Kind.ShouldBe(FeedControlKind.Heartbeat);
    }

    [Fact]
    public void Decode_DamagedMessages_AreEventsOrTypedRejections()
    {
        const ulong Seed = 20240602;
        output.WriteLine($"seed {Seed}");
        var mutator = new MessageMutator(Seed);
        var events = new List<MarketEvent>();
        var codes = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var cases = FuzzBudget.Cases(100_000);
        var decoder = Prepared();
        var total = 0L;
        for (var i = 0; i < cases; i++)
        {
            var message = mutator.Mutate(All);
            events.Clear();
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                decoder.Decode(message, ReceivedAt, events);
                var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                allocated.ShouldBeLessThan(4 * 1024 * 1024, "a bounded table of names may double, nothing more");
                total += allocated;
                events.ShouldNotBeEmpty();
                foreach (var e in events)
                {
                    EventBorder.Check(e);
                    if (e is RejectedInput rejected)
                    {
                        codes[rejected.Reason.Code] = codes.GetValueOrDefault(rejected.Reason.Code) + 1;
                    }
                }
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"case {i} of seed {Seed}: {Encoding.UTF8.GetString(message)}", e);
            }
        }

        output.WriteLine(string.Join(", ", codes.Select(c => $"{c.Key} {c.Value}")));
        (total / cases).ShouldBeLessThan(32 * 1024);
        codes.Count.ShouldBeGreaterThan(12, "the cases must reach the checks, not only the parser");
    }

    private static OkxMessageDecoder Prepared()
    {
        var decoder = new OkxMessageDecoder();
        Decode(decoder, InstrumentList).OfType<RejectedInput>().ShouldBeEmpty();
        return decoder;
    }

    private static string Rejection(List<MarketEvent> events) => events.OfType<RejectedInput>().Single().Reason.Code;
}

using System.Text;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers;
using Pms.MarketData.Readers.Deribit;
using Pms.MarketData.Snapshots;
using static Pms.MarketData.Tests.Deribit.DeribitMessages;

namespace Pms.MarketData.Tests.Deribit;

public sealed class DeribitDecoderTests
{
    [Fact]
    public void Ticker_Option_VolsArePercentAndPricesAreCoin()
    {
        var events = Decode(OptionTicker);
        var update = events.OfType<QuoteUpdate>().Single();
        var v = update.Values;
        update.Instrument.ShouldBe(DeribitNames.Parse("BTC-29DEC23-40000-C"));
        update.Provenance.ShouldBe(new Provenance("deribit.ws", DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000), ReceivedAt));
        (v.Bid, v.BidSize, v.Ask, v.AskSize).ShouldBe((0.0345, 12.5, 0.036, 7.1));
        (v.MarkVol, v.BidVol, v.AskVol).ShouldBe((0.525, 0.5125, 0.5375));
        (v.Mark, v.UnderlyingPrice, v.UnderlyingName).ShouldBe((0.0352, 37250.5, "BTC-29DEC23"));
        (v.Delta, v.Gamma, v.Vega, v.Theta, v.Rho).ShouldBe((0.41, 0.00005, 47.5, -31.25, 15.5));
        (v.OpenInterest, v.Volume24h, v.Last).ShouldBe((1234.5, 88.5, 0.035));
        (v.CurrentFunding, v.Funding8h).ShouldBe((null, null));
        update.Groups.ShouldBe(
            QuoteGroups.TopOfBook | QuoteGroups.Mark | QuoteGroups.Forward | QuoteGroups.QuotedVols | QuoteGroups.Greeks | QuoteGroups.Statistics);
        var index = events.OfType<IndexUpdate>().Single();
        (index.Base, index.Quote, index.Price).ShouldBe((new Asset("BTC"), Asset.Usd, 37001.25));
        events.Count.ShouldBe(2);
    }

    [Fact]
    public void Ticker_ZeroPriceAndZeroVol_MeanNoQuote()
    {
        var update = Single<QuoteUpdate>(UnquotedTicker);
        var v = update.Values;
        (v.Bid, v.BidSize, v.Ask, v.AskSize, v.BidVol, v.AskVol).ShouldBe((null, null, null, null, null, null));
        (v.Last, v.Volume24h, v.OpenInterest).ShouldBe((null, null, 0));
        v.MarkVol.ShouldBe(2.0964);
        var option = update.Instrument.ShouldBeOfType<EuropeanOption>();
        option.Strike.ShouldBe(1.02m);
        option.Underlying.Settlement.ShouldBe(Settlement.Linear);
        option.Underlying.SettlementAsset.ShouldBe(new Asset("USDC"));
    }

    [Fact]
    public void Ticker_DataBeforeChannel_IsReadTheSame()
    {
        var update = Single<QuoteUpdate>(PerpetualTicker);
        update.Groups.ShouldBe(QuoteGroups.TopOfBook | QuoteGroups.Mark | QuoteGroups.Statistics | QuoteGroups.Funding);
        (update.Values.Bid, update.Values.BidSize, update.Values.CurrentFunding, update.Values.Funding8h).ShouldBe((37000.5, 117660, 0.0001, -0.00001742));
        update.Values.MarkVol.ShouldBeNull();
    }

    [Fact]
    public void MarkPrices_Iv_IsAFractionAlready()
    {
        var events = Decode(MarkPrices);
        events.Count.ShouldBe(2);
        var first = events[0].ShouldBeOfType<QuoteUpdate>();
        first.Groups.ShouldBe(QuoteGroups.Mark);
        (first.Values.Mark, first.Values.MarkVol).ShouldBe((0.0333, 0.525));
    }

    [Fact]
    public void MarkPricesAndTicker_SameVol_AgreeInTheState()
    {
        // 52.5 percent on the ticker and 0.525 of markprice.options are one number.
        var state = new MarketState();
        foreach (var e in Decode(OptionTicker))
        {
            state.Apply(e).ShouldBeNull();
        }

        var before = state.Seal(ReceivedAt).Boards[0].Expiries[0].Options[0].Values.MarkVol;
        foreach (var e in Decode(MarkPrices))
        {
            state.Apply(e).ShouldBeNull();
        }

        state.Seal(ReceivedAt).Boards[0].Expiries[0].Options.Single(o => o.Instrument.Name.EndsWith('C')).Values.MarkVol.ShouldBe(before);
    }

    [Fact]
    public void VolatilityIndex_Points_BecomeAFraction() => Single<VolatilityIndexUpdate>(VolatilityIndex).Vol.ShouldBe(1.2936);

    [Fact]
    public void Quote_Spread_TouchesTheTopOfBookOnly()
    {
        var update = Single<QuoteUpdate>(Quote);
        update.Groups.ShouldBe(QuoteGroups.TopOfBook);
        (update.Values.Bid, update.Values.BidSize, update.Values.Ask, update.Values.AskSize).ShouldBe((37001.0, 133440, 37001.5, 99470));
    }

    [Fact]
    public void Book_ImageThenChange_GivesTheBook()
    {
        var book = new OrderBook();
        book.Apply(Single<BookImage>(DeribitMessages.BookImage)).ShouldBeNull();
        book.Apply(Single<BookChange>(DeribitMessages.BookChange)).ShouldBeNull();
        var depth = book.ToDepth()!;
        depth.ChangeId.ShouldBe(101);
        depth.Bids.ShouldBe([new BookLevel(36999.5, 500), new BookLevel(36999, 300)]);
        depth.Asks.ShouldBe([new BookLevel(37001, 800), new BookLevel(37002, 650)]);
    }

    [Fact]
    public void Book_ShapeOf2019_ImageHasNoPreviousIdAndNoType()
    {
        var image = Single<BookImage>(OldBookImage);
        image.Bids.ShouldBe([new BookLevel(217.8, 1895), new BookLevel(217.75, 712)], "an image is best first, whatever order it came in");
        var change = Single<BookChange>(OldBookChange);
        (change.PreviousChangeId, change.ChangeId).ShouldBe((100, 103));
        var book = new OrderBook();
        book.Apply(image).ShouldBeNull();
        book.Apply(change).ShouldBeNull();
        book.ToDepth()!.Bids.ShouldBe([new BookLevel(217.75, 712)]);
    }

    [Fact]
    public void Book_ChangeAfterZero_IsTheImageOfABookThatWasEmpty()
    {
        var image = Single<BookImage>(FirstBookChange);
        image.IsPartial.ShouldBeFalse();
        image.Bids.ShouldBe([new BookLevel(0.019, 93)]);
    }

    [Fact]
    public void Book_Grouped_IsAPartialImageThatTakesNoChanges()
    {
        var image = Single<BookImage>(GroupedBook);
        image.IsPartial.ShouldBeTrue();
        image.Bids.Length.ShouldBe(2);
        var book = new OrderBook();
        book.Apply(image).ShouldBeNull();
        var change = Single<BookChange>(DeribitMessages.BookChange) with { ChangeId = 556, PreviousChangeId = 555 };
        book.Apply(change)!.Code.ShouldBe("book-partial");
        book.ToDepth()!.ChangeId.ShouldBe(555);
    }

    [Fact]
    public void Book_PartialImageWhereTheWholeIsHeld_IsRefused()
    {
        var book = new OrderBook();
        book.Apply(Single<BookImage>(DeribitMessages.BookImage));
        book.Apply(Single<BookImage>(GroupedBook))!.Code.ShouldBe("book-partial");
        book.Apply(Single<BookChange>(DeribitMessages.BookChange)).ShouldBeNull();
    }

    [Fact]
    public void Trades_Liquidation_IsFlagged()
    {
        var trades = Decode(Trades).Cast<TradePrint>().ToArray();
        trades.Length.ShouldBe(2);
        (trades[0].TradeId, trades[0].BuyerIsTaker, trades[0].IsLiquidation, trades[0].Amount).ShouldBe(("403691824", false, false, 10));
        (trades[1].BuyerIsTaker, trades[1].IsLiquidation).ShouldBe((true, true));
    }

    [Fact]
    public void Trades_Combo_IsRefusedOnceAndItsLegsAreNotCountedTwice() => RejectionOf(ComboTrades).ShouldBe("instrument-combo");

    [Fact]
    public void PriceIndex_Name_GivesCoinAndCurrency()
    {
        var index = Single<IndexUpdate>(PriceIndex);
        (index.Base.Code, index.Quote.Code, index.Price).ShouldBe(("BTC", "USD", 37001.17));
    }

    [Fact]
    public void DeliveryEstimate_WithoutTimestamp_HasTheReceiveTime()
    {
        var estimate = Single<DeliveryEstimate>(DeribitMessages.DeliveryEstimate);
        (estimate.Quote.Code, estimate.Price, estimate.SecondsToDelivery, estimate.IsAveraging).ShouldBe(("USDC", 2003.5, 180929, false));
        estimate.Provenance.ExchangeTime.ShouldBeNull();
        estimate.Provenance.EffectiveTime.ShouldBe(ReceivedAt);
    }

    [Fact]
    public void InstrumentState_Created_IsNotFinal()
    {
        var change = Single<InstrumentStateChange>(InstrumentState);
        (change.State, change.IsFinal).ShouldBe(("created", false));
        Single<InstrumentStateChange>(InstrumentState.Replace("created", "closed")).IsFinal.ShouldBeTrue();
    }

    [Fact]
    public void PlatformState_Locked_IsReported() => Single<PlatformStateChange>(PlatformState).Locked.ShouldBe(true);

    [Theory]
    [InlineData(Heartbeat, FeedControlKind.Heartbeat, null, 0)]
    [InlineData(TestRequest, FeedControlKind.TestRequest, null, 0)]
    [InlineData(SubscribeReply, FeedControlKind.Reply, 7L, 0)]
    [InlineData(TooManyRequests, FeedControlKind.Error, 3L, 10028)]
    [InlineData(TestReply, FeedControlKind.Reply, 11L, 0)]
    public void Control_Messages_AreTyped(string message, FeedControlKind kind, long? id, int code)
    {
        var control = Single<FeedControl>(message);
        (control.Kind, control.RequestId, control.ErrorCode).ShouldBe((kind, id, code));
    }

    [Fact]
    public void SubscribeReply_Channels_AreNamed() =>
        Single<FeedControl>(SubscribeReply).Names.ShouldBe(["book.BTC-PERPETUAL.100ms", "quote.BTC-PERPETUAL"]);

    [Fact]
    public void Instruments_Combo_IsRefusedAndTheOthersAreListed()
    {
        var events = Decode(InstrumentList);
        var listed = events.OfType<InstrumentListed>().ToArray();
        listed.Select(l => l.Instrument.Name).ShouldBe(["BTC-PERPETUAL", "BTC-29DEC23-40000-C"]);
        listed[1].Terms.ShouldBe(new InstrumentTerms(1, 0.0005, 0.1, "open", DateTimeOffset.FromUnixTimeMilliseconds(1_690_000_000_000)));
        events.OfType<RejectedInput>().Single().Reason.Code.ShouldBe("instrument-combo");
        events.OfType<FeedControl>().Single().RequestId.ShouldBe(1);
    }

    [Theory]
    [InlineData("\"expiration_timestamp\":1703836800000", "\"expiration_timestamp\":1703836800001")]
    [InlineData("\"strike\":40000.0", "\"strike\":40001.0")]
    [InlineData("\"option_type\":\"call\"", "\"option_type\":\"put\"")]
    [InlineData("\"kind\":\"option\"", "\"kind\":\"future\"")]
    [InlineData("\"strike\":40000.0,\"instrument_type\":\"reversed\"", "\"strike\":40000.0,\"instrument_type\":\"linear\"")]
    public void Instruments_TermsAgainstTheName_AreRefused(string from, string to)
    {
        var message = InstrumentList.Replace(from, to);
        message.ShouldNotBe(InstrumentList);
        Decode(message).OfType<RejectedInput>().Select(r => r.Reason.Code).ShouldBe(["instrument-mismatch", "instrument-combo"]);
    }

    [Fact]
    public void OrderBook_Reply_IsAPartialImageAndAQuote()
    {
        var events = Decode(DeribitMessages.OrderBook);
        events.OfType<BookImage>().Single().IsPartial.ShouldBeTrue();
        events.OfType<QuoteUpdate>().Single().Values.Bid.ShouldBe(37000.5);
        events.OfType<RejectedInput>().ShouldBeEmpty();
    }

    [Fact]
    public void BookSummary_NullBid_IsOneSided()
    {
        var updates = Decode(BookSummary).OfType<QuoteUpdate>().ToArray();
        updates.Length.ShouldBe(2);
        (updates[0].Values.Bid, updates[0].Values.MarkVol, updates[0].Values.BidSize).ShouldBe((0.0345, 0.525, null));
        (updates[1].Values.Bid, updates[1].Values.Ask).ShouldBe((null, 0.0005));
        updates[0].Provenance.ExchangeTime.ShouldBe(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000));
    }

    [Fact]
    public void LastTrades_Reply_IsReadAsTrades() => Single<TradePrint>(LastTrades).Price.ShouldBe(0.0345);

    [Fact]
    public void IndexPrice_WithoutItsRequest_IsRefused() => RejectionOf(IndexPrice).ShouldBe("index-name-missing");

    [Fact]
    public void IndexPrice_AfterItsRequest_IsNamed()
    {
        var decoder = new DeribitMessageDecoder();
        decoder.ObserveRequest("""{"jsonrpc":"2.0","id":42,"method":"public/get_index_price","params":{"index_name":"eth_usd"}}"""u8).ShouldBeTrue();
        var index = Decode(IndexPrice, decoder).OfType<IndexUpdate>().Single();
        (index.Base.Code, index.Price).ShouldBe(("ETH", 37001.5));
        Decode(IndexPrice, decoder).OfType<RejectedInput>().Single().Reason.Code.ShouldBe("index-name-missing", "a request is answered once");
    }

    [Fact]
    public void ChartData_Candles_AreRefused() => RejectionOf(ChartData).ShouldBe("chart-data-unsupported");

    [Theory]
    [InlineData("", "json-invalid")]
    [InlineData("{", "json-invalid")]
    [InlineData("[]", "message-shape")]
    [InlineData("{}", "message-incomplete")]
    [InlineData("{} {}", "json-invalid")]
    [InlineData("""{"method":"subscription"}""", "message-incomplete")]
    [InlineData("""{"method":"public/test","params":{}}""", "method-unknown")]
    [InlineData("""{"method":"subscription","params":{"channel":"user.portfolio.btc","data":{}}}""", "channel-unsupported")]
    [InlineData("""{"method":"subscription","params":{"channel":"chart.trades.BTC-PERPETUAL.1","data":{}}}""", "channel-unsupported")]
    [InlineData("""{"method":"subscription","params":{"channel":"ticker.X.raw","data":[]}}""", "data-shape")]
    [InlineData("""{"method":"subscription","params":{"channel":"ticker.X.raw","data":{}}}""", "field-missing")]
    [InlineData("""{"method":"subscription","params":{"channel":"ticker.X.raw","data":{"instrument_name":"BTC-PERPETUAL"}}}""", "field-missing")]
    [InlineData("""{"method":"subscription","params":{"channel":"trades.X.raw","data":[1]}}""", "data-shape")]
    [InlineData("""{"method":"subscription","params":{},"params":{}}""", "json-duplicate-key")]
    [InlineData("""{"id":1,"result":{"a":1}}""", "result-unknown")]
    public void Decode_UnknownOrBroken_IsTyped(string message, string code) => RejectionOf(message).ShouldBe(code);

    [Theory]
    [InlineData("\"best_bid_price\":0.0345", "\"best_bid_price\":-0.0345", "price-range")]
    [InlineData("\"best_bid_price\":0.0345", "\"best_bid_price\":1e999", "value-not-finite")]
    [InlineData("\"best_bid_price\":0.0345", "\"best_bid_price\":\"0.0345\"", "field-type")]
    [InlineData("\"best_bid_price\":0.0345", "\"best_bid_price\":1285.5", "price-range")]
    [InlineData("\"best_bid_amount\":12.5", "\"best_bid_amount\":-1", "amount-range")]
    [InlineData("\"mark_iv\":52.5", "\"mark_iv\":-52.5", "vol-range")]
    [InlineData("\"mark_iv\":52.5", "\"mark_iv\":52500", "vol-range")]
    [InlineData("\"delta\":0.41", "\"delta\":-1e300", "value-range")]
    [InlineData("\"timestamp\":1700000000000", "\"timestamp\":1700000000000000", "time-range")]
    [InlineData("\"timestamp\":1700000000000", "\"timestamp\":1700000000", "time-range")]
    [InlineData("\"timestamp\":1700000000000", "\"timestamp\":1700007200000", "time-ahead")]
    [InlineData("\"timestamp\":1700000000000", "\"timestamp\":1.5", "field-type")]
    [InlineData("\"instrument_name\":\"BTC-29DEC23-40000-C\"", "\"instrument_name\":\"BTC-29DEC23-40000-X\"", "instrument-name")]
    [InlineData("\"instrument_name\":\"BTC-29DEC23-40000-C\"", "\"instrument_name\":\"BTC-STRD-29DEC23-40000\"", "instrument-combo")]
    [InlineData("\"instrument_name\":\"BTC-29DEC23-40000-C\"", "\"instrument_name\":null", "field-missing")]
    [InlineData("\"instrument_name\":\"BTC-29DEC23-40000-C\"", "\"instrument_name\":\"\\ud800\"", "text-encoding")]
    public void Ticker_BadValue_IsRefusedWithItsCode(string from, string to, string code)
    {
        var message = OptionTicker.Replace(from, to);
        message.ShouldNotBe(OptionTicker);
        RejectionOf(message).ShouldBe(code);
    }

    [Fact]
    public void Decode_EscapedNamesAndValues_AreReadLikePlainOnes()
    {
        var escaped = OptionTicker.Replace("\"best_bid_price\"", "\"best\\u005fbid_price\"").Replace("BTC-29DEC23-40000-C\",\"state", "BTC\\u002D29DEC23-40000-C\",\"state");
        escaped.ShouldNotBe(OptionTicker);
        Single<QuoteUpdate>(escaped).Values.Bid.ShouldBe(0.0345);
    }

    [Fact]
    public void MarkPrices_OneBadElement_CostsOnlyItself()
    {
        var events = Decode(MarkPrices.Replace("\"mark_price\":0.117", "\"mark_price\":-1"));
        events.OfType<QuoteUpdate>().Count().ShouldBe(1);
        var rejected = events.OfType<RejectedInput>().Single();
        rejected.Reason.Code.ShouldBe("price-range");
        rejected.Excerpt.ShouldContain("\"mark_price\":-1");
    }

    [Fact]
    public void Decode_BeyondTheLengthLimit_IsRefusedUnread()
    {
        var events = new List<MarketEvent>();
        new DeribitMessageDecoder(limits: new ReadLimits(MaxLineBytes: 100)).Decode(Encoding.UTF8.GetBytes(OptionTicker), ReceivedAt, events);
        events.Single().ShouldBeOfType<RejectedInput>().Reason.Code.ShouldBe("message-too-long");
    }

    [Fact]
    public void Decode_SameInstrumentTwice_IsOneObject()
    {
        var decoder = new DeribitMessageDecoder();
        var first = Decode(OptionTicker, decoder).OfType<QuoteUpdate>().Single();
        var second = Decode(OptionTicker, decoder).OfType<QuoteUpdate>().Single();
        second.Instrument.ShouldBeSameAs(first.Instrument);
    }

    [Fact]
    public void State_LateTicker_DoesNotOverwriteANewerOne()
    {
        var state = new MarketState();
        var newer = Single<QuoteUpdate>(OptionTicker);
        var late = Decode(OptionTicker.Replace("1700000000000", "1699999999999").Replace("0.0345", "0.0111").Replace("37001.25", "30000"));
        state.Apply(newer).ShouldBeNull();
        state.Apply(Decode(OptionTicker).OfType<IndexUpdate>().Single()).ShouldBeNull();
        late.Select(e => state.Apply(e)!.Code).ShouldBe(["quote-stale", "index-stale"]);
        var board = state.Seal(ReceivedAt).Boards.Single();
        board.Index!.Value.Price.ShouldBe(37001.25);
        board.Expiries[0].Options[0].Bid.ShouldBe(0.0345);
    }

    [Fact]
    public void State_ClosedInstrument_LeavesTheBoard()
    {
        var state = new MarketState();
        state.Apply(Single<QuoteUpdate>(OptionTicker));
        state.Apply(Single<InstrumentStateChange>(InstrumentState.Replace("created", "closed").Replace("41000", "40000")));
        state.Seal(ReceivedAt).Boards.ShouldBeEmpty();
    }
}

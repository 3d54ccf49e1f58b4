using System.Text;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers.Deribit;
using Pms.MarketData.Snapshots;
using Pms.Testing;

namespace Pms.MarketData.Tests.Deribit;

/// <summary>Recorded and documented messages of the reference data; skipped where that folder is absent.</summary>
public sealed class DeribitFixtureTests
{
    [Theory]
    [InlineData("ws/ws_book_delta.json", "BookChange")]
    [InlineData("ws/ws_book_grouped_snapshot.json", "BookImage")]
    [InlineData("ws/ws_book_snapshot.json", "BookImage")]
    [InlineData("ws/ws_chart.json", "channel-unsupported")]
    [InlineData("ws/ws_error.json", "FeedControl")]
    [InlineData("ws/ws_portfolio.json", "channel-unsupported")]
    [InlineData("ws/ws_quote.json", "QuoteUpdate")]
    [InlineData("ws/ws_subscribe_response.json", "FeedControl")]
    [InlineData("ws/ws_test_request.json", "FeedControl")]
    [InlineData("ws/ws_ticker.json", "QuoteUpdate IndexUpdate")]
    [InlineData("ws/ws_trades.json", "TradePrint*2")]
    [InlineData("ws/ws_trades_option_combo.json", "instrument-combo")]
    [InlineData("ws/ws_volatility_index.json", "VolatilityIndexUpdate")]
    [InlineData("docs/markprice_options_notification.json", "QuoteUpdate*5")]
    [InlineData("docs/deribit_price_index_notification.json", "IndexUpdate")]
    [InlineData("docs/private_get_margins.json", "message-incomplete")]
    [InlineData("docs/private_get_positions.json", "message-incomplete")]
    [InlineData("docs/private_pme_simulate.json", "message-incomplete")]
    [InlineData("docs/private_simulate_portfolio.json", "message-incomplete")]
    [InlineData("rest/http_get_account_summaries.json", "result-unknown FeedControl")]
    [InlineData("rest/http_get_account_summaries_cross_margin.json", "result-unknown FeedControl")]
    [InlineData("rest/http_get_combos.json", "result-unknown*6 FeedControl")]
    [InlineData("rest/http_get_expirations_btc_option.json", "result-unknown FeedControl")]
    // The values of the next two are made up by their source: they expire at 12:00 UTC, which no listed contract does.
    [InlineData("rest/http_get_instrument_option.json", "instrument-mismatch FeedControl")]
    [InlineData("rest/http_get_instruments.json", "InstrumentListed instrument-mismatch*2 instrument-combo FeedControl")]
    [InlineData("rest/http_get_instruments_option_combo.json", "instrument-combo*6 FeedControl")]
    [InlineData("rest/http_get_last_trades.json", "TradePrint*10 FeedControl")]
    [InlineData("rest/http_get_last_trades_option_combo.json", "instrument-combo FeedControl")]
    [InlineData("rest/http_get_order_book.json", "BookImage QuoteUpdate IndexUpdate FeedControl")]
    [InlineData("rest/http_get_time.json", "FeedControl")]
    [InlineData("rest/http_get_tradingview_chart_data.json", "chart-data-unsupported FeedControl")]
    [InlineData("rest/http_test.json", "FeedControl")]
    public void Decode_DocumentedMessage_GivesTheExpectedEventsOrCode(string file, string expected)
    {
        var message = File.ReadAllBytes(RepositoryPaths.RequireShared(["fixtures", "deribit", .. file.Split('/')]));
        var events = new List<MarketEvent>();
        new DeribitMessageDecoder().Decode(message, null, events);
        Summarise(events).ShouldBe(expected);
    }

    [Fact]
    public void Decode_EveryRecordedMessage_OfSixYears()
    {
        var lines = File.ReadAllLines(RepositoryPaths.RequireShared("fixtures", "deribit", "ws", "recorded_messages.ndjson"));
        var decoder = new DeribitMessageDecoder();
        var events = new List<MarketEvent>();
        foreach (var line in lines)
        {
            decoder.Decode(Encoding.UTF8.GetBytes(line), null, events);
        }

        decoder.MessageCount.ShouldBe(18);
        Summarise(events).ShouldBe(
            "TradePrint*2 QuoteUpdate BookImage BookChange QuoteUpdate IndexUpdate QuoteUpdate IndexUpdate QuoteUpdate IndexUpdate QuoteUpdate IndexUpdate "
            + "QuoteUpdate IndexUpdate QuoteUpdate IndexUpdate TradePrint*2 BookImage*2 instrument-combo*3 QuoteUpdate IndexUpdate");
        events.OfType<TradePrint>().Count(t => t.IsLiquidation).ShouldBe(2);

        // Every ticker of an option carries its vol in percent; the matic one has none of its quotes.
        var matic = events.OfType<QuoteUpdate>().Last();
        matic.Instrument.Name.ShouldBe("MATIC_USDC-9MAR24-1d02-C");
        (matic.Values.Bid, matic.Values.Ask, matic.Values.MarkVol).ShouldBe((null, null, 2.0964));

        var state = new MarketState();
        var refusals = events.Select(state.Apply).Where(r => r is not null).Select(r => r!.Code).ToArray();

        // The recorded excerpts of the 2019 book are not consecutive, and the file is not in order of time: both must be noticed.
        refusals.ShouldBe(["book-gap", "index-stale"]);
    }

    [Fact]
    public void Decode_RecordedTicker_KeepsTheVenuesNumbers()
    {
        var line = File.ReadLines(RepositoryPaths.RequireShared("fixtures", "deribit", "ws", "recorded_messages.ndjson"))
            .Single(l => l.Contains("ticker.BTC-5JUN20-9250-C.raw", StringComparison.Ordinal));
        var events = new List<MarketEvent>();
        new DeribitMessageDecoder().Decode(Encoding.UTF8.GetBytes(line), null, events);
        var update = events.OfType<QuoteUpdate>().Single();
        update.Instrument.ShouldBe(DeribitNames.Parse("BTC-5JUN20-9250-C"));
        (update.Values.UnderlyingName, update.Values.UnderlyingPrice).ShouldBe(("SYN.BTC-5JUN20", 9440.73));
        (update.Values.BidVol, update.Values.MarkVol, update.Values.AskVol).ShouldBe((58.39 / 100, 63.21 / 100, 66.9 / 100));
        update.Provenance.ReceivedAt.ShouldBe(update.Provenance.ExchangeTime!.Value, "the file keeps no receive time");
    }

    internal static string Summarise(IEnumerable<MarketEvent> events)
    {
        var words = new List<(string Word, int Count)>();
        foreach (var word in events.Select(e => e is RejectedInput r ? r.Reason.Code : e.GetType().Name))
        {
            if (words.Count > 0 && words[^1].Word == word)
            {
                words[^1] = (word, words[^1].Count + 1);
            }
            else
            {
                words.Add((word, 1));
            }
        }

        return string.Join(' ', words.Select(w => w.Count == 1 ? w.Word : $"{w.Word}*{w.Count}"));
    }
}

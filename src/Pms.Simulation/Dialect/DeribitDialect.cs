using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Simulation.Listing;

namespace Pms.Simulation.Dialect;

/// <summary>Writes a <see cref="FeedMessage"/> as Deribit's API v2 would send it: one JSON-RPC object, in that venue's units.</summary>
/// <remarks>
/// A ticker's vols are percent, those of markprice.options fractions, a volatility index is in points; a missing side is price 0; option prices
/// of inverse families are in coin; amounts of inverse futures are in USD. Reading the text back gives the events of the message, number for number.
/// Fields that a reader of events does not need but clients of the venue expect are filled with what the venue would show (state, interest rate).
/// </remarks>
public static class DeribitDialect
{
    private static readonly JsonWriterOptions Options = new() { SkipValidation = true };

    // The venue's stand-in for "never": 3000-01-01T08:00:00Z.
    private const long NeverMilliseconds = 32_503_708_800_000;

    /// <param name="message">one message of a simulated feed</param>
    /// <param name="destination">receives UTF-8 without a line end</param>
    public static void Write(FeedMessage message, IBufferWriter<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(message);
        using var json = new Utf8JsonWriter(destination, Options);
        json.WriteStartObject();
        json.WriteString("jsonrpc"u8, "2.0"u8);
        if (message.Kind == FeedMessageKind.Instruments)
        {
            WriteInstruments(json, message.Events);
        }
        else
        {
            json.WriteString("method"u8, "subscription"u8);
            json.WriteStartObject("params"u8);
            json.WriteString("channel"u8, ChannelOf(message));
            json.WritePropertyName("data"u8);
            WriteData(json, message);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>The subscription channel that carries a message; empty for a reply.</summary>
    public static string ChannelOf(FeedMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return (message.Kind, message.Events[0]) switch
        {
            (FeedMessageKind.Ticker, QuoteUpdate q) => $"ticker.{q.Instrument.Name}.100ms",
            (FeedMessageKind.Book, BookImage b) => $"book.{b.Instrument.Name}.100ms",
            (FeedMessageKind.Book, BookChange b) => $"book.{b.Instrument.Name}.100ms",
            (FeedMessageKind.Trades, TradePrint t) => $"trades.{t.Instrument.Name}.100ms",
            (FeedMessageKind.MarkPrices, QuoteUpdate q) => $"markprice.options.{IndexName(q.Instrument.Underlying)}",
            (FeedMessageKind.PriceIndex, IndexUpdate i) => $"deribit_price_index.{IndexName(i.Base, i.Quote)}",
            (FeedMessageKind.VolatilityIndex, VolatilityIndexUpdate i) => $"deribit_volatility_index.{IndexName(i.Base, Asset.Usd)}",
            (FeedMessageKind.InstrumentState, InstrumentStateChange s) => $"instrument.state.{KindOf(s.Instrument)}.{s.Instrument.Underlying.SettlementAsset}",
            (FeedMessageKind.Instruments, _) => "",
            _ => throw new InvalidInputException("feed-message", $"a {message.Kind} message cannot carry a {message.Events[0].GetType().Name}"),
        };
    }

    private static void WriteData(Utf8JsonWriter json, FeedMessage message)
    {
        switch (message.Events[0])
        {
            case QuoteUpdate when message.Kind == FeedMessageKind.MarkPrices:
                WriteMarks(json, message.Events);
                break;
            case QuoteUpdate ticker:
                WriteTicker(json, ticker, message.Events.Length > 1 ? (IndexUpdate)message.Events[1] : null);
                break;
            case BookImage image:
                WriteBook(json, image.Provenance, image.Instrument, "snapshot", image.ChangeId, null, image.Bids, image.Asks);
                break;
            case BookChange change:
                WriteBook(json, change.Provenance, change.Instrument, "change", change.ChangeId, change.PreviousChangeId, change.Bids, change.Asks);
                break;
            case TradePrint:
                WriteTrades(json, message.Events);
                break;
            case IndexUpdate index:
                json.WriteStartObject();
                WriteTime(json, index.Provenance);
                json.WriteNumber("price"u8, index.Price);
                json.WriteString("index_name"u8, IndexName(index.Base, index.Quote));
                json.WriteEndObject();
                break;
            case VolatilityIndexUpdate index:
                json.WriteStartObject();
                WriteTime(json, index.Provenance);
                json.WriteNumber("volatility"u8, Percent(index.Vol));
                json.WriteString("index_name"u8, IndexName(index.Base, Asset.Usd));
                json.WriteEndObject();
                break;
            case InstrumentStateChange change:
                json.WriteStartObject();
                WriteTime(json, change.Provenance);
                json.WriteString("state"u8, change.State);
                json.WriteString("instrument_name"u8, change.Instrument.Name);
                json.WriteEndObject();
                break;
        }
    }

    private static void WriteTicker(Utf8JsonWriter json, QuoteUpdate ticker, IndexUpdate? index)
    {
        var v = ticker.Values;
        json.WriteStartObject();
        WriteTime(json, ticker.Provenance);
        json.WriteString("state"u8, "open"u8);
        json.WriteString("instrument_name"u8, ticker.Instrument.Name);
        if (index is not null)
        {
            json.WriteNumber("index_price"u8, index.Price);
        }

        json.WriteNumber("best_bid_price"u8, v.Bid ?? 0);
        json.WriteNumber("best_bid_amount"u8, v.BidSize ?? 0);
        json.WriteNumber("best_ask_price"u8, v.Ask ?? 0);
        json.WriteNumber("best_ask_amount"u8, v.AskSize ?? 0);
        Optional(json, "mark_price"u8, v.Mark);
        if (ticker.Groups.HasFlag(QuoteGroups.QuotedVols))
        {
            json.WriteNumber("mark_iv"u8, Percent(v.MarkVol ?? 0));
            json.WriteNumber("bid_iv"u8, Percent(v.BidVol ?? 0));
            json.WriteNumber("ask_iv"u8, Percent(v.AskVol ?? 0));
            json.WriteNumber("interest_rate"u8, 0);
        }

        if (ticker.Groups.HasFlag(QuoteGroups.Forward))
        {
            Optional(json, "underlying_price"u8, v.UnderlyingPrice);
            json.WriteString("underlying_index"u8, v.UnderlyingName);
        }

        if (ticker.Groups.HasFlag(QuoteGroups.Greeks))
        {
            json.WriteStartObject("greeks"u8);
            Optional(json, "delta"u8, v.Delta);
            Optional(json, "gamma"u8, v.Gamma);
            Optional(json, "vega"u8, v.Vega);
            Optional(json, "theta"u8, v.Theta);
            Optional(json, "rho"u8, v.Rho);
            json.WriteEndObject();
        }

        if (ticker.Groups.HasFlag(QuoteGroups.Funding))
        {
            Optional(json, "current_funding"u8, v.CurrentFunding);
            Optional(json, "funding_8h"u8, v.Funding8h);
        }

        if (v.OpenInterest.HasValue)
        {
            Optional(json, "open_interest"u8, v.OpenInterest);
        }

        Optional(json, "last_price"u8, v.Last);
        json.WriteStartObject("stats"u8);
        Optional(json, "volume"u8, v.Volume24h);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteMarks(Utf8JsonWriter json, ImmutableArray<MarketEvent> marks)
    {
        json.WriteStartArray();
        foreach (var e in marks)
        {
            var mark = (QuoteUpdate)e;
            json.WriteStartObject();
            WriteTime(json, mark.Provenance);
            Optional(json, "mark_price"u8, mark.Values.Mark);
            json.WriteNumber("iv"u8, mark.Values.MarkVol ?? 0);
            json.WriteString("instrument_name"u8, mark.Instrument.Name);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteBook(
        Utf8JsonWriter json, Provenance provenance, Instrument instrument, string type, long changeId, long? previous, ImmutableArray<BookLevel> bids, ImmutableArray<BookLevel> asks)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, type);
        WriteTime(json, provenance);
        json.WriteString("instrument_name"u8, instrument.Name);
        json.WriteNumber("change_id"u8, changeId);
        if (previous is { } p)
        {
            json.WriteNumber("prev_change_id"u8, p);
        }

        WriteLevels(json, "bids"u8, bids, isChange: previous.HasValue);
        WriteLevels(json, "asks"u8, asks, isChange: previous.HasValue);
        json.WriteEndObject();
    }

    private static void WriteLevels(Utf8JsonWriter json, ReadOnlySpan<byte> name, ImmutableArray<BookLevel> levels, bool isChange)
    {
        json.WriteStartArray(name);
        foreach (var level in levels)
        {
            // Of a changed level the difference does not say whether it existed: readers set it either way.
            json.WriteStartArray();
            json.WriteStringValue(level.Amount == 0 ? "delete"u8 : isChange ? "change"u8 : "new"u8);
            json.WriteNumberValue(level.Price);
            json.WriteNumberValue(level.Amount);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static void WriteTrades(Utf8JsonWriter json, ImmutableArray<MarketEvent> trades)
    {
        json.WriteStartArray();
        foreach (var e in trades)
        {
            var trade = (TradePrint)e;
            json.WriteStartObject();
            json.WriteString("trade_id"u8, trade.TradeId);
            WriteTime(json, trade.Provenance);
            json.WriteNumber("price"u8, trade.Price);
            json.WriteNumber("amount"u8, trade.Amount);
            json.WriteString("direction"u8, trade.BuyerIsTaker ? "buy"u8 : "sell"u8);
            json.WriteString("instrument_name"u8, trade.Instrument.Name);
            if (trade.IsLiquidation)
            {
                json.WriteString("liquidation"u8, "T"u8);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteInstruments(Utf8JsonWriter json, ImmutableArray<MarketEvent> listed)
    {
        json.WriteNumber("id"u8, 1);
        json.WriteStartArray("result"u8);
        foreach (var e in listed)
        {
            var (_, instrument, terms) = (InstrumentListed)e;
            var underlying = instrument.Underlying;
            json.WriteStartObject();
            json.WriteString("instrument_name"u8, instrument.Name);
            json.WriteString("kind"u8, KindOf(instrument));
            json.WriteString("instrument_type"u8, underlying.Settlement == Settlement.Inverse ? "reversed"u8 : "linear"u8);
            json.WriteString("base_currency"u8, underlying.Base.Code);
            json.WriteString("quote_currency"u8, instrument is EuropeanOption ? underlying.SettlementAsset.Code : underlying.Quote.Code);
            json.WriteString("counter_currency"u8, underlying.Quote.Code);
            json.WriteString("settlement_currency"u8, underlying.SettlementAsset.Code);
            json.WriteString("price_index"u8, IndexName(underlying));
            Optional(json, "contract_size"u8, terms.ContractSize);
            Optional(json, "tick_size"u8, terms.TickSize);
            Optional(json, "min_trade_amount"u8, terms.MinTradeAmount);
            json.WriteString("state"u8, terms.State);
            json.WriteBoolean("is_active"u8, terms.State == "open");
            json.WriteNumber("creation_timestamp"u8, (terms.ListedAt ?? DateTimeOffset.UnixEpoch).ToUnixTimeMilliseconds());
            switch (instrument)
            {
                case EuropeanOption option:
                    json.WriteNumber("expiration_timestamp"u8, option.Expiry.ToUnixTimeMilliseconds());
                    json.WriteNumber("strike"u8, option.StrikeValue);
                    json.WriteString("option_type"u8, option.Type == OptionType.Call ? "call"u8 : "put"u8);
                    json.WriteString("settlement_period"u8, PeriodOf(option.Expiry));
                    break;
                case DatedFuture future:
                    json.WriteNumber("expiration_timestamp"u8, future.Expiry.ToUnixTimeMilliseconds());
                    json.WriteString("settlement_period"u8, PeriodOf(future.Expiry));
                    break;
                default:
                    json.WriteNumber("expiration_timestamp"u8, NeverMilliseconds);
                    json.WriteString("settlement_period"u8, "perpetual"u8);
                    break;
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTime(Utf8JsonWriter json, Provenance provenance)
    {
        json.WriteNumber("timestamp"u8, provenance.EffectiveTime.ToUnixTimeMilliseconds());
    }

    private static void Optional(Utf8JsonWriter json, ReadOnlySpan<byte> name, double? value)
    {
        if (value is { } v)
        {
            json.WriteNumber(name, v);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    // The vols of a feed were made by dividing a two-decimal percent by 100, so rounding gives that percent back.
    private static double Percent(double vol) => Math.Round(100 * vol, 2);

    private static string KindOf(Instrument instrument) => instrument switch { EuropeanOption => "option", Spot => "spot", _ => "future" };

    private static string PeriodOf(DateTimeOffset expiry)
    {
        var isFriday = expiry.DayOfWeek == DayOfWeek.Friday;
        return !isFriday ? "day" : ExpiryCalendar.LastFriday(expiry.Year, expiry.Month) == expiry ? "month" : "week";
    }

    private static string IndexName(UnderlyingId underlying) => IndexName(underlying.Base, underlying.Quote);

    private static string IndexName(Asset coin, Asset quote) => string.Concat(Lower(coin.Code), "_", Lower(quote.Code));

    private static string Lower(string code) => string.Create(code.Length, code, static (span, text) => System.Text.Ascii.ToLower(text, span, out _));
}

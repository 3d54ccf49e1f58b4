using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers.Csv;
using Pms.Primitives;

namespace Pms.MarketData.Readers.Deribit;

/// <summary>Deribit's JSON-RPC messages, streamed or asked for, to events. One instance per connection or file; not thread-safe.</summary>
/// <remarks>
/// Units are those of Deribit API v2 and differ by message: mark_iv, bid_iv and ask_iv are percent, but the iv of markprice.options is a
/// fraction and a volatility index is in points; a price or vol of 0 is "no quote". Everything leaves here in the units of
/// <see cref="QuoteValues"/>. A message is decoded as a whole: broken JSON yields one <see cref="RejectedInput"/> and nothing else, a bad
/// element of a list yields one in its place. What is not understood is rejected with a code, never skipped in silence.
/// </remarks>
public sealed class DeribitMessageDecoder
{
    public const string DefaultSource = "deribit.ws";

    /// <summary>How far a message may be stamped ahead of its receipt; further ahead it would block the true values that follow.</summary>
    public static readonly TimeSpan MaxClockLead = TimeSpan.FromHours(1);

    private const long MaxUnixMilliseconds = UtcTime.MaxUnixMicroseconds / 1000;
    private const int MaxPendingRequests = 1024;

    private readonly string _source;
    private readonly ReadLimits _limits;
    private readonly DeribitRow _row;
    private readonly Utf8TextCache _texts = new();
    private readonly List<MarketEvent> _events = [];
    private readonly List<string> _names = [];
    private readonly Dictionary<long, string> _requestedIndices = [];
    private readonly Comparison<BookLevel> _ascending = static (x, y) => x.Price.CompareTo(y.Price);
    private readonly Comparison<BookLevel> _descending = static (x, y) => y.Price.CompareTo(x.Price);
    private DateTimeOffset? _receivedAt;
    private DateTimeOffset _latest = DateTimeOffset.UnixEpoch;
    private Refusal? _failure;
    private bool _indexAwaitsName;

    /// <param name="source">name put into every provenance</param>
    /// <param name="limits">bounds on length and nesting; null for the defaults</param>
    public DeribitMessageDecoder(string source = DefaultSource, ReadLimits? limits = null)
    {
        _source = source;
        _limits = limits ?? ReadLimits.Default;
        _row = new DeribitRow(new InstrumentNameCache(DeribitNames.TryParse), _texts);
    }

    private enum Channel
    {
        None,
        Unsupported,
        Quote,
        Book,
        GroupedBook,
        Trades,
        MarkPrices,
        PriceIndex,
        VolatilityIndex,
        DeliveryEstimate,
        InstrumentState,
        PlatformState,
    }

    /// <summary>Messages given to this instance so far; the position of the last one in rejections.</summary>
    public long MessageCount { get; private set; }

    /// <summary>Channel of the last message; null when it was no notification.</summary>
    public string? LastChannel { get; private set; }

    /// <summary>Decodes one message.</summary>
    /// <param name="utf8">one JSON-RPC object</param>
    /// <param name="receivedAt">when it arrived; null for files that do not keep it: the venue's stamps stand in</param>
    /// <param name="into">receives at least one event for every message</param>
    public void Decode(ReadOnlySpan<byte> utf8, DateTimeOffset? receivedAt, ICollection<MarketEvent> into)
    {
        ArgumentNullException.ThrowIfNull(into);
        MessageCount++;
        LastChannel = null;
        _receivedAt = receivedAt;
        _failure = null;
        _indexAwaitsName = false;
        _events.Clear();
        _names.Clear();
        if (utf8.Length > _limits.MaxLineBytes)
        {
            _failure = new Refusal("message-too-long", $"a message has at most {_limits.MaxLineBytes} bytes, not {utf8.Length}");
        }
        else
        {
            try
            {
                ReadMessage(utf8);
            }
            catch (JsonException e)
            {
                _failure = new Refusal("json-invalid", e.Message);
            }
        }

        if (_failure is not null)
        {
            into.Add(Rejected(_failure, utf8));
            return;
        }

        foreach (var e in _events)
        {
            into.Add(e);
        }
    }

    /// <summary>Lets the decoder see a request that was sent, so that it can read a reply which does not say what it is about.</summary>
    /// <returns>false when the text is no request</returns>
    public bool ObserveRequest(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = _limits.MaxJsonDepth });
            long? id = null;
            string? index = null;
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName)
                {
                    continue;
                }

                if (reader.CurrentDepth == 1 && JsonText.Is(ref reader, "id"u8))
                {
                    reader.Read();
                    id = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value) ? value : null;
                }
                else if (JsonText.Is(ref reader, "index_name"u8))
                {
                    reader.Read();
                    index = Text(ref reader);
                }
            }

            if (id is { } key && index is not null && _requestedIndices.Count < MaxPendingRequests)
            {
                _requestedIndices[key] = index;
            }

            return id is not null;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private void ReadMessage(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = _limits.MaxJsonDepth });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            _failure = new Refusal("message-shape", "a message is a JSON object");
            return;
        }

        string? method = null;
        string? type = null;
        string? replyText = null;
        long? id = null;
        var hasParameters = false;
        var hasResult = false;
        var hasError = false;
        var channel = Channel.None;
        FeedControl? error = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (JsonText.Is(ref reader, "params"u8) && Once(ref hasParameters))
            {
                reader.Read();
                channel = ReadParameters(ref reader, utf8, out type);
            }
            else if (JsonText.Is(ref reader, "method"u8))
            {
                reader.Read();
                method = Text(ref reader) ?? "";
            }
            else if (JsonText.Is(ref reader, "id"u8))
            {
                reader.Read();
                id = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value) ? value : null;
                reader.Skip();
            }
            else if (JsonText.Is(ref reader, "result"u8) && Once(ref hasResult))
            {
                reader.Read();
                replyText = ReadResult(ref reader, utf8);
            }
            else if (JsonText.Is(ref reader, "error"u8) && Once(ref hasError))
            {
                reader.Read();
                error = ReadError(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        // Anything after the object makes the reader throw; nothing may be left.
        while (reader.Read())
        {
        }

        if (_failure is null)
        {
            Conclude(utf8, method, type, replyText, id, channel, hasResult, hasError ? error : null);
        }
    }

    /// <summary>Once the whole envelope is known: do its parts make a message?</summary>
    private void Conclude(
        ReadOnlySpan<byte> utf8, string? method, string? type, string? replyText, long? id, Channel channel, bool hasResult, FeedControl? error)
    {
        switch (method)
        {
            case "subscription" when channel == Channel.None:
                _failure = new Refusal("message-incomplete", "a notification names a channel and has data");
                return;
            case "subscription":
                if (_events.Count == 0 && _failure is null)
                {
                    // An empty list of trades or marks is a valid message that says nothing.
                    _events.Add(Control(FeedControlKind.Heartbeat, null, ""));
                }

                return;
            case "heartbeat":
                _events.Clear();
                _events.Add(Control(type == "test_request" ? FeedControlKind.TestRequest : FeedControlKind.Heartbeat, id, type ?? ""));
                return;
            case not null:
                _failure = new Refusal("method-unknown", $"'{Short(method)}' is not a method that a venue sends: subscription and heartbeat are");
                return;
        }

        if (error is not null)
        {
            _events.Clear();
            _events.Add(error with { RequestId = id });
        }
        else if (hasResult)
        {
            if (_indexAwaitsName)
            {
                EmitRequestedIndex(utf8, id);
            }

            _events.Add(Control(FeedControlKind.Reply, id, replyText ?? "") with { Names = [.. _names] });
        }
        else
        {
            _failure = new Refusal("message-incomplete", "a message has a method, a result or an error");
        }
    }

    private Channel ReadParameters(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8, out string? type)
    {
        type = null;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return Channel.None;
        }

        var channel = Channel.None;
        var hasData = false;
        var early = reader;
        var isEarly = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (JsonText.Is(ref reader, "channel"u8))
            {
                reader.Read();
                channel = ReadChannel(ref reader);
            }
            else if (JsonText.Is(ref reader, "data"u8) && Once(ref hasData))
            {
                reader.Read();
                if (channel == Channel.None)
                {
                    // The data came before the channel that explains it: look at it again afterwards.
                    early = reader;
                    isEarly = true;
                    reader.Skip();
                }
                else
                {
                    ReadData(ref reader, utf8, channel);
                }
            }
            else if (JsonText.Is(ref reader, "type"u8))
            {
                reader.Read();
                type = Text(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        if (isEarly && channel != Channel.None)
        {
            ReadData(ref early, utf8, channel);
        }

        return hasData ? channel : Channel.None;
    }

    private Channel ReadChannel(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String || reader.ValueIsEscaped)
        {
            reader.Skip();
            return Channel.None;
        }

        var name = reader.ValueSpan;
        var channel = Classify(name);
        LastChannel = _texts.Find(name);
        if (channel == Channel.Unsupported)
        {
            _failure = new Refusal("channel-unsupported", $"channel '{Short(LastChannel)}' is not one of those read here");
        }

        return channel;
    }

    private static Channel Classify(ReadOnlySpan<byte> name)
    {
        var dot = name.IndexOf((byte)'.');
        if (dot < 0)
        {
            return name.SequenceEqual("platform_state"u8) ? Channel.PlatformState : Channel.Unsupported;
        }

        var family = name[..dot];
        var rest = name[(dot + 1)..];
        if (family.SequenceEqual("ticker"u8) || family.SequenceEqual("quote"u8))
        {
            return Channel.Quote;
        }

        if (family.SequenceEqual("book"u8))
        {
            // book.{instrument}.{interval} or book.{instrument}.{group}.{depth}.{interval}
            return rest.Count((byte)'.') switch { 1 => Channel.Book, 3 => Channel.GroupedBook, _ => Channel.Unsupported };
        }

        return family switch
        {
            _ when family.SequenceEqual("trades"u8) => Channel.Trades,
            _ when family.SequenceEqual("markprice"u8) && rest.StartsWith("options."u8) => Channel.MarkPrices,
            _ when family.SequenceEqual("deribit_price_index"u8) => Channel.PriceIndex,
            _ when family.SequenceEqual("deribit_volatility_index"u8) => Channel.VolatilityIndex,
            _ when family.SequenceEqual("estimated_expiration_price"u8) => Channel.DeliveryEstimate,
            _ when family.SequenceEqual("instrument"u8) && rest.StartsWith("state."u8) => Channel.InstrumentState,
            _ => Channel.Unsupported,
        };
    }

    private void ReadData(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8, Channel channel)
    {
        var wantsList = channel is Channel.Trades or Channel.MarkPrices;
        if (channel == Channel.Unsupported || reader.TokenType != (wantsList ? JsonTokenType.StartArray : JsonTokenType.StartObject))
        {
            if (channel != Channel.Unsupported)
            {
                _failure ??= new Refusal("data-shape", $"the data of a {channel} channel is {(wantsList ? "a list" : "an object")}, not {reader.TokenType}");
            }

            reader.Skip();
            return;
        }

        if (!wantsList)
        {
            var start = (int)reader.TokenStartIndex;
            _row.Read(ref reader);
            Emit(channel, utf8[start..]);
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                var start = (int)reader.TokenStartIndex;
                _row.Read(ref reader);
                Emit(channel, utf8[start..]);
            }
            else
            {
                RejectElement(ref reader, utf8, "an object");
            }
        }
    }

    private void Emit(Channel channel, ReadOnlySpan<byte> text)
    {
        var refusal = _row.Failure ?? channel switch
        {
            Channel.Quote => EmitQuote(DeribitField.Timestamp),
            Channel.MarkPrices => EmitMark(),
            Channel.Book => EmitBook(isGrouped: false),
            Channel.GroupedBook => EmitBook(isGrouped: true),
            Channel.Trades => EmitTrade(),
            Channel.PriceIndex => EmitIndex(),
            Channel.VolatilityIndex => EmitVolatilityIndex(),
            Channel.DeliveryEstimate => EmitDeliveryEstimate(),
            Channel.InstrumentState => EmitInstrumentState(),
            _ => EmitPlatformState(),
        };
        if (refusal is not null)
        {
            _events.Add(Rejected(refusal, text));
        }
    }

    /// <summary>Reads what a request was answered with; the shape tells what it is, because the reply does not.</summary>
    /// <returns>the text of a reply that is only a word or number</returns>
    private string? ReadResult(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return Text(ref reader);
            case JsonTokenType.StartObject:
                var trades = reader;
                if (MoveToList(ref trades, "trades"u8))
                {
                    ReadResultList(ref trades, utf8);
                    reader.Skip();
                    return null;
                }

                var start = (int)reader.TokenStartIndex;
                _row.Read(ref reader);
                if (_row.Has(DeribitField.Version) && _row.Failure is null)
                {
                    return _row.Text(DeribitField.Version);
                }

                EmitResult(utf8[start..]);
                return null;
            case JsonTokenType.StartArray:
                ReadResultList(ref reader, utf8);
                return null;
            default:
                return Encoding.UTF8.GetString(reader.ValueSpan);
        }
    }

    private void ReadResultList(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.String:
                    _names.Add(Text(ref reader) ?? "");
                    break;
                case JsonTokenType.StartObject:
                    var start = (int)reader.TokenStartIndex;
                    _row.Read(ref reader);
                    EmitResult(utf8[start..]);
                    break;
                default:
                    RejectElement(ref reader, utf8, "an object or a name");
                    break;
            }
        }
    }

    private void EmitResult(ReadOnlySpan<byte> text)
    {
        Refusal? refusal;
        if (_row.Seen(DeribitField.Ticks))
        {
            refusal = new Refusal("chart-data-unsupported", "candles are not market events");
        }
        else if (_row.Failure is not null)
        {
            refusal = _row.Failure;
        }
        else if (_row.Seen(DeribitField.Bids) && _row.Seen(DeribitField.Asks) && _row.Has(DeribitField.ChangeId))
        {
            refusal = EmitBook(isGrouped: true) ?? EmitQuote(DeribitField.Timestamp);
        }
        else if (_row.Seen(DeribitField.Kind) && _row.Seen(DeribitField.TickSize))
        {
            refusal = EmitInstrument();
        }
        else if (_row.Has(DeribitField.TradeId) && _row.Has(DeribitField.Price))
        {
            refusal = EmitTrade();
        }
        else if (_row.Has(DeribitField.InstrumentName) && (_row.Seen(DeribitField.BestBidPrice) || _row.Seen(DeribitField.MarkPrice)))
        {
            // A ticker is stamped with timestamp, a row of a book summary with creation_timestamp.
            refusal = EmitQuote(_row.Has(DeribitField.Timestamp) ? DeribitField.Timestamp : DeribitField.CreationTimestamp);
        }
        else if (_row.Has(DeribitField.IndexPrice) && !_row.Seen(DeribitField.InstrumentName))
        {
            // get_index_price does not name its index; the request does, and its number may still be to come.
            _indexAwaitsName = true;
            return;
        }
        else
        {
            refusal = new Refusal("result-unknown", "the result has the shape of no known reply with market data");
        }

        if (refusal is not null)
        {
            _events.Add(Rejected(refusal, text));
        }
    }

    private Refusal? EmitQuote(DeribitField timeField)
    {
        if (!_row.TryInstrument(out var instrument, out var refusal))
        {
            return refusal;
        }

        if (!TryStamp(timeField, out var provenance, out refusal))
        {
            return refusal;
        }

        var groups = QuoteGroups.None;
        var values = default(QuoteValues);
        if (_row.Seen(DeribitField.BestBidPrice) || _row.Seen(DeribitField.BestAskPrice))
        {
            groups |= QuoteGroups.TopOfBook;
            var bid = _row.NumberOrNone(DeribitField.BestBidPrice);
            var ask = _row.NumberOrNone(DeribitField.BestAskPrice);
            values = values with
            {
                Bid = bid,
                Ask = ask,
                BidSize = bid.HasValue ? _row.Number(DeribitField.BestBidAmount) : null,
                AskSize = ask.HasValue ? _row.Number(DeribitField.BestAskAmount) : null,
            };
        }

        if (_row.Seen(DeribitField.MarkPrice))
        {
            groups |= QuoteGroups.Mark;
            values = values with { Mark = _row.Number(DeribitField.MarkPrice), MarkVol = FromPercent(_row.NumberOrNone(DeribitField.MarkIv)) };
        }

        if (_row.Seen(DeribitField.UnderlyingPrice))
        {
            groups |= QuoteGroups.Forward;
            values = values with
            {
                UnderlyingPrice = _row.NumberOrNone(DeribitField.UnderlyingPrice),
                UnderlyingName = _row.Text(DeribitField.UnderlyingIndex),
            };
        }

        if (_row.Seen(DeribitField.BidIv) || _row.Seen(DeribitField.AskIv))
        {
            groups |= QuoteGroups.QuotedVols;
            values = values with
            {
                BidVol = FromPercent(_row.NumberOrNone(DeribitField.BidIv)),
                AskVol = FromPercent(_row.NumberOrNone(DeribitField.AskIv)),
            };
        }

        if (_row.Seen(DeribitField.Greeks))
        {
            groups |= QuoteGroups.Greeks;
            values = values with
            {
                Delta = _row.Number(DeribitField.Delta),
                Gamma = _row.Number(DeribitField.Gamma),
                Vega = _row.Number(DeribitField.Vega),
                Theta = _row.Number(DeribitField.Theta),
                Rho = _row.Number(DeribitField.Rho),
            };
        }

        if (_row.Seen(DeribitField.OpenInterest) || _row.Seen(DeribitField.Last) || _row.Seen(DeribitField.Volume))
        {
            groups |= QuoteGroups.Statistics;
            values = values with
            {
                OpenInterest = _row.Number(DeribitField.OpenInterest),
                Volume24h = _row.Number(DeribitField.Volume),
                Last = _row.NumberOrNone(DeribitField.Last),
            };
        }

        if (_row.Seen(DeribitField.CurrentFunding) || _row.Seen(DeribitField.Funding8h))
        {
            groups |= QuoteGroups.Funding;
            values = values with { CurrentFunding = _row.Number(DeribitField.CurrentFunding), Funding8h = _row.Number(DeribitField.Funding8h) };
        }

        if (groups == QuoteGroups.None)
        {
            return new Refusal("field-missing", $"the message on {instrument} has no quote, mark or statistic");
        }

        var index = _row.NumberOrNone(DeribitField.IndexPrice);
        refusal = QuoteValidation.Check(instrument, values) ?? QuoteValidation.Price("index price", index);
        if (refusal is not null)
        {
            return refusal;
        }

        _events.Add(new QuoteUpdate(provenance, instrument, groups, values));
        if (index is { } price)
        {
            _events.Add(new IndexUpdate(provenance, instrument.Underlying.Base, instrument.Underlying.Quote, price));
        }

        return null;
    }

    /// <summary>One element of markprice.options, the only message whose iv is a fraction.</summary>
    private Refusal? EmitMark()
    {
        if (!_row.TryInstrument(out var instrument, out var refusal))
        {
            return refusal;
        }

        if (!TryStamp(DeribitField.Timestamp, out var provenance, out refusal))
        {
            return refusal;
        }

        if (!_row.Has(DeribitField.MarkPrice))
        {
            return Missing("mark_price");
        }

        var values = new QuoteValues { Mark = _row.Number(DeribitField.MarkPrice), MarkVol = _row.NumberOrNone(DeribitField.Iv) };
        refusal = QuoteValidation.Check(instrument, values);
        if (refusal is null)
        {
            _events.Add(new QuoteUpdate(provenance, instrument, QuoteGroups.Mark, values));
        }

        return refusal;
    }

    private Refusal? EmitBook(bool isGrouped)
    {
        if (!_row.TryInstrument(out var instrument, out var refusal))
        {
            return refusal;
        }

        if (!TryStamp(DeribitField.Timestamp, out var provenance, out refusal))
        {
            return refusal;
        }

        if (_row.Integer(DeribitField.ChangeId) is not { } changeId || !_row.Has(DeribitField.Bids) || !_row.Has(DeribitField.Asks))
        {
            return Missing("change_id, bids or asks");
        }

        foreach (var level in _row.Bids)
        {
            refusal ??= QuoteValidation.Check(instrument, level, mayDelete: true);
        }

        foreach (var level in _row.Asks)
        {
            refusal ??= QuoteValidation.Check(instrument, level, mayDelete: true);
        }

        if (refusal is not null)
        {
            return refusal;
        }

        // Until 2021 there was no type: an image has no prev_change_id. A change after 0 is the first of an empty book, so it is an image too.
        var previous = _row.Integer(DeribitField.PreviousChangeId);
        var isImage = isGrouped || previous is null or 0 || _row.Text(DeribitField.Type) == "snapshot";
        if (!isImage)
        {
            _events.Add(new BookChange(provenance, instrument, changeId, previous!.Value, [.. _row.Bids], [.. _row.Asks]));
            return null;
        }

        refusal = Arrange(_row.Bids, _descending) ?? Arrange(_row.Asks, _ascending);
        if (refusal is null)
        {
            _events.Add(new BookImage(provenance, instrument, changeId, [.. _row.Bids], [.. _row.Asks]) { IsPartial = isGrouped });
        }

        return refusal;
    }

    /// <summary>Puts the levels of an image best first and drops deleted ones, which an image of a book that began empty may name.</summary>
    private static Refusal? Arrange(List<BookLevel> levels, Comparison<BookLevel> order)
    {
        levels.RemoveAll(static l => l.Amount == 0);
        var sorted = true;
        for (var i = 1; i < levels.Count && sorted; i++)
        {
            sorted = order(levels[i - 1], levels[i]) < 0;
        }

        if (sorted)
        {
            return null;
        }

        levels.Sort(order);
        for (var i = 1; i < levels.Count; i++)
        {
            if (levels[i - 1].Price == levels[i].Price)
            {
                return new Refusal("book-level", $"the image has two levels at {levels[i].Price:R}");
            }
        }

        return null;
    }

    private Refusal? EmitTrade()
    {
        if (!_row.TryInstrument(out var instrument, out var refusal))
        {
            return refusal;
        }

        if (!TryStamp(DeribitField.Timestamp, out var provenance, out refusal))
        {
            return refusal;
        }

        var direction = _row.Text(DeribitField.Direction);
        if (_row.Number(DeribitField.Price) is not { } price || _row.Number(DeribitField.Amount) is not { } amount
            || _row.Text(DeribitField.TradeId) is not { } tradeId || direction is not ("buy" or "sell"))
        {
            return Missing("trade_id, price, amount or direction (buy, sell)");
        }

        refusal = QuoteValidation.Check(instrument, new BookLevel(price, amount), mayDelete: false);
        if (refusal is null)
        {
            var isLiquidation = _row.Text(DeribitField.Liquidation) is "M" or "T" or "MT";
            _events.Add(new TradePrint(provenance, instrument, tradeId, price, amount, direction == "buy", isLiquidation));
        }

        return refusal;
    }

    private Refusal? EmitIndex()
    {
        if (!TryIndexName(_row.Text(DeribitField.IndexName), out var coin, out var quote))
        {
            return BadIndexName(_row.Text(DeribitField.IndexName));
        }

        if (!TryStamp(DeribitField.Timestamp, out var provenance, out var refusal))
        {
            return refusal;
        }

        if (_row.Number(DeribitField.Price) is not { } price)
        {
            return Missing("price");
        }

        refusal = QuoteValidation.Price("index price", price);
        if (refusal is null)
        {
            _events.Add(new IndexUpdate(provenance, coin, quote, price));
        }

        return refusal;
    }

    private Refusal? EmitVolatilityIndex()
    {
        if (!TryIndexName(_row.Text(DeribitField.IndexName), out var coin, out _))
        {
            return BadIndexName(_row.Text(DeribitField.IndexName));
        }

        if (!TryStamp(DeribitField.Timestamp, out var provenance, out var refusal))
        {
            return refusal;
        }

        if (FromPercent(_row.Number(DeribitField.Volatility)) is not { } vol)
        {
            return Missing("volatility");
        }

        refusal = QuoteValidation.Vol("volatility index", vol);
        if (refusal is null)
        {
            _events.Add(new VolatilityIndexUpdate(provenance, coin, vol));
        }

        return refusal;
    }

    private Refusal? EmitDeliveryEstimate()
    {
        if (!TryIndexName(_row.Text(DeribitField.IndexName), out var coin, out var quote))
        {
            return BadIndexName(_row.Text(DeribitField.IndexName));
        }

        if (!TryStamp(DeribitField.Timestamp, out var provenance, out var refusal))
        {
            return refusal;
        }

        if (_row.Number(DeribitField.Price) is not { } price)
        {
            return Missing("price");
        }

        refusal = QuoteValidation.Price("estimated delivery price", price) ?? QuoteValidation.Amount("seconds", _row.Number(DeribitField.Seconds));
        if (refusal is null)
        {
            _events.Add(new DeliveryEstimate(
                provenance, coin, quote, price, _row.Number(DeribitField.Seconds), _row.Flag(DeribitField.IsEstimated) ?? false));
        }

        return refusal;
    }

    private Refusal? EmitInstrumentState()
    {
        if (!_row.TryInstrument(out var instrument, out var refusal))
        {
            return refusal;
        }

        if (!TryStamp(DeribitField.Timestamp, out var provenance, out refusal))
        {
            return refusal;
        }

        if (_row.Text(DeribitField.State) is not { } state)
        {
            return Missing("state");
        }

        _events.Add(new InstrumentStateChange(provenance, instrument, Short(state)));
        return null;
    }

    private Refusal? EmitPlatformState()
    {
        if (!TryStamp(DeribitField.Timestamp, out var provenance, out var refusal))
        {
            return refusal;
        }

        var locked = _row.Flag(DeribitField.Locked);
        var maintenance = _row.Flag(DeribitField.Maintenance);
        if (locked is null && maintenance is null)
        {
            return Missing("locked or maintenance");
        }

        _events.Add(new PlatformStateChange(provenance, locked, _row.Text(DeribitField.IndexName), maintenance));
        return null;
    }

    private Refusal? EmitInstrument()
    {
        if (_row.Text(DeribitField.Kind) is not { } kind)
        {
            return Missing("kind");
        }

        if (kind.EndsWith("_combo", StringComparison.Ordinal))
        {
            return new Refusal("instrument-combo", $"a {Short(kind)} is a combination of legs, which is not a single instrument");
        }

        if (!_row.TryInstrument(out var instrument, out var refusal))
        {
            return refusal;
        }

        refusal = CheckTerms(instrument, kind)
            ?? QuoteValidation.Price("contract size", _row.Number(DeribitField.ContractSize))
            ?? QuoteValidation.Price("tick size", _row.Number(DeribitField.TickSize))
            ?? QuoteValidation.Amount("smallest trade", _row.Number(DeribitField.MinTradeAmount));
        if (refusal is not null)
        {
            return refusal;
        }

        DateTimeOffset? listedAt = null;
        if (_row.Integer(DeribitField.CreationTimestamp) is { } created && !TryTime(created, out listedAt, out refusal))
        {
            return refusal;
        }

        var state = _row.Text(DeribitField.State)
            ?? _row.Flag(DeribitField.IsActive) switch { true => "open", false => "inactive", null => null };
        var received = _receivedAt ?? _latest;
        _events.Add(new InstrumentListed(
            new Provenance(_source, null, received),
            instrument,
            new InstrumentTerms(
                _row.Number(DeribitField.ContractSize), _row.Number(DeribitField.TickSize), _row.Number(DeribitField.MinTradeAmount), state, listedAt)));
        return null;
    }

    /// <summary>The name is what identifies the contract here, so listed terms that contradict it are refused.</summary>
    private Refusal? CheckTerms(Instrument instrument, string kind)
    {
        var expected = instrument switch { EuropeanOption => "option", Spot => "spot", _ => "future" };
        if (kind != expected)
        {
            return Mismatch(instrument, $"kind {Short(kind)}, expected {expected}");
        }

        var expiry = instrument switch { EuropeanOption o => o.Expiry, DatedFuture f => f.Expiry, _ => (DateTimeOffset?)null };
        if (expiry is { } e && _row.Integer(DeribitField.ExpirationTimestamp) is { } ms && ms != e.ToUnixTimeMilliseconds())
        {
            return Mismatch(instrument, $"expiration_timestamp {ms}, expected {e.ToUnixTimeMilliseconds()}");
        }

        if (instrument is EuropeanOption option)
        {
            if (_row.Number(DeribitField.Strike) is { } strike && strike != option.StrikeValue)
            {
                return Mismatch(instrument, $"strike {strike:R}");
            }

            if (_row.Text(DeribitField.OptionType) is { } type && type != (option.Type == OptionType.Call ? "call" : "put"))
            {
                return Mismatch(instrument, $"option_type {Short(type)}");
            }
        }

        var form = _row.Text(DeribitField.InstrumentType);
        return form is "linear" or "reversed" && (form == "reversed") != (instrument.Underlying.Settlement == Settlement.Inverse)
            ? Mismatch(instrument, $"instrument_type {form}")
            : null;
    }

    private void EmitRequestedIndex(ReadOnlySpan<byte> utf8, long? id)
    {
        Refusal? refusal = null;
        if (id is not { } key || !_requestedIndices.Remove(key, out var name))
        {
            refusal = new Refusal("index-name-missing", "the reply to get_index_price does not name its index, and the request was not seen");
        }
        else if (!TryIndexName(name, out var coin, out var quote))
        {
            refusal = BadIndexName(name);
        }
        else
        {
            var price = _row.Number(DeribitField.IndexPrice)!.Value;
            refusal = QuoteValidation.Price("index price", price);
            if (refusal is null)
            {
                _events.Add(new IndexUpdate(new Provenance(_source, null, _receivedAt ?? _latest), coin, quote, price));
            }
        }

        if (refusal is not null)
        {
            _events.Add(Rejected(refusal, utf8));
        }
    }

    private FeedControl ReadError(ref Utf8JsonReader reader)
    {
        var code = 0;
        string? message = null;
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (JsonText.Is(ref reader, "code"u8))
                {
                    reader.Read();
                    code = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var value) ? value : 0;
                    reader.Skip();
                }
                else if (JsonText.Is(ref reader, "message"u8))
                {
                    reader.Read();
                    message = Text(ref reader);
                }
                else
                {
                    reader.Read();
                    reader.Skip();
                }
            }
        }
        else
        {
            message = $"an error of JSON type {reader.TokenType}";
            reader.Skip();
        }

        return Control(FeedControlKind.Error, null, Short(message ?? "")) with { ErrorCode = code };
    }

    /// <summary>Moves to the start of the list under a name at the top of the object; false when there is none.</summary>
    private static bool MoveToList(ref Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var found = JsonText.Is(ref reader, name);
            reader.Read();
            if (found && reader.TokenType == JsonTokenType.StartArray)
            {
                return true;
            }

            reader.Skip();
        }

        return false;
    }

    /// <summary>btc_usd, eth_usdc and the like: a coin and the currency of its price.</summary>
    private static bool TryIndexName(string? name, out Asset coin, out Asset quote)
    {
        coin = default;
        quote = default;
        var cut = name?.IndexOf('_') ?? -1;
        if (cut < 0 || name!.Length > 33)
        {
            return false;
        }

        var upper = name.ToUpperInvariant();
        if (!Asset.IsValid(upper.AsSpan(0, cut)) || !Asset.IsValid(upper.AsSpan(cut + 1)))
        {
            return false;
        }

        coin = new Asset(upper[..cut]);
        quote = new Asset(upper[(cut + 1)..]);
        return true;
    }

    private bool TryStamp(DeribitField field, out Provenance provenance, out Refusal? refusal)
    {
        provenance = default;
        DateTimeOffset? time = null;
        refusal = null;
        if (_row.Integer(field) is { } ms && !TryTime(ms, out time, out refusal))
        {
            return false;
        }

        if (time is { } t)
        {
            if (_receivedAt is { } received && t - received > MaxClockLead)
            {
                refusal = new Refusal("time-ahead", $"the message is stamped {t.ToIso()}, more than {MaxClockLead} after its receipt at {received.ToIso()}");
                return false;
            }

            _latest = t;
        }

        provenance = new Provenance(_source, time, _receivedAt ?? time ?? _latest);
        return true;
    }

    private static bool TryTime(long milliseconds, out DateTimeOffset? time, out Refusal? refusal)
    {
        var valid = milliseconds is >= 0 and <= MaxUnixMilliseconds;
        time = valid ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;
        refusal = time is { } t
            ? QuoteValidation.Time("timestamp", t)
            : new Refusal("time-range", $"{milliseconds} milliseconds is not an instant between 1970 and 9999");
        return refusal is null;
    }

    /// <summary>The text of the current value; null when it is not a text.</summary>
    private string? Text(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return null;
        }

        if (!reader.ValueIsEscaped)
        {
            return _texts.Find(reader.ValueSpan);
        }

        return JsonText.Escaped(ref reader) ?? throw new JsonException("a text has half a surrogate pair");
    }

    private bool Once(ref bool seen)
    {
        if (seen)
        {
            _failure ??= new Refusal("json-duplicate-key", "a part of the message stands in it twice");
        }

        seen = true;
        return true;
    }

    private void RejectElement(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8, string expected)
    {
        var start = (int)reader.TokenStartIndex;
        var type = reader.TokenType;
        reader.Skip();
        _events.Add(Rejected(new Refusal("data-shape", $"an element of the list is {expected}, not {type}"), utf8[start..]));
    }

    private FeedControl Control(FeedControlKind kind, long? id, string text)
    {
        return new FeedControl(new Provenance(_source, null, _receivedAt ?? _latest), kind, id, 0, Short(text));
    }

    private RejectedInput Rejected(Refusal refusal, ReadOnlySpan<byte> text)
    {
        return new RejectedInput(new Provenance(_source, null, _receivedAt ?? _latest), MessageCount, refusal, CsvTable.Excerpt(text));
    }

    private static double? FromPercent(double? percent) => percent / 100;

    private static string Short(string text) => text.Length <= 64 ? text : text[..64];

    private static Refusal Missing(string field) => new("field-missing", $"{field} is absent");

    private static Refusal Mismatch(Instrument instrument, string term) => new("instrument-mismatch", $"{instrument} is listed with {term}");

    private static Refusal BadIndexName(string? name) => new("index-name", $"'{Short(name ?? "")}' is not an index name such as btc_usd");
}

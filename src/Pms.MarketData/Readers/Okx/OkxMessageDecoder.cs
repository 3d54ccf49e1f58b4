using System.Buffers.Text;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers.Csv;
using Pms.MarketData.Snapshots;
using Pms.Primitives;

namespace Pms.MarketData.Readers.Okx;

/// <summary>OKX v5 messages, streamed or asked for, to events. One instance per connection or file; not thread-safe.</summary>
/// <remarks>
/// All numbers are texts and an empty one is absent. Sizes of derivatives are in contracts whose value only the list of instruments tells, so
/// it must be decoded first: until then books and trades of a derivative are refused with <c>contract-size-unknown</c> and its tickers
/// come without sizes. Vols are fractions. Of the two sets of Greeks the Black-Scholes ones (in USD) are read. A book whose checksum does
/// not hold is given up with a <see cref="FeedGap"/> until its next image.
/// </remarks>
public sealed class OkxMessageDecoder
{
    public const string DefaultSource = "okx.ws";

    private const long MaxUnixMilliseconds = UtcTime.MaxUnixMicroseconds / 1000;

    private readonly string _source;
    private readonly ReadLimits _limits;
    private readonly InstrumentNameCache _instruments = new(OkxNames.TryParse);
    private readonly Dictionary<Instrument, double> _contractValues = [];
    private readonly Dictionary<Instrument, OkxBook> _books = [];
    private readonly Dictionary<Instrument, (double? Price, double? Vol)> _marks = [];
    private readonly List<MarketEvent> _events = [];
    private readonly (int Start, int Length)[] _texts = new (int, int)[(int)OkxField.LastText + 1];
    private readonly List<OkxLevel> _bids = [];
    private readonly List<OkxLevel> _asks = [];
    private DateTimeOffset? _receivedAt;
    private DateTimeOffset _latest = DateTimeOffset.UnixEpoch;
    private Refusal? _failure;
    private Refusal? _rowFailure;
    private long _lastChangeId;

    /// <param name="source">name put into every provenance</param>
    /// <param name="limits">bounds on length and nesting; null for the defaults</param>
    public OkxMessageDecoder(string source = DefaultSource, ReadLimits? limits = null)
    {
        _source = source;
        _limits = limits ?? ReadLimits.Default;
    }

    private enum Channel
    {
        None,
        Unsupported,
        Books,
        ShortBooks,
        Tickers,
        Trades,
        OptionSummary,
        MarkPrice,
        IndexTickers,
        Instruments,
        Reply,
    }

    /// <summary>Messages given to this instance so far; the position of the last one in rejections.</summary>
    public long MessageCount { get; private set; }

    /// <summary>Decodes one message.</summary>
    /// <param name="utf8">one JSON object, or the words ping and pong</param>
    /// <param name="receivedAt">when it arrived; null for files that do not keep it</param>
    /// <param name="into">receives at least one event for every message</param>
    public void Decode(ReadOnlySpan<byte> utf8, DateTimeOffset? receivedAt, ICollection<MarketEvent> into)
    {
        ArgumentNullException.ThrowIfNull(into);
        MessageCount++;
        _receivedAt = receivedAt;
        _failure = null;
        _events.Clear();
        if (utf8.Length > _limits.MaxLineBytes)
        {
            _failure = new Refusal("message-too-long", $"a message has at most {_limits.MaxLineBytes} bytes, not {utf8.Length}");
        }
        else if (utf8.SequenceEqual("pong"u8) || utf8.SequenceEqual("ping"u8))
        {
            _events.Add(Control(FeedControlKind.Heartbeat, Encoding.UTF8.GetString(utf8)));
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

    private void ReadMessage(ReadOnlySpan<byte> utf8)
    {
        // A whole pass first: nothing of a broken message may touch the books kept here.
        var check = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = _limits.MaxJsonDepth });
        while (check.Read())
        {
        }

        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = _limits.MaxJsonDepth });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            _failure = new Refusal("message-shape", "a message is a JSON object");
            return;
        }

        var channel = Channel.None;
        string? eventName = null;
        string? code = null;
        string? text = null;
        var isUpdate = false;
        var data = reader;
        var hasData = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (JsonText.Is(ref reader, "arg"u8))
            {
                reader.Read();
                channel = ReadArgument(ref reader);
            }
            else if (JsonText.Is(ref reader, "data"u8))
            {
                reader.Read();
                data = reader;
                hasData = true;
                reader.Skip();
            }
            else if (JsonText.Is(ref reader, "action"u8))
            {
                reader.Read();
                isUpdate = reader.TokenType == JsonTokenType.String && JsonText.Is(ref reader, "update"u8);
                reader.Skip();
            }
            else if (JsonText.Is(ref reader, "event"u8))
            {
                reader.Read();
                eventName = Text(ref reader);
            }
            else if (JsonText.Is(ref reader, "code"u8))
            {
                reader.Read();
                code = Text(ref reader);
            }
            else if (JsonText.Is(ref reader, "msg"u8))
            {
                reader.Read();
                text = Text(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        if (eventName is not null)
        {
            var kind = eventName == "error" ? FeedControlKind.Error : FeedControlKind.Reply;
            _events.Add(Control(kind, Short(text ?? eventName)) with { ErrorCode = int.TryParse(code, out var number) ? number : 0 });
        }
        else if (code is not null and not "0")
        {
            _events.Add(Control(FeedControlKind.Error, Short(text ?? "")) with { ErrorCode = int.TryParse(code, out var number) ? number : 0 });
        }
        else if (hasData && data.TokenType == JsonTokenType.StartArray)
        {
            ReadData(ref data, utf8, channel == Channel.None && code == "0" ? Channel.Reply : channel, isUpdate);
        }
        else
        {
            _failure = new Refusal("message-incomplete", "a message has an event or a list of data");
        }
    }

    private Channel ReadArgument(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return Channel.None;
        }

        var channel = Channel.None;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isChannel = JsonText.Is(ref reader, "channel"u8);
            reader.Read();
            if (isChannel)
            {
                channel = Text(ref reader) switch
                {
                    "books" or "books-l2-tbt" => Channel.Books,
                    "books5" or "bbo-tbt" => Channel.ShortBooks,
                    "tickers" => Channel.Tickers,
                    "trades" => Channel.Trades,
                    "opt-summary" => Channel.OptionSummary,
                    "mark-price" => Channel.MarkPrice,
                    "index-tickers" => Channel.IndexTickers,
                    "instruments" => Channel.Instruments,
                    _ => Channel.Unsupported,
                };
            }
            else
            {
                reader.Skip();
            }
        }

        return channel;
    }

    private void ReadData(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8, Channel channel, bool isUpdate)
    {
        if (channel is Channel.None or Channel.Unsupported)
        {
            _failure = new Refusal("channel-unsupported", "the channel is not one of those read here");
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var start = (int)reader.TokenStartIndex;
            Refusal? refusal;
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                ReadRow(ref reader);
                refusal = _rowFailure ?? Emit(channel, utf8, isUpdate);
            }
            else
            {
                refusal = new Refusal("data-shape", $"an element of the data is an object, not {reader.TokenType}");
                reader.Skip();
            }

            if (refusal is not null)
            {
                _events.Add(Rejected(refusal, utf8[start..]));
            }
        }

        if (_events.Count == 0)
        {
            _events.Add(Control(FeedControlKind.Reply, ""));
        }
    }

    private void ReadRow(ref Utf8JsonReader reader)
    {
        Array.Fill(_texts, (0, -1));
        _bids.Clear();
        _asks.Clear();
        _rowFailure = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = reader.ValueIsEscaped ? OkxField.None : OkxFields.Find(reader.ValueSpan);
            reader.Read();
            if (field is OkxField.Asks or OkxField.Bids)
            {
                ReadLevels(ref reader, field == OkxField.Bids ? _bids : _asks);
            }
            else if (field == OkxField.None)
            {
                reader.Skip();
            }
            else if (reader.TokenType is JsonTokenType.String or JsonTokenType.Number && !reader.ValueIsEscaped)
            {
                // Checksums and sequence numbers are JSON numbers, all else is text; an empty text is absent.
                var quote = reader.TokenType == JsonTokenType.String ? 1 : 0;
                _texts[(int)field] = reader.ValueSpan.Length == 0 ? (0, -1) : ((int)reader.TokenStartIndex + quote, reader.ValueSpan.Length);
            }
            else
            {
                if (reader.TokenType != JsonTokenType.Null)
                {
                    _rowFailure ??= new Refusal("field-type", $"{OkxFields.Name(field)} is a text or a number, not {reader.TokenType}");
                }

                reader.Skip();
            }
        }
    }

    /// <summary>Levels are [price, size, "0", orders], all texts; the third was the number of liquidation orders once.</summary>
    private void ReadLevels(ref Utf8JsonReader reader, List<OkxLevel> levels)
    {
        levels.Clear();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            _rowFailure ??= new Refusal("field-type", "bids and asks are lists");
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                _rowFailure ??= BadLevel();
                reader.Skip();
                continue;
            }

            var depth = reader.CurrentDepth;
            var index = 0;
            double price = 0;
            double size = 0;
            byte[] priceText = [];
            byte[] sizeText = [];
            while (reader.Read() && (reader.TokenType != JsonTokenType.EndArray || reader.CurrentDepth != depth))
            {
                double number = 0;
                if (index < 2 && (reader.TokenType != JsonTokenType.String || reader.ValueIsEscaped || !TryNumber(reader.ValueSpan, out number)))
                {
                    _rowFailure ??= BadLevel();
                }
                else if (index == 0)
                {
                    price = number;
                    priceText = reader.ValueSpan.ToArray();
                }
                else if (index == 1)
                {
                    size = number;
                    sizeText = reader.ValueSpan.ToArray();
                }

                index++;
                reader.Skip();
            }

            if (index < 2)
            {
                _rowFailure ??= BadLevel();
            }
            else if (levels.Count >= OrderBook.MaxLevelsPerSide)
            {
                _rowFailure ??= new Refusal("book-too-deep", $"a book has more than {OrderBook.MaxLevelsPerSide} levels on one side");
            }
            else
            {
                levels.Add(new OkxLevel(price, size, priceText, sizeText));
            }
        }
    }

    private Refusal? Emit(Channel channel, ReadOnlySpan<byte> utf8, bool isUpdate)
    {
        if (channel == Channel.IndexTickers)
        {
            return EmitIndex(utf8);
        }

        if (channel == Channel.Reply)
        {
            // A REST reply does not say what it answers; instruments have a tick size, tickers do not.
            channel = Has(OkxField.TickSz) ? Channel.Instruments
                : Has(OkxField.FwdPx) ? Channel.OptionSummary
                : Has(OkxField.MarkPx) ? Channel.MarkPrice
                : Has(OkxField.TradeId) ? Channel.Trades
                : Has(OkxField.BidPx) || Has(OkxField.AskPx) ? Channel.Tickers
                : Channel.None;
        }

        if (channel == Channel.None)
        {
            return new Refusal("result-unknown", "the result has the shape of no known reply with market data");
        }

        // Books name their instrument in the argument only.
        var name = Has(OkxField.InstId) ? Bytes(utf8, OkxField.InstId) : ArgumentInstrument(utf8);
        if (name.IsEmpty)
        {
            return new Refusal("field-missing", "instId is absent");
        }

        var entry = _instruments.Find(name);
        if (entry.Instrument is not { } instrument)
        {
            return entry.Refusal;
        }

        return channel switch
        {
            Channel.Books => EmitBook(utf8, instrument, isUpdate),
            Channel.ShortBooks => EmitShortBook(utf8, instrument),
            Channel.Tickers => EmitTicker(utf8, instrument),
            Channel.Trades => EmitTrade(utf8, instrument),
            Channel.OptionSummary => EmitOptionSummary(utf8, instrument),
            Channel.MarkPrice => EmitMark(utf8, instrument),
            _ => EmitInstrument(utf8, instrument),
        };
    }

    private Refusal? EmitTicker(ReadOnlySpan<byte> utf8, Instrument instrument)
    {
        var provenance = Stamp(utf8);
        var bid = NumberOrNone(utf8, OkxField.BidPx);
        var ask = NumberOrNone(utf8, OkxField.AskPx);
        var scale = Scale(instrument);
        var values = new QuoteValues
        {
            Bid = bid,
            Ask = ask,
            BidSize = bid is null ? null : Number(utf8, OkxField.BidSz) * scale,
            AskSize = ask is null ? null : Number(utf8, OkxField.AskSz) * scale,
            Last = NumberOrNone(utf8, OkxField.Last),
        };
        return Quote(provenance, instrument, QuoteGroups.TopOfBook | QuoteGroups.Statistics, values);
    }

    private Refusal? EmitOptionSummary(ReadOnlySpan<byte> utf8, Instrument instrument)
    {
        var provenance = Stamp(utf8);
        var vol = NumberOrNone(utf8, OkxField.MarkVol);
        var values = new QuoteValues
        {
            MarkVol = vol,
            BidVol = NumberOrNone(utf8, OkxField.BidVol),
            AskVol = NumberOrNone(utf8, OkxField.AskVol),
            UnderlyingPrice = NumberOrNone(utf8, OkxField.FwdPx),
            Delta = Number(utf8, OkxField.DeltaBS),
            Gamma = Number(utf8, OkxField.GammaBS),
            Vega = Number(utf8, OkxField.VegaBS),
            Theta = Number(utf8, OkxField.ThetaBS),
        };
        if ((Failure() ?? QuoteValidation.Check(instrument, values)) is { } refusal)
        {
            return refusal;
        }

        var mark = Mark(instrument, null, vol);
        return Quote(
            provenance,
            instrument,
            QuoteGroups.Mark | QuoteGroups.QuotedVols | QuoteGroups.Forward | QuoteGroups.Greeks,
            values with { Mark = mark.Price, MarkVol = mark.Vol });
    }

    private Refusal? EmitMark(ReadOnlySpan<byte> utf8, Instrument instrument)
    {
        var provenance = Stamp(utf8);
        var price = Required(utf8, OkxField.MarkPx);
        if ((Failure() ?? QuoteValidation.Check(instrument, new QuoteValues { Mark = price })) is { } refusal)
        {
            return refusal;
        }

        var mark = Mark(instrument, price, null);
        return Quote(provenance, instrument, QuoteGroups.Mark, new QuoteValues { Mark = mark.Price, MarkVol = mark.Vol });
    }

    /// <summary>OKX sends mark price and mark vol on two channels; a quote shows the latest of both.</summary>
    private (double? Price, double? Vol) Mark(Instrument instrument, double? price, double? vol)
    {
        _marks.TryGetValue(instrument, out var mark);
        mark = (price ?? mark.Price, vol ?? mark.Vol);
        if (_marks.Count < MarketState.MaxInstruments || _marks.ContainsKey(instrument))
        {
            _marks[instrument] = mark;
        }

        return mark;
    }

    private Refusal? EmitTrade(ReadOnlySpan<byte> utf8, Instrument instrument)
    {
        var provenance = Stamp(utf8);
        var price = Required(utf8, OkxField.Px);
        var size = Required(utf8, OkxField.Sz);
        var isBuy = Bytes(utf8, OkxField.Side).SequenceEqual("buy"u8);
        if (!Has(OkxField.TradeId) || (!isBuy && !Bytes(utf8, OkxField.Side).SequenceEqual("sell"u8)))
        {
            Fail("field-missing", "tradeId or side (buy, sell) is absent");
        }

        if (Scale(instrument) is not { } scale)
        {
            return ContractSizeUnknown(instrument);
        }

        var level = new BookLevel(price, size * scale);
        var refusal = Failure() ?? QuoteValidation.Check(instrument, level, mayDelete: false);
        if (refusal is null)
        {
            var id = Encoding.UTF8.GetString(Bytes(utf8, OkxField.TradeId));
            _events.Add(new TradePrint(provenance, instrument, id, level.Price, level.Amount, isBuy, false));
        }

        return refusal;
    }

    private Refusal? EmitIndex(ReadOnlySpan<byte> utf8)
    {
        Span<char> name = stackalloc char[64];
        var bytes = Bytes(utf8, OkxField.InstId);
        name = bytes.Length <= 64 ? name[..Encoding.UTF8.GetChars(bytes, name)] : [];
        var cut = name.IndexOf('-');
        if (cut < 0 || !Asset.IsValid(name[..cut]) || !Asset.IsValid(name[(cut + 1)..]))
        {
            return new Refusal("index-name", "instId of an index is COIN-QUOTE");
        }

        var provenance = Stamp(utf8);
        var price = Required(utf8, OkxField.IdxPx);
        var refusal = Failure() ?? QuoteValidation.Price("index price", price);
        if (refusal is null)
        {
            _events.Add(new IndexUpdate(provenance, new Asset(name[..cut].ToString()), new Asset(name[(cut + 1)..].ToString()), price));
        }

        return refusal;
    }

    private Refusal? EmitBook(ReadOnlySpan<byte> utf8, Instrument instrument, bool isUpdate)
    {
        var provenance = Stamp(utf8);
        var sequence = Integer(utf8, OkxField.SeqId);
        var previous = Integer(utf8, OkxField.PrevSeqId);
        var checksum = Integer(utf8, OkxField.Checksum);
        if (Scale(instrument) is not { } scale)
        {
            return ContractSizeUnknown(instrument);
        }

        var bids = Levels(instrument, _bids, scale, isUpdate, isBid: true);
        var asks = Levels(instrument, _asks, scale, isUpdate, isBid: false);
        if (Failure() is { } bad)
        {
            return bad;
        }

        if (!_books.TryGetValue(instrument, out var book))
        {
            if (isUpdate)
            {
                return new Refusal("book-no-image", $"a change of {instrument} came before any image of its book");
            }

            if (_books.Count >= MarketState.MaxInstruments)
            {
                return new Refusal("too-many-instruments", $"{instrument} would be book {MarketState.MaxInstruments + 1}");
            }

            _books.Add(instrument, book = new OkxBook());
        }

        if (isUpdate && previous is { } p && book.SequenceId is { } held && p != held)
        {
            return GiveUp(provenance, instrument, new Refusal("book-gap", $"the change {sequence} of {instrument} follows {p}, but the last one seen is {held}"));
        }

        if (!isUpdate)
        {
            book.Clear();
        }

        var refusal = book.Apply(_bids, _asks);
        if (refusal is null && checksum is { } expected && book.Checksum() != expected)
        {
            refusal = new Refusal("book-checksum", $"the checksum of {instrument} is {book.Checksum()}, but {expected} was sent");
        }

        if (refusal is not null)
        {
            return GiveUp(provenance, instrument, refusal);
        }

        book.SequenceId = sequence;
        book.ChangeId = ++_lastChangeId;
        _events.Add(isUpdate
            ? new BookChange(provenance, instrument, book.ChangeId, book.PreviousChangeId, bids, asks)
            : new BookImage(provenance, instrument, book.ChangeId, bids, asks));
        book.PreviousChangeId = book.ChangeId;
        return null;
    }

    private Refusal? GiveUp(Provenance provenance, Instrument instrument, Refusal reason)
    {
        _books.Remove(instrument);
        _events.Add(new FeedGap(provenance, instrument, reason));
        return null;
    }

    private Refusal? EmitShortBook(ReadOnlySpan<byte> utf8, Instrument instrument)
    {
        var provenance = Stamp(utf8);
        if (Scale(instrument) is not { } scale)
        {
            return ContractSizeUnknown(instrument);
        }

        var bids = Levels(instrument, _bids, scale, mayDelete: false, isBid: true);
        var asks = Levels(instrument, _asks, scale, mayDelete: false, isBid: false);
        if (Failure() is { } bad)
        {
            return bad;
        }

        _events.Add(new BookImage(provenance, instrument, 0, bids, asks) { IsPartial = true });
        return null;
    }

    private ImmutableArray<BookLevel> Levels(Instrument instrument, List<OkxLevel> levels, double scale, bool mayDelete, bool isBid)
    {
        var builder = ImmutableArray.CreateBuilder<BookLevel>(levels.Count);
        foreach (var level in levels)
        {
            var scaled = new BookLevel(level.Price, level.Size * scale);
            _rowFailure ??= QuoteValidation.Check(instrument, scaled, mayDelete);
            if (!mayDelete && builder.Count > 0 && (isBid ? builder[^1].Price <= scaled.Price : builder[^1].Price >= scaled.Price))
            {
                Fail("book-level", $"the image of {instrument} is not ordered from the best level at {scaled.Price:R}");
            }

            builder.Add(scaled);
        }

        return builder.MoveToImmutable();
    }

    private Refusal? EmitInstrument(ReadOnlySpan<byte> utf8, Instrument instrument)
    {
        var value = instrument is Spot ? 1 : Required(utf8, OkxField.CtVal) * (Number(utf8, OkxField.CtMult) ?? 1);
        var tickSize = Number(utf8, OkxField.TickSz);
        var smallest = Number(utf8, OkxField.MinSz) * value;
        var listedAt = Time(utf8, OkxField.ListTime);
        var refusal = Failure()
            ?? QuoteValidation.Price("contract value", value)
            ?? QuoteValidation.Price("tick size", tickSize)
            ?? QuoteValidation.Amount("smallest trade", smallest)
            ?? CheckTerms(utf8, instrument);
        if (refusal is not null)
        {
            return refusal;
        }

        if (_contractValues.Count < MarketState.MaxInstruments || _contractValues.ContainsKey(instrument))
        {
            _contractValues[instrument] = value;
        }

        var state = Has(OkxField.State) ? Short(Encoding.UTF8.GetString(Bytes(utf8, OkxField.State))) : null;
        _events.Add(new InstrumentListed(
            new Provenance(_source, null, _receivedAt ?? _latest), instrument, new InstrumentTerms(value, tickSize, smallest, state, listedAt)));
        return null;
    }

    private Refusal? CheckTerms(ReadOnlySpan<byte> utf8, Instrument instrument)
    {
        var expiry = Time(utf8, OkxField.ExpTime);
        var strike = Number(utf8, OkxField.Stk);
        var expected = instrument switch { EuropeanOption o => o.Expiry, DatedFuture f => f.Expiry, _ => (DateTimeOffset?)null };
        if (expected is not null && expiry is not null && expiry != expected)
        {
            Fail("instrument-mismatch", $"{instrument} is listed with expTime {expiry.Value.ToIso()}");
        }

        if (instrument is EuropeanOption option && strike is { } s && s != option.StrikeValue)
        {
            Fail("instrument-mismatch", $"{instrument} is listed with strike {s:R}");
        }

        return Failure();
    }

    private Refusal? Quote(in Provenance provenance, Instrument instrument, QuoteGroups groups, in QuoteValues values)
    {
        var refusal = Failure() ?? QuoteValidation.Check(instrument, values);
        if (refusal is null)
        {
            _events.Add(new QuoteUpdate(provenance, instrument, groups, values));
        }

        return refusal;
    }

    /// <summary>What one contract is in the project's amount unit: coin for options and linear contracts, quote currency for inverse futures.</summary>
    private double? Scale(Instrument instrument) =>
        instrument is Spot ? 1 : _contractValues.TryGetValue(instrument, out var value) ? value : null;

    private static Refusal ContractSizeUnknown(Instrument instrument)
    {
        return new Refusal("contract-size-unknown", $"sizes of {instrument} are in contracts, and its listing was not read yet");
    }

    private Provenance Stamp(ReadOnlySpan<byte> utf8)
    {
        var time = Time(utf8, OkxField.Ts);
        if (time is { } t)
        {
            if (_receivedAt is { } received && t - received > Deribit.DeribitMessageDecoder.MaxClockLead)
            {
                Fail("time-ahead", $"the message is stamped {t.ToIso()}, long after its receipt at {received.ToIso()}");
            }
            else
            {
                _latest = t;
            }
        }

        return new Provenance(_source, time, _receivedAt ?? time ?? _latest);
    }

    private DateTimeOffset? Time(ReadOnlySpan<byte> utf8, OkxField field)
    {
        if (Integer(utf8, field) is not { } ms)
        {
            return null;
        }

        if (ms is < 0 or > MaxUnixMilliseconds)
        {
            Fail("time-range", $"{ms} milliseconds is not an instant between 1970 and 9999");
            return null;
        }

        var time = DateTimeOffset.FromUnixTimeMilliseconds(ms);
        _rowFailure ??= QuoteValidation.Time(OkxFields.Name(field), time);
        return time;
    }

    private double Required(ReadOnlySpan<byte> utf8, OkxField field)
    {
        if (!Has(field))
        {
            Fail("field-missing", $"{OkxFields.Name(field)} is absent");
        }

        return Number(utf8, field) ?? 0;
    }

    /// <summary>A number where 0 stands for "none".</summary>
    private double? NumberOrNone(ReadOnlySpan<byte> utf8, OkxField field) => Number(utf8, field) is { } value && value != 0 ? value : null;

    private double? Number(ReadOnlySpan<byte> utf8, OkxField field)
    {
        double number = 0;
        if (Has(field) && !TryNumber(Bytes(utf8, field), out number))
        {
            Fail("number-invalid", $"{OkxFields.Name(field)} is not a finite number");
        }

        return Has(field) ? number : null;
    }

    private long? Integer(ReadOnlySpan<byte> utf8, OkxField field)
    {
        if (!Has(field))
        {
            return null;
        }

        var bytes = Bytes(utf8, field);
        if (!Utf8Parser.TryParse(bytes, out long number, out var consumed) || consumed != bytes.Length)
        {
            Fail("number-invalid", $"{OkxFields.Name(field)} is not a whole number");
        }

        return number;
    }

    /// <summary>What is wrong with the row so far: the first failure of reading it or one of its numbers.</summary>
    private Refusal? Failure() => _rowFailure;

    private void Fail(string code, string message) => _rowFailure ??= new Refusal(code, message);

    private static bool TryNumber(ReadOnlySpan<byte> text, out double value)
    {
        return Utf8Parser.TryParse(text, out value, out var consumed) && consumed == text.Length && double.IsFinite(value);
    }

    private bool Has(OkxField field) => _texts[(int)field].Length >= 0;

    private ReadOnlySpan<byte> Bytes(ReadOnlySpan<byte> utf8, OkxField field)
    {
        var (start, length) = _texts[(int)field];
        return length < 0 ? [] : utf8.Slice(start, length);
    }

    private static ReadOnlySpan<byte> ArgumentInstrument(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isArgument = JsonText.Is(ref reader, "arg"u8);
            reader.Read();
            if (!isArgument || reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isInstrument = JsonText.Is(ref reader, "instId"u8);
                reader.Read();
                if (isInstrument && reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped)
                {
                    return reader.ValueSpan;
                }

                reader.Skip();
            }
        }

        return [];
    }

    private static string? Text(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return null;
        }

        return JsonText.Escaped(ref reader);
    }

    private FeedControl Control(FeedControlKind kind, string text) => new(new Provenance(_source, null, _receivedAt ?? _latest), kind, null, 0, text);

    private RejectedInput Rejected(Refusal refusal, ReadOnlySpan<byte> text)
    {
        return new RejectedInput(new Provenance(_source, null, _receivedAt ?? _latest), MessageCount, refusal, CsvTable.Excerpt(text));
    }

    private static Refusal BadLevel() => new("book-level", "a level of a book is a list that begins with price and size");

    private static string Short(string text) => text.Length <= 64 ? text : text[..64];
}

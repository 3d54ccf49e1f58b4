using System.Globalization;
using System.Text;
using Pms.MarketData.Events;
using Pms.MarketData.Readers.Deribit;
using Pms.MarketData.Snapshots;
using Pms.Numerics;

namespace Pms.Connectors.Tests;

/// <summary>A small market in Deribit's dialect that knows the truth: every message it ever made is also applied, without loss, to a reference state.</summary>
internal sealed class ReplayVenue
{
    private readonly RandomStream _random;
    private readonly DeribitMessageDecoder _decoder = new();
    private readonly MarketState _reference = new();
    private readonly Dictionary<string, (SortedDictionary<decimal, decimal> Bids, SortedDictionary<decimal, decimal> Asks)> _books = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _latest = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _changeIds = new(StringComparer.Ordinal);
    private readonly List<MarketEvent> _scratch = [];
    private readonly long _startMs;
    private ulong _draws;
    private long _ms;
    private long _nextChangeId = 1000;

    public ReplayVenue(ulong seed, DateTimeOffset start)
    {
        _random = new RandomStream(seed);
        _startMs = start.ToUnixTimeMilliseconds();
        foreach (var name in BookNames)
        {
            _books[name] = (new SortedDictionary<decimal, decimal>(Comparer<decimal>.Create((x, y) => y.CompareTo(x))), []);
            for (var i = 0; i < 5; i++)
            {
                _books[name].Bids[37_000m - (0.5m * i)] = 1_000 + i;
                _books[name].Asks[37_001m + (0.5m * i)] = 1_000 + i;
            }

            _changeIds[name] = _nextChangeId++;
            Reference(Image(name));
        }

        Beat();
    }

    public static IReadOnlyList<string> BookNames { get; } = ["BTC-PERPETUAL", "BTC-29DEC28"];

    public static IReadOnlyList<string> OptionNames { get; } =
        ["BTC-29DEC28-30000-P", "BTC-29DEC28-36000-C", "BTC-29DEC28-38000-C", "BTC-29DEC28-40000-C", "BTC-28JUN30-38000-C"];

    public Lock Gate { get; } = new();

    public int Next(int below) => (int)(_random.Bits(_draws++) % (ulong)below);

    /// <summary>One random event of the market: the channel and the message.</summary>
    public (string Channel, string Message) Step()
    {
        return Next(10) switch
        {
            < 6 => Change(BookNames[Next(BookNames.Count)]),
            < 9 => Ticker(Next(2) == 0 ? BookNames[Next(BookNames.Count)] : OptionNames[Next(OptionNames.Count)]),
            _ => Next(2) == 0 ? Index() : Marks(),
        };
    }

    /// <summary>Something new on every channel.</summary>
    public List<(string Channel, string Message)> Beat() =>
        [.. BookNames.Select(Change), .. BookNames.Concat(OptionNames).Select(Ticker), Index(), Marks(), VolatilityIndex()];

    /// <summary>What the venue sends first to a new subscriber: the whole book, or the latest value.</summary>
    public string? First(string channel)
    {
        if (channel.StartsWith("book.", StringComparison.Ordinal))
        {
            var name = channel.Split('.')[1];
            return _books.ContainsKey(name) ? Image(name) : null;
        }

        return _latest.GetValueOrDefault(channel);
    }

    public string Instruments(long id)
    {
        var rows = BookNames.Concat(OptionNames).Select(name =>
        {
            var parts = name.Split('-');
            var kind = parts.Length == 4
                ? $"\"kind\":\"option\",\"strike\":{parts[2]}.0,\"option_type\":\"{(parts[3] == "C" ? "call" : "put")}\""
                : "\"kind\":\"future\"";
            return $"{{{kind},\"instrument_name\":\"{name}\",\"instrument_type\":\"reversed\",\"is_active\":true,\"tick_size\":0.5,\"contract_size\":1.0,\"min_trade_amount\":0.1}}";
        });
        return $"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":[{string.Join(',', rows)}]}}";
    }

    /// <summary>What a reader that lost nothing would hold.</summary>
    public MarketSnapshot Truth() => _reference.Seal(DateTimeOffset.UnixEpoch);

    private (string Channel, string Message) Change(string name)
    {
        var (bids, asks) = _books[name];
        var previous = _changeIds[name];
        _changeIds[name] = _nextChangeId += 1 + Next(4);
        var text = Notification($"book.{name}.100ms", $$$"""{"type":"change","timestamp":{{{Now()}}},"instrument_name":"{{{name}}}","change_id":{{{_changeIds[name]}}},"prev_change_id":{{{previous}}},"bids":{{{Change(bids, 37_000m)}}},"asks":{{{Change(asks, 37_001m)}}}""" + "}");
        return Reference(text, $"book.{name}.100ms");
    }

    private string Change(SortedDictionary<decimal, decimal> side, decimal from)
    {
        var price = from + (from == 37_000m ? -0.5m : 0.5m) * Next(20);
        if (side.ContainsKey(price) && side.Count > 2 && Next(2) == 0)
        {
            side.Remove(price);
            return $"[[\"delete\",{Text(price)},0.0]]";
        }

        var action = side.ContainsKey(price) ? "change" : "new";
        side[price] = 10 * (1 + Next(1000));
        return $"[[\"{action}\",{Text(price)},{Text(side[price])}]]";
    }

    private string Image(string name)
    {
        var (bids, asks) = _books[name];
        static string Levels(SortedDictionary<decimal, decimal> side) => string.Join(',', side.Select(l => $"[\"new\",{Text(l.Key)},{Text(l.Value)}]"));
        return Notification($"book.{name}.100ms", $$$"""{"type":"snapshot","timestamp":{{{Now()}}},"instrument_name":"{{{name}}}","change_id":{{{_changeIds[name]}}},"bids":[{{{Levels(bids)}}}],"asks":[{{{Levels(asks)}}}""" + "]}");
    }

    private (string Channel, string Message) Ticker(string name)
    {
        var mid = name.Split('-').Length == 4 ? 0.01m * (1 + Next(40)) : 37_000m + Next(500);
        var option = name.Split('-').Length == 4
            ? $"\"mark_iv\":{40 + Next(40)},\"bid_iv\":0,\"ask_iv\":{60 + Next(40)},\"underlying_price\":{37_000 + Next(500)},\"underlying_index\":\"BTC-29DEC28\",\"greeks\":{{\"delta\":0.5,\"gamma\":0.0001,\"vega\":{Next(99)},\"theta\":-5.5,\"rho\":1.5}},"
            : "\"current_funding\":0.0001,\"funding_8h\":0.00002,";
        var text = Notification($"ticker.{name}.100ms", $$$"""{"timestamp":{{{Now()}}},"instrument_name":"{{{name}}}",{{{option}}}"best_bid_price":{{{(Next(5) == 0 ? "0" : Text(mid))}}},"best_bid_amount":{{{1 + Next(50)}}},"best_ask_price":{{{Text(mid + 0.0005m)}}},"best_ask_amount":{{{1 + Next(50)}}},"mark_price":{{{Text(mid)}}},"open_interest":{{{Next(5000)}}},"last_price":null,"stats":{"volume":{{{Next(100)}}}""" + "}}");
        return Reference(text, $"ticker.{name}.100ms");
    }

    private (string Channel, string Message) Index() =>
        Reference(Notification("deribit_price_index.btc_usd", $$$"""{"timestamp":{{{Now()}}},"price":{{{37_000 + Next(500)}}}.25,"index_name":"btc_usd"}"""), "deribit_price_index.btc_usd");

    private (string Channel, string Message) VolatilityIndex() =>
        Reference(Notification("deribit_volatility_index.btc_usd", $$$"""{"timestamp":{{{Now()}}},"volatility":{{{50 + Next(20)}}}.5,"index_name":"btc_usd"}"""), "deribit_volatility_index.btc_usd");

    private (string Channel, string Message) Marks()
    {
        var now = Now();
        var rows = OptionNames.Select(n => $"{{\"timestamp\":{now},\"instrument_name\":\"{n}\",\"mark_price\":0.0{1 + Next(8)},\"iv\":0.{40 + Next(50)}}}");
        return Reference(Notification("markprice.options.btc_usd", $$$"""[{{{string.Join(',', rows)}}}""" + "]"), "markprice.options.btc_usd");
    }

    private (string Channel, string Message) Reference(string message, string channel)
    {
        Reference(message);
        _latest[channel] = message;
        return (channel, message);
    }

    private void Reference(string message)
    {
        _scratch.Clear();
        _decoder.Decode(Encoding.UTF8.GetBytes(message), null, _scratch);
        foreach (var e in _scratch)
        {
            e.ShouldNotBeOfType<RejectedInput>(message);
            _reference.Apply(e).ShouldBeNull();
        }
    }

    private static string Notification(string channel, string data) =>
        "{\"jsonrpc\":\"2.0\",\"method\":\"subscription\",\"params\":{\"channel\":\"" + channel + "\",\"data\":" + data + "}}";

    private long Now() => _startMs + ++_ms;

    private static string Text(decimal value) => value.ToString(CultureInfo.InvariantCulture);
}

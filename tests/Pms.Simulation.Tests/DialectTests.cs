using System.Buffers;
using System.Text.Json;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers;
using Pms.MarketData.Readers.Deribit;
using Pms.Primitives;
using Pms.Simulation.Dialect;
using Pms.Simulation.Parameters;

namespace Pms.Simulation.Tests;

/// <summary>The text that the simulated venue writes, read by the decoder for the real venue, gives the events that it was written from.</summary>
public sealed class DialectTests
{
    [Theory]
    [InlineData("calm", 1)]
    [InlineData("crash", 2)]
    [InlineData("feed-outage", 3)]
    public void Write_EveryMessageOfAFeed_DecodesToTheSameEvents(string script, ulong seed)
    {
        var roll = new DateTimeOffset(2026, 3, 6, 8, 0, 0, TimeSpan.Zero);
        var parameters = Markets.With(script) with { Start = roll.AddMinutes(-20) };
        var exchange = new SimulatedExchange(parameters, seed);
        var decoder = new DeribitMessageDecoder(SimulatedExchange.Source);
        var decoded = new List<MarketEvent>();
        var buffer = new ArrayBufferWriter<byte>();
        var kinds = new HashSet<FeedMessageKind>();
        var count = 0;
        foreach (var message in exchange.Messages(roll.AddMinutes(-1), roll.AddMinutes(0.5)).Concat(exchange.Messages(roll.AddMinutes(-20), roll.AddMinutes(-19.7))))
        {
            buffer.ResetWrittenCount();
            decoded.Clear();
            DeribitDialect.Write(message, buffer);
            decoder.Decode(buffer.WrittenSpan, message.ReceivedAt, decoded);
            decoded.RemoveAll(e => e is FeedControl { Kind: FeedControlKind.Reply });
            decoded.Count.ShouldBe(message.Events.Length);
            for (var i = 0; i < decoded.Count; i++)
            {
                ShouldEqual(decoded[i], message.Events[i]);
            }

            kinds.Add(message.Kind);
            count++;
        }

        count.ShouldBeGreaterThan(10_000);
        kinds.Count.ShouldBe(Enum.GetValues<FeedMessageKind>().Length);
    }

    /// <summary>The unit traps, each looked at in the text itself.</summary>
    [Fact]
    public void Write_Units_AreTheVenues()
    {
        var exchange = new SimulatedExchange(SimulationParameters.Default, 7);
        var start = exchange.Parameters.Start;
        var seen = new HashSet<string>();
        foreach (var message in exchange.Messages(start, start.AddSeconds(20)))
        {
            var root = Parse(message);
            switch (message.Kind)
            {
                case FeedMessageKind.Ticker when message.Events[0] is QuoteUpdate { Instrument: EuropeanOption } q:
                    var ticker = root.GetProperty("params").GetProperty("data");
                    ticker.GetProperty("mark_iv").GetDouble().ShouldBe(100 * q.Values.MarkVol!.Value, 1e-9);
                    ticker.GetProperty("mark_iv").GetDouble().ShouldBeGreaterThan(10);
                    if (q.Values.Bid is null)
                    {
                        ticker.GetProperty("best_bid_price").GetDouble().ShouldBe(0);
                        ticker.GetProperty("bid_iv").GetDouble().ShouldBe(0);
                        seen.Add("no bid");
                    }

                    if (q.Instrument.Underlying.Settlement == Settlement.Inverse)
                    {
                        ticker.GetProperty("mark_price").GetDouble().ShouldBeLessThan(5);
                        seen.Add("coin");
                    }

                    break;
                case FeedMessageKind.MarkPrices:
                    root.GetProperty("params").GetProperty("data")[0].GetProperty("iv").GetDouble().ShouldBeLessThan(5);
                    seen.Add("fraction");
                    break;
                case FeedMessageKind.VolatilityIndex:
                    root.GetProperty("params").GetProperty("data").GetProperty("volatility").GetDouble().ShouldBeGreaterThan(10);
                    seen.Add("points");
                    break;
                case FeedMessageKind.Instruments:
                    var perpetual = root.GetProperty("result").EnumerateArray().Single(i => i.GetProperty("instrument_name").GetString() == "BTC-PERPETUAL");
                    perpetual.GetProperty("min_trade_amount").GetDouble().ShouldBe(10);
                    perpetual.GetProperty("instrument_type").GetString().ShouldBe("reversed");
                    seen.Add("amount in USD");
                    break;
            }
        }

        seen.ShouldBe(["no bid", "coin", "fraction", "points", "amount in USD"], ignoreOrder: true);
    }

    [Fact]
    public void SessionWriter_Lines_AreMessagesInOrderOfReceipt()
    {
        var exchange = new SimulatedExchange(Markets.Small, 1);
        var start = exchange.Parameters.Start;
        using var stream = new MemoryStream();
        var writer = new SimulatedSessionWriter(stream, start, compress: false);
        foreach (var message in exchange.Messages(start, start.AddSeconds(30)))
        {
            writer.Write(message);
        }

        writer.Dispose();
        var lines = System.Text.Encoding.UTF8.GetString(stream.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(2 + (int)writer.MessageCount);
        lines[^1].ShouldContain($"\"messages\":{writer.MessageCount}");
        lines[0].ShouldBe($$"""{"format":"pms-session","version":1,"source":"pms.sim","startedUs":{{start.ToUnixMicroseconds()}}}""");
        var last = 0L;
        foreach (var line in lines.Skip(1).SkipLast(1))
        {
            using var json = JsonDocument.Parse(line);
            json.RootElement.GetProperty("message").GetProperty("jsonrpc").GetString().ShouldBe("2.0");
            var received = json.RootElement.GetProperty("receivedUs").GetInt64();
            received.ShouldBeGreaterThanOrEqualTo(last);
            last = received;
        }
    }

    /// <summary>A session that was written to a file is read like any recording: every event comes back, only the source says that it was a session.</summary>
    [Fact]
    public void SessionWriter_File_ReadsBackAsTheRun()
    {
        var exchange = new SimulatedExchange(Markets.Small with { Scripts = Markets.Script("crash") }, 2);
        var start = exchange.Parameters.Start;
        using var stream = new MemoryStream();
        var writer = new SimulatedSessionWriter(stream, start, compress: true);
        var expected = new List<MarketEvent>();
        foreach (var message in exchange.Messages(start, start.AddMinutes(1)))
        {
            writer.Write(message);
            expected.AddRange(message.Events);
        }

        writer.Dispose();
        using var file = MarketFile.Open(new MemoryStream(stream.ToArray()), "simulated");
        var found = file.ReadEvents().Where(e => e is not FeedControl).ToArray();
        found.Length.ShouldBe(expected.Count);
        for (var i = 0; i < found.Length; i++)
        {
            ShouldEqual(found[i], expected[i] with { Provenance = expected[i].Provenance with { Source = found[i].Provenance.Source } });
        }
    }

    private static JsonElement Parse(FeedMessage message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        DeribitDialect.Write(message, buffer);
        return JsonSerializer.Deserialize<JsonElement>(buffer.WrittenSpan);
    }

    // Records with immutable arrays compare by reference, so books are compared level by level.
    private static void ShouldEqual(MarketEvent found, MarketEvent expected)
    {
        if ((found, expected) is (BookImage a, BookImage b))
        {
            a.Bids.ShouldBe(b.Bids);
            a.Asks.ShouldBe(b.Asks);
            (a with { Bids = b.Bids, Asks = b.Asks }).ShouldBe(b);
        }
        else if ((found, expected) is (BookChange c, BookChange d))
        {
            c.Bids.ShouldBe(d.Bids);
            c.Asks.ShouldBe(d.Asks);
            (c with { Bids = d.Bids, Asks = d.Asks }).ShouldBe(d);
        }
        else if (!found.Equals(expected))
        {
            found.ShouldBe(expected);
        }
    }
}

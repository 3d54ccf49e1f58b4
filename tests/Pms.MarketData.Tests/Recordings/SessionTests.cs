using System.IO.Compression;
using System.Text;
using Pms.MarketData.Events;
using Pms.MarketData.Readers;
using Pms.MarketData.Readers.Recordings;
using Pms.MarketData.Tests.Deribit;
using Pms.Primitives;
using Pms.Testing;

namespace Pms.MarketData.Tests.Recordings;

public sealed class SessionTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WriteThenRead_EveryMessage_ComesBackByteForByte(bool compress)
    {
        var bytes = Write(compress, end: true);
        var session = SessionMessages.Open(Decompress(bytes, compress), ReadLimits.Default);
        session.Header.ShouldBe(new SessionHeader("deribit", Start));
        for (var i = 0; i < DeribitMessages.All.Count; i++)
        {
            session.MoveNext().ShouldBeTrue();
            session.Refusal.ShouldBeNull();
            session.At.ShouldBe(Start.AddMilliseconds(500 + i));
            Encoding.UTF8.GetString(session.Message).ShouldBe(DeribitMessages.All[i].Replace("\r\n", "  ").Replace('\n', ' '));
        }

        session.MoveNext().ShouldBeFalse();
        session.Count.ShouldBe(DeribitMessages.All.Count);
    }

    [Fact]
    public void Read_ThroughDetection_GivesTheSameEventsAsTheDecoder()
    {
        using var file = MarketFile.Open(new MemoryStream(Write(compress: true, end: true)), "session");
        file.Format.ShouldBe("pms-session");
        var direct = new List<MarketEvent>();
        var decoder = new MarketData.Readers.Deribit.DeribitMessageDecoder("deribit.session");
        foreach (var message in DeribitMessages.All)
        {
            decoder.Decode(Encoding.UTF8.GetBytes(message), Start, direct);
        }

        DeribitFixtureTests.Summarise(file.ReadEvents()).ShouldBe(DeribitFixtureTests.Summarise(direct));
    }

    [Fact]
    public void Read_FileCutAtEveryByte_GivesAllBeforeTheCutAndSaysSo()
    {
        var whole = Write(compress: false, end: true);
        var text = Encoding.UTF8.GetString(whole);
        var header = text.IndexOf('\n') + 1;
        for (var cut = header; cut < whole.Length - 1; cut += 1 + (cut % 7))
        {
            var session = SessionMessages.Open(new MemoryStream(whole, 0, cut), ReadLimits.Default);
            var good = 0;
            var codes = new List<string>();
            while (session.MoveNext())
            {
                if (session.Refusal is { } refusal)
                {
                    codes.Add(refusal.Code);
                }
                else
                {
                    good++;
                }
            }

            // Complete lines, except the header's; a line that lacks only its end is complete too.
            var lines = text[header..cut].Count(c => c == '\n');
            good.ShouldBeInRange(lines, lines + 1);
            codes.ShouldBeOneOfThese(["session-truncated"], ["session-line", "session-truncated"], []);
            codes.Contains("session-truncated").ShouldBe(!text[..cut].Contains("\"endedUs\":", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Read_CompressedFileCutAnywhere_GivesWhatWasFlushed()
    {
        using var target = new MemoryStream();
        var writer = new SessionWriter(target, "deribit", Start, policy: new SessionFlushPolicy(1, TimeSpan.FromDays(1)));
        var flushedAt = new List<long>();
        for (var i = 0; i < 50; i++)
        {
            writer.WriteReceived(Encoding.UTF8.GetBytes(DeribitMessages.Quote), Start.AddSeconds(i));
            flushedAt.Add(target.Length);
        }

        var bytes = target.ToArray();
        for (var i = 0; i < 50; i += 7)
        {
            using var file = MarketFile.Open(new MemoryStream(bytes, 0, (int)flushedAt[i]), "crash.ndjson.gz");
            var events = file.ReadEvents().ToArray();
            events.OfType<QuoteUpdate>().Count().ShouldBe(i + 1);
            events.OfType<RejectedInput>().Single().Reason.Code.ShouldBe("session-truncated");
        }
    }

    [Fact]
    public void Writer_AgeOfTheMessages_ForcesAFlush()
    {
        using var target = new MemoryStream();
        var writer = new SessionWriter(target, "deribit", Start);
        writer.WriteReceived("{}"u8, Start);
        var before = target.Length;
        writer.WriteReceived("{}"u8, Start.AddSeconds(1));
        target.Length.ShouldBe(before);
        writer.WriteReceived("{}"u8, Start.AddSeconds(2));
        target.Length.ShouldBeGreaterThan(before);
    }

    [Theory]
    [InlineData("", "session-header")]
    [InlineData("{}", "session-header")]
    [InlineData("""{"format":"pms-session","version":2,"source":"deribit","startedUs":1}""", "session-version")]
    [InlineData("""{"format":"pms-session","version":1,"source":"deribit","startedUs":-1}""", "session-header")]
    [InlineData("""{"format":"pms-session","version":1,"startedUs":1}""", "session-header")]
    public void Open_OtherHeaders_AreRefused(string text, string code)
    {
        Should.Throw<MarketFormatException>(() => SessionMessages.Open(new MemoryStream(Encoding.UTF8.GetBytes(text)), ReadLimits.Default)).Code.ShouldBe(code);
    }

    [Fact]
    public void Writer_BadSourceName_IsRefused() =>
        Should.Throw<InvalidInputException>(() => new SessionWriter(new MemoryStream(), "Deribit\"", Start)).Code.ShouldBe("session-source");

    [Fact]
    public void Read_SentRequests_NameTheirReplies()
    {
        using var target = new MemoryStream();
        using (var writer = new SessionWriter(target, "deribit", Start, compress: false))
        {
            writer.WriteSent("""{"jsonrpc":"2.0","id":42,"method":"public/get_index_price","params":{"index_name":"eth_usd"}}"""u8, Start);
            writer.WriteReceived(Encoding.UTF8.GetBytes(DeribitMessages.IndexPrice), Start);
        }

        new SessionReader().Read(new MemoryStream(target.ToArray()), ReadLimits.Default).OfType<IndexUpdate>().Single().Base.Code.ShouldBe("ETH");
    }

    [Theory]
    [InlineData("pms-session")]
    [InlineData("raw-recording")]
    [InlineData("deribit.json-rpc")]
    public void Read_DamagedFiles_AreEventsOrTyped(string format)
    {
        const ulong Seed = 20240603;
        output.WriteLine($"seed {Seed}");
        string[] messages = [DeribitMessages.Quote, DeribitMessages.PriceIndex, DeribitMessages.TestReply];
        IMarketReader reader = MarketFormats.All.Single(r => r.Format == format);
        var whole = format switch
        {
            "pms-session" => Encoding.UTF8.GetString(Write(compress: false, end: true, messages)),
            "raw-recording" => "wss://www.deribit.com/ws/api/v2 <-> 1700000000.25\n" + string.Concat(messages.Select(m => $"1700000000.5: {m.Trim()}\n")),
            _ => string.Join('\n', messages),
        };
        reader.Read(new MemoryStream(Encoding.UTF8.GetBytes(whole)), ReadLimits.Default).Count(e => e is not RejectedInput).ShouldBe(3);
        var mutator = new MessageMutator(Seed);
        var cases = FuzzBudget.Cases(100_000);
        var (accepted, rejected, refusedWhole) = (0, 0, 0);
        for (var i = 0; i < cases; i++)
        {
            var bytes = mutator.Mutate([whole]);
            try
            {
                foreach (var e in reader.Read(new MemoryStream(bytes), ReadLimits.Default with { MaxLineBytes = 4096 }))
                {
                    EventBorder.Check(e);
                    accepted += e is RejectedInput ? 0 : 1;
                    rejected += e is RejectedInput ? 1 : 0;
                }
            }
            catch (MarketFormatException e) when (format == "pms-session")
            {
                e.Code.ShouldBeOneOf("session-header", "session-version", "venue-unsupported");
                refusedWhole++;
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"case {i} of seed {Seed}: {Encoding.UTF8.GetString(bytes)}", e);
            }
        }

        output.WriteLine($"{accepted} events, {rejected} rejections, {refusedWhole} files refused");
        accepted.ShouldBeGreaterThan(cases / 2);
        rejected.ShouldBeGreaterThan(cases / 10);
    }

    private static byte[] Write(bool compress, bool end, IReadOnlyList<string>? messages = null)
    {
        using var target = new MemoryStream();
        var writer = new SessionWriter(target, "deribit", Start, compress);
        foreach (var (i, message) in (messages ?? DeribitMessages.All).Index())
        {
            writer.WriteReceived(Encoding.UTF8.GetBytes(message), Start.AddMilliseconds(500 + i));
        }

        if (end)
        {
            writer.Dispose();
        }

        return target.ToArray();
    }

    private static Stream Decompress(byte[] bytes, bool compressed)
    {
        var stream = new MemoryStream(bytes);
        return compressed ? new GZipStream(stream, CompressionMode.Decompress) : stream;
    }
}

internal static class ListAssertions
{
    public static void ShouldBeOneOfThese(this List<string> actual, params string[][] allowed) =>
        allowed.ShouldContain(a => a.SequenceEqual(actual), $"[{string.Join(", ", actual)}]");
}

using System.Globalization;
using System.Text;
using Pms.MarketData.Events;
using Pms.MarketData.Readers;
using Pms.MarketData.Readers.Boards;
using Pms.MarketData.Snapshots;
using Pms.Primitives;
using Pms.Testing;

namespace Pms.MarketData.Tests;

public sealed class BoardsMarketFileTests
{
    public static TheoryData<int> Samples()
    {
        var data = new TheoryData<int>();
        for (var i = 0; i < BoardSamples.All.Count; i++)
        {
            data.Add(i);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Open_EverySample_MatchesOneFormatAloneAndReadsWithoutRejection(int sample)
    {
        var (format, text) = BoardSamples.All[sample];
        var bytes = Encoding.UTF8.GetBytes(text);
        MarketFormats.All.Where(r => r.Matches(bytes)).Select(r => r.Format).ShouldBe([format]);
        foreach (var content in new[] { bytes, BoardSamples.Gzip(bytes), [0xEF, 0xBB, 0xBF, .. bytes], Encoding.UTF8.GetBytes(text.Replace("\n", "\r\n", StringComparison.Ordinal)) })
        {
            using var file = MarketFile.Open(new MemoryStream(content), "btc");
            file.Format.ShouldBe(format);
            file.ReadSnapshots().Count().ShouldBeGreaterThan(0);
            file.Report.Rejections.Keys.Except(["instrument-combo"]).ShouldBeEmpty();
            file.Report.NotApplied.Keys.Except(["book-no-image"]).ShouldBeEmpty();
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Reader_EverySample_NamesItsFormatInEveryProvenance(int sample)
    {
        var (format, text) = BoardSamples.All[sample];
        BoardSamples.Events(text).ShouldAllBe(e => e.Provenance.Source.StartsWith(format) || e.Provenance.Source == "sim");
    }

    [Theory]
    [InlineData("", "format-empty")]
    [InlineData("hello\n", "format-unknown")]
    [InlineData("a,b,c\n1,2,3\n", "format-unknown")]
    [InlineData("{\"a\":1}", "format-unknown")]
    [InlineData("\u0000\u0001\u0002", "format-unknown")]
    public void Open_UnknownContent_NamesWhatWasSeenAndWhatIsKnown(string text, string code)
    {
        var error = Should.Throw<MarketFormatException>(() => BoardSamples.Open(text));
        error.Code.ShouldBe(code);
        if (code == "format-unknown")
        {
            MarketFormats.All.ShouldAllBe(r => error.Message.Contains(r.Format));
            error.Message.Any(char.IsControl).ShouldBeFalse();
        }
    }

    [Fact]
    public void FormatsPage_OfTheDocumentation_NamesEveryFormat()
    {
        var page = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "formats.md"));
        foreach (var format in MarketFormats.All.Select(r => r.Format))
        {
            page.ShouldContain(format.EndsWith("-csv", StringComparison.Ordinal) && format.Contains("summary") ? "`-csv`" : $"`{format}`");
        }

        // The example of the own format on that page is a file.
        var start = page.IndexOf("board_time,instrument,bid,ask,underlying_price", StringComparison.Ordinal);
        var example = page[start..page.IndexOf("```", start, StringComparison.Ordinal)];
        BoardSamples.Read(example).ShouldSatisfyAllConditions(
            r => r.Report.Rejected.ShouldBe(0),
            r => r.Report.Quotes.ShouldBe(2),
            r => r.Snapshot.Boards.Single().Expiries.Single().VenueForward.ShouldBe(91000.5));
    }

    [Fact]
    public void Open_MissingFileOrFolder_TypedError()
    {
        Should.Throw<MarketFormatException>(() => MarketFile.Open("/no/such/file.csv")).Code.ShouldBe("file-not-found");
        Should.Throw<MarketFormatException>(() => MarketFile.Open(Path.GetTempPath())).Code.ShouldBe("file-unreadable");
        Should.Throw<MarketFormatException>(() => MarketFile.Open("a\0b")).Code.ShouldBe("file-unreadable");
    }

    [Fact]
    public void Read_TruncatedOrDamagedGzip_TypedErrorNotAShorterBoard()
    {
        // A cut download must not look like a smaller market.
        var text = new StringBuilder(BoardSamples.ChainHeader).Append('\n');
        for (var strike = 10_000; strike < 60_000; strike += 10)
        {
            text.Append(CultureInfo.InvariantCulture, $"2031-03-04T05:06:07Z,BTC-28MAR31-{strike}-C,0.04,0.05,0.045,0.5,0.5,{strike % 97},{strike % 89},1,91000.5,90800\n");
        }

        var packed = BoardSamples.Gzip(Encoding.UTF8.GetBytes(text.ToString()));
        using (var whole = MarketFile.Open(new MemoryStream(packed), "whole"))
        {
            whole.ReadSnapshot().Boards.Single().OptionCount.ShouldBe(5000);
        }

        using (var twice = MarketFile.Open(new MemoryStream([.. packed, .. BoardSamples.Gzip("2031-03-04T05:06:07Z,x\n"u8.ToArray())]), "two members"))
        {
            twice.ReadSnapshot().Boards.Single().OptionCount.ShouldBe(5000);
            twice.Report.Rejected.ShouldBe(1, "the second member is read too");
        }

        foreach (var damaged in new[] { packed[..(packed.Length / 2)], packed[..^4], [.. packed[..^8], 1, 2, 3, 4, .. packed[^4..]] })
        {
            Should.Throw<MarketFormatException>(() =>
            {
                using var file = MarketFile.Open(new MemoryStream(damaged), "damaged");
                return file.ReadSnapshot();
            }).Code.ShouldBe("gzip-corrupt");
        }
    }

    [Fact]
    public void ReadEvents_Twice_Throws()
    {
        using var file = BoardSamples.Open(BoardSamples.Chain);
        file.ReadEvents().Count().ShouldBeGreaterThan(0);
        Should.Throw<InvalidOperationException>(() => file.ReadEvents());
    }

    [Fact]
    public void ReadSnapshots_TwoFamiliesAtOneTime_OneSnapshotWithTwoBoards()
    {
        using var file = BoardSamples.Open(BoardSamples.Chain);
        var snapshots = file.ReadSnapshots().ToArray();
        snapshots.Select(s => s.Boards.Length).ShouldBe([2, 1]);
        file.Report.Boards.ShouldBe(2);
        file.Report.Quotes.ShouldBe(4);
    }

    [Theory]
    [InlineData("2031-03-04T05:06:07Z", "2031-03-04T05:06:07Z")]
    [InlineData("2031-03-04T11:06:06.999Z", "2031-03-04T05:06:07Z")]
    [InlineData("2031-03-04T11:06:07Z", "2031-03-04T11:06:07Z")]
    [InlineData("2040-01-01", "2031-03-04T11:06:07Z")]
    [InlineData(null, "2031-03-04T11:06:07Z")]
    public void ReadSnapshot_AtATime_TheExactBoardElseTheLatestBefore(string? at, string expected)
    {
        DateTimeOffset? instant = at is null ? null : Time(at);
        using var file = BoardSamples.Open(BoardSamples.Chain);
        var snapshot = file.ReadSnapshot(instant);
        snapshot.ObservedAt.ToIso().ShouldBe(expected);
        using var again = BoardSamples.Open(BoardSamples.Chain);
        again.ReadSnapshots().Single(s => s.ObservedAt == snapshot.ObservedAt).Hash.ShouldBe(snapshot.Hash, "the same board as by reading all");
    }

    [Fact]
    public void ReadSnapshot_BeforeTheFirstBoard_SaysWhichRangeThereIs()
    {
        using var file = BoardSamples.Open(BoardSamples.Chain);
        var error = Should.Throw<InvalidInputException>(() => file.ReadSnapshot(Time("2031-03-04T05:06:06Z")));
        error.Code.ShouldBe("no-board-at-time");
        error.Message.ShouldContain("2031-03-04T05:06:07Z");
        error.Message.ShouldContain("2031-03-04T11:06:07Z");
    }

    [Fact]
    public void ReadSnapshot_OnlyBadRows_SaysThatThereIsNoBoard()
    {
        using var file = BoardSamples.Open(BoardSamples.Lines(BoardSamples.ChainHeader, "x,y,z", "1,2,3"));
        Should.Throw<InvalidInputException>(() => file.ReadSnapshot()).Code.ShouldBe("no-board");
        file.Report.Rejections["csv-columns"].Count.ShouldBe(2);
    }

    [Fact]
    public void ReadSnapshot_OfAMessageStream_HoldsWhatWasReceivedByThen()
    {
        var first = UtcTime.FromUnixMicroseconds(1_930_000_000_223_344);
        using (var file = BoardSamples.Open(BoardSamples.TardisChain))
        {
            var snapshot = file.ReadSnapshot(first);
            snapshot.Boards.Select(b => b.Id.Name).ShouldBe(["BTC"]);
            snapshot.ObservedAt.ShouldBe(first);
        }

        using (var file = BoardSamples.Open(BoardSamples.TardisChain))
        {
            Should.Throw<InvalidInputException>(() => file.ReadSnapshot(first.AddTicks(-10))).Code.ShouldBe("no-board-at-time");
        }

        using (var file = BoardSamples.Open(BoardSamples.TardisChain))
        {
            file.ReadSnapshot().Boards.Length.ShouldBe(2);
        }
    }

    [Fact]
    public void ReadSnapshots_OfAMessageStreamAtAnInterval_NeverLooksAhead()
    {
        // Ticks of one option at 0.1, 0.2, 1.0, 5.5 s: the snapshot of the first second holds the tick at 1.0 itself; the
        // seconds without a tick give none; the last is sealed at the end of the stream, at its newest instant.
        static string Tick(double seconds, string bid)
        {
            var time = (long)(1_930_000_000_000_000 + (seconds * 1e6));
            return $"deribit,BTC-28MAR31-90000-C,{time},{time},call,90000,1932451200000000,1,,{bid},1,,,,,0.04,50,SYN.BTC-28MAR31,91000,,,,,";
        }

        using var file = BoardSamples.Open(BoardSamples.Lines(
            BoardSamples.TardisChainHeader, Tick(0.1, "0.01"), Tick(0.2, "0.02"), Tick(1.0, "0.03"), Tick(5.5, "0.04")));
        var snapshots = file.ReadSnapshots(SnapshotPlan.Every(TimeSpan.FromSeconds(1)))
            .Select(s => (Seconds: (s.ObservedAt.ToUnixMicroseconds() - 1_930_000_000_000_000) / 1e6, Bid: s.Boards[0].Expiries[0].Options[0].Bid))
            .ToArray();
        snapshots.ShouldBe([(1.0, 0.03), (5.5, 0.04)]);
        Should.Throw<InvalidInputException>(() => SnapshotPlan.Every(TimeSpan.Zero)).Code.ShouldBe("snapshot-interval");
    }

    [Fact]
    public void Report_ManyBadRows_CountsAllAndKeepsTheFirstExamples()
    {
        var rows = Enumerable.Range(0, 40).Select(i => $"2031-03-04T05:06:07Z,BTC-28MAR31-{1000 + i}-C,-0.5,0.05,0.045,0.5,0.5,1,1,1,91000.5,90800");
        using var file = BoardSamples.Open(BoardSamples.Lines([BoardSamples.ChainHeader, .. rows, "2031-03-04T05:06:07Z,nonsense,,,,,,,,,,"]));
        file.ReadEvents().Count().ShouldBe(41);
        file.Report.Rejected.ShouldBe(41);
        var prices = file.Report.Rejections["price-range"];
        prices.Count.ShouldBe(40);
        prices.Examples.Count.ShouldBe(MarketReadReport.MaxExamplesPerCode);
        prices.Examples[0].Position.ShouldBe(2);
        prices.Examples[0].Message.ShouldContain("-0.5");
        prices.Examples[0].Excerpt.ShouldStartWith("2031-03-04T05:06:07Z,BTC-28MAR31-1000-C");
        file.Report.Rejections["instrument-name"].Examples[0].Position.ShouldBe(42);
    }

    [Theory]
    [InlineData("2031-03-04T05:06:07Z,BTC-28MAR31-90000-C,0.04,0.05,0.045,0.5,0.5,1,1,1,91000.5", "csv-columns")]
    [InlineData("2031-03-04T05:06:07Z,BTC-28MAR31-90000-C,0.04,0.05,0.045,0.5,0.5,1,1,1,91000.5,90800,1", "csv-columns")]
    [InlineData("2031-03-04T05:06:07Z,\"BTC-28MAR31-90000-C,0.04,0.05,0.045,0.5,0.5,1,1,1,91000.5,90800", "csv-quote")]
    [InlineData("2031-03-04T05:06:07Z,BTC-28MAR31-90000-C,NaN,0.05,0.045,0.5,0.5,1,1,1,91000.5,90800", "number-format")]
    [InlineData("2031-03-04T05:06:07Z,BTC-28MAR31-90000-C,1e999,0.05,0.045,0.5,0.5,1,1,1,91000.5,90800", "not-finite")]
    [InlineData("2031-03-04T05:06:07Z,BTC-28MAR31-90000-C,\"0,04\",0.05,0.045,0.5,0.5,1,1,1,91000.5,90800", "number-format")]
    [InlineData("2031-03-04T05:06:07Z,BTC-28MAR31-90000-C,0.04,0.05,-0.045,0.5,0.5,1,1,1,91000.5,90800", "price-range")]
    [InlineData("2031-03-04T05:06:07Z,BTC-28MAR31-90000-C,0.04,0.05,0.045,0,0.5,1,1,1,91000.5,90800", "vol-range")]
    [InlineData("2031-03-04T05:06:07Z,BTC-28MAR31-90000-C,0.04,0.05,0.045,0.5,0.5,1,-1,1,91000.5,90800", "amount-range")]
    [InlineData("2031-03-04T05:06:07Z,BTC-28MAR31-90000-C,0.04,0.05,0.045,0.5,1e30,1,1,1,91000.5,90800", "value-range")]
    [InlineData("2031-03-04T05:06:07Z,BTC-28MAR31-90000-C,0.04,0.05,0.045,0.5,0.5,1,1,1,0,90800", "price-range")]
    [InlineData("2031-03-04T05:06:07Z,BTC-28MAR31-90000-C,0.04,0.05,0.045,0.5,0.5,1,1,1,91000,-1", "price-range")]
    [InlineData("2131-03-04T05:06:07Z,BTC-28MAR31-90000-C,0.04,0.05,0.045,0.5,0.5,1,1,1,91000,90800", "time-range")]
    [InlineData("4 March 2031,BTC-28MAR31-90000-C,0.04,0.05,0.045,0.5,0.5,1,1,1,91000,90800", "time-format")]
    [InlineData(",BTC-28MAR31-90000-C,0.04,0.05,0.045,0.5,0.5,1,1,1,91000,90800", "field-missing")]
    [InlineData("2031-03-04T05:06:07Z,,0.04,0.05,0.045,0.5,0.5,1,1,1,91000,90800", "field-missing")]
    [InlineData("2031-03-04T05:06:07Z,BTC-FS-28MAR31_PERP,0.04,0.05,0.045,0.5,0.5,1,1,1,91000,90800", "instrument-combo")]
    [InlineData("2031-03-04T05:06:07Z,BTC-28MAR31-9999999999-C,0.04,0.05,0.045,0.5,0.5,1,1,1,91000,90800", "strike-range")]
    public void Read_BadRow_BecomesOneRejectionWithItsLineAndTheRestIsRead(string row, string code)
    {
        const string Good = "2031-03-04T05:06:07Z,BTC-28MAR31-95000-C,0.04,0.05,0.045,0.5,0.5,1,1,1,91000.5,90800";
        var events = BoardSamples.Events(BoardSamples.Lines(BoardSamples.ChainHeader, row, Good));
        var rejection = events.OfType<RejectedInput>().Single();
        rejection.Reason.Code.ShouldBe(code);
        rejection.Position.ShouldBe(2);
        rejection.Excerpt.ShouldStartWith(row[..Math.Min(40, row.Length)]);
        events.OfType<QuoteUpdate>().Single().Instrument.Name.ShouldBe("BTC-28MAR31-95000-C");
    }

    [Fact]
    public void Read_RowTwiceOrBoardReopened_RefusedInsteadOfOverwritten()
    {
        const string Early = "2031-03-04T05:06:07Z,BTC-28MAR31-95000-C,0.04,0.05,0.045,0.5,0.5,1,1,1,91000.5,90800";
        var late = Early.Replace("05:06", "06:06", StringComparison.Ordinal);
        var other = Early.Replace("95000", "96000", StringComparison.Ordinal);
        var codes = BoardSamples.Events(BoardSamples.Lines(BoardSamples.ChainHeader, Early, Early, late, other)).OfType<RejectedInput>().Select(r => (r.Position, r.Reason.Code));
        codes.ShouldBe([(3L, "duplicate-row"), (5L, "board-reopened")]);
    }

    [Fact]
    public void Read_LineLongerThanAllowed_OneRejectionAndTheNextLineIsRead()
    {
        var longLine = new string('9', 300_000);
        const string Good = "2031-03-04T05:06:07Z,BTC-28MAR31-95000-C,0.04,0.05,0.045,0.5,0.5,1,1,1,91000.5,90800";
        var events = BoardSamples.Events(BoardSamples.Lines(BoardSamples.ChainHeader, longLine, Good, longLine), new ReadLimits(MaxLineBytes: 1000));
        events.OfType<RejectedInput>().Select(r => (r.Position, r.Reason.Code, r.Excerpt.Length)).ShouldBe([(2L, "line-too-long", 200), (4L, "line-too-long", 200)]);
        events.OfType<QuoteUpdate>().Count().ShouldBe(1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(64)]
    public void Read_StreamThatGivesFewBytesAtATime_SameEvents(int piece)
    {
        foreach (var (format, text) in BoardSamples.All)
        {
            using var whole = BoardSamples.Open(text);
            using var pieces = MarketFile.Open(new TricklingStream(Encoding.UTF8.GetBytes(text), piece), "btc");
            pieces.ReadEvents().Count().ShouldBe(whole.ReadEvents().Count(), format);
            pieces.Report.Quotes.ShouldBe(whole.Report.Quotes);
        }
    }

    [Fact]
    public void Read_MoreRowsThanAllowed_TypedError()
    {
        Should.Throw<MarketFormatException>(() => BoardSamples.Events(BoardSamples.Chain, new ReadLimits(MaxRows: 2))).Code.ShouldBe("too-many-rows");
        Should.Throw<MarketFormatException>(() => BoardSamples.Events(BoardSamples.SummaryJson, new ReadLimits(MaxDocumentBytes: 100))).Code.ShouldBe("document-too-large");
        Should.Throw<MarketFormatException>(() => BoardSamples.Events(BoardSamples.SummaryJson, new ReadLimits(MaxJsonDepth: 1))).Code.ShouldBe("json-damaged");
    }

    [Theory]
    [InlineData("snapshot_time,instrument_name,bid,ask,mark,mark_iv,underlying_price,bid\n", "csv-header")]
    [InlineData("timestamp,instrument_name,underlying,expiry_datetime,futures_price,implied_volatility,bid_price\n", "csv-header")]
    public void Read_HeaderWithAColumnTwiceOrMissing_TypedError(string header, string code)
    {
        Should.Throw<MarketFormatException>(() => BoardSamples.Events(header)).Code.ShouldBe(code);
    }

    [Fact]
    public void Read_ColumnsInAnotherOrderWithOthersAdded_SameValues()
    {
        const string Text = "note,ask,bid,underlying_price,mark_iv,mark,instrument_name,snapshot_time\nhello,0.05,0.04,91000.5,0.5,0.045,BTC-28MAR31-95000-C,2031-03-04T05:06:07Z\n";
        var quote = BoardSamples.Quote(BoardSamples.Read(Text).Snapshot, "BTC-28MAR31-95000-C");
        (quote.Bid, quote.Ask, quote.UnderlyingPrice, quote.Values.MarkVol).ShouldBe((0.04, 0.05, 91000.5, 0.5));
    }

    [Fact]
    public void Read_JsonWithANameTwice_TypedErrorNotTheLastValue()
    {
        Should.Throw<MarketFormatException>(() => BoardSamples.Events(
            BoardSamples.SummaryJson.Replace("\"bid_price\": 0.0415,", "\"bid_price\": 0.0415, \"bid_price\": 0.05,", StringComparison.Ordinal))).Code.ShouldBe("json-damaged");
    }

    [Fact]
    public void Read_BookSummaryInItsEnvelope_SameQuotes()
    {
        var enveloped = $$"""{"jsonrpc":"2.0","result":{{BoardSamples.SummaryJson}},"usIn":1,"usOut":2,"usDiff":1,"testnet":false}""";
        MarketFormats.Detect(Encoding.UTF8.GetBytes(enveloped)).Format.ShouldBe("deribit.book-summary");
        MarketFormats.Detect(Encoding.UTF8.GetBytes($"{enveloped}\n{enveloped}")).Format.ShouldBe("deribit.json-rpc", "two messages are a stream");
        BoardSamples.Read(enveloped).Snapshot.Hash.ShouldBe(BoardSamples.Read(BoardSamples.SummaryJson).Snapshot.Hash);
        Should.Throw<MarketFormatException>(() => BoardSamples.Events(enveloped.Replace("\"result\":[", "\"result\":{\"x\":[", StringComparison.Ordinal).Replace("],\"usIn", "]},\"usIn", StringComparison.Ordinal)))
            .Code.ShouldBe("json-layout");
    }

    [Fact]
    public void Quantflow_WithoutItsCoin_AsksForIt()
    {
        using var unnamed = BoardSamples.Open(BoardSamples.QuantflowNested, name: "inputs.json");
        Should.Throw<MarketFormatException>(() => unnamed.ReadSnapshot()).Code.ShouldBe("coin-unknown");
        using var named = BoardSamples.Open(BoardSamples.QuantflowNested, name: "/data/surface_eth_2023.json.gz");
        named.ReadSnapshot().Boards.Single().Id.Name.ShouldBe("ETH");
        using var stated = BoardSamples.Open(BoardSamples.QuantflowNested, "x", new ReadLimits { Coin = new Instruments.Asset("SOL") });
        stated.ReadSnapshot().Boards.Single().Id.Name.ShouldBe("SOL");
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void BoardCsv_WrittenAndReadBack_SameHashAndTerms(int sample)
    {
        using var source = BoardSamples.Open(BoardSamples.All[sample].Text);
        var snapshots = source.ReadSnapshots().ToArray();
        var text = new StringWriter();
        var writer = new BoardCsvWriter(text);
        Array.ForEach(snapshots, writer.Write);
        using var written = BoardSamples.Open(text.ToString(), "written");
        written.Format.ShouldBe("pms.board");
        var back = written.ReadSnapshots().ToArray();
        written.Report.Rejections.ShouldBeEmpty();
        back.Select(s => s.Hash).ShouldBe(snapshots.Select(s => s.Hash));
        Terms(back).ShouldBe(Terms(snapshots));
        text.ToString().ShouldNotContain("\r");

        static IEnumerable<InstrumentTerms?> Terms(IEnumerable<MarketSnapshot> all) =>
            all.SelectMany(s => s.Boards).SelectMany(b => b.Linears.Concat(b.Expiries.SelectMany(e => e.Options))).Select(q => q.Terms);
    }

    [Fact]
    public void BoardCsv_TextOrContractThatDoesNotFit_Refused()
    {
        var state = new MarketState();
        var at = Time("2031-03-04T05:06:07Z");
        var family = Instruments.UnderlyingId.Inverse(new Instruments.Asset("BTC"));
        state.Apply(new QuoteUpdate(
            new Provenance("s", null, at), new Instruments.EuropeanOption(family, at.AddDays(9), 90000, Instruments.OptionType.Call), QuoteGroups.TopOfBook, new QuoteValues { Bid = 0.1 }));
        Should.Throw<InvalidInputException>(() => new BoardCsvWriter(new StringWriter()).Write(state.Seal(at))).Code.ShouldBe("board-instrument");
        state.Clear();
        state.Apply(new QuoteUpdate(
            new Provenance("so\"urce", null, at), new Instruments.Perpetual(family), QuoteGroups.TopOfBook, new QuoteValues { Bid = 90000 }));
        Should.Throw<InvalidInputException>(() => new BoardCsvWriter(new StringWriter()).Write(state.Seal(at))).Code.ShouldBe("board-text");
    }

    private static DateTimeOffset Time(string iso) => UtcTime.TryParseIso(iso, out var time) ? time : throw new FormatException(iso);

    private sealed class TricklingStream(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(piece, buffer.Length)]);

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(piece, count));
    }
}

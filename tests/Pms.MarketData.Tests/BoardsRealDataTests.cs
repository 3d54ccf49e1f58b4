using System.Globalization;
using System.IO.Compression;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers;
using Pms.MarketData.Readers.Boards;
using Pms.MarketData.Snapshots;
using Pms.Primitives;
using Pms.Testing;

namespace Pms.MarketData.Tests;

/// <summary>The recorded boards of the reference data; skipped where that folder is absent.</summary>
public sealed class BoardsRealDataTests
{
    [Theory]
    [InlineData("2025-12", 4)]
    [InlineData("2026-01", 121)]
    [InlineData("2026-02", 110)]
    public void ChainCsv_EveryRecordedMonth_ReadsEveryRowAsTheIndexCountsIt(string month, int boards)
    {
        var index = ReadIndex().Where(r => r.Time.ToString("yyyy-MM", CultureInfo.InvariantCulture) == month).ToDictionary(r => r.Time);
        using var file = MarketFile.Open(RepositoryPaths.RequireShared("data", "options", $"deribit_chain_{month}.csv.gz"));
        var seen = 0;
        foreach (var snapshot in file.ReadSnapshots())
        {
            var expected = index[snapshot.ObservedAt];
            foreach (var (coin, rows, indexFirst, twoSidedShare) in new[]
            {
                ("BTC", expected.BtcRows, expected.BtcIndexFirst, expected.BtcTwoSided),
                ("ETH", expected.EthRows, expected.EthIndexFirst, expected.EthTwoSided),
            })
            {
                var board = snapshot.Boards.Single(b => b.Id.Name == coin);
                board.OptionCount.ShouldBe(rows);
                board.Index!.Value.Price.ShouldBe(indexFirst);
                var options = board.Expiries.SelectMany(e => e.Options).ToArray();
                ((double)options.Count(o => o.IsTwoSided) / options.Length).ShouldBe(twoSidedShare, 0.00051);
                options.ShouldAllBe(o => o.UnderlyingPrice > 0 && o.Values.MarkVol > 0);
            }

            snapshot.Boards.Length.ShouldBe(2);
            seen++;
        }

        seen.ShouldBe(boards);
        NoRejection(file);
        file.Report.Quotes.ShouldBe(index.Values.Sum(r => r.BtcRows + r.EthRows));
    }

    [Theory]
    [InlineData("2021-06", 12_134, 30)]
    [InlineData("2022-01", 12_502, 31)]
    [InlineData("2022-02", 12_158, 28)]
    public void OptionsDx_EveryRecordedMonth_OneBoardADayAtMidnightInNewYork(string month, int rows, int days)
    {
        using var file = MarketFile.Open(RepositoryPaths.RequireShared("data", "options", $"optionsdx_btc_eod_{month}.txt.gz"));
        var snapshots = file.ReadSnapshots().ToArray();
        file.Format.ShouldBe("optionsdx");
        NoRejection(file);
        file.Report.Quotes.ShouldBe(rows);
        snapshots.Length.ShouldBe(days);
        snapshots.Sum(s => s.Boards.Sum(b => b.OptionCount)).ShouldBe(rows);
        snapshots.ShouldAllBe(s => s.ObservedAt.Hour == (month == "2021-06" ? 4 : 5) && s.ObservedAt.Minute == 0);
        var options = Options(snapshots).ToArray();
        options.ShouldAllBe(o => ((EuropeanOption)o.Instrument).Expiry.Hour == 8);
        options.ShouldAllBe(o => o.Values.MarkVol > 0.3 && o.Values.MarkVol < 2.5, "percent read as a fraction");
        options.ShouldAllBe(o => o.Bid != 0 && o.Ask != 0 && o.Bid.HasValue == o.Values.BidSize.HasValue);
    }

    [Fact]
    public void OptionsDx_TheThreeMonths_AboutThreeQuotesInFiveAreTwoSided()
    {
        var options = new[] { "2021-06", "2022-01", "2022-02" }
            .SelectMany(m => Options(MarketFile.ReadSnapshots(RepositoryPaths.RequireShared("data", "options", $"optionsdx_btc_eod_{m}.txt.gz"))))
            .ToArray();
        ((double)options.Count(o => o.IsTwoSided) / options.Length).ShouldBe(0.59, 0.01);
    }

    [Theory]
    [InlineData("20260115T212156Z", 1416, "2026-01-15T21:21:56Z", "2026-01")]
    [InlineData("20260206T043012Z", 1884, "2026-02-06T04:30:12Z", "2026-02")]
    public void CollectorCsv_TheTwoOriginals_HoldTheSameQuotesAsTheTrimmedChain(string name, int rows, string snapshotTime, string month)
    {
        using var file = MarketFile.Open(RepositoryPaths.RequireShared("data", "options", "original", $"deribit_options_snapshot_{name}.csv.gz"));
        var original = file.ReadSnapshot();
        file.Format.ShouldBe("deribit.collector-csv");
        NoRejection(file);
        file.Report.Quotes.ShouldBe(rows);

        using var trimmedFile = MarketFile.Open(RepositoryPaths.RequireShared("data", "options", $"deribit_chain_{month}.csv.gz"));
        var trimmed = trimmedFile.ReadSnapshot(DateTimeOffset.Parse(snapshotTime, CultureInfo.InvariantCulture));
        var byName = Options([trimmed]).ToDictionary(o => o.Instrument);
        byName.Count.ShouldBe(rows);
        foreach (var option in Options([original]))
        {
            var other = byName[option.Instrument];
            other.Bid.ShouldBe(option.Bid);
            other.Ask.ShouldBe(option.Ask);
            other.Values.MarkVol!.Value.ShouldBe(option.Values.MarkVol!.Value, 0.5000001e-6);
            other.UnderlyingPrice!.Value.ShouldBe(option.UnderlyingPrice!.Value, 0.5001e-4);
            option.Values.UnderlyingName.ShouldNotBeNull();
        }
    }

    [Fact]
    public void BookSummary_RecordedReplies_ReadWithoutLoss()
    {
        using var json = MarketFile.Open(RepositoryPaths.RequireShared("data", "options", "deribit_book_summary_btc_2025-06-14T2158Z.json.gz"));
        var btc = json.ReadSnapshot();
        NoRejection(json);
        json.Format.ShouldBe("deribit.book-summary");
        json.Report.Quotes.ShouldBe(746);
        btc.ObservedAt.ToIso().ShouldBe("2025-06-14T21:58:19.503Z");
        btc.Boards.Single().Index!.Value.Price.ShouldBe(105383.56);
        Options([btc]).Count(o => o.Bid is null).ShouldBe(109);
        Options([btc]).Count(o => o.Values.Last is null).ShouldBe(142);
        Options([btc]).ShouldAllBe(o => o.Values.MarkVol > 0.2 && o.Values.MarkVol < 3);

        using var csv = MarketFile.Open(RepositoryPaths.RequireShared("data", "options", "deribit_book_summary_eth_2024-01-08T1119Z.csv.gz"));
        var eth = csv.ReadSnapshot();
        NoRejection(csv);
        csv.Format.ShouldBe("deribit.book-summary-csv");
        csv.Report.Quotes.ShouldBe(684);
        eth.Boards.Single().Id.Name.ShouldBe("ETH");
        eth.Boards.Single().Index!.Value.Price.ShouldBe(2222.19);
        eth.ObservedAt.ToIso().ShouldStartWith("2024-01-08T11:19:41");
    }

    [Fact]
    public void RecordedBoard_Of868Options_DropsNoneAndFlags66OneSided()
    {
        using var file = MarketFile.Open(RepositoryPaths.RequireShared("fixtures", "deribit", "chain", "btc_chain_2026-08-01.json"));
        var board = file.ReadSnapshot().Boards.Single();
        file.Format.ShouldBe("deribit.recorded-board");
        board.OptionCount.ShouldBe(868);
        board.Expiries.Length.ShouldBe(13);
        board.Linears.Length.ShouldBe(14);
        board.Expiries.SelectMany(e => e.Options).Count(o => !o.IsTwoSided).ShouldBe(66);
        board.Expiries.ShouldAllBe(e => e.VenueForward > 62_000 && e.VenueForward < 66_000, "each expiry has a listed future");
        file.Report.Quotes.ShouldBe(868 + 14);
        file.Report.Rejections.Keys.ShouldBe(["instrument-combo"], "only combinations in the instrument list are refused");
        (file.Report.Quotes + file.Report.Rejected + file.Report.Listed).ShouldBe(868 + 14 + 987);
    }

    [Theory]
    [InlineData("data/options/quantflow_volsurface_btc_2023-07-07.json.gz", "BTC", 30_000, 33_000)]
    [InlineData("data/options/quantflow_volsurface_btc_2023-07-10.json.gz", "BTC", 30_000, 33_000)]
    [InlineData("data/options/quantflow_volsurface_eth_2025-07-06.json.gz", "ETH", 2_400, 2_700)]
    [InlineData("fixtures/deribit/chain/volsurface_inputs_btc.json", "BTC", 77_000, 82_000)]
    [InlineData("fixtures/deribit/chain/volsurface_inputs_eth.json", "ETH", 2_100, 2_300)]
    public void Quantflow_RecordedInputs_ReadWithoutLoss(string path, string coin, double low, double high)
    {
        using var file = MarketFile.Open(RepositoryPaths.RequireShared(path.Split('/')));
        var board = file.ReadSnapshot().Boards.Single();
        NoRejection(file);
        board.Id.Name.ShouldBe(coin);
        board.OptionCount.ShouldBeGreaterThan(200);
        file.Report.Quotes.ShouldBe(board.OptionCount + board.Linears.Length);
        board.Linears.Count(l => l.Instrument is Perpetual).ShouldBe(1);
        board.Expiries.ShouldAllBe(e => e.VenueForward > low && e.VenueForward < high);
    }

    [Fact]
    public void Tardis_SampleHeads_ReadAsTheyStand()
    {
        using var chain = MarketFile.Open(RepositoryPaths.RequireShared("fixtures", "deribit", "tardis", "options_chain_sample.csv"));
        var snapshot = chain.ReadSnapshot();
        NoRejection(chain);
        snapshot.Boards.Select(b => b.Id.Name).ShouldBe(["AVAX_USDC", "BTC"]);
        ((EuropeanOption)snapshot.Boards[0].Expiries[0].Options[0].Instrument).Strike.ShouldBe(8.6m);

        foreach (var path in Directory.GetFiles(RepositoryPaths.RequireShared("fixtures", "deribit", "tardis"), "incremental_book_L2_*"))
        {
            using var book = MarketFile.Open(path);
            var depth = book.ReadSnapshot().Boards.Single().Linears.Single().Depth!;
            NoRejection(book);
            depth.Asks.Length.ShouldBe(15);
            depth.Asks[0].Price.ShouldBe(6421.5);
        }
    }

    [Fact]
    public void ChainCsv_MarksOfTheBoards_ObeyTheRecordedFacts()
    {
        // Facts of the data's own description: no bid above its ask in any row; marks keep put-call parity C - P = 1 - K/F in coin with a median of
        // 1e-5 when calm. A misread unit, side or forward breaks both.
        var path = RepositoryPaths.RequireShared("data", "options", "deribit_chain_2025-12.csv.gz");
        var residuals = new List<double>();
        foreach (var snapshot in MarketFile.ReadSnapshots(path))
        {
            Options([snapshot]).ShouldAllBe(o => o.Bid == null || o.Ask == null || o.Bid <= o.Ask);
            foreach (var pair in Options([snapshot]).GroupBy(o => (o.Instrument.Underlying, ((EuropeanOption)o.Instrument).Expiry, ((EuropeanOption)o.Instrument).Strike)))
            {
                if (pair.Count() == 2)
                {
                    var call = pair.Single(o => ((EuropeanOption)o.Instrument).Type == OptionType.Call);
                    var put = pair.Single(o => ((EuropeanOption)o.Instrument).Type == OptionType.Put);
                    residuals.Add(Math.Abs(call.Values.Mark!.Value - put.Values.Mark!.Value - 1 + ((double)pair.Key.Strike / call.UnderlyingPrice!.Value)));
                }
            }
        }

        residuals.Count.ShouldBeGreaterThan(2_000);
        residuals.Order().ElementAt(residuals.Count / 2).ShouldBeLessThan(2e-5);
    }

    [Fact]
    public void ChainCsv_TheOutageOfThe13thOfJanuary_ShowsOneSideForMostQuotes()
    {
        using var file = MarketFile.Open(RepositoryPaths.RequireShared("data", "options", "deribit_chain_2026-01.csv.gz"));
        var outage = file.ReadSnapshot(DateTimeOffset.Parse("2026-01-13T09:21:45Z", CultureInfo.InvariantCulture));
        outage.ObservedAt.ToIso().ShouldBe("2026-01-13T09:21:45Z");
        foreach (var (coin, share) in new[] { ("BTC", 0.35), ("ETH", 0.39) })
        {
            var options = outage.Boards.Single(b => b.Id.Name == coin).Expiries.SelectMany(e => e.Options).ToArray();
            ((double)options.Count(o => o.IsTwoSided) / options.Length).ShouldBe(share, 0.006);
        }
    }

    [Fact]
    public void BoardCsv_RealBoardsWrittenAndReadBack_KeepTheirHash()
    {
        var source = MarketFile.ReadSnapshots(RepositoryPaths.RequireShared("data", "options", "deribit_chain_2025-12.csv.gz"))
            .Concat(MarketFile.ReadSnapshots(RepositoryPaths.RequireShared("fixtures", "deribit", "chain", "btc_chain_2026-08-01.json")))
            .ToArray();
        var text = new StringWriter();
        var writer = new BoardCsvWriter(text);
        Array.ForEach(source, writer.Write);
        using var file = MarketFile.Open(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text.ToString())), "written");
        file.ReadSnapshots().Select(s => s.Hash).ShouldBe(source.Select(s => s.Hash));
        NoRejection(file);
    }

    private static IEnumerable<InstrumentQuote> Options(IEnumerable<MarketSnapshot> snapshots) =>
        snapshots.SelectMany(s => s.Boards).SelectMany(b => b.Expiries).SelectMany(e => e.Options);

    private static void NoRejection(MarketFile file)
    {
        file.Report.Rejected.ShouldBe(0, string.Join("; ", file.Report.Rejections.Select(r => $"{r.Key} {r.Value.Examples[0]}")));
        file.Report.NotApplied.ShouldBeEmpty();
    }

    private static IEnumerable<IndexRow> ReadIndex()
    {
        using var stream = File.OpenRead(RepositoryPaths.RequireShared("data", "options", "deribit_chain_index.csv.gz"));
        using var reader = new StreamReader(new GZipStream(stream, CompressionMode.Decompress));
        reader.ReadLine()!.ShouldStartWith("snapshot_time,BTC_rows,BTC_index_first");
        while (reader.ReadLine() is { } line)
        {
            var f = line.Split(',');
            yield return new IndexRow(
                DateTimeOffset.Parse(f[0], CultureInfo.InvariantCulture),
                int.Parse(f[1], CultureInfo.InvariantCulture),
                double.Parse(f[2], CultureInfo.InvariantCulture),
                double.Parse(f[6], CultureInfo.InvariantCulture),
                int.Parse(f[7], CultureInfo.InvariantCulture),
                double.Parse(f[8], CultureInfo.InvariantCulture),
                double.Parse(f[12], CultureInfo.InvariantCulture));
        }
    }

    private sealed record IndexRow(
        DateTimeOffset Time, int BtcRows, double BtcIndexFirst, double BtcTwoSided, int EthRows, double EthIndexFirst, double EthTwoSided);
}

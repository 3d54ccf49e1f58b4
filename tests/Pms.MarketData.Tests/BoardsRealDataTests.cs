using System.Globalization;
using System.IO.Compression;
using Pms.MarketData.Readers;
using Pms.MarketData.Snapshots;
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
        file.Report.Rejected.ShouldBe(0, string.Join("; ", file.Report.Rejections.Select(r => $"{r.Key} {r.Value.Examples[0]}")));
        file.Report.NotApplied.ShouldBeEmpty();
        file.Report.Quotes.ShouldBe(index.Values.Sum(r => r.BtcRows + r.EthRows));
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

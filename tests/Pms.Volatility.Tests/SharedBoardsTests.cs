using Pms.MarketData.Readers;
using Pms.MarketData.Snapshots;
using Pms.Testing;
using Pms.Volatility.Arbitrage;

namespace Pms.Volatility.Tests;

/// <summary>Recorded boards, where the shared data folder is present. The parameters were chosen on December 2025 and January 2026; the rest is out of sample.</summary>
public sealed class SharedBoardsTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset Outage = new(2026, 1, 13, 9, 21, 45, TimeSpan.Zero);
    private static readonly DateTimeOffset CrashFrom = new(2026, 2, 5, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Fit_AllChainSnapshots_NoArbitrageAndInsideTheSpread()
    {
        var shares = new List<double>();
        var crash = new List<(DateTimeOffset At, string Name, double Share)>();
        var snapshots = 0;
        foreach (var file in new[] { "deribit_chain_2025-12.csv.gz", "deribit_chain_2026-01.csv.gz", "deribit_chain_2026-02.csv.gz" })
        {
            foreach (var snapshot in MarketFile.ReadSnapshots(RepositoryPaths.RequireShared("data", "options", file)))
            {
                snapshots++;
                snapshot.Boards.Length.ShouldBe(2);
                foreach (var board in snapshot.Boards)
                {
                    var fit = FitAndCheck(board, snapshot.ObservedAt);
                    if (snapshot.ObservedAt == Outage)
                    {
                        fit.Degraded.Select(d => d.Code).ShouldContain("quote-outage");
                        continue;
                    }

                    fit.Degraded.ShouldBeEmpty($"{snapshot.ObservedAt:u} {board.Id}");
                    shares.Add(fit.InsideBidAsk!.Value);
                    if (snapshot.ObservedAt >= CrashFrom && snapshot.ObservedAt < CrashFrom.AddDays(2))
                    {
                        crash.Add((snapshot.ObservedAt, board.Id.Name, fit.InsideBidAsk.Value));
                    }
                }
            }
        }

        snapshots.ShouldBe(235);
        foreach (var (at, name, share) in crash)
        {
            output.WriteLine($"crash {at:u} {name} inside {share:P1}");
        }

        output.WriteLine($"boards {shares.Count}, inside bid-ask: median {Quantile(shares, 0.5):P2}, 10 % quantile {Quantile(shares, 0.1):P2}, least {shares.Min():P2}; crash days median {Quantile(crash.Select(c => c.Share), 0.5):P2}, least {crash.Min(c => c.Share):P2}");
        Quantile(shares, 0.5).ShouldBeGreaterThanOrEqualTo(0.97);
        Quantile(shares, 0.1).ShouldBeGreaterThanOrEqualTo(0.90);
        Quantile(crash.Select(c => c.Share), 0.5).ShouldBeGreaterThanOrEqualTo(0.90);
    }

    [Fact]
    public void Fit_AllOptionsDxBoards_NoArbitrageAndInsideTheSpread()
    {
        var shares = new List<double>();
        foreach (var month in new[] { "2021-06", "2022-01", "2022-02" })
        {
            foreach (var snapshot in MarketFile.ReadSnapshots(RepositoryPaths.RequireShared("data", "options", $"optionsdx_btc_eod_{month}.txt.gz")))
            {
                foreach (var board in snapshot.Boards)
                {
                    shares.Add(FitAndCheck(board, snapshot.ObservedAt).InsideBidAsk!.Value);
                }
            }
        }

        output.WriteLine($"boards {shares.Count}, inside bid-ask: median {Quantile(shares, 0.5):P2}, 10 % quantile {Quantile(shares, 0.1):P2}, least {shares.Min():P2}");
        shares.Count.ShouldBe(89);
        Quantile(shares, 0.5).ShouldBeGreaterThanOrEqualTo(0.95);
    }

    [Theory]
    [InlineData("fixtures/deribit/chain/btc_chain_2026-08-01.json", 868, 13)]
    [InlineData("fixtures/deribit/chain/volsurface_inputs_btc.json", 0, 12)]
    [InlineData("fixtures/deribit/chain/volsurface_inputs_eth.json", 0, 12)]
    [InlineData("data/options/deribit_book_summary_btc_2025-06-14T2158Z.json.gz", 746, 11)]
    [InlineData("data/options/deribit_book_summary_eth_2024-01-08T1119Z.csv.gz", 684, 11)]
    [InlineData("data/options/quantflow_volsurface_btc_2023-07-07.json.gz", 0, 8)]
    [InlineData("data/options/quantflow_volsurface_btc_2023-07-10.json.gz", 0, 8)]
    [InlineData("data/options/quantflow_volsurface_eth_2025-07-06.json.gz", 0, 8)]
    public void Fit_OtherSources_NoArbitrage(string path, int options, int slices)
    {
        var snapshot = MarketFile.ReadSnapshots(RepositoryPaths.RequireShared(path.Split('/'))).Single();
        var fit = FitAndCheck(snapshot.Boards.Single(), snapshot.ObservedAt);
        if (options > 0)
        {
            fit.Seen.ShouldBe(options);
        }

        fit.Surface!.Slices.Length.ShouldBe(slices);
        fit.InsideBidAsk!.Value.ShouldBeGreaterThan(0.88);
        if (options == 868)
        {
            fit.Slices.Sum(s => s.Quarantined.GetValueOrDefault("one-sided")).ShouldBe(66);
            fit.Slices.ShouldAllBe(s => s.Forward > 0);
        }
    }

    [Fact]
    public void Fit_SnapshotAfterSnapshot_WarmStartKeepsQuality()
    {
        VolSurface? btc = null, eth = null;
        var cold = new List<double>();
        var warm = new List<double>();
        foreach (var snapshot in MarketFile.ReadSnapshots(RepositoryPaths.RequireShared("data", "options", "deribit_chain_2025-12.csv.gz")))
        {
            foreach (var board in snapshot.Boards)
            {
                ref var previous = ref board.Id.Base.Code == "BTC" ? ref btc : ref eth;
                var fit = SurfaceFitter.Fit(board, snapshot.ObservedAt, SurfaceParameters.Default, previous);
                PlainArbitrage.Violations(fit.Surface!).ShouldBeEmpty();
                warm.Add(fit.InsideBidAsk!.Value);
                cold.Add(SurfaceFitter.Fit(board, snapshot.ObservedAt, SurfaceParameters.Default).InsideBidAsk!.Value);
                previous = fit.Surface;
            }
        }

        warm.Average().ShouldBe(cold.Average(), 0.02);
    }

    private static SurfaceFit FitAndCheck(UnderlyingBoard board, DateTimeOffset at)
    {
        var name = $"{at:u} {board.Id}";
        var fit = SurfaceFitter.Fit(board, at, SurfaceParameters.Default);
        fit.CalendarViolations.ShouldBe(0, name);
        fit.ButterflyViolations.ShouldBe(0, name);
        PlainArbitrage.Violations(fit.Surface!).ShouldBeEmpty(name);
        SurfaceCheck.Run(fit.Surface!).LeastGBetween.ShouldBeGreaterThan(0, name);
        (fit.Used + fit.Slices.Sum(s => s.Quarantined.Values.Sum())).ShouldBe(fit.Seen, name);
        return fit;
    }

    /// <summary>Element ceil(n q) of the sorted values.</summary>
    private static double Quantile(IEnumerable<double> values, double q)
    {
        var sorted = values.Order().ToArray();
        return sorted[Math.Max(0, (int)Math.Ceiling(sorted.Length * q) - 1)];
    }
}

using Pms.Margin.Parameters;
using Pms.MarketData.Readers;
using Pms.MarketData.Snapshots;
using Pms.Scenarios;
using Pms.Testing;
using Pms.Validation.Books;
using Pms.Validation.WalkForward;

namespace Pms.Validation.Tests.WalkForward;

/// <summary>On recorded boards, where the shared data folder is present.</summary>
public sealed class SharedWalkForwardTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset From = new(2026, 2, 4, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset To = new(2026, 2, 8, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Run_DaysOfTheFallOfFebruary2026_MarginsEveryBookAndValuesItByQuotes()
    {
        MarketSnapshot[] boards = [.. MarketFile.ReadSnapshots(RepositoryPaths.RequireShared("data", "options", "deribit_chain_2026-02.csv.gz")).SkipWhile(b => b.ObservedAt < From).TakeWhile(b => b.ObservedAt < To)];
        var parameters = RiskParameters.Default with { Scenarios = ScenarioParameters.Default with { MonteCarloCount = 1_000 } };
        var run = new WalkForwardBacktest([new EngineModel("pms", parameters, 1)], new WalkForwardOptions { Books = 40, Threads = 2 });
        BacktestWindow[] windows = [.. run.Run(boards)];

        run.Skipped.ShouldBeEmpty();
        var rows = windows.SelectMany(w => w.Observations).ToArray();
        var drawn = rows.Where(o => o.Class != BookClass.Aggregate).ToArray();
        var worst = drawn.MaxBy(o => o.LossUsd / o.Margins[0]!.Value.Maintenance)!;
        output.WriteLine($"{boards.Length} boards, {windows.Length} windows, {rows.Length} observations, {windows.Sum(w => w.LegsByModel)} of {windows.Sum(w => w.Legs)} legs by model; the worst lost {worst.LossUsd / worst.Margins[0]!.Value.Maintenance:F2} of its maintenance ({worst.Book})");
        boards.Length.ShouldBeGreaterThan(8);
        windows.Length.ShouldBeGreaterThan(5);
        rows.ShouldAllBe(o => o.Margins[0] != null);
        (100 * windows.Sum(w => w.LegsByModel)).ShouldBeLessThan(windows.Sum(w => w.Legs));
        worst.LossUsd.ShouldBeLessThan(worst.Margins[0]!.Value.Maintenance);
    }
}

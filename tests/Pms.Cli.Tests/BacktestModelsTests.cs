using System.Collections.Immutable;
using Pms.Cli.Backtest;
using Pms.Margin.Parameters;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers.Histories;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Scenarios.Historical;
using Pms.Testing;
using Pms.Validation.Books;
using Pms.Validation.WalkForward;
using Pms.Volatility;

namespace Pms.Cli.Tests;

/// <summary>Each ablation changes what it says, on a calm invented board below the vol floors.</summary>
public sealed class BacktestModelsTests
{
    private static readonly RiskParameters Parameters = RiskParameters.Default with { Scenarios = ScenarioParameters.Default with { MonteCarloCount = 400 } };
    private static readonly BoardState State = BoardState.Of(
        QuotedBoards.Make(QuotedBoards.Start, new QuotedCoin("BTC", 50_000, 0.3), new QuotedCoin("ETH", 2_500, 0.3)), SurfaceParameters.Default, History());

    private static readonly ImmutableArray<BacktestBook> Books = new BookRules(40, 1).On(ListedContracts.Of(State.Snapshot, State.Market, 1.125));

    [Fact]
    public void Create_EveryName_HasAFingerprintOfItsOwn()
    {
        IBacktestModel[] models = [.. BacktestModels.Default.Concat(BacktestModels.Ablations.Select(a => a.Name)).Select(n => BacktestModels.Create(n, Parameters, 1))];
        models.Select(m => m.Name).ShouldBe(BacktestModels.Default.Concat(BacktestModels.Ablations.Select(a => a.Name)));
        models.Select(m => m.Fingerprint).Distinct().Count().ShouldBe(models.Length);
        BacktestModels.Create("pms", Parameters, 2).Fingerprint.ShouldNotBe(models[0].Fingerprint);
        BacktestModels.Create("pms", Parameters with { Name = "other" }, 1).Fingerprint.ShouldNotBe(models[0].Fingerprint);
    }

    [Theory]
    [InlineData("pms-es", -1)]
    [InlineData("pms-grid", -1)]
    [InlineData("pms-no-jumps", 0)]
    [InlineData("pms-flat", 0)]
    [InlineData("pms-no-floors", 0)]
    [InlineData("pms-2000", 0)]
    [InlineData("pms-mc", 0)]
    [InlineData("pms-fhs", 0)]
    [InlineData("pms-no-stressed", 0)]
    public void Margins_Ablation_DiffersFromTheWhole(string name, int sign)
    {
        var (whole, part) = (Margins("pms"), Margins(name));
        part.ShouldAllBe(m => m != null);
        whole.Zip(part).Count(p => p.First != p.Second).ShouldBeGreaterThan(Books.Length / 2);
        if (sign < 0)
        {
            // A part of the whole asks no more than it.
            whole.Zip(part).ShouldAllBe(p => p.Second!.Value.Maintenance <= p.First!.Value.Maintenance && p.Second.Value.Initial <= p.First.Value.Initial);
        }
    }

    [Fact]
    public void Margins_WithoutFloorsOrJumps_AskLessOfAllBooksTogether()
    {
        double Sum(string name) => Margins(name).Sum(m => m!.Value.Maintenance);
        var whole = Sum("pms");
        Sum("pms-no-floors").ShouldBeLessThan(whole);
        Sum("pms-no-jumps").ShouldBeLessThan(whole);
    }

    [Fact]
    public void Create_UnknownName_IsRefused()
    {
        Should.Throw<InvalidInputException>(() => BacktestModels.Create("pms-", Parameters, 1)).Code.ShouldBe("backtest-models");
        Should.Throw<InvalidInputException>(() => BacktestModels.Create("", Parameters, 1)).Code.ShouldBe("venue-model");
    }

    private static ImmutableArray<BacktestMargin?> Margins(string name) => BacktestModels.Create(name, Parameters, 1).Margins(State, [.. Books.Select(b => b.Account)]);

    private static FactorHistory History() => new(new[] { ("BTC", 1UL), ("ETH", 2UL) }.Select(c =>
    {
        var stream = new RandomStream(c.Item2);
        var values = ImmutableSortedDictionary.CreateBuilder<DateOnly, double>();
        var level = 1_000.0;
        for (var d = 0; d < 300; d++)
        {
            level *= Math.Exp(0.03 * NormalDistribution.InverseCdf(stream.Uniform((ulong)d)));
            values.Add(DateOnly.FromDateTime(QuotedBoards.Start.UtcDateTime).AddDays(d - 300), level);
        }

        return new HistorySeries(new Asset(c.Item1), HistoryField.Close, "invented", values.ToImmutable());
    }));
}

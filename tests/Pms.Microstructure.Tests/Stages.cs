using System.Collections.Immutable;
using Pms.Margin.Epochs;
using Pms.Margin.Market;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Microstructure.Cascades;
using Pms.Microstructure.Impact;
using Pms.Microstructure.Incidents;
using Pms.Simulation;
using Pms.Simulation.Books;
using Pms.Simulation.Parameters;
using Pms.Volatility;

namespace Pms.Microstructure.Tests;

/// <summary>One simulated board for all tests of this project, and scenes on it.</summary>
internal static class Stages
{
    private static readonly Lazy<(MarketSnapshot Snapshot, IncidentStage Stage)> Made = new(Make);

    public static IncidentStage Default => Made.Value.Stage;

    public static RiskParameters Risk { get; } = RiskParameters.Default with { Scenarios = RiskParameters.Default.Scenarios with { MonteCarloCount = 200 } };

    public static Asset Bitcoin { get; } = new("BTC");

    public static Instrument Perpetual { get; } = DeribitNames.Parse("BTC-PERPETUAL");

    /// <summary>A drawn book with one idle account at the end.</summary>
    public static ImmutableArray<Account> Book(int accounts) => [.. Default.Draw(accounts), new Account("idle-0", [], [new CollateralHolding(Asset.Usd, 10_000)])];

    public static CascadeScene Scene(ImmutableArray<Account> accounts, PricePath path) => CascadeScene.Of(Default.Start, Default.Liquidity, Default.Listed, accounts, Risk, path);

    public static PricePath Path(params PathPoint[] points) =>
        PricePath.Through(points, [.. RiskFactorLayout.Of(Default.Start, Risk.Scenarios.Pegs).Coins.Select(c => (c, CascadePaths.BetaOf(c)))], 0, 1);

    public static PricePath Crash(double fall, int minutes) => Path(new(0, 0), new(5, 0), new(5 + minutes, Math.Log(1 - fall)), new(25 + minutes, Math.Log(1 - fall)));

    private static (MarketSnapshot Snapshot, IncidentStage Stage) Make()
    {
        var snapshot = new SimulatedExchange(SimulationParameters.Default, seed: 1).SnapshotAt(SimulationParameters.Default.Start.AddDays(2));
        var surfaces = snapshot.Boards.Where(b => !b.Expiries.IsEmpty)
            .Select(b => SurfaceFitter.Fit(b, snapshot.ObservedAt, SurfaceParameters.Default).Surface)
            .OfType<VolSurface>()
            .ToImmutableArray();
        var market = MarginEpoch.MarketOf(new EpochInputs(snapshot, surfaces, ImmutableDictionary<Asset, double>.Empty, RiskParameters.Default, null, 1), [], out _);
        return (
            snapshot,
            new IncidentStage(
                market,
                MarketLiquidity.Of(snapshot, market),
                [.. snapshot.Boards.SelectMany(b => b.Expiries.SelectMany(e => e.Options).Concat(b.Linears)).Select(q => q.Instrument)],
                count => new BookGenerator(snapshot, market, seed: 1).Generate(count)));
    }
}

using System.Collections.Immutable;
using Pms.Margin.Parameters;
using Pms.Margin.Venues;
using Pms.Pricing.JumpModels;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Scenarios.MonteCarlo;
using Pms.Validation.WalkForward;
using Pms.Volatility;
using Pms.Volatility.Svi;

namespace Pms.Cli.Backtest;

/// <summary>This system's margin with one part changed.</summary>
/// <param name="Name">in tables</param>
/// <param name="Change">what is changed, for people</param>
/// <param name="NeedsHistory">means nothing without one</param>
internal sealed record Ablation(string Name, string Change, bool NeedsHistory = false);

/// <summary>The models that a backtest can run, by name.</summary>
internal static class BacktestModels
{
    /// <summary>This system's margin.</summary>
    public const string Own = "pms";

    /// <summary>This system's margin with one part changed each.</summary>
    public static ImmutableArray<Ablation> Ablations { get; } =
    [
        new("pms-es", "the bound of ES alone: no stress grid, no add-ons"),
        new("pms-grid", "the stress grid alone: no ES, no add-ons"),
        new("pms-no-jumps", "Monte Carlo without jumps"),
        new("pms-flat", "every smile flat at its at-the-money vol"),
        new("pms-no-floors", "no floor under the starting vols"),
        new("pms-2000", "2,000 scenarios in place of 10,000"),
        new("pms-50000", "50,000 scenarios"),
        new("pms-mc", "Monte Carlo alone: no share of history", NeedsHistory: true),
        new("pms-fhs", "filtered history with nine tenths of the probability", NeedsHistory: true),
        new("pms-no-stressed", "no extra weight of history's stressed period", NeedsHistory: true),
    ];

    public static ImmutableArray<string> Default { get; } = [Own, .. VenueModels.Names];

    /// <param name="name">pms, an ablation, or a venue's</param>
    /// <param name="parameters">of this system's margin</param>
    /// <param name="seed">of its scenarios</param>
    /// <exception cref="InvalidInputException"><c>venue-model</c>: no such model</exception>
    public static IBacktestModel Create(string name, RiskParameters parameters, ulong seed)
    {
        var scenarios = parameters.Scenarios;
        RiskParameters With(ScenarioParameters changed) => parameters with { Scenarios = changed };
        return name switch
        {
            Own => new EngineModel(name, parameters, seed),
            "pms-es" => new EngineModel(name, parameters, seed, maintenance: r => r.MeasureUpper),
            "pms-grid" => new EngineModel(name, parameters, seed, maintenance: r => r.Grid.Counted),
            "pms-no-jumps" => new EngineModel(name, parameters, seed, dynamics: WithoutJumps),
            "pms-flat" => new EngineModel(name, parameters, seed, surface: Flat),
            "pms-no-floors" => new EngineModel(name, With(scenarios with { VolFloors = [.. scenarios.VolFloors.Select(f => f with { AtmVol = 0.01 })], OtherVolFloor = 0.01 }), seed),
            "pms-2000" => new EngineModel(name, With(scenarios with { MonteCarloCount = 2_000 }), seed),
            "pms-50000" => new EngineModel(name, With(scenarios with { MonteCarloCount = 50_000 }), seed),
            "pms-mc" => new EngineModel(name, With(scenarios with { HistoricalShare = 0 }), seed),
            "pms-fhs" => new EngineModel(name, With(scenarios with { HistoricalShare = 0.9 }), seed),
            "pms-no-stressed" => new EngineModel(name, With(scenarios with { Historical = scenarios.Historical with { StressedWeight = 0 } }), seed),
            _ when name.StartsWith("pms", StringComparison.Ordinal) => throw new InvalidInputException("backtest-models", $"there is no model '{PrintableText.Of(name)}'; there are {Own}, {string.Join(", ", Ablations.Select(a => a.Name))}"),
            _ => new VenueBacktestModel(VenueModels.Create(name)),
        };
    }

    private static MonteCarloParameters WithoutJumps(RiskFactors factors)
    {
        var dynamics = MonteCarloParameters.Default(factors);
        return dynamics with { Coins = [.. dynamics.Coins.Select(c => c with { OwnJump = JumpLaw.None })], Crash = JumpLaw.None, CrashShare = 0, OwnJumpShare = 0 };
    }

    private static VolSurface Flat(VolSurface surface) => new(
        surface.Underlying,
        surface.At,
        surface.Slices.Select(s => s with { Smile = new RawSvi(s.Smile.TotalVariance(0), 0, 0, 0, 0.1) }),
        surface.ParametersHash);
}

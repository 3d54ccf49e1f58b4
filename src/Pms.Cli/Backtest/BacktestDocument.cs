using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json.Serialization;
using Pms.Margin.Epochs;
using Pms.Margin.Parameters;
using Pms.Validation.Analysis;
using Pms.Validation.Histories;
using Pms.Validation.WalkForward;

namespace Pms.Cli.Backtest;

/// <summary>What <c>pms backtest run --json</c> prints: shares are fractions, money is per notional.</summary>
internal sealed record BacktestDocument(
    BacktestProvenance Provenance,
    ImmutableArray<string> Models,
    ImmutableArray<BoardSourceCount> Sources,
    int Windows,
    int Days,
    DateTimeOffset From,
    DateTimeOffset To,
    int Overlap,
    double LegsByModelShare,
    ImmutableArray<SampleReport> Samples,
    ImmutableArray<AggregateRecord> Aggregates,
    ImmutableArray<MarginPoint> Path,
    ImmutableArray<ToolReport> Tools,
    ImmutableArray<SkippedBoardBody> Skipped)
{
    public static BacktestDocument Of(BacktestReport report, IReadOnlyList<SkippedBoard> skipped, RiskParameters risk, WalkForwardOptions options) => new(
        new BacktestProvenance(
            typeof(MarginEpoch).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
            risk.Hash().ToString(),
            options.Horizon.TotalDays,
            options.Books,
            options.Seed,
            options.History?.Hash().ToString()),
        report.Models,
        report.Sources,
        report.Windows,
        report.Days,
        report.From,
        report.To,
        report.Overlap,
        report.LegsByModelShare,
        report.Samples,
        report.Aggregates,
        report.Path,
        report.Tools,
        [.. skipped.Select(s => new SkippedBoardBody(s.At, s.Reason.Code, s.Reason.Message))]);

    /// <summary>Where the boards are from, in words.</summary>
    [JsonIgnore]
    public string SourcesText => string.Join(", ", Sources.Select(s => $"{s.Source} ({s.Windows})"));

    /// <summary>Whether some boards are a model's.</summary>
    [JsonIgnore]
    public bool HasModelledBoards => Sources.Any(s => s.Source is ModelledBoards.Source or ModelledBoards.SyntheticSource);

    public SampleReport? Sample(string name) => Samples.FirstOrDefault(s => s.Name == name);
}

internal sealed record BacktestProvenance(string Version, string ParametersHash, double HorizonDays, int Books, ulong Seed, string? HistoryHash);

internal sealed record SkippedBoardBody(DateTimeOffset At, string Code, string Message);

using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.CompilerServices;
using Pms.Margin.Epochs;
using Pms.Margin.Market;
using Pms.Margin.Measures;
using Pms.Margin.Requirement;
using Pms.Margin.Venues;
using Pms.Scenarios.MonteCarlo;

namespace Pms.Documents;

/// <summary>What <c>pms margin</c> prints for a book (docs/cli.md). Amounts are USD.</summary>
public sealed record MarginDocument(string Model, MarginProvenance Provenance, IReadOnlyList<string>? Notes, IReadOnlyList<MarginAccount> Accounts, MarginTotals Totals)
{
    public static MarginDocument Of(MarginEpoch epoch, IReadOnlyList<string> notes, IReadOnlyList<MarginResult> results) => new(
        "pms",
        MarginProvenance.Of(epoch),
        notes.Count == 0 ? null : notes,
        [.. results.Select(MarginAccount.Of)],
        MarginTotals.Of(results.Select(r => (Money.Usd(r.Initial), Money.Usd(r.Maintenance), Money.Usd(r.Excess)))));

    public static MarginDocument Of(MarginProvenance provenance, string model, IReadOnlyList<string> notes, IReadOnlyList<(string Account, VenueMargin Margin)> results) => new(
        model,
        provenance with { ModelParametersHash = results.Count == 0 ? null : results[0].Margin.ParametersHash },
        notes.Count == 0 ? null : notes,
        [.. results.Select(r => MarginAccount.Of(r.Account, r.Margin))],
        MarginTotals.Of(results.Select(r => (Money.Usd(r.Margin.Initial), Money.Usd(r.Margin.Maintenance), Money.Usd(r.Margin.Equity - r.Margin.Maintenance)))));
}

/// <summary>All that is needed to compute the same numbers again. What a venue's model does not read (scenarios, array, seed) is absent from its answer.</summary>
public sealed record MarginProvenance(
    DateTimeOffset ObservedAt,
    string Version,
    string SnapshotHash,
    string ParametersHash,
    string? ModelParametersHash,
    string? ScenarioSetHash,
    string? ArrayRoot,
    ulong? Seed,
    double? HorizonDays,
    int? ScenariosWithProbability,
    int? StressScenarios,
    HistoryUseDocument? History,
    CorrelationRepairs? CorrelationRepairs,
    IReadOnlyList<AssumedPriceDocument>? AssumedPrices)
{
    private static readonly ConditionalWeakTable<MarginEpoch, MarginProvenance> Known = [];

    /// <summary>Of an epoch, worked out once: the hash of all parameters is part of every answer.</summary>
    public static MarginProvenance Of(MarginEpoch epoch) => Known.GetValue(epoch, Make);

    private static MarginProvenance Make(MarginEpoch epoch) => Of(epoch.Inputs, epoch.Market, epoch.Assumed) with
    {
        ScenarioSetHash = epoch.Set.Hash.ToString(),
        ArrayRoot = epoch.Array.Root.ToString(),
        Seed = epoch.Inputs.Seed,
        HorizonDays = epoch.Inputs.Parameters.Scenarios.HorizonDays,
        ScenariosWithProbability = epoch.Set.TailCount,
        StressScenarios = epoch.Set.Count - epoch.Set.TailCount,
        History = HistoryUseDocument.Of(epoch.History),
        CorrelationRepairs = epoch.CorrelationRepairs,
    };

    /// <summary>Of a result that the market alone gives.</summary>
    public static MarginProvenance Of(EpochInputs inputs, MarginMarket market, ImmutableArray<AssumedPrice> assumed) => new(
        market.At,
        typeof(MarginEpoch).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
        market.SnapshotHash.ToString(),
        inputs.Parameters.Hash().ToString(),
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        assumed.IsEmpty ? null : [.. assumed.Select(a => new AssumedPriceDocument(a.Asset.Code, a.UsdPrice, a.Reason))]);
}

/// <summary>Which part of a history was used: values of the board's day and later are left out.</summary>
public sealed record HistoryUseDocument(string FirstDate, string LastDate, int Dates, string? StressedFrom, string? StressedTo, int ValuesAfterBoard)
{
    public static HistoryUseDocument? Of(HistoryUse? use) => use is null ? null : new(
        use.Summary.FirstDate.ToString("O"), use.Summary.LastDate.ToString("O"), use.Summary.Dates, use.Summary.StressedFrom?.ToString("O"), use.Summary.StressedTo?.ToString("O"), use.LeftOut);
}

public sealed record AssumedPriceDocument(string Asset, double UsdPrice, string Reason);

/// <summary>One account. Absent members belong to models that have no such number.</summary>
public sealed record MarginAccount(
    string Account,
    decimal Equity,
    decimal Initial,
    decimal Maintenance,
    double? Ratio,
    decimal Excess,
    decimal Available,
    string Binding,
    IReadOnlyList<MarginLineDocument> Components,
    IReadOnlyList<MarginLineDocument>? EquityLines,
    TailDocument? Tail,
    GridDocument? Grid,
    IReadOnlyList<StandAloneDocument>? StandAlone,
    decimal? Deferred)
{
    public static MarginAccount Of(MarginResult r) => new(
        r.AccountId,
        Money.Usd(r.Equity),
        Money.Usd(r.Initial),
        Money.Usd(r.Maintenance),
        r.MarginRatio,
        Money.Usd(r.Excess),
        Money.Usd(r.Available),
        r.Binding,
        [.. r.Components.Select(MarginLineDocument.Of)],
        [.. r.EquityLines.Select(MarginLineDocument.Of)],
        TailDocument.Of(r.Tail, r.MeasureUpper),
        r.Grid.Scenario < 0 ? null : new GridDocument(r.Grid.Description, Money.Usd(r.Grid.Loss), r.Grid.LossShare, Money.Usd(r.Grid.Counted)),
        r.StandAlone.IsEmpty ? null : [.. r.StandAlone.Select(s => new StandAloneDocument(s.Coin.Code, Money.Usd(s.EsUpper), Money.Usd(s.Grid)))],
        r.Deferred == 0 ? null : Money.Usd(r.Deferred));

    public static MarginAccount Of(string account, VenueMargin m) => new(
        account,
        Money.Usd(m.Equity),
        Money.Usd(m.Initial),
        Money.Usd(m.Maintenance),
        m.Maintenance > 0 ? m.Equity / m.Maintenance : null,
        Money.Usd(m.Equity - m.Maintenance),
        Money.Usd(m.Excess),
        m.Binding,
        [.. m.Components.Select(c => new MarginLineDocument(c.Group.Length == 0 ? c.Name : $"{c.Group}:{c.Name}", Money.Usd(c.AmountUsd)))],
        null,
        null,
        null,
        null,
        null);
}

public sealed record MarginLineDocument(string Name, decimal Amount)
{
    public static MarginLineDocument Of(MarginLine line) => new(line.Name, Money.Usd(line.Amount));
}

public sealed record TailDocument(double Level, decimal Var, decimal Es, double StandardError, decimal Upper, double EffectiveTail)
{
    public static TailDocument Of(TailEstimate tail, long upper) =>
        new(tail.Level.Alpha, Money.Usd(tail.Var), Money.Usd(tail.Es), tail.StandardError / Money.UnitsPerUsd, Money.Usd(upper), tail.EffectiveTail);
}

public sealed record GridDocument(string Scenario, decimal Loss, double LossShare, decimal Counted);

public sealed record StandAloneDocument(string Coin, decimal EsUpper, decimal Grid);

public sealed record MarginTotals(int Accounts, decimal Initial, decimal Maintenance, int BelowMaintenance)
{
    public static MarginTotals Of(IEnumerable<(decimal Initial, decimal Maintenance, decimal Excess)> accounts)
    {
        var all = accounts.ToArray();
        return new MarginTotals(all.Length, all.Sum(a => a.Initial), all.Sum(a => a.Maintenance), all.Count(a => a.Excess < 0));
    }
}

using Pms.Documents;
using Pms.Margin.Requirement;
using Pms.Numerics;
using Pms.Server.Epochs;

namespace Pms.Server.Api;

/// <summary>Other risk parameters to be tried on the whole book.</summary>
/// <param name="Changes">sections and keys of the parameter document that differ from those in force</param>
public sealed record ParameterRunRequest(System.Text.Json.JsonElement Changes);

/// <summary>The whole book of one epoch under other parameters: the same market, accounts and seed. Nothing is kept, and the parameters in force stay.</summary>
/// <param name="Epoch">that both are of; its parameters are those in force</param>
/// <param name="ParametersHash">of the tried ones</param>
/// <param name="Changed">values that differ</param>
/// <param name="Before">sums as they are, USD</param>
/// <param name="After">sums under the tried parameters</param>
/// <param name="StatesBefore">accounts by state</param>
/// <param name="StatesAfter">under the tried parameters</param>
/// <param name="Maintenance">how the maintenance margin of accounts changes: their least, quantiles and greatest, as a fraction of what it is</param>
/// <param name="Called">accounts whose state is worse, the worst first and by what they lack; at most <see cref="MostRows"/></param>
/// <param name="CalledCount">all of them</param>
/// <param name="RelievedCount">accounts whose state is better</param>
/// <param name="ComputeMs">what it took</param>
public sealed record ParameterRun(
    EpochHead Epoch,
    string ParametersHash,
    IReadOnlyList<ChangedParameter> Changed,
    BookTotals Before,
    BookTotals After,
    IReadOnlyList<StateCount> StatesBefore,
    IReadOnlyList<StateCount> StatesAfter,
    IReadOnlyList<ChangeQuantile> Maintenance,
    IReadOnlyList<ParameterRunRow> Called,
    int CalledCount,
    int RelievedCount,
    double ComputeMs)
{
    public const int MostRows = 200;

    private static readonly double[] Levels = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1];

    /// <param name="before">epoch in force</param>
    /// <param name="after">the same under the tried parameters</param>
    /// <param name="changed">values that differ</param>
    public static ParameterRun Of(RiskEpoch before, RiskEpoch after, IReadOnlyList<ChangedParameter> changed)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        (AccountMargin Before, AccountMargin After)[] accounts = [.. before.Accounts.Select(a => (a, after.Find(a.Account.Id)!))];
        ParameterRunRow[] called = [.. accounts.Where(a => AccountStates.Of(a.After) > AccountStates.Of(a.Before)).OrderByDescending(a => AccountStates.Of(a.After)).ThenBy(a => a.After.Result?.Available ?? long.MinValue).Select(a => ParameterRunRow.Of(a.Before, a.After))];
        double[] changes = [.. accounts.Where(a => a.Before.Result is { Maintenance: > 0 } && a.After.Result is not null).Select(a => ((double)a.After.Result!.Maintenance / a.Before.Result!.Maintenance) - 1).Order()];
        return new ParameterRun(
            EpochHead.Of(before),
            after.Parameters.Hash().ToString(),
            changed,
            OverviewDocument.TotalsOf(before),
            OverviewDocument.TotalsOf(after),
            OverviewDocument.StatesOf(before),
            OverviewDocument.StatesOf(after),
            changes.Length == 0 ? [] : [.. Levels.Select(l => new ChangeQuantile(l, OrderStatistics.OfSorted(changes, l)))],
            [.. called.Take(MostRows)],
            called.Length,
            accounts.Count(a => AccountStates.Of(a.After) < AccountStates.Of(a.Before)),
            Math.Round(after.Took.TotalMilliseconds, 1));
    }
}

/// <summary>A value of the parameter document, as its text, before and after.</summary>
/// <param name="Key">section and key</param>
/// <param name="Before">in force; absent: it has none</param>
/// <param name="After">tried</param>
public sealed record ChangedParameter(string Key, string? Before, string? After);

/// <param name="Level">share of the accounts</param>
/// <param name="Change">of their maintenance margin, as a fraction of what it is; more is positive</param>
public sealed record ChangeQuantile(double Level, double Change);

/// <summary>An account whose state is worse under the tried parameters. USD.</summary>
public sealed record ParameterRunRow(string Account, string StateBefore, string StateAfter, decimal? Equity, decimal? InitialBefore, decimal? InitialAfter, decimal? MaintenanceBefore, decimal? MaintenanceAfter, ErrorBody? Refusal)
{
    public static ParameterRunRow Of(AccountMargin before, AccountMargin after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        return new ParameterRunRow(
            before.Account.Id,
            AccountStates.NameOf(AccountStates.Of(before)),
            AccountStates.NameOf(AccountStates.Of(after)),
            Usd(after.Result, r => r.Equity),
            Usd(before.Result, r => r.Initial),
            Usd(after.Result, r => r.Initial),
            Usd(before.Result, r => r.Maintenance),
            Usd(after.Result, r => r.Maintenance),
            after.Refusal is null ? null : ErrorBody.Of(after.Refusal));
    }

    private static decimal? Usd(MarginResult? result, Func<MarginResult, long> of) => result is null ? null : Money.Usd(of(result));
}

using System.Collections.Immutable;
using Pms.Margin.Epochs;
using Pms.Scenarios;
using Pms.Scenarios.Historical;

namespace Pms.Validation.ReverseStress;

/// <summary>Past joint moves of all factors over one horizon, as they were.</summary>
/// <param name="Columns">[day]</param>
/// <param name="Labels">[day] its date, and what of it had to be inferred</param>
public sealed record PastDays(ScenarioColumns Columns, ImmutableArray<string> Labels)
{
    /// <summary>Of the history of an epoch that was known at its market; null where it has none.</summary>
    /// <remarks>The historical family with a stressed period that is all of history: what it keeps unfiltered is every day as it was.</remarks>
    public static PastDays? Of(MarginEpoch epoch)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        if (epoch.Inputs.History is not { } history)
        {
            return null;
        }

        var scenarios = epoch.Inputs.Parameters.Scenarios;
        var whole = scenarios.Historical with { StressedFrom = DateOnly.MinValue, StressedTo = DateOnly.MaxValue, StressedWeight = 0.5 };
        var (batch, summary) = HistoricalSimulation.Make(epoch.Set.Factors, whole, history.Before(epoch.Inputs.Snapshot.ObservedAt), epoch.Set.HorizonYears);
        var days = new ScenarioColumns(epoch.Set.Factors, summary.StressedDates);
        for (var c = 0; c < epoch.Set.Factors.ColumnCount; c++)
        {
            batch.Columns.Column(c)[summary.Dates..].CopyTo(days.Column(c));
        }

        return new PastDays(days, [.. batch.Labels.Skip(summary.Dates).Select(l => l.Replace(" stressed", "", StringComparison.Ordinal))]);
    }
}

using System.Collections.Immutable;
using Pms.Scenarios;

namespace Pms.Margin.Explain;

/// <summary>What one holding gains in a scenario. Money units.</summary>
public readonly record struct Contribution(string Name, long Pnl);

/// <summary>One of the scenarios in which an account loses most. Money units.</summary>
/// <param name="Scenario">index in the set</param>
/// <param name="Description">for people</param>
/// <param name="Family">kind</param>
/// <param name="Weight">probability, 0 to 1; for a stress scenario the share of its loss that counts</param>
/// <param name="Pnl">gain of the account</param>
/// <param name="CountedLoss">loss, times the share that counts for a stress scenario (rounded up); what the ranking is by</param>
/// <param name="Contributions">by holding, largest loss first; they add up to <paramref name="Pnl"/></param>
public sealed record WorstScenario(
    int Scenario, string Description, ScenarioFamily Family, double Weight, long Pnl, long CountedLoss, ImmutableArray<Contribution> Contributions);

/// <summary>The scenarios that hurt an account most.</summary>
public static class WorstScenarios
{
    /// <param name="set">scenarios</param>
    /// <param name="pnl">[scenario] gain of the account in every scenario, stress too; money units</param>
    /// <param name="holdings">whose gains add up to <paramref name="pnl"/></param>
    /// <param name="count">how many, at least 0</param>
    /// <returns>worst first; among equals the earlier scenario first</returns>
    public static ImmutableArray<WorstScenario> Of(ScenarioSet set, ReadOnlySpan<long> pnl, IReadOnlyList<RowHolding> holdings, int count)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(holdings);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var counted = new long[pnl.Length];
        for (var s = 0; s < counted.Length; s++)
        {
            counted[s] = Counted(set, s, pnl[s]);
        }

        var gains = pnl.ToArray();
        return [.. Enumerable.Range(0, gains.Length).OrderByDescending(s => counted[s]).ThenBy(s => s).Take(count).Select(s => new WorstScenario(
            s,
            set.Describe(s),
            set.Segments.Last(g => g.Start <= s).Family,
            s < set.TailCount ? set.Weights[s] / (double)ScenarioSet.TotalWeight : set.LossShares[s - set.TailCount],
            gains[s],
            counted[s],
            [.. holdings.Select(h => new Contribution(h.Name, h.Pnl(s))).OrderBy(c => c.Pnl).ThenBy(c => c.Name, StringComparer.Ordinal)]))];
    }

    private static long Counted(ScenarioSet set, int scenario, long pnl)
    {
        var loss = checked(-pnl);
        return scenario < set.TailCount || loss <= 0 ? loss : (long)Math.Ceiling(loss * (decimal)set.LossShares[scenario - set.TailCount]);
    }
}

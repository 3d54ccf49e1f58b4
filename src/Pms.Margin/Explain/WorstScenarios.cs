using System.Collections.Immutable;
using Pms.Margin.Revaluation;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Scenarios;

namespace Pms.Margin.Explain;

/// <summary>What one holding gains in a scenario. Money units.</summary>
public readonly record struct Contribution(string Name, long Pnl);

/// <summary>What a scenario does to a coin.</summary>
/// <param name="Coin">coin</param>
/// <param name="Spot">relative move of its price in USD</param>
/// <param name="Vol">relative move of its 30-day ATM vol</param>
public readonly record struct CoinMove(Asset Coin, double Spot, double Vol);

/// <summary>One of the scenarios in which an account loses most. Money units.</summary>
/// <param name="Scenario">index in the set</param>
/// <param name="Description">for people</param>
/// <param name="Family">kind</param>
/// <param name="Moves">of the coins that the holdings are on, by code</param>
/// <param name="Weight">probability, 0 to 1; for a stress scenario the share of its loss that counts</param>
/// <param name="Pnl">gain of the account</param>
/// <param name="CountedLoss">loss, times the share that counts for a stress scenario (rounded up); what the ranking is by</param>
/// <param name="Contributions">by holding, largest loss first; they add up to <paramref name="Pnl"/></param>
public sealed record WorstScenario(
    int Scenario,
    string Description,
    ScenarioFamily Family,
    ImmutableArray<CoinMove> Moves,
    double Weight,
    long Pnl,
    long CountedLoss,
    ImmutableArray<Contribution> Contributions);

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
        Asset[] coins = [.. holdings.Select(h => h.Row.Key.Asset ?? h.Row.Key.Instrument!.Underlying.Base).Where(a => set.Factors.TryCoinIndex(a, out _)).Distinct().OrderBy(a => a.Code, StringComparer.Ordinal)];
        return [.. Enumerable.Range(0, gains.Length).OrderByDescending(s => counted[s]).ThenBy(s => s).Take(count).Select(s => new WorstScenario(
            s,
            set.Describe(s),
            set.Segments.Last(g => g.Start <= s).Family,
            [.. coins.Select(c => Move(set, c, s))],
            s < set.TailCount ? set.Weights[s] / (double)ScenarioSet.TotalWeight : set.LossShares[s - set.TailCount],
            gains[s],
            counted[s],
            [.. holdings.Select(h => new Contribution(h.Name, h.Pnl(s))).OrderBy(c => c.Pnl).ThenBy(c => c.Name, StringComparer.Ordinal)]))];
    }

    private static CoinMove Move(ScenarioSet set, Asset coin, int scenario)
    {
        var index = set.Factors.CoinIndex(coin);
        return new CoinMove(coin, ElementaryMath.Expm1(set.SpotLogReturn(index)[scenario]), ElementaryMath.Expm1(set.VolLogChange(index, ScenarioMoves.LevelTenor)[scenario]));
    }

    private static long Counted(ScenarioSet set, int scenario, long pnl)
    {
        var loss = checked(-pnl);
        return scenario < set.TailCount || loss <= 0 ? loss : (long)Math.Ceiling(loss * (decimal)set.LossShares[scenario - set.TailCount]);
    }
}

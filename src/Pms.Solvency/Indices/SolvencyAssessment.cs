using System.Collections.Immutable;
using Pms.Margin.Measures;
using Pms.Primitives;
using Pms.Solvency.Accounts;
using Pms.Solvency.Shortfalls;

namespace Pms.Solvency.Indices;

/// <summary>What all accounts owe beyond their worth in one scenario.</summary>
/// <param name="Scenario">index in the set</param>
/// <param name="Description">for people</param>
/// <param name="Shortfall">money units</param>
public sealed record ScenarioShortfall(int Scenario, string Description, long Shortfall);

/// <summary>The largest uncovered losses of one or two owners in any scenario, stress included.</summary>
/// <param name="Scenario">index; -1 where nobody is short in any</param>
/// <param name="Description">for people</param>
/// <param name="Amount">money units</param>
/// <param name="Owners">whose, largest first</param>
public sealed record CoverLoss(int Scenario, string Description, long Amount, ImmutableArray<string> Owners);

/// <summary>An account's part of the expected shortfall: its mean uncovered loss over the tail (Euler).</summary>
/// <param name="Account">id</param>
/// <param name="Owner">whose</param>
/// <param name="LossMass">sum of uncovered loss times mass over the tail; those of all accounts add up exactly to <see cref="SolvencyAssessment.LossMass"/></param>
public sealed record ShortfallContribution(string Account, string Owner, Int128 LossMass);

/// <summary>What an index is asked with.</summary>
/// <param name="Resources">fund and backstop</param>
/// <param name="Level">of the expected shortfall</param>
public sealed record SolvencyTerms(SolvencyResources Resources, TailLevel Level)
{
    /// <summary>On losses; <see cref="LossStretch.None"/> but for what-ifs.</summary>
    public LossStretch Stretch { get; init; } = LossStretch.None;

    /// <summary>Scenarios that are told one by one, worst first.</summary>
    public int WorstScenarios { get; init; } = 20;
}

/// <summary>The Protocol Solvency Index of one moment and everything that it is made of (docs/model/solvency.md). Money units are 1e-6 USD.</summary>
public sealed record SolvencyAssessment
{
    public required SolvencyTerms Terms { get; init; }

    /// <summary>Accounts that are in it.</summary>
    public required int Accounts { get; init; }

    /// <summary>Accounts that could not be valued and are not.</summary>
    public required int Refused { get; init; }

    /// <summary>Expected shortfall of the book at the level, rounded up.</summary>
    public required long Shortfall { get; init; }

    /// <summary>Of the expected shortfall, from how the scenarios were drawn.</summary>
    public required double StandardError { get; init; }

    /// <summary>Sum of shortfall times mass over the tail: the expected shortfall is exactly this over <see cref="Mass"/>.</summary>
    public required Int128 LossMass { get; init; }

    public required Int128 Mass { get; init; }

    /// <summary>Probability that anybody is short, parts per billion of the set's weight, rounded up.</summary>
    public required long ShortProbability { get; init; }

    /// <summary>Probability that the book is short by more than the resources, parts per billion, rounded up.</summary>
    public required long BeyondProbability { get; init; }

    /// <summary>The scenarios in which most is short, worst first; stress included, those without shortfall left out.</summary>
    public required ImmutableArray<ScenarioShortfall> Worst { get; init; }

    public required CoverLoss Cover1 { get; init; }

    public required CoverLoss Cover2 { get; init; }

    /// <summary>Accounts with a part in the tail, the largest first.</summary>
    public required ImmutableArray<ShortfallContribution> Contributions { get; init; }

    public required SolvencyIndex Index { get; init; }

    /// <summary>Of a fresh index: unknown where an account is left out.</summary>
    public SolvencyBand Band => Index.Band(isKnown: Refused == 0);

    /// <summary>A contribution as mean uncovered loss, money units.</summary>
    public double MeanOf(ShortfallContribution contribution)
    {
        ArgumentNullException.ThrowIfNull(contribution);
        return (double)contribution.LossMass / (double)Mass;
    }

    /// <param name="book">accounts and scenarios</param>
    /// <param name="terms">resources and level</param>
    /// <param name="threads">1 or more; the result does not depend on it</param>
    /// <exception cref="InvalidInputException">codes of <see cref="ShortfallPass.Run(Pms.Margin.Arrays.RiskArray, IReadOnlyList{SolvencyAccount}, LossStretch?, int)"/>; <c>solvency-resources</c>; <c>solvency-inputs</c>: array and set are not of one making</exception>
    public static SolvencyAssessment Of(SolvencyBook book, SolvencyTerms terms, int threads = 1)
    {
        ArgumentNullException.ThrowIfNull(book);
        ArgumentNullException.ThrowIfNull(terms);
        if (book.Array.ScenarioSetHash != book.Set.Hash || book.Design.Count != book.Set.TailCount)
        {
            throw new InvalidInputException("solvency-inputs", $"the risk array is of scenario set {book.Array.ScenarioSetHash}, not of {book.Set.Hash}");
        }

        var shortfall = ShortfallPass.Run(book.Array, book.Accounts, terms.Stretch, threads);
        return Of(book.Array.TickRows, book.Design, book.Set.Describe, book.Accounts, book.Refused, terms, shortfall);
    }

    /// <summary>The same of any integer rows.</summary>
    internal static SolvencyAssessment Of(
        int[][] rows, SampleDesign design, Func<int, string> describe, IReadOnlyList<SolvencyAccount> accounts, int refused, SolvencyTerms terms, BookShortfall shortfall)
    {
        terms.Resources.Validate();
        var totals = shortfall.Totals;
        var gains = new long[design.Count];
        for (var s = 0; s < gains.Length; s++)
        {
            gains[s] = -totals[s];
        }

        var tail = TailMeasure.Of(gains, design, terms.Level);
        var (parts, mass) = Parts(tail.Tail, design, terms.Level);
        var (contributions, lossMass) = Shares(rows, accounts, parts, terms.Stretch);
        var expected = parts.Aggregate(Int128.Zero, (sum, p) => sum + ((Int128)p.Mass * -gains[p.Scenario]));
        if (lossMass != expected)
        {
            throw new InvalidOperationException($"the accounts' parts of the shortfall add up to {lossMass}, not to {expected}");
        }

        return new SolvencyAssessment
        {
            Terms = terms,
            Accounts = accounts.Count,
            Refused = refused,
            Shortfall = tail.Es,
            StandardError = tail.StandardError,
            LossMass = lossMass,
            Mass = mass,
            ShortProbability = Probability(totals, design, 0),
            BeyondProbability = Probability(totals, design, terms.Resources.Total),
            Worst = WorstOf(totals, describe, terms.WorstScenarios),
            Cover1 = Cover(shortfall.Largest, 1, rows, accounts, describe, terms.Stretch),
            Cover2 = Cover(shortfall.TwoLargest, 2, rows, accounts, describe, terms.Stretch),
            Contributions = contributions,
            Index = SolvencyIndex.Of(terms.Resources, tail.Es),
        };
    }

    /// <summary>Scenarios of the tail and how much of each counts: its weight times 1e9, of the last only what is missing.</summary>
    private static (ImmutableArray<(int Scenario, long Mass)> Parts, Int128 Mass) Parts(TailScenarios tail, SampleDesign design, TailLevel level)
    {
        var missing = design.TotalWeight * level.TailPartsPerBillion;
        var whole = missing;
        var parts = ImmutableArray.CreateBuilder<(int, long)>(tail.Count);
        foreach (var scenario in tail)
        {
            var own = Math.Min(missing, (design.Weights.IsEmpty ? 1L : design.Weights[scenario.Scenario]) * TailLevel.Whole);
            parts.Add((scenario.Scenario, own));
            missing -= own;
        }

        return (parts.ToImmutable(), whole);
    }

    private static (ImmutableArray<ShortfallContribution> Contributions, Int128 LossMass) Shares(
        int[][] rows, IReadOnlyList<SolvencyAccount> accounts, ImmutableArray<(int Scenario, long Mass)> parts, LossStretch stretch)
    {
        var found = new List<ShortfallContribution>();
        var sum = Int128.Zero;
        foreach (var account in accounts)
        {
            var own = Int128.Zero;
            foreach (var (scenario, mass) in parts)
            {
                own += mass * ShortfallPass.UncoveredOf(rows, account, scenario, stretch);
            }

            sum += own;
            if (own > 0)
            {
                found.Add(new ShortfallContribution(account.Id, account.Owner, own));
            }
        }

        return ([.. found.OrderByDescending(c => c.LossMass).ThenBy(c => c.Account, StringComparer.Ordinal)], sum);
    }

    /// <summary>Weight of the scenarios whose shortfall is above a bound, parts per billion of all, rounded up.</summary>
    private static long Probability(ReadOnlySpan<long> totals, SampleDesign design, Int128 above)
    {
        var weight = Int128.Zero;
        for (var s = 0; s < design.Count; s++)
        {
            weight += totals[s] > above ? design.Weights.IsEmpty ? 1 : design.Weights[s] : 0;
        }

        return (long)(((weight * TailLevel.Whole) + design.TotalWeight - 1) / design.TotalWeight);
    }

    private static ImmutableArray<ScenarioShortfall> WorstOf(ReadOnlySpan<long> totals, Func<int, string> describe, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var entries = new List<TailEntry>();
        for (var s = 0; s < totals.Length; s++)
        {
            if (totals[s] > 0)
            {
                entries.Add(new TailEntry(totals[s], s));
            }
        }

        entries.Sort();
        return [.. entries.Take(count).Select(e => new ScenarioShortfall(e.Scenario, describe(e.Scenario), e.Loss))];
    }

    /// <summary>The scenario with the largest amount, the first among equals, and whose accounts they are.</summary>
    private static CoverLoss Cover(ReadOnlySpan<long> amounts, int owners, int[][] rows, IReadOnlyList<SolvencyAccount> accounts, Func<int, string> describe, LossStretch stretch)
    {
        var worst = 0;
        for (var s = 1; s < amounts.Length; s++)
        {
            worst = amounts[s] > amounts[worst] ? s : worst;
        }

        if (amounts[worst] == 0)
        {
            return new CoverLoss(-1, "", 0, []);
        }

        var byOwner = new SortedDictionary<string, Int128>(StringComparer.Ordinal);
        foreach (var account in accounts)
        {
            byOwner[account.Owner] = byOwner.GetValueOrDefault(account.Owner) + ShortfallPass.UncoveredOf(rows, account, worst, stretch);
        }

        var largest = byOwner.Where(o => o.Value > 0).OrderByDescending(o => o.Value).Take(owners).ToArray();
        var sum = largest.Aggregate(Int128.Zero, (total, o) => total + o.Value);
        return sum == amounts[worst]
            ? new CoverLoss(worst, describe(worst), amounts[worst], [.. largest.Select(o => o.Key)])
            : throw new InvalidOperationException($"the largest losses in scenario {worst} add up to {sum}, not to {amounts[worst]}");
    }
}

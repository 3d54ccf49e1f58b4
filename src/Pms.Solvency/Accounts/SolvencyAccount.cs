using System.Collections.Immutable;
using Pms.Margin.Arrays;
using Pms.Margin.Requirement;

namespace Pms.Solvency.Accounts;

/// <summary>One account as the protocol stands behind it: what it is worth, and what moves with the scenarios.</summary>
/// <param name="Id">each once in a book</param>
/// <param name="Owner">accounts of one owner default together; their losses add up and no gain of one pays for another</param>
/// <param name="Equity">worth now of everything in it, contracts and coins included; money units (1e-6 USD), may be negative</param>
/// <param name="Holdings">contracts and coins as rows and lots; in a scenario the account is worth its equity plus their gain</param>
public sealed record SolvencyAccount(string Id, string Owner, long Equity, ImmutableArray<RowLots> Holdings)
{
    /// <summary>Initial margin, money units: what the account must leave when it takes out all that it may. Null: unknown, then nothing is taken to be withdrawn.</summary>
    public long? Initial { get; init; }

    /// <summary>From a margin: counted collateral and the value of the contracts, less what rounding to lots and ticks may hide.</summary>
    /// <param name="margin">of the account</param>
    /// <param name="owner">null: the account is its own</param>
    /// <remarks>Collateral counts after its haircut, in equity and in the gains: what is left to the protocol is sold in the same scenario that took the account down.</remarks>
    /// <exception cref="Pms.Primitives.InvalidInputException"><c>margin-overflow</c></exception>
    public static SolvencyAccount Of(MarginResult margin, string? owner = null)
    {
        ArgumentNullException.ThrowIfNull(margin);
        ImmutableArray<RowLots> holdings = [.. margin.Holdings, .. margin.CollateralHoldings];
        var worth = margin.EquityLines.Where(l => l.Name != "collateral-risk").Aggregate(Int128.Zero, (sum, line) => sum + line.Amount);
        return new SolvencyAccount(
            margin.AccountId, owner ?? margin.AccountId, Rounding.Checked(worth - RiskArray.RoundingBound(holdings.AsSpan()), "the worth of the account"), holdings)
        {
            Initial = margin.Initial,
        };
    }
}

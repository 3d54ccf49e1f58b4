using Pms.Margin.Requirement;
using Pms.Primitives;
using Pms.Solvency.Indices;

namespace Pms.Server.Epochs;

/// <summary>What stands behind the accounts of an epoch.</summary>
/// <param name="Terms">resources and level; resources are 0 where no fund is known</param>
/// <param name="IsKnown">whether a fund is configured, or the house has one</param>
public sealed record SolvencyFund(SolvencyTerms Terms, bool IsKnown);

/// <summary>The Protocol Solvency Index of an epoch, or why it has none.</summary>
/// <param name="Fund">behind its accounts</param>
/// <param name="Book">scenarios and accounts, for what-ifs; null: refused</param>
/// <param name="Assessment">null: refused</param>
/// <param name="Refusal">null: it was computed</param>
public sealed record EpochSolvency(SolvencyFund Fund, SolvencyBook? Book, SolvencyAssessment? Assessment, Refusal? Refusal)
{
    /// <summary>What is kept of it; null where it says nothing: refused, or without a known fund.</summary>
    /// <param name="number">of the epoch</param>
    /// <param name="engine">of its margins</param>
    public SolvencyRecord? RecordOf(long number, MarginEngine engine) => Fund.IsKnown && Assessment is { } assessment ? SolvencyRecord.Of(number, engine, assessment) : null;

    /// <summary>An index that cannot be computed must not stop the margins.</summary>
    /// <param name="fund">behind the accounts</param>
    /// <param name="make">accounts and scenarios</param>
    /// <param name="threads">1 or more; no number depends on it</param>
    internal static EpochSolvency Of(SolvencyFund fund, Func<SolvencyBook> make, int threads)
    {
        try
        {
            var book = make();
            return new EpochSolvency(fund, book, SolvencyAssessment.Of(book, fund.Terms, threads), null);
        }
        catch (InvalidInputException e)
        {
            return new EpochSolvency(fund, null, null, e.ToRefusal());
        }
    }
}

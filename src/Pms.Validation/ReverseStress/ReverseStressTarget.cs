using Pms.Primitives;

namespace Pms.Validation.ReverseStress;

/// <summary>What shall be broken.</summary>
public enum BreakKind
{
    /// <summary>Some accounts, in one scenario.</summary>
    Accounts,

    /// <summary>The insurance fund: what accounts lose beyond all they are worth is more than it has.</summary>
    Fund,
}

/// <summary>When an account counts as broken.</summary>
public enum BreakThreshold
{
    /// <summary>It is worth nothing.</summary>
    Equity,

    /// <summary>The loss takes its equity to its maintenance margin of now; the requirement is not computed anew in the moved market.</summary>
    Maintenance,
}

/// <summary>What shall be broken, in numbers.</summary>
/// <param name="Kind">accounts or fund</param>
/// <param name="Threshold">of accounts</param>
/// <param name="AtLeast">how many of the accounts; null: every one</param>
/// <param name="FundMoney">what the fund has, money units, at least 0</param>
public sealed record ReverseStressTarget(BreakKind Kind, BreakThreshold Threshold, int? AtLeast, long FundMoney)
{
    /// <summary>Accounts given, in one scenario: all of them, or at least so many.</summary>
    public static ReverseStressTarget Accounts(BreakThreshold threshold = BreakThreshold.Equity, int? atLeast = null) => new(BreakKind.Accounts, threshold, atLeast, 0);

    /// <summary>The fund, by what all accounts given lose beyond their worth.</summary>
    /// <exception cref="InvalidInputException"><c>reverse-fund</c></exception>
    public static ReverseStressTarget Fund(long fundMoney) => fundMoney >= 0
        ? new ReverseStressTarget(BreakKind.Fund, BreakThreshold.Equity, null, fundMoney)
        : throw new InvalidInputException("reverse-fund", $"an insurance fund of {fundMoney} money units: at least 0 is required");
}

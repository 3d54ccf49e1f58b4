using System.Collections.Immutable;
using Pms.Margin.Requirement;
using Pms.Scenarios;

namespace Pms.Validation.ReverseStress;

public enum ReverseStressStatus
{
    /// <summary>A scenario breaks it.</summary>
    Found,

    /// <summary>It is broken in the market as it is.</summary>
    BrokenNow,

    /// <summary>Nothing that was looked at within the box breaks it; the worst of what was looked at is given.</summary>
    Unbroken,
}

/// <summary>How likely a scenario is: under a normal law, which the factors do not follow in their tails, and by counts of what the set and history hold.</summary>
/// <param name="Distance">Mahalanobis distance from the mean</param>
/// <param name="NormalBeyond">P(at least as far in this direction) of a normal law: what would break a book that is linear in the factors</param>
/// <param name="NormalAsFar">P(at least as far in any direction) of a normal law, chi-square with the law's directions as degrees</param>
/// <param name="SetBeyond">probability of the set's scenarios that are at least as far in this direction, parts per billion</param>
/// <param name="SetAsFar">probability of the set's scenarios that are at least as far in any direction, parts per billion</param>
/// <param name="Past">the same of past days; null without a history</param>
public sealed record Plausibility(double Distance, double NormalBeyond, double NormalAsFar, long SetBeyond, long SetAsFar, PastPlausibility? Past);

/// <summary>How often a history moved as far, as it was: not rescaled to today's volatility.</summary>
/// <param name="Days">steps of one horizon</param>
/// <param name="Beyond">those at least as far in the scenario's direction</param>
/// <param name="AsFar">those at least as far in any direction</param>
public sealed record PastPlausibility(int Days, int Beyond, int AsFar);

/// <summary>What one account goes through; money units.</summary>
/// <param name="Id">account</param>
/// <param name="Worth">counted collateral and value of contracts now</param>
/// <param name="Threshold">it breaks where it is worth no more than this</param>
/// <param name="Loss">in the scenario, of contracts and counted collateral; exact</param>
public sealed record AccountBreak(string Id, long Worth, long Threshold, long Loss)
{
    public long After => checked(Worth - Loss);

    public bool IsBroken => After <= Threshold;

    /// <summary>What it owes beyond all it is worth.</summary>
    public long Uncovered => Math.Max(0, -After);
}

/// <summary>Gain of one contract or asset over all accounts of the target; money units.</summary>
public sealed record PositionGain(string Name, decimal Quantity, long Gain);

/// <summary>One scenario and what it does.</summary>
/// <param name="Moves">of every column of the set, one scenario; factors that no account depends on do not move</param>
/// <param name="Plausibility">how likely</param>
/// <param name="Accounts">of the target, in their order</param>
/// <param name="Positions">largest loss first</param>
public sealed record BreakingScenario(ScenarioColumns Moves, Plausibility Plausibility, ImmutableArray<AccountBreak> Accounts, ImmutableArray<PositionGain> Positions)
{
    /// <summary>Money units.</summary>
    public long Loss => Accounts.Sum(a => a.Loss);

    /// <summary>What the accounts owe beyond all they are worth, money units.</summary>
    public long Uncovered => Accounts.Sum(a => a.Uncovered);
}

/// <summary>What the set itself says, without any search: exact sums over the risk array.</summary>
/// <param name="Breaking">scenarios with probability that break the target</param>
/// <param name="BreakingWeight">their probability, parts per billion</param>
/// <param name="Nearest">index of the nearest of them; -1 where none breaks it</param>
/// <param name="NearestWeight">its probability, parts per billion</param>
/// <param name="NearestDistance">its distance; at least that of the least-distance scenario, were the search perfect</param>
/// <param name="NearestLoss">of the accounts, money units</param>
public sealed record SetCertificate(int Breaking, long BreakingWeight, int Nearest, int NearestWeight, double NearestDistance, long NearestLoss);

/// <summary>How often history alone would have broken the target.</summary>
/// <param name="Days">steps of one horizon</param>
/// <param name="Breaking">labels of the days that break it, in order</param>
public sealed record PastBreaks(int Days, ImmutableArray<string> Breaking);

/// <summary>The most plausible scenario that breaks a target.</summary>
/// <param name="Status">whether one was found</param>
/// <param name="Law">of the factors that the accounts depend on; null where it is broken now</param>
/// <param name="Scenario">the nearest; of an unbroken target, the worst that was looked at; null where it is broken now</param>
/// <param name="Others">nearest of other directions, nearest first</param>
/// <param name="Set">what the set says; null where it is broken now</param>
/// <param name="Past">what history says; null without one</param>
/// <param name="Margins">of the target's accounts now</param>
/// <param name="Starts">local searches</param>
/// <param name="Evaluations">scenarios that were valued</param>
public sealed record ReverseStressResult(
    ReverseStressStatus Status,
    FactorLaw? Law,
    BreakingScenario? Scenario,
    ImmutableArray<BreakingScenario> Others,
    SetCertificate? Set,
    PastBreaks? Past,
    ImmutableArray<MarginResult> Margins,
    int Starts,
    long Evaluations);

using System.Collections.Immutable;
using Pms.Margin.Market;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;
using Pms.Microstructure.Cascades;
using Pms.Microstructure.Impact;

namespace Pms.Microstructure.Incidents;

/// <summary>Where incidents are played.</summary>
/// <param name="Start">market</param>
/// <param name="Liquidity">spreads and volumes</param>
/// <param name="Listed">contracts</param>
/// <param name="Draw">a book of so many accounts</param>
public sealed record IncidentStage(MarginMarket Start, MarketLiquidity Liquidity, ImmutableArray<Instrument> Listed, Func<int, ImmutableArray<Account>> Draw);

/// <summary>How incidents are played.</summary>
public sealed record IncidentOptions
{
    public static IncidentOptions Default { get; } = new();

    /// <summary>Monte Carlo scenarios of this system's margin.</summary>
    public int Scenarios { get; init; } = 2_000;

    /// <summary>Accounts of a drawn book.</summary>
    public int Accounts { get; init; } = 300;

    public ulong Seed { get; init; } = 1;

    /// <summary>Systems run at the same time.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Recorded prices of an incident's window; null: the stated shape is drawn.</summary>
    public PricePath? Recorded { get; init; }
}

/// <summary>One rule of an incident, for one system.</summary>
/// <param name="System">whose</param>
/// <param name="Rule">in words</param>
/// <param name="Value">what came out</param>
/// <param name="Limit">most that passes</param>
public readonly record struct IncidentCheck(string System, string Rule, double Value, double Limit)
{
    public bool Passes => Value <= Limit;
}

/// <summary>What an incident did to every system.</summary>
/// <param name="Id">as in S01</param>
/// <param name="Title">what it stands for</param>
/// <param name="Path">where prices come from</param>
/// <param name="Systems">outcomes</param>
/// <param name="Checks">pass rules, of every system</param>
public sealed record IncidentOutcome(string Id, string Title, string Path, ImmutableArray<SystemOutcome> Systems, ImmutableArray<IncidentCheck> Checks)
{
    /// <summary>Whether a system passes every rule.</summary>
    public bool Passes(string system) => Checks.Where(c => c.System == system).All(c => c.Passes);
}

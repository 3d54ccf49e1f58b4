using System.Collections.Immutable;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;

namespace Pms.Liquidation.Planning;

/// <summary>What is to become of an account.</summary>
public enum LiquidationMode
{
    /// <summary>Equity covers the maintenance margin: nobody may touch it.</summary>
    NotDue,

    /// <summary>Some legs are closed, perhaps hedges opened; what remains reaches the target.</summary>
    Partial,

    /// <summary>Everything is closed: the account is dust, or nothing less reaches the target.</summary>
    Full,

    /// <summary>Equity does not pay for closing it: the backstop takes it as it is.</summary>
    HandOver,
}

/// <summary>One change of a plan.</summary>
/// <param name="Instrument">contract</param>
/// <param name="Quantity">change of what the account holds, units; positive buys</param>
/// <param name="Lots">the same in lots of the risk array</param>
/// <param name="IsHedge">opens or extends a position, does not close one</param>
/// <param name="Notional">money units</param>
/// <param name="Cost">spread, impact, incentive and tail; money units, rounded up</param>
public sealed record LiquidationLeg(Instrument Instrument, decimal Quantity, long Lots, bool IsHedge, long Notional, long Cost);

/// <summary>Closing the same share of every leg: what needs no choice, and no new attestation.</summary>
/// <param name="Share">of every leg, 0 to 1</param>
/// <param name="Notional">closed, money units</param>
/// <param name="Cost">money units</param>
public sealed record ProRataClosing(double Share, long Notional, long Cost);

/// <summary>What to close of an account, what it costs, and how far that is from the least.</summary>
public sealed record LiquidationPlan
{
    public required string AccountId { get; init; }

    public required LiquidationMode Mode { get; init; }

    /// <summary>By row of the risk array; empty where nothing is due or all is handed over.</summary>
    public required ImmutableArray<LiquidationLeg> Legs { get; init; }

    /// <summary>Paid by the account. Money units.</summary>
    public required long Cost { get; init; }

    /// <summary>No plan costs less, by the convex part of the margin and with fractions of lots allowed; null where the plan is not partial. Money units.</summary>
    public double? LeastCost { get; init; }

    /// <summary>Cost above <see cref="LeastCost"/>, as a share of it: how far the plan may be from the best.</summary>
    public double? Gap => LeastCost is > 0 and var least ? (Cost / least) - 1 : null;

    public required MarginResult Before { get; init; }

    /// <summary>Of what remains; its equity is before the cost.</summary>
    public required MarginResult After { get; init; }

    /// <summary>Less the cost. Money units.</summary>
    public long EquityAfter => After.Equity - Cost;

    /// <summary>Equity after cost over maintenance margin; null without a requirement.</summary>
    public double? RatioAfter => After.Maintenance > 0 ? (double)EquityAfter / After.Maintenance : null;

    /// <summary>Notional of the legs. Money units.</summary>
    public long Notional => Legs.Sum(l => l.Notional);

    /// <summary>What closing the same share of every leg would take; null where not even all of it helps.</summary>
    public ProRataClosing? ProRata { get; init; }
}

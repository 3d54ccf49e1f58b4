using System.Collections.Immutable;
using System.Numerics;
using Pms.Liquidation.Auctions;
using Pms.Primitives;

namespace Pms.Keeper.Decisions;

/// <summary>An account that may need a keeper, as the chain and the batch have it. Money is 1e-18 USD.</summary>
public sealed record AuctionView
{
    public required ulong Account { get; init; }

    /// <summary>Requirements grown to the moment; equity with coins at their haircuts, worth with coins at their prices.</summary>
    public required AuctionedAccount Money { get; init; }

    /// <summary>Terms of its auction; null: none is running.</summary>
    public AuctionTerms? Terms { get; init; }

    /// <summary>All units; the owner's before the first claim.</summary>
    public BigInteger AllUnitsWad { get; init; } = ShareBid.OwnerUnits;

    /// <summary>Claims that are not divided yet.</summary>
    public int OpenClaims { get; init; }

    /// <summary>Claims of this keeper that are not divided yet.</summary>
    public ImmutableArray<ulong> OwnClaims { get; init; } = [];

    /// <summary>Their units: another bid dilutes them, too.</summary>
    public BigInteger OwnUnitsWad { get; init; }

    /// <summary>Whether the deadline of a margin call has passed: then the initial margin counts for a start.</summary>
    public bool CallRanOut { get; init; }

    /// <summary>Whether the chain knows that it is worth nothing: only then it can be taken over.</summary>
    public bool IsMarked { get; init; }

    /// <summary>What insurance would pay to whoever took it over now: no more than the insurance account has.</summary>
    public BigInteger InsuredWad { get; init; }

    /// <summary>Sum of the sizes of its contracts' values at their marks.</summary>
    public BigInteger GrossMarkWad { get; init; }

    /// <summary>Why its leaf would not be taken now; null: it would.</summary>
    public Refusal? Stale { get; init; }

    /// <summary>Below what it must hold, so that an auction may be started.</summary>
    public bool IsDue => Money.EquityWad < (CallRanOut ? Money.InitialWad : Money.MaintenanceWad);
}

/// <summary>What is offered for gas now. Wei for a unit of gas.</summary>
/// <param name="MedianWei">base fee that is expected where the transaction may come through</param>
/// <param name="HighWei">base fee that the offer is to cover</param>
/// <param name="TipWei">for the wanted probability of the next block</param>
/// <param name="EtherUsd">price of 1e18 wei</param>
public sealed record GasNow(BigInteger MedianWei, BigInteger HighWei, BigInteger TipWei, double EtherUsd);

/// <summary>All that a decision knows. Equal snapshots and rules give equal decisions.</summary>
public sealed record KeeperSnapshot
{
    /// <summary>The chain's clock, seconds since 1970.</summary>
    public required ulong NowSeconds { get; init; }

    public required ulong Block { get; init; }

    /// <summary>Age of the newest block by the keeper's clock.</summary>
    public double BlockAgeSeconds { get; init; }

    /// <summary>Sequence of the batch; null where there is none.</summary>
    public ulong? BatchSequence { get; init; }

    /// <summary>The market's moment of the batch.</summary>
    public ulong BatchObservedAt { get; init; }

    /// <summary>Last second at which its leaves count.</summary>
    public ulong BatchValidUntil { get; init; }

    public required ImmutableArray<AuctionView> Accounts { get; init; }

    public required GasNow Gas { get; init; }

    /// <summary>Cash of the payer, 1e-18 USD.</summary>
    public BigInteger CashWad { get; init; }

    /// <summary>Spent today, with the worst case of what is on its way.</summary>
    public double GasSpentTodayUsd { get; init; }

    /// <summary>What is on its way.</summary>
    public ImmutableHashSet<(ActionKind Kind, ulong Account)> InFlight { get; init; } = [];

    public int TransactionsInFlight { get; init; }

    /// <summary>Until when a kind of action is not tried on an account, seconds since 1970.</summary>
    public ImmutableDictionary<(ActionKind Kind, ulong Account), ulong> CooldownUntil { get; init; } = ImmutableDictionary<(ActionKind Kind, ulong Account), ulong>.Empty;
}

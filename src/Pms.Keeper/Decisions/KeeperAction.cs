using System.Numerics;
using Pms.Liquidation.Gas;
using Pms.Primitives;

namespace Pms.Keeper.Decisions;

/// <summary>Something that a keeper could do, and whether it should.</summary>
public sealed record KeeperAction
{
    public required ActionKind Kind { get; init; }

    public required ulong Account { get; init; }

    /// <summary>Of a division.</summary>
    public ulong Claim { get; init; }

    /// <summary>Cash of a bid, 1e-18 USD.</summary>
    public BigInteger CashWad { get; init; }

    /// <summary>Least units that a bid must give.</summary>
    public BigInteger LeastUnitsWad { get; init; }

    /// <summary>Expected, after costs and gas at the median fee. USD.</summary>
    public double NetUsd { get; init; }

    /// <summary>Of it, gas at the median fee, with the division that follows a bid. USD.</summary>
    public double GasUsd { get; init; }

    /// <summary>Gas of this transaction.</summary>
    public ulong GasUnits { get; init; }

    /// <summary>What is offered; below what it is worth and below the caps.</summary>
    public FeeOffer Offer { get; init; }

    /// <summary>Fee at which the minimum net, or the cap of one transaction, would be reached. Wei for a unit of gas.</summary>
    public BigInteger LargestFeeWei { get; init; }

    /// <summary>Why it is not done; null: it is.</summary>
    public Refusal? Skip { get; init; }

    /// <summary>One sentence with figures.</summary>
    public required string Why { get; init; }

    public bool IsChosen => Skip is null;
}

using System.Collections.Immutable;
using Pms.MarketData.Instruments;

namespace Pms.Microstructure.Cascades;

/// <summary>How far a coin fell, with liquidations and without.</summary>
/// <param name="Coin">coin</param>
/// <param name="PathLow">lowest price over the start, without liquidations</param>
/// <param name="Low">lowest price over the start</param>
/// <param name="Overshoot">largest 1 - price / price without liquidations at the same minute</param>
public readonly record struct CoinLow(Asset Coin, double PathLow, double Low, double Overshoot);

/// <summary>Accounts of one kind. USD.</summary>
/// <param name="Kind">as in <c>short-wing</c></param>
/// <param name="Accounts">how many</param>
/// <param name="Hit">of them, those of which something was closed</param>
/// <param name="Notional">at the start</param>
/// <param name="Liquidated">closed, at the prices of the moment</param>
public readonly record struct KindOutcome(string Kind, int Accounts, int Hit, double Notional, double Liquidated);

/// <summary>A minute of a run.</summary>
/// <param name="Minute">since the start</param>
/// <param name="Path">first coin's price over the start, without liquidations</param>
/// <param name="Price">the same with them</param>
/// <param name="LiquidatedUsd">notional so far</param>
/// <param name="LossUsd">so far: of the fund with the backstop's book, deleveraged winners and all</param>
public readonly record struct CascadePoint(int Minute, double Path, double Price, double LiquidatedUsd, double LossUsd);

/// <summary>What became of one system. Money is USD.</summary>
public sealed record SystemOutcome
{
    public required string Name { get; init; }

    /// <summary>In words: margin and procedure.</summary>
    public required string Rules { get; init; }

    /// <summary>Collateral at the start.</summary>
    public required double Capital { get; init; }

    /// <summary>Initial margin of the book by the system's own rule.</summary>
    public required double Initial { get; init; }

    public required int AccountsLiquidated { get; init; }

    public required int Liquidations { get; init; }

    /// <summary>Accounts that the backstop took whole.</summary>
    public required int HandedOver { get; init; }

    /// <summary>Of them, those that could not pay for their closing.</summary>
    public required int HandedOverPoor { get; init; }

    /// <summary>Slices that the backstop took for want of a keeper.</summary>
    public required int Fallbacks { get; init; }

    /// <summary>Notional closed on behalf of accounts.</summary>
    public required double Liquidated { get; init; }

    /// <summary>What accounts owed when they were taken over, or sold with a payment from the fund, or owe at the end.</summary>
    public required double BadDebt { get; init; }

    /// <summary>What all this has cost others than the accounts: the fund, net of fees and of what it gained, deleveraged winners, all.</summary>
    public double NetLoss => Fund - FundEnd + BeyondFund;

    public required double Fund { get; init; }

    /// <summary>Gross: what the fund gains in between can be paid again.</summary>
    public required double FundPaid { get; init; }

    /// <summary>What the fund has at the end, with fees and what was left of accounts taken over.</summary>
    public required double FundEnd { get; init; }

    public double BeyondFund => DeleveragedLoss + Socialised + Unresolved;

    public required double DeleveragedLoss { get; init; }

    public required double DeleveragedNotional { get; init; }

    /// <summary>What had to be closed at least.</summary>
    public required double DeleveragedLeast { get; init; }

    public required double Socialised { get; init; }

    /// <summary>Of what was deleveraged and socialised, the makers' part.</summary>
    public required double BorneByMakers { get; init; }

    public required double SocialisedOnIdle { get; init; }

    /// <summary>Owed by accounts that are below zero at the end.</summary>
    public required double Unresolved { get; init; }

    /// <summary>Maintenance margin less equity of accounts that are below it at the end.</summary>
    public required double ShortfallLeft { get; init; }

    /// <summary>Value of all accounts at the end, less at the start, less what the same positions would have gained on the path alone: what liquidation has cost them.</summary>
    public required double AccountsGain { get; init; }

    public required double Rewards { get; init; }

    public required double Slippage { get; init; }

    public required double Gas { get; init; }

    public required int Unprofitable { get; init; }

    public required int MinutesWithoutRoom { get; init; }

    /// <summary>Slices that were not carried out because they would not have lowered the shortfall.</summary>
    public required int WithoutProgress { get; init; }

    /// <summary>Slices after which the margin engine found a shortfall as large as before, at the same prices.</summary>
    public required int ProgressBroken { get; init; }

    public required int MostSteps { get; init; }

    public required double MostRewardOfEquity { get; init; }

    /// <summary>Lowest share of value that a taken bid of an auction paid; 1 where none was taken.</summary>
    public required double LeastBid { get; init; }

    public required double RewardsBeyondEquity { get; init; }

    /// <summary>Sums over all owners are at the end what they were at the start, to the last digit.</summary>
    public required bool IsConserved { get; init; }

    /// <summary>Steps of the waterfall in the order in which they were first taken.</summary>
    public required ImmutableArray<string> Waterfall { get; init; }

    public required ImmutableArray<CoinLow> Lows { get; init; }

    public required ImmutableArray<KindOutcome> Kinds { get; init; }

    /// <summary>[minute]</summary>
    public required ImmutableArray<CascadePoint> Points { get; init; }
}

using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Liquidation.Planning;

/// <summary>What a liquidation is to reach and what it may do. Shares and ratios are fractions, money is USD.</summary>
public sealed record LiquidationPolicy
{
    public static LiquidationPolicy Default { get; } = new();

    /// <summary>Equity / maintenance margin that the remaining account must have. 1 to 3.</summary>
    public double TargetRatio { get; init; } = 1.1;

    /// <summary>What a keeper earns, as a share of the notional it takes. 0 to 0.05.</summary>
    public double IncentiveShare { get; init; } = 0.0005;

    /// <summary>Time in which a keeper rids itself of what it takes: it is paid one standard deviation of the gain over that time for each <see cref="TailDeviations"/>. Days, 0 to 5.</summary>
    public double ExecutionDays { get; init; } = 1.0 / 24;

    /// <summary>Price of risk while executing. Standard deviations, 0 to 5.</summary>
    public double TailDeviations { get; init; } = 0.25;

    /// <summary>Legs are closed in steps of the smallest power of ten lots worth at least this notional, or whole. USD, above 0.</summary>
    public double StepUsd { get; init; } = 10;

    /// <summary>An account or a remaining leg of at most this notional is closed whole. USD, at least 0.</summary>
    public double DustUsd { get; init; } = 100;

    /// <summary>Contracts that may be opened where a hedge is cheaper than closing; the risk array must have a row of each. Empty: none.</summary>
    public ImmutableArray<Instrument> Hedges { get; init; } = [];

    /// <exception cref="InvalidInputException"><c>liquidation-policy</c></exception>
    public void Validate()
    {
        Require(TargetRatio, 1, 3, "the target ratio");
        Require(IncentiveShare, 0, 0.05, "the incentive share");
        Require(ExecutionDays, 0, 5, "the execution time in days");
        Require(TailDeviations, 0, 5, "the price of risk in standard deviations");
        Require(StepUsd, 1e-6, 1e9, "the step in USD");
        Require(DustUsd, 0, 1e9, "the dust limit in USD");
    }

    private static void Require(double value, double least, double most, string what)
    {
        if (!(value >= least && value <= most))
        {
            throw new InvalidInputException("liquidation-policy", $"{what} is {value}: {least} to {most} is required");
        }
    }
}

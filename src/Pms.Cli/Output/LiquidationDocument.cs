using Pms.Liquidation.Planning;
using Pms.Margin.Epochs;

namespace Pms.Cli.Output;

/// <summary>What <c>pms liquidate --json</c> prints. All money is USD.</summary>
/// <param name="Provenance">what the margins were computed from; the array has the hedges too</param>
/// <param name="Plans">one for each account looked at that is due, in the order of the portfolio</param>
internal sealed record LiquidationDocument(MarginProvenance Provenance, IReadOnlyList<LiquidationPlanDocument> Plans)
{
    public static LiquidationDocument Of(MarginEpoch epoch, IEnumerable<LiquidationPlan> plans) => new(MarginProvenance.Of(epoch), [.. plans.Select(LiquidationPlanDocument.Of)]);
}

/// <param name="Account">id</param>
/// <param name="Mode">partial, full or handOver; notDue stands for an account that nobody may touch</param>
/// <param name="Equity">before</param>
/// <param name="Maintenance">before</param>
/// <param name="Cost">spread, impact, incentive and price of risk, paid by the account</param>
/// <param name="LeastCost">no plan costs less; absent where the plan is not partial</param>
/// <param name="Gap">cost above it, as a share</param>
/// <param name="Notional">of the legs</param>
/// <param name="EquityAfter">less the cost</param>
/// <param name="MaintenanceAfter">of what remains</param>
/// <param name="RatioAfter">of the two; absent without a requirement</param>
/// <param name="ProRata">closing the same share of every leg, for comparison</param>
/// <param name="Legs">changes, bought positive</param>
internal sealed record LiquidationPlanDocument(
    string Account,
    string Mode,
    decimal Equity,
    decimal Maintenance,
    decimal Cost,
    double? LeastCost,
    double? Gap,
    decimal Notional,
    decimal EquityAfter,
    decimal MaintenanceAfter,
    double? RatioAfter,
    ProRataDocument? ProRata,
    IReadOnlyList<LiquidationLegDocument> Legs)
{
    public static LiquidationPlanDocument Of(LiquidationPlan plan) => new(
        plan.AccountId,
        plan.Mode switch
        {
            LiquidationMode.NotDue => "notDue",
            LiquidationMode.Partial => "partial",
            LiquidationMode.Full => "full",
            _ => "handOver",
        },
        Money.Usd(plan.Before.Equity),
        Money.Usd(plan.Before.Maintenance),
        Money.Usd(plan.Cost),
        plan.LeastCost * 1e-6,
        plan.Gap,
        Money.Usd(plan.Notional),
        Money.Usd(plan.EquityAfter),
        Money.Usd(plan.After.Maintenance),
        plan.RatioAfter,
        plan.ProRata is { } p ? new ProRataDocument(p.Share, Money.Usd(p.Notional), Money.Usd(p.Cost)) : null,
        [.. plan.Legs.Select(l => new LiquidationLegDocument(l.Instrument.Name, l.Quantity, l.IsHedge, Money.Usd(l.Notional), Money.Usd(l.Cost)))]);
}

internal sealed record ProRataDocument(double Share, decimal Notional, decimal Cost);

internal sealed record LiquidationLegDocument(string Instrument, decimal Quantity, bool Hedge, decimal Notional, decimal Cost);

using Pms.Margin.Epochs;
using Pms.Margin.Explain;

namespace Pms.Documents;

/// <summary>What <c>pms whatif --json</c> prints. All money is USD.</summary>
/// <param name="Provenance">what it was computed from; the array has the orders' contracts too</param>
/// <param name="Orders">each order, what it pays, and its effect alone</param>
/// <param name="Before">margin without the orders</param>
/// <param name="After">margin with all of them</param>
/// <param name="Delta">after less before</param>
/// <param name="WorstBefore">the worst scenario of the tail; absent without contracts</param>
/// <param name="WorstAfter">the same after the orders</param>
/// <param name="Sufficient">whether equity covers the initial margin afterwards</param>
public sealed record WhatIfDocument(
    MarginProvenance Provenance,
    IReadOnlyList<WhatIfOrder> Orders,
    MarginAccount Before,
    MarginAccount After,
    WhatIfDelta Delta,
    string? WorstBefore,
    string? WorstAfter,
    bool Sufficient)
{
    public static WhatIfDocument Of(MarginEpoch epoch, WhatIf whatIf)
    {
        var (before, after) = (whatIf.Before, whatIf.After);
        return new WhatIfDocument(
            MarginProvenance.Of(epoch),
            [.. whatIf.Orders.Select(o => new WhatIfOrder(
                o.Order.Instrument.Name, o.Order.Quantity, o.Order.Price, o.Asset.Code, o.Payment, Money.Usd(o.InitialAlone), Money.Usd(o.MaintenanceAlone)))],
            MarginAccount.Of(before),
            MarginAccount.Of(after),
            new WhatIfDelta(
                Money.Usd(after.Equity - before.Equity),
                Money.Usd(after.Initial - before.Initial),
                Money.Usd(after.Maintenance - before.Maintenance),
                Money.Usd(after.Tail.Es - before.Tail.Es),
                Money.Usd(after.Excess - before.Excess),
                Money.Usd(after.Available - before.Available)),
            before.Holdings.IsEmpty ? null : epoch.Set.Describe(before.Tail.Tail[0].Scenario),
            after.Holdings.IsEmpty ? null : epoch.Set.Describe(after.Tail.Tail[0].Scenario),
            after.Available >= 0);
    }
}

public sealed record WhatIfOrder(string Instrument, decimal Quantity, decimal? Price, string Asset, decimal Payment, decimal InitialAlone, decimal MaintenanceAlone);

public sealed record WhatIfDelta(decimal Equity, decimal Initial, decimal Maintenance, decimal Es, decimal Excess, decimal Available);

using System.Collections.Immutable;
using Pms.Primitives;

namespace Pms.Margin.Venues.Derive;

/// <summary>What both managers have: scenarios, vol shocks, basis contingency, factor for the stable's peg, oracle terms.</summary>
public sealed record DeriveCommon
{
    /// <param name="values">a set of one of the managers</param>
    /// <exception cref="InvalidInputException"><c>venue-parameters</c></exception>
    public DeriveCommon(VenueParameters values)
    {
        ArgumentNullException.ThrowIfNull(values);
        Scenarios = DeriveScenario.ListOf(values);
        VolUp = values.Number("vol_up");
        VolDown = values.Number("vol_down");
        VolShock = new VolShockRule(values.Number("short_power"), values.Number("long_power"), values.Number("dte_floor"), ThirtyDaysAreShort: true);
        InitialFactor = values.Number("im_factor");
        BasisUp = values.Number("basis_up");
        BasisDown = values.Number("basis_down");
        BasisAdd = values.Number("basis_add");
        BasisMult = values.Number("basis_mult");
        PegThreshold = values.Number("peg_threshold");
        PegFactor = values.Number("peg_factor");
        ConfidenceThreshold = values.Number("conf_threshold");
        ConfidenceMargin = values.Number("conf_margin");
    }

    public ImmutableArray<DeriveScenario> Scenarios { get; }

    public double VolUp { get; }

    public double VolDown { get; }

    public VolShockRule VolShock { get; }

    public double InitialFactor { get; }

    public double BasisUp { get; }

    public double BasisDown { get; }

    public double BasisAdd { get; }

    public double BasisMult { get; }

    public double PegThreshold { get; }

    public double PegFactor { get; }

    public double ConfidenceThreshold { get; }

    public double ConfidenceMargin { get; }

    /// <summary>Basis contingency of one expiry from its profits with the forward up and down: at most 0.</summary>
    public double BasisLoss(double up, double down, double years) => Math.Min(Math.Min(up, down), 0) * (BasisAdd + (BasisMult * years));

    /// <summary>What losses are multiplied by for IM: more where the stable has lost its peg.</summary>
    public double InitialFactorAt(double stablePrice) => InitialFactor + (Math.Max(0, PegThreshold - stablePrice) * PegFactor);

    /// <summary>Oracle term: a feed that is not sure of itself charges a share of what it prices.</summary>
    public double ConfidenceLoss(double confidence, double notional) => confidence < ConfidenceThreshold ? (1 - confidence) * ConfidenceMargin * notional : 0;
}

using System.Collections.Immutable;
using Pms.Primitives;

namespace Pms.Margin.Venues.Deribit;

/// <summary>Constants of the portfolio margin of one coin's contracts in one settlement currency; names follow private/pme/simulate.</summary>
public sealed record DeribitParameters
{
    /// <param name="values">a set of model <c>deribit</c></param>
    /// <param name="coinSettled">whether margin is in the coin (inverse) or in a stablecoin (linear)</param>
    public DeribitParameters(VenueParameters values, bool coinSettled)
    {
        ArgumentNullException.ThrowIfNull(values);
        var currency = coinSettled ? "coin." : "usd.";
        PriceRange = values.Number("price_range");
        BucketsPerSide = values.Count("buckets_per_side");
        VolUp = values.Number("vol_up");
        VolDown = values.Number("vol_down");
        MinVolUp = values.Number("min_vol_up");
        VolShock = new VolShockRule(values.Number("short_power"), values.Number("long_power"), values.Number("dte_floor"), ThirtyDaysAreShort: false);
        ExtendedMoves = values.Numbers("extended_moves");
        ExtendedFactor = values.Number("extended_table_factor");
        ExtendedDampenerUsd = values.Number(currency + "extended_dampener");
        MaintenanceFactor = values.Number("mm_factor");
        DeltaThresholdUsd = values.Number("delta_total_liq_shock_threshold");
        DeltaSlope = values.Number("m_inc");
        MaxDeltaShock = values.Number("max_delta_shock");
        MinAnnualisedMove = values.Number(currency + "min_annualised_move");
        AnnualisedMoveRisk = values.Number(currency + "annualised_move_risk");
        PnlOffset = values.Number(currency + "pnl_offset");
        MaxOffsetablePnlUsd = values.Number(currency + "max_offsetable_pnl");
    }

    /// <summary>Farthest move of the standard table, share of price.</summary>
    public double PriceRange { get; init; }

    /// <summary>Moves on each side of none.</summary>
    public int BucketsPerSide { get; init; }

    public double VolUp { get; init; }

    public double VolDown { get; init; }

    /// <summary>A vol shocked up is at least this.</summary>
    public double MinVolUp { get; init; }

    public VolShockRule VolShock { get; init; }

    /// <summary>Moves of the extended table, always with vol up.</summary>
    public ImmutableArray<double> ExtendedMoves { get; init; }

    public double ExtendedFactor { get; init; }

    /// <summary>USD; 0 switches the dampener off.</summary>
    public double ExtendedDampenerUsd { get; init; }

    public double MaintenanceFactor { get; init; }

    public double DeltaThresholdUsd { get; init; }

    /// <summary>Share of delta charged per coin of delta beyond the threshold.</summary>
    public double DeltaSlope { get; init; }

    public double MaxDeltaShock { get; init; }

    public double MinAnnualisedMove { get; init; }

    public double AnnualisedMoveRisk { get; init; }

    /// <summary>Share of a profit that counts.</summary>
    public double PnlOffset { get; init; }

    /// <summary>Greatest profit that counts, USD; infinite is no bound.</summary>
    public double MaxOffsetablePnlUsd { get; init; }

    /// <summary>Vols of an option when vols go up, stay and go down.</summary>
    /// <param name="vol">annual</param>
    /// <param name="days">to expiry</param>
    /// <exception cref="InvalidInputException"><c>vol-range</c>, <c>dte-range</c></exception>
    public (double Up, double Down) Shock(double vol, double days)
    {
        if (!(vol >= 0) || !double.IsFinite(vol))
        {
            throw new InvalidInputException("vol-range", $"vol {vol} is not a finite number of at least 0");
        }

        var scale = VolShock.Scale(days);
        return (Math.Max(vol * (1 + (VolUp * scale)), MinVolUp), Math.Max(vol * (1 - (VolDown * scale)), 0));
    }
}

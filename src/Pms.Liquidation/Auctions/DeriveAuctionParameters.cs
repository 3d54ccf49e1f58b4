using Pms.Margin.Venues;
using Pms.Primitives;

namespace Pms.Liquidation.Auctions;

/// <summary>Constants of Derive's auction; published sets are data of model <c>derive-auction</c>.</summary>
public sealed record DeriveAuctionParameters
{
    public const string Model = "derive-auction";

    /// <param name="values">a set of model <c>derive-auction</c></param>
    /// <exception cref="InvalidInputException"><c>auction-terms</c>: the price rises, or the phases are not whole seconds</exception>
    public DeriveAuctionParameters(VenueParameters values)
    {
        ArgumentNullException.ThrowIfNull(values);
        StartFactor = values.Number("start_factor");
        CutoffFactor = values.Number("cutoff_factor");
        FastSeconds = values.Count("fast_seconds");
        SlowSeconds = values.Count("slow_seconds");
        InsolventSeconds = values.Count("insolvent_seconds");
        FeeRate = values.Number("fee_rate");
        Buffer = values.Number("buffer");
        MarkToMarketCutoff = values.Number("mtm_cutoff");
        if (CutoffFactor > StartFactor)
        {
            throw new InvalidInputException("auction-terms", $"the price factor begins at {StartFactor} and is {CutoffFactor} at the cutoff: it must not rise");
        }
    }

    /// <summary>Price factor at the start.</summary>
    public double StartFactor { get; }

    /// <summary>Price factor where the slow phase begins.</summary>
    public double CutoffFactor { get; }

    public int FastSeconds { get; }

    public int SlowSeconds { get; }

    public int InsolventSeconds { get; }

    /// <summary>To the security module at the start, a share of the value that the first cap would sell.</summary>
    public double FeeRate { get; }

    /// <summary>Above maintenance, share of the requirement.</summary>
    public double Buffer { get; }

    /// <summary>An account worth less is sold whole, USD.</summary>
    public double MarkToMarketCutoff { get; }
}

namespace Pms.MarketData.Events;

/// <summary>Which groups of <see cref="QuoteValues"/> a message speaks of.</summary>
[Flags]
public enum QuoteGroups
{
    None = 0,

    /// <summary>Bid, Ask, BidSize, AskSize.</summary>
    TopOfBook = 1,

    /// <summary>Mark, MarkVol.</summary>
    Mark = 2,

    /// <summary>UnderlyingPrice, UnderlyingName.</summary>
    Forward = 4,

    /// <summary>BidVol, AskVol.</summary>
    QuotedVols = 8,

    /// <summary>Delta, Gamma, Vega, Theta, Rho as the venue computes them.</summary>
    Greeks = 16,

    /// <summary>OpenInterest, Volume24h, Last.</summary>
    Statistics = 32,

    /// <summary>CurrentFunding, Funding8h.</summary>
    Funding = 64,
}

/// <summary>What can be known of one instrument at one instant. Null means that the source shows none.</summary>
public readonly record struct QuoteValues
{
    /// <summary>Best bid in the instrument's price unit (coin for inverse options), above 0.</summary>
    public double? Bid { get; init; }

    /// <summary>Best ask in the instrument's price unit, above 0.</summary>
    public double? Ask { get; init; }

    /// <summary>Amount at the best bid, in the instrument's amount unit.</summary>
    public double? BidSize { get; init; }

    public double? AskSize { get; init; }

    /// <summary>The venue's mark in the instrument's price unit, at least 0.</summary>
    public double? Mark { get; init; }

    /// <summary>The venue's mark vol, annualised fraction.</summary>
    public double? MarkVol { get; init; }

    public double? BidVol { get; init; }

    public double? AskVol { get; init; }

    /// <summary>The forward that the venue prices this contract with, quote per coin, above 0.</summary>
    public double? UnderlyingPrice { get; init; }

    /// <summary>The venue's name of that forward, as in BTC-26DEC25, SYN.BTC-5JUN20, index_price.</summary>
    public string? UnderlyingName { get; init; }

    public double? Delta { get; init; }

    public double? Gamma { get; init; }

    /// <summary>Quote currency per vol point, as venues publish it.</summary>
    public double? Vega { get; init; }

    /// <summary>Quote currency per day, as venues publish it.</summary>
    public double? Theta { get; init; }

    public double? Rho { get; init; }

    /// <summary>Open interest in the instrument's amount unit.</summary>
    public double? OpenInterest { get; init; }

    public double? Volume24h { get; init; }

    public double? Last { get; init; }

    /// <summary>Funding accrued now, fraction.</summary>
    public double? CurrentFunding { get; init; }

    /// <summary>Funding of the last eight hours, fraction (0.0001 = 1 bp).</summary>
    public double? Funding8h { get; init; }
}

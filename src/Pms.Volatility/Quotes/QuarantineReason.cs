namespace Pms.Volatility.Quotes;

/// <summary>Why a quote took no part in a fit.</summary>
public enum QuarantineReason
{
    /// <summary>It took part.</summary>
    None,

    /// <summary>Neither side is shown.</summary>
    NoQuote,

    /// <summary>One side only. It still bounds the smile from that side.</summary>
    OneSided,

    /// <summary>Bid above ask.</summary>
    Crossed,

    /// <summary>Older than the age bound.</summary>
    Stale,

    /// <summary>No vol gives the price: the ask is at or below intrinsic value, or the bid at or above the upper bound.</summary>
    OutsideBounds,

    /// <summary>The vol band is so wide that it tells nothing.</summary>
    TooWide,

    /// <summary>Far from the money and nobody holds it.</summary>
    FarWingWithoutInterest,

    /// <summary>The same contract came twice; the first is kept.</summary>
    Duplicate,

    /// <summary>Far outside what all other quotes of the expiry agree on.</summary>
    Outlier,

    /// <summary>The expiry is nearer than the bound, or past.</summary>
    NearExpiry,

    /// <summary>No forward could be found for the expiry.</summary>
    NoForward,

    /// <summary>A price, size or forward that is not a number of its kind: not finite, zero or negative.</summary>
    Invalid,
}

public static class QuarantineReasons
{
    private static readonly string[] Codes =
    [
        "none", "no-quote", "one-sided", "crossed", "stale", "outside-bounds", "too-wide", "far-wing-no-open-interest", "duplicate", "outlier",
        "near-expiry", "no-forward", "invalid",
    ];

    public static int Count => Codes.Length;

    /// <summary>Stable kebab-case identifier.</summary>
    public static string Code(this QuarantineReason reason) => Codes[(int)reason];
}

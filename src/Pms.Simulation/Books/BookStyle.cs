namespace Pms.Simulation.Books;

/// <summary>What kind of trader holds an account.</summary>
public enum BookStyle
{
    /// <summary>Short straddles and strangles, delta hedged with the perpetual.</summary>
    Hedged,

    /// <summary>Vertical spreads, butterflies and iron condors: every short leg is bought back further out.</summary>
    Spread,

    /// <summary>Naked far out-of-the-money shorts.</summary>
    ShortWing,

    /// <summary>Perpetuals with leverage, long options.</summary>
    Directional,

    /// <summary>A near expiry against a far one at one strike.</summary>
    Calendar,

    /// <summary>Offsetting risk in two coins, or a short option against the coin held as collateral.</summary>
    CrossAsset,
}

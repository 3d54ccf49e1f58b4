using System.Collections.Immutable;
using Pms.MarketData.Instruments;

namespace Pms.Margin.Arrays;

/// <summary>How a risk array is built.</summary>
public sealed record RiskArrayOptions
{
    public static RiskArrayOptions Default { get; } = new();

    /// <summary>Years of basis that a perpetual feels, ACT/365: its price moves as that of a future this far from expiry. 30 days.</summary>
    public double PerpetualBasisYears { get; init; } = 30.0 / 365;

    /// <summary>Decimal exponents of lots by coin or asset; where none is given <see cref="LotRule"/> sets it by price. Inverse futures keep 1 USD.</summary>
    public ImmutableDictionary<Asset, int> LotExponents { get; init; } = ImmutableDictionary<Asset, int>.Empty;

    /// <summary>Threads that share the work; the result does not depend on it.</summary>
    public int MaxThreads { get; init; } = 1;
}

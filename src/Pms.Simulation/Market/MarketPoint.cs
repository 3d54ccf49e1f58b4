using Pms.Simulation.Stress;

namespace Pms.Simulation.Market;

/// <summary>The hidden market at one step. Immutable: quotes made at this step are read off it later.</summary>
internal sealed class MarketPoint
{
    public required long Step { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required CoinPoint[] Coins { get; init; }

    /// <summary>ln of USD per USDC.</summary>
    public required double LogPeg { get; init; }

    public required double LogStakedDiscount { get; init; }

    public required StressState Stress { get; init; }
}

/// <summary>One coin at one step.</summary>
internal sealed class CoinPoint
{
    public required double LogSpot { get; init; }

    /// <summary>USD, after the script's shift.</summary>
    public required double Spot { get; init; }

    public required double Variance { get; init; }

    public required double MediumVariance { get; init; }

    public required double SkewState { get; init; }

    /// <summary>Annual basis of the shortest futures, script included.</summary>
    public required double Basis { get; init; }

    /// <summary>Basis without the script: the state that is carried on.</summary>
    public required double BasisState { get; init; }

    /// <summary>ln of perpetual over index.</summary>
    public required double Premium { get; init; }

    /// <summary>Average of the funding rate over the last eight hours, fraction per eight hours.</summary>
    public required double Funding8h { get; init; }

    /// <summary>Realised over expected variance of the last minutes.</summary>
    public required double Turbulence { get; init; }

    /// <summary>Average log return of the last minutes, signed.</summary>
    public required double Momentum { get; init; }

    /// <summary>Log return of this step.</summary>
    public required double Return { get; init; }

    /// <summary>Every maker of the coin quotes anew at this step.</summary>
    public required bool IsSweep { get; init; }

    public required TrueSurface Surface { get; init; }
}

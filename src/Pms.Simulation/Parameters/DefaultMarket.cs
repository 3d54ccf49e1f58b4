using System.Collections.Immutable;
using Pms.MarketData.Instruments;

namespace Pms.Simulation.Parameters;

/// <summary>The market of <see cref="SimulationParameters.Default"/>. Ticks and minimum amounts are Deribit's where they were seen.</summary>
internal static class DefaultMarket
{
    public static ImmutableArray<CoinParameters> Coins { get; } =
    [
        new CoinParameters { Coin = new Asset("BTC"), SpotUsd = 68_000, CommonLoading = 0.95 },
        new CoinParameters
        {
            Coin = new Asset("ETH"), SpotUsd = 2_000, CommonLoading = 0.9, InitialVariance = 0.4, InitialMediumVariance = 0.42, LongRunVariance = 0.44,
            VolOfVariance = 2.8, StressLoading = 1.2, CommonJumpLoading = 1.2, StressVolScale = 1.15, SkewShort = -0.22, SkewLong = 0.04,
        },
        new CoinParameters
        {
            Coin = new Asset("SOL"), SpotUsd = 140, CommonLoading = 0.82, InitialVariance = 0.55, InitialMediumVariance = 0.55, LongRunVariance = 0.6,
            VolOfVariance = 3.2, StressLoading = 1.35, CommonJumpLoading = 1.4, StressVolScale = 1.3, JumpIntensity = 10, SkewShort = -0.18, SkewLong = 0.05,
        },
    ];

    public static ImmutableArray<FamilyParameters> Families { get; } =
    [
        new FamilyParameters
        {
            Underlying = UnderlyingId.Inverse(new Asset("BTC")), OptionTick = 0.0001m, OptionTickThreshold = 0.005m, OptionTickAbove = 0.0005m, OptionMinAmount = 0.1m,
            PerpetualTick = 0.5m, FutureTick = 2.5m, FutureMinAmount = 10m, OptionSize = 12, FutureSize = 60_000, TradesPerSecond = 1.5,
        },
        new FamilyParameters
        {
            Underlying = UnderlyingId.Inverse(new Asset("ETH")), OptionTick = 0.0001m, OptionTickThreshold = 0.005m, OptionTickAbove = 0.0005m, OptionMinAmount = 1m,
            PerpetualTick = 0.05m, FutureTick = 0.25m, FutureMinAmount = 1m, OptionSize = 120, FutureSize = 40_000, SpreadScale = 1.4, TradesPerSecond = 1.2, LadderScale = 0.6,
        },
        new FamilyParameters
        {
            Underlying = UnderlyingId.Linear(new Asset("SOL"), new Asset("USDC")), OptionTick = 0.01m, OptionTickThreshold = 2m, OptionTickAbove = 0.05m, OptionMinAmount = 1m,
            PerpetualTick = 0.01m, FutureTick = 0.02m, FutureMinAmount = 0.1m, OptionSize = 300, FutureSize = 400, SpreadScale = 2.2, TradesPerSecond = 0.5, LadderScale = 0.4,
        },
    ];

    /// <summary>BTC and ETH settled in USDC. Ticks are Deribit's for its linear options where they were seen.</summary>
    public static ImmutableArray<FamilyParameters> LinearFamilies { get; } =
    [
        new FamilyParameters
        {
            Underlying = UnderlyingId.Linear(new Asset("BTC"), new Asset("USDC")), OptionTick = 5m, OptionTickThreshold = 250m, OptionTickAbove = 20m, OptionMinAmount = 0.01m,
            PerpetualTick = 0.5m, FutureTick = 2.5m, FutureMinAmount = 0.001m, OptionSize = 12, FutureSize = 1, TradesPerSecond = 1.5,
        },
        new FamilyParameters
        {
            Underlying = UnderlyingId.Linear(new Asset("ETH"), new Asset("USDC")), OptionTick = 0.2m, OptionTickThreshold = 10m, OptionTickAbove = 0.8m, OptionMinAmount = 0.1m,
            PerpetualTick = 0.05m, FutureTick = 0.25m, FutureMinAmount = 0.01m, OptionSize = 120, FutureSize = 20, SpreadScale = 1.4, TradesPerSecond = 1.2, LadderScale = 0.6,
        },
    ];

    public static ImmutableArray<SpotPairParameters> SpotPairs { get; } =
    [
        new(UnderlyingId.Linear(new Asset("BTC"), new Asset("USDC")), SpotPairKind.Coin, new Asset("BTC"), 1m, 0.0001m, 0.4),
        new(UnderlyingId.Linear(new Asset("ETH"), new Asset("USDC")), SpotPairKind.Coin, new Asset("ETH"), 0.1m, 0.001m, 6),
        new(UnderlyingId.Linear(new Asset("SOL"), new Asset("USDC")), SpotPairKind.Coin, new Asset("SOL"), 0.01m, 0.01m, 120),
        new(UnderlyingId.Linear(new Asset("STETH"), new Asset("USDC")), SpotPairKind.StakedCoin, new Asset("ETH"), 0.1m, 0.001m, 3),
        new(UnderlyingId.Linear(new Asset("USDC"), new Asset("USD")), SpotPairKind.Stablecoin, new Asset("USDC"), 0.0001m, 1m, 250_000),
    ];
}

using Pms.MarketData.Instruments;

namespace Pms.Simulation.Parameters;

/// <summary>One option family with its perpetual and dated futures, its ticks and its liquidity.</summary>
public sealed record FamilyParameters
{
    public required UnderlyingId Underlying { get; init; }

    /// <summary>Option tick below <see cref="OptionTickThreshold"/>, in the option's price unit.</summary>
    public required decimal OptionTick { get; init; }

    /// <summary>Price above which <see cref="OptionTickAbove"/> holds.</summary>
    public required decimal OptionTickThreshold { get; init; }

    public required decimal OptionTickAbove { get; init; }

    public required decimal OptionMinAmount { get; init; }

    /// <summary>Tick of the perpetual in quote currency.</summary>
    public required decimal PerpetualTick { get; init; }

    public required decimal FutureTick { get; init; }

    /// <summary>Smallest amount of futures: quote currency when inverse, coin when linear.</summary>
    public required decimal FutureMinAmount { get; init; }

    /// <summary>Typical amount at the best option quote, coin.</summary>
    public double OptionSize { get; init; } = 10;

    /// <summary>Typical amount at the best quote of the perpetual, in its amount unit.</summary>
    public double FutureSize { get; init; } = 50_000;

    /// <summary>Scale of option spreads; 1 is BTC's.</summary>
    public double SpreadScale { get; init; } = 1;

    /// <summary>Trades per second at rest over the whole family.</summary>
    public double TradesPerSecond { get; init; } = 1;

    /// <summary>Scale of strike coverage; below 1 lists fewer strikes.</summary>
    public double LadderScale { get; init; } = 1;

    internal IEnumerable<ParameterEntry> Entries =>
    [
        new(nameof(OptionTick), (double)OptionTick, 1e-9, 1e6),
        new(nameof(OptionTickThreshold), (double)OptionTickThreshold, 0, 1e9),
        new(nameof(OptionTickAbove), (double)OptionTickAbove, (double)OptionTick, 1e6),
        new(nameof(OptionMinAmount), (double)OptionMinAmount, 1e-9, 1e9),
        new(nameof(PerpetualTick), (double)PerpetualTick, 1e-9, 1e6),
        new(nameof(FutureTick), (double)FutureTick, 1e-9, 1e6),
        new(nameof(FutureMinAmount), (double)FutureMinAmount, 1e-9, 1e9),
        new(nameof(OptionSize), OptionSize, (double)OptionMinAmount, 1e9),
        new(nameof(FutureSize), FutureSize, (double)FutureMinAmount, 1e12),
        new(nameof(SpreadScale), SpreadScale, 0.1, 20),
        new(nameof(TradesPerSecond), TradesPerSecond, 0, 50),
        new(nameof(LadderScale), LadderScale, 0.2, 2),
    ];
}

/// <summary>What the price of a spot pair is made of.</summary>
public enum SpotPairKind
{
    /// <summary>A simulated coin in USDC: its USD spot over the USDC peg.</summary>
    Coin,

    /// <summary>USDC in USD: the peg.</summary>
    Stablecoin,

    /// <summary>A staked coin in USDC: the coin's price times its accrued staking ratio and discount.</summary>
    StakedCoin,
}

/// <summary>A spot pair.</summary>
/// <param name="Underlying">linear family of the pair, as in BTC_USDC</param>
/// <param name="Kind">how it is priced</param>
/// <param name="Coin">the simulated coin it follows; ignored for the stablecoin</param>
/// <param name="Tick">quote currency</param>
/// <param name="MinAmount">coin</param>
/// <param name="Size">typical amount at the best quote, coin</param>
public sealed record SpotPairParameters(UnderlyingId Underlying, SpotPairKind Kind, Asset Coin, decimal Tick, decimal MinAmount, double Size)
{
    internal IEnumerable<ParameterEntry> Entries =>
    [
        new(nameof(Kind), (double)Kind, 0, 2),
        new(nameof(Tick), (double)Tick, 1e-9, 1e6),
        new(nameof(MinAmount), (double)MinAmount, 1e-9, 1e9),
        new(nameof(Size), Size, (double)MinAmount, 1e12),
    ];
}

/// <summary>Jumps that all coins take together.</summary>
public sealed record CommonParameters
{
    /// <summary>Common jumps per year.</summary>
    public double JumpIntensity { get; init; } = 4;

    public double JumpMean { get; init; } = -0.04;

    public double JumpStandardDeviation { get; init; } = 0.03;

    public double VarianceJumpMean { get; init; } = 0.3;

    /// <summary>Standard deviation at rest of USDC's log distance from 1 USD.</summary>
    public double PegDeviation { get; init; } = 0.0002;

    /// <summary>Pull of the peg, per year; 3,000 is a half-life of two hours.</summary>
    public double PegReversion { get; init; } = 3_000;

    /// <summary>Staking yield per year, accrued in the ratio of the staked coin.</summary>
    public double StakingYield { get; init; } = 0.03;

    /// <summary>Standard deviation at rest of the staked coin's log discount.</summary>
    public double StakedDeviation { get; init; } = 0.001;

    /// <summary>Extra discount of the staked coin per unit of (stress spread multiplier - 1).</summary>
    public double StakedStressDiscount { get; init; } = 0.004;

    internal IEnumerable<ParameterEntry> Entries =>
    [
        new(nameof(JumpIntensity), JumpIntensity, 0, 1_000),
        new(nameof(JumpMean), JumpMean, -0.5, 0.5),
        new(nameof(JumpStandardDeviation), JumpStandardDeviation, 0, 0.5),
        new(nameof(VarianceJumpMean), VarianceJumpMean, 0, 2),
        new(nameof(PegDeviation), PegDeviation, 0, 0.05),
        new(nameof(PegReversion), PegReversion, 10, 100_000),
        new(nameof(StakingYield), StakingYield, 0, 0.5),
        new(nameof(StakedDeviation), StakedDeviation, 0, 0.05),
        new(nameof(StakedStressDiscount), StakedStressDiscount, 0, 0.1),
    ];
}

/// <summary>How makers quote and how the feed publishes.</summary>
public sealed record QuotingParameters
{
    /// <summary>Seconds between two quotes of an option near the money; far strikes take up to five times as long.</summary>
    public double OptionSeconds { get; init; } = 4;

    public double PerpetualSeconds { get; init; } = 1;

    public double FutureSeconds { get; init; } = 2;

    public double SpotSeconds { get; init; } = 2;

    /// <summary>Seconds between two messages of the whole board's marks (markprice.options).</summary>
    public double MarkPriceSeconds { get; init; } = 10;

    public double VolatilityIndexSeconds { get; init; } = 5;

    /// <summary>Absolute log move within one step at which every maker of the coin quotes anew at once.</summary>
    public double SweepMove { get; init; } = 0.0015;

    /// <summary>Full spread in vol of a one-year option near the money, SpreadScale 1.</summary>
    public double VolSpread { get; init; } = 0.0035;

    /// <summary>Part of the full spread that grows with 1/sqrt(years).</summary>
    public double VolSpreadShort { get; init; } = 0.0012;

    /// <summary>Half spread of the perpetual, fraction of price; other futures and spot pairs are some times wider.</summary>
    public double FutureHalfSpread { get; init; } = 0.00001;

    /// <summary>Levels a side in option books; 0 publishes none.</summary>
    public int OptionLevels { get; init; } = 3;

    /// <summary>Levels a side in the books of futures, perpetuals and spot pairs.</summary>
    public int LinearLevels { get; init; } = 10;

    /// <summary>Seconds over which a book refills after a trade.</summary>
    public double RefillSeconds { get; init; } = 30;

    /// <summary>Mean delay from the venue's stamp to the receiver.</summary>
    public double LatencyMilliseconds { get; init; } = 8;

    internal IEnumerable<ParameterEntry> Entries =>
    [
        new(nameof(OptionSeconds), OptionSeconds, 0.1, 60),
        new(nameof(PerpetualSeconds), PerpetualSeconds, 0.1, 60),
        new(nameof(FutureSeconds), FutureSeconds, 0.1, 60),
        new(nameof(SpotSeconds), SpotSeconds, 0.1, 60),
        new(nameof(MarkPriceSeconds), MarkPriceSeconds, 0.1, 300),
        new(nameof(VolatilityIndexSeconds), VolatilityIndexSeconds, 0.1, 300),
        new(nameof(SweepMove), SweepMove, 1e-5, 1),
        new(nameof(VolSpread), VolSpread, 0, 0.5),
        new(nameof(VolSpreadShort), VolSpreadShort, 0, 0.5),
        new(nameof(FutureHalfSpread), FutureHalfSpread, 0, 0.05),
        new(nameof(OptionLevels), OptionLevels, 0, 50),
        new(nameof(LinearLevels), LinearLevels, 1, 200),
        new(nameof(RefillSeconds), RefillSeconds, 0.1, 300),
        new(nameof(LatencyMilliseconds), LatencyMilliseconds, 0, 80),
    ];
}

/// <summary>How trades arrive: a Hawkes process for each family.</summary>
public sealed record TradingParameters
{
    /// <summary>Mean number of trades that a trade excites; below 1, or the market would explode.</summary>
    public double Branching { get; init; } = 0.6;

    /// <summary>Decay of the excitement per second.</summary>
    public double DecayPerSecond { get; init; } = 0.2;

    /// <summary>Share of trades in options.</summary>
    public double OptionShare { get; init; } = 0.3;

    /// <summary>Probability that a trade outside of stress is flagged as a liquidation.</summary>
    public double LiquidationProbability { get; init; } = 0.002;

    internal IEnumerable<ParameterEntry> Entries =>
    [
        new(nameof(Branching), Branching, 0, 0.95),
        new(nameof(DecayPerSecond), DecayPerSecond, 0.001, 10),
        new(nameof(OptionShare), OptionShare, 0, 1),
        new(nameof(LiquidationProbability), LiquidationProbability, 0, 1),
    ];
}

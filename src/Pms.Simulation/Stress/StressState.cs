using Pms.Simulation.Parameters;

namespace Pms.Simulation.Stress;

/// <summary>What the feed itself suffers.</summary>
public enum FeedFault
{
    None = 0,

    /// <summary>About one book change in twenty is lost, so that numbering breaks.</summary>
    SequenceGaps = 1,

    /// <summary>Options are no longer updated; index, perpetuals and futures still are.</summary>
    StaleOptions = 2,

    /// <summary>Nothing is received.</summary>
    Silence = 3,
}

/// <summary>How far a stress script bends the market at one instant. The default value of every field changes nothing.</summary>
public sealed record StressState
{
    public static StressState None { get; } = new();

    /// <summary>Log move of spot since the script began, before the coin's own loading.</summary>
    public double LogSpotShift { get; init; }

    /// <summary>Instantaneous vol that variance is pulled up to within minutes; 0 pulls nothing.</summary>
    public double VolTarget { get; init; }

    public double SpreadMultiplier { get; init; } = 1;

    public double DepthMultiplier { get; init; } = 1;

    /// <summary>Probability that an option quote loses one of its sides.</summary>
    public double OneSidedProbability { get; init; }

    /// <summary>Probability that an option quote loses both sides.</summary>
    public double NoQuoteProbability { get; init; }

    public double JumpMultiplier { get; init; } = 1;

    public double TradeMultiplier { get; init; } = 1;

    /// <summary>Probability that a trade in the direction of the move is flagged as a liquidation.</summary>
    public double LiquidationProbability { get; init; }

    /// <summary>Log distance of USDC from its peg.</summary>
    public double LogPegShift { get; init; }

    /// <summary>Added to the annual basis of the shortest futures.</summary>
    public double BasisShift { get; init; }

    /// <summary>Added to the skew state.</summary>
    public double SkewShift { get; init; }

    public FeedFault Feed { get; init; }

    internal IEnumerable<ParameterEntry> Entries =>
    [
        new(nameof(LogSpotShift), LogSpotShift, -3, 3),
        new(nameof(VolTarget), VolTarget, 0, 5),
        new(nameof(SpreadMultiplier), SpreadMultiplier, 1, 100),
        new(nameof(DepthMultiplier), DepthMultiplier, 0.001, 1),
        new(nameof(OneSidedProbability), OneSidedProbability, 0, 1),
        new(nameof(NoQuoteProbability), NoQuoteProbability, 0, 1),
        new(nameof(JumpMultiplier), JumpMultiplier, 0, 1_000),
        new(nameof(TradeMultiplier), TradeMultiplier, 0, 100),
        new(nameof(LiquidationProbability), LiquidationProbability, 0, 1),
        new(nameof(LogPegShift), LogPegShift, -1, 1),
        new(nameof(BasisShift), BasisShift, -3, 3),
        new(nameof(SkewShift), SkewShift, -5, 5),
        new(nameof(Feed), (double)Feed, 0, 3),
    ];

    /// <summary>Two scripts at once: shifts add, multipliers multiply, targets and faults take the worse.</summary>
    internal StressState And(StressState other) => new()
    {
        LogSpotShift = LogSpotShift + other.LogSpotShift,
        VolTarget = Math.Max(VolTarget, other.VolTarget),
        SpreadMultiplier = SpreadMultiplier * other.SpreadMultiplier,
        DepthMultiplier = DepthMultiplier * other.DepthMultiplier,
        OneSidedProbability = 1 - ((1 - OneSidedProbability) * (1 - other.OneSidedProbability)),
        NoQuoteProbability = 1 - ((1 - NoQuoteProbability) * (1 - other.NoQuoteProbability)),
        JumpMultiplier = JumpMultiplier * other.JumpMultiplier,
        TradeMultiplier = TradeMultiplier * other.TradeMultiplier,
        LiquidationProbability = 1 - ((1 - LiquidationProbability) * (1 - other.LiquidationProbability)),
        LogPegShift = LogPegShift + other.LogPegShift,
        BasisShift = BasisShift + other.BasisShift,
        SkewShift = SkewShift + other.SkewShift,
        Feed = (FeedFault)Math.Max((int)Feed, (int)other.Feed),
    };

    /// <summary>A straight line between two states; the feed fault is that of the earlier one.</summary>
    internal static StressState Between(StressState from, StressState to, double share)
    {
        return new StressState
        {
            LogSpotShift = Line(from.LogSpotShift, to.LogSpotShift),
            VolTarget = Line(from.VolTarget, to.VolTarget),
            SpreadMultiplier = Line(from.SpreadMultiplier, to.SpreadMultiplier),
            DepthMultiplier = Line(from.DepthMultiplier, to.DepthMultiplier),
            OneSidedProbability = Line(from.OneSidedProbability, to.OneSidedProbability),
            NoQuoteProbability = Line(from.NoQuoteProbability, to.NoQuoteProbability),
            JumpMultiplier = Line(from.JumpMultiplier, to.JumpMultiplier),
            TradeMultiplier = Line(from.TradeMultiplier, to.TradeMultiplier),
            LiquidationProbability = Line(from.LiquidationProbability, to.LiquidationProbability),
            LogPegShift = Line(from.LogPegShift, to.LogPegShift),
            BasisShift = Line(from.BasisShift, to.BasisShift),
            SkewShift = Line(from.SkewShift, to.SkewShift),
            Feed = from.Feed,
        };

        double Line(double a, double b) => a + (share * (b - a));
    }
}

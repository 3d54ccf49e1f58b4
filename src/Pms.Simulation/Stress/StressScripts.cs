using System.Collections.Immutable;
using Pms.Primitives;

namespace Pms.Simulation.Stress;

/// <summary>The named scripts. Moves are those of a coin with loading 1 (BTC), on top of the random path.</summary>
public static class StressScripts
{
    // Natural logarithms of the price ratios named in the comments, written out because the core has no libm.
    private const double Ln0825 = -0.19237189264745613;
    private const double Ln065 = -0.43078291609245423;
    private const double Ln073 = -0.31471074483970024;
    private const double Ln115 = 0.13976194237515868;
    private const double Ln140 = 0.33647223662121289;
    private const double Ln135 = 0.30010459245033811;
    private const double Ln082 = -0.19845093872383832;
    private const double Ln097 = -0.030459207484708574;
    private const double Ln090 = -0.10536051565782628;
    private const double Ln096 = -0.040821994520255166;

    /// <summary>Nothing happens.</summary>
    public static StressScript Calm { get; } = new("calm", "No stress: the random path alone.", [new StressFrame(TimeSpan.Zero, StressState.None)]);

    /// <summary>After 12 March 2020 and 5 February 2026.</summary>
    public static StressScript Crash { get; } = new(
        "crash",
        "Spot -35 % within 3 h, back to -27 % after 8 h; vol to 160 %; spreads x5, depth /10, one side missing on 25 % of options.",
        [
            At(0, StressState.None),
            At(90, new StressState { LogSpotShift = Ln0825, VolTarget = 1.2, SpreadMultiplier = 3, DepthMultiplier = 0.3, OneSidedProbability = 0.1, JumpMultiplier = 5, TradeMultiplier = 4, LiquidationProbability = 0.2, BasisShift = -0.15, SkewShift = -0.6 }),
            At(180, new StressState { LogSpotShift = Ln065, VolTarget = 1.6, SpreadMultiplier = 5, DepthMultiplier = 0.1, OneSidedProbability = 0.25, JumpMultiplier = 5, TradeMultiplier = 6, LiquidationProbability = 0.35, BasisShift = -0.3, SkewShift = -1, LogPegShift = -0.003 }),
            At(240, new StressState { LogSpotShift = Ln065, VolTarget = 1.6, SpreadMultiplier = 5, DepthMultiplier = 0.1, OneSidedProbability = 0.25, JumpMultiplier = 2, TradeMultiplier = 5, LiquidationProbability = 0.2, BasisShift = -0.3, SkewShift = -1 }),
            At(480, new StressState { LogSpotShift = Ln073, VolTarget = 0.9, SpreadMultiplier = 2, DepthMultiplier = 0.5, OneSidedProbability = 0.05, TradeMultiplier = 2, LiquidationProbability = 0.02, BasisShift = -0.05, SkewShift = -0.4 }),
            At(1440, new StressState { LogSpotShift = Ln073 }),
        ]);

    public static StressScript MeltUp { get; } = new(
        "melt-up",
        "Spot +40 % within 6 h and +35 % after 12 h; vol to 110 %; call skew; basis +30 % a year; spreads x2, depth /3.",
        [
            At(0, StressState.None),
            At(120, new StressState { LogSpotShift = Ln115, VolTarget = 0.8, SpreadMultiplier = 1.5, DepthMultiplier = 0.5, TradeMultiplier = 3, LiquidationProbability = 0.1, BasisShift = 0.15, SkewShift = 0.4 }),
            At(360, new StressState { LogSpotShift = Ln140, VolTarget = 1.1, SpreadMultiplier = 2, DepthMultiplier = 0.3333, OneSidedProbability = 0.08, TradeMultiplier = 4, LiquidationProbability = 0.15, BasisShift = 0.3, SkewShift = 0.9 }),
            At(720, new StressState { LogSpotShift = Ln135, VolTarget = 0.7, SpreadMultiplier = 1.2, TradeMultiplier = 1.5, BasisShift = 0.15, SkewShift = 0.3 }),
            At(1440, new StressState { LogSpotShift = Ln135, BasisShift = 0.05 }),
        ]);

    public static StressScript VolSpike { get; } = new(
        "vol-spike",
        "Vol to 150 % within 30 min, held 2 h, released over 6 h; no scripted move of spot; spreads x3, depth /3.",
        [
            At(0, StressState.None),
            At(30, new StressState { VolTarget = 1.5, SpreadMultiplier = 3, DepthMultiplier = 0.3333, OneSidedProbability = 0.1, TradeMultiplier = 2 }),
            At(150, new StressState { VolTarget = 1.5, SpreadMultiplier = 3, DepthMultiplier = 0.3333, OneSidedProbability = 0.1, TradeMultiplier = 2 }),
            At(510, StressState.None),
        ]);

    /// <summary>After 11 March 2023.</summary>
    public static StressScript Depeg { get; } = new(
        "depeg",
        "USDC to 0.90 USD within 4 h, 0.96 after 10 h, back at 1 after 24 h; coins -4 % in USD at the low; spreads x2.",
        [
            At(0, StressState.None),
            At(240, new StressState { LogPegShift = Ln090, LogSpotShift = Ln096, VolTarget = 0.8, SpreadMultiplier = 2, DepthMultiplier = 0.4, OneSidedProbability = 0.05, TradeMultiplier = 2 }),
            At(360, new StressState { LogPegShift = Ln090, LogSpotShift = Ln096, VolTarget = 0.8, SpreadMultiplier = 2, DepthMultiplier = 0.4, OneSidedProbability = 0.05, TradeMultiplier = 2 }),
            At(600, new StressState { LogPegShift = Ln096, VolTarget = 0.6, SpreadMultiplier = 1.5, DepthMultiplier = 0.6 }),
            At(1440, StressState.None),
        ]);

    public static StressScript FlashCrash { get; } = new(
        "flash-crash",
        "Spot -18 % within 6 min, -3 % 20 min later; vol to 250 % for minutes; spreads x10, depth /20, one side missing on 40 % of options.",
        [
            At(0, StressState.None),
            At(6, new StressState { LogSpotShift = Ln082, VolTarget = 2.5, SpreadMultiplier = 10, DepthMultiplier = 0.05, OneSidedProbability = 0.4, TradeMultiplier = 10, LiquidationProbability = 0.5, SkewShift = -1 }),
            At(8, new StressState { LogSpotShift = Ln082, VolTarget = 2.5, SpreadMultiplier = 10, DepthMultiplier = 0.05, OneSidedProbability = 0.4, TradeMultiplier = 10, LiquidationProbability = 0.3, SkewShift = -1 }),
            At(26, new StressState { LogSpotShift = Ln097, VolTarget = 1, SpreadMultiplier = 3, DepthMultiplier = 0.3, OneSidedProbability = 0.1, TradeMultiplier = 3 }),
            At(120, new StressState { LogSpotShift = Ln097 }),
        ]);

    /// <summary>After the quote outage of 13 January 2026 on recorded boards, then what a broken connection adds.</summary>
    public static StressScript FeedOutage { get; } = new(
        "feed-outage",
        "10 min with 45 % of options unquoted, 33 % one-sided, spreads x6; 5 min of silence; 5 min of stale options; 5 min of lost book changes; then new images.",
        [
            At(0, Outage),
            At(9.95, Outage),
            At(10, new StressState { Feed = FeedFault.Silence }),
            At(15, new StressState { Feed = FeedFault.StaleOptions }),
            At(20, new StressState { Feed = FeedFault.SequenceGaps }),
            At(25, StressState.None),
        ]);

    public static ImmutableArray<StressScript> All { get; } = [Calm, Crash, MeltUp, VolSpike, Depeg, FlashCrash, FeedOutage];

    /// <exception cref="InvalidInputException"><c>simulation-script</c>: no script of that name</exception>
    public static StressScript Find(string name)
    {
        return All.FirstOrDefault(s => s.Name == name)
            ?? throw new InvalidInputException("simulation-script", $"'{name}' is not a stress script: {string.Join(", ", All.Select(s => s.Name))}");
    }

    private static StressState Outage => new() { SpreadMultiplier = 6, OneSidedProbability = 0.6, NoQuoteProbability = 0.45 };

    private static StressFrame At(double minutes, StressState state) => new(TimeSpan.FromMinutes(minutes), state);
}

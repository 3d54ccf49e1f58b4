using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.Scenarios;
using Pms.Scenarios.Historical;
using Pms.Scenarios.Stress;
using Pms.Volatility;

namespace Pms.Margin.Parameters;

/// <summary>Every number of <see cref="RiskParameters"/>, in the order of the document.</summary>
public static class RiskParameterKeys
{
    private const string Emir = "EMIR RTS 153/2013 art. 28";
    private const string Own = "this project's choice";
    private const string Scenarios = "docs/model/scenarios.md";
    private const string Boards = "measured on recorded Deribit boards of June 2021, January and February 2022, December 2025 to February 2026 (docs/decisions/0005)";
    private const string Dvol = "measured on daily closes and DVOL of BTC and ETH, March 2021 to December 2024 (docs/decisions/0005)";

    public static ImmutableArray<ParameterKey> All { get; } =
    [
        new("measure.errorBarConfidence", "probability", 0.5, 0.9999, "one-sided confidence of the upper bound of ES that is charged; 0.5 charges the estimate", Own,
            p => p.Measure.ErrorBarConfidence, (p, v) => p with { Measure = p.Measure with { ErrorBarConfidence = Of(v) } }),
        new("measure.initialFactor", "multiple", 1, 5, "initial margin over maintenance margin", "maintenance of 0.8 x initial: Deribit, Derive",
            p => p.Measure.InitialFactor, (p, v) => p with { Measure = p.Measure with { InitialFactor = Of(v) } }),

        new("antiProcyclicality.buffer", "share", 0, 1, "added to the core, and used up before a rising core raises the requirement; 0.25 is the buffer of the regulation", $"{Emir}(1)(a); off, because (b) and (c) are in the scenarios",
            p => p.AntiProcyclicality.Buffer, (p, v) => p with { AntiProcyclicality = p.AntiProcyclicality with { Buffer = Of(v) } }),
        new("antiProcyclicality.dailyStepCap", "share of the requirement before", 0.01, 100, "largest rise over the requirement of the same book a day before; what is put off is disclosed; absent: no cap", $"{Own}: off",
            p => p.AntiProcyclicality.DailyStepCap, (p, v) => p with { AntiProcyclicality = p.AntiProcyclicality with { DailyStepCap = v } }) { IsOptional = true },

        new("diversification.benefitCap", "share", 0, 1, "offsets between coins are at most this share of the sum of what each coin alone would need", "a cap as in ICE IRM 2; the value is this project's choice",
            p => p.Diversification.BenefitCap, (p, v) => p with { Diversification = p.Diversification with { BenefitCap = Of(v) } }),

        new("basis.movePerYear", "log move per year to expiry", 0, 1, "move of one expiry's forward against the others that is charged on offset delta", $"{Boards}; largest daily move beyond the common one 0.0038 at 200 to 400 days. Deribit charges 0.075 (BTC), 0.05 (ETH) for common and own moves in one",
            p => p.Basis.MovePerYear, (p, v) => p with { Basis = p.Basis with { MovePerYear = Of(v) } }),
        new("basis.leastMove", "log move", 0, 0.1, "the least such move, for near expiries and perpetuals", $"{Boards}; largest such move below 100 days 0.0027. Deribit min_annualised_move: BTC 0.01, ETH 0.005, on all delta; here only on offset delta",
            p => p.Basis.LeastMove, (p, v) => p with { Basis = p.Basis with { LeastMove = Of(v) } }),

        new("liquidity.impactFactor", "multiple", 0, 10, "Y in Y x daily deviation x sqrt(size / daily volume)", "square-root law, Y about 1 (Toth et al. 2011)",
            p => p.Liquidity.ImpactFactor, (p, v) => p with { Liquidity = p.Liquidity with { ImpactFactor = Of(v) } }),
        new("liquidity.optionHalfSpreadOfValue", "share of the option's value", 0, 1, "half spread of an option without a two-sided quote", Own,
            p => p.Liquidity.OptionHalfSpreadOfValue, (p, v) => p with { Liquidity = p.Liquidity with { OptionHalfSpreadOfValue = Of(v) } }),
        new("liquidity.optionHalfSpreadOfIndex", "share of the index", 0, 0.1, "and at least this", "three least ticks of 0.0001 coin",
            p => p.Liquidity.OptionHalfSpreadOfIndex, (p, v) => p with { Liquidity = p.Liquidity with { OptionHalfSpreadOfIndex = Of(v) } }),
        new("liquidity.optionHalfSpreadCapOfIndex", "share of the index", 0, 1, "largest half spread taken from a quote: a market maker's absence is not a price", Own,
            p => p.Liquidity.OptionHalfSpreadCapOfIndex, (p, v) => p with { Liquidity = p.Liquidity with { OptionHalfSpreadCapOfIndex = Of(v) } }),
        new("liquidity.futureHalfSpread", "share of the price", 0, 0.1, "half spread of a future, perpetual or spot without a two-sided quote", Own,
            p => p.Liquidity.FutureHalfSpread, (p, v) => p with { Liquidity = p.Liquidity with { FutureHalfSpread = Of(v) } }),
        new("liquidity.openInterestTurnover", "share a day", 0, 1, "open interest that counts as daily volume where the board's 24 hours show less", Own,
            p => p.Liquidity.OpenInterestTurnover, (p, v) => p with { Liquidity = p.Liquidity with { OpenInterestTurnover = Of(v) } }),
        new("liquidity.optionVolumeFloorUsd", "USD notional a day", 1, 1e12, "least daily volume of one option line: strikes beside it can be traded instead", Own,
            p => p.Liquidity.OptionVolumeFloorUsd, (p, v) => p with { Liquidity = p.Liquidity with { OptionVolumeFloorUsd = Of(v) } }),
        new("liquidity.futureVolumeFloorUsd", "USD notional a day", 1, 1e13, "least daily volume of a future, perpetual or spot", Own,
            p => p.Liquidity.FutureVolumeFloorUsd, (p, v) => p with { Liquidity = p.Liquidity with { FutureVolumeFloorUsd = Of(v) } }),
        new("liquidity.shortOptionMinimum", "share of the index per coin", 0, 0.1, "least maintenance for each coin of options sold short, net over the strikes of a type", "SPAN short option minimum; Derive asks 0.003 to 0.005 a strike",
            p => p.Liquidity.ShortOptionMinimum, (p, v) => p with { Liquidity = p.Liquidity with { ShortOptionMinimum = Of(v) } }),

        new("concentration.participation", "share of daily volume", 0.01, 1, "what can be closed in a day without being the market", "usual 20 to 30 %",
            p => p.Concentration.Participation, (p, v) => p with { Concentration = p.Concentration with { Participation = Of(v) } }),
        new("concentration.openInterestShare", "share of open interest", 0.001, 1, "a day's worth of closing, where open interest is known", Own,
            p => p.Concentration.OpenInterestShare, (p, v) => p with { Concentration = p.Concentration with { OpenInterestShare = Of(v) } }),
        new("concentration.factor", "daily deviations", 0, 10, "charge for each square root of a day that closing takes beyond the first", Own,
            p => p.Concentration.Factor, (p, v) => p with { Concentration = p.Concentration with { Factor = Of(v) } }),

        new("collateral.otherHaircut", "share of the amount", 0, 1, "haircut of an asset without an entry in haircuts", Own,
            p => p.Collateral.OtherHaircut, (p, v) => p with { Collateral = p.Collateral with { OtherHaircut = Of(v) } }),

        new("fallback.factor", "multiple", 1, 10, "margin in degraded mode over the sum of what each position alone would need", Own,
            p => p.Fallback.Factor, (p, v) => p with { Fallback = p.Fallback with { Factor = Of(v) } }),
        new("fallback.freshSeconds", "seconds", 0, 86_400, "age of the market up to which nothing is added; beyond it the core grows with sqrt(1 + age / horizon)", Own,
            p => p.Fallback.FreshSeconds, (p, v) => p with { Fallback = p.Fallback with { FreshSeconds = Of(v) } }),

        new("array.perpetualBasisDays", "days", 0, 365, "basis that a perpetual feels: that of a future so many days from expiry", "docs/model/scenarios.md",
            p => p.Array.PerpetualBasisDays, (p, v) => p with { Array = p.Array with { PerpetualBasisDays = Of(v) } }),

        new("scenarios.horizonDays", "days", 0.04, 30, "time over which the moves happen", Scenarios,
            p => p.Scenarios.HorizonDays, (p, v) => p with { Scenarios = p.Scenarios with { HorizonDays = Of(v) } }),
        new("scenarios.monteCarloCount", "scenarios", 100, ScenarioParameters.MaxMonteCarlo, "draws of the model", Scenarios,
            p => p.Scenarios.MonteCarloCount, (p, v) => p with { Scenarios = p.Scenarios with { MonteCarloCount = (int)Of(v) } }) { IsWhole = true },
        new("scenarios.historicalShare", "probability", 0, 0.9, "of filtered history, its stressed period included, where a history is given", $"{Scenarios}; {Emir}(1)(b)",
            p => p.Scenarios.HistoricalShare, (p, v) => p with { Scenarios = p.Scenarios with { HistoricalShare = Of(v) } }),
        new("scenarios.startAtCurrentVol", "switch", 0, 1, "each coin starts at the 30-day vol of its surface", Scenarios,
            p => p.Scenarios.StartAtCurrentVol ? 1 : 0, (p, v) => p with { Scenarios = p.Scenarios with { StartAtCurrentVol = v == 1 } }) { IsSwitch = true },
        new("scenarios.otherVolFloor", "annual vol", 0.01, 5, "long-run floor of the starting vol of a coin without an entry in volFloors", $"{Emir}(1)(c)",
            p => p.Scenarios.OtherVolFloor, (p, v) => p with { Scenarios = p.Scenarios with { OtherVolFloor = Of(v) } }),

        History("lambda", "memory per step", 0.5, 0.999, "EWMA of past volatility", h => h.Lambda, (h, v) => h with { Lambda = v }),
        History("mostDates", "dates", 50, 20_000, "newest dates that are kept", h => h.MostDates, (h, v) => h with { MostDates = (int)v }) with { IsWhole = true },
        History("leastDates", "dates", 10, 10_000, "fewer are refused", h => h.LeastDates, (h, v) => h with { LeastDates = (int)v }) with { IsWhole = true },
        History("stressedWeight", "share of the historical weight", 0, 0.9, "of the stressed period, kept unfiltered", h => h.StressedWeight, (h, v) => h with { StressedWeight = v }) with { Source = $"{Emir}(1)(b)" },
        History("stressedDays", "days", 5, 2_000, "length of the stressed period", h => h.StressedDays, (h, v) => h with { StressedDays = (int)v }) with { IsWhole = true },
        History("mostRescaling", "multiple", 1, 100, "bound on rescaling to today's volatility", h => h.MostRescaling, (h, v) => h with { MostRescaling = v }),
        History("longRunFloorShare", "share", 0, 2, "today's volatility is at least this share of the long-run one", h => h.LongRunFloorShare, (h, v) => h with { LongRunFloorShare = v }) with { Source = $"{Emir}(1)(c), there 1" },
        History("defaultBeta", "beta", 0, 5, "of a coin with too short a history", h => h.DefaultBeta, (h, v) => h with { DefaultBeta = v }),
        History("volPerReturn", "log vol per log return", -5, 5, "where vol has no history", h => h.VolPerReturn, (h, v) => h with { VolPerReturn = v }),
        History("volPerAbsReturn", "log vol per absolute log return", 0, 5, "where vol has no history", h => h.VolPerAbsReturn, (h, v) => h with { VolPerAbsReturn = v }),
        History("shortTermPower", "power", 0, 1, "vol move below 30 days: (30 / days) to this power", h => h.ShortTermPower, (h, v) => h with { ShortTermPower = v }),
        History("longTermPower", "power", 0, 1, "vol move beyond 30 days", h => h.LongTermPower, (h, v) => h with { LongTermPower = v }),
        History("skewPerReturn", "skew per log return", -2, 2, "where skew has no history", h => h.SkewPerReturn, (h, v) => h with { SkewPerReturn = v }),
        History("mostSkewChange", "skew", 0, 0.5, "bound on a skew change", h => h.MostSkewChange, (h, v) => h with { MostSkewChange = v }),
        History("basisPerReturn", "basis per log return", -5, 5, "where basis has no history", h => h.BasisPerReturn, (h, v) => h with { BasisPerReturn = v }),

        Stress("fullMove", "log move of BTC in a day", 0.01, 1, "largest move that counts in full", s => s.FullMove, (s, v) => s with { FullMove = v }),
        Stress("recordFall", "log move of BTC in a day", 0.05, 3, "beyond it the counted share falls faster", s => s.RecordFall, (s, v) => s with { RecordFall = v }),
        Stress("recordRise", "log move of BTC in a day", 0.05, 3, "beyond it the counted share falls faster", s => s.RecordRise, (s, v) => s with { RecordRise = v }),
        Stress("tailIndex", "power", 1, 10, "of daily returns beyond the record", s => s.TailIndex, (s, v) => s with { TailIndex = v }),
        Stress("tailVolPower", "power", 0, 1, "how vol grows with a tail move", s => s.TailVolPower, (s, v) => s with { TailVolPower = v }),
        Stress("tailVolMost", "log vol change", 0.1, 3, "largest vol move in a tail", s => s.TailVolMost, (s, v) => s with { TailVolMost = v }),
        Stress("tailSkewPerLogReturn", "skew per log return", -1, 1, "skew in a tail", s => s.TailSkewPerLogReturn, (s, v) => s with { TailSkewPerLogReturn = v }),
        Stress("tailSkewMost", "skew", 0, 0.5, "largest skew in a tail", s => s.TailSkewMost, (s, v) => s with { TailSkewMost = v }),
        Stress("shortTermPower", "power", 0, 1, "vol move below 30 days: (30 / days) to this power", s => s.ShortTermPower, (s, v) => s with { ShortTermPower = v }),
        Stress("longTermPower", "power", 0, 1, "vol move beyond 30 days", s => s.LongTermPower, (s, v) => s with { LongTermPower = v }, Boards),
        Stress("riseWithoutFall", "share", 0, 1, "of a vol rise that goes with a spot that does not fall", s => s.RiseWithoutFall, (s, v) => s with { RiseWithoutFall = v }, Dvol),
        Stress("crushInFall", "share", 0, 1, "of a vol fall that goes with a falling spot", s => s.CrushInFall, (s, v) => s with { CrushInFall = v }, Dvol),
        Stress("backTilt", "share", 0, 1, "of a term tilt at its far end, with the opposite sign", s => s.BackTilt, (s, v) => s with { BackTilt = v }, Boards),
        Stress("breakdownMove", "share of the full move", 0, 1, "of a coin against all others", s => s.BreakdownMove, (s, v) => s with { BreakdownMove = v }),
        Stress("breakdownShare", "share of the loss", 1e-6, 1, "that counts where coins move apart", s => s.BreakdownShare, (s, v) => s with { BreakdownShare = v }),
        Stress("otherScale", "multiple of BTC's move", 0.1, 10, "of a coin without an entry in coinScales", s => s.OtherScale, (s, v) => s with { OtherScale = v }),

        Surface("leastHoursToExpiry", "hours", 0, 48, "nearer expiries are not fitted", s => s.LeastHoursToExpiry, (s, v) => s with { LeastHoursToExpiry = v }),
        Surface("maxQuoteAgeSeconds", "seconds", 1e-3, 1e9, "older quotes are stale", s => s.MaxQuoteAgeSeconds, (s, v) => s with { MaxQuoteAgeSeconds = v }),
        Surface("maxRelativeBand", "share of vol", 0.1, 2, "wider quotes tell nothing", s => s.MaxRelativeBand, (s, v) => s with { MaxRelativeBand = v }),
        Surface("farWingDeviations", "standard deviations", 1, 20, "beyond them a quote without open interest is not used", s => s.FarWingDeviations, (s, v) => s with { FarWingDeviations = v }),
        Surface("outlierHalfBands", "half-bands", 2, 100, "distance of an outlier", s => s.OutlierHalfBands, (s, v) => s with { OutlierHalfBands = v }),
        Surface("outlierRelativeVol", "share of vol", 0.01, 1, "least distance of an outlier", s => s.OutlierRelativeVol, (s, v) => s with { OutlierRelativeVol = v }),
        Surface("pullToMid", "weight", 1e-6, 1, "of the distance to the middle inside the band", s => s.PullToMid, (s, v) => s with { PullToMid = v }),
        Surface("influenceCapHalfBands", "half-bands", 0.5, 100, "beyond them a quote pulls no harder", s => s.InfluenceCapHalfBands, (s, v) => s with { InfluenceCapHalfBands = v }),
        Surface("leastRelativeHalfBand", "share of vol", 0, 0.1, "least half-band of a quote", s => s.LeastRelativeHalfBand, (s, v) => s with { LeastRelativeHalfBand = v }),
        Surface("leastShareOfTypicalBand", "share", 0, 1, "least half-band against the expiry's median", s => s.LeastShareOfTypicalBand, (s, v) => s with { LeastShareOfTypicalBand = v }),
        Surface("priorWeight", "squared half-bands", 0, 100, "weight of the fit before", s => s.PriorWeight, (s, v) => s with { PriorWeight = v }),
        Surface("leastFullStrikes", "strikes", 3, 20, "fewer lean on the prior and mark the smile degraded", s => s.LeastFullStrikes, (s, v) => s with { LeastFullStrikes = (int)v }) with { IsWhole = true },
        Surface("butterflyMargin", "g", 0, 0.1, "least butterfly function", s => s.ButterflyMargin, (s, v) => s with { ButterflyMargin = v }),
        Surface("calendarMargin", "share", 0, 0.01, "least rise of total variance between expiries", s => s.CalendarMargin, (s, v) => s with { CalendarMargin = v }),
        Surface("mostWingSlope", "total variance per k", 0.1, 1.99, "steepest wing; Lee's bound is 2", s => s.MostWingSlope, (s, v) => s with { MostWingSlope = v }),
        Surface("maxCarryHours", "hours", 0, 168, "a smile without quotes is carried over no longer", s => s.MaxCarryHours, (s, v) => s with { MaxCarryHours = v }),
        Surface("leastTwoSidedShare", "share", 0, 1, "below it the board is degraded", s => s.LeastTwoSidedShare, (s, v) => s with { LeastTwoSidedShare = v }),
    ];

    /// <summary>Numbers by asset.</summary>
    public static ImmutableArray<ParameterMap> Maps { get; } =
    [
        new("collateral.haircuts", "share of the amount", 0, 1, "share of each asset's amount that does not count: risk that scenarios do not see", Own,
            p => p.Collateral.Haircuts, (p, m) => p with { Collateral = p.Collateral with { Haircuts = Map(m) } }),
        new("scenarios.volFloors", "annual vol", 0.01, 5, "long-run floor of each coin's starting vol", $"{Emir}(1)(c); {Scenarios}",
            p => p.Scenarios.VolFloors.Select(f => KeyValuePair.Create(f.Coin, f.AtmVol)),
            (p, m) => p with { Scenarios = p.Scenarios with { VolFloors = [.. m.Select(e => new CoinVolFloor(e.Key, e.Value))] } }),
        new("stress.coinScales", "multiple of BTC's move", 0.1, 10, "how the grid's moves are sized for each coin", Scenarios,
            p => p.Scenarios.Stress.CoinScales.Select(c => KeyValuePair.Create(c.Coin, c.Scale)),
            (p, m) => OfStress(p, s => s with { CoinScales = [.. m.Select(e => new CoinScale(e.Key, e.Value))] })),
    ];

    /// <summary>Lists of numbers.</summary>
    public static ImmutableArray<ParameterList> Lists { get; } =
    [
        List("spotSteps", "share of the full move", -1, 1, "grid of spot moves; contains 0 and both signs", s => s.SpotSteps, (s, v) => s with { SpotSteps = v }),
        List("volSteps", "log vol change", -1.5, 1.5, "grid of vol moves; contains 0 and both signs", s => s.VolSteps, (s, v) => s with { VolSteps = v }),
        List("skewSteps", "skew", -0.5, 0.5, "grid of skew moves; contains 0 and both signs", s => s.SkewSteps, (s, v) => s with { SkewSteps = v }),
        List("termSteps", "log vol at 1 day against 30", -1, 1, "grid of term moves; contains 0 and both signs", s => s.TermSteps, (s, v) => s with { TermSteps = v }),
        List("tailMoves", "share of the price", -0.95, 10, "spot moves beyond the grid; both signs", s => s.TailMoves, (s, v) => s with { TailMoves = v }),
    ];

    /// <summary>Tables of named stress points.</summary>
    public static ImmutableArray<ParameterTable> Tables { get; } =
    [
        new("stress.points", [new("spotLogReturn", "log", -3, 3), new("volLogChange", "log", -3, 3), new("skewChange", "skew", -0.5, 0.5), new("termTilt", "log", -1, 1), new("basisChange", "per year", -5, 5), new("lossShare", "share", 1e-6, 1)],
            "single moves of vol, skew, term and basis", Scenarios,
            p => p.Scenarios.Stress.Points.Select(x => (x.Name, new[] { x.SpotLogReturn, x.VolLogChange, x.SkewChange, x.TermTilt, x.BasisChange, x.LossShare })),
            (p, rows) => OfStress(p, s => s with { Points = [.. rows.Select(r => new StressPoint(r.Name, r.Values[0], r.Values[1], r.Values[2], r.Values[3], r.Values[4], r.Values[5]))] })),
        new("stress.depegs", [new("stableLogChange", "log", -5, 0), new("stakedLogChange", "log", -5, 0), new("spotLogReturn", "log", -3, 3), new("volLogChange", "log", -3, 3), new("lossShare", "share", 1e-6, 1)],
            "pegged assets leave their anchors", Scenarios,
            p => p.Scenarios.Stress.Depegs.Select(x => (x.Name, new[] { x.StableLogChange, x.StakedLogChange, x.SpotLogReturn, x.VolLogChange, x.LossShare })),
            (p, rows) => OfStress(p, s => s with { Depegs = [.. rows.Select(r => new DepegPoint(r.Name, r.Values[0], r.Values[1], r.Values[2], r.Values[3], r.Values[4]))] })),
    ];

    internal static ImmutableSortedDictionary<Asset, double> Map(IEnumerable<KeyValuePair<Asset, double>> entries) =>
        ImmutableSortedDictionary.CreateRange(Comparer<Asset>.Create((a, b) => string.CompareOrdinal(a.Code, b.Code)), entries);

    private static RiskParameters OfStress(RiskParameters p, Func<StressParameters, StressParameters> change) =>
        p with { Scenarios = p.Scenarios with { Stress = change(p.Scenarios.Stress) } };

    private static ParameterKey History(string name, string unit, double least, double most, string meaning, Func<HistoricalParameters, double> get, Func<HistoricalParameters, double, HistoricalParameters> set) => new(
        $"history.{name}", unit, least, most, meaning, Scenarios, p => get(p.Scenarios.Historical), (p, v) => p with { Scenarios = p.Scenarios with { Historical = set(p.Scenarios.Historical, Of(v)) } });

    private static ParameterKey Stress(string name, string unit, double least, double most, string meaning, Func<StressParameters, double> get, Func<StressParameters, double, StressParameters> set, string? source = null) => new(
        $"stress.{name}", unit, least, most, meaning, source ?? Scenarios, p => get(p.Scenarios.Stress), (p, v) => OfStress(p, s => set(s, Of(v))));

    private static ParameterList List(string name, string unit, double least, double most, string meaning, Func<StressParameters, ImmutableArray<double>> get, Func<StressParameters, ImmutableArray<double>, StressParameters> set) => new(
        $"stress.{name}", unit, least, most, meaning, Scenarios, p => get(p.Scenarios.Stress), (p, v) => OfStress(p, s => set(s, v)));

    private static ParameterKey Surface(string name, string unit, double least, double most, string meaning, Func<SurfaceParameters, double> get, Func<SurfaceParameters, double, SurfaceParameters> set) => new(
        $"surface.{name}", unit, least, most, meaning, "docs/model/surface.md", p => get(p.Surface), (p, v) => p with { Surface = set(p.Surface, Of(v)) });

    private static double Of(double? value) => value ?? double.NaN;
}

using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.Volatility;

namespace Pms.Margin.Parameters;

/// <summary>Every number of <see cref="RiskParameters"/>, in the order of the document.</summary>
public static class RiskParameterKeys
{
    private const string Emir = "EMIR RTS 153/2013 art. 28";
    private const string Own = "this project's choice";

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

        new("basis.movePerYear", "log move per year to expiry", 0, 1, "move of one expiry's forward against the others that is charged on offset delta", "Deribit annualised_move_risk: BTC 0.075, ETH 0.05",
            p => p.Basis.MovePerYear, (p, v) => p with { Basis = p.Basis with { MovePerYear = Of(v) } }),
        new("basis.leastMove", "log move", 0, 0.1, "the least such move, for near expiries and perpetuals", "Deribit min_annualised_move: BTC 0.01, ETH 0.005, on all delta; here only on offset delta",
            p => p.Basis.LeastMove, (p, v) => p with { Basis = p.Basis with { LeastMove = Of(v) } }),

        new("liquidity.impactFactor", "multiple", 0, 10, "Y in Y x daily deviation x sqrt(size / daily volume)", "square-root law, Y about 1 (Toth et al. 2011)",
            p => p.Liquidity.ImpactFactor, (p, v) => p with { Liquidity = p.Liquidity with { ImpactFactor = Of(v) } }),
        new("liquidity.optionHalfSpreadOfValue", "share of the option's value", 0, 1, "half spread of an option without a two-sided quote", "median of recorded boards",
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

    internal static ParameterKey OtherHaircut { get; } = All.Single(k => k.Path == "collateral.otherHaircut");

    internal static ImmutableSortedDictionary<Asset, double> Map(ReadOnlySpan<(string Asset, double Value)> entries)
    {
        var builder = ImmutableSortedDictionary.CreateBuilder<Asset, double>(Comparer<Asset>.Create((a, b) => string.CompareOrdinal(a.Code, b.Code)));
        foreach (var (asset, value) in entries)
        {
            builder.Add(new Asset(asset), value);
        }

        return builder.ToImmutable();
    }

    private static ParameterKey Surface(string name, string unit, double least, double most, string meaning, Func<SurfaceParameters, double> get, Func<SurfaceParameters, double, SurfaceParameters> set) => new(
        $"surface.{name}", unit, least, most, meaning, "docs/model/surface.md", p => get(p.Surface), (p, v) => p with { Surface = set(p.Surface, Of(v)) });

    private static double Of(double? value) => value ?? double.NaN;
}

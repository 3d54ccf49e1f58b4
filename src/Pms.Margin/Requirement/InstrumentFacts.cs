using Pms.Margin.Arrays;
using Pms.Margin.Market;
using Pms.Margin.Parameters;
using Pms.Margin.Revaluation;
using Pms.MarketData.Instruments;
using Pms.Scenarios;

namespace Pms.Margin.Requirement;

/// <summary>What the add-ons need of one contract, worked out once. Money is in money units a lot.</summary>
/// <param name="Row">row of the risk array</param>
/// <param name="Instrument">contract</param>
/// <param name="NotionalUsd">USD notional of a lot</param>
/// <param name="BasisDelta">gain for a forward 100 % higher at an unmoved spot</param>
/// <param name="DayDeviation">standard deviation over a day, from the scenarios with probability</param>
/// <param name="HalfSpread">cost of closing at the market</param>
/// <param name="DailyVolume">lots a day that the market trades, floors included</param>
/// <param name="DailyClose">lots a day that can be closed without being the market</param>
internal sealed record InstrumentFacts(
    int Row,
    Instrument Instrument,
    double NotionalUsd,
    double BasisDelta,
    double DayDeviation,
    double HalfSpread,
    double DailyVolume,
    double DailyClose)
{
    private const double DayYears = 1.0 / 365;

    public static InstrumentFacts Of(int index, MarginMarket market, RiskArray array, ScenarioSet set, RiskParameters parameters, MarketLiquidity liquidity)
    {
        var row = array.Rows[index];
        var instrument = row.Key.Instrument!;
        var family = market.Underlying(instrument.Underlying);
        var quoteUsd = market.UsdPrice(instrument.Underlying.Quote);
        var unit = new ScenarioValuation(market, parameters.Array.PerpetualBasisDays / 365).Of(instrument);
        var lotUnits = LotRule.PowerOfTen(row.LotExponent);
        var isInverse = instrument.Underlying.Settlement == Settlement.Inverse;
        var notionalUsd = (instrument.IsCountedInQuote ? 1 : family.Index) * quoteUsd;
        var basisDelta = instrument switch
        {
            EuropeanOption when isInverse => unit.SpotDelta - unit.Now,
            Spot => 0,
            _ => unit.SpotDelta,
        };
        var known = liquidity.Of(instrument);
        var p = parameters.Liquidity;
        var volumeFloor = (instrument is EuropeanOption ? p.OptionVolumeFloorUsd : p.FutureVolumeFloorUsd) / notionalUsd;
        var volume = Math.Max(volumeFloor, Math.Max(known.DailyVolume ?? 0, p.OpenInterestTurnover * (known.OpenInterest ?? 0)));
        var close = Math.Max(parameters.Concentration.Participation * volume, parameters.Concentration.OpenInterestShare * (known.OpenInterest ?? 0));
        return new InstrumentFacts(
            index,
            instrument,
            notionalUsd * lotUnits,
            basisDelta * lotUnits * Rounding.MoneyPerUsd,
            Deviation(row.Ticks[..set.TailCount], set.Weights) * Math.Sqrt(DayYears / set.HorizonYears),
            HalfSpreadUsd(instrument, unit.Now, family.Index * quoteUsd, notionalUsd, known, p) * lotUnits * Rounding.MoneyPerUsd,
            volume / lotUnits,
            close / lotUnits);
    }

    private static double HalfSpreadUsd(Instrument instrument, double value, double indexUsd, double notionalUsd, InstrumentLiquidity known, LiquidityParameters p)
    {
        if (instrument is not EuropeanOption)
        {
            return known.HalfSpreadUsd ?? (p.FutureHalfSpread * notionalUsd);
        }

        var usual = Math.Max(p.OptionHalfSpreadOfValue * value, p.OptionHalfSpreadOfIndex * indexUsd);
        return Math.Min(known.HalfSpreadUsd ?? usual, Math.Max(p.OptionHalfSpreadCapOfIndex * indexUsd, usual));
    }

    private static double Deviation(ReadOnlySpan<int> ticks, ReadOnlySpan<int> weights)
    {
        double sum = 0, squares = 0, total = 0;
        for (var s = 0; s < ticks.Length; s++)
        {
            double w = weights[s], x = ticks[s];
            total += w;
            sum += w * x;
            squares += w * x * x;
        }

        var mean = sum / total;
        return Math.Sqrt(Math.Max((squares / total) - (mean * mean), 0));
    }
}

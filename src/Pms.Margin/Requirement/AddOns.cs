using Pms.Margin.Parameters;
using Pms.MarketData.Instruments;

namespace Pms.Margin.Requirement;

/// <summary>What the scenarios do not see, line by line: each a formula of docs/model/margin.md, rounded up once.</summary>
internal static class AddOns
{
    /// <summary>Delta of one expiry offset by delta of others is charged a move of that expiry's own forward; delta that is not offset is in the scenarios.</summary>
    public static long Basis(ReadOnlySpan<(InstrumentFacts Facts, long Lots)> legs, BasisParameters p)
    {
        var deltas = new SortedDictionary<(string Coin, double Years), double>();
        foreach (var (facts, lots) in legs)
        {
            if (facts.BasisDelta != 0)
            {
                var key = (facts.Coin.Code, facts.BasisYears);
                deltas[key] = deltas.GetValueOrDefault(key) + (facts.BasisDelta * lots);
            }
        }

        var charge = 0.0;
        foreach (var coin in deltas.GroupBy(d => d.Key.Coin))
        {
            var up = coin.Sum(d => Math.Max(d.Value, 0));
            var down = coin.Sum(d => Math.Max(-d.Value, 0));
            var offset = Math.Min(up, down);
            if (offset <= 0)
            {
                continue;
            }

            foreach (var ((_, years), delta) in coin)
            {
                charge += Math.Max(p.LeastMove, p.MovePerYear * years) * Math.Abs(delta) * (offset / (delta > 0 ? up : down));
            }
        }

        return Rounding.Up(charge, "the basis add-on");
    }

    /// <summary>Half spread and square-root impact of closing every contract.</summary>
    public static long Liquidity(ReadOnlySpan<(InstrumentFacts Facts, long Lots)> legs, LiquidityParameters p)
    {
        var charge = 0.0;
        foreach (var (facts, lots) in legs)
        {
            var size = Math.Abs((double)lots);
            charge += size * (facts.HalfSpread + (p.ImpactFactor * facts.DayDeviation * Math.Sqrt(size / facts.DailyVolume)));
        }

        return Rounding.Up(charge, "the liquidity add-on");
    }

    /// <summary>Risk of what cannot be closed within a day.</summary>
    public static long Concentration(ReadOnlySpan<(InstrumentFacts Facts, long Lots)> legs, ConcentrationParameters p)
    {
        var charge = 0.0;
        foreach (var (facts, lots) in legs)
        {
            var size = Math.Abs((double)lots);
            var days = size / facts.DailyClose;
            if (days > 1)
            {
                charge += p.Factor * size * facts.DayDeviation * (Math.Sqrt(days) - 1);
            }
        }

        return Rounding.Up(charge, "the concentration add-on");
    }

    /// <summary>Options sold short, net over the strikes and expiries of a type, times a share of the index.</summary>
    public static long ShortOptionMinimum(ReadOnlySpan<(InstrumentFacts Facts, long Lots)> legs, LiquidityParameters p)
    {
        var net = new SortedDictionary<(string Family, OptionType Type), double>();
        foreach (var (facts, lots) in legs)
        {
            if (facts.Instrument is EuropeanOption option)
            {
                var key = (option.Underlying.Name, option.Type);
                net[key] = net.GetValueOrDefault(key) + (facts.NotionalUsd * lots);
            }
        }

        return Rounding.Up(net.Values.Sum(n => Math.Max(-n, 0)) * p.ShortOptionMinimum * Rounding.MoneyPerUsd, "the short option minimum");
    }
}

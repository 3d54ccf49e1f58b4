using Pms.Margin.Parameters;

namespace Pms.Margin.Requirement;

/// <summary>What the scenarios do not see, line by line: each a formula of docs/model/margin.md, rounded up once.</summary>
internal static class AddOns
{
    /// <summary>Groups up to this many are summed on the stack.</summary>
    private const int FewGroups = 256;

    /// <summary>Delta of one expiry offset by delta of others is charged a move of that expiry's own forward; delta that is not offset is in the scenarios.</summary>
    public static long Basis(ReadOnlySpan<(InstrumentFacts Facts, long Lots)> legs, NettingGroups groups, BasisParameters p)
    {
        var count = groups.BasisYears.Length;
        Span<double> deltas = count <= FewGroups ? stackalloc double[FewGroups] : new double[count];
        deltas = deltas[..count];
        deltas.Clear();
        foreach (var (facts, lots) in legs)
        {
            if (facts.BasisDelta != 0)
            {
                deltas[groups.BasisOfRow[facts.Row]] += facts.BasisDelta * lots;
            }
        }

        var charge = 0.0;
        for (var coin = 0; coin < groups.BasisStarts.Length - 1; coin++)
        {
            var (from, to) = (groups.BasisStarts[coin], groups.BasisStarts[coin + 1]);
            double up = 0, down = 0;
            foreach (var delta in deltas[from..to])
            {
                up += Math.Max(delta, 0);
                down += Math.Max(-delta, 0);
            }

            var offset = Math.Min(up, down);
            for (var g = from; g < to && offset > 0; g++)
            {
                charge += Math.Max(p.LeastMove, p.MovePerYear * groups.BasisYears[g]) * Math.Abs(deltas[g]) * (offset / (deltas[g] > 0 ? up : down));
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
    public static long ShortOptionMinimum(ReadOnlySpan<(InstrumentFacts Facts, long Lots)> legs, NettingGroups groups, LiquidityParameters p)
    {
        Span<double> net = groups.OptionGroups <= FewGroups ? stackalloc double[FewGroups] : new double[groups.OptionGroups];
        net = net[..groups.OptionGroups];
        net.Clear();
        foreach (var (facts, lots) in legs)
        {
            if (groups.OptionsOfRow[facts.Row] is >= 0 and var group)
            {
                net[group] += facts.NotionalUsd * lots;
            }
        }

        var sold = 0.0;
        foreach (var notional in net)
        {
            sold += Math.Max(-notional, 0);
        }

        return Rounding.Up(sold * p.ShortOptionMinimum * Rounding.MoneyPerUsd, "the short option minimum");
    }
}

using Pms.Margin.Requirement;
using Pms.Primitives;

namespace Pms.Solvency.Shortfalls;

/// <summary>Expected shortfall over K scenarios of equal weight as the mean of the m worst: whole numbers alone, as a circuit computes it.</summary>
/// <param name="Sum">of the m largest totals</param>
/// <param name="Count">m</param>
/// <param name="Threshold">the smallest of the m largest</param>
/// <remarks>Of equal totals any may be among the m: the sum is the same. <see cref="Es"/> is that of TailMeasure at level 1 - m / K where that is a whole number of parts per billion.</remarks>
public readonly record struct ShortfallTail(Int128 Sum, int Count, Int128 Threshold)
{
    /// <summary>ceil(sum / m).</summary>
    public Int128 Es => Rounding.CeilingOf(Sum, Count);

    /// <param name="totals">[scenario] shortfall of all accounts, money units, at least 0</param>
    /// <param name="m">scenarios of the tail, 1 to K</param>
    /// <exception cref="InvalidInputException"><c>shortfall-tail</c>: m outside its range, or a total below 0</exception>
    public static ShortfallTail Of(ReadOnlySpan<long> totals, int m)
    {
        var wide = new Int128[totals.Length];
        for (var s = 0; s < wide.Length; s++)
        {
            wide[s] = totals[s];
        }

        return OfOwn(wide, m);
    }

    /// <inheritdoc cref="Of(ReadOnlySpan{long}, int)"/>
    public static ShortfallTail Of(ReadOnlySpan<Int128> totals, int m) => OfOwn(totals.ToArray(), m);

    private static ShortfallTail OfOwn(Int128[] totals, int m)
    {
        if (m < 1 || m > totals.Length)
        {
            throw new InvalidInputException("shortfall-tail", $"the {m} worst of {totals.Length} scenarios: 1 to {totals.Length} are possible");
        }

        Array.Sort(totals);
        if (totals[0] < 0)
        {
            throw new InvalidInputException("shortfall-tail", $"a total of {totals[0]}: shortfalls are at least 0");
        }

        var sum = Int128.Zero;
        foreach (var total in totals.AsSpan(totals.Length - m))
        {
            sum = checked(sum + total);
        }

        return new ShortfallTail(sum, m, totals[^m]);
    }
}

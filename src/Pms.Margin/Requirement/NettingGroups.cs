using Pms.Margin.Arrays;
using Pms.Margin.Market;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Margin.Requirement;

/// <summary>Which rows of an array offset each other in a line of the margin: groups are numbered once, so that an account's sums need no keys.</summary>
internal sealed class NettingGroups
{
    /// <param name="array">rows</param>
    /// <param name="market">its instant</param>
    /// <param name="perpetualBasisYears">years for which a perpetual's basis counts</param>
    public NettingGroups(RiskArray array, MarginMarket market, double perpetualBasisYears)
    {
        var instruments = array.Rows.Select(r => r.Key.Instrument).ToArray();
        (CoinOfRow, var coins) = Ranked(instruments, i => i.Underlying.Base.Code, StringComparer.Ordinal);
        (BasisOfRow, var bases) = Ranked(
            instruments, i => (Coin: i.Underlying.Base.Code, Years: YearsOf(i)), Comparer<(string Coin, double Years)>.Create((a, b) => string.CompareOrdinal(a.Coin, b.Coin) is not 0 and var order ? order : a.Years.CompareTo(b.Years)));
        (OptionsOfRow, var options) = Ranked(
            instruments.Select(i => i as EuropeanOption).ToArray(), o => (Family: o.Underlying.Name, o.Type), Comparer<(string Family, OptionType Type)>.Create((a, b) => string.CompareOrdinal(a.Family, b.Family) is not 0 and var order ? order : a.Type.CompareTo(b.Type)));
        BasisYears = [.. bases.Select(b => b.Years)];
        BasisStarts = [.. coins.Select(c => bases.Count(b => string.CompareOrdinal(b.Coin, c) < 0)), bases.Length];
        OptionGroups = options.Length;

        double YearsOf(Instrument instrument) => instrument switch
        {
            EuropeanOption o => UtcTime.YearsBetween(market.At, o.Expiry),
            DatedFuture f => UtcTime.YearsBetween(market.At, f.Expiry),
            Perpetual => perpetualBasisYears,
            _ => 0,
        };
    }

    /// <summary>[row] contracts of one coin have one number, in the order of the coins' codes; -1 for assets.</summary>
    public int[] CoinOfRow { get; }

    /// <summary>[row] contracts of one coin and one time to expiry have one number, by coin, then time; -1 for assets.</summary>
    public int[] BasisOfRow { get; }

    /// <summary>[basis group] years to expiry; those of a perpetual's basis; 0 for spot.</summary>
    public double[] BasisYears { get; }

    /// <summary>[coin + 1] where a coin's basis groups begin.</summary>
    public int[] BasisStarts { get; }

    /// <summary>[row] options of one family and type have one number, by family, calls before puts; -1 for anything else.</summary>
    public int[] OptionsOfRow { get; }

    /// <summary>How many of these there are.</summary>
    public int OptionGroups { get; }

    /// <returns>[row] rank of its key among all different ones, -1 without an instrument; the keys by rank</returns>
    private static (int[] OfRow, TKey[] Keys) Ranked<TInstrument, TKey>(TInstrument?[] instruments, Func<TInstrument, TKey> keyOf, IComparer<TKey> order)
        where TInstrument : Instrument
    {
        TKey[] keys = [.. instruments.OfType<TInstrument>().Select(keyOf).Distinct().Order(order)];
        return ([.. instruments.Select(i => i is null ? -1 : Array.BinarySearch(keys, keyOf(i), order))], keys);
    }
}

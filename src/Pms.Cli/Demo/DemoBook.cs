using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Numerics;

namespace Pms.Cli.Demo;

/// <summary>An account of the demonstration before it is opened.</summary>
/// <param name="Style">for people</param>
/// <param name="Legs">bought positive, coins</param>
/// <param name="Cushion">deposit over initial margin</param>
internal sealed record DemoAccount(string Style, ImmutableArray<(Instrument Instrument, decimal Quantity)> Legs, double Cushion);

/// <summary>What the demonstration's house lists and what its accounts hold: a few strikes of a near and a far expiry of each coin, in the usual shapes, most of them short of something.</summary>
internal static class DemoBook
{
    /// <summary>Strikes over the index: of puts up to 1, of calls from 1.</summary>
    private static readonly double[] Moneyness = [0.85, 0.93, 1.0, 1.07, 1.15];

    private static readonly TimeSpan Near = TimeSpan.FromDays(5);
    private static readonly TimeSpan Far = TimeSpan.FromDays(25);

    /// <summary>Contracts to be listed.</summary>
    public static ImmutableArray<Instrument> Contracts(MarketSnapshot snapshot) =>
        [.. Families(snapshot).SelectMany(f => f.Series.SelectMany(s => s.Puts.Concat(s.Calls)).Append(f.Perpetual)).DistinctBy(i => i.Name)];

    /// <summary>Accounts in order; equal seeds give equal accounts.</summary>
    public static ImmutableArray<DemoAccount> Draw(MarketSnapshot snapshot, int count, ulong seed)
    {
        var families = Families(snapshot);
        return [.. Enumerable.Range(0, count).Select(i => Draw(families, i, new RandomStream(seed).Derive((ulong)i)))];
    }

    private static DemoAccount Draw(ImmutableArray<Family> families, int place, RandomStream draw)
    {
        var family = families[place % families.Length];
        var series = family.Series[draw.Uniform(0) < 0.5 ? 0 : family.Series.Length - 1];
        // A median account trades some 12,000 USD a leg; hundredths of a coin.
        var coins = Math.Max(decimal.Round((decimal)(12_000 * ElementaryMath.Exp(2 * (draw.Uniform(1) - 0.5)) / family.Index), 2), 0.01m);
        // One in five stands close above its margin.
        var cushion = draw.Uniform(2) < 0.2 ? 1.02 + (0.1 * draw.Uniform(3)) : 1.15 + (1.5 * draw.Uniform(3));
        var (puts, calls) = (series.Puts, series.Calls);
        (string, ImmutableArray<(Instrument, decimal)>) drawn = (place / families.Length % 6) switch
        {
            0 => ("short-put", [(puts[^2], -coins)]),
            1 => ("short-strangle", [(puts[0], -coins), (calls[^1], -coins)]),
            2 => ("put-spread", [(puts[^2], -coins), (puts[0], coins)]),
            3 => ("covered-call", [(family.Perpetual, coins), (calls[1], -coins)]),
            4 => ("long-straddle", [(puts[^1], coins), (calls[0], coins)]),
            _ => ("iron-condor", [(puts[^2], -coins), (puts[0], coins), (calls[1], -coins), (calls[^1], coins)]),
        };
        return new DemoAccount(drawn.Item1, drawn.Item2, cushion);
    }

    private static ImmutableArray<Family> Families(MarketSnapshot snapshot) => [.. snapshot.Boards.Where(b => !b.Expiries.IsEmpty).OrderBy(b => b.Id.Name, StringComparer.Ordinal).Select(b => FamilyOf(b, snapshot.ObservedAt))];

    private static Family FamilyOf(UnderlyingBoard board, DateTimeOffset now)
    {
        var index = board.Index!.Value.Price;
        var series = new[] { Near, Far }.Select(after => board.Expiries.OrderBy(e => e.Expiry).FirstOrDefault(e => e.Expiry >= now + after) ?? board.Expiries.MaxBy(e => e.Expiry)!).DistinctBy(e => e.Expiry)
            .Select(e => new Series(Options(e, OptionType.Put, index), Options(e, OptionType.Call, index)));
        return new Family(index, new Perpetual(board.Id), [.. series]);
    }

    /// <summary>By rising strike.</summary>
    private static ImmutableArray<Instrument> Options(ExpiryBoard expiry, OptionType type, double index)
    {
        EuropeanOption[] options = [.. expiry.Options.Select(q => (EuropeanOption)q.Instrument).Where(o => o.Type == type)];
        return [.. Moneyness.Where(m => type == OptionType.Put ? m <= 1 : m >= 1).Select(m => options.MinBy(o => Math.Abs((double)o.Strike - (m * index)))!)];
    }

    private sealed record Family(double Index, Perpetual Perpetual, ImmutableArray<Series> Series);

    private sealed record Series(ImmutableArray<Instrument> Puts, ImmutableArray<Instrument> Calls);
}

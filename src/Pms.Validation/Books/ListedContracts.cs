using System.Collections.Immutable;
using Pms.Margin.Market;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Numerics;
using Pms.Pricing;
using Pms.Validation.WalkForward;
using Pms.Volatility;

namespace Pms.Validation.Books;

/// <summary>One expiry's options that are listed and quoted.</summary>
/// <param name="Slice">fitted smile</param>
/// <param name="Options">with a price that they can be revalued from</param>
public sealed record ListedExpiry(VolSlice Slice, ImmutableArray<EuropeanOption> Options)
{
    public DateTimeOffset Expiry => Slice.Expiry;

    public double Days => Slice.Years * 365;

    /// <summary>The option nearest to so many standard deviations from the forward.</summary>
    public EuropeanOption Option(OptionType type, double deviations) =>
        AtStrike(type, Slice.Forward * ElementaryMath.Exp(deviations * Math.Sqrt(Slice.Smile.TotalVariance(0))));

    public EuropeanOption AtStrike(OptionType type, double strike) => Options.Where(o => o.Type == type).MinBy(o => Math.Abs(o.StrikeValue - strike))!;

    /// <summary>Coins of forward per coin of option.</summary>
    public double Delta(EuropeanOption option) =>
        Black76.Greeks(new BlackInputs(option.Type, Slice.Forward, option.StrikeValue, Slice.Years, Slice.Vol(ElementaryMath.LogRatio(option.StrikeValue, Slice.Forward)))).Delta;
}

/// <summary>What of one coin can be traded on a board: the first of its families that has a surface.</summary>
/// <param name="Id">family</param>
/// <param name="UsdPrice">of the coin</param>
/// <param name="Expiries">soonest first</param>
public sealed record ListedContracts(UnderlyingId Id, double UsdPrice, ImmutableArray<ListedExpiry> Expiries)
{
    public Asset Coin => Id.Base;

    /// <summary>All coins of a board with a surface, options of both types and quotes to revalue them by; by name.</summary>
    /// <param name="snapshot">board</param>
    /// <param name="market">of it</param>
    /// <param name="leastDays">an option that expires sooner is not taken into a book</param>
    public static ImmutableArray<ListedContracts> Of(MarketSnapshot snapshot, MarginMarket market, double leastDays)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(market);
        return
        [
            .. snapshot.Boards.Select(b => Of(b, market, snapshot.ObservedAt, leastDays)).OfType<ListedContracts>().GroupBy(c => c.Coin).Select(g => g.First()).OrderBy(c => c.Coin.Code, StringComparer.Ordinal),
        ];
    }

    /// <summary>The expiry nearest in time, by ratio of days.</summary>
    public ListedExpiry? Nearest(double days) => Expiries.MinBy(e => Math.Abs(ElementaryMath.LogRatio(e.Days, days)));

    private static ListedContracts? Of(UnderlyingBoard board, MarginMarket market, DateTimeOffset at, double leastDays)
    {
        var surface = market.Underlying(board.Id).Surface;
        if (surface is null)
        {
            return null;
        }

        var expiries = board.Expiries
            .Select(e => (Slice: surface.Slices.FirstOrDefault(s => s.Expiry == e.Expiry && s.Years * 365 > leastDays), Board: e))
            .Where(e => e.Slice is not null)
            .Select(e => new ListedExpiry(e.Slice!, [.. e.Board.Options.Where(q => QuotedPrice.Of(q, at) is not null).Select(q => q.Instrument).OfType<EuropeanOption>()]))
            .Where(e => e.Options.Any(o => o.Type == OptionType.Call) && e.Options.Any(o => o.Type == OptionType.Put))
            .ToImmutableArray();
        return expiries.IsEmpty ? null : new ListedContracts(board.Id, market.UsdPrice(board.Id.Base), expiries);
    }
}

using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Volatility;

namespace Pms.Margin.Market;

/// <summary>A price that the market does not show and that was taken as given.</summary>
/// <param name="Asset">whose</param>
/// <param name="UsdPrice">USD per unit</param>
/// <param name="Reason">where it comes from, for the reader of the result</param>
public sealed record AssumedPrice(Asset Asset, double UsdPrice, string Reason);

/// <summary>A snapshot and its fitted surfaces as what valuation needs.</summary>
/// <remarks>
/// Index: the board's, else the mid of its spot, else the forward of its first surface slice. Marks of perpetuals and futures: the venue's,
/// else the mid, else nothing (valuation then takes index and surface forward). A quote currency without a price in the snapshot (a board of it
/// in USD) is taken from <c>given</c>, else at 1 USD; a pegged asset that is held, at the price of its anchor. All of these are reported, never silent.
/// </remarks>
public static class MarginMarketBuilder
{
    /// <param name="snapshot">sealed quotes</param>
    /// <param name="surfaces">of the families that could be fitted</param>
    /// <param name="given">USD prices that the caller knows: of assets held as collateral, of stablecoins</param>
    /// <param name="pegs">assets that follow another</param>
    /// <param name="held">assets whose price is needed beside those of the snapshot</param>
    /// <param name="assumed">prices that the snapshot does not show</param>
    /// <exception cref="InvalidInputException"><c>margin-market</c>; <c>index-missing</c>: a family without any price of its coin</exception>
    public static MarginMarket Build(
        MarketSnapshot snapshot,
        IReadOnlyList<VolSurface> surfaces,
        IReadOnlyDictionary<Asset, double> given,
        IReadOnlyCollection<PeggedAsset> pegs,
        IReadOnlyCollection<Asset> held,
        out ImmutableArray<AssumedPrice> assumed)
    {
        ArgumentNullException.ThrowIfNull(pegs);
        ArgumentNullException.ThrowIfNull(held);
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(surfaces);
        ArgumentNullException.ThrowIfNull(given);
        var underlyings = new List<UnderlyingMarket>();
        foreach (var board in snapshot.Boards)
        {
            var surface = surfaces.FirstOrDefault(s => s.Underlying == board.Id);
            underlyings.Add(new UnderlyingMarket(board.Id, Index(board, surface), surface, Perpetual(board), [.. Futures(board)]));
        }

        var notes = ImmutableArray.CreateBuilder<AssumedPrice>();
        var prices = new Dictionary<Asset, double>();
        foreach (var (asset, price) in given.OrderBy(g => g.Key.Code, StringComparer.Ordinal))
        {
            prices[asset] = price;
            notes.Add(new AssumedPrice(asset, price, "given by the caller"));
        }

        // A coin's own USD board first; a linear board of the coin prices it through its quote currency.
        foreach (var u in underlyings.Where(u => u.Id.Quote == Asset.Usd).OrderBy(u => u.Id.Settlement == Settlement.Inverse ? 0 : 1))
        {
            prices.TryAdd(u.Id.Base, u.Index);
        }

        foreach (var quote in underlyings.Select(u => u.Id.Quote).Distinct().Where(q => q != Asset.Usd))
        {
            if (prices.TryAdd(quote, 1.0))
            {
                notes.Add(new AssumedPrice(quote, 1.0, "no price in the snapshot: taken at 1 USD"));
            }
        }

        foreach (var u in underlyings.Where(u => u.Id.Quote != Asset.Usd))
        {
            prices.TryAdd(u.Id.Base, u.Index * prices[u.Id.Quote]);
        }

        prices[Asset.Usd] = 1.0;
        foreach (var asset in held.Distinct().Where(a => !prices.ContainsKey(a)).OrderBy(a => a.Code, StringComparer.Ordinal))
        {
            if (pegs.FirstOrDefault(p => p.Asset == asset) is { } peg && prices.TryGetValue(peg.Anchor, out var anchor))
            {
                prices.Add(asset, anchor);
                notes.Add(new AssumedPrice(asset, anchor, $"no price in the snapshot: taken at that of its anchor {peg.Anchor}"));
            }
        }

        assumed = notes.ToImmutable();
        return new MarginMarket(snapshot.ObservedAt, snapshot.Hash, underlyings, prices);
    }

    private static double Index(UnderlyingBoard board, VolSurface? surface)
    {
        return board.Index?.Price
            ?? MarkOf(board.Linears.FirstOrDefault(q => q.Instrument is Spot))
            ?? surface?.Slices[0].Forward
            ?? MarkOf(board.Linears.FirstOrDefault(q => q.Instrument is Perpetual))
            ?? throw new InvalidInputException("index-missing", $"{board.Id} has no index, spot, surface or perpetual to take the price of {board.Id.Base} from");
    }

    private static double? Perpetual(UnderlyingBoard board) => MarkOf(board.Linears.FirstOrDefault(q => q.Instrument is Perpetual));

    private static IEnumerable<FutureMark> Futures(UnderlyingBoard board)
    {
        foreach (var quote in board.Linears.OrderBy(q => (q.Instrument as DatedFuture)?.Expiry))
        {
            if (quote.Instrument is DatedFuture future && MarkOf(quote) is { } mark)
            {
                yield return new FutureMark(future.Expiry, mark);
            }
        }
    }

    private static double? MarkOf(InstrumentQuote? quote) => quote switch
    {
        null => null,
        { Values.Mark: > 0 } => quote.Values.Mark,
        { IsTwoSided: true } => 0.5 * (quote.Bid!.Value + quote.Ask!.Value),
        _ => null,
    };
}

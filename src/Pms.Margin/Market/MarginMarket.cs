using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Volatility;

namespace Pms.Margin.Market;

/// <summary>The mark of a listed future.</summary>
/// <param name="Expiry">UTC</param>
/// <param name="Price">quote per coin, above 0</param>
public readonly record struct FutureMark(DateTimeOffset Expiry, double Price);

/// <summary>What valuation needs of one option family.</summary>
/// <param name="Id">family</param>
/// <param name="Index">spot, quote per coin, above 0</param>
/// <param name="Surface">null where no option could be fitted: its options cannot be valued then</param>
/// <param name="PerpetualMark">quote per coin; null: the index is taken</param>
/// <param name="Futures">soonest first; a future without a mark is valued at the surface's forward</param>
public sealed record UnderlyingMarket(UnderlyingId Id, double Index, VolSurface? Surface, double? PerpetualMark, ImmutableArray<FutureMark> Futures);

/// <summary>Everything that valuation needs of one instant; immutable.</summary>
public sealed class MarginMarket
{
    private readonly Dictionary<UnderlyingId, UnderlyingMarket> _underlyings;
    private readonly Dictionary<Asset, double> _usdPrices;

    /// <param name="at">instant</param>
    /// <param name="snapshotHash">of the snapshot it was made from</param>
    /// <param name="underlyings">families</param>
    /// <param name="usdPrices">USD per unit of every asset that may be held or settled in, USD itself excepted</param>
    /// <exception cref="InvalidInputException"><c>margin-market</c>: a family twice, a price that is not a finite number above 0</exception>
    public MarginMarket(DateTimeOffset at, ContentHash snapshotHash, IEnumerable<UnderlyingMarket> underlyings, IReadOnlyDictionary<Asset, double> usdPrices)
    {
        ArgumentNullException.ThrowIfNull(underlyings);
        ArgumentNullException.ThrowIfNull(usdPrices);
        At = at;
        SnapshotHash = snapshotHash;
        Underlyings = [.. underlyings.OrderBy(u => u.Id.Name, StringComparer.Ordinal)];
        _underlyings = [];
        foreach (var u in Underlyings)
        {
            RequirePrice(u.Index, $"index of {u.Id}");
            RequirePrice(u.PerpetualMark ?? u.Index, $"perpetual mark of {u.Id}");
            foreach (var f in u.Futures)
            {
                RequirePrice(f.Price, $"mark of the {u.Id} future of {f.Expiry:u}");
            }

            if (!_underlyings.TryAdd(u.Id, u))
            {
                throw new InvalidInputException("margin-market", $"{u.Id} stands twice in the market");
            }
        }

        _usdPrices = new Dictionary<Asset, double>(usdPrices) { [Asset.Usd] = 1.0 };
        foreach (var (asset, price) in _usdPrices)
        {
            RequirePrice(price, $"price of {asset}");
        }
    }

    public DateTimeOffset At { get; }

    public ContentHash SnapshotHash { get; }

    /// <summary>By name.</summary>
    public ImmutableArray<UnderlyingMarket> Underlyings { get; }

    /// <summary>Assets with a price, by code.</summary>
    public IEnumerable<Asset> Assets => _usdPrices.Keys.OrderBy(a => a.Code, StringComparer.Ordinal);

    /// <exception cref="InvalidInputException"><c>underlying-missing</c></exception>
    public UnderlyingMarket Underlying(UnderlyingId id) => _underlyings.TryGetValue(id, out var found)
        ? found
        : throw new InvalidInputException("underlying-missing", $"the market has no {id}; it has {string.Join(", ", Underlyings.Select(u => u.Id.Name))}");

    /// <summary>USD per unit.</summary>
    /// <exception cref="InvalidInputException"><c>asset-price-missing</c></exception>
    public double UsdPrice(Asset asset) => _usdPrices.TryGetValue(asset, out var price)
        ? price
        : throw new InvalidInputException("asset-price-missing", $"the market has no USD price of {asset}; it has {string.Join(", ", Assets)}");

    public bool TryUsdPrice(Asset asset, out double price) => _usdPrices.TryGetValue(asset, out price);

    private static void RequirePrice(double price, string what)
    {
        if (!(price > 0) || !double.IsFinite(price))
        {
            throw new InvalidInputException("margin-market", $"{what} is {price}: a finite number above 0 is required");
        }
    }
}

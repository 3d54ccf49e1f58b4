using System.Collections.Immutable;
using Pms.Margin.Market;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Pricing;
using Pms.Primitives;

namespace Pms.Margin.Venues;

/// <summary>An option position with what marks it.</summary>
/// <param name="Instrument">contract</param>
/// <param name="Quantity">coins, long positive</param>
/// <param name="Years">ACT/365 to expiry, at least 0</param>
/// <param name="Forward">quote per coin</param>
/// <param name="Vol">of the surface at the strike, annual; 0 at expiry</param>
/// <param name="UsdPerQuote">USD for one unit of quote-currency value: the quote's price for linear contracts, coin price / forward for coin-settled ones</param>
public sealed record VenueOption(EuropeanOption Instrument, double Quantity, double Years, double Forward, double Vol, double UsdPerQuote)
{
    public double Days => Years * 365;

    public double Strike => Instrument.StrikeValue;

    public OptionType Type => Instrument.Type;

    /// <summary>Value of one coin of it in quote currency at a moved forward and vol; time does not pass.</summary>
    public double QuoteValue(double forward, double vol) => OptionValue.Black(Type, forward, Strike, Years, vol);

    /// <summary>Value of the position now, USD.</summary>
    public double ValueUsd => Quantity * QuoteValue(Forward, Vol) * UsdPerQuote;

    /// <summary>Change of value for a move of the forward and another vol, USD; for a coin-settled contract at the coin price moved likewise.</summary>
    public double PnlUsd(double move, double vol) => Quantity * (QuoteValue(Forward * (1 + move), vol) - QuoteValue(Forward, Vol)) * UsdPerQuote;

    /// <summary>d value / d forward of one coin, in coins.</summary>
    public double Delta => Years == 0 || Vol == 0
        ? (Type == OptionType.Call ? (Forward > Strike ? 1 : 0) : Forward < Strike ? -1 : 0)
        : Black76.Greeks(new BlackInputs(Type, Forward, Strike, Years, Vol)).Delta;
}

/// <summary>A future or perpetual.</summary>
/// <param name="Instrument">contract</param>
/// <param name="Coins">signed coins: of inverse contracts the quantity in quote currency over the price</param>
/// <param name="Years">ACT/365 to expiry; 0 for a perpetual</param>
/// <param name="Price">mark, quote per coin</param>
/// <param name="UsdPerQuote">as of an option</param>
public sealed record VenueFuture(Instrument Instrument, double Coins, double Years, double Price, double UsdPerQuote)
{
    public bool IsPerpetual => Instrument is Perpetual;

    /// <summary>USD, signed.</summary>
    public double NotionalUsd => Coins * Price * UsdPerQuote;

    /// <summary>Profit of a relative move of the price, USD; for an inverse contract at the moved coin price.</summary>
    public double PnlUsd(double move) => NotionalUsd * move;
}

/// <summary>The positions of one family.</summary>
/// <param name="Market">marks</param>
/// <param name="QuoteUsd">USD per unit of quote currency</param>
/// <param name="CoinUsd">USD per coin</param>
/// <param name="Options">by name</param>
/// <param name="Futures">by name</param>
public sealed record VenueFamily(UnderlyingMarket Market, double QuoteUsd, double CoinUsd, ImmutableArray<VenueOption> Options, ImmutableArray<VenueFuture> Futures)
{
    public UnderlyingId Id => Market.Id;
}

/// <summary>The positions on one coin, whatever they are settled in, and how much of the coin is held.</summary>
/// <param name="Coin">base asset</param>
/// <param name="SpotUsd">USD per coin</param>
/// <param name="Held">coins held as collateral or spot</param>
/// <param name="Families">by name</param>
public sealed record VenueUnderlying(Asset Coin, double SpotUsd, double Held, ImmutableArray<VenueFamily> Families)
{
    public IEnumerable<VenueOption> Options => Families.SelectMany(f => f.Options);

    public IEnumerable<VenueFuture> Futures => Families.SelectMany(f => f.Futures);

    public bool HasPositions => Families.Any(f => f.Options.Length + f.Futures.Length > 0);
}

/// <summary>An asset held that is no underlying of a position.</summary>
public readonly record struct VenueHolding(Asset Asset, double Amount, double PriceUsd)
{
    public double ValueUsd => Amount * PriceUsd;
}

/// <summary>An account with its marks, in the form that the venues' models share.</summary>
public sealed class VenueBook
{
    private VenueBook(Account account, MarginMarket market, ImmutableArray<VenueUnderlying> underlyings, ImmutableArray<VenueHolding> others)
    {
        Account = account;
        Market = market;
        Underlyings = underlyings;
        Others = others;
        OptionValueUsd = underlyings.Sum(u => u.Options.Sum(o => o.ValueUsd));
        CollateralUsd = underlyings.Sum(u => u.Held * u.SpotUsd) + others.Sum(o => o.ValueUsd);
    }

    public Account Account { get; }

    public MarginMarket Market { get; }

    /// <summary>By coin; those held without a position are in <see cref="Others"/>.</summary>
    public ImmutableArray<VenueUnderlying> Underlyings { get; }

    /// <summary>By asset.</summary>
    public ImmutableArray<VenueHolding> Others { get; }

    public double OptionValueUsd { get; }

    public double CollateralUsd { get; }

    public double EquityUsd => CollateralUsd + OptionValueUsd;

    /// <exception cref="InvalidInputException"><c>underlying-missing</c>, <c>asset-price-missing</c>, <c>surface-missing</c>, <c>instrument-kind</c></exception>
    public static VenueBook Of(Account account, MarginMarket market)
    {
        ArgumentNullException.ThrowIfNull(account);
        ArgumentNullException.ThrowIfNull(market);
        var families = new SortedDictionary<string, (UnderlyingMarket Market, List<VenueOption> Options, List<VenueFuture> Futures)>(StringComparer.Ordinal);
        var held = new SortedDictionary<string, (Asset Asset, double Amount)>(StringComparer.Ordinal);
        foreach (var c in account.Collateral)
        {
            Hold(held, c.Asset, (double)c.Amount);
        }

        // The order of the file must not reach the last digit of a sum.
        foreach (var p in account.Positions.OrderBy(p => p.Instrument.Name, StringComparer.Ordinal))
        {
            if (p.Instrument is Spot spot)
            {
                Hold(held, spot.Underlying.Base, (double)p.Quantity);
                continue;
            }

            var id = p.Instrument.Underlying;
            if (!families.TryGetValue(id.Name, out var family))
            {
                family = (market.Underlying(id), [], []);
                families.Add(id.Name, family);
            }

            Add(family.Market, p, market, family.Options, family.Futures);
        }

        var underlyings = ImmutableArray.CreateBuilder<VenueUnderlying>();
        foreach (var coin in families.Values.GroupBy(f => f.Market.Id.Base).OrderBy(g => g.Key.Code, StringComparer.Ordinal))
        {
            var built = coin.Select(f => new VenueFamily(f.Market, market.UsdPrice(f.Market.Id.Quote), CoinUsd(f.Market, market), [.. f.Options], [.. f.Futures])).ToImmutableArray();
            var spotUsd = market.TryUsdPrice(coin.Key, out var price) ? price : built[0].CoinUsd;
            held.Remove(coin.Key.Code, out var own);
            underlyings.Add(new VenueUnderlying(coin.Key, spotUsd, own.Amount, built));
        }

        return new VenueBook(account, market, underlyings.ToImmutable(), [.. held.Values.Select(h => new VenueHolding(h.Asset, h.Amount, market.UsdPrice(h.Asset)))]);
    }

    private static void Hold(SortedDictionary<string, (Asset Asset, double Amount)> held, Asset asset, double amount) =>
        held[asset.Code] = (asset, (held.TryGetValue(asset.Code, out var before) ? before.Amount : 0) + amount);

    private static double CoinUsd(UnderlyingMarket family, MarginMarket market) =>
        market.TryUsdPrice(family.Id.Base, out var price) ? price : family.Index * market.UsdPrice(family.Id.Quote);

    private static void Add(UnderlyingMarket family, Position position, MarginMarket market, List<VenueOption> options, List<VenueFuture> futures)
    {
        var quantity = (double)position.Quantity;
        double UsdPerQuote(double price) => family.Id.Settlement == Settlement.Inverse ? CoinUsd(family, market) / price : market.UsdPrice(family.Id.Quote);
        switch (position.Instrument)
        {
            case EuropeanOption option:
                var years = Math.Max(0, UtcTime.YearsBetween(market.At, option.Expiry));
                var surface = family.Surface ?? throw new InvalidInputException("surface-missing", $"{option.Name} cannot be valued: {family.Id} has no surface");
                var forward = years == 0 ? family.Index : surface.Find(option.Expiry)?.Forward ?? surface.Forward(years);
                var vol = years == 0 ? 0 : surface.Vol(ElementaryMath.LogRatio(option.StrikeValue, forward), years);
                options.Add(new VenueOption(option, quantity, years, forward, vol, UsdPerQuote(forward)));
                break;
            case Perpetual:
                var mark = family.PerpetualMark ?? family.Index;
                futures.Add(new VenueFuture(position.Instrument, Coins(family, quantity, mark), 0, mark, UsdPerQuote(mark)));
                break;
            case DatedFuture dated:
                var left = Math.Max(0, UtcTime.YearsBetween(market.At, dated.Expiry));
                var price = FuturePrice(family, dated.Expiry, left);
                futures.Add(new VenueFuture(dated, Coins(family, quantity, price), left, price, UsdPerQuote(price)));
                break;
            default:
                throw new InvalidInputException("instrument-kind", $"{position.Instrument.Name} is of no kind that a venue's model knows");
        }
    }

    private static double FuturePrice(UnderlyingMarket family, DateTimeOffset expiry, double years)
    {
        foreach (var f in family.Futures)
        {
            if (f.Expiry == expiry)
            {
                return f.Price;
            }
        }

        return years > 0 && family.Surface is { } surface ? surface.Forward(years) : family.Index;
    }

    private static double Coins(UnderlyingMarket family, double quantity, double price) => family.Id.Settlement == Settlement.Inverse ? quantity / price : quantity;
}

using System.Collections.Immutable;
using System.Globalization;
using Pms.Margin.Market;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.Margin.Revaluation;
using Pms.MarketData.Instruments;
using Pms.Pricing;
using Pms.Primitives;

namespace Pms.Margin.Explain;

/// <summary>A trade that an account thinks of.</summary>
/// <param name="Instrument">contract</param>
/// <param name="Quantity">units, bought positive, not 0</param>
/// <param name="Price">in the contract's own price unit (coin per coin for inverse options, else quote currency per coin); null: at the fitted value or mark</param>
public sealed record Order(Instrument Instrument, decimal Quantity, decimal? Price = null)
{
    /// <summary>Reads NAME:QUANTITY or NAME:QUANTITY@PRICE, as in BTC-27MAR26-100000-C:+5 or ETH-PERPETUAL:-20000@2950.</summary>
    /// <exception cref="InvalidInputException"><c>order-format</c>; <c>instrument-name</c>, <c>instrument-combo</c></exception>
    public static Order Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var colon = text.LastIndexOf(':');
        var at = text.IndexOf('@', Math.Max(colon, 0));
        var size = colon < 0 ? "" : text[(colon + 1)..(at < 0 ? text.Length : at)];
        decimal? price = null;
        if (at >= 0)
        {
            price = TryNumber(text[(at + 1)..], out var p) && p > 0 ? p : throw Malformed(text, "the price after @ is not a number above 0");
        }

        return TryNumber(size, out var quantity) && quantity != 0
            ? new Order(DeribitNames.Parse(text.AsSpan(0, colon)), quantity, price)
            : throw Malformed(text, colon < 0 ? "there is no quantity after a colon" : "the quantity after the colon is not a number other than 0");
    }

    private static bool TryNumber(string text, out decimal number) =>
        decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number)
        && Math.Abs(number) <= PortfolioFile.MaxQuantity;

    private static InvalidInputException Malformed(string text, string why) =>
        new("order-format", $"'{PrintableText.Of(text)}' is not an order: {why}; NAME:QUANTITY or NAME:QUANTITY@PRICE is expected, as in BTC-27MAR26-100000-C:+5");
}

/// <summary>What an order costs in the asset that it is settled in.</summary>
/// <param name="Order">order</param>
/// <param name="Asset">settlement asset</param>
/// <param name="Payment">units of it that the account receives, negative where it pays; rounded down to 1e-8</param>
/// <param name="InitialAlone">change of the initial margin by this order alone, money units</param>
/// <param name="MaintenanceAlone">likewise of the maintenance margin</param>
public sealed record OrderEffect(Order Order, Asset Asset, decimal Payment, long InitialAlone, long MaintenanceAlone);

/// <summary>An account's margin before and after some orders.</summary>
/// <param name="Before">as it is</param>
/// <param name="After">with all orders filled</param>
/// <param name="Orders">each order; its effect alone is not its share of the whole</param>
public sealed record WhatIf(MarginResult Before, MarginResult After, ImmutableArray<OrderEffect> Orders)
{
    /// <summary>More than this many orders are refused.</summary>
    public const int MostOrders = 1_000;

    private const decimal PaymentUnit = 0.00000001m;

    /// <summary>Works out both margins.</summary>
    /// <remarks>
    /// An option or a coin is paid for when it is bought: its premium leaves, and its value enters, the account. A future costs nothing at its mark; at another price
    /// the difference is settled at once. Fees are not in it.
    /// </remarks>
    /// <param name="engine">its array has a row of every contract in account and orders, and of their settlement assets but USD</param>
    /// <param name="account">before</param>
    /// <param name="orders">all of them are filled</param>
    /// <exception cref="InvalidInputException"><c>order-count</c>: none or too many; codes of <see cref="MarginEngine.Evaluate(Account, MarginContext?)"/></exception>
    public static WhatIf Of(MarginEngine engine, Account account, IReadOnlyList<Order> orders) => Of(new LiveMargin(engine, account), orders);

    /// <summary>Works out both margins of an account that is kept at hand; it stays as it is.</summary>
    /// <inheritdoc cref="Of(MarginEngine, Account, IReadOnlyList{Order})" path="/remarks"/>
    /// <param name="live">before; its engine's array has a row of every contract of the orders, and of their settlement assets but USD</param>
    /// <param name="orders">all of them are filled</param>
    /// <exception cref="InvalidInputException"><c>order-count</c>: none or too many; codes of <see cref="MarginEngine.Evaluate(Account, MarginContext?)"/></exception>
    public static WhatIf Of(LiveMargin live, IReadOnlyList<Order> orders)
    {
        ArgumentNullException.ThrowIfNull(live);
        ArgumentNullException.ThrowIfNull(orders);
        if (orders.Count is 0 or > MostOrders)
        {
            throw new InvalidInputException("order-count", $"{orders.Count} orders: 1 to {MostOrders} are required");
        }

        var (before, market) = (live.Current, live.Engine.Market);
        var valuation = new ScenarioValuation(market, live.Engine.Parameters.Array.PerpetualBasisDays / 365);
        var payments = orders.Select(o => Payment(o, market, valuation)).ToArray();
        var after = live.Evaluate(Fill(live.Account, orders.Zip(payments)));
        return new WhatIf(before, after, [.. orders.Zip(payments, (order, payment) =>
        {
            var alone = orders.Count == 1 ? after : live.Evaluate(Fill(live.Account, [(order, payment)]));
            return new OrderEffect(order, order.Instrument.Underlying.SettlementAsset, payment, alone.Initial - before.Initial, alone.Maintenance - before.Maintenance);
        })]);
    }

    /// <summary>Assets in which orders are settled.</summary>
    public static IEnumerable<Asset> SettlementAssets(IEnumerable<Order> orders) => orders.Select(o => o.Instrument.Underlying.SettlementAsset).Distinct();

    /// <summary>The account with orders filled and paid.</summary>
    private static Account Fill(Account account, IEnumerable<(Order Order, decimal Payment)> fills)
    {
        var positions = account.Positions.ToDictionary(p => p.Instrument, p => p.Quantity);
        var assets = account.Collateral.ToDictionary(c => c.Asset, c => c.Amount);
        foreach (var (order, payment) in fills)
        {
            positions[order.Instrument] = positions.GetValueOrDefault(order.Instrument) + order.Quantity;
            var asset = order.Instrument.Underlying.SettlementAsset;
            assets[asset] = assets.GetValueOrDefault(asset) + payment;
        }

        return new Account(
            account.Id,
            [.. positions.Where(p => p.Value != 0).Select(p => new Position(p.Key, p.Value)).OrderBy(p => p.Instrument.Name, StringComparer.Ordinal)],
            [.. assets.Where(a => a.Value != 0).Select(a => new CollateralHolding(a.Key, a.Value)).OrderBy(a => a.Asset.Code, StringComparer.Ordinal)]);
    }

    private static decimal Payment(Order order, MarginMarket market, ScenarioValuation valuation)
    {
        var instrument = order.Instrument;
        var unit = valuation.Of(instrument);
        double perUnit;
        if (instrument is EuropeanOption or Spot)
        {
            perUnit = order.Price is { } price ? -(double)price : -unit.Now / market.UsdPrice(instrument.Underlying.SettlementAsset);
        }
        else
        {
            perUnit = order.Price is { } entry ? InstrumentValuation.Profit(instrument.Underlying.Settlement, (double)entry, valuation.MarkOf(instrument)).Settlement : 0;
        }

        var payment = (double)order.Quantity * perUnit;
        return Math.Abs(payment) <= (double)PortfolioFile.MaxQuantity
            ? decimal.Floor((decimal)payment / PaymentUnit) * PaymentUnit
            : throw new InvalidInputException("order-payment", $"{order.Quantity} of {instrument} at {order.Price} pays {payment} {instrument.Underlying.SettlementAsset}, beyond {PortfolioFile.MaxQuantity}");
    }
}

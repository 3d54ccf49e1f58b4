using Pms.Margin.Market;
using Pms.Margin.Portfolios;

namespace Pms.Margin.Venues.Static;

/// <summary>Full collateral for every leg.</summary>
public sealed class StaticModel(VenueParameters parameters) : IVenueModel
{
    private readonly CollateralRule _rule = CollateralRule.Of(parameters);

    public string Name => "static";

    /// <inheritdoc/>
    public VenueMargin Evaluate(Account account, MarginMarket market)
    {
        var book = VenueBook.Of(account, market);
        var answer = new VenueAnswer(Name, book, parameters);
        foreach (var u in book.Underlyings)
        {
            LegRequirement longs = default, shorts = default, futures = default;
            foreach (var o in u.Options)
            {
                var leg = _rule.Option(o.Type, o.Quantity, o.Forward, o.Strike, o.QuoteValue(o.Forward, o.Vol)) * o.UsdPerQuote;
                if (o.Quantity > 0)
                {
                    longs = new LegRequirement(longs.Initial + leg.Initial, longs.Maintenance + leg.Maintenance);
                }
                else
                {
                    shorts = new LegRequirement(shorts.Initial + leg.Initial, shorts.Maintenance + leg.Maintenance);
                }
            }

            foreach (var f in u.Futures)
            {
                var leg = _rule.Future(f.NotionalUsd);
                futures = new LegRequirement(futures.Initial + leg.Initial, futures.Maintenance + leg.Maintenance);
            }

            answer.Add(
                u.Coin.Code,
                longs.Initial + shorts.Initial + futures.Initial,
                longs.Maintenance + shorts.Maintenance + futures.Maintenance,
                "full collateral",
                ("long_options", longs.Initial),
                ("short_options", shorts.Initial),
                ("futures", futures.Initial));
        }

        return answer.Margin();
    }
}

/// <summary>Deribit's standard margin, leg by leg.</summary>
public sealed class StandardModel(VenueParameters btc, VenueParameters others) : IVenueModel
{
    private readonly StandardRule _btc = StandardRule.Of(btc);
    private readonly StandardRule _others = StandardRule.Of(others);

    public string Name => "standard";

    /// <inheritdoc/>
    public VenueMargin Evaluate(Account account, MarginMarket market)
    {
        var book = VenueBook.Of(account, market);
        var answer = new VenueAnswer(Name, book, btc, others);
        foreach (var u in book.Underlyings)
        {
            var rule = u.Coin.Code == "BTC" ? _btc : _others;
            double initial = 0, maintenance = 0, longs = 0, futures = 0;
            foreach (var o in u.Options)
            {
                var leg = rule.Option(o.Type, o.Quantity, o.Forward, o.Strike, o.QuoteValue(o.Forward, o.Vol)) * o.UsdPerQuote;
                initial += leg.Initial;
                maintenance += leg.Maintenance;
                longs += o.Quantity > 0 ? leg.Initial : 0;
            }

            foreach (var f in u.Futures)
            {
                var leg = rule.Future(f.Coins, f.Price) * f.UsdPerQuote;
                initial += leg.Initial;
                maintenance += leg.Maintenance;
                futures += leg.Initial;
            }

            answer.Add(u.Coin.Code, initial, maintenance, "sum of legs", ("long_options", longs), ("short_options", initial - longs - futures), ("futures", futures));
        }

        return answer.Margin();
    }
}

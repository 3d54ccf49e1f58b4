using System.Collections.Immutable;
using System.Globalization;
using Pms.Margin.Market;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;

namespace Pms.Margin.Venues.Derive;

/// <summary>PMRM 2 on a board account: one manager for each coin, sums over coins.</summary>
/// <remarks>
/// Coins of the underlying that are held cancel risk and enter its scenarios; other coins take the haircuts of the set; stablecoins are cash. Rates
/// are 0 and feeds fully confident: a board has neither. The stable's price is that of USDC where the market has one. A dated future, which
/// the manager does not list, counts as a perpetual at its own price.
/// </remarks>
public sealed class DeriveModel(VenueParameters parameters) : IVenueModel
{
    private static readonly Asset Usdc = new("USDC");
    private static readonly ImmutableHashSet<string> Stables = ["USD", "USDC", "USDT", "DAI", "USDE", "USDS", "PYUSD", "FDUSD"];

    private readonly DeriveParameters _parameters = new(parameters);

    public string Name => "derive";

    /// <inheritdoc/>
    public VenueMargin Evaluate(Account account, MarginMarket market)
    {
        ArgumentNullException.ThrowIfNull(market);
        var book = VenueBook.Of(account, market);
        var answer = new VenueAnswer(Name, book, parameters);
        var stable = market.TryUsdPrice(Usdc, out var price) ? price : 1;
        foreach (var u in book.Underlyings)
        {
            var derived = AccountOf(u, stable);
            var m = DerivePm2.Evaluate(derived, _parameters);
            // Balances are equity less requirement: what is asked is the distance to the manager's own equity.
            var initial = m.MarkToMarket - m.InitialBalance;
            answer.Add(
                u.Coin.Code,
                initial,
                m.MarkToMarket - m.MaintenanceBalance,
                m.WorstIndex < _parameters.Common.Scenarios.Length ? Describe(_parameters.Common.Scenarios[m.WorstIndex]) : "basis contingency",
                ("scenario", -m.WorstPnl * m.InitialFactor),
                ("contingencies", m.MaintenanceContingency + m.InitialContingency));
        }

        foreach (var h in book.Others.Where(h => !Stables.Contains(h.Asset.Code) && h.Amount > 0))
        {
            var maintenance = h.ValueUsd * _parameters.CollateralMaintenanceHaircut;
            var initial = maintenance + (h.ValueUsd * _parameters.CollateralInitialHaircut);
            answer.Add(h.Asset.Code, initial, maintenance, "collateral haircut", ("collateral_haircut", initial));
        }

        return answer.Margin();
    }

    private static DeriveAccount AccountOf(VenueUnderlying u, double stable)
    {
        var expiries = u.Options.GroupBy(o => o.Instrument.Expiry).OrderBy(g => g.Key).Select(g =>
        {
            // Families of one expiry may differ in forward by their quote; each keeps its own.
            return g.GroupBy(o => o.Forward).OrderBy(f => f.Key).Select(f => new DeriveExpiry(
                f.First().Years,
                0,
                f.Key,
                0,
                1,
                [.. f.Select(o => new DeriveOption(o.Type, o.Strike, o.Quantity * o.UsdPerQuote, o.Vol))]));
        }).SelectMany(e => e);
        var perps = u.Futures.Sum(f => f.NotionalUsd);
        return new DeriveAccount
        {
            Spot = u.SpotUsd,
            StablePrice = stable,
            Perps = perps / u.SpotUsd,
            PerpPrice = u.SpotUsd,
            Expiries = [.. expiries],
            // Division by the stable's price is undone: collateral is at market here, as everywhere in this project's equity.
            Collaterals = u.Held == 0 ? [] : [new DeriveCollateral(u.Coin.Code, u.Held, u.SpotUsd * stable, 1, CancelsRisk: true, 0, 0)],
        };
    }

    private static string Describe(DeriveScenario s) => s.Vol switch
    {
        DeriveVolShock.Linear or DeriveVolShock.Abs => $"skew {s.Vol}",
        _ => string.Create(CultureInfo.InvariantCulture, $"spot {s.SpotShock - 1:+0.##%;-0.##%;0%}, vol {s.Vol}{(s.Dampening == 1 ? "" : $", weight {s.Dampening:0.####}")}"),
    };
}

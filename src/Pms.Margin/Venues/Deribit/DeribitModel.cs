using System.Globalization;
using Pms.Margin.Market;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;

namespace Pms.Margin.Venues.Deribit;

/// <summary>Deribit's portfolio margin, segregated by settlement currency: one risk matrix for each coin and settlement currency, sums in USD.</summary>
/// <remarks>
/// Nothing offsets between matrices (what the venue allows across currencies is not published), and collateral of any currency counts at market
/// for all of them. Margin in coin is told in USD at the coin's price.
/// </remarks>
public sealed class DeribitModel : IVenueModel
{
    private readonly VenueParameters _btc;
    private readonly VenueParameters _others;
    private readonly Dictionary<(bool Btc, bool CoinSettled), DeribitParameters> _typed;

    /// <param name="btc">set for BTC</param>
    /// <param name="others">set for every other coin</param>
    public DeribitModel(VenueParameters btc, VenueParameters others)
    {
        _btc = btc;
        _others = others;
        _typed = new Dictionary<(bool, bool), DeribitParameters>
        {
            [(true, true)] = new(btc, coinSettled: true),
            [(true, false)] = new(btc, coinSettled: false),
            [(false, true)] = new(others, coinSettled: true),
            [(false, false)] = new(others, coinSettled: false),
        };
    }

    public string Name => "deribit";

    /// <inheritdoc/>
    public VenueMargin Evaluate(Account account, MarginMarket market)
    {
        var book = VenueBook.Of(account, market);
        var answer = new VenueAnswer(Name, book, _btc, _others);
        foreach (var u in book.Underlyings)
        {
            foreach (var f in u.Families)
            {
                var coinSettled = f.Id.Settlement == Settlement.Inverse;
                var parameters = _typed[(u.Coin.Code == "BTC", coinSettled)];
                var m = DeribitRiskMatrix.Evaluate(
                    new DeribitPositions(
                        coinSettled,
                        f.Market.Index,
                        [.. f.Futures.Select(x => new DeribitFuture(x.Coins, x.Years, x.Price))],
                        [.. f.Options.Select(x => new DeribitOption(x.Type, x.Strike, x.Years, x.Vol, x.Forward, x.Quantity))]),
                    parameters);
                var usd = coinSettled ? f.CoinUsd : f.QuoteUsd;
                var worst = m.Initial - m.RollShock - m.DeltaShock;
                answer.Add(
                    f.Id.Name,
                    m.Initial * usd,
                    m.Maintenance * usd,
                    string.Create(CultureInfo.InvariantCulture, $"{(m.WorstIsExtended ? "extended" : "standard")} table, move {m.WorstMove:+0.##%;-0.##%;0%}, vol {m.WorstVol}"),
                    ("worst_case", worst * usd),
                    ("roll_shock", m.RollShock * usd),
                    ("delta_shock", m.DeltaShock * usd));
            }
        }

        return answer.Margin();
    }
}

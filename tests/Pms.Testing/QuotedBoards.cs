using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Pricing;
using Pms.Primitives;

namespace Pms.Testing;

/// <summary>One coin of an invented board.</summary>
/// <param name="Coin">BTC or ETH</param>
/// <param name="Spot">USD</param>
/// <param name="Vol">at the money, of every expiry</param>
public sealed record QuotedCoin(string Coin, double Spot, double Vol = 0.6);

/// <summary>Invented boards of inverse families: the same contracts at every instant, all with mark, bid and ask on one skewed smile.</summary>
public static class QuotedBoards
{
    private const double Rho = -0.3;
    private const double Phi = 1.2;
    private const double Basis = 0.05;
    private static readonly int[] ExpiryDays = [3, 6, 11, 25, 54, 120];
    private static readonly decimal[] Moneyness = [0.3m, 0.4m, 0.5m, 0.6m, 0.68m, 0.74m, 0.8m, 0.84m, 0.88m, 0.92m, 0.96m, 1m, 1.04m, 1.08m, 1.12m, 1.16m, 1.2m, 1.28m, 1.36m, 1.5m, 1.7m, 2m, 2.5m];

    /// <summary>08:00, as an expiry is.</summary>
    public static readonly DateTimeOffset Start = new(2031, 3, 4, 8, 0, 0, TimeSpan.Zero);

    /// <param name="at">within 100 days from <see cref="Start"/></param>
    /// <param name="coins">each once</param>
    public static MarketSnapshot Make(DateTimeOffset at, params QuotedCoin[] coins) => Make(at, coins, withOptions: true);

    /// <summary>A board of perpetuals and indices.</summary>
    public static MarketSnapshot WithoutOptions(DateTimeOffset at, params QuotedCoin[] coins) => Make(at, coins, withOptions: false);

    private static MarketSnapshot Make(DateTimeOffset at, QuotedCoin[] coins, bool withOptions)
    {
        var provenance = new Provenance("invented", at, at);
        var state = new MarketState();
        state.Apply(new BoardStart(provenance, at));
        foreach (var (code, spot, vol) in coins)
        {
            var id = UnderlyingId.Inverse(new Asset(code));
            state.Apply(new IndexUpdate(provenance, id.Base, id.Quote, spot));
            state.Apply(new QuoteUpdate(provenance, new Perpetual(id), QuoteGroups.TopOfBook | QuoteGroups.Mark, new QuoteValues { Bid = spot * 0.9999, Ask = spot * 1.0001, Mark = spot }));
            foreach (var expiry in ExpiryDays.Select(d => Start.AddDays(d)).Where(e => withOptions && e > at))
            {
                var years = UtcTime.YearsBetween(at, expiry);
                var forward = spot * Math.Exp(Basis * years);
                foreach (var strike in Moneyness.Select(m => m * (code == "BTC" ? 50_000 : 2_500)))
                {
                    var k = Math.Log((double)strike / forward);
                    var inside = (Phi * k) + Rho;
                    // SSVI, Gatheral and Jacquier (2014), eq. 4.1, its phi the same for all expiries.
                    var smile = vol * Math.Sqrt(0.5 * (1 + (Rho * Phi * k) + Math.Sqrt((inside * inside) + 1 - (Rho * Rho))));
                    foreach (var type in new[] { OptionType.Call, OptionType.Put })
                    {
                        var mark = Black76.CoinPrice(new BlackInputs(type, forward, (double)strike, years, smile));
                        var half = 0.0001 + (0.01 * mark);
                        state.Apply(new QuoteUpdate(
                            provenance,
                            new EuropeanOption(id, expiry, strike, type),
                            QuoteGroups.TopOfBook | QuoteGroups.Mark | QuoteGroups.Forward,
                            new QuoteValues { Bid = mark > half ? mark - half : null, Ask = mark + half, Mark = mark, MarkVol = smile, UnderlyingPrice = forward }));
                    }
                }
            }
        }

        return state.Seal(at);
    }
}

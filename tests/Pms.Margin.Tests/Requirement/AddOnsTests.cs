using Pms.Margin.Arrays;
using Pms.Margin.Parameters;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Testing;

namespace Pms.Margin.Tests.Requirement;

/// <summary>Numbered groups against sums under keys, and the order that sums of holdings by coin rely on.</summary>
public sealed class AddOnsTests
{
    private const ulong Seed = 6_310;

    private static NettingGroups Groups { get; } = new(MarginBench.Array, HandMarket.Market, RiskParameters.Default.Array.PerpetualBasisDays / 365);

    [Fact]
    public void BasisAndShortOptionMinimum_RandomLegs_AsSummedUnderKeys()
    {
        // The charges summed under keys, by coin and expiry, or family and type, in the keys' order: the same sums in the same order, so equal and not merely close.
        var basis = new BasisParameters { LeastMove = 0.003, MovePerYear = 0.07 };
        var liquidity = RiskParameters.Default.Liquidity with { ShortOptionMinimum = 0.37 };
        var rows = Enumerable.Range(0, MarginBench.Array.Rows.Length).Where(r => MarginBench.Array.Rows[r].Key.Instrument is not null).ToArray();
        var facts = rows.ToDictionary(r => r, r => InstrumentFacts.Of(r, HandMarket.Market, MarginBench.Array, MarginBench.Set, RiskParameters.Default, MarketLiquidity.None));
        var (charged, sold) = (0, 0);
        for (var c = 0; c < FuzzBudget.Cases(400); c++)
        {
            var stream = new RandomStream(Seed).Derive((ulong)c);
            var legs = rows.Where((_, i) => stream.Uniform((ulong)i) < 0.3).Select((r, i) => (facts[r], (long)((stream.Uniform((ulong)(1_000 + i)) - 0.5) * 2e7))).ToArray();
            var expected = BasisByKeys(legs, basis);
            AddOns.Basis(legs, Groups, basis).ShouldBe(expected, $"seed {Seed}, case {c}");
            var least = MinimumByKeys(legs, liquidity);
            AddOns.ShortOptionMinimum(legs, Groups, liquidity).ShouldBe(least, $"seed {Seed}, case {c}");
            (charged, sold) = (charged + (expected > 0 ? 1 : 0), sold + (least > 0 ? 1 : 0));
        }

        charged.ShouldBeGreaterThan(100);
        sold.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void AccountVectors_RowsNotGroupedByCoin_CoinAfterCoinAndEachByRow()
    {
        // Names as BTC-1, BTCX-1, BTC_USDC-1: the coins alternate.
        var vectors = new AccountVectors([new(0, 1), new(1, 2), new(2, 3), new(3, 4)], [new(4, 5)], [0, 1, 0, 1, -1], isDegraded: false);
        vectors.Coins.ShouldBe(2);
        vectors.Of(0).ToArray().ShouldBe([new RowLots(0, 1), new RowLots(2, 3)]);
        vectors.Of(1).ToArray().ShouldBe([new RowLots(1, 2), new RowLots(3, 4)]);
        vectors.Of(vectors.Contracts).ToArray().ShouldBe([new RowLots(0, 1), new RowLots(2, 3), new RowLots(1, 2), new RowLots(3, 4)]);
        vectors.Of(vectors.WithCollateral).ToArray().ShouldBe([new RowLots(0, 1), new RowLots(2, 3), new RowLots(1, 2), new RowLots(3, 4), new RowLots(4, 5)]);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(3, 3)]
    public void AccountVectors_FewHoldings_AsManyCoins(int holdings, int coins) =>
        new AccountVectors([.. Enumerable.Range(0, holdings).Select(h => new RowLots(h, 1))], [], [0, 1, 2], isDegraded: false).Coins.ShouldBe(coins);

    private static long BasisByKeys((InstrumentFacts Facts, long Lots)[] legs, BasisParameters p)
    {
        var charge = 0.0;
        foreach (var coin in legs.GroupBy(l => l.Facts.Instrument.Underlying.Base.Code).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var deltas = coin.GroupBy(l => Years(l.Facts.Instrument)).OrderBy(g => g.Key).Select(g => (Years: g.Key, Delta: g.Sum(l => l.Facts.BasisDelta * l.Lots))).ToArray();
            var (up, down) = (deltas.Sum(d => Math.Max(d.Delta, 0)), deltas.Sum(d => Math.Max(-d.Delta, 0)));
            var offset = Math.Min(up, down);
            foreach (var (years, delta) in deltas.Where(d => d.Delta != 0 && offset > 0))
            {
                charge += Math.Max(p.LeastMove, p.MovePerYear * years) * Math.Abs(delta) * (offset / (delta > 0 ? up : down));
            }
        }

        return (long)Math.Ceiling(charge);
    }

    private static double Years(Instrument instrument) => instrument switch
    {
        EuropeanOption o => (o.Expiry - HandMarket.At).Ticks / (365.0 * TimeSpan.TicksPerDay),
        DatedFuture f => (f.Expiry - HandMarket.At).Ticks / (365.0 * TimeSpan.TicksPerDay),
        Perpetual => 30.0 / 365,
        _ => 0,
    };

    private static long MinimumByKeys((InstrumentFacts Facts, long Lots)[] legs, LiquidityParameters p) => (long)Math.Ceiling(
        legs.Where(l => l.Facts.Instrument is EuropeanOption).GroupBy(l => (l.Facts.Instrument.Underlying.Name, ((EuropeanOption)l.Facts.Instrument).Type))
            .OrderBy(g => g.Key.Name, StringComparer.Ordinal).ThenBy(g => g.Key.Type)
            .Sum(g => Math.Max(-g.Sum(l => l.Facts.NotionalUsd * l.Lots), 0)) * p.ShortOptionMinimum * 1_000_000);
}

using Pms.Margin.Explain;
using Pms.Margin.Revaluation;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Scenarios;
using static Pms.Margin.Tests.HandMarket;

namespace Pms.Margin.Tests.Explain;

public sealed class LossSplitTests
{
    private static readonly ScenarioValuation Valuation = new(HandMarket.Market);

    private static readonly ScenarioSet Crashes = Set(50, c =>
    {
        var stream = new RandomStream(5);
        ulong drawn = 0;
        double Centred() => stream.Uniform(drawn++) - 0.5;
        for (var s = 0; s < c.Count; s++)
        {
            for (var coin = 0; coin < 2; coin++)
            {
                c.SpotLogReturn(coin)[s] = -0.2 + (0.3 * Centred());
                c.SkewChange(coin)[s] = 0.1 * Centred();
                c.BasisChange(coin)[s] = 0.1 * Centred();
                var level = 0.3 + (0.2 * Centred());
                for (var t = 0; t < 5; t++)
                {
                    c.VolLogChange(coin, t)[s] = level * (1.2 - (0.15 * t));
                }
            }

            c.PegLogChange(0)[s] = 0.05 * Centred();
            c.PegLogChange(1)[s] = 0.1 * Centred();
        }
    });

    private static readonly SharedScenario[] Tail = [.. Enumerable.Range(0, 50).Select(s => new SharedScenario(s, 0.02))];

    private static readonly Exposure[] Book =
    [
        new(Valuation.Of(Put(BtcInverse, 25, 50_000)), -4), new(Valuation.Of(Call(BtcUsdc, 7, 66_000)), -3), new(Valuation.Of(Call(BtcUsdc, 116, 90_000)), 5),
        new(Valuation.Of(Put(EthInverse, 1, 2_900)), -20), new(Valuation.Of(new Perpetual(BtcInverse)), 30_000), new(Valuation.Of(new DatedFuture(BtcUsdc, Expiry(116))), -1.5),
        new(Valuation.Of(Btc), 1.2), new(Valuation.Of(Steth), 3), new(Valuation.Of(Usdc), 25_000), new(Valuation.Of(Asset.Usd), 1_000),
    ];

    [Fact]
    public void Of_MixedBook_EverySplitAddsUpToTheTail()
    {
        var splits = Split(Book, Tail);
        foreach (var (split, exposure) in splits.Zip(Book))
        {
            var loss = Tail.Sum(t => -t.Share * exposure.Quantity * exposure.Unit.Pnl(exposure.Unit.Moves(Crashes, t.Scenario)));
            var size = Math.Max(1, Math.Abs(loss));
            split.Alone.Total.ShouldBe(loss, 1e-9 * size, split.Name);
            split.Shapley.Total.ShouldBe(loss, 1e-9 * size, split.Name);
            split.Shapley.Cross.ShouldBe(0);
            split.Alone.Residual.ShouldBe(0);
            split.Taylor.Full.ShouldBe(loss, 1e-9 * size);
            // Delta is the same in both; Shapley's Gamma has spot's part of what causes do together.
            split.Alone.Delta.ShouldBe(split.Shapley.Delta);
        }

        var total = LossSplit.Sum("account", splits);
        total.Alone.Total.ShouldBe(splits.Sum(s => s.Alone.Total), 1e-9 * Math.Abs(total.Alone.Total));
        total.Interactions[0].First.ShouldBe(MoveParts.Spot);
    }

    [Fact]
    public void Of_CausesThatCannotTouchAnInstrument_GetNothing()
    {
        var splits = Split(Book, Tail).ToDictionary(s => s.Name);
        foreach (var name in new[] { "BTC-PERPETUAL", "BTC", "STETH", "USDC" })
        {
            var terms = splits[name].Shapley;
            (terms.Vega, terms.Skew, terms.Term, terms.Theta).ShouldBe((0, 0, 0, 0), name);
        }

        splits["BTC-27MAR26-50000-P"].Shapley.Peg.ShouldBe(0);
        splits["USDC"].Shapley.Peg.ShouldNotBe(0);
        splits["BTC"].Shapley.ShouldBe(new LossTerms { Delta = splits["BTC"].Shapley.Delta, Gamma = splits["BTC"].Shapley.Gamma });
        splits["BTC"].Shapley.Gamma.ShouldBe(0, 1e-9);
        splits["USD"].Shapley.ShouldBe(default);
    }

    [Fact]
    public void Of_OneCauseMoves_ItHasTheWholeLoss()
    {
        var set = Set(1, c =>
        {
            for (var t = 0; t < 5; t++)
            {
                c.VolLogChange(0, t)[0] = 0.4;
            }
        }, horizonYears: 1e-12);
        var exposure = new Exposure(Valuation.Of(Put(BtcInverse, 25, 50_000)), -4);
        var split = LossSplit.Of([exposure], [new SharedScenario(0, 1)], (u, s, p) => u.Moves(set, s).Only(p), [double.NaN])[0];
        var loss = 4 * exposure.Unit.Pnl(new ScenarioMoves { VolLevel = 0.4 });
        loss.ShouldBeGreaterThan(100);
        split.Alone.Vega.ShouldBe(loss, 1e-6);
        split.Shapley.Vega.ShouldBe(loss, 1e-6);
        Math.Abs(split.Alone.Cross).ShouldBeLessThan(1e-6);
    }

    [Fact]
    public void Of_TwoPlacesToBeat_SharesTheInteractionInHalves()
    {
        // Spot and level alone: Shapley gives each half of what they do together.
        var set = Set(1, c =>
        {
            c.SpotLogReturn(0)[0] = -0.2;
            for (var t = 0; t < 5; t++)
            {
                c.VolLogChange(0, t)[0] = 0.4;
            }
        }, horizonYears: 1e-12);
        var exposure = new Exposure(Valuation.Of(Put(BtcInverse, 25, 50_000)), -4);
        var split = LossSplit.Of([exposure], [new SharedScenario(0, 1)], (u, s, p) => u.Moves(set, s).Only(p), [double.NaN])[0];
        split.Interactions[0].ShouldBe(new Interaction(MoveParts.Spot, MoveParts.VolLevel, split.Interactions[0].Loss));
        split.Interactions[0].Loss.ShouldBe(split.Alone.Cross, 1e-6);
        split.Shapley.Vega.ShouldBe(split.Alone.Vega + (0.5 * split.Alone.Cross), 1e-6);
        split.Shapley.Gamma.ShouldBe(split.Alone.Gamma + (0.5 * split.Alone.Cross), 1e-6);
    }

    [Fact]
    public void Of_ArrayLossGiven_DifferenceIsTheResidual()
    {
        var own = Split(Book, Tail);
        var rounded = own.Select(s => s.Alone.Total + 0.25).ToArray();
        foreach (var (split, loss) in LossSplit.Of(Book, Tail, (u, s, p) => u.Moves(Crashes, s).Only(p), rounded).Zip(rounded))
        {
            split.Alone.Residual.ShouldBe(0.25, 1e-7);
            split.Shapley.Residual.ShouldBe(0.25, 1e-7);
            split.Alone.Total.ShouldBe(loss, 1e-9 * Math.Max(1, Math.Abs(loss)));
        }
    }

    [Fact]
    public void Of_TooMuchWork_Refuses()
    {
        var tail = new SharedScenario[4_000_000];
        Should.Throw<InvalidInputException>(() => LossSplit.Of([Book[0]], tail, (_, _, _) => default, [double.NaN])).Code.ShouldBe("explain-bound");
    }

    private static System.Collections.Immutable.ImmutableArray<ExposureSplit> Split(Exposure[] book, SharedScenario[] tail)
    {
        return LossSplit.Of(book, tail, (u, s, p) => u.Moves(Crashes, s).Only(p), [.. book.Select(_ => double.NaN)]);
    }
}

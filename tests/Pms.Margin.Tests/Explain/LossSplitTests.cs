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

    /// <summary>
    /// Method: random books of every kind of instrument, random tails of random scenarios, an array loss that differs at random from the exact one. Each split adds up to the loss to 1e-9 of the
    /// gross loss, what the causes do not explain is in the residual, and Taylor's terms with theirs add up to the full revaluation.
    /// </summary>
    [Fact]
    public void ENG13_RandomBooksAndTails_TermsAndResidualAddUpToTheLoss()
    {
        var random = new RandomStream(4_711).Derive(13);
        Instrument[] contracts =
        [
            new Perpetual(BtcInverse), new Perpetual(BtcUsdc), new Perpetual(EthInverse), new DatedFuture(BtcUsdc, Expiry(116)), new DatedFuture(BtcInverse, Expiry(25)), new Spot(BtcUsdc),
            .. new[] { 1, 7, 25, 116 }.SelectMany(d => new[] { 0.6m, 0.9m, 1m, 1.2m, 1.7m }.SelectMany(m => new Instrument[]
            {
                Put(BtcInverse, d, 60_000 * m), Call(BtcInverse, d, 60_000 * m), Put(BtcUsdc, d, 60_000 * m), Call(BtcUsdc, d, 60_000 * m), Put(EthInverse, d, 3_000 * m),
            })),
        ];
        UnitValuation[] units = [.. contracts.Select(c => Valuation.Of(c)), .. new[] { Btc, Eth, Usdc, Steth, Asset.Usd }.Select(a => Valuation.Of(a))];
        for (var c = 0; c < Pms.Testing.FuzzBudget.Cases(1_000); c++)
        {
            var r = random.Derive((ulong)c);
            var count = 1 + (int)(6 * r.Uniform(0));
            var book = Enumerable.Range(1, count).Select(i => new Exposure(units[(int)(r.Uniform((ulong)(10 * i)) * units.Length)], Math.Pow(10, (5 * r.Uniform((ulong)((10 * i) + 1))) - 2) * (r.Uniform((ulong)((10 * i) + 2)) < 0.5 ? -1 : 1))).ToArray();
            var tail = Enumerable.Range(1, 1 + (int)(4 * r.Uniform(1))).Select(i => new SharedScenario((int)(r.Uniform((ulong)(500 + i)) * 50), 0.01 + r.Uniform((ulong)(600 + i)))).ToArray();
            var off = book.Select((_, i) => r.Uniform((ulong)(700 + i)) - 0.5).ToArray();
            var exact = book.Select(e => tail.Sum(t => -t.Share * e.Quantity * e.Unit.Pnl(e.Unit.Moves(Crashes, t.Scenario)))).ToArray();
            var splits = LossSplit.Of(book, tail, (u, s, p) => u.Moves(Crashes, s).Only(p), [.. exact.Zip(off, (x, y) => x + y)]);
            for (var i = 0; i < count; i++)
            {
                var what = $"ENG-13, case {c}, {splits[i].Name} x {book[i].Quantity}";
                // Of the value that moves: gains and losses of a tail may cancel.
                var size = Math.Max(1, tail.Sum(t => t.Share * Math.Abs(book[i].Quantity) * (Math.Abs(book[i].Unit.Now) + Math.Abs(book[i].Unit.Pnl(book[i].Unit.Moves(Crashes, t.Scenario))))));
                foreach (var terms in new[] { splits[i].Alone, splits[i].Shapley })
                {
                    var sum = terms.Delta + terms.Gamma + terms.Vega + terms.Skew + terms.Term + terms.Theta + terms.Basis + terms.Peg + terms.Cross + terms.Residual;
                    sum.ShouldBe(exact[i] + off[i], 1e-9 * size, what);
                    terms.Residual.ShouldBe(off[i], 1e-9 * size, what);
                }

                var taylor = splits[i].Taylor;
                taylor.Full.ShouldBe(exact[i], 1e-9 * size, what);
                (taylor.Delta + taylor.Gamma + taylor.Vega + taylor.Theta + taylor.Vanna + taylor.Volga + taylor.Residual).ShouldBe(taylor.Full, 1e-9 * size, what);
            }
        }
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

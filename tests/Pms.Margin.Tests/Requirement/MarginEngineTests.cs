using Pms.Margin.Arrays;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Testing;

namespace Pms.Margin.Tests.Requirement;

/// <summary>Small books whose margin can be worked out by hand.</summary>
public sealed class MarginEngineTests
{
    private static readonly RiskParameters Bare = RiskParameters.Default with
    {
        Measure = new MeasureParameters { ErrorBarConfidence = 0.5 },
        Liquidity = new LiquidityParameters { ImpactFactor = 0, FutureHalfSpread = 0, OptionHalfSpreadOfIndex = 0, OptionHalfSpreadOfValue = 0, ShortOptionMinimum = 0 },
        Concentration = new ConcentrationParameters { Factor = 0 },
        Basis = new BasisParameters { LeastMove = 0, MovePerYear = 0 },
        Diversification = new DiversificationParameters { BenefitCap = 1 },
    };

    private static readonly Instrument LinearPerpetual = new Perpetual(HandMarket.BtcUsdc);
    private static readonly Instrument InversePerpetual = new Perpetual(HandMarket.BtcInverse);

    [Fact]
    public void Evaluate_OneLinearPerpetual_IsTheMeanOfTheWorstMoves()
    {
        // 1,000 equal scenarios, spot -1 to -1000 basis points of log: ES 99 is the mean loss of the worst ten.
        var engine = EngineOf(1_000, s => -1e-4 * (s + 1), Bare);
        var result = engine.Evaluate(new Account("one", [new Position(LinearPerpetual, 2)], []));

        var expected = Enumerable.Range(991, 10).Average(i => 2 * 0.999 * 60_075 * (1 - Math.Exp(-1e-4 * i)));
        (result.Maintenance / 1e6).ShouldBe(expected, 0.2, "half a money unit a lot of rounding is charged");
        result.Maintenance.ShouldBeGreaterThan((long)(expected * 1e6));
        result.Initial.ShouldBe((long)Math.Ceiling(1.25m * result.Maintenance));
        result.Binding.ShouldBe("es");
        result.Tail.Tail.Select(t => t.Scenario).ShouldBe(Enumerable.Range(990, 10).Reverse());
        result.MarginRatio.ShouldBe(0.0);
        result.Shortfall.ShouldBe(result.Maintenance);
        result.StandAlone.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(TailChoice.Es99)]
    [InlineData(TailChoice.Es975)]
    [InlineData(TailChoice.Var99)]
    public void Evaluate_MeasureChosen_AsksItsOwnNumber(TailChoice tail)
    {
        var engine = EngineOf(1_000, s => -1e-4 * (s + 1), Bare with { Measure = Bare.Measure with { Tail = tail } });
        var result = engine.Evaluate(new Account("one", [new Position(LinearPerpetual, 1)], []));
        double Loss(int basisPoints) => 0.999 * 60_075 * (1 - Math.Exp(-1e-4 * basisPoints));
        var expected = tail switch
        {
            TailChoice.Es99 => Enumerable.Range(991, 10).Average(Loss),
            TailChoice.Es975 => Enumerable.Range(976, 25).Average(Loss),
            _ => Loss(990),
        };
        (result.MeasureUpper / 1e6).ShouldBe(expected, 0.1);
        result.Binding.ShouldBe(tail == TailChoice.Var99 ? "var" : "es");
    }

    [Fact]
    public void Evaluate_VarWithErrorBar_TakesALaterOrderStatistic()
    {
        var result = EngineOf(1_000, s => -1e-4 * (s + 1), Bare with { Measure = new MeasureParameters { Tail = TailChoice.Var99, ErrorBarConfidence = 0.95 } })
            .Evaluate(new Account("one", [new Position(LinearPerpetual, 1)], []));
        // 0.99 + 1.645 sqrt(0.99 x 0.01 / 1000) = 0.99518: element 996.
        (result.MeasureUpper / 1e6).ShouldBe(0.999 * 60_075 * (1 - Math.Exp(-0.0996)), 0.1);
    }

    [Fact]
    public void Evaluate_FarShortCall_StressBindsAndIsNamed()
    {
        var engine = EngineOf(1_000, s => 1e-5 * (s - 500), Bare, [(1.1, 0.25, "spot x3"), (0.1, 1.0, "spot +10 %")]);
        var result = engine.Evaluate(new Account("wing", [new Position(HandMarket.Call(HandMarket.BtcInverse, 25, 90_000), -10)], []));

        result.Binding.ShouldBe("grid:stress 0: spot x3");
        result.Grid.LossShare.ShouldBe(0.25);
        // Ten calls struck at 90,000 with spot at 180,000: about 90,000 each, of which a quarter counts.
        (result.Maintenance / 1e6).ShouldBe(10 * 90_600 * 0.25, 2_000);
        result.Components.Single(c => c.Name == "es").Amount.ShouldBeLessThan(result.Maintenance / 100);
    }

    [Fact]
    public void Evaluate_OppositePerpetualsOfTwoCoins_DiversificationCapBinds()
    {
        // BTC and ETH move together: long one and short the other seems free, and the cap says it is not.
        var parameters = Bare with { Diversification = new DiversificationParameters { BenefitCap = 0.4 } };
        var engine = EngineOf(1_000, s => -1e-4 * (s + 1), parameters);
        var eth = new Perpetual(HandMarket.EthInverse);
        var result = engine.Evaluate(new Account("pair", [new Position(InversePerpetual, 60_000), new Position(eth, -60_000)], []));

        result.Binding.ShouldBe("diversification-cap");
        result.StandAlone.Select(s => s.Coin.Code).ShouldBe(["BTC", "ETH"]);
        result.Maintenance.ShouldBe((long)Math.Ceiling(0.6m * result.StandAlone.Sum(s => s.Core)));
    }

    [Fact]
    public void Evaluate_CalendarOfFutures_PaysBasisOnTheOffsetDeltaOnly()
    {
        var parameters = Bare with { Basis = new BasisParameters { LeastMove = 0.001, MovePerYear = 0.1 } };
        var engine = EngineOf(100, s => -1e-4 * (s + 1), parameters);
        var near = new DatedFuture(HandMarket.BtcInverse, HandMarket.Expiry(25));
        var far = new DatedFuture(HandMarket.BtcInverse, HandMarket.Expiry(116));
        long BasisOf(params Position[] positions) => engine.Evaluate(new Account("b", [.. positions], [])).Components.Single(c => c.Name == "basis").Amount;

        BasisOf(new Position(near, 60_420)).ShouldBe(0, "all delta of one sign is in the scenarios");
        // d(value)/d ln F of an inverse future is S/F a USD of contract.
        var nearDelta = 60_420 * (60_000 / 60_420.0);
        var farDelta = 123_800 * (60_000 / 61_900.0);
        var expected = (Math.Max(0.001, 0.1 * 25 / 365.0) * nearDelta) + (0.1 * 116 / 365 * farDelta * (nearDelta / farDelta));
        (BasisOf(new Position(near, 60_420), new Position(far, -123_800)) / 1e6).ShouldBe(expected, 0.01);
    }

    [Fact]
    public void Evaluate_Liquidity_IsHalfSpreadPlusSquareRootImpact()
    {
        var parameters = Bare with
        {
            Liquidity = Bare.Liquidity with { ImpactFactor = 1, FutureVolumeFloorUsd = 1 },
            Concentration = new ConcentrationParameters { Factor = 2, Participation = 0.25 },
        };
        // Half the scenarios up 2 %, half down: the deviation of a coin is its price times sinh(0.02).
        var set = SetOf(100, s => s % 2 == 0 ? 0.02 : -0.02, []);
        var array = ArrayOf(set);
        var liquidity = new MarketLiquidity(new Dictionary<Instrument, InstrumentLiquidity> { [LinearPerpetual] = new(HalfSpreadUsd: 3, DailyVolume: 400, OpenInterest: null) });
        var result = new MarginEngine(HandMarket.Market, array, set, parameters, liquidity).Evaluate(new Account("l", [new Position(LinearPerpetual, -900)], []));

        var deviation = 0.999 * 60_075 * Math.Sinh(0.02);
        (result.Components.Single(c => c.Name == "liquidity").Amount / 1e6).ShouldBe(900 * (3 + (deviation * Math.Sqrt(900.0 / 400))), 70, "entries are rounded to ticks of 0.1 USD a coin");
        // 900 coins at 100 a day: nine days, so two daily deviations beyond the first.
        (result.Components.Single(c => c.Name == "concentration").Amount / 1e6).ShouldBe(2 * 900 * deviation * (3 - 1), 180);
    }

    [Fact]
    public void Evaluate_Buffer_IsUsedUpBeforeTheRequirementRises()
    {
        var parameters = Bare with { AntiProcyclicality = new AntiProcyclicalityParameters { Buffer = 0.25 } };
        var account = new Account("b", [new Position(LinearPerpetual, 1)], []);
        var core = EngineOf(1_000, s => -1e-4 * (s + 1), Bare).Evaluate(account).Maintenance;
        var engine = EngineOf(1_000, s => -1e-4 * (s + 1), parameters);
        long After(double before) => engine.Evaluate(account, new MarginContext { PreviousMaintenance = (long)(core * before) }).Maintenance;

        ((double)engine.Evaluate(account).Maintenance / core).ShouldBe(1.25, 1e-6);
        ((double)After(2.0) / core).ShouldBe(1.25, 1e-6);
        ((double)After(1.1) / core).ShouldBe(1.1, 1e-6);
        ((double)After(0.8) / core).ShouldBe(1, 1e-6);
    }

    [Fact]
    public void Evaluate_CoinCollateral_LosesTogetherWithLongsAndHedgesShorts()
    {
        var engine = EngineOf(1_000, s => s % 2 == 0 ? -1e-4 * (s + 1) : 1e-4 * s, Bare);
        MarginResult Of(decimal quantity, decimal coins) => engine.Evaluate(new Account("c", [new Position(InversePerpetual, quantity)], [new CollateralHolding(HandMarket.Btc, coins)]));
        long Risk(MarginResult r) => r.EquityLines.Single(l => l.Name == "collateral-risk").Amount;

        var wrongWay = Of(60_000, 2);
        var hedge = Of(-60_000, 1);
        var alone = Of(0, 2);
        ((double)Risk(wrongWay)).ShouldBe(Risk(alone), 3e6, "a long position and its coins fall together");
        Risk(alone).ShouldBeLessThan(0);
        Risk(hedge).ShouldBeGreaterThan(0, "coins rise when the short loses");
        ((double)Risk(hedge) / hedge.Components.Single(c => c.Name == "core").Amount).ShouldBe(0.99, 1e-3, "one coin, less its haircut, against 60,000 USD short");
        wrongWay.Collateral.Single().Haircut.ShouldBe(0.01);
        ((double)wrongWay.Collateral.Single().Counted).ShouldBe(wrongWay.Collateral.Single().Value * 0.99, 2e6);
    }

    [Fact]
    public void Evaluate_UsdAndDebts_CountAgainstTheAccount()
    {
        var engine = EngineOf(100, s => -1e-4 * (s + 1), Bare);
        var usd = engine.Evaluate(new Account("u", [], [new CollateralHolding(Asset.Usd, 100.0000019m)]));
        usd.Equity.ShouldBe(100_000_001);
        usd.MarginRatio.ShouldBeNull();
        var debt = engine.Evaluate(new Account("d", [], [new CollateralHolding(HandMarket.Btc, -1)]));
        debt.Equity.ShouldBeLessThan(-60_000_000_000 - 600_000_000 + 1_000_000, "a debt counts with its haircut on top");
    }

    [Fact]
    public void Evaluate_MarketAnHourOld_CoreGrowsWithTheRootOfTime()
    {
        var engine = EngineOf(1_000, s => -1e-4 * (s + 1), Bare);
        var account = new Account("a", [new Position(LinearPerpetual, 1)], []);
        var fresh = engine.Evaluate(account, new MarginContext { AgeSeconds = 60 }).Maintenance;
        ((double)engine.Evaluate(account, new MarginContext { AgeSeconds = 21_600 }).Maintenance / fresh).ShouldBe(Math.Sqrt(1.25), 1e-6);
        fresh.ShouldBe(engine.Evaluate(account).Maintenance);
    }

    [Fact]
    public void Evaluate_ShortOptionMinimum_FloorsAHedgedLookingShort()
    {
        var parameters = Bare with { Liquidity = Bare.Liquidity with { ShortOptionMinimum = 0.01 } };
        var engine = EngineOf(100, _ => 0, parameters);
        var call = HandMarket.Call(HandMarket.BtcInverse, 25, 90_000);
        var spread = HandMarket.Call(HandMarket.BtcInverse, 25, 66_000);
        var naked = engine.Evaluate(new Account("n", [new Position(call, -3)], []));
        naked.Binding.ShouldBe("short-option-minimum");
        (naked.Maintenance / 1e6).ShouldBe(3 * 600, 1e-3);
        engine.Evaluate(new Account("s", [new Position(call, -3), new Position(spread, 3)], [])).Binding.ShouldNotBe("short-option-minimum");
    }

    [Fact]
    public void Evaluate_WhatTheArrayDoesNotHave_IsRefusedByName()
    {
        var engine = EngineOf(100, _ => 0, Bare);
        Should.Throw<InvalidInputException>(() => engine.Evaluate(new Account("x", [new Position(HandMarket.Call(HandMarket.BtcInverse, 25, 1), 1)], []))).Code.ShouldBe("row-missing");
        Should.Throw<InvalidInputException>(() => engine.Evaluate(new Account("x", [], [new CollateralHolding(new Asset("DOGE"), 1)]))).Message.ShouldContain("DOGE");
        Should.Throw<InvalidInputException>(() => engine.Evaluate(new Account("x", [new Position(LinearPerpetual, 0.0000001m)], []))).Code.ShouldBe("quantity-lot");
        Should.Throw<InvalidInputException>(() => engine.Evaluate(new Account("x", [], []), new MarginContext { AgeSeconds = double.NaN })).Code.ShouldBe("margin-context");
        var other = SetOf(50, _ => 0, []);
        Should.Throw<InvalidInputException>(() => new MarginEngine(HandMarket.Market, engine.Array, other, Bare)).Code.ShouldBe("margin-inputs");
    }

    [Fact]
    public void EvaluateBook_RefusalInTheMiddle_IsTheFirstInOrderWhateverTheThreads()
    {
        var engine = EngineOf(100, _ => 0, Bare);
        var accounts = Enumerable.Range(0, 50).Select(i => new Account($"a{i}", [new Position(LinearPerpetual, i % 10 == 7 ? 0.0000001m * (1 + i) : 1)], [])).ToArray();
        var one = Should.Throw<InvalidInputException>(() => engine.EvaluateBook(accounts)).Message;
        Should.Throw<InvalidInputException>(() => engine.EvaluateBook(accounts, threads: 2)).Message.ShouldBe(one);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void EvaluateEach_RefusedAccounts_AreNamedAndStopNoOther(int threads)
    {
        // Every tenth holds no whole lots, the next so much that its gains leave every integer.
        var engine = EngineOf(100, s => 0.001 * s, Bare);
        decimal Quantity(int i) => (i % 10) switch
        {
            7 => 0.0000001m,
            8 => 70_000_000_000_000m,
            _ => i - 20,
        };
        var accounts = Enumerable.Range(0, 50).Where(i => i != 20).Select(i => new Account($"a{i}", [new Position(LinearPerpetual, Quantity(i))], [])).ToArray();
        var each = engine.EvaluateEach(accounts, threads: threads);
        var refused = 0;
        for (var a = 0; a < accounts.Length; a++)
        {
            if (each[a].Result is { } result)
            {
                MarginBench.Text(result).ShouldBe(MarginBench.Text(engine.Evaluate(accounts[a])));
                each[a].Reason.ShouldBeNull();
            }
            else
            {
                refused++;
                each[a].Reason!.ShouldBe(Should.Throw<InvalidInputException>(() => engine.Evaluate(accounts[a])).ToRefusal());
            }
        }

        refused.ShouldBe(10);
    }

    [Fact]
    public void EvaluateBook_RandomBooks_EveryFieldIsThatOfEvaluate()
    {
        // Weighted sets of three families and plain ones, every measure, degraded or not; some accounts are too large for the pass, some empty, some of one coin.
        const ulong Seed = 8_151;
        var random = new RandomStream(Seed);
        var levels = new[] { TailChoice.Es99, TailChoice.Es975, TailChoice.Var99 };
        var beyond = 0;
        for (var c = 0; c < Math.Min(FuzzBudget.Cases(24), 300); c++)
        {
            var draw = random.Derive((ulong)c);
            var parameters = RiskParameters.Default with { Measure = new MeasureParameters { Tail = levels[c % 3] } };
            var scenarios = 1 + (int)(4_000 * draw.Uniform(1));
            var engine = c % 2 == 0
                ? MarginBench.With(parameters)
                : EngineOf(scenarios, s => 0.05 * (draw.Uniform((ulong)(100 + s)) + draw.Uniform((ulong)(9_000 + s)) - 1), parameters, [(-0.4, 0.5, "down"), (0.4, 0.5, "up")]);
            var context = new MarginContext { AgeSeconds = 600 * draw.Uniform(2), IsDegraded = c % 8 >= 6 };
            List<Account> accounts = [];
            List<MarginResult> alone = [];
            for (var i = 0; i < 60; i++)
            {
                var account = BookAccount(draw.Derive((ulong)(50 + i)), i);
                try
                {
                    alone.Add(engine.Evaluate(account, context));
                    accounts.Add(account);
                    beyond += engine.Array.GainBound(alone[^1].Holdings.AsSpan()) >= (Int128)1 << 60 ? 1 : 0;
                }
                catch (InvalidInputException e) when (i % 10 == 5)
                {
                    e.Code.ShouldBeOneOf("margin-overflow", "pnl-overflow");
                }
            }

            foreach (var threads in new[] { 1, 2 })
            {
                var book = engine.EvaluateBook(accounts, context, threads);
                for (var i = 0; i < accounts.Count; i++)
                {
                    MarginBench.Text(book[i]).ShouldBe(MarginBench.Text(alone[i]), $"seed {Seed}, case {c}, account {accounts[i].Id}, {threads} threads");
                    book[i].CollateralHoldings.ShouldBe(alone[i].CollateralHoldings);
                    (book[i].Tail.Level, book[i].Tail.DegreesOfFreedom).ShouldBe((alone[i].Tail.Level, alone[i].Tail.DegreesOfFreedom));
                }
            }
        }

        // Some of the accounts were too large for the pass, and still not too large for a margin.
        beyond.ShouldBeGreaterThan(0);
    }

    private static Account BookAccount(RandomStream draw, int i)
    {
        var account = MarginBench.Random(draw) with { Id = $"a{i}" };
        account = account with { Collateral = [.. account.Collateral.Where(h => h.Asset != HandMarket.Steth)] };
        return (i % 10) switch
        {
            3 => account with { Positions = [] },
            4 => account with { Positions = [account.Positions[0]] },
            5 => account with { Positions = [.. account.Positions.Select(p => p with { Quantity = (decimal)Math.Floor(Math.Pow(10, 8 * draw.Uniform(900))) * p.Quantity })] },
            6 => account with { Collateral = [] },
            _ => account,
        };
    }

    private static MarginEngine EngineOf(int count, Func<int, double> spot, RiskParameters parameters, (double Spot, double Share, string Label)[]? stress = null)
    {
        var set = SetOf(count, spot, stress ?? []);
        return new MarginEngine(HandMarket.Market, ArrayOf(set), set, parameters);
    }

    private static RiskArray ArrayOf(ScenarioSet set) => RiskArray.Build(HandMarket.Market, set, MarginBench.Instruments, [HandMarket.Btc, HandMarket.Eth, HandMarket.Usdc]);

    private static ScenarioSet SetOf(int count, Func<int, double> spot, (double Spot, double Share, string Label)[] stress)
    {
        ScenarioColumns Columns(int n, Func<int, double> move)
        {
            var columns = new ScenarioColumns(HandMarket.Factors, n);
            for (var s = 0; s < n; s++)
            {
                columns.SpotLogReturn(0)[s] = move(s);
                columns.SpotLogReturn(1)[s] = move(s);
            }

            return columns;
        }

        var batches = new List<(ScenarioBatch, double)> { (new ScenarioBatch(ScenarioFamily.MonteCarlo, "hand/1", Columns(count, spot), [.. Enumerable.Repeat(1.0, count)], []), 1) };
        if (stress.Length > 0)
        {
            batches.Add((new ScenarioBatch(ScenarioFamily.Stress, "hand/1", Columns(stress.Length, s => stress[s].Spot), [.. stress.Select(x => x.Share)], [.. stress.Select(x => x.Label)]), 0));
        }

        return new ScenarioSet(HandMarket.Factors, 1.0 / 365, 1, ContentHash.Of("hand"u8), batches);
    }
}

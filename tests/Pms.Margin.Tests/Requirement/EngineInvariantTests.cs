using Pms.Margin.Measures;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Testing;

namespace Pms.Margin.Tests.Requirement;

/// <summary>The engine's named invariants, each on random books; the seed and the case stand in every message.</summary>
public sealed class EngineInvariantTests
{
    private const ulong Seed = 4_711;

    private static MarginEngine Engine => MarginBench.Engine;

    [Fact]
    public void ENG01_RandomAndHugeBooks_ResultIsInRangeOrARefusal()
    {
        ForEachCase(1, 1_500, (stream, what) =>
        {
            var account = MarginBench.Random(stream);
            if (stream.Uniform(700) < 0.3)
            {
                var factor = (decimal)Math.Floor(Math.Pow(10, stream.Uniform(701) * 11));
                account = Times(account, factor);
            }

            MarginResult result;
            try
            {
                result = Engine.Evaluate(account);
            }
            catch (InvalidInputException e)
            {
                e.Code.ShouldBeOneOf("margin-overflow", "pnl-overflow", "quantity-range");
                return;
            }

            result.Maintenance.ShouldBeInRange(0, Rounding.MostMoney, what);
            result.Initial.ShouldBeInRange(result.Maintenance == 0 ? 0 : 1, Rounding.MostMoney, what);
            double.IsFinite(result.Tail.StandardError).ShouldBeTrue(what);
            (result.MarginRatio is null || double.IsFinite(result.MarginRatio.Value)).ShouldBeTrue(what);
            result.Components.Skip(2).Sum(c => (decimal)c.Amount).ShouldBe(result.Maintenance, what);
            result.EquityLines.Sum(c => (decimal)c.Amount).ShouldBe(result.Equity, what);
        });
    }

    [Fact]
    public void ENG02_OrderOfPositionsAndThreads_SameResult()
    {
        var random = new RandomStream(Seed).Derive(2);
        var accounts = Enumerable.Range(0, FuzzBudget.Cases(500)).Select(c => MarginBench.Random(random.Derive((ulong)c))).ToArray();
        var one = Engine.EvaluateBook(accounts);
        var shuffled = accounts.Select((a, c) => a with { Positions = [.. a.Positions.Reverse()], Collateral = [.. a.Collateral.OrderBy(h => h.Amount)] }).ToArray();
        var two = MarginBench.With(RiskParameters.Default).EvaluateBook(shuffled, threads: 2);
        for (var i = 0; i < accounts.Length; i++)
        {
            MarginBench.Text(two[i] with { Collateral = one[i].Collateral }).ShouldBe(MarginBench.Text(one[i]), $"seed {Seed}, case {i}");
            two[i].Collateral.Order(Comparer<CollateralLine>.Create((a, b) => string.CompareOrdinal(a.Asset.Code, b.Asset.Code)))
                .ShouldBe(one[i].Collateral.Order(Comparer<CollateralLine>.Create((a, b) => string.CompareOrdinal(a.Asset.Code, b.Asset.Code))));
        }
    }

    [Fact]
    public void ENG03_NoContracts_NoMargin_AndAZeroLegChangesNothing()
    {
        Engine.Evaluate(MarginBench.Account([])).Maintenance.ShouldBe(0);
        Engine.Evaluate(MarginBench.Account([])).Binding.ShouldBe("none");
        ForEachCase(3, 500, (stream, what) =>
        {
            var account = MarginBench.Random(stream);
            var collateralOnly = Engine.Evaluate(account with { Positions = [] });
            collateralOnly.Maintenance.ShouldBe(0, what);
            collateralOnly.Initial.ShouldBe(0, what);
            var leg = new Position(MarginBench.Instruments[(int)(stream.Uniform(800) * MarginBench.Instruments.Length)], 0);
            MarginBench.Text(Engine.Evaluate(account with { Positions = account.Positions.Add(leg) })).ShouldBe(MarginBench.Text(Engine.Evaluate(account)), what);
        });
    }

    [Fact]
    public void ENG04_ALegAndItsOpposite_AddNothing()
    {
        ForEachCase(4, 1_000, (stream, what) =>
        {
            var account = MarginBench.Random(stream);
            var instrument = MarginBench.Instruments[(int)(stream.Uniform(800) * MarginBench.Instruments.Length)];
            var quantity = MarginBench.Quantity(stream, 90, instrument);
            var more = account with { Positions = account.Positions.Add(new Position(instrument, quantity)).Insert(0, new Position(instrument, -quantity)) };
            MarginBench.Text(Engine.Evaluate(more)).ShouldBe(MarginBench.Text(Engine.Evaluate(account)), what);
        });
    }

    [Fact]
    public void ENG05_KTimesTheBook_AsksAtLeastKTimes()
    {
        ForEachCase(5, 1_500, (stream, what) =>
        {
            var account = MarginBench.Random(stream);
            var k = 1 + (int)(stream.Uniform(800) * 20);
            var one = Engine.Evaluate(account);
            var many = Engine.Evaluate(Times(account, k));
            // Each of a handful of lines is rounded up once: k times that may be lost.
            var slack = 12 * k;
            many.Maintenance.ShouldBeGreaterThanOrEqualTo((k * one.Maintenance) - slack, what);
            many.Initial.ShouldBeGreaterThanOrEqualTo((k * one.Initial) - (2 * slack), what);
        });
    }

    [Fact]
    public void ENG06_EsOfTwoBooksTogether_IsAtMostTheirSumAndOneUnit()
    {
        ForEachCase(6, 1_500, (stream, what) =>
        {
            var a = MarginBench.Random(stream.Derive(1));
            var b = MarginBench.Random(stream.Derive(2));
            var both = a with { Positions = [.. a.Positions, .. b.Positions] };
            Engine.Evaluate(both).Tail.Es.ShouldBeLessThanOrEqualTo(Engine.Evaluate(a).Tail.Es + Engine.Evaluate(b).Tail.Es + 1, what);
        });
    }

    [Fact]
    public void ENG07_EsIsAtLeastVar_AndVarRisesWithTheLevel()
    {
        ForEachCase(7, 1_000, (stream, what) =>
        {
            var pnl = Engine.Pnl(Engine.Holdings(MarginBench.Random(stream)).AsSpan());
            var tail = pnl.AsSpan(0, MarginBench.Set.TailCount);
            var before = long.MinValue;
            foreach (var level in new[] { 0.9, 0.975, 0.99, 0.995, 0.9999 })
            {
                var estimate = TailMeasure.Of(tail, Engine.Design, TailLevel.Of(level));
                estimate.Es.ShouldBeGreaterThanOrEqualTo(estimate.Var, what);
                estimate.UpperBound(0.95).ShouldBeGreaterThanOrEqualTo(estimate.Es, what);
                estimate.Var.ShouldBeGreaterThanOrEqualTo(before, what);
                before = estimate.Var;
            }
        });
    }

    [Fact]
    public void ENG08_LongOptionsOnly_AskAtMostTheirValue()
    {
        ForEachCase(8, 1_500, (stream, what) =>
        {
            var context = new MarginContext { IsDegraded = stream.Uniform(900) < 0.3, AgeSeconds = stream.Uniform(901) * 10_000 };
            var result = Engine.Evaluate(MarginBench.Random(stream, longOptionsOnly: true), context);
            var premium = result.EquityLines.Single(l => l.Name == "contracts").Amount;
            result.Maintenance.ShouldBeLessThanOrEqualTo(premium, what);
            result.Initial.ShouldBeLessThanOrEqualTo(premium, what);
            var bare = Engine.Evaluate(MarginBench.Random(stream, longOptionsOnly: true) with { Collateral = [] }, context);
            bare.Excess.ShouldBeGreaterThanOrEqualTo(0, what);
        });
    }

    [Fact]
    public void ENG09_MoreCollateral_NeverRaisesTheRequirementNorLowersEquity()
    {
        ForEachCase(9, 2_000, (stream, what) =>
        {
            var account = MarginBench.Random(stream);
            var one = Engine.Evaluate(account);
            var assets = new[] { HandMarket.Btc, HandMarket.Eth, HandMarket.Usdc, HandMarket.Steth, Asset.Usd };
            var asset = assets[(int)(stream.Uniform(800) * assets.Length)];
            var amount = Math.Round((decimal)(Math.Pow(10, (stream.Uniform(801) * 9) - 6)), 7);
            var held = account.Collateral.Where(c => c.Asset == asset).Select(c => c.Amount).SingleOrDefault();
            var more = Engine.Evaluate(account with { Collateral = [.. account.Collateral.Where(c => c.Asset != asset), new CollateralHolding(asset, held + amount)] });
            more.Maintenance.ShouldBeLessThanOrEqualTo(one.Maintenance, what);
            more.Initial.ShouldBeLessThanOrEqualTo(one.Initial, what);
            more.Equity.ShouldBeGreaterThanOrEqualTo(one.Equity - 2, $"{what}: {amount} {asset} more");
        });
    }

    [Fact]
    public void ENG10_HigherHaircutOrAgeOrThinnerMarket_NeverAsksLess()
    {
        var haircuts = MarginBench.With(RiskParameters.Default with
        {
            Collateral = new CollateralParameters { Haircuts = RiskParameters.Default.Collateral.Haircuts.SetItem(HandMarket.Btc, 0.3).SetItem(HandMarket.Usdc, 0.1), OtherHaircut = 0.5 },
        });
        ForEachCase(10, 1_000, (stream, what) =>
        {
            var account = MarginBench.Random(stream);
            var normal = Engine.Evaluate(account);

            var cut = haircuts.Evaluate(account);
            cut.Maintenance.ShouldBeGreaterThanOrEqualTo(normal.Maintenance, what);
            cut.Equity.ShouldBeLessThanOrEqualTo(normal.Equity + 2, what);

            var age = stream.Uniform(800) * 3_600;
            var older = Engine.Evaluate(account, new MarginContext { AgeSeconds = age + 600 });
            older.Maintenance.ShouldBeGreaterThanOrEqualTo(Engine.Evaluate(account, new MarginContext { AgeSeconds = age }).Maintenance, what);

            MarginResult Thin(double volume) => MarginBench.With(
                RiskParameters.Default with { Liquidity = new LiquidityParameters { OptionVolumeFloorUsd = 1, FutureVolumeFloorUsd = 1 } },
                new MarketLiquidity(account.Positions.ToDictionary(p => p.Instrument, _ => new InstrumentLiquidity(null, volume, volume)))).Evaluate(account);
            var depth = Math.Pow(10, stream.Uniform(801) * 5);
            Thin(depth / 2).Maintenance.ShouldBeGreaterThanOrEqualTo(Thin(depth).Maintenance, what);
        }, heavy: true);
    }

    [Fact]
    public void ENG12_DailyStepCap_BoundsTheRiseAndDisclosesTheRest()
    {
        var capped = MarginBench.With(RiskParameters.Default with { AntiProcyclicality = new AntiProcyclicalityParameters { DailyStepCap = 0.2 } });
        ForEachCase(12, 500, (stream, what) =>
        {
            var account = MarginBench.Random(stream);
            var full = Engine.Evaluate(account).Maintenance;
            var before = (long)(full * stream.Uniform(800) * 1.5);
            var result = capped.Evaluate(account, new MarginContext { PreviousMaintenance = before });
            result.Maintenance.ShouldBeLessThanOrEqualTo((long)Math.Ceiling(before * 1.2) + 2, what);
            (result.Maintenance + result.Deferred).ShouldBe(full, what);
            (result.Deferred > 0).ShouldBe(result.Binding == "step-cap", what);
        });
    }

    [Fact]
    public void ENG14_DegradedMode_IsNotCheaper()
    {
        ForEachCase(14, 1_000, (stream, what) =>
        {
            var account = MarginBench.Random(stream);
            var age = stream.Uniform(800) * 1_000;
            Engine.Evaluate(account, new MarginContext { IsDegraded = true, AgeSeconds = age }).Maintenance
                .ShouldBeGreaterThanOrEqualTo(Engine.Evaluate(account, new MarginContext { AgeSeconds = age }).Maintenance, what);
        });
    }

    private static Account Times(Account account, decimal k) => account with { Positions = [.. account.Positions.Select(p => p with { Quantity = k * p.Quantity })] };

    private static void ForEachCase(ulong property, int cases, Action<RandomStream, string> check, bool heavy = false)
    {
        var random = new RandomStream(Seed).Derive(property);
        var count = FuzzBudget.Cases(heavy ? cases / 2 : cases);
        for (var c = 0; c < count; c++)
        {
            check(random.Derive((ulong)c), $"ENG-{property:00}, seed {Seed}, case {c}");
        }
    }
}

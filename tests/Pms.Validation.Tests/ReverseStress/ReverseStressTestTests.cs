using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Validation.ReverseStress;
using static Pms.Validation.Tests.ReverseStress.ReverseMarket;

namespace Pms.Validation.Tests.ReverseStress;

public sealed class ReverseStressTestTests
{
    private const long Usd = 1_000_000;

    [Fact]
    public void Run_LinearBook_HasTheClosedForm()
    {
        // A linear perpetual of Q coins gains Q F0 (e^x - 1) USD, x = spot + B(30 d) basis: broken on the hyperplane x = ln(1 - E / (Q F0)), whose nearest point is known.
        var account = Account("a", 9_000m, (LinearPerpetual, 0.8m));
        var set = Set();
        var result = ReverseStressTest.Run(Engine(set, account), [account], ReverseStressTarget.Accounts());

        var years = BasisTerm.Years(30.0 / 365);
        var (mean, square) = (0.0, 0.0);
        for (var s = 0; s < set.TailCount; s++)
        {
            mean += set.Weights[s] * (set.SpotLogReturn(0)[s] + (years * set.BasisChange(0)[s])) / 1e9;
        }

        for (var s = 0; s < set.TailCount; s++)
        {
            var x = set.SpotLogReturn(0)[s] + (years * set.BasisChange(0)[s]) - mean;
            square += set.Weights[s] * x * x / 1e9;
        }

        var growth = Math.Log(1 - (9_000 / (0.8 * LinearMark)));
        result.Status.ShouldBe(ReverseStressStatus.Found);
        result.Law!.Columns.Length.ShouldBe(2);
        result.Scenario!.Plausibility.Distance.ShouldBe(Math.Abs(growth - mean) / Math.Sqrt(square), 1e-6);
        result.Scenario.Accounts[0].After.ShouldBeInRange(-Usd / 10, 0);
    }

    [Fact]
    public void Run_ShortStrangleOfTwoFactors_AgreesWithAGrid()
    {
        // The grid is a scenario set of its own, valued by a risk array: no part of the search.
        var set = Set(twoFactors: true);
        var account = Account("a", 40_000m, (Put(44_000m), -10m), (Call(57_000m), -10m));
        var result = ReverseStressTest.Run(Engine(set, account), [account], ReverseStressTarget.Accounts());
        var law = result.Law!;
        law.Rank.ShouldBe(2);

        const int Rays = 720;
        const int Steps = 400;
        const double Most = 10;
        var grid = new ScenarioColumns(Factors, Rays * Steps);
        var moves = new double[law.Columns.Length];
        for (var g = 0; g < grid.Count; g++)
        {
            var (angle, distance) = (2 * Math.PI * (g / Steps) / Rays, Most * ((g % Steps) + 1) / Steps);
            law.Moves([distance * Math.Cos(angle), distance * Math.Sin(angle)], moves);
            for (var c = 0; c < moves.Length; c++)
            {
                grid.Column(law.Columns[c])[g] = moves[c];
            }
        }

        var engine = Engine(Set(grid), account);
        var pnl = engine.Pnl(engine.Holdings(account).AsSpan());
        var worth = result.Scenario!.Accounts[0].Worth;
        var broken = Enumerable.Range(0, grid.Count).Where(g => worth + pnl[g] <= 0).Select(g => (Distance: Most * ((g % Steps) + 1) / Steps, IsDown: grid.SpotLogReturn(0)[g] < 0)).ToArray();
        foreach (var side in new[] { true, false })
        {
            var nearest = broken.Where(b => b.IsDown == side).Min(b => b.Distance);
            var found = result.Others.Prepend(result.Scenario).Where(o => o.Moves.SpotLogReturn(0)[0] < 0 == side).Min(o => o.Plausibility.Distance);
            found.ShouldBeInRange(nearest - (Most / Steps), nearest, "the side " + (side ? "down" : "up"));
        }
    }

    [Fact]
    public void Run_ScenarioFound_GivesItsLossWhenEnteredAgain()
    {
        var accounts = new[] { Account("a", 40_000m, (Put(44_000m), -10m), (Call(57_000m), -10m), (InversePerpetual, -30_000m)), Account("b", 12_000m, (Call(57_000m), -4.5m)) };
        var result = ReverseStressTest.Run(Engine(Set(), accounts), accounts, ReverseStressTarget.Accounts());

        foreach (var scenario in result.Others.Prepend(result.Scenario!))
        {
            var engine = Engine(Set(scenario.Moves), accounts);
            for (var a = 0; a < accounts.Length; a++)
            {
                engine.Pnl(engine.Holdings(accounts[a]).AsSpan())[0].ShouldBe(-scenario.Accounts[a].Loss);
                scenario.Accounts[a].IsBroken.ShouldBeTrue();
            }

            scenario.Positions.Sum(p => p.Gain).ShouldBe(-scenario.Loss);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_MoreCollateral_IsNeverMorePlausible(bool inCoin)
    {
        var before = 0.0;
        foreach (var usd in new[] { 15_000m, 20_000m, 30_000m, 30_001m, 50_000m, 90_000m })
        {
            var account = Account("a", inCoin ? 15_000m : usd, (Put(44_000m), -10m), (Call(57_000m), -10m));
            account = inCoin ? account with { Collateral = [new CollateralHolding(Btc, (usd - 15_000m) / 50_000m), .. account.Collateral] } : account;
            var distance = ReverseStressTest.Run(Engine(Set(), account), [account], ReverseStressTarget.Accounts()).Scenario!.Plausibility.Distance;
            distance.ShouldBeGreaterThan(before);
            before = distance;
        }
    }

    [Fact]
    public void Run_Certificate_CountsTheSetExactlyAndIsNoNearer()
    {
        var account = Account("a", 16_000m, (Put(44_000m), -10m), (Call(57_000m), -10m));
        var set = Set(fill: columns => columns.SpotLogReturn(0)[17] = -0.35);
        var engine = Engine(set, account);
        var result = ReverseStressTest.Run(engine, [account], ReverseStressTarget.Accounts());

        var pnl = engine.Pnl(engine.Holdings(account).AsSpan());
        var worth = result.Scenario!.Accounts[0].Worth;
        int[] broken = [.. Enumerable.Range(0, set.TailCount).Where(s => worth + pnl[s] <= 0)];
        broken.ShouldContain(17);
        result.Set!.Breaking.ShouldBe(broken.Length);
        result.Set.BreakingWeight.ShouldBe(broken.Sum(s => (long)set.Weights[s]));
        result.Set.NearestLoss.ShouldBe(-pnl[result.Set.Nearest]);
        result.Set.NearestWeight.ShouldBe(set.Weights[result.Set.Nearest]);
        result.Set.NearestDistance.ShouldBeGreaterThanOrEqualTo(result.Scenario.Plausibility.Distance);
        result.Scenario.Plausibility.NormalBeyond.ShouldBeInRange(0, 0.5);
    }

    [Fact]
    public void Run_Fund_IsBrokenByOneMoneyUnitAndLessThanAHairMore()
    {
        var accounts = new[] { Account("bull", 8_000m, (InversePerpetual, 40_000m)), Account("bear", 12_000m, (InversePerpetual, -40_000m)), Account("rich", 900_000m, (InversePerpetual, 40_000m)) };
        var engine = Engine(Set(), accounts);
        foreach (var fund in new[] { 0L, 500 * Usd })
        {
            var scenario = ReverseStressTest.Run(engine, accounts, ReverseStressTarget.Fund(fund)).Scenario!;
            scenario.Uncovered.ShouldBeInRange(fund + 1, fund + (Usd / 10));
            scenario.Accounts.Where(a => a.IsBroken).ShouldHaveSingleItem().Id.ShouldBe("bull");
        }

        var two = ReverseStressTest.Run(engine, accounts, ReverseStressTarget.Accounts());
        two.Status.ShouldBe(ReverseStressStatus.Unbroken, "bull and bear cannot be broken at once");
        two.Scenario!.Accounts.All(a => a.IsBroken).ShouldBeFalse();
    }

    [Fact]
    public void Run_AtLeastSoMany_IsTheNearestOfAllWaysToChooseThem()
    {
        var accounts = new[] { Account("bull", 8_000m, (InversePerpetual, 40_000m)), Account("bear", 12_000m, (InversePerpetual, -40_000m)), Account("strangle", 40_000m, (Put(44_000m), -10m), (Call(57_000m), -10m)) };
        var engine = Engine(Set(), accounts);
        double Distance(Account[] chosen, int? atLeast = null) => ReverseStressTest.Run(engine, chosen, ReverseStressTarget.Accounts(atLeast: atLeast)) is { Status: ReverseStressStatus.Found } r ? r.Scenario!.Plausibility.Distance : double.PositiveInfinity;

        Distance(accounts, 1).ShouldBe(accounts.Min(a => Distance([a])), 1e-6);
        Distance(accounts, 2).ShouldBe(Math.Min(Distance([accounts[0], accounts[2]]), Distance([accounts[1], accounts[2]])), 1e-3);
        Distance(accounts, 3).ShouldBe(double.PositiveInfinity);
    }

    [Fact]
    public void Run_RandomBooks_AreNoFurtherThanTheSetSays()
    {
        // Books of two to five contracts with just enough cash that some scenarios of the set break them.
        Instrument[] contracts = [InversePerpetual, .. new[] { 40_000m, 44_000m, 48_000m, 52_000m, 57_000m, 65_000m }.SelectMany(k => new Instrument[] { Put(k), Call(k) })];
        var stream = new RandomStream(77);
        var (set, next, looked) = (Set(), 0UL, 0);
        for (var b = 0; b < 12; b++)
        {
            var positions = Enumerable.Range(0, 2 + (int)(4 * stream.Uniform(next++)))
                .Select(_ => contracts[(int)(contracts.Length * stream.Uniform(next++))])
                .Distinct()
                .Select(c => (c, Math.Round((decimal)(20 * (stream.Uniform(next++) - 0.6)), 1) * (c == InversePerpetual ? 1_000 : 1)))
                .Where(p => p.Item2 != 0)
                .ToArray();
            var bare = Account("a", 0m, positions);
            var engine = Engine(set, bare);
            var pnl = engine.Pnl(engine.Holdings(bare).AsSpan());
            var room = -pnl.Order().ElementAt(12);
            var value = engine.Evaluate(bare).EquityLines.First(l => l.Name == "contracts").Amount;
            if (room <= 0)
            {
                continue;
            }

            var account = bare with { Collateral = [new CollateralHolding(Asset.Usd, (room - value) / 1_000_000m)] };
            var result = ReverseStressTest.Run(Engine(set, account), [account], ReverseStressTarget.Accounts());
            looked++;
            result.Set!.Breaking.ShouldBeGreaterThanOrEqualTo(13);
            result.Status.ShouldBe(ReverseStressStatus.Found);
            result.Scenario!.Plausibility.Distance.ShouldBeLessThanOrEqualTo(result.Set.NearestDistance, $"book {b}: {string.Join(", ", positions)}");
        }

        looked.ShouldBeGreaterThan(8);
    }

    [Fact]
    public void Run_LongOptionsAlone_CannotBeBroken()
    {
        var account = Account("a", 100m, (Call(57_000m), 3m));
        var result = ReverseStressTest.Run(Engine(Set(), account), [account], ReverseStressTarget.Accounts());

        result.Status.ShouldBe(ReverseStressStatus.Unbroken);
        result.Others.ShouldBeEmpty();
        result.Set!.Nearest.ShouldBe(-1);
        result.Scenario!.Loss.ShouldBeInRange(1, result.Scenario.Accounts[0].Worth - (100 * Usd), "the premium is lost, the cash is not");
    }

    [Fact]
    public void Run_BrokenNow_SaysSo()
    {
        var account = Account("a", 1m, (Call(57_000m), -3m));
        ReverseStressTest.Run(Engine(Set(), account), [account], ReverseStressTarget.Accounts()).Status.ShouldBe(ReverseStressStatus.BrokenNow);
    }

    [Fact]
    public void Run_Maintenance_BreaksBeforeEquity()
    {
        var account = Account("a", 40_000m, (Put(44_000m), -10m), (Call(57_000m), -10m));
        var engine = Engine(Set(), account);
        var equity = ReverseStressTest.Run(engine, [account], ReverseStressTarget.Accounts());
        var maintenance = ReverseStressTest.Run(engine, [account], ReverseStressTarget.Accounts(BreakThreshold.Maintenance));

        maintenance.Scenario!.Plausibility.Distance.ShouldBeLessThan(equity.Scenario!.Plausibility.Distance);
        maintenance.Scenario.Accounts[0].After.ShouldBeLessThanOrEqualTo(maintenance.Margins[0].Maintenance);
    }

    [Fact]
    public void Run_Twice_GivesTheSameBits()
    {
        var account = Account("a", 40_000m, (Put(44_000m), -10m), (Call(57_000m), -10m));
        double[] Moves() => [.. ReverseStressTest.Run(Engine(Set(), account), [account], ReverseStressTarget.Accounts()) is var r
            ? r.Others.Prepend(r.Scenario!).SelectMany(o => r.Law!.Columns.Select(c => o.Moves.Column(c)[0])) : []];
        Moves().ShouldBe(Moves());
    }

    [Fact]
    public void Run_PastDays_CountsThoseThatBreakAndThoseAsFar()
    {
        var account = Account("a", 9_000m, (InversePerpetual, 40_000m));
        var days = new ScenarioColumns(Factors, 300);
        for (var d = 0; d < days.Count; d++)
        {
            days.SpotLogReturn(0)[d] = d is 7 or 290 ? -0.4 : 0.001 * (d % 5);
        }

        var past = new PastDays(days, [.. Enumerable.Range(0, days.Count).Select(d => $"day {d}")]);
        var result = ReverseStressTest.Run(Engine(Set(), account), [account], ReverseStressTarget.Accounts(), past);

        result.Past!.Days.ShouldBe(300);
        result.Past.Breaking.ShouldBe(["day 7", "day 290"]);
        result.Scenario!.Plausibility.Past.ShouldBe(new PastPlausibility(300, 2, 2));
    }

    [Fact]
    public void Run_BadInput_IsRefusedWithItsCode()
    {
        var account = Account("a", 9_000m, (InversePerpetual, 40_000m));
        var engine = Engine(Set(), account);
        Code(() => ReverseStressTest.Run(engine, [], ReverseStressTarget.Accounts())).ShouldBe("reverse-accounts");
        Code(() => ReverseStressTest.Run(engine, [account], ReverseStressTarget.Accounts(atLeast: 2))).ShouldBe("reverse-at-least");
        Code(() => ReverseStressTarget.Fund(-1)).ShouldBe("reverse-fund");
        Code(() => ReverseStressTest.Top(engine, [account], 0)).ShouldBe("reverse-top");
        Code(() => ReverseStressTest.Top(engine, [account], 2)).ShouldBe("reverse-top");
        Code(() => ReverseStressTest.Run(engine, [Account("b", 9_000m, (Call(57_000m), -1m))], ReverseStressTarget.Accounts())).ShouldBe("row-missing");
        Code(() => ReverseStressTest.Run(engine, [Account("b", 9_000m)], ReverseStressTarget.Accounts())).ShouldBe("reverse-law");
    }

    [Fact]
    public void Top_TakesTheLargestRequirements()
    {
        var accounts = new[] { Account("small", 9_000m, (InversePerpetual, 1_000m)), Account("large", 9_000m, (InversePerpetual, 90_000m)), Account("middle", 9_000m, (InversePerpetual, -40_000m)) };
        ReverseStressTest.Top(Engine(Set(), accounts), accounts, 2).Select(a => a.Id).ShouldBe(["large", "middle"]);
    }

    private static string Code(Action action) => Should.Throw<InvalidInputException>(action).Code;
}

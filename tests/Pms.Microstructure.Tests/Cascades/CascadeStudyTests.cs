using System.Collections.Immutable;
using System.Text.Json;
using Pms.Margin.Portfolios;
using Pms.Microstructure.Cascades;
using Pms.Microstructure.Impact;
using Pms.Microstructure.Keepers;
using Pms.Microstructure.Ledgers;
using Pms.Microstructure.Procedures;
using Pms.Primitives;

namespace Pms.Microstructure.Tests.Cascades;

/// <summary>Small books in a short crash, under every system.</summary>
public sealed class CascadeStudyTests
{
    private static readonly ImmutableArray<Account> Book = Stages.Book(60);
    private static readonly KeeperParameters FewKeepers = KeeperParameters.Default with { Keepers = 10, TroubleFrom = 5, TroubleUntil = 40 };
    private static readonly CascadeScene Crash = Stages.Scene(Book, Stages.Crash(0.4, 15)) with { Keepers = FewKeepers };
    private static readonly Lazy<ImmutableArray<SystemOutcome>> Outcomes = new(() => CascadeStudy.Run(Crash, Book, CascadeParameters.Default with { Threads = 2 }));

    [Fact]
    public void Run_AnySystem_ConservesMoneyAndPositions()
    {
        Outcomes.Value.Select(o => o.Name).ShouldBe(CascadeStudy.Systems);
        Outcomes.Value.ShouldAllBe(o => o.IsConserved);
        Outcomes.Value.Where(o => o.Name != "static").ShouldAllBe(o => o.AccountsLiquidated > 5);
    }

    [Fact]
    public void Run_OneThreadOrTwo_GivesTheSameDigits()
    {
        var again = CascadeStudy.Run(Crash, Book, CascadeParameters.Default with { Only = ["derive", "pms"], Threads = 1 });
        JsonSerializer.Serialize(again).ShouldBe(JsonSerializer.Serialize(Outcomes.Value.Where(o => o.Name is "derive" or "pms").ToImmutableArray()));
    }

    [Fact]
    public void Run_EqualCapital_IsEqualByInitialMargin()
    {
        var fixedRatio = Outcomes.Value.First(o => o.Name == "fixed-ratio");
        fixedRatio.Initial.ShouldBe(Outcomes.Value.First(o => o.Name == "pms").Initial, 1);
        Outcomes.Value.First(o => o.Name == "static").Capital.ShouldBeGreaterThan(5 * fixedRatio.Capital);
    }

    /// <summary>LIQ-05: a bounded number of slices, and nobody is left below the margin while there is somebody to take him.</summary>
    [Fact]
    public void Sliced_AfterTheCrash_NobodyIsLeftBelowHisMargin()
    {
        var own = Outcomes.Value.First(o => o.Name == "pms");
        own.MostSteps.ShouldBeInRange(1, SliceParameters.Default.MostRounds);
        own.ShortfallLeft.ShouldBe(0);
        own.RewardsBeyondEquity.ShouldBe(0);
        own.ProgressBroken.ShouldBe(0);
        own.MostRewardOfEquity.ShouldBeLessThanOrEqualTo(1);
    }

    /// <summary>LIQ-05: at unmoved prices every slice lowers the shortfall. Keepers look at the margin before each action.</summary>
    [Fact]
    public void Sliced_EachSlice_LowersTheShortfall()
    {
        var rule = CascadeStudy.Rule("pms", Crash, CascadeParameters.Default, 0);
        var posted = CollateralPosting.Post(rule, Book, 1.0);
        var seen = new List<(int Owner, int Minute, double Shortfall)>();
        var scene = Crash with { Path = Stages.Crash(0.12, 3), Keepers = FewKeepers with { OffShare = 0 } };
        VenueRun? at = null;
        var watching = scene with { KeeperPool = () => new Watching(new NetProfitKeepers(scene.Keepers), () => seen.AddRange(at!.Due().Select(o => (o, at.Minute, at.FiguresOf(o).Shortfall)))) };
        var acts = new[] { new ScriptedAct(0, run => at = run) };
        var outcome = CascadeStudy.Run("pms", watching, rule, new SlicedLiquidation(SliceParameters.Default), posted, CascadeParameters.Default, 0, acts);
        outcome.Liquidations.ShouldBeGreaterThan(0);
        var falls = seen.GroupBy(s => (s.Owner, s.Minute)).SelectMany(g => g.Zip(g.Skip(1))).ToArray();
        falls.ShouldNotBeEmpty();
        falls.ShouldAllBe(p => p.Second.Shortfall <= p.First.Shortfall);
    }

    /// <summary>LIQ-09 to LIQ-11: no fund to speak of, so that the waterfall is gone down to the end.</summary>
    [Fact]
    public void Waterfall_EmptyFund_GoesInOrderDeleveragesTheLeastAndSparesTheIdle()
    {
        var poor = Crash with { Path = Stages.Crash(0.6, 3), Keepers = FewKeepers with { OffShare = 1 } };
        foreach (var system in new[] { "fixed-ratio", "pms" })
        {
            var parameters = CascadeParameters.Default with { FundShare = 1e-5, Only = [system] };
            var idle = new List<decimal>();
            var outcome = CascadeStudy.Run(poor, Book, parameters, _ => [new ScriptedAct(poor.Path.Minutes, run => idle.Add(run.Ledger.CashOf(run.Ledger.Owners - 1, run.Ledger.Usd)))])[0];
            string[] order = ["backstop", "insurance", "deleveraging", "socialised"];
            outcome.Waterfall.ShouldBe(order.Where(outcome.Waterfall.Contains));
            outcome.Waterfall.ShouldContain("deleveraging");
            outcome.DeleveragedNotional.ShouldBeInRange(0.999 * outcome.DeleveragedLeast, 1.05 * outcome.DeleveragedLeast);
            idle.ShouldBe([10_000m]);
            outcome.SocialisedOnIdle.ShouldBe(0);
            outcome.IsConserved.ShouldBeTrue();
        }
    }

    /// <summary>LIQ-10: money of an owner without positions is not touched, though all others pay.</summary>
    [Fact]
    public void Socialise_IdleOwnerWithMoney_PaysNothing()
    {
        var run = new VenueRun(Crash, CascadeStudy.Rule("fixed-ratio", Crash, CascadeParameters.Default, 0.1), Book, 0);
        var idle = run.Ledger.Owners - 1;
        run.Begin(0, new double[run.Market.Coins.Length]);
        var before = run.AccountOwners.ToDictionary(o => o, run.ValueOf);
        run.Ledger.CashOf(idle, run.Ledger.Usd).ShouldBe(10_000);
        run.Waterfall.Socialise(VenueLedger.Backstop, 50_000);
        run.Ledger.CashOf(idle, run.Ledger.Usd).ShouldBe(10_000);
        run.Tally.Socialised.ShouldBe(50_000, 1e-3);
        run.Tally.SocialisedOnIdle.ShouldBe(0);
        run.AccountOwners.Count(o => run.ValueOf(o) < before[o]).ShouldBeGreaterThan(30);
        run.AccountOwners.ShouldAllBe(o => run.ValueOf(o) >= Math.Min(before[o], 0) - 1e-6); // nobody below zero by it
    }

    [Fact]
    public void Run_MoreDepth_LessOvershoot()
    {
        double[] depths = [0.3, 1, 10];
        var overshoots = depths.Select(d => CascadeStudy.Run(
            Crash with { Impact = ImpactParameters.Default with { DepthFactor = d } }, Book, CascadeParameters.Default with { Only = ["derive"] })[0].Lows.Max(l => l.Overshoot)).ToArray();
        overshoots.Zip(overshoots.Skip(1)).ShouldAllBe(p => p.Second < p.First);
    }

    [Fact]
    public void Run_StillMarket_LiquidatesNobody()
    {
        var still = Crash with { Path = Stages.Path(new(0, 0), new(10, 0)) };
        CascadeStudy.Run(still, Book, CascadeParameters.Default).ShouldAllBe(o => o.Liquidations == 0 && o.BadDebt == 0 && o.IsConserved);
    }

    [Fact]
    public void Run_SameCollateral_IsTheSameForAll()
    {
        var outcomes = CascadeStudy.Run(Crash with { Path = Stages.Path(new(0, 0), new(2, 0)) }, Book, CascadeParameters.Default with { Collateral = CollateralMode.Same });
        outcomes.Select(o => o.Name).ShouldBe(["fixed-ratio", "derive", "pms"]);
        outcomes.Select(o => o.Capital).Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public void Parameters_OutOfRange_AreRefused()
    {
        Should.Throw<InvalidInputException>(() => CascadeStudy.Run(Crash, Book, CascadeParameters.Default with { Buffer = 0.9 })).Code.ShouldBe("cascade-parameter");
        Should.Throw<InvalidInputException>(() => CascadeStudy.Run(Crash, Book, CascadeParameters.Default with { Only = ["bank"] })).Code.ShouldBe("cascade-parameter");
    }

    /// <summary>Keepers that let somebody look before each offer.</summary>
    private sealed class Watching(IKeeperPool keepers, Action look) : IKeeperPool
    {
        public bool HasRoom => keepers.HasRoom;

        public double MostNotional => keepers.MostNotional;

        public void Begin(int minute) => keepers.Begin(minute);

        public double GasOf(int legs) => keepers.GasOf(legs);

        public KeeperAnswer Ask(in KeeperOffer offer)
        {
            look();
            return keepers.Ask(offer);
        }
    }
}

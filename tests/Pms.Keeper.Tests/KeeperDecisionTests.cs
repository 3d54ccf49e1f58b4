using System.Collections.Immutable;
using System.Numerics;
using Pms.Keeper.Decisions;
using Pms.Liquidation.Auctions;
using Pms.Primitives;
using static Pms.Keeper.Tests.Views;

namespace Pms.Keeper.Tests;

/// <summary>What is done and what is skipped, each with its reason.</summary>
public sealed class KeeperDecisionTests
{
    [Fact]
    public void Decide_DueAccount_StartsItsAuction()
    {
        var action = Only(Snapshot(Account()));
        (action.Kind, action.IsChosen).ShouldBe((ActionKind.Start, true));
        action.GasUsd.ShouldBe(220_000 * 11e9 * 1e-18 * 3_000, 1e-9);
        Decide(Snapshot(Account(equity: 9_500))).ShouldBeEmpty();
        Decide(Snapshot(Account(equity: 9_600) with { CallRanOut = true })).ShouldHaveSingleItem().Kind.ShouldBe(ActionKind.Start);
    }

    [Fact]
    public void Decide_RunningAuction_BidsOnceTheRatePaysAndSaysWhenBefore()
    {
        var view = Account(terms: Terms);
        var early = Only(Snapshot(view));
        early.Skip!.Code.ShouldBe("not-profitable");
        early.Skip.Message.ShouldContain("from a rate of");
        var seconds = ulong.Parse(early.Skip.Message.Split("in ")[^1].Split(' ')[0]);
        Only(Snapshot(view) with { NowSeconds = Now + seconds - 1, BatchObservedAt = Now + seconds - 20, BatchValidUntil = Now + 99_999 }).IsChosen.ShouldBeFalse();
        var action = Only(Snapshot(view) with { NowSeconds = Now + seconds, BatchObservedAt = Now + seconds - 20, BatchValidUntil = Now + 99_999 });
        action.IsChosen.ShouldBeTrue(action.Skip?.Message);
        action.NetUsd.ShouldBeGreaterThanOrEqualTo(5);
        // a hundredth more than restores the account now: what is not needed stays with the payer
        action.CashWad.ShouldBe(ShareBid.MostCash(Wad(4_000), 10_000) * 101 / 100);
        action.LeastUnitsWad.Sign.ShouldBe(1);
        // it just pays: the offer holds out against what the minimum net allows, and no more
        action.Offer.MaxFeeWei.ShouldBe(action.LargestFeeWei);
        (action.Offer.MaxFeeWei >= 11_000_000_000).ShouldBeTrue();
        var later = Only(Snapshot(view) with { NowSeconds = Now + 4_200, BatchObservedAt = Now + 4_200, BatchValidUntil = Now + 99_999 });
        later.Offer.MaxFeeWei.ShouldBe(21_000_000_000);
        (later.LargestFeeWei > later.Offer.MaxFeeWei).ShouldBeTrue();
    }

    [Fact]
    public void Decide_RestoredAuction_EndsIt() => Only(Snapshot(Account(equity: 13_000, terms: Terms))).Kind.ShouldBe(ActionKind.End);

    [Fact]
    public void Decide_WorthlessAccount_IsTakenOnlyInBadDebtMode()
    {
        var view = Account(equity: -500, worth: -400, terms: Terms) with { IsMarked = true };
        Only(Snapshot(view), Config with { MinimumNetUsd = Config.MinimumNetUsd.Add(ActionKind.TakeOver, -1_000) }).Skip!.Code.ShouldBe("bad-debt");
        var taken = Only(Snapshot(view), Config with { BadDebt = BadDebtMode.TakeOver, MinimumNetUsd = Config.MinimumNetUsd.Add(ActionKind.TakeOver, -1_000) });
        (taken.Kind, taken.IsChosen, taken.CashWad).ShouldBe((ActionKind.TakeOver, true, Wad(12_620)), "and a hundredth of the initial margin on top");
        // What insurance does not pay of the debt is the keeper's loss.
        var insured = Only(Snapshot(view with { InsuredWad = Wad(300) }), Config with { BadDebt = BadDebtMode.TakeOver, MinimumNetUsd = Config.MinimumNetUsd.Add(ActionKind.TakeOver, -1_000) });
        (insured.CashWad, Math.Round(insured.NetUsd - taken.NetUsd, 6)).ShouldBe((Wad(12_320), 300));
        var deep = Account(equity: -50_500, worth: -50_400, terms: Terms) with { IsMarked = true, InsuredWad = Wad(50_000) };
        Only(Snapshot(deep), Config with { BadDebt = BadDebtMode.TakeOver, MinimumNetUsd = Config.MinimumNetUsd.Add(ActionKind.TakeOver, -1_000) }).NetUsd.ShouldBe(taken.NetUsd, 1e-9);
        Only(Snapshot(deep with { InsuredWad = 0 }), Config with { BadDebt = BadDebtMode.TakeOver, MinimumNetUsd = Config.MinimumNetUsd.Add(ActionKind.TakeOver, -1_000) }).Skip!.Code.ShouldBe("not-profitable");
        Only(Snapshot(view), Config with { BadDebt = BadDebtMode.TakeOver, MinimumNetUsd = Config.MinimumNetUsd.Add(ActionKind.TakeOver, 0) }).Skip!.Code.ShouldBe("not-profitable");
        Only(Snapshot(view)).Skip!.Code.ShouldBe("kind-off");
        // insurance pays from the moment at which the chain knows
        Only(Snapshot(view with { IsMarked = false }), Config with { BadDebt = BadDebtMode.TakeOver }).Kind.ShouldBe(ActionKind.End);
    }

    [Fact]
    public void Decide_TermsHaveRunOut_StartsAnewOnlyWhereNoBidPays()
    {
        var unsold = Account(terms: Terms, gross: 4_000_000);
        var later = Now + 4_200;
        KeeperSnapshot At(AuctionView view, ulong now) => Snapshot(view) with { NowSeconds = now, BatchObservedAt = now - 20, BatchValidUntil = now + 99 };
        Decide(At(unsold, later - 1)).ShouldHaveSingleItem().Skip!.Code.ShouldBe("not-profitable");
        var actions = Decide(At(unsold, later));
        actions.Select(a => (a.Kind, a.IsChosen)).ShouldBe([(ActionKind.Restart, true), (ActionKind.Share, false)]);
        Only(At(Account(terms: Terms), later)).Kind.ShouldBe(ActionKind.Share);
        // above maintenance margin the chain would refuse it
        Only(At(unsold with { Money = Account(equity: 9_600, worth: 9_700).Money }, later)).Kind.ShouldBe(ActionKind.Share);
        Decide(At(unsold, later), Config with { MinimumNetUsd = Config.MinimumNetUsd.Remove(ActionKind.Restart) }).Single(a => a.Kind == ActionKind.Restart).Skip!.Code.ShouldBe("kind-off");
    }

    [Fact]
    public void Decide_OwnClaim_IsDividedWithoutALeaf()
    {
        var view = Account(equity: 20_000) with { OwnClaims = [4, 9], Stale = new Refusal("leaf-stale", "x") };
        var actions = Decide(Snapshot(view) with { BatchSequence = null });
        actions.Select(a => (a.Kind, a.Claim, a.IsChosen)).ShouldBe([(ActionKind.Divide, 4UL, true), (ActionKind.Divide, 9UL, true)]);
    }

    [Theory]
    [InlineData("stale-batch")]
    [InlineData("stale-expired")]
    [InlineData("stale-none")]
    [InlineData("stale-block")]
    [InlineData("leaf-stale")]
    [InlineData("cooldown")]
    [InlineData("in-flight")]
    [InlineData("not-listed")]
    [InlineData("kind-off")]
    [InlineData("gas-cap-transaction")]
    [InlineData("gas-cap-day")]
    [InlineData("gas-price")]
    [InlineData("in-flight-limit")]
    [InlineData("not-profitable")]
    public void Decide_WhatIsNotDone_SaysWhy(string code)
    {
        var (snapshot, config, view) = (Snapshot(Account()), Config, Account());
        (snapshot, config) = code switch
        {
            "stale-batch" => (snapshot with { BatchObservedAt = Now - 181 }, config),
            "stale-expired" => (snapshot with { BatchValidUntil = Now - 1 }, config),
            "stale-none" => (snapshot with { BatchSequence = null }, config),
            "stale-block" => (snapshot with { BlockAgeSeconds = 61 }, config),
            "leaf-stale" => (Snapshot(view with { Stale = new Refusal("leaf-stale", "an older sequence") }), config),
            "cooldown" => (snapshot with { CooldownUntil = ImmutableDictionary<(ActionKind Kind, ulong Account), ulong>.Empty.Add((ActionKind.Start, 1), Now + 9) }, config),
            "in-flight" => (snapshot with { InFlight = [(ActionKind.Start, 1)] }, config),
            "not-listed" => (snapshot, config with { Whitelist = [2, 3] }),
            "kind-off" => (snapshot, config with { MinimumNetUsd = config.MinimumNetUsd.Remove(ActionKind.Start) }),
            "gas-cap-transaction" or "gas-price" => (snapshot, config with { Gas = config.Gas with { CapUsdPerTransaction = 1 } }),
            "gas-cap-day" => (snapshot with { GasSpentTodayUsd = 999 }, config),
            "in-flight-limit" => (snapshot with { TransactionsInFlight = 4 }, config),
            _ => (snapshot, config with { MinimumNetUsd = config.MinimumNetUsd.SetItem(ActionKind.Start, 1) }),
        };
        var skip = Only(snapshot, config).Skip;
        skip.ShouldNotBeNull();
        skip.Code.ShouldBe(code switch { "stale-expired" or "stale-none" => "stale-batch", "gas-cap-transaction" => "gas-price", _ => code });
        (skip.Message.Any(char.IsDigit) || code is "stale-none" or "leaf-stale" or "in-flight" or "kind-off").ShouldBeTrue(skip.Message);
    }

    [Fact]
    public void Decide_CashForOneBid_GoesToTheBetterOne()
    {
        var at = Now + 2_000;
        var snapshot = Snapshot(Account(1, terms: Terms, gross: 400_000), Account(2, terms: Terms), Account(3, terms: Terms, gross: 100_000)) with { NowSeconds = at, BatchObservedAt = at, BatchValidUntil = at + 9, CashWad = Wad(5_000) };
        var actions = Decide(snapshot);
        actions[0].Account.ShouldBe(2UL);
        actions.Count(a => a.IsChosen).ShouldBe(1);
        actions.Where(a => !a.IsChosen).ShouldAllBe(a => a.Skip!.Code == "no-cash" || a.Skip.Code == "not-profitable");
        actions.Sum(a => a.IsChosen ? (double)a.CashWad : 0).ShouldBeLessThanOrEqualTo(5_000e18);
        Decide(snapshot with { CashWad = BigInteger.Zero }).ShouldAllBe(a => a.Skip!.Code == "no-cash");
        Decide(snapshot).ShouldBe(Decide(snapshot));
    }

    [Fact]
    public void Parse_ConfigurationFile_NamesTheKeyAndTheRange()
    {
        var config = KeeperConfig.Parse("""{"payer":7,"minimumNetUsd":{"share":-3},"gas":{"capUsdPerDay":5,"etherUsd":2000},"whitelist":[1],"badDebt":"takeOver","dryRun":false}"""u8);
        (config.Payer, config.MinimumNetUsd[ActionKind.Share], config.Gas.CapUsdPerDay, config.BadDebt, config.DryRun).ShouldBe((7UL, -3, 5, BadDebtMode.TakeOver, false));
        KeeperConfig.Parse(System.Text.Encoding.UTF8.GetBytes(config.Write())).Write().ShouldBe(config.Write());
        KeeperConfig.Parse("{}"u8).DryRun.ShouldBeTrue();
        foreach (var (text, key) in new[]
        {
            ("""{"pollSeconds":0}""", "pollSeconds"), ("""{"gas":{"quantile":2}}""", "gas.quantile"), ("""{"colour":1}""", "colour"), ("""{"minimumNetUsd":{"steal":1}}""", "steal"), ("""{"badDebt":"maybe"}""", "badDebt"),
            ("""{"relayUrl":"ftp://x"}""", "relayUrl"), ("""{"schema":"x"}""", "schema"), ("""{"gas":{"units":{"start":1}}}""", "gas.units"), ("""{"costs":{"riskShare":-1}}""", "costs.riskShare"), ("null", "null"), ("[", "read"),
        })
        {
            var e = Should.Throw<InvalidInputException>(() => KeeperConfig.Parse(System.Text.Encoding.UTF8.GetBytes(text)));
            e.Code.ShouldBe("keeper-config");
            e.Message.ShouldContain(key);
        }
    }

    private static ImmutableArray<KeeperAction> Decide(KeeperSnapshot snapshot, KeeperConfig? config = null) => KeeperDecision.Decide(snapshot, config ?? Config);

    private static KeeperAction Only(KeeperSnapshot snapshot, KeeperConfig? config = null) => Decide(snapshot, config).ShouldHaveSingleItem();
}

using System.Numerics;
using Pms.Liquidation.Auctions;
using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Liquidation.Tests.Auctions;

/// <summary>The chain's arithmetic of a keeper's bid, on drawn accounts from one wad to 1e10 USD.</summary>
public sealed class ShareBidTests
{
    private const int Draws = 100_000;

    private static readonly BigInteger Wad = BigInteger.Pow(10, 18);

    [Fact]
    public void MostCash_OnDrawnShortfalls_RestoresTheTargetAndOneWadLessWouldMiss()
    {
        ForEachDraw((draw, i) =>
        {
            var (terms, _) = Draw(draw);
            var shortfall = Big(draw, 20, 1e28) + 1;
            var most = ShareBid.MostCash(shortfall, terms.FeeE6);
            (most - ShareBid.FeeOf(most, terms.FeeE6) >= shortfall).ShouldBeTrue($"draw {i}");
            (most - 1 - ShareBid.FeeOf(most - 1, terms.FeeE6) < shortfall).ShouldBeTrue($"draw {i}");
        });
        ShareBid.MostCash(0, 1000).ShouldBe(0);
        ShareBid.MostCash(-5, 1000).ShouldBe(0);
    }

    [Fact]
    public void Take_OfMoreThanIsNeeded_TakesTheMostCashAlone()
    {
        var terms = new AuctionTerms { StartRateE6 = 50_000, KneeRateE6 = 50_000, EndRateE6 = 50_000, FeeE6 = 10_000 };
        var account = new AuctionedAccount(90 * Wad, 90 * Wad, 100 * Wad, 80 * Wad);
        var most = ShareBid.MostCash(10 * Wad, terms.FeeE6);
        ShareBid.Take(terms, 0, account, ShareBid.OwnerUnits, 5 * most).ShouldBe(ShareBid.Take(terms, 0, account, ShareBid.OwnerUnits, most));
    }

    [Fact]
    public void Take_OfAllTheCash_BringsEquityToTheTarget()
    {
        var taken = 0;
        ForEachDraw((draw, i) =>
        {
            var (terms, account) = Draw(draw);
            if (TryTake(terms, draw, account, ShareBid.OwnerUnits, null, out var bid))
            {
                taken++;
                terms.ShortfallWad(bid.EquityAfterWad, account.InitialWad, account.MaintenanceWad).Sign.ShouldBeLessThanOrEqualTo(0, $"draw {i}");
            }
        });
        taken.ShouldBeGreaterThan(Draws / 4);
    }

    /// <summary>LIQ-04: at fixed prices owner, keepers and earlier claims together never have more than before; the keeper gains at most the bonus.</summary>
    [Fact]
    public void Take_OnDrawnAccounts_NeverRaisesWealthAndNeverPaysABonusAboveEquity()
    {
        ForEachDraw((draw, i) =>
        {
            var (terms, account) = Draw(draw);
            if (!TryTake(terms, draw, account, ShareBid.OwnerUnits, 0.01 + (0.99 * draw.Uniform(31)), out var bid))
            {
                return;
            }

            var owner = ShareBid.ValueOf(ShareBid.OwnerUnits, bid.AllUnitsWad, bid.WorthAfterWad);
            var keeper = ShareBid.ValueOf(bid.UnitsWad, bid.AllUnitsWad, bid.WorthAfterWad);
            (owner + keeper - bid.CashWad <= account.WorthWad - bid.FeeWad).ShouldBeTrue($"draw {i}");
            (bid.GainWad <= bid.BonusWad).ShouldBeTrue($"draw {i}");
            (bid.BonusWad + bid.FeeWad < account.WorthWad).ShouldBeTrue($"draw {i}");
            // what rounding takes from the keeper is less than a unit and a wad
            (bid.BonusWad - bid.GainWad <= 2 + (bid.WorthAfterWad / bid.AllUnitsWad)).ShouldBeTrue($"draw {i}");
        });
    }

    /// <summary>Several bids of changing sizes: each dilutes owner and earlier keepers in one proportion, and the sum of wealth only falls.</summary>
    [Fact]
    public void Take_SeveralBids_DilutePariPassu()
    {
        var sequences = 0;
        ForEachDraw((draw, i) =>
        {
            var (terms, account) = Draw(draw);
            var (all, now) = (ShareBid.OwnerUnits, account);
            var claims = new List<(BigInteger Units, BigInteger Cash)>();
            BigInteger fees = 0;
            for (ulong n = 0; n < 4; n++)
            {
                if (!TryTake(terms, draw.Derive(n), now, all, 0.3, out var bid))
                {
                    break;
                }

                foreach (var units in claims.Select(c => c.Units).Append(ShareBid.OwnerUnits))
                {
                    var before = ShareBid.ValueOf(units, all, now.WorthWad);
                    var after = ShareBid.ValueOf(units, bid.AllUnitsWad, bid.WorthAfterWad);
                    // Everybody's units lose the same share: (fee + bonus) / worth. The keeper's rounding gives back less than the worth of a unit.
                    var expected = units * (now.WorthWad - bid.FeeWad - bid.BonusWad) / all;
                    var rounding = 2 + (bid.WorthAfterWad / bid.AllUnitsWad);
                    (after <= before + rounding).ShouldBeTrue($"draw {i}");
                    BigInteger.Abs(after - expected).ShouldBeLessThanOrEqualTo(rounding);
                }

                claims.Add((bid.UnitsWad, bid.CashWad));
                fees += bid.FeeWad;
                (all, now) = (bid.AllUnitsWad, now with { EquityWad = bid.EquityAfterWad, WorthWad = bid.WorthAfterWad });
            }

            var wealth = claims.Select(c => ShareBid.ValueOf(c.Units, all, now.WorthWad) - c.Cash).Aggregate(ShareBid.ValueOf(ShareBid.OwnerUnits, all, now.WorthWad), (a, b) => a + b);
            (wealth <= account.WorthWad - fees).ShouldBeTrue($"draw {i}");
            sequences += claims.Count > 2 ? 1 : 0;
        });
        sequences.ShouldBeGreaterThan(Draws / 10);
    }

    [Fact]
    public void Take_WorkedExample_GivesTheNumbersOfTheDocumentation()
    {
        // 1,000 USD short at a bonus of 5 % and a fee of 1 %: docs/model/auctions.md
        var terms = new AuctionTerms { FastSeconds = 100, SlowSeconds = 1000, StartRateE6 = 0, KneeRateE6 = 100_000, EndRateE6 = 300_000, FeeE6 = 10_000 };
        var account = new AuctionedAccount(4_000 * Wad, 4_200 * Wad, 5_000 * Wad, 4_500 * Wad);
        terms.RateAt(50).ShouldBe(50_000u);
        var most = ShareBid.MostCash(1_000 * Wad, terms.FeeE6);
        most.ShouldBe(BigInteger.Parse("1010101010101010101011"));
        var bid = ShareBid.Take(terms, 50, account, ShareBid.OwnerUnits, most);
        bid.FeeWad.ShouldBe(BigInteger.Parse("10101010101010101011"));
        bid.BonusWad.ShouldBe(BigInteger.Parse("50505050505050505050"));
        bid.EquityAfterWad.ShouldBe(5_000 * Wad);
        ((double)bid.GainWad / 1e18).ShouldBe(50.505, 0.001);
        ((double)bid.UnitsWad / (double)bid.AllUnitsWad).ShouldBe((1010.101 + 50.505) / 5_200, 1e-6);
    }

    [Fact]
    public void Take_ThatMayNotBe_SaysWhy()
    {
        var terms = new AuctionTerms { StartRateE6 = 50_000, KneeRateE6 = 50_000, EndRateE6 = 50_000, FeeE6 = 10_000 };
        var account = new AuctionedAccount(90 * Wad, 90 * Wad, 100 * Wad, 80 * Wad);
        CodeOf(() => ShareBid.Take(terms, 0, account with { EquityWad = 100 * Wad }, ShareBid.OwnerUnits, Wad)).ShouldBe("auction-restored");
        CodeOf(() => ShareBid.Take(terms, 0, account, ShareBid.OwnerUnits, 0)).ShouldBe("auction-cash");
        CodeOf(() => ShareBid.Take(terms, 0, account with { WorthWad = Wad / 2 }, ShareBid.OwnerUnits, 10 * Wad)).ShouldBe("auction-insolvent");
        CodeOf(() => ShareBid.Take(terms, 0, account with { WorthWad = (6 * Wad / 10) + 1 }, ShareBid.OwnerUnits, 10 * Wad)).ShouldBe("auction-units");
        CodeOf(() => ShareBid.Take(terms with { FeeE6 = 1_000_000 }, 0, account, ShareBid.OwnerUnits, Wad)).ShouldBe("auction-terms");
        CodeOf(() => ShareBid.Take(terms with { KneeRateE6 = 1 }, 0, account, ShareBid.OwnerUnits, Wad)).ShouldBe("auction-terms");
    }

    [Theory]
    [InlineData(0UL, 10_000u)]
    [InlineData(99UL, 10_000u)]
    [InlineData(100UL, 10_000u)]
    [InlineData(101UL, 10_090u)]
    [InlineData(200UL, 19_000u)]
    [InlineData(1_099UL, 99_910u)]
    [InlineData(1_100UL, 100_000u)]
    [InlineData(1_150UL, 125_000u)]
    [InlineData(1_299UL, 199_500u)]
    [InlineData(1_300UL, 200_000u)]
    [InlineData(ulong.MaxValue, 200_000u)]
    public void RateAt_OverBothPhases_RisesInTwoLines(ulong now, uint rate)
    {
        var terms = new AuctionTerms { StartedAtSeconds = 100, FastSeconds = 1_000, SlowSeconds = 200, StartRateE6 = 10_000, KneeRateE6 = 100_000, EndRateE6 = 200_000 };
        terms.RateAt(now).ShouldBe(rate);
        terms.HasRunOut(now).ShouldBe(now >= 1_300);
    }

    [Fact]
    public void RateAt_PhasesOfNoLength_GoesToTheNextRate()
    {
        new AuctionTerms { StartRateE6 = 1, KneeRateE6 = 2, EndRateE6 = 3 }.RateAt(0).ShouldBe(3u);
        new AuctionTerms { SlowSeconds = 1, StartRateE6 = 1, KneeRateE6 = 2, EndRateE6 = 3 }.RateAt(0).ShouldBe(2u);
    }

    [Fact]
    public void ShortfallWad_WithATarget_RoundsTheRequirementUp()
    {
        var terms = new AuctionTerms { TargetE6 = 1_000_001 };
        terms.ShortfallWad(0, 5, 1).ShouldBe(2);
        terms.ShortfallWad(0, 5, 1_000_000).ShouldBe(1_000_001);
        terms.ShortfallWad(0, 5, 0).ShouldBe(0);
        (terms with { TargetE6 = 0 }).ShortfallWad(7, 5, 1).ShouldBe(-2);
    }

    private static string CodeOf(Action action) => Should.Throw<InvalidInputException>(action).Code;

    private static bool TryTake(AuctionTerms terms, RandomStream draw, AuctionedAccount account, BigInteger units, double? share, out ShareBid bid)
    {
        var shortfall = terms.ShortfallWad(account.EquityWad, account.InitialWad, account.MaintenanceWad);
        var cash = ShareBid.MostCash(shortfall, terms.FeeE6);
        cash = share is { } s ? BigInteger.Max(1, cash * (long)(s * 1e9) / 1_000_000_000) : cash;
        try
        {
            bid = ShareBid.Take(terms, (ulong)(draw.Uniform(40) * 8_000), account, units, cash);
            return true;
        }
        catch (InvalidInputException e) when (e.Code is "auction-insolvent" or "auction-units" or "auction-restored" or "auction-cash")
        {
            bid = null!;
            return false;
        }
    }

    private static (AuctionTerms Terms, AuctionedAccount Account) Draw(RandomStream draw)
    {
        var rates = new[] { draw.Uniform(0), draw.Uniform(1), draw.Uniform(2) }.Select(u => (uint)(u * u * 400_000)).Order().ToArray();
        var terms = new AuctionTerms
        {
            FastSeconds = (uint)(draw.Uniform(3) * 1_000),
            SlowSeconds = (uint)(draw.Uniform(4) * 8_000),
            StartRateE6 = rates[0],
            KneeRateE6 = rates[1],
            EndRateE6 = rates[2],
            FeeE6 = (uint)(draw.Uniform(5) * 50_000),
            TargetE6 = draw.Uniform(6) < 0.5 ? 0 : 1_000_000 + (uint)(draw.Uniform(7) * 500_000),
        };
        var maintenance = Big(draw, 8, 1e28) + 1;
        var equity = maintenance * (long)(draw.Uniform(10) * 1.1e9) / 1_000_000_000;
        return (terms, new AuctionedAccount(equity, equity + (Big(draw, 11, 1e26) * (draw.Uniform(12) < 0.5 ? 0 : 1)), maintenance * 13 / 10, maintenance));
    }

    /// <summary>Log-uniform from 0.</summary>
    private static BigInteger Big(RandomStream draw, ulong index, double most) => new BigInteger(Math.Pow(most, draw.Uniform(index))) + new BigInteger(draw.Uniform(index + 1) * 1e9);

    private static void ForEachDraw(Action<RandomStream, int> check)
    {
        for (var i = 0; i < Draws; i++)
        {
            check(new RandomStream(7).Derive((ulong)i), i);
        }
    }
}

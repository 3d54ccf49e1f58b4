using Pms.Margin.Explain;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Volatility.Arbitrage;
using static Pms.Margin.Tests.HandMarket;

namespace Pms.Margin.Tests.Explain;

public sealed class MarginDecayTests
{
    [Fact]
    public void To_LaterInstant_KeepsVolsAndForwardsAndDropsWhatExpired()
    {
        var later = MarketRoll.To(HandMarket.Market, At.AddDays(10));
        var (before, after) = (HandMarket.Market.Underlying(BtcInverse), later.Underlying(BtcInverse));
        after.Surface!.Slices.Select(s => s.Expiry).ShouldBe([Expiry(25), Expiry(116)]);
        after.Futures.Length.ShouldBe(2);
        foreach (var slice in after.Surface.Slices)
        {
            var old = before.Surface!.Find(slice.Expiry)!;
            slice.Forward.ShouldBe(old.Forward);
            foreach (var k in new[] { -0.5, 0, 0.4 })
            {
                slice.Vol(k).ShouldBe(old.Vol(k), 1e-12);
            }
        }

        SurfaceCheck.Run(after.Surface).IsClean.ShouldBeTrue();
        later.UsdPrice(Usdc).ShouldBe(0.999);
        MarketRoll.To(HandMarket.Market, At.AddDays(200)).Underlying(BtcInverse).Surface.ShouldBeNull();
        Should.Throw<InvalidInputException>(() => MarketRoll.To(HandMarket.Market, At.AddTicks(-1))).Code.ShouldBe("roll-back");
    }

    [Fact]
    public void Of_TwoExpiries_HasAPointBeforeAndAtEach()
    {
        var account = new Account("a", [new Position(Call(BtcInverse, 1, 60_000), -1), new Position(Put(BtcInverse, 25, 50_000), -2), new Position(new Perpetual(BtcInverse), 1000)], []);
        var points = MarginDecay.Of(ExplainMarket.Engine(account.Positions.Select(p => p.Instrument)), account);
        points.Select(p => p.At).ShouldBe([At, Expiry(1), Expiry(24), Expiry(25)]);
        points.Select(p => p.Positions).ShouldBe([3, 2, 2, 1]);
        points[0].Event.ShouldBe("now");
        points[2].Event.ShouldBe("one horizon before 27 Mar 2026");
        points.ShouldAllBe(p => p.Es > 0 && p.Maintenance > 0);
        // A far out-of-the-money put that runs out in a day asks less than one with weeks to go; the perpetual asks the least.
        points[2].Es.ShouldBeLessThan(points[1].Es);
        points[3].Es.ShouldBeLessThan(points[2].Es);
    }
}

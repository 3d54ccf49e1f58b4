using Pms.Liquidation.Auctions;
using Pms.Margin.Venues;
using Pms.Numerics;

namespace Pms.Liquidation.Tests.Auctions;

/// <summary>Derive's auction against its own definitions: the cap makes the buffer margin 0, the price falls in two phases.</summary>
public sealed class DeriveAuctionTests
{
    private static readonly DeriveAuctionParameters Script = Set("script");

    [Theory]
    [InlineData(0, 0.95)]
    [InlineData(450, 0.825)]
    [InlineData(900, 0.7)]
    [InlineData(901, 0.7)] // floor(0.7 x 1) = 0
    [InlineData(902, 0.7 - (1.0 / 43_200))] // floor(1.4) = 1
    [InlineData(910, 0.7 - (7.0 / 43_200))] // 0.7 x 10 is 7, not 6.999…
    [InlineData(22_500, 0.35)]
    [InlineData(44_099, 0.7 - (30_239.0 / 43_200))]
    [InlineData(44_100, 0)]
    [InlineData(1e9, 0)]
    public void PriceFactor_OfTheScript_FallsInTwoPhasesWithAStaircase(double elapsed, double factor) => DeriveAuction.PriceFactor(Script, elapsed).ShouldBe(factor, 1e-15);

    [Fact]
    public void PriceFactor_StaircaseAndLine_DifferByLessThanAStep()
    {
        var before = 2.0;
        for (var t = 0; t <= 44_200; t += 7)
        {
            var (chain, line) = (DeriveAuction.PriceFactor(Script, t), DeriveAuction.PriceFactor(Script, t, staircase: false));
            (chain - line).ShouldBeInRange(-1e-15, 1.0 / 43_200);
            chain.ShouldBeLessThanOrEqualTo(before);
            before = chain;
        }
    }

    [Fact]
    public void MaxFraction_OnDrawnAccounts_LeavesNoBufferMargin()
    {
        for (ulong i = 0; i < 5_000; i++)
        {
            var draw = new RandomStream(3).Derive(i);
            var mtm = draw.Uniform(0) * 1e5;
            var account = new DeriveAuctioned(mtm, -draw.Uniform(1) * 3e4, draw.Uniform(2) * mtm * 0.9);
            var d = draw.Uniform(3);
            var bm = DeriveAuction.BufferMargin(Script, account);
            bm.ShouldBe(account.Maintenance + (0.15 * (account.Maintenance - mtm)));
            var f = DeriveAuction.MaxFraction(Script, account, d, bm);
            f.ShouldBeInRange(0, 1);
            (((1 - f) * (bm - account.Reserved)) + account.Reserved + (f * DeriveAuction.BidPrice(account, d))).ShouldBe(0, 1e-9 * mtm);
        }
    }

    [Fact]
    public void MaxFraction_AtTheBounds_IsNothingOrAll()
    {
        DeriveAuction.MaxFraction(Script, new DeriveAuctioned(100, 5), 0.9, 1).ShouldBe(0);
        DeriveAuction.MaxFraction(Script, new DeriveAuctioned(-1, -50), 0.9, -60).ShouldBe(1);
        var cutoff = new DeriveAuctionParameters(VenueParameters.BuiltIn(DeriveAuctionParameters.Model, "script").With("mtm_cutoff", 500));
        DeriveAuction.MaxFraction(cutoff, new DeriveAuctioned(499, -1), 0.9, -2).ShouldBe(1);
        DeriveAuction.MaxFraction(cutoff, new DeriveAuctioned(501, -1), 0.9, -2).ShouldBeLessThan(1);
    }

    [Fact]
    public void StartFee_IsTheRateOfWhatTheFirstCapSellsAtNoDiscount()
    {
        var account = new DeriveAuctioned(10_000, -2_000);
        var bm = DeriveAuction.BufferMargin(Script, account);
        DeriveAuction.StartFee(Script, account, bm).ShouldBe(0.1 * 10_000 * DeriveAuction.MaxFraction(Script, account, 1, bm), 1e-9);
        DeriveAuction.StartFee(Script, new DeriveAuctioned(-1, -2_000), -2_300).ShouldBe(0);
    }

    [Theory]
    [InlineData(-300, -1_000, 0, 300)]
    [InlineData(-300, -1_000, 1_800, 650)]
    [InlineData(-300, -1_000, 3_600, 1_000)]
    [InlineData(-300, -1_000, 9_999, 1_000)]
    [InlineData(200, -1_000, 900, 250)]
    public void InsolventPayout_RisesFromTheHoleToTheMargin(double mtm, double mm, double elapsed, double payout) =>
        DeriveAuction.InsolventPayout(Script, new DeriveAuctioned(mtm, mm), elapsed).ShouldBe(payout, 1e-12);

    [Fact]
    public void Sets_ThatArePublished_AreThere()
    {
        (Set("second").FastSeconds, Set("second").SlowSeconds, Set("second").InsolventSeconds, Set("second").FeeRate, Set("second").Buffer).ShouldBe((100, 14_400, 600, 0.02, 0.2));
        (Set("docs").FeeRate, Set("docs").Buffer, Set("docs").CutoffFactor).ShouldBe((0.05, 0.15, 0.7));
    }

    private static DeriveAuctionParameters Set(string name) => new(VenueParameters.BuiltIn(DeriveAuctionParameters.Model, name));
}

using Pms.Liquidation.Auctions;
using Pms.Microstructure.Cascades;

namespace Pms.Microstructure.Tests.Procedures;

/// <summary>The auction that the study plays.</summary>
public sealed class AuctionParametersTests
{
    private static DeriveAuctionParameters Parameters => CascadeParameters.Default.Auction;

    [Theory]
    [InlineData(-10, 100, 0, 0.95)]
    [InlineData(-10, 100, 20, 0.7)]
    [InlineData(-150, 100, 0, 0.5)]
    [InlineData(-1, 50, 49, 0.9)]
    public void MostShare_BidAtTheCap_LeavesABufferMarginOfZero(double bufferMargin, double value, double reserved, double factor)
    {
        // (1 - f)(BM - R) + R + f (MtM - R) d = 0, unless the cap is the whole account
        var f = DeriveAuction.MaxFraction(Parameters, new DeriveAuctioned(value, 0, reserved), factor, bufferMargin);
        f.ShouldBeInRange(0, 1);
        var left = ((1 - f) * (bufferMargin - reserved)) + reserved + (f * (value - reserved) * factor);
        left.ShouldBe(0, 1e-9);
    }

    [Fact]
    public void MostShare_BufferMarginNotBelowZero_IsNothing() => DeriveAuction.MaxFraction(Parameters, new DeriveAuctioned(100, 0), 0.9, 0).ShouldBe(0);

    [Theory]
    [InlineData(0, 0.95)]
    [InlineData(7.5, 0.825)]
    [InlineData(15, 0.70)]
    [InlineData(375, 0.35)]
    [InlineData(735, 0)]
    [InlineData(5_000, 0)]
    public void PriceFactor_FallsFastThenSlowly(double minutes, double factor) => DeriveAuction.PriceFactor(Parameters, 60 * minutes, staircase: false).ShouldBe(factor, 1e-12);
}

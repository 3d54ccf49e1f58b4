using Pms.Microstructure.Impact;

namespace Pms.Microstructure.Tests.Impact;

public sealed class PressureGaugeTests
{
    private const double Transient = 0.04;
    private const double Permanent = 0.0126;

    [Theory]
    [InlineData(0.2, 1)]
    [InlineData(0.2, 2)]
    [InlineData(-0.5, 7)]
    [InlineData(1e-6, 3)]
    public void MeanLevel_TradeInPieces_CostsWhatTheWholeDoes(double share, int pieces)
    {
        var gauge = new PressureGauge();
        gauge.Trade(-0.1, Permanent); // somebody was here before
        var whole = share * gauge.MeanLevel(share, Transient, Permanent);
        var sum = 0.0;
        for (var i = 0; i < pieces; i++)
        {
            sum += share / pieces * gauge.MeanLevel(share / pieces, Transient, Permanent);
            gauge.Trade(share / pieces, Permanent);
        }

        sum.ShouldBe(whole, 1e-12);
    }

    [Fact]
    public void MeanLevel_FromRest_IsTwoThirdsOfTheSquareRootAndHalfTheLine()
    {
        // Mean of Y s sqrt(q) over 0 to Q: 2/3 of its end; of a line: 1/2.
        var gauge = new PressureGauge();
        gauge.MeanLevel(0.25, Transient, Permanent).ShouldBe((2.0 / 3 * Transient * 0.5) + (0.5 * Permanent * 0.25), 1e-15);
        gauge.Trade(0.25, Permanent);
        gauge.Level(Transient).ShouldBe((Transient * 0.5) + (Permanent * 0.25), 1e-15);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(300)]
    public void RoundTrip_BuyWaitSell_NeverEarns(double minutes)
    {
        var gauge = new PressureGauge();
        var paid = 0.3 * gauge.MeanLevel(0.3, Transient, Permanent);
        gauge.Trade(0.3, Permanent);
        gauge.Rest(PressureGauge.Kept(minutes, 30));
        var received = 0.3 * gauge.MeanLevel(-0.3, Transient, Permanent);
        (paid - received).ShouldBeGreaterThanOrEqualTo(-1e-15);
    }

    [Fact]
    public void Kept_HalfLife_LeavesHalf()
    {
        PressureGauge.Kept(30, 30).ShouldBe(0.5, 1e-15);
        PressureGauge.Kept(0, 30).ShouldBe(1);
    }
}

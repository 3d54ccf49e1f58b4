namespace Pms.Numerics.Tests;

public sealed class NormalDistributionTests
{
    [Fact]
    public void InverseCdf_RoundTrip_Returns()
    {
        var stream = new RandomStream(81);
        for (ulong i = 0; i < 20_000; i++)
        {
            // x in [-37, 0]: N(x) carries x to full relative accuracy there
            var x = -37.0 * stream.Uniform(i);
            NormalDistribution.InverseCdf(NormalDistribution.Cdf(x)).ShouldBe(x, 4e-15 * Math.Max(1.0, Math.Abs(x)));
        }
    }

    [Fact]
    public void InverseCdf_Edges_AreTheLimits()
    {
        NormalDistribution.InverseCdf(0.0).ShouldBe(double.NegativeInfinity);
        NormalDistribution.InverseCdf(1.0).ShouldBe(double.PositiveInfinity);
        NormalDistribution.InverseCdf(0.5).ShouldBe(0.0);
        NormalDistribution.InverseCdf(-1e-300).ShouldBe(double.NaN);
        NormalDistribution.InverseCdf(1.0000000000000002).ShouldBe(double.NaN);
        NormalDistribution.InverseCdf(double.NaN).ShouldBe(double.NaN);
        // 0.975 quantile, from tables
        NormalDistribution.InverseCdf(0.975).ShouldBe(1.959963984540054, 1e-15);
    }

    [Fact]
    public void Cdf_Edges_AreTheLimits()
    {
        NormalDistribution.Cdf(0.0).ShouldBe(0.5, 1e-16);
        NormalDistribution.Cdf(double.PositiveInfinity).ShouldBe(1.0);
        NormalDistribution.Cdf(double.NegativeInfinity).ShouldBe(0.0);
        NormalDistribution.Cdf(double.NaN).ShouldBe(double.NaN);
        NormalDistribution.Density(double.PositiveInfinity).ShouldBe(0.0);
        MillsRatio.Value(double.NegativeInfinity).ShouldBe(double.PositiveInfinity);
        MillsRatio.Value(double.PositiveInfinity).ShouldBe(0.0);
        MillsRatio.Value(-40.0).ShouldBe(double.PositiveInfinity);
    }

    [Fact]
    public void MillsRatio_Everywhere_DecreasesAcrossThePieces()
    {
        var last = double.PositiveInfinity;
        for (var i = -3700; i <= 6000; i++)
        {
            var value = MillsRatio.Value(i * 0.01);
            value.ShouldBeLessThan(last, $"z = {i * 0.01}");
            last = value;
        }
    }

    [Fact]
    public void Difference_AcrossTheSeriesBound_IsContinuous()
    {
        foreach (var h in new[] { 0.0, 0.3, 1.0, 5.0, 20.0, 40.9, 41.1, 60.0 })
        {
            var t = MillsRatio.SmallStep(h);
            var series = MillsRatio.Difference(h, t);
            var direct = MillsRatio.Difference(h, Math.BitIncrement(t));
            (direct / series).ShouldBe(1.0, 1e-13, $"h = {h}");
        }
    }

    [Theory]
    [InlineData(1e-10)]
    [InlineData(0.2)]
    [InlineData(0.3399)]
    [InlineData(0.5)]
    [InlineData(3.0)]
    [InlineData(30.0)]
    public void Relatives_AgainstTheRuntimeLibrary_Agree(double x)
    {
        foreach (var y in new[] { x, -x })
        {
            ElementaryMath.Tanh(y).ShouldBe(Math.Tanh(y), 4e-16 * Math.Abs(Math.Tanh(y)));
            // sinh(y) = (e^y - e^-y)/2 and e^y - 1 = 2 sinh(y/2) e^(y/2): an independent writing
            ElementaryMath.Expm1(y).ShouldBe(2.0 * Math.Sinh(y / 2.0) * Math.Exp(y / 2.0), 6e-16 * Math.Abs(2.0 * Math.Sinh(y / 2.0) * Math.Exp(y / 2.0)));
            ElementaryMath.Log1p(Math.Abs(y)).ShouldBe(2.0 * Math.Atanh(Math.Abs(y) / (2.0 + Math.Abs(y))), 4e-15 * ElementaryMath.Log1p(Math.Abs(y)));
            ElementaryMath.Pow(Math.Abs(y), 1.7).ShouldBe(Math.Pow(Math.Abs(y), 1.7), 2e-14 * Math.Pow(Math.Abs(y), 1.7));
        }
    }
}

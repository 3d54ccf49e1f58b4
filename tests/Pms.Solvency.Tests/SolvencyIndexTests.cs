using Pms.Primitives;
using Pms.Solvency.Indices;
using Pms.Solvency.Shortfalls;

namespace Pms.Solvency.Tests;

public sealed class SolvencyIndexTests
{
    [Theory]
    [InlineData(200, 0, 100, "2.0000", SolvencyBand.Strong)]
    [InlineData(150, 49, 100, "1.9900", SolvencyBand.Covered)]
    [InlineData(60, 40, 100, "1.0000", SolvencyBand.Covered)]
    [InlineData(99, 0, 100, "0.9900", SolvencyBand.Short)]
    [InlineData(0, 0, 1, "0.0000", SolvencyBand.Short)]
    [InlineData(0, 0, 0, "1000.0000", SolvencyBand.Strong)]
    [InlineData(5_000, 0, 1, "1000.0000", SolvencyBand.Strong)]
    public void Of_ResourcesAndShortfall_HasIndexAndBand(long insurance, long backstop, long shortfall, string text, SolvencyBand band)
    {
        var index = SolvencyIndex.Of(new SolvencyResources(insurance, backstop), shortfall);
        index.ToString().ShouldBe(text);
        index.Band(isKnown: true).ShouldBe(band);
        index.Band(isKnown: false).ShouldBe(SolvencyBand.Unknown);
    }

    [Fact]
    public void Of_Thirds_AreRoundedDownToTheWad()
    {
        SolvencyIndex.Of(new SolvencyResources(2, 0), 3).Wad.ShouldBe((Int128)666_666_666_666_666_666);
        // One money unit below the shortfall is below 1, however large both are.
        SolvencyIndex.Of(new SolvencyResources((1L << 61) - 1, 0), 1L << 61).Band(isKnown: true).ShouldBe(SolvencyBand.Short);
    }

    [Fact]
    public void OfUsd_Amounts_AreCutDown()
    {
        SolvencyResources.OfUsd(1.9999999m, 0.0000001m).ShouldBe(new SolvencyResources(1_999_999, 0));
        Should.Throw<InvalidInputException>(() => SolvencyResources.OfUsd(-0.01m)).Code.ShouldBe("solvency-resources");
        Should.Throw<InvalidInputException>(() => SolvencyResources.OfUsd(0, 1e13m)).Code.ShouldBe("solvency-resources");
        Should.Throw<InvalidInputException>(() => SolvencyIndex.Of(new SolvencyResources(-1, 0), 1)).Code.ShouldBe("solvency-resources");
    }

    [Fact]
    public void OfHours_OneHorizonMore_IsTheRootOfTwoRoundedUp()
    {
        var stretch = LossStretch.OfHours(24, 1.0 / 365);
        stretch.Factor.ShouldBe(Math.Sqrt(2), 1e-9);
        stretch.Factor.ShouldBeGreaterThanOrEqualTo(Math.Sqrt(2));
        LossStretch.OfHours(0, 1.0 / 365).ShouldBe(LossStretch.None);
        stretch.Apply(1_000).ShouldBe((Int128)1_000);
        stretch.Apply(-1_000).ShouldBe((Int128)(-1_415)); // 1,414.2 away from 0
        LossStretch.None.Apply(-1_000).ShouldBe((Int128)(-1_000));
    }

    [Theory]
    [InlineData(-1, 0.01)]
    [InlineData(721, 0.01)]
    [InlineData(double.NaN, 0.01)]
    [InlineData(1, 0)]
    [InlineData(1, double.PositiveInfinity)]
    public void OfHours_OutOfRange_Refuses(double hours, double horizonYears) => Should.Throw<InvalidInputException>(() => LossStretch.OfHours(hours, horizonYears)).Code.ShouldBe("solvency-hours");
}

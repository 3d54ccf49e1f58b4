using Pms.Microstructure.Incidents;

namespace Pms.Microstructure.Tests.Incidents;

public sealed class VenueIndexTests
{
    [Theory]
    [InlineData(0.65)]
    [InlineData(0.001)]
    [InlineData(1000)]
    public void Median_OneLiarOfThree_StaysAmongTheHonest(double lie) => VenueIndex.Median([0.998, lie, 1.001])!.Value.ShouldBeInRange(0.998, 1.001);

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(double.PositiveInfinity)]
    public void Median_TwoLiveVenues_IsNone(double silent) => VenueIndex.Median([1, 1000, silent]).ShouldBeNull();

    [Fact]
    public void Median_FourVenues_IsTheMeanOfTheMiddle() => VenueIndex.Median([4, 1, 2, 3])!.Value.ShouldBe(2.5);
}

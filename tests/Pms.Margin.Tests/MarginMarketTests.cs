using Pms.Margin.Market;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Margin.Tests;

public sealed class MarginMarketTests
{
    [Theory]
    [InlineData(0.0)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Market_IndexNotAPrice_Refuses(double index)
    {
        Should.Throw<InvalidInputException>(() => Make(index)).Code.ShouldBe("margin-market");
    }

    [Fact]
    public void UsdPrice_Unknown_NamesWhatThereIs()
    {
        Should.Throw<InvalidInputException>(() => Make(60000).UsdPrice(new Asset("DOGE"))).Message.ShouldContain("BTC, USD");
    }

    private static MarginMarket Make(double index) => new(
        DateTimeOffset.UnixEpoch,
        ContentHash.Of("none"u8),
        [new UnderlyingMarket(UnderlyingId.Inverse(new Asset("BTC")), index, null, null, [])],
        new Dictionary<Asset, double> { [new Asset("BTC")] = 60000 });
}

using Pms.Margin.Market;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Simulation.Parameters;
using Pms.Volatility;

namespace Pms.Simulation.Tests.Books;

/// <summary>The builder on a whole simulated board: inverse BTC and ETH, linear SOL_USDC.</summary>
public sealed class MarginMarketBuilderTests
{
    private static readonly MarketSnapshot Snapshot = new SimulatedExchange(SimulationParameters.Default, seed: 3).SnapshotAt(SimulationParameters.Default.Start.AddDays(1));

    private static readonly VolSurface[] Surfaces =
        [.. Snapshot.Boards.Select(b => SurfaceFitter.Fit(b, Snapshot.ObservedAt, SurfaceParameters.Default).Surface).OfType<VolSurface>()];

    [Fact]
    public void Build_QuoteCurrencyWithASpotBoard_IsPricedByIt()
    {
        var market = MarginMarketBuilder.Build(Snapshot, Surfaces, new Dictionary<Asset, double>(), [], [], out var assumed);
        assumed.ShouldBeEmpty();
        var usdc = market.Underlyings.Single(u => u.Id.Base == new Asset("USDC")).Index;
        market.UsdPrice(new Asset("USDC")).ShouldBe(usdc);
        market.UsdPrice(new Asset("SOL")).ShouldBe(market.Underlyings.Single(u => u.Id.Base == new Asset("SOL")).Index * usdc);
        market.SnapshotHash.ShouldBe(Snapshot.Hash);
    }

    [Fact]
    public void Build_GivenPeg_PricesTheLinearCoinThroughIt()
    {
        var market = MarginMarketBuilder.Build(Snapshot, Surfaces, new Dictionary<Asset, double> { [new Asset("USDC")] = 0.9, [new Asset("STETH")] = 2900 }, [], [], out var assumed);
        assumed.Select(a => a.Asset.Code).ShouldBe(["STETH", "USDC"]);
        market.UsdPrice(new Asset("SOL")).ShouldBe(market.Underlyings.Single(u => u.Id.Base == new Asset("SOL")).Index * 0.9);
        market.UsdPrice(new Asset("STETH")).ShouldBe(2900);
    }

    [Fact]
    public void Build_HeldStakedCoinWithoutPrice_IsTakenAtItsAnchorAndReported()
    {
        PeggedAsset[] pegs = [new(new Asset("STETH"), new Asset("ETH")), new(new Asset("WBETH"), new Asset("ETH")), new(new Asset("WBTC"), new Asset("BTC")), new(new Asset("USDC"), Asset.Usd)];
        var market = MarginMarketBuilder.Build(Snapshot, Surfaces, new Dictionary<Asset, double>(), pegs, [new Asset("WBETH"), new Asset("ETH"), new Asset("DOGE")], out var assumed);
        assumed.ShouldHaveSingleItem().Asset.ShouldBe(new Asset("WBETH"));
        market.UsdPrice(new Asset("WBETH")).ShouldBe(market.UsdPrice(new Asset("ETH")));
        market.TryUsdPrice(new Asset("DOGE"), out _).ShouldBeFalse();
        var factors = RiskFactorLayout.Of(market, pegs);
        factors.Coins.Select(c => c.Code).ShouldBe(["BTC", "ETH", "SOL"]);
        factors.Pegs.Select(p => p.Asset.Code).ShouldBe(["STETH", "USDC", "WBETH"]);
    }

    [Fact]
    public void Build_NoSurface_KeepsTheFamilyWithoutOne()
    {
        var market = MarginMarketBuilder.Build(Snapshot, [], new Dictionary<Asset, double>(), [], [], out _);
        market.Underlyings.Length.ShouldBe(Snapshot.Boards.Length);
        market.Underlyings.ShouldAllBe(u => u.Surface == null && u.Index > 0);
    }

    [Fact]
    public void Build_MarksOfPerpetualsAndFutures_AreTheVenues()
    {
        var market = MarginMarketBuilder.Build(Snapshot, Surfaces, new Dictionary<Asset, double>(), [], [], out _);
        foreach (var board in Snapshot.Boards)
        {
            if (board.Linears.SingleOrDefault(q => q.Instrument is Perpetual) is { } perpetual)
            {
                market.Underlying(board.Id).PerpetualMark.ShouldBe(perpetual.Values.Mark ?? (0.5 * (perpetual.Bid!.Value + perpetual.Ask!.Value)));
            }

            market.Underlying(board.Id).Futures.Select(f => f.Expiry).ShouldBe(board.Linears.Select(q => q.Instrument).OfType<DatedFuture>().Select(f => f.Expiry).Order());
        }
    }

    [Fact]
    public void Build_PriceOfCallerNotAPrice_Refuses()
    {
        Should.Throw<InvalidInputException>(() => MarginMarketBuilder.Build(Snapshot, Surfaces, new Dictionary<Asset, double> { [new Asset("USDC")] = 0 }, [], [], out _))
            .Code.ShouldBe("margin-market");
    }
}

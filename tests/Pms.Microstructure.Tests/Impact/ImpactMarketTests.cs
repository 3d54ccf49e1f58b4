using System.Collections.Immutable;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Microstructure.Cascades;
using Pms.Microstructure.Impact;
using Pms.Primitives;
using Pms.Volatility.Arbitrage;

namespace Pms.Microstructure.Tests.Impact;

public sealed class ImpactMarketTests
{
    private static readonly ImmutableArray<Account> Accounts = Stages.Book(12);
    private static readonly CascadeScene Scene = Stages.Scene([.. Accounts, new Account("p-0", [new Position(Stages.Perpetual, 10)], [])], Stages.Path(new(0, 0), new(5, 0)));
    private static readonly int Row = Scene.Instruments.IndexOf(Stages.Perpetual);

    private static ImpactMarket Market(double depth = 1) =>
        new(Scene.Start, Scene.Liquidity, Scene.Instruments, Scene.Assets, Scene.Coins, Scene.Risk, ImpactParameters.Default with { DepthFactor = depth });

    [Fact]
    public void Marks_NothingMoved_AreTheMarginsOwn()
    {
        var market = Market();
        var valuation = new Pms.Margin.Revaluation.ScenarioValuation(Scene.Start);
        for (var row = 0; row < Scene.Instruments.Length; row++)
        {
            market.Marks[row].Value.ShouldBe(valuation.Of(Scene.Instruments[row]).Now, 1e-9 * Math.Max(1, market.Marks[row].Notional));
        }
    }

    [Fact]
    public void Advance_FallOf40Percent_MovesPricesVolsSpreadsAndDepth()
    {
        var market = Market();
        var coin = market.Coins.IndexOf(Stages.Bitcoin);
        var before = market.Market.UsdPrice(Stages.Bitcoin);
        market.Advance(1, [.. market.Coins.Select(_ => Math.Log(0.6))]);
        market.Market.UsdPrice(Stages.Bitcoin).ShouldBe(0.6 * before, 1e-6);
        market.LogVolOf(coin).ShouldBe(2.4 * -Math.Log(0.6), 1e-12);
        market.SpreadOf(coin).ShouldBe(Math.Exp(1.6 * 2.4 * -Math.Log(0.6)), 1e-9);
        market.DepthOf(coin).ShouldBe(Math.Max(0.05, Math.Exp(-2.3 * 2.4 * -Math.Log(0.6))), 1e-12);
        foreach (var family in market.Market.Underlyings.Where(u => u.Surface is not null))
        {
            SurfaceCheck.Run(family.Surface!).IsClean.ShouldBeTrue($"{family.Id} has arbitrage after the fall");
        }
    }

    [Fact]
    public void Trade_SellsInTheMarket_PushesPriceDownAndItComesBackInPart()
    {
        var market = Market();
        var coin = market.Coins.IndexOf(Stages.Bitcoin);
        var still = new double[market.Coins.Length];
        market.Trade([new Fill(Row, -50_000_000)]).ShouldBeGreaterThan(0);
        market.Advance(1, still);
        var first = market.ImpactOf(coin);
        market.Advance(600, still);
        var later = market.ImpactOf(coin);
        first.ShouldBeLessThan(0);
        later.ShouldBeGreaterThan(first);
        later.ShouldBeLessThan(0); // the permanent part
    }

    [Fact]
    public void Trade_MoreDepth_MovesAndCostsLess()
    {
        double[] depths = [0.25, 0.5, 1, 2, 4];
        var results = depths.Select(d =>
        {
            var market = Market(d);
            var cost = market.Trade([new Fill(Row, -50_000_000)]);
            market.Advance(1, new double[market.Coins.Length]);
            return (Cost: cost, Move: -market.ImpactOf(market.Coins.IndexOf(Stages.Bitcoin)));
        }).ToArray();
        results.Zip(results.Skip(1)).ShouldAllBe(p => p.Second.Cost < p.First.Cost && p.Second.Move < p.First.Move);
    }

    [Fact]
    public void CostOf_DoesNotMoveAnything()
    {
        var market = Market();
        Fill[] sale = [new Fill(Row, -50_000_000)];
        var cost = market.CostOf(sale);
        market.CostOf(sale).ShouldBe(cost);
        market.Trade(sale).ShouldBe(cost);
        market.CostOf(sale).ShouldBeGreaterThan(cost); // the second pays for what the first has moved
    }

    [Fact]
    public void Parameters_OutOfRange_AreRefused() =>
        Should.Throw<InvalidInputException>(() => new ImpactMarket(Scene.Start, Scene.Liquidity, Scene.Instruments, Scene.Assets, Scene.Coins, Scene.Risk, ImpactParameters.Default with { LeastDepth = 0 }))
            .Code.ShouldBe("impact-parameter");

    [Fact]
    public void Path_PointsOutOfOrder_AreRefused() =>
        Should.Throw<InvalidInputException>(() => Stages.Path(new(0, 0), new(10, -0.1), new(5, 0))).Code.ShouldBe("price-path");

    [Fact]
    public void Path_GoesThroughItsPoints_WhateverTheNoise()
    {
        var path = PricePath.Through([new(0, 0), new(20, -0.5), new(30, -0.2)], [(Stages.Bitcoin, 1), (new Asset("ETH"), 1.2)], 0.01, 7);
        path.LogMoves[0][20].ShouldBe(-0.5, 1e-12);
        path.LogMoves[1][30].ShouldBe(-0.24, 1e-12);
        path.LogMoves[0][10].ShouldNotBe(-0.25);
        path.Minutes.ShouldBe(31);
    }
}

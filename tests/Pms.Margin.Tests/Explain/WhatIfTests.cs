using Pms.Margin.Arrays;
using Pms.Margin.Explain;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using static Pms.Margin.Tests.HandMarket;

namespace Pms.Margin.Tests.Explain;

public sealed class WhatIfTests
{
    [Theory]
    [InlineData("BTC-27MAR26-100000-C:+5", "BTC-27MAR26-100000-C", "5", null)]
    [InlineData("BTC_USDC-PERPETUAL:-0.25", "BTC_USDC-PERPETUAL", "-0.25", null)]
    [InlineData("ETH-27MAR26:-20000@2950.5", "ETH-27MAR26", "-20000", "2950.5")]
    public void Parse_Order_ReadsNameQuantityAndPrice(string text, string name, string quantity, string? price)
    {
        var order = Order.Parse(text);
        order.Instrument.Name.ShouldBe(name);
        order.Quantity.ShouldBe(decimal.Parse(quantity));
        order.Price.ShouldBe(price is null ? null : decimal.Parse(price));
    }

    [Theory]
    [InlineData("BTC-27MAR26-100000-C", "order-format")]
    [InlineData("BTC-27MAR26-100000-C:", "order-format")]
    [InlineData("BTC-27MAR26-100000-C:0", "order-format")]
    [InlineData("BTC-27MAR26-100000-C:x", "order-format")]
    [InlineData("BTC-27MAR26-100000-C:1@0", "order-format")]
    [InlineData("BTC-27MAR26-100000-C:1e9", "order-format")]
    [InlineData("BTC-27MAR26-100000-C:9999999999999", "order-format")]
    [InlineData(":1", "instrument-name")]
    [InlineData("", "order-format")]
    public void Parse_NotAnOrder_SaysWhy(string text, string code) => Should.Throw<InvalidInputException>(() => Order.Parse(text)).Code.ShouldBe(code);

    [Fact]
    public void Of_OrdersAndTheirOpposites_ComeBackToTheSameMargin()
    {
        var call = Call(BtcInverse, 25, 70_000);
        var engine = ExplainMarket.Engine([call]);
        var open = WhatIf.Of(engine, ExplainMarket.Book, [new Order(call, -3), new Order(new Perpetual(BtcInverse), -10_000)]);
        open.After.Initial.ShouldNotBe(open.Before.Initial);
        open.Before.Initial.ShouldBe(engine.Evaluate(ExplainMarket.Book).Initial);
        // The seller is paid the premium, in coin, and owes what it is worth.
        open.Orders[0].Asset.ShouldBe(Btc);
        open.Orders[0].Payment.ShouldBeGreaterThan(0);
        open.Orders[1].Payment.ShouldBe(0);
        open.Orders[0].InitialAlone.ShouldNotBe(0);
        var closed = WhatIf.Of(engine, ExplainMarket.Book, [new Order(call, -3), new Order(call, 3)]);
        closed.After.Initial.ShouldBe(closed.Before.Initial);
        closed.After.Maintenance.ShouldBe(closed.Before.Maintenance);
        // Two payments, each rounded against the account by less than 1e-8 BTC, which costs it a whole lot of 1e-5 BTC.
        (closed.Before.Equity - closed.After.Equity).ShouldBeInRange(0, LotRule.MoneyPerUsd);
    }

    [Fact]
    public void Of_LongCallBoughtAtItsValue_LeavesNoWindfall()
    {
        var call = Call(BtcUsdc, 25, 70_000);
        var account = new Account("a", [], [new CollateralHolding(Usdc, 50_000)]);
        var bought = WhatIf.Of(ExplainMarket.Engine([call]), account, [new Order(call, 2)]);
        var value = -(double)bought.Orders[0].Payment * 0.999;
        // USDC with a haircut becomes an option without one; nothing else is gained.
        var gained = Held(bought.After) - Held(bought.Before);
        gained.ShouldBeInRange(0, (long)(0.003 * value * LotRule.MoneyPerUsd));
        bought.After.Maintenance.ShouldBeLessThanOrEqualTo((long)(value * LotRule.MoneyPerUsd) + LotRule.MoneyPerUsd, "a paid-up option cannot lose more than its value");
        // Paying twice the value costs the difference.
        var dear = WhatIf.Of(ExplainMarket.Engine([call]), account, [new Order(call, 2, -bought.Orders[0].Payment)]);
        (bought.After.Equity - dear.After.Equity).ShouldBeGreaterThan((long)(0.99 * value * LotRule.MoneyPerUsd));
    }

    private static long Held(Margin.Requirement.MarginResult margin) => margin.EquityLines.Where(l => l.Name is "collateral" or "contracts").Sum(l => l.Amount);

    [Fact]
    public void Of_FutureAwayFromItsMark_SettlesTheDifference()
    {
        var perpetual = new Perpetual(BtcInverse);
        var whatIf = WhatIf.Of(ExplainMarket.Engine([]), ExplainMarket.Book, [new Order(perpetual, 60_000, 60_000)]);
        // Bought 60,000 USD at 60,000 with the mark at 60,010: 60,000 (1/60,000 - 1/60,010) BTC at once.
        ((double)whatIf.Orders[0].Payment).ShouldBe(60_000 * ((1 / 60_000.0) - (1 / 60_010.0)), 1e-8);
    }

    [Fact]
    public void Of_WhatTheArrayDoesNotHave_Refuses()
    {
        var engine = ExplainMarket.Engine([]);
        Should.Throw<InvalidInputException>(() => WhatIf.Of(engine, ExplainMarket.Book, [new Order(Call(BtcInverse, 25, 71_000), 1)])).Code.ShouldBe("row-missing");
        Should.Throw<InvalidInputException>(() => WhatIf.Of(engine, ExplainMarket.Book, [])).Code.ShouldBe("order-count");
        WhatIf.SettlementAssets([new Order(Call(BtcInverse, 25, 71_000), 1), new Order(Call(BtcUsdc, 25, 71_000), 1)]).ShouldBe([Btc, Usdc]);
    }
}

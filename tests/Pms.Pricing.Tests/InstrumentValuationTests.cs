using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Pricing.Tests;

public sealed class InstrumentValuationTests
{
    private static readonly DateTimeOffset Expiry = new(2026, 6, 26, 8, 0, 0, TimeSpan.Zero);
    private static readonly UnderlyingId Inverse = UnderlyingId.Inverse(new Asset("BTC"));
    private static readonly UnderlyingId Linear = UnderlyingId.Linear(new Asset("BTC"), new Asset("USDC"));

    [Fact]
    public void Value_InverseOption_IsPaidInCoin()
    {
        var inputs = new ValuationInputs(Forward: 65_000.0, Years: 0.25, Vol: 0.6, Rate: 0.02);
        var price = Black76.Price(new BlackInputs(OptionType.Put, 65_000.0, 58_000.0, 0.25, 0.6, 0.02));
        InstrumentValuation.Value(new EuropeanOption(Inverse, Expiry, 58_000m, OptionType.Put), inputs).ShouldBe(new UnitValue(price / 65_000.0, price));
        InstrumentValuation.Value(new EuropeanOption(Linear, Expiry, 58_000m, OptionType.Put), inputs).ShouldBe(new UnitValue(price, price));
    }

    [Fact]
    public void Value_InverseFuture_FollowsTheReciprocal()
    {
        // MODEL: x coin of position after a relative move m earn x m / (1 + m) coin; Q = 60,000 USD at 60,000 is 1 coin
        var value = InstrumentValuation.Value(new Perpetual(Inverse), new ValuationInputs(Forward: 75_000.0, Entry: 60_000.0));
        (60_000.0 * value.Settlement).ShouldBe(0.25 / 1.25, 1e-15);
        (60_000.0 * value.Settlement).ShouldBe(60_000.0 * ((1.0 / 60_000.0) - (1.0 / 75_000.0)), 1e-15);
        value.Quote.ShouldBe(value.Settlement * 75_000.0, 1e-16);
    }

    [Fact]
    public void Value_LinearFutureAndSpot_AreInQuote()
    {
        InstrumentValuation.Value(new DatedFuture(Linear, Expiry), new ValuationInputs(Forward: 59_000.0, Entry: 60_000.0)).ShouldBe(new UnitValue(-1_000.0, -1_000.0));
        InstrumentValuation.Value(new Spot(Linear), new ValuationInputs(Forward: 59_000.0)).ShouldBe(new UnitValue(59_000.0, 59_000.0));
    }

    [Theory]
    [InlineData(0.0, 100.0, "entry-range")]
    [InlineData(double.NaN, 100.0, "entry-range")]
    [InlineData(100.0, 0.0, "forward-range")]
    [InlineData(100.0, double.PositiveInfinity, "forward-range")]
    public void Value_FutureWithoutPrices_Refuses(double entry, double mark, string code) =>
        Should.Throw<InvalidInputException>(() => InstrumentValuation.Value(new Perpetual(Inverse), new ValuationInputs(Forward: mark, Entry: entry))).Code.ShouldBe(code);

    [Fact]
    public void Value_BeyondTheRangeOfADouble_Refuses()
    {
        var put = new BlackInputs(OptionType.Put, 1e-300, 1e28, 1.0, 0.5);
        Code(() => Black76.CoinPrice(put)).ShouldBe("result-range");
        Code(() => InstrumentValuation.Value(new EuropeanOption(Inverse, Expiry, 1e28m, OptionType.Put), new ValuationInputs(1e-300, 1.0, 0.5))).ShouldBe("result-range");
        Code(() => InstrumentValuation.Profit(Settlement.Inverse, 1e-200, 1e200)).ShouldBe("result-range");

        static string Code(Func<object> value) => Should.Throw<InvalidInputException>(() => value()).Code;
    }
}

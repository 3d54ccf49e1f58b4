using Pms.Attestation.Amounts;
using Pms.Primitives;

namespace Pms.Attestation.Tests.Amounts;

public sealed class WadRoundingTests
{
    [Theory]
    [InlineData(1_000_000_000_000, 1)]
    [InlineData(1_999_999_999_999, 1)]
    [InlineData(999_999_999_999, 0)]
    [InlineData(0, 0)]
    [InlineData(-1, -1)]
    [InlineData(-1_000_000_000_000, -1)]
    [InlineData(-1_000_000_000_001, -2)]
    public void ToMoneyDown_AnyWad_IsTheLowerMoneyUnit(long wad, long money) => new Wad(wad).ToMoneyDown().ShouldBe(money);

    [Fact]
    public void ToMoneyDown_Beyond64Bits_Throws() => Should.Throw<OverflowException>(() => new Wad(Int128.MaxValue).ToMoneyDown());

    [Theory]
    [InlineData(1.0, "1000000000000000000", "1000000000000000000")]
    [InlineData(0.1, "100000000000000006", "100000000000000005")] // 0.1 is 0.1000000000000000055...
    [InlineData(-0.1, "-100000000000000005", "-100000000000000006")]
    [InlineData(1e-19, "1", "0")]
    [InlineData(-1e-19, "0", "-1")]
    [InlineData(double.Epsilon, "1", "0")]
    [InlineData(0.0, "0", "0")]
    [InlineData(1e20, "100000000000000000000000000000000000000", "100000000000000000000000000000000000000")]
    public void ToWad_ExactBinaryValue_IsRoundedAsTheNameSays(double usd, string up, string down)
    {
        WadRounding.ToWadUp(usd).Units.ShouldBe(Int128.Parse(up));
        WadRounding.ToWadDown(usd).Units.ShouldBe(Int128.Parse(down));
    }

    [Theory]
    [InlineData(double.NaN, "not-finite")]
    [InlineData(double.PositiveInfinity, "not-finite")]
    [InlineData(1.8e20, "amount-range")]
    [InlineData(-1.8e20, "amount-range")]
    public void ToWad_OutsideItsRange_IsRefused(double usd, string code)
    {
        Should.Throw<InvalidInputException>(() => WadRounding.ToWadUp(usd)).Code.ShouldBe(code);
        Should.Throw<InvalidInputException>(() => WadRounding.ToWadDown(usd)).Code.ShouldBe(code);
    }

    [Fact]
    public void ToWad_QuantityTimesPrice_BracketsTheExactProduct()
    {
        var random = new SplitMix(3);
        for (var i = 0; i < 10_000; i++)
        {
            var quantity = new QuantityWad((long)random.Next());
            var price = new UnitPriceWad(random.Next());
            var exact = (System.Numerics.BigInteger)quantity.Units * price.Units;
            var (down, up) = (WadRounding.ToWadDown(quantity, price).Units, WadRounding.ToWadUp(quantity, price).Units);
            var one = (System.Numerics.BigInteger)Wad.One;
            (down * one).ShouldBeLessThanOrEqualTo(exact);
            (up * one).ShouldBeGreaterThanOrEqualTo(exact);
            ((up - down) * one).ShouldBe(exact % one == 0 ? 0 : one);
        }
    }

    [Fact]
    public void QuantityWad_ThroughDecimal_IsTheSame()
    {
        foreach (var quantity in new[] { 0m, 1m, -0.1m, 0.000000000000000001m, 79_228_162_514.264337593543950335m / 10, 123_456_789.5m, -170_141_183_460_469_231_731m })
        {
            if (decimal.Round(quantity, 18) == quantity)
            {
                QuantityWad.Of(quantity).ToDecimal().ShouldBe(quantity);
            }
        }

        Should.Throw<InvalidInputException>(() => QuantityWad.Of(0.0000000000000000001m)).Code.ShouldBe("quantity-wad");
        Should.Throw<InvalidInputException>(() => QuantityWad.Of(decimal.MaxValue)).Code.ShouldBe("quantity-wad");
        Should.Throw<InvalidInputException>(() => new QuantityWad(Int128.MaxValue).ToDecimal()).Code.ShouldBe("quantity-wad");
    }

    [Theory]
    [InlineData(60_000.0, 6_000_000_000_000UL)]
    [InlineData(1.5e-8, 1UL)] // its binary value is below one and a half
    [InlineData(1.0 / 512, 195_312UL)] // 195,312.5 exactly: to the even
    [InlineData(3.0 / 512, 585_938UL)] // 585,937.5 exactly: to the even
    [InlineData(1e-8, 1UL)]
    [InlineData(1e11, 10_000_000_000_000_000_000UL)]
    public void PriceE8_Nearest_IsNearest(double usd, ulong units) => PriceE8.Nearest(usd).Units.ShouldBe(units);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1e-9)]
    [InlineData(2e11)]
    [InlineData(double.NaN)]
    public void PriceE8_NoPrice_IsRefused(double usd) => Should.Throw<InvalidInputException>(() => PriceE8.Nearest(usd)).Code.ShouldBe("price-e8");
}

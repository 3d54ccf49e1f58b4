using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Testing;

namespace Pms.Pricing.Tests;

public sealed class Black76Tests
{
    [Fact]
    public void Greeks_CentralDifferences_Agree()
    {
        var stream = new RandomStream(910);
        for (ulong i = 0; i < 2_000; i++)
        {
            var option = Draw(stream, i);
            var greeks = Black76.Greeks(option);
            var (f, v, t, r, k) = (option.Forward, option.Vol, option.Years, option.Rate, option.Strike);
            double Slope(Func<double, double> value, double at, double step) =>
                // Richardson: the h^2 error of the central difference cancels
                ((8.0 * (value(at + step) - value(at - step))) - (value(at + (2.0 * step)) - value(at - (2.0 * step)))) / (12.0 * step);

            var scale = f;
            Slope(x => Black76.Price(option with { Forward = x }), f, 1e-3 * f).ShouldBe(greeks.Delta, 1e-7, option.ToString());
            Slope(x => Black76.Greeks(option with { Forward = x }).Delta, f, 1e-3 * f).ShouldBe(greeks.Gamma, 1e-6 / f, option.ToString());
            Slope(x => Black76.Price(option with { Vol = x }), v, 1e-3 * v).ShouldBe(greeks.Vega, 1e-7 * scale, option.ToString());
            Slope(x => Black76.Greeks(option with { Vol = x }).Delta, v, 1e-3 * v).ShouldBe(greeks.Vanna, 1e-6, option.ToString());
            Slope(x => Black76.Greeks(option with { Vol = x }).Vega, v, 1e-3 * v).ShouldBe(greeks.Volga, 1e-6 * scale, option.ToString());
            (-Slope(x => Black76.Price(option with { Years = x }), t, 1e-3 * t)).ShouldBe(greeks.ThetaPerYear, 1e-6 * scale, option.ToString());
            Slope(x => Black76.Price(option with { Rate = x }), r, 1e-3).ShouldBe(greeks.Rho, 1e-7 * scale, option.ToString());
            Slope(x => Black76.Price(option with { Strike = x }), k, 1e-3 * k).ShouldBe(greeks.StrikeDelta, 1e-7, option.ToString());
            // net delta: d(coin price)/d ln F
            Slope(x => Black76.CoinPrice(option with { Forward = x }), f, 1e-3 * f).ShouldBe(greeks.NetDelta / f, 1e-7 / f, option.ToString());
        }
    }

    [Fact]
    public void Greeks_PutCallParity_Holds()
    {
        var stream = new RandomStream(911);
        for (ulong i = 0; i < 5_000; i++)
        {
            var call = Draw(stream, i) with { Type = OptionType.Call };
            var put = call with { Type = OptionType.Put };
            var (c, p) = (Black76.Greeks(call), Black76.Greeks(put));
            var discount = ElementaryMath.Exp(-call.Rate * call.Years);
            (c.Price - p.Price).ShouldBe(discount * (call.Forward - call.Strike), 2e-15 * (call.Forward + call.Strike), call.ToString());
            (c.Delta - p.Delta).ShouldBe(discount, 4e-16, call.ToString());
            (p.StrikeDelta - c.StrikeDelta).ShouldBe(discount, 4e-16, call.ToString());
            c.Gamma.ShouldBe(p.Gamma);
            c.Vega.ShouldBe(p.Vega);
            (c.Delta - c.CoinPrice).ShouldBe(c.NetDelta, 1e-15, call.ToString());
            (p.Delta - p.CoinPrice).ShouldBe(p.NetDelta, 4e-15 * Math.Max(1.0, p.CoinPrice), call.ToString());
            // homogeneity of degree one in (F, K)
            ((call.Forward * c.Delta) + (call.Strike * c.StrikeDelta)).ShouldBe(c.Price, 4e-16 * (call.Forward + call.Strike), call.ToString());
        }
    }

    [Theory]
    [InlineData(OptionType.Call, 90.0, 100.0, 0.0, -0.0, 0.0)]
    [InlineData(OptionType.Put, 90.0, 100.0, 10.0, -1.0, 1.0)]
    [InlineData(OptionType.Call, 100.0, 90.0, 10.0, 1.0, -1.0)]
    [InlineData(OptionType.Put, 100.0, 90.0, 0.0, -0.0, 0.0)]
    [InlineData(OptionType.Call, 100.0, 100.0, 0.0, 0.5, -0.5)]
    [InlineData(OptionType.Put, 100.0, 100.0, 0.0, -0.5, 0.5)]
    public void Greeks_NoVolOrNoTime_ExactLimits(OptionType type, double forward, double strike, double price, double delta, double strikeDelta)
    {
        foreach (var (years, vol) in new[] { (0.0, 0.4), (0.5, 0.0), (0.0, 0.0) })
        {
            var greeks = Black76.Greeks(new BlackInputs(type, forward, strike, years, vol));
            greeks.Price.ShouldBe(price);
            greeks.Delta.ShouldBe(delta);
            greeks.StrikeDelta.ShouldBe(strikeDelta);
            greeks.Gamma.ShouldBe(0.0);
            greeks.ThetaPerYear.ShouldBe(0.0);
            greeks.Vega.ShouldBe(forward == strike ? forward * 0.3989422804014327 * Math.Sqrt(years) : 0.0);
        }
    }

    [Fact]
    public void Greeks_HugeVol_ReachesTheBound()
    {
        foreach (var vol in new[] { 100.0, 1e10, 1e200 })
        {
            Black76.Price(new BlackInputs(OptionType.Call, 100.0, 120.0, 2.0, vol, 0.05)).ShouldBe(ElementaryMath.Exp(-0.1) * 100.0, 1e-13);
            Black76.Price(new BlackInputs(OptionType.Put, 100.0, 120.0, 2.0, vol, 0.05)).ShouldBe(ElementaryMath.Exp(-0.1) * 120.0, 1e-13);
            Black76.Greeks(new BlackInputs(OptionType.Put, 100.0, 120.0, 2.0, vol)).Delta.ShouldBe(0.0, 1e-300);
        }
    }

    [Theory]
    [InlineData(0.0, 100.0, 1.0, 0.5, 0.0, "forward-range")]
    [InlineData(-1.0, 100.0, 1.0, 0.5, 0.0, "forward-range")]
    [InlineData(double.NaN, 100.0, 1.0, 0.5, 0.0, "forward-range")]
    [InlineData(double.PositiveInfinity, 100.0, 1.0, 0.5, 0.0, "forward-range")]
    [InlineData(100.0, 0.0, 1.0, 0.5, 0.0, "strike-range")]
    [InlineData(100.0, double.NaN, 1.0, 0.5, 0.0, "strike-range")]
    [InlineData(100.0, double.PositiveInfinity, 1.0, 0.5, 0.0, "strike-range")]
    [InlineData(100.0, 100.0, -1e-9, 0.5, 0.0, "years-range")]
    [InlineData(100.0, 100.0, double.NaN, 0.5, 0.0, "years-range")]
    [InlineData(100.0, 100.0, double.PositiveInfinity, 0.5, 0.0, "years-range")]
    [InlineData(100.0, 100.0, 1.0, -0.1, 0.0, "vol-range")]
    [InlineData(100.0, 100.0, 1.0, double.NaN, 0.0, "vol-range")]
    [InlineData(100.0, 100.0, 1.0, double.PositiveInfinity, 0.0, "vol-range")]
    [InlineData(100.0, 100.0, 1.0, 0.5, double.NaN, "rate-range")]
    [InlineData(100.0, 100.0, 1.0, 0.5, double.NegativeInfinity, "rate-range")]
    [InlineData(100.0, 100.0, 1.0, 0.5, -601.0, "rate-range")]
    public void Greeks_OutsideTheDomain_RefusesWithCode(double forward, double strike, double years, double vol, double rate, string code)
    {
        var inputs = new BlackInputs(OptionType.Call, forward, strike, years, vol, rate);
        inputs.Check().ShouldNotBeNull().Code.ShouldBe(code);
        inputs.IsValid().ShouldBeFalse();
        Should.Throw<InvalidInputException>(() => Black76.Price(inputs)).Code.ShouldBe(code);
        Should.Throw<InvalidInputException>(() => Black76.Greeks(inputs)).Code.ShouldBe(code);
        Black76.TryGreeks(inputs, out _).ShouldBeFalse();
    }

    [Fact]
    public void Greeks_AnyBitPatterns_FiniteOrTypedRefusal()
    {
        var stream = new RandomStream(912);
        var solved = 0;
        for (ulong i = 0; i < (ulong)FuzzBudget.Cases(100_000); i++)
        {
            double Any(ulong part) => stream.Uniform((8 * i) + part) < 0.5
                ? BitConverter.UInt64BitsToDouble(stream.Derive(part).Bits(i))
                : Math.Exp((stream.Derive(part).Uniform(i) * 60.0) - 30.0);
            var inputs = new BlackInputs((OptionType)(stream.Bits(i) % 3), Any(1), Any(2), Any(3), Any(4), Any(5));
            if (Black76.TryGreeks(inputs, out var greeks))
            {
                solved++;
                var bound = ElementaryMath.Exp(-inputs.Rate * inputs.Years) * (inputs.Type == OptionType.Call ? inputs.Forward : inputs.Strike);
                (greeks.Price >= 0.0 && greeks.Price <= bound * 1.000000000000001).ShouldBeTrue($"{inputs}: {greeks.Price:R}");
                greeks.Gamma.ShouldBeGreaterThanOrEqualTo(0.0, inputs.ToString());
                greeks.Vega.ShouldBeGreaterThanOrEqualTo(0.0, inputs.ToString());
            }
            else
            {
                Should.Throw<InvalidInputException>(() => Black76.Greeks(inputs));
            }
        }

        solved.ShouldBeGreaterThan(500);
    }

    [Fact]
    public void Price_MoreVolTimeOrMoneyness_NeverFalls()
    {
        var stream = new RandomStream(913);
        for (ulong i = 0; i < 20_000; i++)
        {
            var option = Draw(stream, i) with { Rate = 0.0 };
            var price = Black76.Price(option);
            // one part in 1e12 more of each factor: monotone to the rounding of the price
            var slack = 1.0 - 4e-15;
            Black76.Price(option with { Vol = option.Vol * (1 + 1e-12) }).ShouldBeGreaterThanOrEqualTo(price * slack, option.ToString());
            Black76.Price(option with { Years = option.Years * 1.01 }).ShouldBeGreaterThan(price, option.ToString());
            Black76.Price(option with { Vol = option.Vol * 1.01 }).ShouldBeGreaterThan(price, option.ToString());
            var up = Black76.Price(option with { Forward = option.Forward * 1.001 });
            (option.Type == OptionType.Call ? up > price : up < price).ShouldBeTrue(option.ToString());
        }
    }

    private static BlackInputs Draw(RandomStream stream, ulong i)
    {
        var forward = 1000.0 * (0.2 + stream.Derive(1).Uniform(i));
        var years = 0.01 + (2.0 * stream.Derive(2).Uniform(i));
        var vol = 0.2 + stream.Derive(3).Uniform(i);
        return new BlackInputs(
            (OptionType)(stream.Bits(i) & 1),
            forward,
            forward * Math.Exp(vol * Math.Sqrt(years) * ((6.0 * stream.Derive(4).Uniform(i)) - 3.0)),
            years,
            vol,
            (0.2 * stream.Derive(5).Uniform(i)) - 0.05);
    }
}

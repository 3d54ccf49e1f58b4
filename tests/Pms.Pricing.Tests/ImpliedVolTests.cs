using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Testing;

namespace Pms.Pricing.Tests;

public sealed class ImpliedVolTests
{
    [Fact]
    public void Solve_WholeDomain_RoundTripsWithinConditioning()
    {
        // vol -> price -> vol, on decades of total vol and of moneyness, both sides; the price's rounding moves vol by conditioning * 1e-16
        var stream = new RandomStream(920);
        var (worst, worstCase, solved) = (0.0, "", 0);
        for (ulong i = 0; i < (ulong)FuzzBudget.Cases(100_000); i++)
        {
            var s = Math.Pow(10.0, (6.5 * stream.Derive(1).Uniform(i)) - 5.0);
            var years = Math.Pow(10.0, (5.0 * stream.Derive(2).Uniform(i)) - 4.0);
            var forward = Math.Pow(10.0, (10.0 * stream.Derive(3).Uniform(i)) - 4.0);
            var deviations = 37.0 * ((2.0 * stream.Derive(4).Uniform(i)) - 1.0);
            var option = new BlackInputs(
                (OptionType)(stream.Bits(i) & 1), forward, forward * Math.Exp(Math.Clamp(deviations * s, -300.0, 300.0)), years, s / Math.Sqrt(years), i % 3 == 0 ? 0.03 : 0.0);
            if (!Black76.TryGreeks(option, out var greeks) || !(greeks.Price > 1e-290) || !(greeks.Vega > 0.0))
            {
                continue;
            }

            var conditioning = greeks.Price / (option.Vol * greeks.Vega);
            if (conditioning > 1e10)
            {
                continue;
            }

            var result = ImpliedVol.Solve(new ImpliedVolInputs(option.Type, option.Forward, option.Strike, option.Years, greeks.Price, option.Rate));
            result.Refusal.ShouldBeNull($"{option}: {result.Refusal}");
            var error = Relative.Error(result.Vol, option.Vol) / Math.Max(1.0, conditioning);
            solved++;
            if (!(error <= worst))
            {
                (worst, worstCase) = (error, $"{option} price {greeks.Price:R} vol {result.Vol:R}");
            }
        }

        TestContext.Current.SendDiagnosticMessage($"worst {worst:E2} of {solved} at {worstCase}");
        solved.ShouldBeGreaterThan(40_000);
        (worst <= 1e-13).ShouldBeTrue($"{worst:E2} at {worstCase}");
    }

    [Fact]
    public void Solve_ThePriceOfItsVol_IsThePrice()
    {
        // the inverse direction: any admissible price, also those no vol was drawn for
        var stream = new RandomStream(921);
        for (ulong i = 0; i < (ulong)FuzzBudget.Cases(20_000); i++)
        {
            var forward = 100.0;
            var strike = 100.0 * Math.Exp((8.0 * stream.Derive(1).Uniform(i)) - 4.0);
            var call = (stream.Bits(i) & 1) == 0;
            var type = call ? OptionType.Call : OptionType.Put;
            var intrinsic = Math.Max(0.0, call ? forward - strike : strike - forward);
            var bound = call ? forward : strike;
            var share = stream.Derive(2).Uniform(i);
            share = (i % 3) switch { 0 => share, 1 => Math.Pow(10.0, -12.0 * share), _ => 1.0 - Math.Pow(10.0, -12.0 * share) };
            var price = intrinsic + ((bound - intrinsic) * share);
            if (price <= intrinsic || price >= bound)
            {
                continue;
            }

            var result = ImpliedVol.Solve(new ImpliedVolInputs(type, forward, strike, 0.7, price));
            result.Refusal.ShouldBeNull();
            var option = new BlackInputs(type, forward, strike, 0.7, result.Vol);
            // one ulp of vol moves the price by vega * ulp
            var slack = 1e-13 * ((price * 0.02) + (Black76.Greeks(option).Vega * result.Vol));
            Black76.Price(option).ShouldBe(price, slack, option.ToString());
        }
    }

    [Theory]
    [InlineData(OptionType.Put, 90.0, 100.0, 0.5, 9.9, "price-below-intrinsic")]
    [InlineData(OptionType.Call, 100.0, 50.0, 1.0, 100.0, "price-at-bound")]
    [InlineData(OptionType.Call, 100.0, 50.0, 1.0, 100.1, "price-at-bound")]
    [InlineData(OptionType.Put, 100.0, 50.0, 1.0, 50.0, "price-at-bound")]
    [InlineData(OptionType.Call, 100.0, 150.0, 1.0, -1e-300, "price-range")]
    [InlineData(OptionType.Call, 100.0, 150.0, 1.0, double.NaN, "price-range")]
    [InlineData(OptionType.Call, 100.0, 150.0, 1.0, double.PositiveInfinity, "price-range")]
    [InlineData(OptionType.Call, 100.0, 150.0, 0.0, 1.0, "expired")]
    [InlineData(OptionType.Call, 100.0, 150.0, -1.0, 1.0, "years-range")]
    [InlineData(OptionType.Call, 100.0, 150.0, double.NaN, 1.0, "years-range")]
    [InlineData(OptionType.Call, 0.0, 150.0, 1.0, 1.0, "forward-range")]
    [InlineData(OptionType.Call, 100.0, double.NegativeInfinity, 1.0, 1.0, "strike-range")]
    [InlineData((OptionType)7, 100.0, 150.0, 1.0, 1.0, "type-range")]
    public void Solve_OutsideTheDomain_RefusesWithCode(OptionType type, double forward, double strike, double years, double price, string code)
    {
        var inputs = new ImpliedVolInputs(type, forward, strike, years, price);
        var result = ImpliedVol.Solve(inputs);
        result.IsSolved.ShouldBeFalse();
        result.Refusal.ShouldNotBeNull().Code.ShouldBe(code);
        Should.Throw<InvalidInputException>(() => result.Vol).Code.ShouldBe(code);
        ImpliedVol.TrySolve(inputs, out var vol).ShouldBeFalse();
        vol.ShouldBe(double.NaN);
    }

    [Theory]
    [InlineData(OptionType.Call, 100.0, 90.0, 0.5, 0.0)]
    [InlineData(OptionType.Call, 100.0, 90.0, 0.5, 0.07)]
    [InlineData(OptionType.Put, 100.0, 1234.5, 2.5, 0.03)]
    [InlineData(OptionType.Put, 100.0, 90.0, 0.5, 0.07)]
    [InlineData(OptionType.Call, 100.0, 100.0, 0.0, 0.0)]
    public void Solve_PriceAtIntrinsic_IsZeroVol(OptionType type, double forward, double strike, double years, double rate)
    {
        var price = Black76.Price(new BlackInputs(type, forward, strike, years, 0.0, rate));
        ImpliedVol.Solve(new ImpliedVolInputs(type, forward, strike, years, price, rate)).Vol.ShouldBe(0.0);
    }

    [Fact]
    public void Solve_OneStepInsideTheBounds_IsSolvedOrRefusedNeverStuck()
    {
        foreach (var strike in new[] { 1e-8, 1.0, 99.999999, 100.0, 100.000001, 250.0, 1e12 })
        {
            foreach (var type in Enum.GetValues<OptionType>())
            {
                var intrinsic = Math.Max(0.0, type == OptionType.Call ? 100.0 - strike : strike - 100.0);
                var bound = type == OptionType.Call ? 100.0 : strike;
                // 1e-300 where the intrinsic value is 0: the vol of the smallest double of all would itself be too small for a double
                var low = ImpliedVol.Solve(new ImpliedVolInputs(type, 100.0, strike, 1.0, Math.Max(1e-300, Math.BitIncrement(intrinsic))));
                var high = ImpliedVol.Solve(new ImpliedVolInputs(type, 100.0, strike, 1.0, Math.BitDecrement(bound)));
                if (Math.BitIncrement(intrinsic) < bound)
                {
                    low.Vol.ShouldBeGreaterThan(0.0, $"{type} {strike}");
                    high.Vol.ShouldBeGreaterThan(low.Vol, $"{type} {strike}");
                }
                else
                {
                    low.IsSolved.ShouldBeFalse();
                }
            }
        }
    }

    [Fact]
    public void Solve_AnyBitPatterns_FiniteOrTypedRefusal()
    {
        var stream = new RandomStream(922);
        var solved = 0;
        for (ulong i = 0; i < (ulong)FuzzBudget.Cases(100_000); i++)
        {
            double Any(ulong part) => stream.Uniform((8 * i) + part) < 0.3
                ? BitConverter.UInt64BitsToDouble(stream.Derive(part).Bits(i))
                : Math.Exp((stream.Derive(part).Uniform(i) * 20.0) - 10.0);
            var result = ImpliedVol.Solve(new ImpliedVolInputs((OptionType)(stream.Bits(i) % 3), Any(1), Any(2), Any(3), Any(4), i % 2 == 0 ? 0.0 : Any(5)));
            if (result.TryGetVol(out var vol))
            {
                solved++;
                (vol >= 0.0 && double.IsFinite(vol)).ShouldBeTrue($"case {i}: {vol}");
            }
            else
            {
                result.Refusal.ShouldNotBeNull().Code.ShouldNotBeEmpty();
            }
        }

        solved.ShouldBeGreaterThan(2_000);
    }

    [Fact]
    public void Solve_HigherPrice_NeverLowerVol()
    {
        var stream = new RandomStream(923);
        for (ulong i = 0; i < 300; i++)
        {
            var strike = 100.0 * Math.Exp((3.0 * stream.Derive(1).Uniform(i)) - 1.5);
            var intrinsic = Math.Max(0.0, 100.0 - strike);
            var last = 0.0;
            for (var j = 1; j < 200; j++)
            {
                // also across the border of the two methods at half of the range
                var price = intrinsic + ((100.0 - intrinsic) * j / 200.0);
                var vol = ImpliedVol.Solve(new ImpliedVolInputs(OptionType.Call, 100.0, strike, 1.0, price)).Vol;
                vol.ShouldBeGreaterThan(last, $"strike {strike} price {price}");
                last = vol;
            }
        }
    }
}

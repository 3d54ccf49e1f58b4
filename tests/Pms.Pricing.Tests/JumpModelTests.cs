using System.Text.Json;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Pricing.JumpModels;
using Pms.Primitives;
using Pms.Testing;

namespace Pms.Pricing.Tests;

public sealed class JumpModelTests
{
    private static readonly VarianceDynamics BtcVariance = new(0.224903, 13.376951, 0.108179, 0.940205, -0.425279);
    private static readonly JumpLaw BtcJump = new(1.287897, -0.067601, 0.157563, 0.737491, -0.030299);

    [Fact]
    public void Price_GoldenMerton_BothForms()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(RepositoryPaths.RequireShared("golden", "pricing.json")));
        var merton = document.RootElement.GetProperty("merton");
        foreach (var item in merton.GetProperty("haug_form").EnumerateArray())
        {
            var i = item.GetProperty("inputs");
            double Get(string name) => i.GetProperty(name).GetDouble();
            var model = MertonModel.FromTotalVol(Get("total_vol"), Get("jumps_per_year"), Get("gamma_share_of_variance"));
            var prices = MertonOptions.Price(model, new JumpOptionInputs(Get("S") * Math.Exp(Get("r") * Get("T_years")), Get("K"), Get("T_years"), Get("r")));
            Relative.ShouldBeClose(prices.Call, item.GetProperty("expected_call").GetDouble(), 1e-12, item.GetProperty("id").GetString()!);
        }

        foreach (var item in merton.GetProperty("forward_form").EnumerateArray())
        {
            var i = item.GetProperty("inputs");
            double Get(string name) => i.GetProperty(name).GetDouble();
            var prices = MertonOptions.Price(
                new MertonModel(Get("sigma"), Get("lambda_per_year"), Get("jump_mean_log"), Get("jump_sd_log")), new JumpOptionInputs(Get("F"), Get("K"), Get("T_years"), Get("r")));
            Relative.ShouldBeClose(prices.Call, item.GetProperty("expected").GetProperty("call").GetDouble(), 1e-12, "call");
            Relative.ShouldBeClose(prices.Put, item.GetProperty("expected").GetProperty("put").GetDouble(), 1e-12, "put");
        }
    }

    [Fact]
    public void Price_GoldenSvcj_WithinTheirDigits()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(RepositoryPaths.RequireShared("golden", "pricing.json")));
        foreach (var item in document.RootElement.GetProperty("svcj_crypto").GetProperty("cases").EnumerateArray())
        {
            var i = item.GetProperty("inputs");
            var p = i.GetProperty("params");
            double Get(string name) => p.GetProperty(name).GetDouble();
            var model = new SvcjModel(
                new VarianceDynamics(Get("v0"), Get("ka"), Get("th"), Get("sg"), Get("rho")), [new JumpLaw(Get("lam"), Get("muy"), Get("sy"), Get("muv"), Get("rj"))]);
            var forward = i.GetProperty("F").GetDouble();
            foreach (var e in item.GetProperty("expected").EnumerateArray())
            {
                var prices = SvcjOptions.Price(model, new JumpOptionInputs(forward, e.GetProperty("K").GetDouble(), i.GetProperty("T_days").GetDouble() / 365.0));
                // the golden numbers have six decimals
                prices.Call.ShouldBe(e.GetProperty("call").GetDouble(), 6e-7);
                prices.CoinCall.ShouldBe(e.GetProperty("coin_call").GetDouble(), 6e-11);
                // their vols are less exact than their prices: 2.5e-6 at the first strike
                prices.ImpliedVol.Vol.ShouldBe(e.GetProperty("implied_vol").GetDouble(), 5e-6);
            }
        }
    }

    [Fact]
    public void Price_IndependentSvcjVectors_CallsAndDeltas()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(RepositoryPaths.Root, "testdata", "vectors", "jump-models.json")));
        var (worst, worstDelta, count) = (0.0, 0.0, 0);
        foreach (var item in document.RootElement.GetProperty("svcj").EnumerateArray())
        {
            double Get(string name) => item.GetProperty(name).GetDouble();
            var jumps = item.GetProperty("jumps").EnumerateArray().Select(j => new JumpLaw(j[0].GetDouble(), j[1].GetDouble(), j[2].GetDouble(), j[3].GetDouble(), j[4].GetDouble()));
            var model = new SvcjModel(new VarianceDynamics(Get("v0"), Get("kappa"), Get("theta"), Get("sigma"), Get("rho")), [.. jumps]);
            var strikes = item.GetProperty("strikes");
            for (var k = 0; k < strikes.GetArrayLength(); k++)
            {
                var prices = SvcjOptions.Price(model, new JumpOptionInputs(1.0, strikes[k].GetDouble(), Get("years")));
                var error = Math.Abs(prices.Call - item.GetProperty("calls")[k].GetDouble());
                var delta = Math.Abs(prices.CallDelta - item.GetProperty("deltas")[k].GetDouble());
                (error < 1e-10).ShouldBeTrue($"{item.GetProperty("id")} strike {strikes[k]}: call {prices.Call:R}, error {error:E2}");
                (delta < 1e-9).ShouldBeTrue($"{item.GetProperty("id")} strike {strikes[k]}: delta {prices.CallDelta:R}, error {delta:E2}");
                worst = Math.Max(worst, error);
                worstDelta = Math.Max(worstDelta, delta);
                count++;
            }
        }

        TestContext.Current.SendDiagnosticMessage($"SVCJ: {count} strikes, worst call error {worst:E2} of F, worst delta error {worstDelta:E2}");
        count.ShouldBeGreaterThan(150);
    }

    [Fact]
    public void Price_IndependentMertonVectors_RelativeAlsoInTheWings()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(RepositoryPaths.Root, "testdata", "vectors", "jump-models.json")));
        var (worst, count) = (0.0, 0);
        foreach (var item in document.RootElement.GetProperty("merton").EnumerateArray())
        {
            double Get(string name) => item.GetProperty(name).GetDouble();
            var prices = MertonOptions.Price(
                new MertonModel(Get("vol"), Get("intensity"), Get("mean"), Get("sd")), new JumpOptionInputs(Get("forward"), Get("strike"), Get("years")));
            var actual = Get("strike") >= Get("forward") ? prices.Call : prices.Put;
            worst = Math.Max(worst, Relative.Error(actual, Get("outOfTheMoney")));
            count++;
        }

        TestContext.Current.SendDiagnosticMessage($"Merton: {count} options, worst relative error of the out-of-the-money side {worst:E2}");
        count.ShouldBe(60);
        worst.ShouldBeLessThan(2e-12);
    }

    [Fact]
    public void Price_SvcjWithConstantVarianceAndPriceJumps_IsMerton()
    {
        foreach (var strike in new[] { 70.0, 90.0, 100.0, 105.0, 140.0 })
        {
            foreach (var years in new[] { 1.0 / 365.0, 0.1, 1.0 })
            {
                var inputs = new JumpOptionInputs(100.0, strike, years, 0.03);
                var merton = MertonOptions.Price(new MertonModel(0.6, 3.0, -0.05, 0.15), inputs);
                var svcj = SvcjOptions.Price(new SvcjModel(new VarianceDynamics(0.36, 2.0, 0.36, 0.0, -0.3), [new JumpLaw(3.0, -0.05, 0.15, 0.0, 0.0)]), inputs);
                svcj.Call.ShouldBe(merton.Call, 1e-10);
                svcj.Put.ShouldBe(merton.Put, 1e-10);
                svcj.CallDelta.ShouldBe(merton.CallDelta, 1e-11);
                svcj.PutDelta.ShouldBe(merton.PutDelta, 1e-11);
                svcj.ImpliedVol.Vol.ShouldBe(merton.ImpliedVol.Vol, 1e-9);
            }
        }
    }

    [Fact]
    public void Price_NoJumpsAndConstantVariance_IsBlack()
    {
        foreach (var strike in new[] { 40.0, 100.0, 130.0 })
        {
            var inputs = new JumpOptionInputs(100.0, strike, 0.25);
            var black = Black76.Greeks(new BlackInputs(OptionType.Call, 100.0, strike, 0.25, 0.5));
            SvcjOptions.Price(new SvcjModel(new VarianceDynamics(0.25, 0.0, 0.0, 0.0, 0.0), []), inputs).Call.ShouldBe(black.Price, 1e-12);
            var merton = MertonOptions.Price(new MertonModel(0.5, 0.0, 0.0, 0.0), inputs);
            merton.Call.ShouldBe(black.Price, 1e-13);
            merton.ImpliedVol.Vol.ShouldBe(0.5, 1e-14);
        }
    }

    [Fact]
    public void Price_AnyModel_DeltaIsTheDerivativeAndParityHolds()
    {
        var model = new SvcjModel(BtcVariance, [BtcJump, new JumpLaw(4.0, 0.03, 0.05, 0.1, 0.4)]);
        foreach (var strike in new[] { 45_000.0, 60_000.0, 80_000.0 })
        {
            JumpOptionPrices At(double forward) => SvcjOptions.Price(model, new JumpOptionInputs(forward, strike, 14.0 / 365.0, 0.05));
            var here = At(60_000.0);
            here.CallDelta.ShouldBe((At(60_001.0).Call - At(59_999.0).Call) / 2.0, 1e-8);
            (here.Call - here.Put).ShouldBe(Math.Exp(-0.05 * 14.0 / 365.0) * (60_000.0 - strike), 1e-7);
            here.CoinPut.ShouldBe(here.Put / 60_000.0, 1e-15);
        }
    }

    [Fact]
    public void Price_RandomModels_InsideBoundsMonotoneAndConvexInStrike()
    {
        var stream = new RandomStream(20261126);
        for (var c = 0; c < 60; c++)
        {
            var i = (ulong)c * 20;
            double Draw(double low, double high) => low + ((high - low) * stream.Uniform(i++));
            var model = new SvcjModel(
                new VarianceDynamics(Draw(0.02, 1.5), Draw(0.0, 25.0), Draw(0.01, 0.8), Draw(0.0, 3.0), Draw(-0.95, 0.8)),
                [new JumpLaw(Draw(0.0, 10.0), Draw(-0.4, 0.2), Draw(0.0, 0.4), Draw(0.0, 1.5), Draw(-1.0, 0.5))]);
            var years = Draw(1.0, 200.0) / 365.0;
            var calls = Enumerable.Range(0, 41).Select(k => SvcjOptions.Price(model, new JumpOptionInputs(1.0, 0.5 + (0.025 * k), years)).Call).ToArray();
            for (var k = 0; k < calls.Length; k++)
            {
                (calls[k] >= Math.Max(0.5 - (0.025 * k), 0.0) && calls[k] < 1.0).ShouldBeTrue($"{model} {years}");
                if (k > 1)
                {
                    ((calls[k] - calls[k - 1]) is <= 0.0 and >= -0.025).ShouldBeTrue($"{model} {years} {k}");
                    (calls[k] - (2.0 * calls[k - 1]) + calls[k - 2]).ShouldBeGreaterThan(-1e-12, $"{model} {years} {k}");
                }
            }
        }
    }

    [Theory]
    [InlineData(double.NaN, 1.0, 0.1, 0.1, -0.5, "variance-range")]
    [InlineData(-0.1, 1.0, 0.1, 0.1, -0.5, "variance-range")]
    [InlineData(0.1, -1.0, 0.1, 0.1, -0.5, "mean-reversion-range")]
    [InlineData(0.1, 1.0, double.PositiveInfinity, 0.1, -0.5, "variance-range")]
    [InlineData(0.1, 1.0, 0.1, -0.1, -0.5, "vol-of-variance-range")]
    [InlineData(0.1, 1.0, 0.1, 0.1, 1.0, "correlation-range")]
    [InlineData(1e-14, 0.0, 0.0, 0.0, 0.0, "integral-range")]
    public void Price_SvcjOutsideTheDomain_TypedRefusal(double v0, double kappa, double theta, double sigma, double rho, string code)
    {
        Should.Throw<InvalidInputException>(() => SvcjOptions.Price(new SvcjModel(new VarianceDynamics(v0, kappa, theta, sigma, rho), [BtcJump]), new JumpOptionInputs(100.0, 110.0, 0.1))).Code.ShouldBe(code);
    }

    [Theory]
    [InlineData(-1.0, 0.0, 0.1, 0.1, 0.0, "jump-intensity-range")]
    [InlineData(1.0, 11.0, 0.1, 0.1, 0.0, "jump-mean-range")]
    [InlineData(1.0, 0.0, -0.1, 0.1, 0.0, "jump-sd-range")]
    [InlineData(1.0, 0.0, 0.1, -0.1, 0.0, "jump-variance-range")]
    [InlineData(1.0, 0.0, 0.1, 2.0, 0.5, "jump-correlation-range")]
    [InlineData(1.0, double.NaN, 0.1, 0.1, 0.0, "jump-mean-range")]
    public void Price_JumpOutsideTheDomain_TypedRefusal(double intensity, double mean, double sd, double variance, double link, string code)
    {
        Should.Throw<InvalidInputException>(() => SvcjOptions.Price(new SvcjModel(BtcVariance, [new JumpLaw(intensity, mean, sd, variance, link)]), new JumpOptionInputs(100.0, 110.0, 0.1))).Code.ShouldBe(code);
    }

    [Fact]
    public void Price_EdgeOfTime_LimitsAndRefusals()
    {
        var model = new SvcjModel(BtcVariance, [BtcJump]);
        SvcjOptions.Price(model, new JumpOptionInputs(100.0, 90.0, 0.0)).Call.ShouldBe(10.0);
        MertonOptions.Price(new MertonModel(0.5, 1.0, -0.1, 0.1), new JumpOptionInputs(100.0, 90.0, 0.0)).Put.ShouldBe(0.0);
        Should.Throw<InvalidInputException>(() => SvcjOptions.Price(model, new JumpOptionInputs(-1.0, 90.0, 0.1))).Code.ShouldBe("forward-range");
        Should.Throw<InvalidInputException>(() => MertonOptions.Price(new MertonModel(0.5, 9e4, 0.0, 0.1), new JumpOptionInputs(100.0, 90.0, 2.0))).Code.ShouldBe("jump-intensity-range");
        Should.Throw<InvalidInputException>(() => MertonOptions.Price(new MertonModel(-0.5, 1.0, 0.0, 0.1), new JumpOptionInputs(100.0, 90.0, 2.0))).Code.ShouldBe("vol-range");
        Should.Throw<InvalidInputException>(() => MertonModel.FromTotalVol(0.5, 0.0, 0.5)).Code.ShouldBe("jump-intensity-range");
        Should.Throw<InvalidInputException>(() => MertonModel.FromTotalVol(0.5, 1.0, 1.5)).Code.ShouldBe("jump-share-range");
        // a wing whose value the integral cannot know has no vol, and says so
        SvcjOptions.Price(model, new JumpOptionInputs(100.0, 3000.0, 1.0 / 365.0)).ImpliedVol.Refusal!.Code.ShouldBe("price-below-accuracy");
    }
}

using System.Text.Json;
using Pms.MarketData.Instruments;
using Pms.Testing;

namespace Pms.Pricing.Tests;

/// <summary>Reference values made outside the project (60 digits), where the shared data folder is present.</summary>
public sealed class GoldenPricingTests
{
    [Fact]
    public void Greeks_SharedGoldenCases_WithinStatedTolerances()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(RepositoryPaths.RequireShared("golden", "pricing.json")));
        var checks = 0;
        foreach (var item in document.RootElement.GetProperty("black76").GetProperty("cases").EnumerateArray())
        {
            var id = item.GetProperty("id").GetString()!;
            var given = item.GetProperty("inputs");
            var expected = item.GetProperty("expected");
            foreach (var type in Enum.GetValues<OptionType>())
            {
                var inputs = new BlackInputs(
                    type,
                    given.GetProperty("F").GetDouble(),
                    given.GetProperty("K").GetDouble(),
                    given.GetProperty("T_years").GetDouble(),
                    given.GetProperty("sigma").GetDouble(),
                    given.GetProperty("r").GetDouble());
                var actual = Black76.Greeks(inputs);
                var name = type == OptionType.Call ? "call" : "put";
                var side = expected.GetProperty(name);
                Relative.ShouldBeClose(actual.Price, side.GetProperty("price").GetDouble(), 1e-12, id);
                Relative.ShouldBeClose(actual.Delta, side.GetProperty("delta_f").GetDouble(), 1e-10, id);
                Relative.ShouldBeClose(actual.ThetaPerYear, side.GetProperty("theta_per_year").GetDouble(), 1e-10, id);
                Relative.ShouldBeClose(actual.StrikeDelta, side.GetProperty("strike_delta").GetDouble(), 1e-10, id);
                Relative.ShouldBeClose(actual.Gamma, expected.GetProperty("gamma_f").GetDouble(), 1e-10, id);
                Relative.ShouldBeClose(actual.Vega, expected.GetProperty("vega_per_1.00").GetDouble(), 1e-10, id);
                Relative.ShouldBeClose(actual.Vanna, expected.GetProperty("vanna_dF_dsigma").GetDouble(), 1e-10, id);
                Relative.ShouldBeClose(actual.Volga, expected.GetProperty("volga_d2_dsigma2").GetDouble(), 1e-10, id);
                Relative.ShouldBeClose(actual.CoinPrice, expected.GetProperty($"{name}_coin_price").GetDouble(), 1e-12, id);
                Relative.ShouldBeClose(actual.NetDelta, expected.GetProperty($"{name}_net_delta").GetDouble(), 1e-10, id);
                checks += 10;
            }
        }

        checks.ShouldBeGreaterThanOrEqualTo(60);
    }

    [Fact]
    public void Price_SharedLimitsAndSpotForm_Match()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(RepositoryPaths.RequireShared("golden", "pricing.json")));
        var black = document.RootElement.GetProperty("black76");
        foreach (var item in black.GetProperty("limits").EnumerateArray())
        {
            var given = item.GetProperty("inputs");
            foreach (var type in Enum.GetValues<OptionType>())
            {
                var price = Black76.Price(new BlackInputs(
                    type,
                    given.GetProperty("F").GetDouble(),
                    given.GetProperty("K").GetDouble(),
                    given.GetProperty("T_years").GetDouble(),
                    given.GetProperty("sigma").GetDouble(),
                    given.GetProperty("r").GetDouble()));
                price.ShouldBe(item.GetProperty(type == OptionType.Call ? "expected_call" : "expected_put").GetDouble());
            }
        }

        foreach (var item in black.GetProperty("spot_form").EnumerateArray())
        {
            var given = item.GetProperty("inputs");
            var years = given.GetProperty("T_years").GetDouble();
            var rate = given.GetProperty("r").GetDouble();
            var forward = given.GetProperty("S").GetDouble() * Math.Exp(rate * years);
            var price = Black76.Price(new BlackInputs(OptionType.Call, forward, given.GetProperty("K").GetDouble(), years, given.GetProperty("sigma").GetDouble(), rate));
            Relative.ShouldBeClose(price, item.GetProperty("expected_call").GetDouble(), 1e-12, item.GetProperty("id").GetString()!);
        }
    }

    [Fact]
    public void Solve_SharedGoldenCases_WithinConditioning()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(RepositoryPaths.RequireShared("golden", "pricing.json")));
        var section = document.RootElement.GetProperty("implied_vol");
        foreach (var item in section.GetProperty("cases").EnumerateArray())
        {
            var solved = ImpliedVol.Solve(Inputs(item));
            var tolerance = item.GetProperty("rel_tol").GetDouble() * Math.Max(1.0, item.GetProperty("conditioning").GetDouble());
            Relative.ShouldBeClose(solved.Vol, item.GetProperty("expected_sigma").GetDouble(), tolerance, item.GetProperty("id").GetString()!);
        }

        foreach (var item in section.GetProperty("rejections").EnumerateArray())
        {
            var refusal = ImpliedVol.Solve(Inputs(item)).Refusal.ShouldNotBeNull();
            refusal.Code.ShouldBe(item.GetProperty("expect").GetString()!.Contains('<', StringComparison.Ordinal) ? "price-below-intrinsic" : "price-at-bound");
        }
    }

    private static ImpliedVolInputs Inputs(JsonElement item)
    {
        var given = item.GetProperty("inputs");
        return new ImpliedVolInputs(
            given.GetProperty("is_call").GetBoolean() ? OptionType.Call : OptionType.Put,
            given.GetProperty("F").GetDouble(),
            given.GetProperty("K").GetDouble(),
            given.GetProperty("T_years").GetDouble(),
            given.GetProperty("price").GetDouble(),
            given.GetProperty("r").GetDouble());
    }
}

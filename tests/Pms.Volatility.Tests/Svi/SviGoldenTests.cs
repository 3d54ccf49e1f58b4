using System.Text.Json;
using Pms.Testing;
using Pms.Volatility.Arbitrage;
using Pms.Volatility.Svi;

namespace Pms.Volatility.Tests.Svi;

/// <summary>Reference values made outside the project, where the shared data folder is present.</summary>
public sealed class SviGoldenTests
{
    private const double Tolerance = 1e-12;

    [Fact]
    public void Derivatives_GoldenSmiles_MatchPointsMinimumAndJumpWings()
    {
        var seen = 0;
        foreach (var item in Golden("raw_svi"))
        {
            var inputs = item.GetProperty("inputs");
            var svi = new RawSvi(Number(inputs, "a"), Number(inputs, "b"), Number(inputs, "rho"), Number(inputs, "m"), Number(inputs, "sigma"));
            var years = Number(inputs, "T_years");
            var expected = item.GetProperty("expected");
            foreach (var point in expected.GetProperty("points").EnumerateArray())
            {
                var k = Number(point, "k");
                var d = svi.Derivatives(k);
                d.W.ShouldBe(Number(point, "w"), Tolerance);
                d.W1.ShouldBe(Number(point, "dw"), Tolerance);
                d.W2.ShouldBe(Number(point, "d2w"), Tolerance);
                svi.Butterfly(k).ShouldBe(Number(point, "g"), Tolerance);
                svi.TotalVariance(k).ShouldBe(d.W);
                seen++;
            }

            var range = expected.GetProperty("min_g").GetProperty("range");
            var least = ButterflyCheck.Minimum(svi, range[0].GetDouble(), range[1].GetDouble());
            least.G.ShouldBe(Number(expected.GetProperty("min_g"), "g"), Tolerance);
            least.K.ShouldBe(Number(expected.GetProperty("min_g"), "k"), 1e-9);
            (least.G >= 0).ShouldBe(expected.GetProperty("butterfly_free_on_range").GetBoolean());

            var jw = expected.GetProperty("jw");
            var wings = JumpWings.FromRaw(svi, years);
            wings.Variance.ShouldBe(Number(jw, "v"), Tolerance);
            wings.Skew.ShouldBe(Number(jw, "psi"), Tolerance);
            wings.PutSlope.ShouldBe(Number(jw, "p"), Tolerance);
            wings.CallSlope.ShouldBe(Number(jw, "c"), Tolerance);
            wings.MinimumVariance.ShouldBe(Number(jw, "v_tilde"), Tolerance);
            svi.LeftSlope.ShouldBe(Number(expected, "lee_left_slope"), Tolerance);
            svi.RightSlope.ShouldBe(Number(expected, "lee_right_slope"), Tolerance);
        }

        seen.ShouldBeGreaterThanOrEqualTo(10);
    }

    [Fact]
    public void PowerLaw_GoldenSsvi_MatchesConditionsAndPoints()
    {
        var seen = 0;
        foreach (var item in Golden("ssvi"))
        {
            var inputs = item.GetProperty("inputs");
            var slice = SsviSlice.PowerLaw(Number(inputs, "theta"), Number(inputs, "rho"), Number(inputs, "eta"), Number(inputs, "gamma"));
            var expected = item.GetProperty("expected");
            slice.Phi.ShouldBe(Number(expected, "phi"), 1e-11);
            slice.SlopeCondition.ShouldBe(Number(expected, "cond1_theta_phi_1_plus_abs_rho"), Tolerance);
            slice.CurvatureCondition.ShouldBe(Number(expected, "cond2_theta_phi2"), 1e-11, "golden gives theta phi^2 (1 + |rho|)");
            foreach (var point in expected.GetProperty("points").EnumerateArray())
            {
                slice.TotalVariance(Number(point, "k")).ShouldBe(Number(point, "w"), Tolerance);
                slice.ToRaw().TotalVariance(Number(point, "k")).ShouldBe(Number(point, "w"), Tolerance);
                seen++;
            }
        }

        seen.ShouldBeGreaterThanOrEqualTo(3);
    }

    private static JsonElement[] Golden(string part)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(RepositoryPaths.RequireShared("golden", "svi.json")));
        return [.. document.RootElement.GetProperty("svi").GetProperty(part).EnumerateArray().Select(e => e.Clone())];
    }

    private static double Number(JsonElement element, string name) => element.GetProperty(name).GetDouble();
}

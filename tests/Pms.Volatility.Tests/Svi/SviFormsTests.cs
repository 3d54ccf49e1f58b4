using Pms.Numerics;
using Pms.Primitives;
using Pms.Testing;
using Pms.Volatility.Svi;

namespace Pms.Volatility.Tests.Svi;

public sealed class SviFormsTests
{
    internal static RawSvi Random(RandomStream random, ulong i)
    {
        double U(ulong j) => random.Uniform((16 * i) + j);
        var theta = Math.Exp(-9 + (9 * U(0)));
        var root = Math.Sqrt(theta);
        var b = root * (0.02 + (0.9 * U(1)));
        var rho = -0.95 + (1.9 * U(2));
        var sigma = root * Math.Exp(-3 + (4.5 * U(3)));
        var m = root * (-1 + (2 * U(4)));
        var least = theta * (0.02 + (0.9 * U(5)));
        return new RawSvi(least - (b * sigma * Math.Sqrt(1 - (rho * rho))), b, rho, m, sigma);
    }

    [Fact]
    public void Derivatives_RandomSmiles_MatchCentralDifferences()
    {
        var random = new RandomStream(101);
        for (ulong i = 0; i < 2000; i++)
        {
            var svi = Random(random, i);
            var k = svi.M + (svi.Sigma * ((8 * random.Uniform((16 * i) + 9)) - 4));
            var h = 1e-4 * svi.Sigma;
            var d = svi.Derivatives(k);
            var up = svi.Derivatives(k + h);
            var down = svi.Derivatives(k - h);
            ((up.W - down.W) / (2 * h)).ShouldBe(d.W1, 1e-6 * svi.B);
            ((up.W1 - down.W1) / (2 * h)).ShouldBe(d.W2, 1e-6 * svi.B / svi.Sigma);
            ((up.W2 - down.W2) / (2 * h)).ShouldBe(d.W3, 1e-6 * svi.B / (svi.Sigma * svi.Sigma));
            var slope = (up.Butterfly(k + h) - down.Butterfly(k - h)) / (2 * h);
            slope.ShouldBe(d.ButterflySlope(k), 1e-5 * (Math.Abs(slope) + (1 / svi.Sigma)));
        }
    }

    [Fact]
    public void Butterfly_RandomSmiles_IsTheDensityUpToAPositiveFactor()
    {
        // The second difference of Black's call price in strike is the density: phi(d2) g / (K sqrt(w)).
        var random = new RandomStream(102);
        for (ulong i = 0; i < 500; i++)
        {
            var svi = Random(random, i);
            var k = Math.Sqrt(svi.TotalVariance(0)) * ((3 * random.Uniform((16 * i) + 9)) - 1.5);
            var strike = Math.Exp(k);
            var h = 2e-4 * strike * Math.Min(Math.Sqrt(svi.TotalVariance(k)), svi.Sigma);
            var second = (Call(svi, strike + h) - (2 * Call(svi, strike)) + Call(svi, strike - h)) / (h * h);
            var root = Math.Sqrt(svi.TotalVariance(k));
            var d2 = (-k / root) - (0.5 * root);
            var density = Math.Exp(-0.5 * d2 * d2) / Math.Sqrt(2 * Math.PI) * svi.Butterfly(k) / (strike * root);
            second.ShouldBe(density, (1e-3 * Math.Abs(density)) + (2e-3 / root) + (1e-15 / (h * h)));
        }

        static double Call(in RawSvi svi, double strike)
        {
            var k = Math.Log(strike);
            var root = Math.Sqrt(svi.TotalVariance(k));
            return NormalDistribution.Cdf((-k / root) + (0.5 * root)) - (strike * NormalDistribution.Cdf((-k / root) - (0.5 * root)));
        }
    }

    [Fact]
    public void NaturalAndJumpWings_RandomSmiles_ComeBack()
    {
        var random = new RandomStream(103);
        for (ulong i = 0; i < (ulong)FuzzBudget.Cases(100_000); i++)
        {
            var svi = Random(random, i);
            var years = 0.01 + (2 * random.Uniform((16 * i) + 8));
            var spread = Math.Sqrt(svi.TotalVariance(0));
            var natural = NaturalSvi.FromRaw(svi).ToRaw();
            var wings = JumpWings.FromRaw(svi, years).ToRaw();
            foreach (var x in (ReadOnlySpan<double>)[-3, -0.7, 0, 0.4, 2])
            {
                var k = x * spread;
                var w = svi.TotalVariance(k);
                natural.TotalVariance(k).ShouldBe(w, 1e-11 * (w + Math.Abs(svi.A)), $"case {i} natural {svi}");

                // The way back from jump wings divides by (w(0) - least w), which loses digits where the vertex is near the money.
                var lost = svi.TotalVariance(0) / (svi.TotalVariance(0) - svi.MinimumTotalVariance);
                wings.TotalVariance(k).ShouldBe(w, Math.Max(1e-9, 1e-13 * lost * lost) * (w + Math.Abs(svi.A)), $"case {i} jump wings {svi}");
            }
        }
    }

    [Fact]
    public void ToRaw_JumpWingsWithLeastVarianceAtMoney_Refuses()
    {
        var error = Should.Throw<InvalidInputException>(() => new JumpWings(0.3, 0, 0.8, 0.8, 0.3, 1).ToRaw());
        error.Code.ShouldBe("svi-jump-wings");
    }

    [Theory]
    [InlineData(0.04, -0.1, 0, 0, 0.1, "svi-range")]
    [InlineData(0.04, 0.1, 1.2, 0, 0.1, "svi-range")]
    [InlineData(0.04, 0.1, 0, 0, 0, "svi-range")]
    [InlineData(-0.04, 0.1, 0, 0, 0.1, "svi-negative-variance")]
    [InlineData(double.NaN, 0.1, 0, 0, 0.1, "svi-not-finite")]
    public void TryValidate_NotASmile_RefusesWithCode(double a, double b, double rho, double m, double sigma, string code)
    {
        new RawSvi(a, b, rho, m, sigma).TryValidate(out var refusal).ShouldBeFalse();
        refusal!.Code.ShouldBe(code);
    }
}

using Pms.Numerics;
using Pms.Testing;
using Pms.Volatility.Arbitrage;
using Pms.Volatility.Svi;
using Pms.Volatility.Tests.Svi;

namespace Pms.Volatility.Tests.Arbitrage;

public sealed class ArbitrageCheckTests
{
    [Fact]
    public void ButterflyProve_RandomSmiles_AgreesWithPlainGrid()
    {
        var random = new RandomStream(201);
        int free = 0, broken = 0;
        long cells = 0;
        for (ulong i = 0; i < (ulong)FuzzBudget.Cases(10_000); i++)
        {
            var svi = SviFormsTests.Random(random, i);
            var proof = ButterflyCheck.Prove(svi);
            var minimum = ButterflyCheck.Minimum(svi);
            var plain = PlainArbitrage.LeastG(svi, out var at);
            cells += proof.Cells;
            minimum.G.ShouldBeLessThanOrEqualTo(plain + 1e-12, $"case {i}: the plain grid is lower at {at} for {svi}");
            if (proof.Proven)
            {
                free++;
                plain.ShouldBeGreaterThanOrEqualTo(0, $"case {i}: proven, but g({at}) = {plain} for {svi}");
                minimum.G.ShouldBeGreaterThanOrEqualTo(0);
            }
            else
            {
                broken++;
                minimum.G.ShouldBeLessThan(1e-6, $"case {i}: not proven although the least g is {minimum} for {svi}");
            }
        }

        free.ShouldBeGreaterThan(1000);
        broken.ShouldBeGreaterThan(1000);
        cells.ShouldBeLessThan(10_000L * FuzzBudget.Cases(100));
    }

    /// <summary>The least g of this smile lies beyond the dense search, where the wing comes back to its limit from below.</summary>
    [Fact]
    public void Minimum_FlatPointFarInTheWing_IsFound()
    {
        var svi = new RawSvi(0.010039427302109438, 0.1156445887132017, -0.8263301926878108, 0.05799380755268055, 0.06560843366238381);
        var minimum = ButterflyCheck.Minimum(svi);
        foreach (var k in (double[])[-50, -100, -159.23, -200, -300, -500, -1e3, -1e4])
        {
            minimum.G.ShouldBeLessThanOrEqualTo(svi.Butterfly(k), $"at {k}");
        }

        minimum.K.ShouldBeInRange(-1_000, -100);
    }

    [Fact]
    public void CalendarProve_RandomPairs_AgreesWithPlainGrid()
    {
        var random = new RandomStream(202);
        int ordered = 0, broken = 0;
        for (ulong i = 0; i < (ulong)FuzzBudget.Cases(10_000); i++)
        {
            var earlier = SviFormsTests.Random(random, 2 * i);

            // A neighbour close enough that both outcomes are common.
            var u = random.Uniform((32 * i) + 31);
            var later = new RawSvi(
                earlier.A * (1 + (0.2 * (random.Uniform((32 * i) + 30) - 0.4))) + (0.3 * u * earlier.TotalVariance(0)),
                earlier.B * (0.98 + (0.2 * u)),
                Math.Clamp(earlier.Rho + (0.1 * (u - 0.5)), -0.99, 0.99),
                earlier.M + (0.3 * earlier.Sigma * (u - 0.5)),
                earlier.Sigma * (0.9 + (0.3 * u)));
            if (!later.TryValidate(out _))
            {
                continue;
            }

            var proof = CalendarCheck.Prove(earlier, later);
            var plain = PlainArbitrage.LeastOrder(earlier, later, out var at);
            var wings = later.LeftSlope >= earlier.LeftSlope && later.RightSlope >= earlier.RightSlope;
            if (proof.Proven)
            {
                ordered++;
                plain.ShouldBeGreaterThanOrEqualTo(-1e-11, $"case {i}: proven, but the order fails at {at} for {earlier} {later}");
                wings.ShouldBeTrue();
            }
            else
            {
                broken++;
                (plain < 1e-9 || !wings).ShouldBeTrue($"case {i}: not proven although the least order is {plain} for {earlier} {later}");
            }
        }

        ordered.ShouldBeGreaterThan(500);
        broken.ShouldBeGreaterThan(500);
    }

    [Fact]
    public void Prove_SsviWithinSufficientConditions_AlwaysProven()
    {
        // Gatheral and Jacquier (2014), theorem 4.2, and the eSSVI conditions of Corbetta et al. (2019).
        var random = new RandomStream(203);
        for (ulong i = 0; i < (ulong)FuzzBudget.Cases(10_000); i++)
        {
            double U(ulong j) => random.Uniform((16 * i) + j);
            var theta = Math.Exp(-9 + (9 * U(0)));
            var rho = -0.95 + (1.9 * U(1));
            var most = Math.Min(3.99 / (theta * (1 + Math.Abs(rho))), Math.Sqrt(3.999 / (theta * (1 + Math.Abs(rho)))));
            var slice = new SsviSlice(theta, rho, most * U(2));
            slice.IsButterflyFree.ShouldBeTrue();
            ButterflyCheck.Prove(slice.ToRaw()).Proven.ShouldBeTrue($"case {i} {slice}");

            var later = new SsviSlice(theta * (1 + U(3)), Math.Clamp(rho + (0.2 * (U(4) - 0.5)), -0.95, 0.95), slice.Phi * (0.5 + (0.5 * U(5))));
            if (SsviSlice.IsCalendarFree(slice, later))
            {
                CalendarCheck.Prove(slice.ToRaw(), later.ToRaw()).Proven.ShouldBeTrue($"case {i} {slice} {later}");
            }
        }
    }

    [Fact]
    public void Scale_FactorBelowOne_KeepsSmileFreeOfButterflies()
    {
        // The lemma behind the short end: g of s w is concave in s on [0, 1], with g >= 0 at both ends.
        var random = new RandomStream(204);
        var tried = 0;
        for (ulong i = 0; i < 5000; i++)
        {
            var svi = SviFormsTests.Random(random, i);
            if (!ButterflyCheck.Prove(svi).Proven)
            {
                continue;
            }

            tried++;
            ButterflyCheck.Minimum(svi.Scale(0.02 + (0.96 * random.Uniform((16 * i) + 12)))).G.ShouldBeGreaterThanOrEqualTo(-1e-12, $"case {i} {svi}");
        }

        tried.ShouldBeGreaterThan(500);
    }

    [Fact]
    public void Lift_AnyAmount_KeepsSmileFreeOfButterflies()
    {
        // The lemma behind the long end (docs/model/surface.md), tried where it is proven and where it is not.
        var random = new RandomStream(205);
        for (ulong i = 0; i < 5000; i++)
        {
            var svi = SviFormsTests.Random(random, i);
            if (ButterflyCheck.Prove(svi).Proven)
            {
                var lift = svi.TotalVariance(0) * Math.Exp(-6 + (8 * random.Uniform((16 * i) + 12)));
                ButterflyCheck.Minimum(svi.Lift(lift)).G.ShouldBeGreaterThanOrEqualTo(-1e-12, $"case {i} {svi} + {lift}");
            }
        }
    }

    [Fact]
    public void Prove_LaterSmileWithLowerWing_FailsWithoutAWitness()
    {
        var earlier = new RawSvi(0.01, 0.1, 0, 0, 0.1);
        var later = new RawSvi(0.5, 0.0999, 0, 0, 0.1);
        CalendarCheck.Prove(earlier, later).Proven.ShouldBeFalse();
    }

    [Fact]
    public void NegativeRanges_RandomSmiles_HoldEveryNegativePoint()
    {
        var random = new RandomStream(206);
        var broken = 0;
        for (ulong i = 0; i < 3000; i++)
        {
            var svi = SviFormsTests.Random(random, i);
            var ranges = ButterflyCheck.NegativeRanges(svi);
            (ranges.Count > 0).ShouldBe(ButterflyCheck.Minimum(svi).G < 0, $"case {i} {svi}");
            broken += ranges.Count;
            var spread = Math.Sqrt(svi.TotalVariance(0));
            for (var x = -6.0; x <= 6; x += 0.25)
            {
                var g = PlainArbitrage.G(svi, x * spread);
                if (Math.Abs(g) > 1e-6)
                {
                    ranges.Any(r => r.From <= x * spread && x * spread <= r.To).ShouldBe(g < 0, $"case {i} at {x} deviations, g {g} {svi}");
                }
            }
        }

        broken.ShouldBeGreaterThan(300);
    }

    [Fact]
    public void Prove_SlopeBeyondLee_Fails()
    {
        ButterflyCheck.Prove(new RawSvi(0.5, 1.2, 0.8, 0, 1)).Proven.ShouldBeFalse();
        ButterflyCheck.Minimum(new RawSvi(0.5, 1.2, 0.8, 0, 1)).G.ShouldBeLessThanOrEqualTo((4 - (2.16 * 2.16)) / 16);
    }

    [Fact]
    public void Prove_SameSmileTwice_IsOrdered()
    {
        var svi = new RawSvi(0.01, 0.1, -0.3, 0.02, 0.1);
        CalendarCheck.Prove(svi, svi).Proven.ShouldBeTrue();
        CalendarCheck.Prove(svi, svi.Scale(1.5)).Proven.ShouldBeTrue();
        CalendarCheck.Prove(svi.Scale(1.5), svi).Proven.ShouldBeFalse();
    }
}

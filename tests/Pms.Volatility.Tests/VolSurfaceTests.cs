using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Testing;
using Pms.Volatility.Arbitrage;
using Pms.Volatility.Svi;

namespace Pms.Volatility.Tests;

public sealed class VolSurfaceTests
{
    private static readonly double[] Days = [2, 9, 30, 90, 365];

    [Fact]
    public void TotalVariance_AnyTime_RisesWithTimeAndMeetsTheSlices()
    {
        var surface = Surface(0);
        for (var x = -8.0; x <= 8; x += 0.25)
        {
            var last = 0.0;
            for (var days = 0.05; days < 900; days *= 1.05)
            {
                var w = surface.TotalVariance(0.1 * x, days / 365);
                w.ShouldBeGreaterThanOrEqualTo(last, $"k = {0.1 * x}, {days} days");
                last = w;
            }
        }

        foreach (var slice in surface.Slices)
        {
            surface.TotalVariance(0.1, slice.Years).ShouldBe(slice.Smile.TotalVariance(0.1));
            surface.Vol(0.1, slice.Years).ShouldBe(slice.Vol(0.1), 1e-15);
        }
    }

    [Fact]
    public void Derivatives_BetweenAndBeyondSlices_HaveNoButterflies()
    {
        var surface = Surface(0);
        for (var days = 0.05; days < 900; days *= 1.1)
        {
            var spread = Math.Sqrt(surface.TotalVariance(0, days / 365));
            for (var x = -20.0; x <= 20; x += 0.1)
            {
                var d = surface.Derivatives(x * spread, days / 365);
                d.W.ShouldBe(surface.TotalVariance(x * spread, days / 365), 1e-15 + (1e-14 * d.W));
                d.Butterfly(x * spread).ShouldBeGreaterThanOrEqualTo(0, $"{x} deviations, {days} days");
            }
        }
    }

    [Theory]
    [InlineData(double.NaN, 1)]
    [InlineData(0, 0)]
    [InlineData(0, double.PositiveInfinity)]
    public void TotalVariance_OutsideTheDomain_Refuses(double k, double years)
    {
        Should.Throw<InvalidInputException>(() => Surface(0).TotalVariance(k, years)).Code.ShouldBe("surface-point");
    }

    [Fact]
    public void Constructor_SlicesOutOfOrder_Refuses()
    {
        var surface = Surface(0);
        Should.Throw<InvalidInputException>(() => new VolSurface(surface.Underlying, surface.At, surface.Slices.Reverse(), default)).Code.ShouldBe("surface-slices");
        Should.Throw<InvalidInputException>(() => new VolSurface(surface.Underlying, surface.At, [], default)).Code.ShouldBe("surface-slices");
    }

    [Fact]
    public void Shock_LevelSkewAndTerm_MoveWhatTheySay()
    {
        var surface = Surface(0);
        var up = surface.Shock(new VolShock(0.2), SurfaceParameters.Default);
        up.Check.IsClean.ShouldBeTrue();
        up.Surface.Vol(0.05, 0.1).ShouldBe(1.2 * surface.Vol(0.05, 0.1), 1e-12);

        var skewed = surface.Shock(new VolShock(0, Skew: -0.05), SurfaceParameters.Default).Surface;
        foreach (var (before, after) in surface.Slices.Zip(skewed.Slices))
        {
            Skew(after).ShouldBe(Skew(before) - 0.05, 1e-9);
            after.Vol(0).ShouldBe(before.Vol(0), 1e-9);
        }

        var termed = surface.Shock(new VolShock(0, 0, Term: 0.2), SurfaceParameters.Default).Surface;
        termed.Slices[0].Vol(0).ShouldBeGreaterThan(surface.Slices[0].Vol(0) * 1.1);
        termed.Slices[2].Vol(0).ShouldBe(surface.Slices[2].Vol(0), 1e-3);
        termed.Slices[4].Vol(0).ShouldBeLessThan(surface.Slices[4].Vol(0));

        static double Skew(VolSlice slice) => JumpWings.FromRaw(slice.Smile, slice.Years).Skew;
    }

    [Fact]
    public void Shock_RandomMoves_EndFreeOfArbitrage()
    {
        var random = new RandomStream(401);
        var repaired = 0;
        var cases = FuzzBudget.Cases(1_000);
        for (ulong i = 0; i < (ulong)cases; i++)
        {
            var r = random.Derive(i);
            var surface = Surface(i);
            var shock = new VolShock(-0.6 + (2 * r.Uniform(0)), -0.3 + (0.6 * r.Uniform(1)), -0.5 + r.Uniform(2));
            var shocked = surface.Shock(shock, SurfaceParameters.Default);
            shocked.Check.IsClean.ShouldBeTrue($"case {i} {shock} {string.Join(", ", shocked.Check.Violations)}");
            PlainArbitrage.Violations(shocked.Surface).ShouldBeEmpty($"case {i} {shock}");
            shocked.IsRepaired.ShouldBe(!shocked.Before.IsClean);
            repaired += shocked.IsRepaired ? 1 : 0;
        }

        repaired.ShouldBeInRange(cases / 20, cases);
    }

    [Fact]
    public void Run_BrokenSurface_LocatesTheViolations()
    {
        var surface = Surface(0);
        var broken = surface.With(s => s.Years < 0.05 ? new RawSvi(-0.035, 0.12, 0.25, 0.3, 0.38) : s.Smile);
        var report = SurfaceCheck.Run(broken);
        report.IsClean.ShouldBeFalse();
        report.ButterflyViolations.ShouldBe(2);
        report.CalendarViolations.ShouldBeGreaterThanOrEqualTo(1);
        var butterfly = report.Violations.First(v => v.Kind == ArbitrageKind.Butterfly);
        butterfly.K.ShouldBe(0.773335976856, 1e-9);
        butterfly.Amount.ShouldBe(-0.0288846306259, 1e-12);
        broken.Hash().ShouldNotBe(surface.Hash());
    }

    private static VolSurface Surface(ulong seed)
    {
        var random = new RandomStream(400).Derive(seed);
        var at = BoardBuilder.At;
        var slices = Days.Select((d, i) => new VolSlice(
            at.AddDays(d),
            d / 365,
            60_000,
            BoardBuilder.Ssvi(0.6 - (0.02 * i) + (0.02 * random.Uniform((ulong)i)), d / 365, -0.25 + (0.02 * i), 0.8 + (0.03 * i))));
        var surface = new VolSurface(UnderlyingId.Inverse(new Asset("BTC")), at, slices, default);
        SurfaceCheck.Run(surface).IsClean.ShouldBeTrue();
        return surface;
    }
}

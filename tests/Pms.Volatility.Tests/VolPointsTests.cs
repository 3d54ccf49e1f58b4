using Pms.Numerics;
using Pms.Primitives;
using Pms.Volatility.Arbitrage;

namespace Pms.Volatility.Tests;

/// <summary>The chain of benchmark W6: 12 expiries of 60 noisy SSVI vols.</summary>
public sealed class VolPointsTests
{
    private static readonly double[] Days = [1, 3, 7, 14, 21, 30, 45, 60, 90, 120, 180, 365];

    [Fact]
    public void Fit_BenchmarkChain_ReachesTheLeastSquaresOptimumWithoutButterflies()
    {
        var fit = SurfaceFitter.Fit(Chain(), SurfaceParameters.Default, ArbitrageConditions.Butterfly);
        fit.RmsVol.Max().ShouldBe(1.3192e-3, 5e-8);
        fit.RmsVol.Average().ShouldBe(1.1937e-3, 1e-7);
        fit.JointRounds.ShouldBe(0);
        fit.Smiles.ShouldAllBe(s => ButterflyCheck.Prove(s, 0).Proven);
    }

    [Fact]
    public void Fit_BenchmarkChainInOrder_SeparatesTheCrossingPair()
    {
        // The chain itself has calendar arbitrage: total variance falls by up to 9 % from 90 to 120 days. Order costs fit there.
        var fit = SurfaceFitter.Fit(Chain(), SurfaceParameters.Default);
        fit.Degraded.ShouldBeEmpty();
        for (var i = 1; i < fit.Smiles.Length; i++)
        {
            CalendarCheck.Prove(fit.Smiles[i - 1], fit.Smiles[i]).Proven.ShouldBeTrue();
        }

        fit.RmsVol[..8].Max().ShouldBeLessThan(1.4e-3);
        fit.RmsVol.Max().ShouldBeLessThan(8e-3);
    }

    [Fact]
    public void Fit_PointsOutOfDomain_Refuses()
    {
        var points = Chain()[0];
        Should.Throw<InvalidInputException>(() => SurfaceFitter.Fit([points with { Years = 0 }], SurfaceParameters.Default)).Code.ShouldBe("vol-points");
        Should.Throw<InvalidInputException>(() => SurfaceFitter.Fit([points with { Vol = [0.5] }], SurfaceParameters.Default)).Code.ShouldBe("vol-points");
        Should.Throw<InvalidInputException>(() => SurfaceFitter.Fit([points, points], SurfaceParameters.Default)).Code.ShouldBe("vol-points");
        Should.Throw<InvalidInputException>(() => SurfaceFitter.Fit([points], SurfaceParameters.Default with { MostWingSlope = 3 })).Code.ShouldBe("surface-parameter");
    }

    internal static VolPoints[] Chain()
    {
        var level = new RandomStream(601);
        var tilt = new RandomStream(602);
        var noise = new RandomStream(603);
        var chain = new VolPoints[Days.Length];
        for (var e = 0; e < Days.Length; e++)
        {
            var years = Days[e] / 365;
            var vol = 0.55 + (0.1 * level.Uniform((ulong)e));
            var theta = vol * vol * years;
            var rho = -0.3 + (0.2 * tilt.Uniform((ulong)e));
            var phi = 1.1 / Math.Sqrt(theta);
            var k = new double[60];
            var vols = new double[60];
            for (var i = 0; i < k.Length; i++)
            {
                k[i] = Math.Sqrt(theta) * (-2.5 + (5.0 * i / 59));
                var x = (phi * k[i]) + rho;
                var w = 0.5 * theta * (1 + (rho * phi * k[i]) + Math.Sqrt((x * x) + 1 - (rho * rho)));
                vols[i] = Math.Sqrt(w / years) * (1 + (0.003 * ((2 * noise.Uniform((ulong)((60 * e) + i))) - 1)));
            }

            chain[e] = new VolPoints(years, k, vols);
        }

        return chain;
    }
}

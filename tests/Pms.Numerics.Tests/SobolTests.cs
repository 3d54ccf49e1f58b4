using System.Text.Json;
using Pms.Numerics.Sampling;
using Pms.Testing;

namespace Pms.Numerics.Tests;

public sealed class SobolTests
{
    [Fact]
    public void Bits_ScipyReference_AllDimensions()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(RepositoryPaths.Root, "testdata", "vectors", "sobol.json")));
        var indices = document.RootElement.GetProperty("index").EnumerateArray().Select(v => v.GetUInt32()).ToArray();
        var points = document.RootElement.GetProperty("points");
        var point = new uint[SobolSequence.MaxDimensions];
        for (var i = 0; i < indices.Length; i++)
        {
            var expected = points[i].EnumerateArray().Select(v => v.GetUInt32()).ToArray();
            expected.Length.ShouldBe(256);
            SobolSequence.Bits(indices[i], point);
            point.ShouldBe(expected, $"point {indices[i]}");
            for (var d = 0; d < 256; d += 17)
            {
                SobolSequence.Bits(indices[i], d).ShouldBe(expected[d]);
            }
        }
    }

    [Fact]
    public void Value_SharedGoldenPoints_Match()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(RepositoryPaths.RequireShared("golden", "risk.json")));
        var points = document.RootElement.GetProperty("sobol").GetProperty("points");
        for (var i = 0; i < points.GetArrayLength(); i++)
        {
            for (var d = 0; d < 2; d++)
            {
                SobolSequence.Value((uint)i, d).ShouldBe(points[i][d].GetDouble());
            }
        }
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1u << 10)]
    [InlineData(3u << 20)]
    public void Uniform_ScrambledNet_OnePointInEachInterval(uint start)
    {
        // 2^10 points from any multiple of 2^10: one in each of 2^10 intervals, before and after scrambling; in the first two dimensions one in each dyadic box
        const int m = 10;
        foreach (var seed in new ulong[] { 0, 1, 0xFFFF_FFFF_FFFF_FFFF })
        {
            var scrambling = new OwenScrambling(seed);
            for (var d = 0; d < SobolSequence.MaxDimensions; d += 5)
            {
                var seen = new bool[1 << m];
                for (var i = 0u; i < 1u << m; i++)
                {
                    var u = scrambling.Uniform(SobolSequence.Bits(start + i, d), d);
                    (u is > 0.0 and < 1.0).ShouldBeTrue();
                    var cell = (int)(u * (1 << m));
                    seen[cell].ShouldBeFalse();
                    seen[cell] = true;
                }
            }

            for (var split = 0; split <= m; split++)
            {
                var boxes = new HashSet<(int, int)>();
                for (var i = 0u; i < 1u << m; i++)
                {
                    var x = scrambling.Uniform(SobolSequence.Bits(start + i, 0), 0);
                    var y = scrambling.Uniform(SobolSequence.Bits(start + i, 1), 1);
                    boxes.Add(((int)(x * (1 << split)), (int)(y * (1 << (m - split))))).ShouldBeTrue($"seed {seed}, split {split}");
                }
            }
        }
    }

    [Fact]
    public void Uniform_OnePointOverManySeeds_IsUniformAndIndependentBetweenDimensions()
    {
        // chi-square over 64 cells of one point's coordinates, and of pairs over 8 x 8: 1 of 1000 would exceed 110 by chance
        foreach (var (index, d) in new[] { (0u, 0), (1u, 3), (777u, 40), (123456u, 255) })
        {
            var (one, two) = (new int[64], new int[64]);
            const int seeds = 64_000;
            for (ulong seed = 0; seed < seeds; seed++)
            {
                var scrambling = new OwenScrambling(seed);
                var u = scrambling.Uniform(SobolSequence.Bits(index, d), d);
                var v = scrambling.Uniform(SobolSequence.Bits(index, d == 0 ? 1 : d - 1), d == 0 ? 1 : d - 1);
                one[(int)(u * 64)]++;
                two[((int)(u * 8) * 8) + (int)(v * 8)]++;
            }

            one.Sum(c => (c - 1000.0) * (c - 1000.0) / 1000.0).ShouldBeLessThan(110.0);
            two.Sum(c => (c - 1000.0) * (c - 1000.0) / 1000.0).ShouldBeLessThan(110.0);
        }
    }

    [Fact]
    public void Uniform_SmoothIntegral_SpreadFallsFasterThanMonteCarlo()
    {
        // scrambled nets: the variance of smooth integrals falls like n^-3 (Owen 1997); from 2^6 to 2^12 points that is 2^18, here at least 2^14
        double Variance(int points)
        {
            var estimates = new double[64];
            for (var seed = 0; seed < estimates.Length; seed++)
            {
                var scrambling = new OwenScrambling((ulong)seed);
                for (var i = 0u; i < points; i++)
                {
                    var x = scrambling.Uniform(SobolSequence.Bits(i, 0), 0);
                    var y = scrambling.Uniform(SobolSequence.Bits(i, 1), 1);
                    estimates[seed] += Math.Exp(x) * (0.5 + (y * y)) / points;
                }
            }

            var mean = estimates.Average();
            mean.ShouldBe((Math.E - 1.0) * (5.0 / 6.0), 1e-3);
            return estimates.Sum(e => (e - mean) * (e - mean)) / 63.0;
        }

        var ratio = Variance(1 << 6) / Variance(1 << 12);
        TestContext.Current.SendDiagnosticMessage($"variance falls by {ratio:E1} from 64 to 4096 points");
        ratio.ShouldBeGreaterThan(16384.0);
    }
}

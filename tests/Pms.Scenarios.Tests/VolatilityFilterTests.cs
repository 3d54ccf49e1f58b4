using Pms.Primitives;
using Pms.Scenarios.Historical;

namespace Pms.Scenarios.Tests;

public sealed class VolatilityFilterTests
{
    private static readonly double[] Returns = [0.01, -0.02, 0.015, 0.03, -0.05, 0.002, -0.011];

    /// <summary>Method: the recursion written again in numpy (var with ddof 1 as start).</summary>
    [Fact]
    public void Ewma_SmallSeries_IsTheSecondWriting()
    {
        var path = EwmaVolatility.Of(Returns, 0.94);
        double[] sigma =
        [
            0.026355626488836263, 0.025669863746461623, 0.025365436926577677, 0.024865660398381118, 0.025203233979486876, 0.027332962203963116, 0.026504817929438408,
        ];
        double[] filtered =
        [
            0.009803693281072355, -0.020131192037407875, 0.015279599504335316, 0.031173410340295492, -0.051259786449896934, 0.001890629170735053, -0.01072336082128237,
        ];
        Close(path.Sigma, sigma);
        path.Next.ShouldBe(0.025838247832705667, 1e-16);
        Close(path.Filter(Returns), filtered);
    }

    [Fact]
    public void Ewma_GivenStart_IsTheSecondWriting()
    {
        var path = EwmaVolatility.Of(Returns, 0.9, firstSigma: 0.02);
        Close(path.Sigma, [0.02, 0.019235384061671346, 0.019313207915827968, 0.018926172354705006, 0.020307141600924537, 0.02492272055775613, 0.023652226110875908]);
        path.Next.ShouldBe(0.02270649730803939, 1e-16);
    }

    [Fact]
    public void Filter_CurrentGivenAndBounded_Rescales()
    {
        var path = EwmaVolatility.Of([0.01, -0.01, 0.02], 0.94, firstSigma: 0.01);
        path.Filter([0.01, -0.01, 0.02], current: 0.02)[0].ShouldBe(0.02, 1e-16);
        path.Filter([0.01, -0.01, 0.02], current: 1.0, mostRescaling: 5)[0].ShouldBe(0.05, 1e-16);
        path.Filter([0.01, -0.01, 0.02], current: 1e-9, mostRescaling: 5)[0].ShouldBe(0.002, 1e-16);
    }

    /// <summary>Method: a GARCH path from a linear congruential generator; the maximum found by scipy's Nelder-Mead from three starts: 0.0871458, 0.88555287, 4357.508799791112.</summary>
    [Fact]
    public void Garch_SimulatedSeries_IsTheSecondWritingsMaximum()
    {
        var returns = Simulated(1500, 1e-5, 0.10, 0.85);
        var model = GarchModel.Fit(returns);
        model.Alpha.ShouldBe(0.0871458, 1e-6);
        model.Beta.ShouldBe(0.88555287, 1e-6);
        model.LogLikelihood.ShouldBe(4357.508799791112, 1e-6);
        (model.Omega / (1 - model.Alpha - model.Beta)).ShouldBe(0.00019250124592748137, 1e-15);
        var path = model.Path(returns);
        path.Sigma[0].ShouldBe(Math.Sqrt(0.00019250124592748137), 1e-15);
        path.Sigma[1].ShouldBe(Math.Sqrt(model.Omega + (model.Alpha * returns[0] * returns[0]) + (model.Beta * 0.00019250124592748137)), 1e-15);
    }

    [Fact]
    public void Garch_ExplosiveSeries_StaysStationary()
    {
        var returns = Enumerable.Range(0, 400).Select(i => 1e-4 * Math.Exp(i / 60.0) * (i % 2 == 0 ? 1 : -1)).ToArray();
        var model = GarchModel.Fit(returns);
        (model.Alpha + model.Beta).ShouldBeLessThanOrEqualTo(GarchModel.MostPersistence);
        model.Omega.ShouldBeGreaterThan(0);
        model.Path(returns).Next.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Filters_BadInput_Refuse()
    {
        Should.Throw<InvalidInputException>(() => EwmaVolatility.Of(Returns, 1)).Code.ShouldBe("lambda-range");
        Should.Throw<InvalidInputException>(() => EwmaVolatility.Of([0.01], 0.94)).Code.ShouldBe("returns");
        Should.Throw<InvalidInputException>(() => EwmaVolatility.Of([0.01, double.NaN], 0.94)).Code.ShouldBe("returns");
        Should.Throw<InvalidInputException>(() => EwmaVolatility.Of([0.01, 0.01], 0.94)).Code.ShouldBe("returns-flat");
        Should.Throw<InvalidInputException>(() => EwmaVolatility.Of(Returns, 0.94, 0)).Code.ShouldBe("sigma-range");
        Should.Throw<InvalidInputException>(() => GarchModel.Fit(Returns)).Code.ShouldBe("returns");
        Should.Throw<InvalidInputException>(() => EwmaVolatility.Of(Returns, 0.94).Filter([0.1])).Code.ShouldBe("returns-length");
    }

    private static double[] Simulated(int n, double omega, double alpha, double beta)
    {
        long state = 12345;
        var variance = omega / (1 - alpha - beta);
        var result = new double[n];
        for (var i = 0; i < n; i++)
        {
            var sum = 0.0;
            for (var k = 0; k < 12; k++)
            {
                state = ((state * 1103515245) + 12345) % (1L << 31);
                sum += state / (double)(1L << 31);
            }

            result[i] = Math.Sqrt(variance) * (sum - 6);
            variance = omega + (alpha * result[i] * result[i]) + (beta * variance);
        }

        return result;
    }

    private static void Close(double[] actual, double[] expected)
    {
        actual.Length.ShouldBe(expected.Length);
        for (var i = 0; i < actual.Length; i++)
        {
            actual[i].ShouldBe(expected[i], 1e-15);
        }
    }
}

using System.Text.Json;
using Pms.Primitives;
using Pms.Testing;
using Pms.Validation.Statistics;

namespace Pms.Validation.Tests.Statistics;

public sealed class CoverageTestsTests
{
    private static readonly string Golden = Path.Combine(RepositoryPaths.Root, "..", "shared", "golden", "risk.json");

    [Fact]
    public void Golden_KupiecChristoffersenAndBasel_AreEqual()
    {
        Assert.SkipUnless(File.Exists(Golden), "the reference numbers are not beside the repository");
        using var document = JsonDocument.Parse(File.ReadAllBytes(Golden));
        var tests = document.RootElement.GetProperty("backtests");
        foreach (var k in tests.GetProperty("kupiec").EnumerateArray())
        {
            var own = CoverageTests.Kupiec(k.GetProperty("T").GetInt32(), k.GetProperty("exceptions").GetInt32(), k.GetProperty("p").GetDouble());
            own.Lr.ShouldBe(k.GetProperty("LR_pof").GetDouble(), 1e-11);
            own.PValue.ShouldBe(k.GetProperty("p_value").GetDouble(), 1e-11);
        }

        foreach (var c in tests.GetProperty("christoffersen").EnumerateArray())
        {
            var hits = new bool[c.GetProperty("T").GetInt32()];
            foreach (var place in c.GetProperty("hit_indices_0based").EnumerateArray())
            {
                hits[place.GetInt32()] = true;
            }

            var (own, expected) = (CoverageTests.Christoffersen(hits, c.GetProperty("p").GetDouble()), c.GetProperty("expected"));
            new[] { own.N00, own.N01, own.N10, own.N11 }.ShouldBe(new[] { "n00", "n01", "n10", "n11" }.Select(n => expected.GetProperty(n).GetInt32()));
            own.LrIndependence.ShouldBe(expected.GetProperty("LR_ind").GetDouble(), 1e-11);
            own.LrConditional.ShouldBe(expected.GetProperty("LR_cc").GetDouble(), 1e-11);
        }

        foreach (var b in tests.GetProperty("basel_traffic_light").EnumerateArray())
        {
            var own = CoverageTests.Basel(250, b.GetProperty("exceptions").GetInt32(), 0.01);
            own.Probability.ShouldBe(b.GetProperty("cumulative_probability").GetDouble(), 1e-12);
            own.Zone.ShouldBe(b.GetProperty("zone").GetString());
            own.PlusFactor.ShouldBe(b.GetProperty("plus_factor").GetDouble());
        }
    }

    /// <summary>Likelihoods by hand; p-values from erfc(sqrt(x / 2)).</summary>
    [Theory]
    [InlineData(250, 5, 0.01, 1.956809788230622, 0.1618549171960387)]
    [InlineData(1000, 10, 0.01, 0, 1)]
    [InlineData(250, 0, 0.01, 5.025167926750752, 0.024981503053449323)]
    [InlineData(10, 10, 0.5, 13.862943611198906, 0.00019663765560209783)]
    public void Kupiec_KnownCases_AreEqual(int observations, int exceptions, double rate, double lr, double p)
    {
        var own = CoverageTests.Kupiec(observations, exceptions, rate);
        own.Lr.ShouldBe(lr, 1e-10);
        own.PValue.ShouldBe(p, 1e-8);
    }

    [Theory]
    [InlineData(4, "green", 0)]
    [InlineData(5, "yellow", 0.40)]
    [InlineData(6, "yellow", 0.50)]
    [InlineData(7, "yellow", 0.65)]
    [InlineData(8, "yellow", 0.75)]
    [InlineData(9, "yellow", 0.85)]
    [InlineData(10, "red", 1)]
    public void Basel_250Observations_IsTheTableOf1996(int exceptions, string zone, double plus)
    {
        var own = CoverageTests.Basel(250, exceptions, 0.01);
        (own.Zone, own.PlusFactor).ShouldBe((zone, plus));
        own.PValue.ShouldBe(1 - CoverageTests.Basel(250, exceptions - 1, 0.01).Probability, 1e-13);
    }

    /// <summary>Kupiec's own table of 1995 at 5 %: fewer than 7 of 255, 3 to 10 of 510 here as 2 to 10, 5 to 16 of 1,000.</summary>
    [Theory]
    [InlineData(255, 0, 6)]
    [InlineData(510, 2, 10)]
    [InlineData(1000, 5, 16)]
    public void Coverage_AcceptedCounts_AreKupiecs(int observations, int least, int most)
    {
        var own = CoverageTests.Coverage(observations, (int)(observations * 0.01), 0.01);
        own.AcceptHigh.ShouldBe(most);
        own.AcceptLow.ShouldBeInRange(least, least + 1);
    }

    /// <summary>Clopper-Pearson, from sums of binomial probabilities.</summary>
    [Theory]
    [InlineData(250, 5, 0.006525070002029454, 0.04605357715381724)]
    [InlineData(250, 0, 0, 0.01464718863568032)]
    [InlineData(10, 10, 0.6915028921, 1)]
    public void Coverage_Interval_IsExact(int observations, int exceptions, double low, double high)
    {
        var own = CoverageTests.Coverage(observations, exceptions, 0.01);
        own.Low.ShouldBe(low, 1e-8);
        own.High.ShouldBe(high, 1e-8);
    }

    [Theory]
    [InlineData(0, 0, 0.01, "backtest-count")]
    [InlineData(10, 11, 0.01, "backtest-count")]
    [InlineData(10, -1, 0.01, "backtest-count")]
    [InlineData(10, 1, 0, "backtest-rate")]
    [InlineData(10, 1, 1, "backtest-rate")]
    [InlineData(10, 1, double.NaN, "backtest-rate")]
    public void Kupiec_SenselessInput_IsRefused(int observations, int exceptions, double rate, string code) =>
        Should.Throw<InvalidInputException>(() => CoverageTests.Kupiec(observations, exceptions, rate)).Code.ShouldBe(code);
}

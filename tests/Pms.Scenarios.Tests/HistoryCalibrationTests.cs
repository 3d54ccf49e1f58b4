using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers.Histories;
using Pms.Numerics;
using Pms.Numerics.Distributions;
using Pms.Primitives;
using Pms.Scenarios.Calibration;
using Pms.Scenarios.Historical;
using Pms.Testing;

namespace Pms.Scenarios.Tests;

public sealed class HistoryCalibrationTests(ITestOutputHelper output)
{
    private static readonly Asset Btc = new("BTC");
    private static readonly Asset Eth = new("ETH");
    private static readonly RiskFactors Factors = new([Btc, Eth], []);
    private static readonly DateOnly Start = new(2020, 1, 1);

    /// <summary>Method: scipy.stats.kendalltau on the same numbers.</summary>
    [Fact]
    public void KendallTau_SmallSample_IsTheSecondWriting()
    {
        double[] x = [0.01, -0.02, 0.015, 0.03, -0.05, 0.002, -0.011, 0.04];
        double[] y = [0.02, -0.01, 0.013, 0.05, -0.06, -0.004, 0.001, 0.03];
        var tau = ReturnStatistics.KendallTau(x, y);
        tau.ShouldBe(0.7857142857142856, 1e-15);
        ReturnStatistics.EllipticalCorrelation(tau).ShouldBe(0.9438833303083675, 1e-15);
        ReturnStatistics.KendallTau(x, x).ShouldBe(1);
        ReturnStatistics.KendallTau(x, [.. x.Select(v => -v)]).ShouldBe(-1);
        Should.Throw<InvalidInputException>(() => ReturnStatistics.KendallTau(x, [1])).Code.ShouldBe("sample");
        Should.Throw<InvalidInputException>(() => ReturnStatistics.KendallTau([1, 1], [1, 2])).Code.ShouldBe("sample");
    }

    /// <summary>Method: 400 mid-point quantiles of a t4 law; scipy's bounded minimiser of the same likelihood gives 4.291320 and -671.866808.</summary>
    [Fact]
    public void StudentDegrees_QuantilesOfT4_IsTheSecondWriting()
    {
        double[] z = [.. Enumerable.Range(0, 400).Select(i => StudentDistribution.InverseCdf((i + 0.5) / 400, 4))];
        var (degrees, logLikelihood) = ReturnStatistics.StudentDegrees(z);
        degrees.ShouldBe(4.291320078580964, 1e-5);
        logLikelihood.ShouldBe(-671.86680765197, 1e-7);
        Should.Throw<InvalidInputException>(() => ReturnStatistics.StudentDegrees([1, 2])).Code.ShouldBe("sample");
    }

    /// <summary>Method: two coins with normal daily moves of 2 % and 3 % and correlation 0.6, a common fall of about 25 % a hundred days apart, own rises of ETH between.</summary>
    [Fact]
    public void Run_SimulatedHistory_FindsWhatItWasMadeFrom()
    {
        const int n = 2000;
        var random = new RandomStream(11);
        var btc = new double[n];
        var eth = new double[n];
        for (var t = 0; t < n; t++)
        {
            var z = NormalDistribution.InverseCdf(random.Uniform((ulong)(2 * t)));
            var e = NormalDistribution.InverseCdf(random.Uniform((ulong)((2 * t) + 1)));
            btc[t] = 0.02 * z;
            eth[t] = 0.03 * ((0.6 * z) + (0.8 * e));
            if (t % 100 == 50)
            {
                btc[t] = -0.25 + (0.02 * z);
                eth[t] = -0.375 + (0.02 * e);
            }
            else if (t % 200 == 0 && t > 0)
            {
                eth[t] = 0.30 + (0.02 * e);
            }
        }

        var result = HistoryCalibration.Run(Factors, History((Btc, btc), (Eth, eth)), new CalibrationOptions());
        var p = result.Parameters;
        p.Check().ShouldBeNull();
        p.Crash.IntensityPerYear.ShouldBe(365 / 100.0, 0.3);
        p.Crash.LogMean.ShouldBe(-0.25, 0.02);
        p.Coins[0].CrashLoading.ShouldBe(1, 1e-9);
        p.Coins[1].CrashLoading.ShouldBe(1.5, 0.05);
        p.Coins[1].OwnJump.LogMean.ShouldBe(0.30, 0.03);
        p.Coins[1].OwnJump.IntensityPerYear.ShouldBe(365 / 200.0, 0.4);
        p.PriceCorrelation[1].ShouldBe(0.6, 0.05);
        Math.Sqrt(p.Coins[0].Variance.LongRun / 365).ShouldBe(0.02, 0.001);
        result.Coins[0].Kept.ShouldContain("mean reversion, vol of variance, spot-vol correlation: no vol history");
    }

    [Fact]
    public void Run_TooLittle_RefusesOrKeepsDefaults()
    {
        Should.Throw<InvalidInputException>(() => HistoryCalibration.Run(Factors, new FactorHistory([]), new CalibrationOptions())).Code.ShouldBe("history-missing");
        Should.Throw<InvalidInputException>(() => HistoryCalibration.Run(Factors, new FactorHistory([]), new CalibrationOptions(Lambda: 2))).Code.ShouldBe("calibration-option");
        double[] moves = [.. Enumerable.Range(0, 300).Select(i => 0.02 * Math.Sin(i * i))];
        var result = HistoryCalibration.Run(Factors, History((Btc, moves)), new CalibrationOptions());
        result.Coins[1].Kept.ShouldBe(["everything: too few returns"]);
        result.Adjustments.ShouldContain(a => a.StartsWith("crash:", StringComparison.Ordinal));
    }

    /// <summary>Method: prices and DVOL from 2017 to 2024; the figures are printed, their plausible ranges asserted, and a set is drawn from them.</summary>
    [Fact]
    public void Run_RecordedHistory_PlausibleAndDrawable()
    {
        var prices = HistoryReader.ReadFolder(RepositoryPaths.RequireShared("data", "prices"));
        var vols = HistoryReader.ReadFolder(RepositoryPaths.RequireShared("data", "vol"));
        var factors = new RiskFactors([Btc, Eth, new Asset("SOL")], []);
        var result = HistoryCalibration.Run(factors, new FactorHistory(prices.Series.Concat(vols.Series)), new CalibrationOptions());
        var p = result.Parameters;
        output.WriteLine($"{result.FirstDate:O} to {result.LastDate:O}, nu {result.DegreesOfFreedom:F2}, crash {p.Crash}");
        foreach (var (c, d) in result.Coins.Zip(p.Coins))
        {
            output.WriteLine($"{c.Coin}: {c.Returns} returns, vol {c.EwmaVol:P1} now, {c.LongRunVol:P1} long run, {c.Jumps} jumps, {c.CommonJumps} common; {d.OwnJump}; loading {d.CrashLoading:F2}; {d.Variance}");
        }

        output.WriteLine($"price correlations {string.Join(" ", p.PriceCorrelation.Select(x => $"{x:F2}"))}, variance {string.Join(" ", p.VarianceCorrelation.Select(x => $"{x:F2}"))}; {string.Join("; ", result.Adjustments)}");
        result.DegreesOfFreedom.ShouldBeInRange(3, 10);
        p.PriceCorrelation[1].ShouldBeInRange(0.7, 0.95);
        result.Coins[0].LongRunVol.ShouldBeInRange(0.5, 0.8);
        p.Coins[0].Variance.Correlation.ShouldBeInRange(-0.6, 0.1);
        p.Coins[0].Variance.MeanReversion.ShouldBeInRange(1, 50);
        var set = ScenarioSetFactory.Make(factors, ScenarioParameters.Default with { MonteCarlo = p, MonteCarloCount = 2000 }, [], null, 1);
        set.Count.ShouldBeGreaterThan(2000);
    }

    private static FactorHistory History(params (Asset Asset, double[] Changes)[] series) => new(series.Select(s =>
    {
        var values = ImmutableSortedDictionary.CreateBuilder<DateOnly, double>();
        var log = 0.0;
        values[Start] = 1;
        for (var i = 0; i < s.Changes.Length; i++)
        {
            log += s.Changes[i];
            values[Start.AddDays(i + 1)] = Math.Exp(log);
        }

        return new HistorySeries(s.Asset, HistoryField.Close, "test", values.ToImmutable());
    }));
}

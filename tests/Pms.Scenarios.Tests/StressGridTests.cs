using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Scenarios.Shocks;
using Pms.Scenarios.Stress;
using Pms.Volatility;
using Pms.Volatility.Arbitrage;
using Pms.Volatility.Svi;

namespace Pms.Scenarios.Tests;

public sealed class StressGridTests(ITestOutputHelper output)
{
    private const double Day = 1 / 365.0;
    private static readonly Asset Btc = new("BTC");
    private static readonly Asset Eth = new("ETH");
    private static readonly RiskFactors Factors = new([Btc, Eth], [new PeggedAsset(new Asset("USDC"), Asset.Usd), new PeggedAsset(new Asset("STETH"), Eth)]);

    [Fact]
    public void Make_Defaults_HaveEveryKindAndTheUnmovedFirst()
    {
        var batch = StressGrid.Make(Factors, StressParameters.Default, Day);
        batch.Labels.Length.ShouldBe(batch.Columns.Count);
        batch.Labels.Distinct().Count().ShouldBe(batch.Columns.Count);
        batch.Weights.ShouldAllBe(w => w > 0 && w <= 1);
        for (var c = 0; c < Factors.ColumnCount; c++)
        {
            batch.Columns.Column(c)[0].ShouldBe(0);
            batch.Columns.Column(c).ToArray().Any(m => m < 0).ShouldBeTrue($"column {c}");
        }

        foreach (var part in (string[])["tail -66 %, vol up", "tail +500 %, vol same", "BTC +8.1 % alone", "ETH -9.6 % against the others", "vol crush", "stablecoins -10 %", "staked coins -8 %, crash", "skew to puts", "basis up"])
        {
            batch.Labels.ShouldContain(part);
        }

        output.WriteLine($"{batch.Columns.Count} scenarios");
    }

    [Fact]
    public void Make_OneGridPoint_MovesEveryFactorByItsRule()
    {
        var p = StressParameters.Default;
        var batch = StressGrid.Make(Factors, p, Day);
        var s = batch.Labels.IndexOf("spot -12.2 %, vol +49.2 %, skew -0.02, term +0.15");
        s.ShouldBeGreaterThan(0);
        batch.Weights[s].ShouldBe(1);
        batch.Columns.SpotLogReturn(0)[s].ShouldBe(-0.13, 1e-15);
        batch.Columns.SpotLogReturn(1)[s].ShouldBe(-0.169, 1e-15);
        batch.Columns.SkewChange(1)[s].ShouldBe(-0.02);
        batch.Columns.VolLogChange(0, 2)[s].ShouldBe(0.40, 1e-15);
        batch.Columns.VolLogChange(0, 0)[s].ShouldBe((0.40 * Math.Pow(30, 0.30)) + 0.15, 1e-14);
        batch.Columns.VolLogChange(0, 1)[s].ShouldBe((0.40 * Math.Pow(30 / 7.0, 0.30)) + (0.15 * Math.Log(30 / 7.0) / Math.Log(30)), 1e-14);
        batch.Columns.VolLogChange(0, 4)[s].ShouldBe((0.40 * Math.Pow(30 / 365.0, 0.40)) - (0.2 * 0.15), 1e-14);
    }

    /// <summary>Method: the vol that goes with each spot of the grid, and of the tails; what was never seen together is not asked for together (docs/decisions/0005).</summary>
    [Fact]
    public void Make_GridAndTails_VolRisesInFullWithFallsOnlyAndFallsInFullWithRisesOnly()
    {
        var p = StressParameters.Default;
        var batch = StressGrid.Make(Factors, p, Day);
        double[] Vols(double spot) => [.. Enumerable.Range(1, 7 * 27 - 1).Where(s => Math.Abs(batch.Columns.SpotLogReturn(0)[s] - spot) < 1e-12).Select(s => Math.Round(batch.Columns.VolLogChange(0, 2)[s], 12)).Distinct().Order()];
        Vols(-0.13).ShouldBe([-0.10, 0, 0.40]);
        Vols(-0.13 * 2 / 3).ShouldBe([-0.10, 0, 0.40]);
        Vols(-0.13 / 3).ShouldBe([-0.175, 0, 0.325]);
        foreach (var spot in new[] { 0, 0.13 / 3, 0.13 })
        {
            Vols(spot).ShouldBe([-0.25, 0, 0.25]);
        }

        var up = 0.40 * Math.Sqrt(Math.Log(2) / 0.13);
        batch.Columns.VolLogChange(0, 2)[batch.Labels.IndexOf("tail +100 %, vol up")].ShouldBe(0.625 * up, 1e-12);
        batch.Columns.VolLogChange(0, 2)[batch.Labels.IndexOf("tail -50 %, vol up")].ShouldBe(up, 1e-12);
    }

    [Fact]
    public void Make_TwoDayHorizon_GrowsWithItsRootButPegsDoNot()
    {
        var one = StressGrid.Make(Factors, StressParameters.Default, Day);
        var two = StressGrid.Make(Factors, StressParameters.Default, 2 * Day);
        two.Columns.SpotLogReturn(0)[5].ShouldBe(Math.Sqrt(2) * one.Columns.SpotLogReturn(0)[5], 1e-15);
        var depeg = one.Labels.IndexOf("stablecoins -10 %");
        two.Columns.PegLogChange(0)[depeg].ShouldBe(one.Columns.PegLogChange(0)[depeg]);
    }

    [Theory]
    [InlineData(0.10, 1)]
    [InlineData(-0.13, 1)]
    [InlineData(-0.26, 0.5)]
    [InlineData(-0.50, 0.26)]
    [InlineData(0.40, 0.08125)]
    public void LossShare_AlongTheTail_IsTheStatedRule(double logMove, double share) => StressParameters.Default.LossShare(logMove).ShouldBe(share, 1e-12);

    [Fact]
    public void LossShare_LinearLoss_NeverAboveTheFullMove()
    {
        for (var x = 0.01; x < 2; x += 0.01)
        {
            (StressParameters.Default.LossShare(x) * x).ShouldBeLessThanOrEqualTo(0.13 + 1e-12);
            StressParameters.Default.LossShare(x).ShouldBeLessThanOrEqualTo(StressParameters.Default.LossShare(x - 0.01));
        }
    }

    /// <summary>Method: ten short calls at 167 % of 60,000, 14 days, vol 60 %, revalued on the shocked smiles; the counted loss of the worst stress point. The 24-point grids of the venues ask over 70,000.</summary>
    [Fact]
    public void Make_FarOutOfTheMoneyShortCalls_AsksThousandsNotTensOfThousands()
    {
        var at = new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);
        var years = 14 * Day;
        var theta = 0.36 * years;
        var slice = new VolSlice(at.AddDays(14), years, 60_000, new SsviSlice(theta, -0.1, 0.9 / Math.Sqrt(theta)).ToRaw());
        var surface = new VolSurface(UnderlyingId.Inverse(Btc), at, [slice], ContentHash.Of("test"u8));
        var batch = StressGrid.Make(Factors, StressParameters.Default, Day);
        var smiles = ScenarioSmiles.Build(new SmileBounds(surface), Day, FamilyMoves.Of(batch.Columns, surface.Underlying));
        const double strike = 100_000;
        var now = Call(60_000, strike, Math.Sqrt(slice.Smile.TotalVariance(Math.Log(strike / 60_000))));
        var counted = Enumerable.Range(0, batch.Columns.Count).Select(s =>
        {
            var moved = smiles.Shocked(s)!.Slices[0];
            var value = Call(moved.Forward, strike, Math.Sqrt(moved.Smile.TotalVariance(Math.Log(strike / moved.Forward))));
            return (Loss: 10 * (value - now) * batch.Weights[s], Label: batch.Labels[s]);
        }).OrderByDescending(x => x.Loss).ToArray();
        output.WriteLine($"worth now {10 * now:N0} USD");
        foreach (var (loss, label) in counted.Take(8))
        {
            output.WriteLine($"{loss:N0} USD {label}");
        }

        counted[0].Loss.ShouldBeInRange(1_000, 10_000);
    }

    [Fact]
    public void Make_AbsurdVolMoves_SurfacesStayClean()
    {
        var at = new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);
        var slices = ((int[])[1, 3, 7, 14, 30, 60, 90, 180, 365]).Select(d =>
        {
            var theta = 0.36 * d * Day;
            return new VolSlice(at.AddDays(d), d * Day, 60_000, new SsviSlice(theta, -0.2, 0.9 / Math.Sqrt(theta)).ToRaw());
        });
        var surface = new VolSurface(UnderlyingId.Inverse(Btc), at, slices, ContentHash.Of("test"u8));
        var batch = StressGrid.Make(Factors, StressParameters.Default, Day);
        var smiles = ScenarioSmiles.Build(new SmileBounds(surface), Day, FamilyMoves.Of(batch.Columns, surface.Underlying));
        for (var s = 0; s < batch.Columns.Count; s++)
        {
            SurfaceCheck.Run(smiles.Shocked(s)!).Violations.ShouldBeEmpty(batch.Labels[s]);
        }

        output.WriteLine($"{smiles.Count} surfaces, {smiles.RepairedByTilt} repaired by tilt, {smiles.RepairedByShape} by shape, {smiles.RepairedByLevel} by level");
    }

    [Fact]
    public void Validate_BadParameters_Refuse()
    {
        var p = StressParameters.Default;
        foreach (var bad in (StressParameters[])[
            p with { SpotSteps = [-1, 1] }, p with { SpotSteps = [0, 1] }, p with { VolSteps = [0, 0.4] }, p with { FullMove = double.NaN }, p with { RiseWithoutFall = 1.1 }, p with { CrushInFall = -0.1 }, p with { BackTilt = double.NaN }, p with { TailMoves = [-0.66] },
            p with { TailMoves = [-1, 1] }, p with { BreakdownShare = 0 }, p with { CoinScales = [new(Btc, 1), new(Btc, 2)] }, p with { SkewSteps = default },
            p with { Points = [new("x", 0, 0, 0, 0, 0, 1.5)] }, p with { Depegs = [new("x", 0.1, 0, 0, 0, 1)] }])
        {
            Should.Throw<InvalidInputException>(bad.Validate).Code.ShouldBe("stress-parameter");
        }

        Should.Throw<InvalidInputException>(() => StressGrid.Make(Factors, p with { SpotSteps = [.. Enumerable.Range(-50, 101).Select(i => i / 50.0)], VolSteps = [.. Enumerable.Range(-50, 101).Select(i => i / 50.0)] }, Day)).Code.ShouldBe("stress-count");
    }

    private static double Call(double forward, double strike, double sd)
    {
        double Cdf(double x) => 0.5 * (1 + Erf(x / Math.Sqrt(2)));
        var d = (Math.Log(forward / strike) / sd) + (0.5 * sd);
        return (forward * Cdf(d)) - (strike * Cdf(d - sd));
    }

    /// <summary>Abramowitz and Stegun 7.1.26, good to 1.5e-7: enough here.</summary>
    private static double Erf(double x)
    {
        var t = 1 / (1 + (0.3275911 * Math.Abs(x)));
        var y = 1 - (((((((((1.061405429 * t) - 1.453152027) * t) + 1.421413741) * t) - 0.284496736) * t) + 0.254829592) * t * Math.Exp(-x * x));
        return Math.CopySign(y, x);
    }
}

using Pms.MarketData.Instruments;
using Pms.MarketData.Readers;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Scenarios.Shocks;
using Pms.Testing;
using Pms.Volatility;
using Pms.Volatility.Arbitrage;
using Pms.Volatility.Svi;

namespace Pms.Scenarios.Tests;

public sealed class ScenarioSmilesTests(ITestOutputHelper output)
{
    private const double Day = 1 / 365.0;
    private static readonly DateTimeOffset At = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);
    private static readonly Asset Btc = new("BTC");
    private static readonly Asset Usdc = new("USDC");
    private static readonly RiskFactors Factors = new([Btc], [new PeggedAsset(Usdc, Asset.Usd)]);

    [Fact]
    public void Build_NothingMoves_OnlyTimePasses()
    {
        var surface = Surface(UnderlyingId.Inverse(Btc), 7, 30, 90);
        var smiles = ScenarioSmiles.Build(new SmileBounds(surface), Day, FamilyMoves.Of(new ScenarioColumns(Factors, 1), surface.Underlying));
        for (var i = 0; i < 3; i++)
        {
            smiles.LogForwardReturn(i)[0].ShouldBe(0);
            // No scenario has a skew and no surface was repaired: there are no such columns.
            smiles.SkewLine(i).IsEmpty.ShouldBeTrue();
            smiles.Lift(i).IsEmpty.ShouldBeTrue();
            smiles.SettlementFactor(i)[0].ShouldBe(1);
            smiles.MoveOf(i, 0).ShouldBe((smiles.VarianceFactor(i)[0], 0, 0));
            var years = surface.Slices[i].Years;
            smiles.VarianceFactor(i)[0].ShouldBe((years - Day) / years, 1e-15);
        }

        smiles.Repairs[0].ShouldBe(SmileRepairs.None);
    }

    [Fact]
    public void Build_OneScenario_EachArrayIsItsFormula()
    {
        var surface = Surface(UnderlyingId.Linear(Btc, Usdc), 7, 30, 60);
        var columns = new ScenarioColumns(Factors, 1);
        columns.SpotLogReturn(0)[0] = -0.2;
        columns.PegLogChange(0)[0] = -0.03;
        columns.BasisChange(0)[0] = 0.1;
        columns.SkewChange(0)[0] = -0.01;
        columns.VolLogChange(0, 1)[0] = 0.3;
        columns.VolLogChange(0, 2)[0] = 0.2;
        columns.VolLogChange(0, 3)[0] = 0.1;
        var smiles = ScenarioSmiles.Build(new SmileBounds(surface), Day, FamilyMoves.Of(columns, surface.Underlying));
        smiles.Repairs[0].ShouldBe(SmileRepairs.None);
        for (var i = 0; i < 3; i++)
        {
            var (years, smile) = (surface.Slices[i].Years, surface.Slices[i].Smile);
            var vol = i == 0 ? 0.3 : i == 1 ? 0.2 : 0.2 - (0.1 * Math.Log(2) / Math.Log(3));
            var factor = Math.Exp(2 * vol) * (years - Day) / years;
            smiles.LogForwardReturn(i)[0].ShouldBe(-0.2 + 0.03 + (0.1 * Math.Sqrt((years - Day) * 30 / 365)), 1e-15);
            smiles.VarianceFactor(i)[0].ShouldBe(factor, 1e-13);
            smiles.SkewLine(i)[0].ShouldBe(-0.02 * Math.Sqrt(factor * smile.TotalVariance(0)), 1e-15);
            smiles.SettlementFactor(i)[0].ShouldBe(Math.Exp(-0.03), 1e-15);
        }
    }

    [Fact]
    public void Build_InverseFamilyWithBasisMove_SettlementKeepsTheCoinPrice()
    {
        // Value in USD = Black / F1 x S1: the factor over today is (S1 / F1) / (S0 / F0) = exp(r - x).
        var surface = Surface(UnderlyingId.Inverse(Btc), 7, 30);
        var columns = new ScenarioColumns(Factors, 1);
        columns.SpotLogReturn(0)[0] = 0.05;
        columns.BasisChange(0)[0] = -0.4;
        var smiles = ScenarioSmiles.Build(new SmileBounds(surface), Day, FamilyMoves.Of(columns, surface.Underlying));
        smiles.SettlementFactor(1)[0].ShouldBe(Math.Exp(0.05 - smiles.LogForwardReturn(1)[0]), 1e-15);
        smiles.SettlementFactor(1)[0].ShouldNotBe(1);
    }

    [Fact]
    public void Build_ExpiryAtOrBeforeTheHorizon_HasNoVariance()
    {
        var surface = Surface(UnderlyingId.Inverse(Btc), 1, 2, 30);
        var columns = new ScenarioColumns(Factors, 1);
        columns.SkewChange(0)[0] = -0.05;
        var smiles = ScenarioSmiles.Build(new SmileBounds(surface), 2 * Day, FamilyMoves.Of(columns, surface.Underlying));
        smiles.FirstAlive.ShouldBe(2);
        for (var i = 0; i < 2; i++)
        {
            smiles.VarianceFactor(i)[0].ShouldBe(0);
            smiles.SkewLine(i)[0].ShouldBe(0);
        }

        smiles.Shocked(0)!.Slices.Length.ShouldBe(1);
        ScenarioSmiles.Build(new SmileBounds(surface), 40 * Day, FamilyMoves.Of(columns, surface.Underlying)).Shocked(0).ShouldBeNull();
    }

    [Fact]
    public void Build_QuoteWithoutFactor_Refuses()
    {
        var surface = Surface(UnderlyingId.Linear(Btc, new Asset("USDT")), 7);
        Should.Throw<InvalidInputException>(() => FamilyMoves.Of(new ScenarioColumns(Factors, 1), surface.Underlying)).Code.ShouldBe("risk-factor-missing");
    }

    [Fact]
    public void Build_VolTimesSix_IsHeldAtTheWingsAndStaysClean()
    {
        var surface = Surface(UnderlyingId.Inverse(Btc), 1, 7, 30, 90, 365);
        var columns = new ScenarioColumns(Factors, 3);
        for (var t = 0; t < RiskFactors.VolTenorDays.Length; t++)
        {
            columns.VolLogChange(0, t).Fill(Math.Log(6));
        }

        columns.SpotLogReturn(0)[0] = Math.Log(0.34);
        columns.SpotLogReturn(0)[1] = Math.Log(6);
        columns.SkewChange(0)[1] = 0.3;
        columns.SkewChange(0)[2] = -0.3;
        var smiles = ScenarioSmiles.Build(new SmileBounds(surface), 0.5 * Day, FamilyMoves.Of(columns, surface.Underlying));
        smiles.RepairedByShape.ShouldBe(3);
        smiles.RepairedByLevel.ShouldBe(0);
        smiles.RepairedByTilt.ShouldBe(2);
        for (var s = 0; s < 3; s++)
        {
            var shocked = smiles.Shocked(s)!;
            SurfaceCheck.Run(shocked).Violations.ShouldBeEmpty();
            for (var i = 0; i < 5; i++)
            {
                // The wings give way, the vol at the money does not.
                shocked.Slices[i].Vol(0).ShouldBe(6 * surface.Slices[i].Vol(0), 1e-9);
            }
        }

        // The one-year smile is about as steep as Lee's bound lets it be.
        var last = smiles.Shocked(0)!.Slices[^1].Smile;
        Math.Max(last.LeftSlope, last.RightSlope).ShouldBeInRange(1.0, 2.0);
    }

    [Fact]
    public void Build_LaterVolsCrushedAlone_EarlierLevelsFollow()
    {
        var surface = Surface(UnderlyingId.Inverse(Btc), 7, 30, 90, 365);
        var columns = new ScenarioColumns(Factors, 1);
        columns.VolLogChange(0, 4)[0] = Math.Log(0.2);
        var smiles = ScenarioSmiles.Build(new SmileBounds(surface), Day, FamilyMoves.Of(columns, surface.Underlying));
        smiles.RepairedByLevel.ShouldBe(1);
        smiles.VarianceFactor(3)[0].ShouldBe(0.04 * 364 / 365, 1e-12);
        smiles.VarianceFactor(2)[0].ShouldBeLessThan(0.2);
        SurfaceCheck.Run(smiles.Shocked(0)!).Violations.ShouldBeEmpty();
    }

    /// <summary>Method: random eSSVI-like surfaces that the independent check finds clean, random moves up to absurd ones; every shocked surface goes through the independent proof.</summary>
    [Fact]
    public void Build_RandomSurfacesAndMoves_EveryShockedSurfaceIsClean()
    {
        const ulong seed = 20260302;
        var random = new RandomStream(seed);
        var draw = 0UL;
        double Next(double low, double high) => low + ((high - low) * random.Uniform(draw++));
        var surfaces = FuzzBudget.Cases(400);
        const int scenarios = 25;
        int checkedSurfaces = 0, tilts = 0, shapes = 0, levels = 0, tried = 0;
        while (tried < surfaces)
        {
            var slices = new List<VolSlice>();
            var years = Next(0.5, 20) * Day;
            var count = 1 + (int)Next(0, 9);
            double theta = 0, psi = 0;
            for (var i = 0; i < count; i++)
            {
                var vol = Next(0.2, 1.5);
                theta = Math.Max(vol * vol * years, theta * (1 + Next(1e-4, 0.2)));
                var rho = Next(-0.85, 0.85);
                psi = Math.Min(Math.Max(Next(0.1, 1.6) * Math.Sqrt(theta), psi * (1 + Next(0, 0.2))), 1.9 / (1 + Math.Abs(rho)));
                slices.Add(new VolSlice(At.AddDays(years * 365), years, 60_000, new SsviSlice(theta, rho, psi / theta).ToRaw()));
                years *= 1 + Next(0.02, 1.5);
            }

            var surface = new VolSurface(UnderlyingId.Inverse(Btc), At, slices, ContentHash.Of("test"u8));
            if (!SurfaceCheck.Run(surface).IsClean)
            {
                continue;
            }

            tried++;
            var columns = new ScenarioColumns(Factors, scenarios);
            for (var s = 0; s < scenarios; s++)
            {
                var size = Next(0, 1) < 0.5 ? 0.2 : 1.8;
                columns.SpotLogReturn(0)[s] = Next(-1.1, 1.8);
                columns.SkewChange(0)[s] = Next(0, 1) < 0.2 ? 0 : Next(-0.3, 0.3) * size;
                var level = Next(-size, size);
                for (var t = 0; t < RiskFactors.VolTenorDays.Length; t++)
                {
                    columns.VolLogChange(0, t)[s] = level + Next(-size, size);
                }
            }

            var smiles = ScenarioSmiles.Build(new SmileBounds(surface), Next(0, 3) * Day, FamilyMoves.Of(columns, surface.Underlying));
            for (var s = 0; s < scenarios; s++)
            {
                if (smiles.Shocked(s) is not { } shocked)
                {
                    continue;
                }

                checkedSurfaces++;
                var report = SurfaceCheck.Run(shocked);
                report.Violations.ShouldBeEmpty($"seed {seed}, surface {tried}, scenario {s}, repairs {smiles.Repairs[s]}");
            }

            tilts += smiles.RepairedByTilt;
            shapes += smiles.RepairedByShape;
            levels += smiles.RepairedByLevel;
        }

        output.WriteLine($"seed {seed}: {checkedSurfaces} shocked surfaces, {tilts} repaired by tilt, {shapes} by shape, {levels} by level, 0 violations");
        tilts.ShouldBeGreaterThan(1000);
        shapes.ShouldBeGreaterThan(1000);
        levels.ShouldBeGreaterThan(100);
        (checkedSurfaces - tilts).ShouldBeGreaterThan(1000);
    }

    /// <summary>Method: recorded boards, calm and in the crash, moved by a list of moves from small to absurd; every one through the independent proof.</summary>
    [Theory]
    [InlineData("deribit_chain_2025-12.csv.gz", "2025-12-31T00:00:00Z")]
    [InlineData("deribit_chain_2026-02.csv.gz", "2026-02-05T22:00:00Z")]
    public void Build_RecordedBoards_EveryShockedSurfaceIsClean(string file, string at)
    {
        UtcTime.TryParseIso(at, out var instant).ShouldBeTrue();
        using var market = MarketFile.Open(RepositoryPaths.RequireShared("data", "options", file));
        var snapshot = market.ReadSnapshot(instant);
        foreach (var board in snapshot.Boards)
        {
            var surface = SurfaceFitter.Fit(board, snapshot.ObservedAt, SurfaceParameters.Default).Surface!;
            var factors = new RiskFactors([board.Id.Base], []);
            double[] vols = [-1.2, -0.5, -0.1, 0, 0.1, 0.5, 1.0, 1.8];
            double[] terms = [-0.5, -0.1, 0, 0.1, 0.5];
            double[] skews = [-0.3, -0.05, -0.02, -0.005, 0, 0.005, 0.02, 0.05, 0.3];
            var columns = new ScenarioColumns(factors, vols.Length * terms.Length * skews.Length);
            var s = 0;
            foreach (var vol in vols)
            {
                foreach (var term in terms)
                {
                    foreach (var skew in skews)
                    {
                        columns.SkewChange(0)[s] = skew;
                        for (var t = 0; t < 5; t++)
                        {
                            columns.VolLogChange(0, t)[s] = vol + (term * (1 - (t / 2.0)));
                        }

                        s++;
                    }
                }
            }

            var smiles = ScenarioSmiles.Build(new SmileBounds(surface), Day, FamilyMoves.Of(columns, surface.Underlying));
            var kept = new List<double>();
            for (s = 0; s < columns.Count; s++)
            {
                SurfaceCheck.Run(smiles.Shocked(s)!).Violations.ShouldBeEmpty($"{board.Id} scenario {s} {smiles.Repairs[s]}");
                var asked = 2 * Math.Sqrt(smiles.Shocked(s)!.Slices.Single(x => x.Expiry == surface.Slices[2].Expiry).Smile.TotalVariance(0)) * columns.SkewChange(0)[s];
                if (Math.Abs(columns.SkewChange(0)[s]) == 0.02)
                {
                    kept.Add(smiles.SkewLine(2)[s] / asked);
                }
            }

            output.WriteLine($"{board.Id} {snapshot.ObservedAt:u}: {surface.Slices.Length} expiries, {columns.Count} scenarios, {smiles.RepairedByTilt} repaired by tilt, {smiles.RepairedByShape} by shape, {smiles.RepairedByLevel} by level; of a skew move of 0.02 the third expiry keeps {kept.Average():P1}");
        }
    }

    [Fact]
    public void Build_WithoutVectors_SameBits() => ChildProcess.RunTest(typeof(ScenarioSmilesTests), nameof(Build_FixedMoves_BitsAreThese), "DOTNET_EnableAVX2=0");

    [Fact]
    public void Build_FixedMoves_BitsAreThese()
    {
        var surface = Surface(UnderlyingId.Inverse(Btc), 3, 7, 14, 30, 90, 180);
        var random = new RandomStream(5);
        var columns = new ScenarioColumns(Factors, 1003);
        for (var c = 0; c < Factors.ColumnCount; c++)
        {
            for (var s = 0; s < columns.Count; s++)
            {
                columns.Column(c)[s] = 0.4 * (random.Uniform((ulong)((c * 10_000) + s)) - 0.5);
            }
        }

        var smiles = ScenarioSmiles.Build(new SmileBounds(surface), Day, FamilyMoves.Of(columns, surface.Underlying));
        var writer = new CanonicalWriter("test");
        for (var i = 0; i < 6; i++)
        {
            for (var s = 0; s < columns.Count; s++)
            {
                writer.Write(smiles.LogForwardReturn(i)[s]);
                writer.Write(smiles.VarianceFactor(i)[s]);
                writer.Write(smiles.SkewLine(i)[s]);
                writer.Write(smiles.SettlementFactor(i)[s]);
            }
        }

        writer.Hash().ToString()[..16].ShouldBe("481ebe5cdc6b8d10");
    }

    [Fact(Explicit = true)]
    public void Build_TenThousandScenariosOn36Expiries_Time()
    {
        int[] days = [.. Enumerable.Range(1, 12), .. Enumerable.Range(2, 12).Select(i => 7 * i), .. Enumerable.Range(1, 12).Select(i => 90 + (25 * i))];
        var surface = Surface(UnderlyingId.Inverse(Btc), days);
        var random = new RandomStream(5);
        var columns = new ScenarioColumns(Factors, 10_000);
        for (var c = 0; c < Factors.ColumnCount; c++)
        {
            for (var s = 0; s < columns.Count; s++)
            {
                var u = random.Uniform((ulong)((c * 10_000) + s)) - 0.5;
                columns.Column(c)[s] = c == 6 ? 0.04 * u : 0.3 * u;
            }
        }

        for (var i = 0; i < 10; i++)
        {
            var start = System.Diagnostics.Stopwatch.GetTimestamp();
            var bounds = new SmileBounds(surface);
            var middle = System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            var smiles = ScenarioSmiles.Build(bounds, 0.5 * Day, FamilyMoves.Of(columns, surface.Underlying));
            var cold = System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMilliseconds - middle;
            start = System.Diagnostics.Stopwatch.GetTimestamp();
            ScenarioSmiles.Build(bounds, 0.5 * Day, FamilyMoves.Of(columns, surface.Underlying));
            output.WriteLine($"bounds {middle:F2} ms, build {cold:F2} ms, again {System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMilliseconds:F2} ms; tilt {smiles.RepairedByTilt} shape {smiles.RepairedByShape} level {smiles.RepairedByLevel}");
        }
    }

    /// <summary>A crypto-like surface: 60 % vol, skewed, skew fading with the root of time.</summary>
    private static VolSurface Surface(UnderlyingId family, params int[] days) => new(
        family,
        At,
        days.Select(d =>
        {
            var theta = 0.36 * d * Day;
            return new VolSlice(At.AddDays(d), d * Day, 60_000, new SsviSlice(theta, -0.2, 0.9 / Math.Sqrt(theta)).ToRaw());
        }),
        ContentHash.Of("test"u8));
}

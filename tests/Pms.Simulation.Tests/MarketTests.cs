using Pms.MarketData.Instruments;
using Pms.Simulation.Market;
using Pms.Simulation.Parameters;
using Pms.Simulation.Stress;

namespace Pms.Simulation.Tests;

/// <summary>The hidden market: its moments are those of its parameters, its surfaces are free of arbitrage, its scripts reach their numbers.</summary>
public sealed class MarketTests
{
    /// <summary>A year at 20 s steps with constant variance and no jumps: realised vol and correlation within four standard errors.</summary>
    [Fact]
    public void Truths_ConstantVariance_RealiseVolAndCorrelation()
    {
        var step = TimeSpan.FromSeconds(60);
        var parameters = Latent with
        {
            Step = step,
            Coins = [.. SimulationParameters.Default.Coins.Select(c => c with
            {
                InitialVariance = 0.25, InitialMediumVariance = 0.25, LongRunVariance = 0.25, VolOfVariance = 0, VolOfMediumVariance = 0, JumpIntensity = 0,
            })],
            Common = new CommonParameters { JumpIntensity = 0 },
        };
        var returns = Returns(parameters, 101, days: 60, out _);
        var n = returns[0].Length;
        for (var i = 0; i < returns.Length; i++)
        {
            var vol = Math.Sqrt(returns[i].Sum(r => r * r) / n * (365 * 86_400 / step.TotalSeconds));
            vol.ShouldBe(0.5, 4 * 0.5 / Math.Sqrt(2 * n), parameters.Coins[i].Coin.Code);
            for (var j = 0; j < i; j++)
            {
                var expected = parameters.Coins[i].CommonLoading * parameters.Coins[j].CommonLoading;
                Correlation(returns[i], returns[j]).ShouldBe(expected, 4 * (1 - (expected * expected)) / Math.Sqrt(n));
            }
        }
    }

    /// <summary>Jumps stand out of a quiet diffusion: their number is Poisson with the parameter's rate, their sizes have its mean.</summary>
    [Fact]
    public void Truths_Jumps_ComeAtTheirRate()
    {
        var coin = SimulationParameters.Default.Coins[0] with
        {
            InitialVariance = 0.01,
            InitialMediumVariance = 0.01,
            LongRunVariance = 0.01,
            VolOfVariance = 0,
            VolOfMediumVariance = 0,
            JumpIntensity = 300,
            JumpMean = -0.05,
            JumpStandardDeviation = 0.01,
            VarianceJumpMean = 0,
        };
        var parameters = Latent with { Step = TimeSpan.FromSeconds(60), Coins = [coin], Common = new CommonParameters { JumpIntensity = 100, JumpMean = 0.06, JumpStandardDeviation = 0.01, VarianceJumpMean = 0 } };
        var returns = Returns(parameters, 102, days: 180, out _)[0];
        var years = 180.0 / 365;
        var down = returns.Where(r => r < -0.015).ToArray();
        var up = returns.Where(r => r > 0.015).ToArray();
        ((double)down.Length).ShouldBe(300 * years, 4 * Math.Sqrt(300 * years));
        ((double)up.Length).ShouldBe(100 * years, 4 * Math.Sqrt(100 * years));
        down.Average().ShouldBe(-0.05, 4 * 0.01 / Math.Sqrt(down.Length));
        up.Average().ShouldBe(0.06, 4 * 0.01 / Math.Sqrt(up.Length));

        // The compensator takes the jumps' mean out of the drift: spot is a martingale around its drift of zero.
        var growth = returns.Sum() + (0.5 * 0.01 * years);
        var jumpVariance = ((300 * ((0.05 * 0.05) + 1e-4)) + (100 * ((0.06 * 0.06) + 1e-4))) * years;
        Math.Abs(growth).ShouldBeLessThan(4 * Math.Sqrt((0.01 * years) + jumpVariance) + (0.5 * jumpVariance));
    }

    /// <summary>Variance stays around the long run and falling spot raises it.</summary>
    [Fact]
    public void Truths_Variance_RevertsAndAnswersSpot()
    {
        var parameters = Latent with { Step = TimeSpan.FromSeconds(60), Coins = [SimulationParameters.Default.Coins[0]] };
        var returns = Returns(parameters, 103, days: 120, out var variances)[0];
        var changes = new double[returns.Length];
        for (var i = 0; i < changes.Length; i++)
        {
            changes[i] = variances[0][i + 1] - variances[0][i];
        }

        variances[0].Average().ShouldBeInRange(0.12, 0.45);
        variances[0].Min().ShouldBeGreaterThanOrEqualTo(MarketProcessFloor);
        var plain = Enumerable.Range(0, changes.Length).Where(i => Math.Abs(returns[i]) < 0.01 && changes[i] < 0.02).ToArray();
        Correlation([.. plain.Select(i => returns[i])], [.. plain.Select(i => changes[i])]).ShouldBe(-0.4, 0.05);
    }

    /// <summary>Sufficient conditions (Hendriks-Martini) and the definitions themselves on a grid, at every hour of every script and seed.</summary>
    [Theory]
    [MemberData(nameof(ScriptNames))]
    public void Surface_AnyInstantOfAnyScript_HasNoArbitrage(string script)
    {
        double[] years = [1e-6, 1e-4, 1.0 / 365, 3.0 / 365, 7.0 / 365, 0.05, 0.1, 0.25, 0.5, 1, 1.3];
        for (var seed = 1UL; seed <= 3; seed++)
        {
            var exchange = new SimulatedExchange(Latent with { Step = TimeSpan.FromSeconds(60), Scripts = Markets.Script(script) }, seed);
            var start = exchange.Parameters.Start;
            foreach (var truth in exchange.Truths(start, start.AddHours(25), everySteps: 20))
            {
                foreach (var coin in exchange.Parameters.Coins)
                {
                    var surface = truth.Surface(coin.Coin);
                    TrueSlice? before = null;
                    foreach (var t in years)
                    {
                        var slice = surface.Slice(t);
                        slice.Theta.ShouldBeGreaterThan(0);
                        (slice.Psi * (1 + Math.Abs(slice.Rho))).ShouldBeLessThan(4);
                        (slice.Psi * slice.Phi * (1 + Math.Abs(slice.Rho))).ShouldBeLessThanOrEqualTo(4);
                        if (before is { } b)
                        {
                            slice.Theta.ShouldBeGreaterThan(b.Theta);
                            slice.Phi.ShouldBeLessThanOrEqualTo(b.Phi);
                            Math.Abs((slice.Rho * slice.Psi) - (b.Rho * b.Psi)).ShouldBeLessThanOrEqualTo((slice.Psi - b.Psi) * (1 + 1e-9));
                        }

                        CheckGrid(slice, before);
                        before = slice;
                    }
                }
            }
        }
    }

    /// <summary>What each script promises, for ten seeds, with the room that the random path needs.</summary>
    [Fact]
    public void Scripts_TenSeeds_ReachTheirNumbers()
    {
        var start = Latent.Start;
        for (var seed = 1UL; seed <= 10; seed++)
        {
            var crash = At("crash", 3, seed);
            (crash.SpotUsd(Markets.Btc) / 68_000).ShouldBe(0.65, 0.65 * 0.15, $"crash, seed {seed}");
            crash.SpotUsd(Markets.Eth).ShouldBeLessThan(2_000 * 0.75);
            Math.Sqrt(crash.Variance(Markets.Btc)).ShouldBeGreaterThan(1.4);
            crash.Stress.SpreadMultiplier.ShouldBe(5);
            crash.Stress.DepthMultiplier.ShouldBe(0.1);
            crash.Stress.OneSidedProbability.ShouldBe(0.25);
            Vol(crash, 7.0 / 365).ShouldBeGreaterThan(Vol(At("crash", 0, seed), 7.0 / 365) + 0.4);
            crash.Surface(Markets.Btc).ShortSkew.ShouldBeLessThan(-0.6);
            crash.Forward(Markets.BtcInverse, start.AddDays(30)).ShouldBeLessThan(crash.Index(Markets.BtcInverse), "backwardation");

            var up = At("melt-up", 6, seed);
            (up.SpotUsd(Markets.Btc) / 68_000).ShouldBe(1.4, 1.4 * 0.12, $"melt-up, seed {seed}");
            up.Surface(Markets.Btc).ShortSkew.ShouldBeGreaterThan(0);
            Math.Sqrt(up.Variance(Markets.Btc)).ShouldBeGreaterThan(0.9);

            var spike = At("vol-spike", 1, seed);
            Math.Sqrt(spike.Variance(Markets.Btc)).ShouldBeGreaterThan(1.3);
            Math.Log(spike.SpotUsd(Markets.Btc) / 68_000).ShouldBe(0, 0.1);

            var depeg = At("depeg", 5, seed);
            depeg.Peg.ShouldBe(0.90, 0.002, $"depeg, seed {seed}");
            At("depeg", 24, seed).Peg.ShouldBe(1, 0.002);
            var solana = UnderlyingId.Linear(Markets.Sol, new Asset("USDC"));
            depeg.Index(solana).ShouldBe(depeg.SpotUsd(Markets.Sol) / depeg.Peg, 1e-4 * depeg.Index(solana));

            var flash = At("flash-crash", 0.1, seed);
            (flash.SpotUsd(Markets.Btc) / 68_000).ShouldBe(0.82, 0.03, $"flash crash, seed {seed}");
            (At("flash-crash", 26.0 / 60, seed).SpotUsd(Markets.Btc) / 68_000).ShouldBe(0.97, 0.05);

            var calm = At("calm", 6, seed);
            Math.Log(calm.SpotUsd(Markets.Btc) / 68_000).ShouldBe(0, 0.1);
        }

        static HiddenTruth At(string script, double hours, ulong seed)
        {
            var exchange = new SimulatedExchange(Latent with { Step = TimeSpan.FromSeconds(12), Scripts = Markets.Script(script) }, seed);
            return exchange.TruthAt(exchange.Parameters.Start.AddHours(hours));
        }

        static double Vol(HiddenTruth truth, double years) => truth.Surface(Markets.Btc).Slice(years).Vol(0);
    }

    [Fact]
    public void Scripts_Together_AddUp()
    {
        var both = Latent with { Scripts = ScheduledScript.Parse("crash, depeg@01:00") };
        var truth = new SimulatedExchange(both with { Step = TimeSpan.FromSeconds(60) }, 1).TruthAt(both.Start.AddHours(5));
        truth.Peg.ShouldBe(0.9, 0.003);
        truth.Stress.SpreadMultiplier.ShouldBeGreaterThan(5);
        truth.SpotUsd(Markets.Btc).ShouldBeLessThan(68_000 * 0.75);
    }

    [Fact]
    public void Funding_PremiumBeyondTheBand_PullsThePerpetualToTheIndex()
    {
        ForwardCurveFunding(0.0002).ShouldBe(0, 1e-18);
        ForwardCurveFunding(0.001).ShouldBe(0.00075, 1e-15);
        ForwardCurveFunding(-0.001).ShouldBe(-0.00075, 1e-15);
        ForwardCurveFunding(1).ShouldBe(0.005);
        var exchange = new SimulatedExchange(Latent with { Scripts = Markets.Script("flash-crash") }, 4);
        var start = exchange.Parameters.Start;
        var perpetual = new Perpetual(Markets.BtcInverse);
        var low = exchange.TruthAt(start.AddMinutes(6));
        Math.Log(low.Price(perpetual) / low.Index(Markets.BtcInverse)).ShouldBeLessThan(-0.0008, "sellers push the perpetual below the index");
        var later = exchange.TruthAt(start.AddHours(6));
        Math.Abs(Math.Log(later.Price(perpetual) / later.Index(Markets.BtcInverse))).ShouldBeLessThan(0.001);
    }

    /// <summary>Gatheral: the variance swap of a flat smile is its vol; a skewed one lies above the money's.</summary>
    [Fact]
    public void VarianceSwapVol_FlatAndSkewed_AgreeWithTheory()
    {
        var flat = new TrueSurface(SimulationParameters.Default.Coins[0] with { SmileCurvature = 1e-9, VariancePremium = 1 }, 0.25, 0.25, 0);
        flat.VarianceSwapVol(30.0 / 365).ShouldBe(0.5, 5e-5);
        var skewed = new TrueSurface(SimulationParameters.Default.Coins[0], 0.25, 0.25, -0.5);
        skewed.VarianceSwapVol(30.0 / 365).ShouldBeGreaterThan(skewed.Slice(30.0 / 365).Vol(0) + 0.01);
    }

    public static TheoryData<string> ScriptNames { get; } = [.. StressScripts.All.Select(s => s.Name)];

    private const double MarketProcessFloor = MarketProcess.VarianceFloor;

    /// <summary>The default coins with as little to list and trade as possible: for looking at the hidden market alone.</summary>
    private static SimulationParameters Latent { get; } = SimulationParameters.Default with
    {
        Families = [.. SimulationParameters.Default.Families.Select(f => f with { LadderScale = 0.2, TradesPerSecond = 0 })],
    };

    private static double ForwardCurveFunding(double premium) => ForwardCurve.FundingRate(premium);

    private static double[][] Returns(SimulationParameters parameters, ulong seed, int days, out double[][] variances)
    {
        parameters = parameters with { Families = [.. parameters.Families.Where(f => parameters.Coins.Any(c => c.Coin == f.Underlying.Base))], SpotPairs = [] };
        var exchange = new SimulatedExchange(parameters, seed);
        var spots = parameters.Coins.Select(_ => new List<double>()).ToArray();
        var v = parameters.Coins.Select(_ => new List<double>()).ToArray();
        foreach (var truth in exchange.Truths(parameters.Start, parameters.Start.AddDays(days)))
        {
            for (var i = 0; i < spots.Length; i++)
            {
                spots[i].Add(truth.SpotUsd(parameters.Coins[i].Coin));
                v[i].Add(truth.Variance(parameters.Coins[i].Coin));
            }
        }

        variances = [.. v.Select(x => x.ToArray())];
        return [.. spots.Select(s => s.Zip(s.Skip(1), (a, b) => Math.Log(b / a)).ToArray())];
    }

    private static double Correlation(double[] x, double[] y)
    {
        double mx = x.Average(), my = y.Average();
        double xy = 0, xx = 0, yy = 0;
        for (var i = 0; i < x.Length; i++)
        {
            xy += (x[i] - mx) * (y[i] - my);
            xx += (x[i] - mx) * (x[i] - mx);
            yy += (y[i] - my) * (y[i] - my);
        }

        return xy / Math.Sqrt(xx * yy);
    }

    /// <summary>Durrleman's g by differences of the closed form, and total variance above the earlier slice's, out to 12 deviations.</summary>
    private static void CheckGrid(in TrueSlice slice, TrueSlice? before)
    {
        var deviation = Math.Sqrt(slice.Theta);
        for (var z = -12.0; z <= 12; z += 1.5)
        {
            var k = z * deviation;
            var w = slice.TotalVariance(k);
            if (before is { } b)
            {
                w.ShouldBeGreaterThan(b.TotalVariance(k));
            }

            var h = 1e-3 / slice.Phi;
            var up = slice.TotalVariance(k + h);
            var down = slice.TotalVariance(k - h);
            var d1 = (up - down) / (2 * h);
            var d2 = (up - (2 * w) + down) / (h * h);
            var g = Math.Pow(1 - (k * d1 / (2 * w)), 2) - (d1 * d1 / 4 * ((1 / w) + 0.25)) + (d2 / 2);
            g.ShouldBeGreaterThan(0, $"T {slice.Years} k {k} theta {slice.Theta} rho {slice.Rho} psi {slice.Psi}");
        }
    }
}

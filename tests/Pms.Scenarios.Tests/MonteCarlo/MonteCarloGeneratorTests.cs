using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Pms.MarketData.Instruments;
using Pms.Scenarios.MonteCarlo;
using Pms.Testing;

namespace Pms.Scenarios.Tests.MonteCarlo;

public sealed class MonteCarloGeneratorTests
{
    private const double Day = 1.0 / 365.0;

    private static readonly Asset Btc = new("BTC");
    private static readonly Asset Eth = new("ETH");
    private static readonly Asset Sol = new("SOL");

    private static readonly RiskFactors Factors = new([Btc, Eth, Sol], [new PeggedAsset(new Asset("USDC"), Asset.Usd), new PeggedAsset(new Asset("STETH"), Eth)]);

    [Fact]
    public void Generate_AnyRangeAndThreads_SameBits()
    {
        var generator = new MonteCarloGenerator(MonteCarloParameters.Default(Factors), Factors, Day, 7, 3000);
        var all = generator.Generate();
        var threads = generator.Generate(maxThreads: 2);
        for (var c = 0; c < Factors.ColumnCount; c++)
        {
            threads.Columns.Column(c).SequenceEqual(all.Columns.Column(c)).ShouldBeTrue();
        }

        foreach (var (start, length) in new[] { (0, 1), (0, 129), (449, 3), (700, 500), (2999, 1), (1234, 0), (17, 2000) })
        {
            var part = generator.Generate(start, length);
            for (var c = 0; c < Factors.ColumnCount; c++)
            {
                part.Columns.Column(c).SequenceEqual(all.Columns.Column(c).Slice(start, length)).ShouldBeTrue($"column {c} of {start}+{length}");
            }

            part.Weights.ShouldBe(all.Weights[start..(start + length)]);
            part.Replicates.ShouldBe(all.Replicates[start..(start + length)]);
            part.Labels.ShouldBe(all.Labels[start..(start + length)]);
        }
    }

    [Fact]
    public void Generate_DefaultParameters_HashIsTheCommittedOne()
    {
        // Attesters recompute scenarios: the bits are part of the contract. The child-process test runs this one with instruction sets switched off.
        var batch = new MonteCarloGenerator(MonteCarloParameters.Default(Factors), Factors, Day, 42, 500).Generate();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var c = 0; c < Factors.ColumnCount; c++)
        {
            hash.AppendData(MemoryMarshal.AsBytes(batch.Columns.Column(c)));
        }

        hash.AppendData(MemoryMarshal.AsBytes(batch.Weights.AsSpan()));
        Convert.ToHexString(hash.GetHashAndReset())[..32].ShouldBe("40334987F9D9F2EB7385169B4E81B64F");
    }

    [Theory]
    [InlineData("DOTNET_EnableAVX2=0")]
    [InlineData("DOTNET_EnableFMA=0")]
    [InlineData("DOTNET_EnableHWIntrinsic=0")]
    public void Generate_InstructionSetsOff_SameBits(string setting) =>
        ChildProcess.RunTest(typeof(MonteCarloGeneratorTests), nameof(Generate_DefaultParameters_HashIsTheCommittedOne), setting);

    [Theory]
    [InlineData(MonteCarloSampling.ScrambledSobolStratified, 1.0)]
    [InlineData(MonteCarloSampling.IndependentStratified, 1.0)]
    [InlineData(MonteCarloSampling.Independent, 1.0)]
    [InlineData(MonteCarloSampling.ScrambledSobolStratified, 10.0)]
    public void Generate_NoDrift_PricesAreMartingales(MonteCarloSampling sampling, double days)
    {
        // mean of S1/S0 under the weights over 40 seeds, against the spread between seeds
        var parameters = MonteCarloParameters.Default(Factors) with { Sampling = sampling };
        for (var coin = 0; coin < 3; coin++)
        {
            var means = new double[40];
            for (var seed = 0; seed < means.Length; seed++)
            {
                var batch = new MonteCarloGenerator(parameters, Factors, days * Day, (ulong)seed, 2000).Generate(maxThreads: 2);
                var moves = batch.Columns.SpotLogReturn(coin);
                for (var i = 0; i < moves.Length; i++)
                {
                    means[seed] += batch.Weights[i] * Math.Exp(moves[i]);
                }
            }

            var mean = means.Average();
            var error = Math.Sqrt(means.Sum(m => (m - mean) * (m - mean)) / (means.Length - 1) / means.Length);
            TestContext.Current.SendDiagnosticMessage($"{sampling} {days} d {Factors.Coins[coin]}: E[S1/S0] - 1 = {mean - 1.0:E2} +- {error:E2}");
            Math.Abs(mean - 1.0).ShouldBeLessThan(4.0 * error);
        }
    }

    [Fact]
    public void Generate_Weights_AddUpToOneAndStrataToTheirProbability()
    {
        var parameters = MonteCarloParameters.Default(Factors);
        var batch = new MonteCarloGenerator(parameters, Factors, Day, 3, 10_000).Generate(maxThreads: 2);
        batch.Weights.Sum().ShouldBe(1.0, 1e-12);
        var crash = Enumerable.Range(0, 10_000).Where(i => batch.Labels[i] == "crash").ToArray();
        crash.Length.ShouldBe(1500);
        crash.Sum(i => batch.Weights[i]).ShouldBe(1.0 - Math.Exp(-parameters.Crash.IntensityPerYear * Day), 1e-12);
        var own = Enumerable.Range(0, 10_000).Where(i => batch.Labels[i] == "own jump").ToArray();
        own.Length.ShouldBe(1000);
        var intensity = parameters.Coins.Sum(c => c.OwnJump.IntensityPerYear) + parameters.Pegs.Sum(p => p.BreaksPerYear);
        own.Sum(i => batch.Weights[i]).ShouldBe(Math.Exp(-parameters.Crash.IntensityPerYear * Day) * (1.0 - Math.Exp(-intensity * Day)), 1e-12);
        for (var r = 1; r <= 8; r++)
        {
            Enumerable.Range(0, 10_000).Where(i => batch.Replicates[i] == r).Sum(i => batch.Weights[i]).ShouldBe(1.0 / 8.0, 0.01);
        }
    }
}

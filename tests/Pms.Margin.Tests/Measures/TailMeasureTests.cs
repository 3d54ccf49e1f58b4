using Pms.Margin.Measures;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Testing;

namespace Pms.Margin.Tests.Measures;

public sealed class TailMeasureTests(ITestOutputHelper output)
{
    private const ulong Seed = 20_261_123;

    [Fact]
    public void Of_TenLosses_FollowsTheStatedRule()
    {
        // The golden list of ten, losses positive: 7 of 10 is the third-worst but one, 3; the worst three are 9, 7, 5.
        long[] pnl = [-1, 2, -3, 4, -5, 6, -7, 8, -9, 10];

        var seven = TailMeasure.Of(pnl, [], TailLevel.Of(0.7));
        seven.Var.ShouldBe(3);
        seven.Es.ShouldBe(7);
        seven.Tail.Select(t => t.Scenario).ShouldBe([8, 6, 4]);

        var threeQuarters = TailMeasure.Of(pnl, [], TailLevel.Of(0.75));
        threeQuarters.Var.ShouldBe(5);
        threeQuarters.EsExact.ShouldBe(7.4, 1e-15);
        threeQuarters.Es.ShouldBe(8, "rounded against the account");
        threeQuarters.Tail[^1].Share.ShouldBe(0.2, 1e-15);
    }

    [Fact]
    public void Of_HundredthOfTenThousand_TakesExactlyAHundred()
    {
        // 0.99 x 10,000 in doubles is 9900, and 0.29 x 100 is 28.999999999999996: neither may move the order statistic.
        foreach (var (n, alpha, tail) in new[] { (10_000, 0.99, 100), (100, 0.29, 71), (1_000, 0.975, 25), (1_000_000, 0.9999, 100) })
        {
            var pnl = new long[n];
            for (var i = 0; i < n; i++)
            {
                pnl[i] = -i;
            }

            var estimate = TailMeasure.Of(pnl, [], TailLevel.Of(alpha));
            estimate.Tail.Count.ShouldBe(tail);
            estimate.Var.ShouldBe(n - 1 - tail);
            estimate.EffectiveTail.ShouldBe(tail, 1e-9);
        }
    }

    [Fact]
    public void Of_RandomWeights_EqualsTheDefinitionWrittenPlainly()
    {
        var random = new RandomStream(Seed);
        for (var c = 0; c < FuzzBudget.Cases(2_000); c++)
        {
            var stream = random.Derive((ulong)c);
            var n = 1 + (int)(stream.Uniform(0) * 300);
            var pnl = new long[n];
            var weights = new int[n];
            var range = stream.Uniform(1) < 0.3 ? 4 : 1e12;
            for (var i = 0; i < n; i++)
            {
                pnl[i] = (long)((stream.Uniform((ulong)(10 + i)) - 0.6) * range);
                weights[i] = stream.Uniform((ulong)(1000 + i)) < 0.1 ? 0 : (int)(stream.Uniform((ulong)(2000 + i)) * 1_000_000);
            }

            weights[n / 2] = Math.Max(weights[n / 2], 1);
            var level = new TailLevel(1 + (int)(stream.Uniform(2) * (TailLevel.Whole - 2)));
            var estimate = TailMeasure.Of(pnl, weights, level);
            var (var, es) = Plainly(pnl, weights, level);

            var what = $"seed {Seed}, case {c}, n {n}, level {level}";
            estimate.Var.ShouldBe(var, what);
            estimate.Es.ShouldBe(es, what);
            estimate.Es.ShouldBeGreaterThanOrEqualTo(estimate.Var, what);
            estimate.Tail.Sum(t => t.Share).ShouldBe(1, 1e-12, what);
            estimate.StandardError.ShouldBe(StandardErrorPlainly(pnl, weights, level, estimate), 1e-9 * (1 + estimate.StandardError), what);
        }
    }

    [Fact]
    public void Of_EqualWeights_StandardErrorIsTheFormulaOfTheModel()
    {
        // Var(ES) = (Var(L | tail) + a (ES - VaR)²) / (n (1 - a)).
        var random = new RandomStream(Seed);
        for (var c = 0; c < FuzzBudget.Cases(300); c++)
        {
            var stream = random.Derive((ulong)(50_000 + c));
            var n = 20 + (int)(stream.Uniform(0) * 2_000);
            var pnl = Enumerable.Range(0, n).Select(i => (long)(1e9 * NormalDistribution.InverseCdf((0.5 + Math.Floor(stream.Uniform((ulong)(i + 9)) * 1e6)) / 1e6))).ToArray();
            var alpha = 0.5 + (0.49 * stream.Uniform(1));
            alpha = Math.Round(alpha, 4);
            var estimate = TailMeasure.Of(pnl, [], TailLevel.Of(alpha));
            var variance = estimate.Tail.Sum(t => t.Share * Math.Pow(t.Loss - estimate.EsExact, 2));
            var expected = Math.Sqrt((variance + (alpha * Math.Pow(estimate.EsExact - estimate.Var, 2))) / (n * (1 - alpha)));
            // a tail of one loss has no error at all, and nothing is within 0 of 0
            var tolerance = 1e-9 * (1 + expected);
            estimate.StandardError.ShouldBe(expected, tolerance, $"seed {Seed}, case {c}");
            TailMeasure.Of(pnl, Enumerable.Repeat(7, n).ToArray(), TailLevel.Of(alpha)).StandardError.ShouldBe(expected, tolerance);
        }
    }

    [Fact]
    public void Of_SameScenariosInAnotherOrder_GivesTheSameNumbers()
    {
        var random = new RandomStream(Seed);
        for (var c = 0; c < FuzzBudget.Cases(300); c++)
        {
            var stream = random.Derive((ulong)(90_000 + c));
            var n = 50 + (int)(stream.Uniform(0) * 400);
            var pnl = Enumerable.Range(0, n).Select(i => (long)((stream.Uniform((ulong)(i + 9)) - 0.5) * (c % 2 == 0 ? 20 : 1e10))).ToArray();
            var weights = Enumerable.Range(0, n).Select(i => 1 + (int)(stream.Uniform((ulong)(i + 5_000)) * 1000)).ToArray();
            var order = Enumerable.Range(0, n).OrderBy(i => stream.Bits((ulong)(i + 9_000))).ToArray();
            var one = TailMeasure.Of(pnl, weights, TailLevel.P975);
            var other = TailMeasure.Of(order.Select(i => pnl[i]).ToArray(), order.Select(i => weights[i]).ToArray(), TailLevel.P975);
            other.Var.ShouldBe(one.Var);
            other.Es.ShouldBe(one.Es);
            other.StandardError.ShouldBe(one.StandardError, 1e-9 * (1 + one.StandardError));
        }
    }

    [Fact]
    public void FromWorst_EnoughScenarios_EqualsTheWhole()
    {
        var stream = new RandomStream(Seed);
        var pnl = Enumerable.Range(0, 5_000).Select(i => (long)((stream.Uniform((ulong)i) - 0.5) * 1e9)).ToArray();
        var weights = Enumerable.Range(0, 5_000).Select(i => 1 + (int)(stream.Uniform((ulong)(i + 5_000)) * 1000)).ToArray();
        var design = SampleDesign.Weighted(weights);
        var whole = TailMeasure.Of(pnl, design, TailLevel.P99);
        var worst = pnl.Select((p, i) => new TailEntry(-p, i)).Order().Take(400).ToArray();

        var part = TailMeasure.FromWorst(worst, design, TailLevel.P99);

        part.Es.ShouldBe(whole.Es);
        part.StandardError.ShouldBe(whole.StandardError);
        part.Tail.ShouldBe(whole.Tail);
        Should.Throw<InvalidInputException>(() => TailMeasure.FromWorst(worst.AsSpan(0, 10), design, TailLevel.P99)).Code.ShouldBe("tail-entries");
        Should.Throw<InvalidInputException>(() => TailMeasure.FromWorst(worst.Reverse().ToArray(), design, TailLevel.P99)).Code.ShouldBe("tail-entries");
    }

    [Fact]
    public void Of_SortedConstantAndSawtoothInputs_TerminatesWithTheRightTail()
    {
        foreach (var n in Enumerable.Range(1, 257))
        {
            foreach (var pnl in new[] { Rising(n), [.. Rising(n).Reverse()], new long[n], [.. Enumerable.Range(0, n).Select(i => (long)(i % 7))] })
            {
                var (var, es) = Plainly(pnl, Enumerable.Repeat(1, n).ToArray(), TailLevel.P975);
                var estimate = TailMeasure.Of(pnl, [], TailLevel.P975);
                estimate.Var.ShouldBe(var);
                estimate.Es.ShouldBe(es);
            }
        }

        static long[] Rising(int n) => [.. Enumerable.Range(0, n).Select(i => (long)i - (n / 2))];
    }

    [Fact]
    public void Of_ExtremeValues_StayExactOrAreRefused()
    {
        long[] pnl = [-long.MaxValue, -long.MaxValue, 5, 5];
        var estimate = TailMeasure.Of(pnl, [], TailLevel.Of(0.5));
        estimate.Es.ShouldBe(long.MaxValue);
        Should.Throw<InvalidInputException>(() => estimate.UpperBound(0.95)).Code.ShouldBe("margin-overflow");
        Should.Throw<InvalidInputException>(() => TailMeasure.Of([long.MinValue, 0], [], TailLevel.P99)).Code.ShouldBe("margin-overflow");
        Should.Throw<InvalidInputException>(() => TailMeasure.Of([], [], TailLevel.P99)).Code.ShouldBe("sample-design");
        Should.Throw<InvalidInputException>(() => TailMeasure.Of([1, 2], [0, 0], TailLevel.P99)).Code.ShouldBe("sample-design");
        Should.Throw<InvalidInputException>(() => TailMeasure.Of([1, 2], [1, -1], TailLevel.P99)).Code.ShouldBe("sample-design");
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(1.0)]
    [InlineData(-0.5)]
    [InlineData(double.NaN)]
    [InlineData(0.99000000001)]
    public void TailLevel_OutsideItsRange_Refuses(double alpha)
    {
        Should.Throw<InvalidInputException>(() => TailLevel.Of(alpha)).Code.ShouldBe("tail-level");
    }

    [Fact]
    public void UpperBound_NinetyFivePercent_AddsTheNormalQuantile()
    {
        var pnl = Enumerable.Range(0, 1_000).Select(i => (long)i * 1_000_000).ToArray();
        var estimate = TailMeasure.Of(pnl, [], TailLevel.P975);
        estimate.UpperBound(0.5).ShouldBe(estimate.Es);
        ((double)(estimate.UpperBound(0.95) - estimate.Es)).ShouldBe(1.6448536269514722 * estimate.StandardError, 2);
        Should.Throw<InvalidInputException>(() => estimate.UpperBound(1)).Code.ShouldBe("confidence");
    }

    [Theory]
    [InlineData(7, 0.95, 1.894578605061305, 3e-4)]
    [InlineData(15, 0.95, 1.7530503556925547, 2e-5)]
    [InlineData(15, 0.99, 2.602480295010793, 2e-4)]
    [InlineData(31, 0.975, 2.0395134463964077, 1e-5)]
    [InlineData(3, 0.95, 2.3533634348018264, 0.02)]
    public void OneSided_StudentT_MatchesPublishedQuantiles(double degrees, double confidence, double expected, double tolerance)
    {
        ConfidenceQuantile.OneSided(confidence, degrees).ShouldBe(expected, tolerance * expected);
    }

    [Fact]
    public void Of_MixtureOfFamilies_AddsVariancesWithTheSquaresOfTheirShares()
    {
        // Two strata of known share 0.7 and 0.3: repeated samples must spread as the estimate says, and less than if the shares were drawn.
        const int n = 4_000;
        var strata = Enumerable.Range(0, n).Select(i => i < n / 2 ? 0 : 1).ToArray();
        var weights = strata.Select(s => s == 0 ? 700 : 300).ToArray();
        var design = SampleDesign.Stratified(weights, strata);
        var runs = FuzzBudget.Cases(400);
        var random = new RandomStream(Seed);
        var es = new double[runs];
        var stratified = 0.0;
        var pooled = 0.0;
        for (var r = 0; r < runs; r++)
        {
            var stream = random.Derive((ulong)(200_000 + r));
            var pnl = new long[n];
            for (var i = 0; i < n; i++)
            {
                pnl[i] = (long)(1e6 * (strata[i] == 0 ? 1 : 3) * Normal(stream, i));
            }

            var estimate = TailMeasure.Of(pnl, design, TailLevel.P975);
            es[r] = estimate.EsExact;
            stratified += estimate.StandardError / runs;
            pooled += TailMeasure.Of(pnl, SampleDesign.Weighted(weights), TailLevel.P975).StandardError / runs;
        }

        (StandardDeviation(es) / stratified).ShouldBe(1, 5 / Math.Sqrt(2.0 * runs), $"seed {Seed}");
        stratified.ShouldBeLessThan(pooled);
    }

    [Fact]
    public void Of_ReplicatesOfDependentDraws_SpreadNoMoreThanTheEstimateSays()
    {
        // Sixteen replicates of a shifted lattice: draws inside one cancel each other's error, which only the spread between replicates shows.
        const int replicates = 16, length = 256, n = replicates * length;
        var ids = Enumerable.Range(0, n).Select(i => i / length).ToArray();
        var design = SampleDesign.Stratified(Enumerable.Repeat(1, n).ToArray(), new int[n], ids);
        design.DegreesOfFreedom.ShouldBe(15);
        var runs = FuzzBudget.Cases(400);
        var random = new RandomStream(Seed);
        var es = new double[runs];
        var replicated = 0.0;
        var independent = 0.0;
        for (var r = 0; r < runs; r++)
        {
            var stream = random.Derive((ulong)(300_000 + r));
            var pnl = new long[n];
            for (var i = 0; i < n; i++)
            {
                var shifted = ((i % length) + stream.Uniform((ulong)(i / length))) / length;
                pnl[i] = (long)(1e6 * NormalDistribution.InverseCdf(Math.Clamp(shifted, 1e-12, 1 - 1e-12)));
            }

            var estimate = TailMeasure.Of(pnl, design, TailLevel.P975);
            es[r] = estimate.EsExact;
            replicated += estimate.StandardError * estimate.StandardError / runs;
            independent += TailMeasure.Of(pnl, [], TailLevel.P975).StandardError / runs;
        }

        // The lattice is so good that the floor decides: half the error of as many independent draws, never less than the true spread.
        StandardDeviation(es).ShouldBeLessThan(Math.Sqrt(replicated), $"seed {Seed}");
        (Math.Sqrt(replicated) / independent).ShouldBe(0.5, 0.02, $"seed {Seed}");
    }

    [Fact]
    public void Of_ReplicatesThatAreWorseThanIndependentDraws_SpreadAsTheEstimateSays()
    {
        // Sixteen replicates, every number in them drawn four times over: the independent formula would say half the true error.
        const int replicates = 16, length = 256, n = replicates * length;
        var ids = Enumerable.Range(0, n).Select(i => i / length).ToArray();
        var design = SampleDesign.Stratified(Enumerable.Repeat(1, n).ToArray(), new int[n], ids);
        var runs = FuzzBudget.Cases(400);
        var random = new RandomStream(Seed);
        var es = new double[runs];
        var (replicated, independent) = (0.0, 0.0);
        for (var r = 0; r < runs; r++)
        {
            var stream = random.Derive((ulong)(350_000 + r));
            var pnl = Enumerable.Range(0, n).Select(i => (long)(1e6 * Normal(stream, i / 4))).ToArray();
            var estimate = TailMeasure.Of(pnl, design, TailLevel.P975);
            es[r] = estimate.EsExact;
            replicated += estimate.StandardError * estimate.StandardError / runs;
            independent += TailMeasure.Of(pnl, [], TailLevel.P975).StandardError / runs;
        }

        (StandardDeviation(es) / Math.Sqrt(replicated)).ShouldBe(1, 0.25, $"seed {Seed}");
        (Math.Sqrt(replicated) / independent).ShouldBe(2, 0.2, $"seed {Seed}");
    }

    [Fact]
    public void Of_ImportanceWeights_SpreadAsTheEstimateSays()
    {
        // Normal losses drawn twice as wide; weights are density ratios, in whole parts.
        const int n = 5_000;
        var runs = FuzzBudget.Cases(300);
        var random = new RandomStream(Seed);
        var es = new double[runs];
        var stated = 0.0;
        for (var r = 0; r < runs; r++)
        {
            var stream = random.Derive((ulong)(400_000 + r));
            var pnl = new long[n];
            var ratio = new double[n];
            for (var i = 0; i < n; i++)
            {
                var x = 2 * Normal(stream, i);
                pnl[i] = (long)(1e6 * x);
                ratio[i] = 2 * Math.Exp((x * x / 8) - (x * x / 2));
            }

            var estimate = TailMeasure.Of(pnl, IntegerWeights.OfTotal(ratio, TailLevel.Whole), TailLevel.P99);
            es[r] = estimate.EsExact;
            stated += estimate.StandardError / runs;
        }

        (StandardDeviation(es) / stated).ShouldBe(1, 5 / Math.Sqrt(2.0 * runs), $"seed {Seed}");
        (es.Average() / 2.665214220345806e6).ShouldBe(1, 5 * stated / Math.Sqrt(runs) / 2.66e6, $"seed {Seed}");
    }

    [Theory]
    [InlineData(0, 2.665214220345806, 0.99)]
    [InlineData(6, 0, 0.99)]
    [InlineData(6, 0, 0.975)]
    public void Of_NormalAndStudentLosses_ClosedFormLiesInsideTheErrorBar(int degrees, double expected, double alpha)
    {
        // 100 seeds, 10,000 independent draws each: the truth lies inside the two-sided 99 % interval in at least 95.
        expected = degrees == 0 ? expected : StudentEs(degrees, alpha);
        var random = new RandomStream(Seed);
        var (hits, narrow) = (0, 0);
        var wide = ConfidenceQuantile.OneSided(0.995, double.PositiveInfinity);
        for (var r = 0; r < 100; r++)
        {
            var stream = random.Derive((ulong)(500_000 + r));
            var pnl = new long[10_000];
            for (var i = 0; i < pnl.Length; i++)
            {
                pnl[i] = (long)(1e6 * (degrees == 0 ? Normal(stream, i) : Student(stream, i, degrees)));
            }

            var estimate = TailMeasure.Of(pnl, [], TailLevel.Of(alpha));
            var off = Math.Abs((estimate.EsExact / 1e6) - expected) * 1e6 / estimate.StandardError;
            hits += off <= wide ? 1 : 0;
            narrow += off <= 1.96 ? 1 : 0;
        }

        var found = $"nu {(degrees == 0 ? "infinite" : degrees)}, ES {100 * alpha}: {hits} of 100 inside the two-sided 99 % interval, {narrow} inside the 95 % one; seed {Seed}";
        output.WriteLine(found);
        hits.ShouldBeGreaterThanOrEqualTo(95, found);
    }

    [Fact]
    public void SampleDesign_ReplicateInTwoStrataOrTooFew_Refuses()
    {
        int[] weights = [1, 1, 1, 1, 1, 1, 1, 1];
        Should.Throw<InvalidInputException>(() => SampleDesign.Stratified(weights, [0, 0, 0, 0, 1, 1, 1, 1], [0, 1, 2, 3, 0, 1, 2, 3])).Code.ShouldBe("sample-design");
        Should.Throw<InvalidInputException>(() => SampleDesign.Stratified(weights, new int[8], [0, 0, 1, 1, 2, 2, 2, 2])).Code.ShouldBe("sample-design");
        Should.Throw<InvalidInputException>(() => SampleDesign.Stratified(weights, new int[8], [0, 1, 2, 3, 4, -1, 4, 4])).Code.ShouldBe("sample-design");
        Should.Throw<InvalidInputException>(() => SampleDesign.Stratified(weights, new int[7])).Code.ShouldBe("sample-design");
        Should.Throw<InvalidInputException>(() => SampleDesign.Stratified(weights, [0, 0, 0, 0, 0, 0, 0, -1])).Code.ShouldBe("sample-design");
    }

    /// <summary>The definition by enumeration: every scenario's weight is counted from the worst in exact arithmetic.</summary>
    private static (long Var, long Es) Plainly(long[] pnl, int[] weights, TailLevel level)
    {
        var total = weights.Sum(w => (decimal)w);
        var tail = total * level.TailPartsPerBillion / TailLevel.Whole;
        var losses = pnl.Select((p, i) => (Loss: -p, Weight: (decimal)weights[i])).Where(x => x.Weight > 0).OrderByDescending(x => x.Loss).ToArray();
        var var = losses.Select(x => x.Loss).Distinct().Order().First(l => losses.Where(x => x.Loss <= l).Sum(x => x.Weight) >= total - tail);
        var left = tail;
        var sum = 0m;
        foreach (var (loss, weight) in losses)
        {
            sum += loss * Math.Min(weight, left);
            left -= Math.Min(weight, left);
        }

        return (var, (long)Math.Ceiling(sum / tail));
    }

    private static double StandardErrorPlainly(long[] pnl, int[] weights, TailLevel level, TailEstimate estimate)
    {
        var total = weights.Sum(w => (double)w);
        var influence = pnl.Select(p => Math.Max(0.0, -(double)p - estimate.Var) / (1 - level.Alpha)).ToArray();
        var mean = influence.Zip(weights, (x, w) => x * w).Sum() / total;
        return Math.Sqrt(influence.Zip(weights, (x, w) => Math.Pow(w / total * (x - mean), 2)).Sum());
    }

    private static double Normal(RandomStream stream, int i) => NormalDistribution.InverseCdf(Math.Max(stream.Uniform((ulong)i), 1e-17));

    private static double Student(RandomStream stream, int i, int degrees)
    {
        var chi = 0.0;
        for (var k = 1; k <= degrees; k++)
        {
            var z = Normal(stream, i + (k * 1_000_000));
            chi += z * z;
        }

        return Normal(stream, i) / Math.Sqrt(chi / degrees);
    }

    /// <summary>ES of raw t6 by integrating the density over the tail; VaR from scipy.stats.t(6).</summary>
    private static double StudentEs(int degrees, double alpha)
    {
        var quantile = alpha == 0.99 ? 3.142668403290984 : 2.4469118511449692;
        var density = 0.3827327723098717 * Math.Pow(1 + (quantile * quantile / degrees), -(degrees + 1) / 2.0);
        return density / (1 - alpha) * (degrees + (quantile * quantile)) / (degrees - 1);
    }

    private static double StandardDeviation(double[] x)
    {
        var mean = x.Average();
        return Math.Sqrt(x.Sum(v => (v - mean) * (v - mean)) / (x.Length - 1));
    }
}

using System.Buffers;
using Pms.Primitives;

namespace Pms.Margin.Measures;

/// <summary>VaR and ES of integer P&amp;L over weighted scenarios: exact sums, one rounding, and that one up.</summary>
/// <remarks>
/// Losses are sorted from the worst down, among equals the earlier scenario first. VaR_a is the smallest loss l with P(L &lt;= l) >= a: the first loss at which
/// the weight counted from the worst exceeds 1 - a; with n equal weights this is element ceil(n a) of the losses sorted upwards. ES_a is the mean of the worst
/// 1 - a of probability, of the boundary scenario only the part that is still missing (Acerbi and Tasche 2002; Rockafellar and Uryasev 2002).
/// </remarks>
public static class TailMeasure
{
    private const int InsertionLength = 24;

    /// <summary>Replicates are believed to be at most so much surer than as many independent draws: a set that missed the far tail underrates its own error (docs/model/margin.md).</summary>
    private const double LeastShareOfIndependent = 0.5;

    /// <param name="pnl">[scenario] money units, gain positive</param>
    /// <param name="weights">[scenario] at least 0; empty: all equal</param>
    /// <param name="level">confidence</param>
    /// <exception cref="InvalidInputException"><c>sample-design</c>; <c>margin-overflow</c>: a P&amp;L whose negative is no long</exception>
    public static TailEstimate Of(ReadOnlySpan<long> pnl, ReadOnlySpan<int> weights, TailLevel level) =>
        Of(pnl, weights.IsEmpty ? SampleDesign.Equal(pnl.Length) : SampleDesign.Weighted(weights), level);

    /// <summary>The same of a sample whose draws may depend on each other.</summary>
    /// <param name="pnl">[scenario] money units, gain positive</param>
    /// <param name="design">weights, and how the draws depend on each other</param>
    /// <param name="level">confidence</param>
    public static TailEstimate Of(ReadOnlySpan<long> pnl, SampleDesign design, TailLevel level)
    {
        ArgumentNullException.ThrowIfNull(design);
        if (pnl.Length != design.Count)
        {
            throw new InvalidInputException("sample-design", $"{pnl.Length} P&L values for {design.Count} scenarios");
        }

        var rented = ArrayPool<TailEntry>.Shared.Rent(pnl.Length);
        try
        {
            return FromSorted(Worst(pnl, design, level, rented), design, level);
        }
        finally
        {
            ArrayPool<TailEntry>.Shared.Return(rented);
        }
    }

    /// <summary>The same from the worst scenarios alone, for callers that found them by other means.</summary>
    /// <param name="worstFirst">the worst scenarios in the order of <see cref="TailEntry"/>, without a gap, so many that their weight exceeds 1 - a of the total</param>
    /// <param name="design">of all scenarios</param>
    /// <param name="level">confidence</param>
    /// <exception cref="InvalidInputException"><c>tail-entries</c>: out of order, or too few</exception>
    public static TailEstimate FromWorst(ReadOnlySpan<TailEntry> worstFirst, SampleDesign design, TailLevel level)
    {
        ArgumentNullException.ThrowIfNull(design);
        for (var i = 1; i < worstFirst.Length; i++)
        {
            var entry = worstFirst[i];
            if (entry.CompareTo(worstFirst[i - 1]) <= 0)
            {
                throw new InvalidInputException("tail-entries", $"entry {i} (loss {entry.Loss}, scenario {entry.Scenario}) is not after the one before it");
            }
        }

        return FromSorted(worstFirst, design, level);
    }

    /// <summary>The worst scenarios of a P&amp;L, worst first: the fewest whose weight exceeds 1 - a of the total.</summary>
    /// <param name="pnl">[scenario] money units, gain positive; as many as the design has</param>
    /// <param name="design">weights</param>
    /// <param name="level">confidence</param>
    /// <param name="buffer">room for all scenarios, overwritten</param>
    /// <returns>the front part of the buffer</returns>
    internal static ReadOnlySpan<TailEntry> Worst(ReadOnlySpan<long> pnl, SampleDesign design, TailLevel level, Span<TailEntry> buffer)
    {
        var entries = buffer[..pnl.Length];
        for (var i = 0; i < entries.Length; i++)
        {
            if (pnl[i] == long.MinValue)
            {
                throw new InvalidInputException("margin-overflow", $"the P&L of scenario {i} is {pnl[i]}, whose negative is no 64-bit integer");
            }

            entries[i] = new TailEntry(-pnl[i], i);
        }

        return entries[..SelectWorst(entries, design, TailMass(design, level))];
    }

    /// <summary>VaR, ES and standard error of entries that are known to be sorted.</summary>
    internal static TailEstimate FromSorted(ReadOnlySpan<TailEntry> worstFirst, SampleDesign design, TailLevel level)
    {
        var sum = Sum(worstFirst, design, level);
        var tail = new TailScenarios(worstFirst, sum, design);
        double weights = 0, squares = 0;
        for (var i = 0; i < tail.Count; i++)
        {
            var part = (double)tail.Part(i);
            weights += part;
            squares += part * part;
        }

        var (quotient, remainder) = Int128.DivRem(sum.LossMass, sum.Mass);
        var exact = (double)(long)quotient + ((double)(long)remainder / sum.Mass);
        return new TailEstimate(level, sum.Var, sum.Es, exact, StandardError(worstFirst[..sum.Beyond], sum.Var, design, level), design.DegreesOfFreedom, (weights * weights) / squares, tail);
    }

    /// <summary><see cref="TailEstimate.UpperBound(double)"/> alone.</summary>
    internal static long UpperBound(ReadOnlySpan<TailEntry> worstFirst, SampleDesign design, TailLevel level, double confidence)
    {
        var sum = Sum(worstFirst, design, level);
        return TailEstimate.UpperBound(sum.Es, StandardError(worstFirst[..sum.Beyond], sum.Var, design, level), design.DegreesOfFreedom, confidence);
    }

    /// <summary>The VaR alone.</summary>
    internal static long VarOf(ReadOnlySpan<TailEntry> worstFirst, SampleDesign design, TailLevel level)
    {
        var missing = design.TotalWeight * level.TailPartsPerBillion / TailLevel.Whole;
        var i = 0;
        for (; design.Weight(worstFirst[i].Scenario) <= missing; i++)
        {
            missing -= design.Weight(worstFirst[i].Scenario);
        }

        return worstFirst[i].Loss;
    }

    /// <summary>VaR and exact ES of entries that are known to be sorted.</summary>
    internal static TailSum Sum(ReadOnlySpan<TailEntry> worstFirst, SampleDesign design, TailLevel level)
    {
        var tailMass = TailMass(design, level);
        var missing = tailMass;
        var sum = Int128.Zero;
        for (var i = 0; i < worstFirst.Length; i++)
        {
            var loss = worstFirst[i].Loss;
            var own = design.Weight(worstFirst[i].Scenario) * (long)TailLevel.Whole;
            if (own > missing)
            {
                return new TailSum(i, loss, sum + Math.BigMul(missing, loss), missing, tailMass);
            }

            sum += Math.BigMul(own, loss);
            missing -= own;
        }

        throw new InvalidInputException("tail-entries", $"the {worstFirst.Length} worst scenarios weigh {(tailMass - missing) / TailLevel.Whole} of {design.TotalWeight}: more than the tail of level {level} is required");
    }

    // In parts of a weight so small that the tail is a whole number of them: every weight times 1e9.
    internal static long TailMass(SampleDesign design, TailLevel level) => design.TotalWeight * level.TailPartsPerBillion;

    /// <summary>Moves the worst scenarios to the front, sorted: the fewest whose mass exceeds the tail's.</summary>
    private static int SelectWorst(Span<TailEntry> entries, SampleDesign design, long tailMass)
    {
        var low = 0;
        var high = entries.Length;
        var missing = tailMass;
        while (high - low > InsertionLength)
        {
            var cut = low + Partition(entries[low..high]);
            long mass = 0;
            for (var i = low; i < cut; i++)
            {
                mass += design.Weight(entries[i].Scenario) * (long)TailLevel.Whole;
            }

            if (mass > missing)
            {
                high = cut;
            }
            else
            {
                missing -= mass;
                low = cut;
            }
        }

        entries[low..high].Sort();
        while (low < high)
        {
            var own = design.Weight(entries[low].Scenario) * (long)TailLevel.Whole;
            low++;
            if (own > missing)
            {
                break;
            }

            missing -= own;
        }

        entries[..low].Sort();
        return low;
    }

    /// <summary>Splits around a median of nine: all before the returned index (1 to length - 1) come before all from it on.</summary>
    private static int Partition(Span<TailEntry> entries)
    {
        var step = entries.Length / 9;
        var pivot = Median(
            Median(entries[0], entries[step], entries[2 * step]),
            Median(entries[3 * step], entries[4 * step], entries[5 * step]),
            Median(entries[6 * step], entries[7 * step], entries[8 * step]));
        var i = -1;
        var j = entries.Length;
        while (true)
        {
            do
            {
                i++;
            }
            while (entries[i].CompareTo(pivot) < 0);
            do
            {
                j--;
            }
            while (entries[j].CompareTo(pivot) > 0);
            if (i >= j)
            {
                return Math.Clamp(j + 1, 1, entries.Length - 1);
            }

            (entries[i], entries[j]) = (entries[j], entries[i]);
        }
    }

    private static TailEntry Median(TailEntry a, TailEntry b, TailEntry c)
    {
        if (a > b)
        {
            (a, b) = (b, a);
        }

        return c < a ? a : c > b ? b : c;
    }

    /// <summary>The influence function of ES is x = (L - VaR)+ / (1 - a); scenarios whose loss equals VaR have none.</summary>
    private static double StandardError(ReadOnlySpan<TailEntry> beyond, long var, SampleDesign design, TailLevel level)
    {
        var scale = 1 / (1 - level.Alpha);
        var scenarios = ArrayPool<int>.Shared.Rent(beyond.Length);
        var influence = ArrayPool<double>.Shared.Rent(beyond.Length);
        try
        {
            for (var i = 0; i < beyond.Length; i++)
            {
                scenarios[i] = beyond[i].Scenario;
                // At least 0, and as an unsigned number it fits whatever the two are.
                influence[i] = (double)(ulong)(beyond[i].Loss - var) * scale;
            }

            return StandardError(scenarios.AsSpan(0, beyond.Length), influence.AsSpan(0, beyond.Length), design);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(scenarios);
            ArrayPool<double>.Shared.Return(influence);
        }
    }

    /// <summary>Standard error of a weighted mean of an influence function: strata add up, replicates count as one draw each, but never for less than half the error of independent draws (docs/model/margin.md).</summary>
    /// <param name="scenarios">where the function is not 0, each once</param>
    /// <param name="influence">its values there</param>
    /// <param name="design">of all scenarios</param>
    internal static double StandardError(ReadOnlySpan<int> scenarios, ReadOnlySpan<double> influence, SampleDesign design)
    {
        Span<double> memory = design.Strata <= 16 ? stackalloc double[3 * design.Strata] : new double[3 * design.Strata];
        memory.Clear();
        var stratumMean = memory[..design.Strata];
        var independent = memory.Slice(design.Strata, design.Strata);
        var replicated = memory[(2 * design.Strata)..];
        for (var i = 0; i < scenarios.Length; i++)
        {
            stratumMean[design.Stratum(scenarios[i])] += design.Weight(scenarios[i]) * influence[i];
        }

        for (var s = 0; s < stratumMean.Length; s++)
        {
            stratumMean[s] /= design.StratumWeight(s) > 0 ? design.StratumWeight(s) : 1;
            independent[s] = stratumMean[s] * stratumMean[s] * design.StratumSquares(s);
        }

        Span<double> replicateSum = design.Replicates <= 64 ? stackalloc double[design.Replicates] : new double[design.Replicates];
        replicateSum.Clear();
        for (var i = 0; i < scenarios.Length; i++)
        {
            var w = (double)design.Weight(scenarios[i]);
            var x = influence[i];
            var s = design.Stratum(scenarios[i]);
            independent[s] += w * w * x * (x - (2 * stratumMean[s]));
            var replicate = design.Replicate(scenarios[i]);
            if (replicate >= 0)
            {
                replicateSum[replicate] += w * x;
            }
        }

        for (var r = 0; r < replicateSum.Length; r++)
        {
            var s = design.StratumOf(r);
            if (s >= 0)
            {
                var count = (double)design.ReplicatesOf(s);
                var off = replicateSum[r] - (stratumMean[s] * design.ReplicateWeight(r));
                replicated[s] += off * off * (count / (count - 1));
            }
        }

        var variance = 0.0;
        for (var s = 0; s < stratumMean.Length; s++)
        {
            variance += design.ReplicatesOf(s) == 0 ? independent[s] : Math.Max(replicated[s], LeastShareOfIndependent * LeastShareOfIndependent * independent[s]);
        }

        return Math.Sqrt(Math.Max(variance, 0)) / design.TotalWeight;
    }
}

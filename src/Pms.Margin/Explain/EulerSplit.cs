using System.Collections.Immutable;
using Pms.Margin.Measures;
using Pms.Primitives;

namespace Pms.Margin.Explain;

/// <summary>One holding's part of an account's ES. Money units, loss positive.</summary>
/// <param name="Name">instrument or asset</param>
/// <param name="Es">Euler share: mean loss of the holding over the account's tail; negative where it protects; the shares add up to the account's ES exactly</param>
/// <param name="StandardError">of the share</param>
/// <param name="Standalone">ES of the holding alone</param>
/// <param name="Marginal">ES of the account less ES of the account without the holding</param>
public sealed record EulerShare(string Name, long Es, double StandardError, long Standalone, long Marginal);

/// <summary>Splits an account's ES over what it holds.</summary>
/// <remarks>
/// ES is homogeneous of degree one in the quantities, so by Euler's theorem it is the sum of quantities times derivatives; the derivative is the mean loss of one
/// unit over the account's tail (Tasche 1999; Acerbi and Tasche 2002): ES_i = E[L_i | tail], of the boundary scenario only the part that belongs to the tail.
/// Sums are exact; each share is rounded down, and the units that are then missing to the account's ES (itself rounded up) go one each to the largest remainders,
/// the earlier holding first among equals.
/// Standard errors: delta method on the influence function (L_i - c_i) / (1 - a) inside the tail, c_i = E[L_i | L = VaR] taken from the scenarios around the boundary
/// (docs/model/attribution.md). For one holding this is the standard error of ES itself.
/// </remarks>
public static class EulerSplit
{
    /// <summary>c_i is the mean over scenarios around the boundary with this share of the tail's probability on either side.</summary>
    private const double BoundaryShare = 0.25;

    /// <param name="tail">of the account's gains</param>
    /// <param name="design">the one that <paramref name="tail"/> was estimated with</param>
    /// <param name="pnl">[scenario] the account's gains, money units; scenarios with probability only</param>
    /// <param name="holdings">whose gains add up to <paramref name="pnl"/></param>
    /// <returns>[holding]</returns>
    /// <exception cref="InvalidInputException"><c>euler-sum</c>: holdings that do not add up to the account</exception>
    public static ImmutableArray<EulerShare> Of(TailEstimate tail, SampleDesign design, ReadOnlySpan<long> pnl, IReadOnlyList<RowHolding> holdings)
    {
        ArgumentNullException.ThrowIfNull(tail);
        ArgumentNullException.ThrowIfNull(design);
        ArgumentNullException.ThrowIfNull(holdings);
        RequireSum(tail, pnl, holdings);
        var parts = Parts(tail, design, out var tailMass);
        var shares = Shares(tail.Es, parts, tailMass, holdings);
        var boundary = Boundary(design, pnl, tailMass);
        var scenarios = Array.ConvertAll(parts, p => p.Scenario);
        var influence = new double[parts.Length];
        var other = new long[pnl.Length];
        var result = ImmutableArray.CreateBuilder<EulerShare>(holdings.Count);
        for (var i = 0; i < holdings.Count; i++)
        {
            var holding = holdings[i];
            var centre = Mean(boundary, holding);
            for (var j = 0; j < parts.Length; j++)
            {
                var taken = parts[j].Part / ((double)design.Weight(parts[j].Scenario) * TailLevel.Whole);
                influence[j] = taken * (-(double)holding.Pnl(parts[j].Scenario) - centre) / (1 - tail.Level.Alpha);
            }

            for (var s = 0; s < other.Length; s++)
            {
                other[s] = holding.Pnl(s);
            }

            var standalone = TailMeasure.Of(other, design, tail.Level).Es;
            for (var s = 0; s < other.Length; s++)
            {
                other[s] = pnl[s] - other[s];
            }

            var without = TailMeasure.Of(other, design, tail.Level).Es;
            result.Add(new EulerShare(holding.Name, shares[i], TailMeasure.StandardError(scenarios, influence, design), standalone, tail.Es - without));
        }

        return result.MoveToImmutable();
    }

    private static void RequireSum(TailEstimate tail, ReadOnlySpan<long> pnl, IReadOnlyList<RowHolding> holdings)
    {
        foreach (var (scenario, loss, _) in tail.Tail)
        {
            Int128 sum = 0;
            foreach (var holding in holdings)
            {
                sum += holding.Pnl(scenario);
            }

            if (sum != pnl[scenario] || sum != -(Int128)loss)
            {
                throw new InvalidInputException("euler-sum", $"in scenario {scenario} the holdings gain {sum} money units, the account {pnl[scenario]} and the tail {-(Int128)loss}");
            }
        }
    }

    /// <summary>Scenarios of the tail with their mass: weight times 1e9, of the last one what is missing.</summary>
    private static (int Scenario, long Part)[] Parts(TailEstimate tail, SampleDesign design, out long tailMass)
    {
        tailMass = TailMeasure.TailMass(design, tail.Level);
        var parts = new (int Scenario, long Part)[tail.Tail.Count];
        for (var j = 0; j < parts.Length; j++)
        {
            parts[j] = (tail.Tail[j].Scenario, tail.Tail.Part(j));
        }

        return parts;
    }

    private static long[] Shares(long es, (int Scenario, long Part)[] parts, long tailMass, IReadOnlyList<RowHolding> holdings)
    {
        var shares = new long[holdings.Count];
        var remainders = new Int128[holdings.Count];
        var missing = (Int128)es;
        for (var i = 0; i < shares.Length; i++)
        {
            Int128 sum = 0;
            foreach (var (scenario, part) in parts)
            {
                sum -= (Int128)part * holdings[i].Pnl(scenario);
            }

            var (quotient, remainder) = Int128.DivRem(sum, tailMass);
            if (remainder < 0)
            {
                quotient--;
                remainder += tailMass;
            }

            shares[i] = (long)quotient;
            remainders[i] = remainder;
            missing -= quotient;
        }

        // Floors fall short of the ES rounded up by less than one unit for each holding, and one.
        foreach (var i in Enumerable.Range(0, shares.Length).OrderByDescending(i => remainders[i]).ThenBy(i => i).Take((int)missing))
        {
            shares[i]++;
        }

        return shares;
    }

    /// <summary>Scenarios around the one at which the tail ends, and their weights.</summary>
    private static (int Scenario, double Weight)[] Boundary(SampleDesign design, ReadOnlySpan<long> pnl, long tailMass)
    {
        var entries = new TailEntry[pnl.Length];
        for (var s = 0; s < entries.Length; s++)
        {
            entries[s] = new TailEntry(-pnl[s], s);
        }

        Array.Sort(entries);
        var from = (1 - BoundaryShare) * tailMass;
        var to = (1 + BoundaryShare) * tailMass;
        var window = new List<(int, double)>();
        var before = 0.0;
        foreach (var entry in entries)
        {
            var after = before + (design.Weight(entry.Scenario) * (double)TailLevel.Whole);
            var inside = Math.Min(after, to) - Math.Max(before, from);
            if (inside > 0)
            {
                window.Add((entry.Scenario, inside));
            }

            if (after > to)
            {
                break;
            }

            before = after;
        }

        return [.. window];
    }

    private static double Mean((int Scenario, double Weight)[] boundary, RowHolding holding)
    {
        double sum = 0, weights = 0;
        foreach (var (scenario, weight) in boundary)
        {
            sum -= weight * holding.Pnl(scenario);
            weights += weight;
        }

        return sum / weights;
    }
}

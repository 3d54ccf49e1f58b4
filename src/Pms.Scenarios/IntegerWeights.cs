using Pms.Primitives;

namespace Pms.Scenarios;

/// <summary>Probabilities as integers that add up exactly.</summary>
public static class IntegerWeights
{
    /// <summary>Largest-remainder rounding: floors first, then one more for those with the largest remainders, the earlier first among equals.</summary>
    /// <param name="probability">at least 0, not all 0; scaled to their sum</param>
    /// <param name="total">above 0</param>
    /// <exception cref="InvalidInputException"><c>weights</c>: no probability at all</exception>
    public static int[] OfTotal(ReadOnlySpan<double> probability, int total)
    {
        var sum = 0.0;
        foreach (var p in probability)
        {
            sum += p;
        }

        if (!(sum > 0) || !double.IsFinite(sum))
        {
            throw new InvalidInputException("weights", $"weights add up to {sum}: a finite number above 0 is required");
        }

        var result = new int[probability.Length];
        var remainder = new double[probability.Length];
        long given = 0;
        for (var i = 0; i < result.Length; i++)
        {
            var exact = probability[i] / sum * total;
            result[i] = (int)Math.Min(exact, total);
            remainder[i] = exact - result[i];
            given += result[i];
        }

        var order = new int[result.Length];
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(order, (a, b) => remainder[b] != remainder[a] ? remainder[b].CompareTo(remainder[a]) : a.CompareTo(b));
        for (var i = 0; given != total; i = (i + 1) % order.Length)
        {
            var step = Math.Sign(total - given);
            if (result[order[i]] + step >= 0)
            {
                result[order[i]] += step;
                given += step;
            }
        }

        return result;
    }
}

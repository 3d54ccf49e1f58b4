using Pms.Primitives;

namespace Pms.Margin.Measures;

/// <summary>VaR and ES of a list of losses at one level.</summary>
/// <param name="Alpha">confidence, in (0, 1)</param>
/// <param name="Var">smallest loss l with P(L &lt;= l) >= alpha</param>
/// <param name="Es">mean of the worst 1 - alpha</param>
/// <param name="StandardError">of the ES</param>
public readonly record struct EmpiricalTail(double Alpha, double Var, double Es, double StandardError);

/// <summary>Any list of losses, loss positive, with or without weights; the same rules as <see cref="TailMeasure"/>, on doubles.</summary>
/// <remarks>
/// Whether a scenario lies in the tail is decided in decimal arithmetic on levels and weights of 15 digits, so that weights of 0.1 and a level of 0.7 meet
/// exactly where they should; sums of losses are compensated.
/// </remarks>
public sealed class EmpiricalLosses
{
    /// <summary>Most losses in one list.</summary>
    public const int MaxCount = 10_000_000;

    private readonly double[] _losses;
    private readonly decimal[]? _weights;
    private readonly decimal _total;

    /// <param name="losses">1 to <see cref="MaxCount"/> finite numbers</param>
    /// <param name="weights">one for each loss, finite, at least 0, not all 0; empty: all equal</param>
    /// <exception cref="InvalidInputException"><c>losses</c>; <c>weights</c></exception>
    public EmpiricalLosses(ReadOnlySpan<double> losses, ReadOnlySpan<double> weights = default)
    {
        if (losses.Length is 0 or > MaxCount)
        {
            throw new InvalidInputException("losses", $"{losses.Length} losses: 1 to {MaxCount} are required");
        }

        var order = new int[losses.Length];
        _losses = new double[losses.Length];
        for (var i = 0; i < losses.Length; i++)
        {
            // Sorted upwards by the negative: the worst first. The order among equals moves no result.
            _losses[i] = double.IsFinite(losses[i]) ? -losses[i] : throw new InvalidInputException("losses", $"loss {i} is {losses[i]}: a finite number is required");
            order[i] = i;
        }

        Array.Sort(_losses, order);
        for (var i = 0; i < _losses.Length; i++)
        {
            _losses[i] = -_losses[i];
        }

        _total = losses.Length;
        if (!weights.IsEmpty)
        {
            _weights = Decimals(weights, losses.Length, order);
            _total = _weights.Sum();
        }
    }

    public int Count => _losses.Length;

    /// <param name="alpha">in (0, 1), taken at 15 digits</param>
    /// <exception cref="InvalidInputException"><c>tail-level</c></exception>
    public EmpiricalTail Tail(double alpha)
    {
        if (alpha is not (> 1e-15 and < 1 - 1e-15))
        {
            throw new InvalidInputException("tail-level", $"level {alpha}: a number between 0 and 1 is required");
        }

        var tail = (1 - (decimal)alpha) * _total;
        var missing = tail;
        var sum = new CompensatedSum();
        var i = 0;
        for (; Weight(i) <= missing; i++)
        {
            sum.Add((double)Weight(i) * _losses[i]);
            missing -= Weight(i);
        }

        var var = _losses[i];
        sum.Add((double)missing * var);
        var es = sum.Value / (double)tail;
        if (!double.IsFinite(es))
        {
            throw new InvalidInputException("losses", $"the losses beyond level {alpha} add up to more than a number can hold");
        }

        // The mean of the worst is not below the least of them; rounding must not make it so.
        return new EmpiricalTail(alpha, var, Math.Max(es, var), StandardError(i, var, (double)tail));
    }

    private decimal Weight(int sorted) => _weights?[sorted] ?? 1;

    /// <summary>sqrt(sum of w² (x - mean x)²) / sum w with x = (L - VaR)+ / (1 - alpha); for equal weights the formula of docs/model/margin.md.</summary>
    private double StandardError(int beyond, double var, double tail)
    {
        var scale = (double)_total / tail;
        var mean = 0.0;
        var largest = 0.0;
        for (var i = 0; i < beyond; i++)
        {
            largest = Math.Max(largest, _losses[i] - var);
        }

        if (largest == 0)
        {
            return 0;
        }

        // In units of the largest excess, so that squares neither overflow nor vanish.
        for (var i = 0; i < beyond; i++)
        {
            mean += (double)Weight(i) * ((_losses[i] - var) / largest * scale);
        }

        mean /= (double)_total;
        var variance = new CompensatedSum();
        for (var i = 0; i < beyond; i++)
        {
            var off = ((_losses[i] - var) / largest * scale) - mean;
            variance.Add((double)Weight(i) * (double)Weight(i) * off * off);
        }

        var rest = _weights is null ? Count - beyond : 0.0;
        for (var i = beyond; _weights is not null && i < _weights.Length; i++)
        {
            rest += (double)_weights[i] * (double)_weights[i];
        }

        variance.Add(rest * mean * mean);
        return Math.Sqrt(variance.Value) / (double)_total * largest;
    }

    private static decimal[] Decimals(ReadOnlySpan<double> weights, int count, int[] order)
    {
        if (weights.Length != count)
        {
            throw new InvalidInputException("weights", $"{weights.Length} weights for {count} losses: one for each is required");
        }

        var most = 0.0;
        for (var i = 0; i < weights.Length; i++)
        {
            most = double.IsFinite(weights[i]) && weights[i] >= 0
                ? Math.Max(most, weights[i])
                : throw new InvalidInputException("weights", $"weight {i} is {weights[i]}: a finite number, at least 0, is required");
        }

        if (most == 0)
        {
            throw new InvalidInputException("weights", "all weights are 0");
        }

        // Only ratios matter: powers of ten bring the largest into the range where decimals have digits to spare. Two steps, for the ends of the range of doubles.
        var coarse = most < 1e-150 ? 1e200 : most > 1e150 ? 1e-200 : 1.0;
        var fine = 1.0;
        while (most * coarse * fine < 1e-3)
        {
            fine *= 10;
        }

        while (most * coarse * fine > 1e9)
        {
            fine /= 10;
        }

        var result = new decimal[count];
        for (var i = 0; i < count; i++)
        {
            result[i] = (decimal)(weights[order[i]] * coarse * fine);
        }

        return result;
    }

    /// <summary>Neumaier's summation.</summary>
    private struct CompensatedSum
    {
        private double _sum;
        private double _lost;

        public readonly double Value => _sum + _lost;

        public void Add(double x)
        {
            var next = _sum + x;
            _lost += Math.Abs(_sum) >= Math.Abs(x) ? _sum - next + x : x - next + _sum;
            _sum = next;
        }
    }
}

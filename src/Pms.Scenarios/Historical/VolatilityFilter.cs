using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Scenarios.Historical;

/// <summary>Volatility of each return as it was forecast the moment before, and of the next one.</summary>
/// <param name="Sigma">[return] standard deviation forecast from the returns before it; that of the first is the start value</param>
/// <param name="Next">forecast for the return after the last: today's volatility</param>
public sealed record VolatilityPath(double[] Sigma, double Next)
{
    /// <summary>Filtered returns r_t x current / sigma_t: what each would have been at today's volatility.</summary>
    /// <param name="returns">[return] of the same series</param>
    /// <param name="current">volatility to rescale to, above 0; <see cref="Next"/> when null</param>
    /// <param name="mostRescaling">factors are held between its inverse and it; at least 1</param>
    /// <remarks>Hull and White (1998); Barone-Adesi, Giannopoulos and Vosper (1999).</remarks>
    public double[] Filter(ReadOnlySpan<double> returns, double? current = null, double mostRescaling = double.PositiveInfinity)
    {
        if (returns.Length != Sigma.Length)
        {
            throw new InvalidInputException("returns-length", $"{returns.Length} returns for {Sigma.Length} volatilities");
        }

        var target = current ?? Next;
        var result = new double[returns.Length];
        for (var t = 0; t < result.Length; t++)
        {
            result[t] = returns[t] * Math.Clamp(target / Sigma[t], 1 / mostRescaling, mostRescaling);
        }

        return result;
    }
}

/// <summary>Exponentially weighted volatility.</summary>
public static class EwmaVolatility
{
    /// <summary>sigma^2[t+1] = lambda sigma^2[t] + (1 - lambda) r[t]^2.</summary>
    /// <param name="returns">[return] oldest first, finite; two or more</param>
    /// <param name="lambda">memory, in (0, 1); 0.94 is RiskMetrics' daily one</param>
    /// <param name="firstSigma">sigma[0], above 0; when null the sample standard deviation of all returns (about their mean, n - 1)</param>
    /// <exception cref="InvalidInputException"><c>returns</c>, <c>lambda-range</c>, <c>sigma-range</c>; <c>returns-flat</c> where nothing ever moved</exception>
    public static VolatilityPath Of(ReadOnlySpan<double> returns, double lambda, double? firstSigma = null)
    {
        if (!(lambda is > 0 and < 1))
        {
            throw new InvalidInputException("lambda-range", $"lambda {lambda} is not in (0, 1)");
        }

        var variance = VolatilityStart.Of(returns, firstSigma);
        var sigma = new double[returns.Length];
        for (var t = 0; t < sigma.Length; t++)
        {
            sigma[t] = Math.Sqrt(variance);
            variance = (lambda * variance) + ((1 - lambda) * returns[t] * returns[t]);
        }

        return new VolatilityPath(sigma, Math.Sqrt(variance));
    }
}

/// <summary>GARCH(1,1) with variance targeting: sigma^2[t+1] = omega + alpha r[t]^2 + beta sigma^2[t], omega = V (1 - alpha - beta), V the mean of r^2.</summary>
/// <param name="Omega">above 0</param>
/// <param name="Alpha">at least 0</param>
/// <param name="Beta">at least 0; alpha + beta at most <see cref="MostPersistence"/>, so that the long-run variance exists</param>
/// <param name="LogLikelihood">Gaussian, over all returns</param>
/// <remarks>Bollerslev (1986); variance targeting: Engle and Mezrich (1996).</remarks>
public sealed record GarchModel(double Omega, double Alpha, double Beta, double LogLikelihood)
{
    public const double MostPersistence = 0.9995;

    /// <summary>Least returns that a fit makes sense for.</summary>
    public const int LeastReturns = 100;

    private const double HalfLogTwoPi = 0.91893853320467274;

    /// <summary>Maximum likelihood over (alpha, beta) by a grid and a shrinking pattern search: the same numbers on every machine.</summary>
    /// <param name="returns">[return] oldest first; <see cref="LeastReturns"/> or more</param>
    /// <exception cref="InvalidInputException"><c>returns</c>, <c>returns-flat</c></exception>
    public static GarchModel Fit(ReadOnlySpan<double> returns)
    {
        if (returns.Length < LeastReturns)
        {
            throw new InvalidInputException("returns", $"{returns.Length} returns: a GARCH fit needs {LeastReturns}");
        }

        VolatilityStart.Of(returns, null);
        var squares = new double[returns.Length];
        var target = 0.0;
        for (var t = 0; t < squares.Length; t++)
        {
            squares[t] = returns[t] * returns[t];
            target += squares[t];
        }

        target /= squares.Length;
        var (persistence, share, best) = (0.0, 0.0, double.NegativeInfinity);
        for (var i = 0; i < 20; i++)
        {
            for (var j = 0; j <= 20; j++)
            {
                Try(1 - (0.6 * (i + 0.5) / 20 * (i + 0.5) / 20), j / 40.0, ref persistence, ref share, ref best);
            }
        }

        for (var step = 0.02; step > 1e-9; step *= 0.5)
        {
            var before = double.NegativeInfinity;
            while (best > before)
            {
                before = best;
                var (p, a) = (persistence, share);
                Try(p + step, a, ref persistence, ref share, ref best);
                Try(p - step, a, ref persistence, ref share, ref best);
                Try(p, a + step, ref persistence, ref share, ref best);
                Try(p, a - step, ref persistence, ref share, ref best);
            }
        }

        var alpha = persistence * share;
        return new GarchModel(target * (1 - persistence), alpha, persistence - alpha, best);

        void Try(double p, double a, ref double bestPersistence, ref double bestShare, ref double most)
        {
            p = Math.Clamp(p, 0, MostPersistence);
            a = Math.Clamp(a, 0, 1);
            var value = LogLikelihoodOf(squares, target, p * a, p - (p * a));
            if (value > most)
            {
                (bestPersistence, bestShare, most) = (p, a, value);
            }
        }
    }

    /// <param name="returns">[return] oldest first</param>
    /// <param name="firstSigma">sigma[0]; when null the root of the mean squared return</param>
    public VolatilityPath Path(ReadOnlySpan<double> returns, double? firstSigma = null)
    {
        var variance = VolatilityStart.Of(returns, firstSigma);
        if (firstSigma is null)
        {
            variance = 0;
            foreach (var r in returns)
            {
                variance += r * r;
            }

            variance /= returns.Length;
        }

        var sigma = new double[returns.Length];
        for (var t = 0; t < sigma.Length; t++)
        {
            sigma[t] = Math.Sqrt(variance);
            variance = Omega + (Alpha * returns[t] * returns[t]) + (Beta * variance);
        }

        return new VolatilityPath(sigma, Math.Sqrt(variance));
    }

    private static double LogLikelihoodOf(ReadOnlySpan<double> squares, double target, double alpha, double beta)
    {
        var omega = target * (1 - alpha - beta);
        var variance = target;
        var sum = 0.0;
        foreach (var square in squares)
        {
            sum += ElementaryMath.Log(variance) + (square / variance);
            variance = omega + (alpha * square) + (beta * variance);
        }

        return -(0.5 * sum) - (HalfLogTwoPi * squares.Length);
    }
}

/// <summary>The variance that a filter starts from.</summary>
internal static class VolatilityStart
{
    public static double Of(ReadOnlySpan<double> returns, double? firstSigma)
    {
        if (returns.Length < 2)
        {
            throw new InvalidInputException("returns", $"{returns.Length} returns: two or more are required");
        }

        var mean = 0.0;
        foreach (var r in returns)
        {
            if (!double.IsFinite(r))
            {
                throw new InvalidInputException("returns", $"a return is {r}: finite numbers are required");
            }

            mean += r;
        }

        mean /= returns.Length;
        if (firstSigma is { } sigma)
        {
            return sigma > 0 && double.IsFinite(sigma)
                ? sigma * sigma
                : throw new InvalidInputException("sigma-range", $"first volatility {sigma} is not a finite number above 0");
        }

        var variance = 0.0;
        foreach (var r in returns)
        {
            variance += (r - mean) * (r - mean);
        }

        return variance > 0
            ? variance / (returns.Length - 1)
            : throw new InvalidInputException("returns-flat", $"all {returns.Length} returns are {returns[0]}: there is no volatility to filter by");
    }
}

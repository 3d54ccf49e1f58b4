using System.Collections.Immutable;
using Pms.Numerics;

namespace Pms.Validation.Statistics;

/// <summary>Wealth of somebody who bets against the forecasts.</summary>
/// <param name="Wealth">[t] after each observation; 1 before the first</param>
/// <param name="Final">the last</param>
/// <param name="Largest">of all</param>
/// <param name="PValue">1 over the largest, at most 1: valid however and whenever one looks</param>
/// <param name="AlarmAt">first place at which wealth reached 1 / <paramref name="Level"/>; null: never</param>
/// <param name="Level">of the alarm</param>
public sealed record EBacktestResult(ImmutableArray<double> Wealth, double Final, double Largest, double PValue, int? AlarmAt, double Level);

/// <summary>The e-backtest of Wang, Wang and Ziegel (2022): may be looked at after every observation.</summary>
public static class EBacktest
{
    /// <summary>Of a bet: more could lose all by one observation that is merely calm.</summary>
    private const double LargestBet = 0.5;

    /// <summary>e = (loss - VaR)+ / (p (ES - VaR)): its mean is at most 1 where VaR is right and ES not too low.</summary>
    public static double EValue(double loss, double var, double es, double rate) => loss <= var ? 0 : es > var ? (loss - var) / (rate * (es - var)) : double.PositiveInfinity;

    /// <summary>Wealth by product of 1 - λ + λ e.</summary>
    /// <param name="losses">positive: lost</param>
    /// <param name="var">of each</param>
    /// <param name="es">of each</param>
    /// <param name="rate">p</param>
    /// <param name="bet">λ of every observation, 0 to 1; null: by the past alone, mean(e - 1) / mean((e - 1)^2) within 0 to 0.5, which makes wealth grow fastest to second order</param>
    /// <param name="level">of the alarm, above 0 and below 1</param>
    public static EBacktestResult Of(ReadOnlySpan<double> losses, ReadOnlySpan<double> var, ReadOnlySpan<double> es, double rate, double? bet, double level)
    {
        var wealth = ImmutableArray.CreateBuilder<double>(losses.Length);
        var (log, largest) = (0.0, 1.0);
        int? alarm = null;
        var (sum, squares) = (0.0, 0.0);
        for (var t = 0; t < losses.Length; t++)
        {
            var lambda = bet ?? (t == 0 || squares == 0 ? 0 : double.IsInfinity(squares) ? LargestBet : Math.Clamp(sum / squares, 0, LargestBet));
            var e = EValue(losses[t], var[t], es[t], rate);
            // Without a bet nothing is won, not even from what was ruled out altogether.
            log += lambda == 0 ? 0 : double.IsInfinity(e) ? double.PositiveInfinity : ElementaryMath.Log(1 - lambda + (lambda * e));
            var now = double.IsPositiveInfinity(log) ? double.PositiveInfinity : double.IsNegativeInfinity(log) || double.IsNaN(log) ? 0 : ElementaryMath.Exp(log);
            wealth.Add(now);
            largest = Math.Max(largest, now);
            alarm ??= now >= 1 / level ? t : null;
            sum += e - 1;
            squares += (e - 1) * (e - 1);
        }

        return new EBacktestResult(wealth.MoveToImmutable(), wealth.Count == 0 ? 1 : wealth[^1], largest, Math.Min(1, 1 / largest), alarm, level);
    }
}

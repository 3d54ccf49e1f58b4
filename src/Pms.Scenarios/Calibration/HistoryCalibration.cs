using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers.Histories;
using Pms.Numerics;
using Pms.Pricing.JumpModels;
using Pms.Primitives;
using Pms.Scenarios.Historical;
using Pms.Scenarios.MonteCarlo;

namespace Pms.Scenarios.Calibration;

/// <summary>How dynamics are estimated.</summary>
/// <param name="Lambda">EWMA memory of the volatility that a jump is measured against; 0.5 to 0.999</param>
/// <param name="JumpThreshold">a daily return beyond so many of the day's forecast standard deviations is a jump; 2.5 to 10</param>
/// <param name="LeastReturns">of a coin, below which it keeps its defaults; 100 to 10,000</param>
/// <param name="MostDates">newest dates used; 100 to 20,000</param>
public sealed record CalibrationOptions(double Lambda = 0.94, double JumpThreshold = 4, int LeastReturns = 250, int MostDates = 2_500)
{
    /// <exception cref="InvalidInputException"><c>calibration-option</c></exception>
    public void Validate()
    {
        if (!(Lambda is >= 0.5 and <= 0.999 && JumpThreshold is >= 2.5 and <= 10 && LeastReturns is >= 100 and <= 10_000 && MostDates is >= 100 and <= 20_000))
        {
            throw new InvalidInputException("calibration-option", $"{this}: lambda in [0.5, 0.999], threshold in [2.5, 10], least returns in [100, 10000], dates in [100, 20000] are required");
        }
    }
}

/// <summary>What was estimated of a coin, and what was not.</summary>
/// <param name="Coin">coin</param>
/// <param name="Returns">used</param>
/// <param name="EwmaVol">annual, now, jumps included</param>
/// <param name="LongRunVol">annual, of the returns that are no jumps</param>
/// <param name="Jumps">own and common</param>
/// <param name="CommonJumps">on days when another coin jumped too</param>
/// <param name="VolChanges">daily changes of a vol history; 0: mean reversion, vol of variance and correlation keep their defaults</param>
/// <param name="Kept">parameters that keep their defaults, and why</param>
public sealed record CoinCalibration(Asset Coin, int Returns, double EwmaVol, double LongRunVol, int Jumps, int CommonJumps, int VolChanges, ImmutableArray<string> Kept);

/// <summary>Outcome of a calibration.</summary>
/// <param name="Parameters">checked dynamics</param>
/// <param name="FirstDate">of the returns</param>
/// <param name="LastDate">of the returns</param>
/// <param name="DegreesOfFreedom">fitted, before its bounds</param>
/// <param name="Coins">in the order of the factors</param>
/// <param name="Adjustments">what was done so that the parameters are valid together</param>
public sealed record HistoryCalibrationResult(
    MonteCarloParameters Parameters, DateOnly FirstDate, DateOnly LastDate, double DegreesOfFreedom, ImmutableArray<CoinCalibration> Coins, ImmutableArray<string> Adjustments);

/// <summary>Monte Carlo dynamics from histories of prices and vols.</summary>
/// <remarks>
/// Jumps: returns beyond a threshold of the EWMA forecast; those that two coins share are the crash. Diffusion: what is left. Variance process: from the squares of a vol
/// index, by weighted least squares on its own level. Correlations: Kendall's tau of the returns that are no jumps. Student t: maximum likelihood on these over their
/// forecasts. What the data does not say keeps its default, and the result says so. docs/model/scenarios.md has the formulas and the biases.
/// </remarks>
public static class HistoryCalibration
{
    private const double DaysPerYear = 365;
    private const int LeastJumps = 5;
    private const int LeastPairs = 100;

    /// <exception cref="InvalidInputException"><c>calibration-option</c>; <c>history-missing</c>: no coin has enough returns; the codes of <see cref="MonteCarloParameters.Check"/></exception>
    public static HistoryCalibrationResult Run(RiskFactors factors, FactorHistory history, CalibrationOptions options)
    {
        ArgumentNullException.ThrowIfNull(factors);
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var defaults = MonteCarloParameters.Default(factors);
        DateOnly[] all = [.. factors.Coins.SelectMany(c => history.Dates(c, HistoryField.Close)).Distinct().Order()];
        var dates = all[Math.Max(0, all.Length - options.MostDates)..];
        var coins = factors.Coins.Select(c => new CoinSample(c, history, dates, options)).ToArray();
        if (!coins.Any(c => c.IsUsable))
        {
            throw new InvalidInputException("history-missing", $"no coin of {string.Join(", ", factors.Coins)} has {options.LeastReturns} daily returns: nothing can be calibrated");
        }

        var adjustments = ImmutableArray.CreateBuilder<string>();
        bool[] isCommon = [.. Enumerable.Range(0, dates.Length).Select(t => coins.Count(c => c.IsJump[t]) >= 2)];
        var lead = coins.OrderByDescending(c => c.JumpsOn(isCommon).Length).First();
        var crash = Crash(defaults.Crash, lead, isCommon, adjustments);
        var estimates = coins.Select((c, i) => c.IsUsable ? Estimate(c, defaults.Coins[i], lead, isCommon) : (Dynamics: defaults.Coins[i], Keep: ["everything: too few returns"])).ToArray();
        var n = coins.Length;
        var price = Correlations(coins, defaults.PriceCorrelation, (c, t) => c.Quiet(t));
        var variance = Correlations(coins, defaults.VarianceCorrelation, (c, t) => c.IsJump[t] ? double.NaN : c.VolChange[t]);
        double[] residuals = [.. coins.Where(c => c.IsUsable).SelectMany(c => Enumerable.Range(0, dates.Length).Select(c.Standardised).Where(z => !double.IsNaN(z)))];
        var (degrees, _) = ReturnStatistics.StudentDegrees(residuals);
        var parameters = MadeConsistent(
            defaults with
            {
                Coins = [.. estimates.Select(e => e.Dynamics)],
                PriceCorrelation = [.. CorrelationFactor.Nearest(price, n)],
                VarianceCorrelation = [.. CorrelationFactor.Nearest(variance, n)],
                Crash = crash,
                DegreesOfFreedom = Math.Clamp(degrees, 3, 60),
            },
            adjustments);
        return new HistoryCalibrationResult(
            parameters,
            dates[0],
            dates[^1],
            degrees,
            [.. coins.Select((c, i) => new CoinCalibration(c.Coin, c.Count, c.EwmaVol, c.LongRunVol, c.IsJump.Count(j => j), c.JumpsOn(isCommon).Length, c.VolChange.Count(v => !double.IsNaN(v)), [.. estimates[i].Keep]))],
            adjustments.ToImmutable());
    }

    /// <summary>Frequency and size of common jumps, by the coin that has most of them.</summary>
    private static JumpLaw Crash(JumpLaw fallback, CoinSample lead, bool[] isCommon, ImmutableArray<string>.Builder notes)
    {
        var sizes = lead.JumpsOn(isCommon);
        if (sizes.Length < LeastJumps)
        {
            notes.Add($"crash: {sizes.Length} common jumps, fewer than {LeastJumps}: the default law is kept");
            return fallback;
        }

        var (mean, sd) = MeanAndSd(sizes);
        return fallback with { IntensityPerYear = DaysPerYear * isCommon.Count(c => c) / lead.Count, LogMean = mean, LogSd = sd, LogPerVariance = 0 };
    }

    private static (CoinDynamics Dynamics, List<string> Keep) Estimate(CoinSample c, CoinDynamics given, CoinSample lead, bool[] isCommon)
    {
        var keep = new List<string>();
        var own = c.JumpsOn([.. isCommon.Select(x => !x)]);
        var jump = given.OwnJump with { IntensityPerYear = DaysPerYear * own.Length / c.Count };
        if (own.Length >= LeastJumps)
        {
            var (mean, sd) = MeanAndSd(own);
            jump = jump with { LogMean = mean, LogSd = sd, LogPerVariance = 0 };
        }
        else
        {
            keep.Add($"size of own jumps: {own.Length} of them");
        }

        // Loading: this coin's moves on crash days against those of the coin that the crash is measured by.
        var (cross, square, days) = (0.0, 0.0, 0);
        for (var t = 0; t < isCommon.Length; t++)
        {
            if (isCommon[t] && !double.IsNaN(c.Return[t]) && !double.IsNaN(lead.Return[t]))
            {
                cross += c.Return[t] * lead.Return[t];
                square += lead.Return[t] * lead.Return[t];
                days++;
            }
        }

        var loading = given.CrashLoading;
        if (days >= LeastJumps)
        {
            loading = Math.Clamp(cross / square, 0.1, 5);
        }
        else
        {
            keep.Add($"crash loading: {days} common jumps");
        }

        var variance = given.Variance with { LongRun = c.LongRunVol * c.LongRunVol, Initial = c.EwmaVol * c.EwmaVol };
        if (c.VarianceProcess() is { } process)
        {
            // The vol index carries a premium over realised variance: its shape is taken, the level is that of returns.
            variance = variance with
            {
                MeanReversion = process.MeanReversion,
                VolOfVariance = process.VolOfVariance * Math.Sqrt(variance.LongRun / process.LongRun),
                Correlation = Math.Clamp(process.Correlation, -0.9, 0.9),
            };
        }
        else
        {
            keep.Add("mean reversion, vol of variance, spot-vol correlation: no vol history");
            variance = variance with { VolOfVariance = given.Variance.VolOfVariance * Math.Sqrt(variance.LongRun / given.Variance.LongRun) };
        }

        keep.Add("variance jumps, skew and basis dynamics");
        return (given with { Variance = variance, OwnJump = jump, CrashLoading = loading }, keep);
    }

    private static double[] Correlations(CoinSample[] coins, ImmutableArray<double> defaults, Func<CoinSample, int, double> value)
    {
        var n = coins.Length;
        var matrix = defaults.ToArray();
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var pairs = Enumerable.Range(0, coins[i].Return.Length).Select(t => (X: value(coins[i], t), Y: value(coins[j], t))).Where(p => !double.IsNaN(p.X) && !double.IsNaN(p.Y)).ToArray();
                if (pairs.Length >= LeastPairs)
                {
                    var rho = ReturnStatistics.EllipticalCorrelation(ReturnStatistics.KendallTau([.. pairs.Select(p => p.X)], [.. pairs.Select(p => p.Y)]));
                    matrix[(i * n) + j] = matrix[(j * n) + i] = Math.Clamp(rho, -0.99, 0.99);
                }
            }
        }

        return matrix;
    }

    /// <summary>Each coin's price-variance correlation is brought towards 0 until the correlations of all shocks exist together.</summary>
    private static MonteCarloParameters MadeConsistent(MonteCarloParameters parameters, ImmutableArray<string>.Builder notes)
    {
        for (var round = 0; parameters.Check() is { } refusal; round++)
        {
            if (round == 20 || !refusal.Code.StartsWith("correlation", StringComparison.Ordinal))
            {
                throw refusal.ToException();
            }

            parameters = parameters with { Coins = [.. parameters.Coins.Select(c => c with { Variance = c.Variance with { Correlation = 0.8 * c.Variance.Correlation } })] };
            notes.Add("spot-vol correlations times 0.8, so that all correlations exist together");
        }

        return parameters;
    }

    private static (double Mean, double Sd) MeanAndSd(double[] sample)
    {
        var mean = sample.Average();
        return (mean, Math.Sqrt(sample.Sum(x => (x - mean) * (x - mean)) / (sample.Length - 1)));
    }

    /// <summary>One coin's daily returns, their forecasts, and which of them are jumps.</summary>
    private sealed class CoinSample
    {
        private readonly double[] _sigma;
        private readonly double[] _level;

        public CoinSample(Asset coin, FactorHistory history, DateOnly[] dates, CalibrationOptions options)
        {
            Coin = coin;
            Return = [.. dates.Select(d => history.Change(coin, HistoryField.Close, d.AddDays(-1), d) ?? double.NaN)];
            Count = Return.Count(r => !double.IsNaN(r));
            IsUsable = Count >= options.LeastReturns;
            IsJump = new bool[dates.Length];
            _sigma = new double[dates.Length];
            Array.Fill(_sigma, double.NaN);
            _level = [.. dates.Select(d => history.Level(coin, HistoryField.AtmVol, d) is { } v ? v * v : double.NaN)];
            VolChange = [.. dates.Select(d => history.Change(coin, HistoryField.AtmVol, d.AddDays(-1), d) ?? double.NaN)];
            if (!IsUsable)
            {
                return;
            }

            var known = Array.FindAll(Return, r => !double.IsNaN(r));
            var path = EwmaVolatility.Of(known, options.Lambda);
            var (quiet, quietCount, next) = (0.0, 0, 0);
            for (var t = 0; t < dates.Length; t++)
            {
                if (double.IsNaN(Return[t]))
                {
                    continue;
                }

                _sigma[t] = path.Sigma[next++];
                IsJump[t] = Math.Abs(Return[t]) > options.JumpThreshold * _sigma[t];
                quiet += IsJump[t] ? 0 : Return[t] * Return[t];
                quietCount += IsJump[t] ? 0 : 1;
            }

            EwmaVol = Math.Sqrt(DaysPerYear) * path.Next;
            LongRunVol = Math.Sqrt(DaysPerYear * quiet / quietCount);
        }

        public Asset Coin { get; }

        public double[] Return { get; }

        public double[] VolChange { get; }

        public bool[] IsJump { get; }

        public int Count { get; }

        public bool IsUsable { get; }

        public double EwmaVol { get; }

        public double LongRunVol { get; }

        /// <summary>Sizes of its jumps on the days marked.</summary>
        public double[] JumpsOn(bool[] days) => [.. Enumerable.Range(0, days.Length).Where(t => days[t] && IsJump[t]).Select(t => Return[t])];

        /// <summary>The return, NaN where there is none or it is a jump.</summary>
        public double Quiet(int t) => IsUsable && !IsJump[t] ? Return[t] : double.NaN;

        public double Standardised(int t) => Quiet(t) / _sigma[t];

        /// <summary>v the squared vol index: dv = kappa (theta - v) dt + sigma sqrt(v) dB, by least squares of dv / sqrt(v) on 1 / sqrt(v) and sqrt(v) over quiet days.</summary>
        public (double MeanReversion, double LongRun, double VolOfVariance, double Correlation)? VarianceProcess()
        {
            int[] days = [.. Enumerable.Range(1, Math.Max(0, Return.Length - 1)).Where(t => !double.IsNaN(Quiet(t)) && !double.IsNaN(VolChange[t]) && !double.IsNaN(_level[t - 1]))];
            if (days.Length < LeastPairs)
            {
                return null;
            }

            const double dt = 1 / DaysPerYear;
            double aa = 0, bb = 0, ay = 0, by = 0;
            foreach (var t in days)
            {
                var v = _level[t - 1];
                var (a, b, y) = (1 / Math.Sqrt(v), Math.Sqrt(v), (_level[t] - v) / Math.Sqrt(v));
                (aa, bb, ay, by) = (aa + (a * a), bb + (b * b), ay + (a * y), by + (b * y));
            }

            // a b = 1 on every day, so that the cross sum is the count.
            double n = days.Length;
            var determinant = (aa * bb) - (n * n);
            if (!(determinant > 1e-12 * aa * bb))
            {
                return null;
            }

            var constant = ((ay * bb) - (by * n)) / determinant;
            var kappa = -((by * aa) - (ay * n)) / determinant / dt;
            var theta = kappa > 0 ? constant / (kappa * dt) : 0;
            if (!(kappa is >= 0.1 and <= 200 && theta > 0))
            {
                return null;
            }

            double rr = 0, rz = 0, zz = 0;
            foreach (var t in days)
            {
                var v = _level[t - 1];
                var z = (_level[t] - v - (kappa * (theta - v) * dt)) / Math.Sqrt(v * dt);
                var r = Return[t] / _sigma[t];
                (rr, rz, zz) = (rr + (r * r), rz + (r * z), zz + (z * z));
            }

            // The index is the variance expected over 30 days, which moves by (1 - exp(-kappa T)) / (kappa T) of the variance now.
            var share = -ElementaryMath.Expm1(-kappa * 30 * dt) / (kappa * 30 * dt);
            return (kappa, theta, Math.Sqrt(zz / n) / share, rz / Math.Sqrt(rr * zz));
        }
    }
}

using System.Collections.Immutable;
using Pms.Primitives;

namespace Pms.Validation.Statistics;

/// <summary>What was forecast and what came of it, in time order. What is left out is not tested.</summary>
public sealed record BacktestRecord
{
    /// <summary>Share of observations that should breach, above 0 and below 1.</summary>
    public double Rate { get; init; } = 0.01;

    /// <summary>Observations, where only their count is known.</summary>
    public int? Observations { get; init; }

    /// <summary>Breaches, where only their count is known.</summary>
    public int? Exceptions { get; init; }

    /// <summary>Whether each observation breached; where left out, losses above VaR.</summary>
    public ImmutableArray<bool> Hits { get; init; } = [];

    /// <summary>Positive: lost.</summary>
    public ImmutableArray<double> Losses { get; init; } = [];

    /// <summary>Forecast of each, or one for all.</summary>
    public ImmutableArray<double> Var { get; init; } = [];

    /// <summary>Forecast of each, or one for all; above 0 and at least VaR.</summary>
    public ImmutableArray<double> Es { get; init; } = [];

    /// <summary>Another model's forecasts of the same losses, to be compared.</summary>
    public ImmutableArray<double> OtherVar { get; init; } = [];

    /// <summary>Another model's forecasts of the same losses, to be compared.</summary>
    public ImmutableArray<double> OtherEs { get; init; } = [];

    /// <summary>Observations whose windows reach into one another; 1: none do.</summary>
    public int Overlap { get; init; } = 1;

    /// <summary>Bet of the e-backtest; null: by the past.</summary>
    public double? Bet { get; init; }

    /// <summary>Level of the e-backtest's alarm.</summary>
    public double AlarmLevel { get; init; } = 0.05;
}

/// <summary>Share of breaches where windows overlap: normal, with the standard error of Newey and West over the overlap.</summary>
public sealed record OverlapCoverage(double Rate, double StandardError, double Statistic, double PValue, int Lags);

/// <summary>Everything that a record allows.</summary>
/// <param name="Kupiec">share of breaches</param>
/// <param name="Christoffersen">null: places are not known, or fewer than two</param>
/// <param name="Basel">zone</param>
/// <param name="Coverage">interval</param>
/// <param name="Overlapping">null: windows do not overlap, or no observation or every one breached</param>
/// <param name="AcerbiSzekely">null: losses, VaR and ES are not all known</param>
/// <param name="FisslerZiegel">mean score; null as before</param>
/// <param name="OtherFisslerZiegel">mean score of the other model; null: there is none</param>
/// <param name="DieboldMariano">between them; null: there is none, or no difference</param>
/// <param name="EBacktest">null as AcerbiSzekely</param>
public sealed record BacktestResult(
    KupiecResult Kupiec,
    ChristoffersenResult? Christoffersen,
    BaselResult Basel,
    CoverageResult Coverage,
    OverlapCoverage? Overlapping,
    AcerbiSzekelyResult? AcerbiSzekely,
    double? FisslerZiegel,
    double? OtherFisslerZiegel,
    DieboldMarianoResult? DieboldMariano,
    EBacktestResult? EBacktest);

/// <summary>Runs all tests that a record allows (docs/model/validation.md).</summary>
public static class BacktestStatistics
{
    /// <exception cref="InvalidInputException"><c>backtest-count</c>, <c>backtest-rate</c>, <c>backtest-length</c>, <c>backtest-value</c>: names the list, its place and what is allowed</exception>
    public static BacktestResult Of(BacktestRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        var (p, n) = (record.Rate, record.Losses.Length);
        Require(record.Overlap >= 1, "backtest-count", $"windows that overlap: {record.Overlap}, at least 1 is required");
        Require(record.Bet is null or (>= 0 and <= 1), "backtest-value", $"bet {record.Bet}: 0 to 1 is required");
        Require(record.AlarmLevel is > 0 and < 1, "backtest-value", $"alarm level {record.AlarmLevel}: above 0 and below 1 is required");
        RequireFinite("losses", record.Losses);
        var var = Forecast("var", record.Var, n);
        var es = Forecast("es", record.Es, n);
        RequireTails(var, es, "");
        var hits = HitsOf(record, var);
        var observations = hits.IsDefaultOrEmpty ? record.Observations ?? throw new InvalidInputException("backtest-count", "neither hits, nor losses with var, nor exceptions with observations are given") : hits.Length;
        var exceptions = hits.IsDefaultOrEmpty ? record.Exceptions ?? throw new InvalidInputException("backtest-count", "observations without exceptions are given") : hits.Count(h => h);
        Require(record.Observations is null || record.Observations == observations, "backtest-count", $"observations says {record.Observations}, the lists have {observations}");
        Require(record.Exceptions is null || record.Exceptions == exceptions, "backtest-count", $"exceptions says {record.Exceptions}, the lists have {exceptions}");
        var kupiec = CoverageTests.Kupiec(observations, exceptions, p);
        var hasTails = n > 0 && var.Length == n && es.Length == n;
        var (otherVar, otherEs) = (Forecast("otherVar", record.OtherVar, n), Forecast("otherEs", record.OtherEs, n));
        RequireTails(otherVar, otherEs, "other");
        var hasOther = hasTails && otherVar.Length == n && otherEs.Length == n;
        var scores = hasTails ? Scores(record.Losses, var, es, p) : [];
        var otherScores = hasOther ? Scores(record.Losses, otherVar, otherEs, p) : [];
        return new BacktestResult(
            kupiec,
            hits.Length >= 2 ? CoverageTests.Christoffersen(hits, p) : null,
            CoverageTests.Basel(observations, exceptions, p),
            CoverageTests.Coverage(observations, exceptions, p),
            record.Overlap > 1 && hits.Length > record.Overlap ? Overlapping(hits, p, record.Overlap - 1) : null,
            hasTails ? ShortfallTests.AcerbiSzekely(record.Losses.AsSpan(), var.AsSpan(), es.AsSpan(), p) : null,
            hasTails ? scores.Average() : null,
            hasOther ? otherScores.Average() : null,
            hasOther ? ScoreTests.DieboldMariano(scores, otherScores, record.Overlap - 1) : null,
            hasTails ? EBacktest.Of(record.Losses.AsSpan(), var.AsSpan(), es.AsSpan(), p, record.Bet, record.AlarmLevel) : null);
    }

    private static ImmutableArray<bool> HitsOf(BacktestRecord record, ImmutableArray<double> var)
    {
        var n = record.Losses.Length;
        if (record.Hits.IsEmpty)
        {
            return n > 0 && var.Length == n ? [.. record.Losses.Select((l, t) => l > var[t])] : [];
        }

        Require(n == 0 || n == record.Hits.Length, "backtest-length", $"{record.Hits.Length} hits and {n} losses: as many are required");
        for (var t = 0; t < n && var.Length == n; t++)
        {
            Require(record.Hits[t] == record.Losses[t] > var[t], "backtest-value", $"hits[{t}] is {(record.Hits[t] ? 1 : 0)}, but the loss is {record.Losses[t]} and var {var[t]}");
        }

        return record.Hits;
    }

    /// <summary>One value stands for all.</summary>
    private static ImmutableArray<double> Forecast(string name, ImmutableArray<double> values, int n)
    {
        RequireFinite(name, values);
        Require(values.Length <= 1 || values.Length == n, "backtest-length", $"{values.Length} values of {name} and {n} losses: one, or as many are required");
        return values.Length == 1 && n > 0 ? [.. Enumerable.Repeat(values[0], n)] : values;
    }

    private static void RequireTails(ImmutableArray<double> var, ImmutableArray<double> es, string prefix)
    {
        for (var t = 0; t < es.Length; t++)
        {
            Require(es[t] > 0 && (t >= var.Length || es[t] >= var[t]), "backtest-value", $"{prefix}es[{t}] is {es[t]}: above 0 and at least var{(t < var.Length ? $" ({var[t]})" : "")} is required");
        }
    }

    private static double[] Scores(ImmutableArray<double> losses, ImmutableArray<double> var, ImmutableArray<double> es, double rate) =>
        [.. losses.Select((l, t) => ScoreTests.FisslerZiegel(l, var[t], es[t], rate))];

    private static OverlapCoverage? Overlapping(ImmutableArray<bool> hits, double rate, int lags)
    {
        double[] ones = [.. hits.Select(h => h ? 1.0 : 0.0)];
        var (mean, error) = ScoreTests.MeanAndError(ones, lags);
        if (error == 0)
        {
            return null;
        }

        var statistic = (mean - rate) / error;
        return new OverlapCoverage(mean, error, statistic, 2 * Numerics.NormalDistribution.CdfComplement(Math.Abs(statistic)), lags);
    }

    private static void RequireFinite(string name, ImmutableArray<double> values)
    {
        for (var t = 0; t < values.Length; t++)
        {
            Require(double.IsFinite(values[t]), "backtest-value", $"{name}[{t}] is {values[t]}: a finite number is required");
        }
    }

    private static void Require(bool holds, string code, string message)
    {
        if (!holds)
        {
            throw new InvalidInputException(code, message);
        }
    }
}

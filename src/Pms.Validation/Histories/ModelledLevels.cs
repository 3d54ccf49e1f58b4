using Pms.MarketData.Instruments;
using Pms.MarketData.Readers.Histories;
using Pms.Numerics;
using Pms.Scenarios.Historical;

namespace Pms.Validation.Histories;

/// <summary>What was known of a coin at 00:00 UTC of a day.</summary>
/// <param name="Spot">USD: the close of the day before</param>
/// <param name="Index">volatility index of the day before; null where there is none</param>
/// <param name="Level">30-day ATM vol</param>
/// <param name="LongRun">ATM vol that the far end returns to</param>
/// <param name="RecentReturn">log returns, faded</param>
internal readonly record struct ModelledLevel(double Spot, double? Index, double Level, double LongRun, double RecentReturn)
{
    /// <summary>The level comes from returns: no volatility index was there.</summary>
    public bool IsSynthetic => Index is null;
}

/// <summary>Goes over a coin's history day by day; of a day's board it reads the days before and nothing else.</summary>
internal sealed class ModelledLevels
{
    private readonly Asset _coin;
    private readonly FactorHistory _history;
    private readonly ModelledBoardParameters _p;
    private readonly double _returnMemory;
    private readonly double _longRunMemory;
    private double _fast;
    private double _slow;
    private double _recent;
    private double _longRun;
    private int _returns;
    private int _levels;

    public ModelledLevels(Asset coin, FactorHistory history, ModelledBoardParameters parameters)
    {
        (_coin, _history, _p) = (coin, history, parameters);
        _returnMemory = HalfLife(parameters.ReturnHalfLifeDays);
        _longRunMemory = HalfLife(parameters.LongRunHalfLifeDays);
        First = history.Dates(coin, HistoryField.Close) is { Length: > 0 } dates ? dates[0].AddDays(1) : null;
    }

    /// <summary>The first day with a price before it; null without prices.</summary>
    public DateOnly? First { get; }

    /// <summary>To be called once for every day, in order.</summary>
    /// <returns>null where the day before has no close, or too few returns are known</returns>
    public ModelledLevel? Next(DateOnly day)
    {
        var (yesterday, before) = (day.AddDays(-1), day.AddDays(-2));
        if (_history.Change(_coin, HistoryField.Close, before, yesterday) is { } change)
        {
            _returns++;
            _fast = Average(_fast, change * change, _p.FastMemory, _returns);
            _slow = Average(_slow, change * change, _p.SlowMemory, _returns);
            _recent = (_returnMemory * _recent) + change;
        }

        if (_history.Level(_coin, HistoryField.Close, yesterday) is not { } spot || _returns < _p.LeastReturns || !(_slow > 0))
        {
            return null;
        }

        var index = _history.Level(_coin, HistoryField.AtmVol, yesterday);
        var level = _p.AtmShareOfIndex * (index ?? Synthetic());
        _levels++;
        _longRun = Average(_longRun, level, _longRunMemory, _levels);
        return new ModelledLevel(spot, index, level, _longRun, _recent);
    }

    private double Synthetic() => ElementaryMath.Exp(
        _p.SyntheticLog + (0.5 * ((_p.SyntheticFastPower * ElementaryMath.Log(365 * _fast)) + (_p.SyntheticSlowPower * ElementaryMath.Log(365 * _slow)))));

    /// <summary>Plain at first, then with a memory.</summary>
    private static double Average(double average, double value, double memory, int count) => average + (Math.Max(1.0 / count, 1 - memory) * (value - average));

    private static double HalfLife(double days) => ElementaryMath.Exp(-ElementaryMath.Log(2) / days);
}

using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers.Histories;
using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Scenarios.Historical;

/// <summary>Daily histories of assets; of several sources of one number the first that knows both ends of a change gives it.</summary>
public sealed class FactorHistory
{
    private readonly Dictionary<(Asset, HistoryField), List<HistorySeries>> _series = [];

    /// <param name="series">in order of preference</param>
    public FactorHistory(IEnumerable<HistorySeries> series)
    {
        ArgumentNullException.ThrowIfNull(series);
        Series = [.. series.Where(s => s.Values.Count > 0)];
        foreach (var s in Series)
        {
            if (!_series.TryGetValue((s.Asset, s.Field), out var list))
            {
                _series.Add((s.Asset, s.Field), list = []);
            }

            list.Add(s);
        }
    }

    public ImmutableArray<HistorySeries> Series { get; }

    /// <summary>Values that <see cref="Before"/> left out.</summary>
    public int LeftOut { get; private init; }

    /// <summary>The part that was known at an instant: values of days that had ended. What came later would be looking ahead, and is left out and counted.</summary>
    /// <param name="at">of the market that the history is to explain</param>
    public FactorHistory Before(DateTimeOffset at)
    {
        // A value is of the end of its UTC day or of an earlier hour of it.
        var today = DateOnly.FromDateTime(at.UtcDateTime);
        HistorySeries[] known = [.. Series.Select(s => s with { Values = s.Values.RemoveRange(s.Values.Keys.Where(d => d >= today)) })];
        return new FactorHistory(known) { LeftOut = LeftOut + Series.Sum(s => s.Values.Count) - known.Sum(s => s.Values.Count) };
    }

    /// <summary>SHA-256 of every value with its date, asset, field and source.</summary>
    public ContentHash Hash()
    {
        var writer = new CanonicalWriter("pms.factor-history/1");
        writer.Write(Series.Length);
        foreach (var series in Series)
        {
            writer.Write(series.Asset.Code);
            writer.Write(series.Field.ToString());
            writer.Write(series.Source);
            writer.Write(series.Values.Count);
            foreach (var (date, value) in series.Values)
            {
                writer.Write(date.DayNumber);
                writer.Write(value);
            }
        }

        return writer.Hash();
    }

    public bool Has(Asset asset, HistoryField field) => _series.ContainsKey((asset, field));

    /// <summary>Dates on which some source has the number, ascending.</summary>
    public ImmutableArray<DateOnly> Dates(Asset asset, HistoryField field) =>
        _series.TryGetValue((asset, field), out var list) ? [.. list.SelectMany(s => s.Values.Keys).Distinct().Order()] : [];

    /// <summary>Log change of a price or vol, plain change of skew or basis; null where no one source knows both ends.</summary>
    public double? Change(Asset asset, HistoryField field, DateOnly from, DateOnly to)
    {
        if (_series.TryGetValue((asset, field), out var list))
        {
            foreach (var s in list)
            {
                if (s.Values.TryGetValue(from, out var before) && s.Values.TryGetValue(to, out var after))
                {
                    return field is HistoryField.Close or HistoryField.AtmVol ? ElementaryMath.LogRatio(after, before) : after - before;
                }
            }
        }

        return null;
    }

    /// <summary>The number at the end of a day, from the first source that knows it.</summary>
    public double? Level(Asset asset, HistoryField field, DateOnly date)
    {
        if (_series.TryGetValue((asset, field), out var list))
        {
            foreach (var s in list)
            {
                if (s.Values.TryGetValue(date, out var value))
                {
                    return value;
                }
            }
        }

        return null;
    }
}

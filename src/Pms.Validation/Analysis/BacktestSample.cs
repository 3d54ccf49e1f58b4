using System.Collections.Immutable;
using Pms.Validation.Books;
using Pms.Validation.WalkForward;

namespace Pms.Validation.Analysis;

/// <summary>Windows and books that are judged together.</summary>
/// <param name="Name">class, <c>all</c>, <c>hedged</c>, or an aggregate's id</param>
/// <param name="Rows">observations with their window, in order of time</param>
public sealed record BacktestSample(string Name, ImmutableArray<(BacktestWindow Window, BacktestObservation Observation)> Rows)
{
    /// <summary>All drawn books, those that are hedged, every class, every aggregate; those without a row are left out.</summary>
    public static ImmutableArray<BacktestSample> Of(IReadOnlyList<BacktestWindow> windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        var rows = windows.OrderBy(w => w.From).SelectMany(w => w.Observations.Select(o => (Window: w, Observation: o))).ToArray();
        var samples = new List<BacktestSample>
        {
            new("all", [.. rows.Where(r => r.Observation.Class != BookClass.Aggregate)]),
            new("hedged", [.. rows.Where(r => BookClasses.IsHedged(r.Observation.Class))]),
        };
        samples.AddRange(BookClasses.Drawn.Select(c => new BacktestSample(BookClasses.NameOf(c), [.. rows.Where(r => r.Observation.Class == c)])));
        samples.AddRange(rows
            .Where(r => r.Observation.Class == BookClass.Aggregate)
            .GroupBy(r => r.Observation.Book, StringComparer.Ordinal)
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new BacktestSample(g.Key, [.. g])));
        return [.. samples.Where(s => s.Rows.Length > 0)];
    }

    /// <summary>Windows that begin within another, the most: 1 where none overlap.</summary>
    public static int Overlap(IReadOnlyList<BacktestWindow> windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        var most = 1;
        var (first, count) = (0, 0);
        for (var w = 0; w < windows.Count; w++)
        {
            count++;
            while (windows[first].To <= windows[w].From)
            {
                first++;
                count--;
            }

            most = Math.Max(most, count);
        }

        return most;
    }

    /// <summary>Rows of windows that do not reach into one another: the first from a place on, then each that begins when the one before has ended.</summary>
    /// <param name="rows">of one book, in order of time</param>
    /// <param name="start">place of the first</param>
    public static ImmutableArray<BacktestObservation> NotOverlapping(IReadOnlyList<(BacktestWindow Window, BacktestObservation Observation)> rows, int start = 0)
    {
        ArgumentNullException.ThrowIfNull(rows);
        // Boards are not taken at the same second every day.
        var slack = TimeSpan.FromMinutes(30);
        var taken = ImmutableArray.CreateBuilder<BacktestObservation>();
        var until = DateTimeOffset.MinValue;
        foreach (var (window, observation) in rows.Skip(start))
        {
            if (until == DateTimeOffset.MinValue || window.From >= until - slack)
            {
                taken.Add(observation);
                until = window.To;
            }
        }

        return taken.ToImmutable();
    }
}

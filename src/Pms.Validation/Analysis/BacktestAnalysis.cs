using System.Collections.Immutable;
using Pms.Margin.Measures;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Validation.Books;
using Pms.Validation.Statistics;
using Pms.Validation.WalkForward;

namespace Pms.Validation.Analysis;

/// <summary>Judges a run: coverage, tails, capital at equal coverage, procyclicality, by class and in total (docs/model/validation.md).</summary>
public static class BacktestAnalysis
{
    /// <param name="models">names, in the order of the margins; the first is the one that others are compared with</param>
    /// <param name="windows">of one run</param>
    /// <exception cref="InvalidInputException"><c>backtest-windows</c>: there is none</exception>
    public static BacktestReport Of(ImmutableArray<string> models, IReadOnlyList<BacktestWindow> windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        if (windows.Count == 0)
        {
            throw new InvalidInputException("backtest-windows", "no board has another a horizon later: there is nothing to judge");
        }

        BacktestWindow[] inOrder = [.. windows.OrderBy(w => w.From)];
        var samples = BacktestSample.Of(inOrder);
        return new BacktestReport(
            models,
            [.. inOrder.GroupBy(w => w.Source, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => new BoardSourceCount(g.Key, g.Count()))],
            inOrder.Length,
            inOrder.Select(w => w.From.UtcDateTime.Date).Distinct().Count(),
            inOrder[0].From,
            inOrder.Max(w => w.To),
            BacktestSample.Overlap(inOrder),
            (double)inOrder.Sum(w => w.LegsByModel) / Math.Max(1, inOrder.Sum(w => w.Legs)),
            [.. samples.Select(s => Sample(s, models))],
            [.. samples.Where(s => s.Rows[0].Observation.Class == BookClass.Aggregate).SelectMany(s => Records(s, models))],
            [.. inOrder.Select(w => Point(w, models.Length))],
            ProcyclicalityTools.Of(samples[0], 0));
    }

    private static SampleReport Sample(BacktestSample sample, ImmutableArray<string> models)
    {
        EmpiricalTail[] byBook =
        [
            .. sample.Rows
                .GroupBy(r => r.Observation.Book, StringComparer.Ordinal)
                .Select(g => new EmpiricalLosses([.. g.Select(r => r.Observation.LossUsd / r.Observation.NotionalUsd)]).Tail(1 - Coverage.Rate)),
        ];
        var realisedEs = byBook.Average(t => t.Es);
        var hindsight = byBook.Average(t => Math.Max(0, t.Var));
        var scored = new Scored?[models.Length];
        var reports = ImmutableArray.CreateBuilder<ModelReport>(models.Length);
        for (var m = 0; m < models.Length; m++)
        {
            var model = m;
            Row[] rows = [.. sample.Rows.Where(r => r.Observation.Margins[model] is not null).Select(r => new Row(r.Window, r.Observation, r.Observation.Margins[model]!.Value))];
            if (rows.Length == 0)
            {
                continue;
            }

            scored[m] = Scored.Of(rows);
            reports.Add(Model(models[m], sample.Rows.Length - rows.Length, rows, realisedEs, scored[m], m == 0 ? null : scored[0]));
        }

        return new SampleReport(sample.Name, sample.Rows.Length, byBook.Length, hindsight, reports.ToImmutable());
    }

    private static ModelReport Model(string name, int refused, Row[] rows, double realisedEs, Scored? scored, Scored? first)
    {
        var series = Means(rows, r => r.Margin.Initial / r.Notional);
        Row[] shortfalls = [.. rows.Where(r => r.Loss > r.Margin.Initial)];
        var average = rows.Average(r => r.Margin.Initial / r.Notional);
        return new ModelReport(
            name,
            refused,
            Coverage.Of([.. rows.Select(r => (r.Window, r.Loss > r.Margin.Initial))]),
            Coverage.Of([.. rows.Select(r => (r.Window, r.Loss > r.Margin.Maintenance))]),
            Zones(rows, r => r.Loss > r.Margin.Maintenance).Zones,
            average,
            series.Max(s => s.Value),
            realisedEs > 0 ? average / realisedEs : null,
            rows.Where(r => r.Margin.Initial > 0).Select(r => (double?)Math.Clamp(1 - (r.Loss / r.Margin.Initial), 0, 1)).Average(),
            shortfalls.Where(r => r.Margin.Initial > 0).Select(r => (double?)((r.Loss - r.Margin.Initial) / r.Margin.Initial)).Average(),
            shortfalls.Select(r => (r.Loss - r.Margin.Initial) / r.Notional).DefaultIfEmpty(0).Max(),
            scored?.Report(first),
            MarginSeries.Of([.. series.Where(s => s.Value > 0)]),
            Tail([.. rows.Where(r => r.Margin is { Var: not null, Es: > 0 })]));
    }

    private static TailReport? Tail(Row[] rows)
    {
        if (rows.Length == 0)
        {
            return null;
        }

        var breaches = rows.Count(r => r.Loss > r.Margin.Var);
        var beyond = rows.Sum(r => r.Loss > r.Margin.Var ? r.Loss / r.Margin.Es!.Value : 0);
        var z1 = breaches == 0 ? null : Ratio(beyond / breaches, rows, r => r.Loss > r.Margin.Var ? 1 : 0);
        var (zones, kupiec, christoffersen) = Zones(rows, r => r.Loss > r.Margin.Var);
        return new TailReport(
            Coverage.Of([.. rows.Select(r => (r.Window, r.Loss > r.Margin.Var))]),
            (double)rows.Count(r => r.Loss > r.Margin.Es) / rows.Length,
            z1,
            Ratio(beyond / (rows.Length * Coverage.Rate), rows, _ => Coverage.Rate),
            zones,
            kupiec,
            christoffersen);

        // 1 - sum of L / ES over breaches / sum of the denominator.
        static Interval Ratio(double value, Row[] rows, Func<Row, double> denominator)
        {
            var (low, high) = Coverage.OverDays(rows.Select(r => (r.Window, r.Loss > r.Margin.Var ? r.Loss / r.Margin.Es!.Value : 0, denominator(r))));
            return new Interval(1 - value, 1 - high, 1 - low);
        }
    }

    /// <summary>Every book by itself on windows that do not overlap.</summary>
    private static (ZoneCounts Zones, double? Kupiec, double? Christoffersen) Zones(Row[] rows, Func<Row, bool> hit)
    {
        var (books, kupiec, christoffersen) = (0, 0, 0);
        var zones = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var book in rows.GroupBy(r => r.Observation.Book, StringComparer.Ordinal))
        {
            ImmutableArray<bool> hits = [.. BacktestSample.NotOverlapping(book, r => r.Window).Select(hit)];
            if (hits.Length < 2)
            {
                continue;
            }

            var result = BacktestStatistics.Of(new BacktestRecord { Rate = Coverage.Rate, Hits = hits });
            books++;
            zones[result.Basel.Zone] = zones.GetValueOrDefault(result.Basel.Zone) + 1;
            kupiec += result.Kupiec.PValue >= 0.05 ? 1 : 0;
            christoffersen += result.Christoffersen is { PConditional: >= 0.05 } ? 1 : 0;
        }

        return (
            new ZoneCounts(zones.GetValueOrDefault("green"), zones.GetValueOrDefault("yellow"), zones.GetValueOrDefault("red")),
            books == 0 ? null : (double)kupiec / books,
            books == 0 ? null : (double)christoffersen / books);
    }

    /// <summary>One record for each window of a day that it can begin with.</summary>
    private static IEnumerable<AggregateRecord> Records(BacktestSample sample, ImmutableArray<string> models)
    {
        var offsets = BacktestSample.Overlap([.. sample.Rows.Select(r => r.Window)]);
        for (var m = 0; m < models.Length; m++)
        {
            var model = m;
            var rows = sample.Rows.Where(r => r.Observation.Margins[model] is { Var: not null, Es: > 0 } margin && margin.Es >= margin.Var).ToArray();
            for (var offset = 0; offset < offsets && rows.Length > offset + 1; offset++)
            {
                var thinned = BacktestSample.NotOverlapping(rows, r => r.Window, offset).Select(r => r.Observation).ToArray();
                if (thinned.Length > 1)
                {
                    yield return new AggregateRecord(sample.Name, models[m], offset, BacktestStatistics.Of(new BacktestRecord
                    {
                        Rate = Coverage.Rate,
                        Losses = [.. thinned.Select(o => o.LossUsd / o.NotionalUsd)],
                        Var = [.. thinned.Select(o => o.Margins[model]!.Value.Var!.Value / o.NotionalUsd)],
                        Es = [.. thinned.Select(o => o.Margins[model]!.Value.Es!.Value / o.NotionalUsd)],
                    }));
                }
            }
        }
    }

    private static MarginPoint Point(BacktestWindow window, int models)
    {
        BacktestObservation[] drawn = [.. window.Observations.Where(o => o.Class != BookClass.Aggregate)];
        var withTail = drawn.Where(o => o.Margins[0]?.Var is not null).ToArray();
        return new MarginPoint(
            window.From,
            [.. Enumerable.Range(0, models).Select(m => drawn.Average(o => o.Margins[m]?.Initial / o.NotionalUsd))],
            drawn.Select(o => o.LossUsd / o.NotionalUsd).DefaultIfEmpty(0).Average(),
            withTail.Length == 0 ? null : withTail.Average(o => o.LossUsd > o.Margins[0]!.Value.Var ? 1.0 : 0.0));
    }

    private static (DateTimeOffset At, double Value)[] Means(Row[] rows, Func<Row, double> value) =>
        [.. rows.GroupBy(r => r.Window.From).OrderBy(g => g.Key).Select(g => (g.Key, g.Average(value)))];

    /// <summary>One observation under one model.</summary>
    private readonly record struct Row(BacktestWindow Window, BacktestObservation Observation, BacktestMargin Margin)
    {
        public double Notional => Observation.NotionalUsd;

        public double Loss => Observation.LossUsd;
    }

    /// <summary>A model's margins at the scale of equal coverage, scored.</summary>
    private sealed class Scored
    {
        private readonly Row[] _rows;
        private readonly double _scale;
        private readonly Dictionary<BacktestWindow, double> _scores;

        private Scored(Row[] rows, double scale)
        {
            (_rows, _scale) = (rows, scale);
            // The mean loss beyond the margin over it makes an ES of a margin that states none; all models are treated alike. Ratios, as the scale is one: its product with the margin that it came from may fall a bit below that loss.
            var excess = rows.Where(r => r.Margin.Initial > 0 && r.Loss / r.Margin.Initial > scale).Select(r => r.Loss / (scale * r.Margin.Initial)).DefaultIfEmpty(1).Average();
            _scores = rows
                .Where(r => r.Margin.Initial > 0)
                .GroupBy(r => r.Window)
                .ToDictionary(g => g.Key, g => g.Average(r => ScoreTests.FisslerZiegel(r.Loss / r.Notional, scale * r.Margin.Initial / r.Notional, excess * scale * r.Margin.Initial / r.Notional, Coverage.Rate)));
        }

        /// <summary>Null where even no margin at all would cover, or no factor can.</summary>
        public static Scored? Of(Row[] rows)
        {
            var scale = OrderStatistics.Of(rows.Select(r => r.Margin.Initial > 0 ? r.Loss / r.Margin.Initial : r.Loss > 0 ? double.PositiveInfinity : double.NegativeInfinity), 1 - Coverage.Rate);
            return scale > 0 && double.IsFinite(scale) ? new Scored(rows, scale) : null;
        }

        public EqualCoverage Report(Scored? first)
        {
            var series = Means(_rows, r => _scale * r.Margin.Initial / r.Notional);
            BacktestWindow[] shared = [.. _scores.Keys.Where(w => first is null || first._scores.ContainsKey(w)).OrderBy(w => w.From)];
            return new EqualCoverage(
                _scale,
                _rows.Average(r => _scale * r.Margin.Initial / r.Notional),
                series.Max(s => s.Value),
                _rows.Max(r => Math.Max(0, r.Loss - (_scale * r.Margin.Initial)) / r.Notional),
                _scores.Count == 0 ? null : _scores.Values.Average(),
                first is null || shared.Length < 2 ? null : ScoreTests.DieboldMariano([.. shared.Select(w => first._scores[w])], [.. shared.Select(w => _scores[w])], Math.Min(BacktestSample.Overlap(shared) - 1, shared.Length - 1)));
        }
    }
}

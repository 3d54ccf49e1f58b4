using System.Collections.Immutable;
using Pms.Margin.Parameters;
using Pms.Margin.Requirement;
using Pms.Validation.WalkForward;

namespace Pms.Validation.Analysis;

/// <summary>The buffer and the daily step cap of the margin (docs/model/margin.md) over the record of a rule's margins, each against the requirement of the day before.</summary>
internal static class ProcyclicalityTools
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Slack = TimeSpan.FromHours(3);

    /// <param name="sample">drawn books</param>
    /// <param name="model">index of the model that the tools change; it states its core</param>
    /// <returns>empty where it states none</returns>
    public static ImmutableArray<ToolReport> Of(BacktestSample sample, int model) => !sample.Rows.Any(r => r.Observation.Margins[model]?.Core is not null) ? [] :
    [
        Report("none", sample, model, new()),
        Report("buffer 25 %", sample, model, new() { Buffer = 0.25 }),
        Report("daily step cap 25 %", sample, model, new() { DailyStepCap = 0.25 }),
        Report("buffer 25 %, daily step cap 25 %", sample, model, new() { Buffer = 0.25, DailyStepCap = 0.25 }),
    ];

    private static long Money(double usd) => (long)Math.Round(usd * Rounding.MoneyPerUsd);

    private static ToolReport Report(string name, BacktestSample sample, int model, AntiProcyclicalityParameters tools)
    {
        var rows = new List<(BacktestWindow Window, BacktestObservation Observation, double Margin)>();
        foreach (var book in sample.Rows.GroupBy(r => r.Observation.Book, StringComparer.Ordinal))
        {
            var asked = new List<(DateTimeOffset At, double Margin)>();
            foreach (var (window, observation) in book)
            {
                if (observation.Margins[model] is not { Core: { } core } margin)
                {
                    continue;
                }

                // Margins are of rules made anew: a day before, the rule's notional was rounded to other lots.
                var before = asked.FindLast(a => window.From - a.At >= Day - Slack);
                var previous = before.At != default && window.From - before.At <= Day + Slack ? Money(before.Margin * observation.NotionalUsd) : (long?)null;
                var buffered = Money(margin.Maintenance);
                buffered += AntiProcyclicality.Buffer(Money(core), buffered, previous, tools);
                var sum = (buffered - AntiProcyclicality.Deferred(buffered, previous, tools)) / (double)Rounding.MoneyPerUsd;
                asked.Add((window.From, sum / observation.NotionalUsd));
                rows.Add((window, observation, sum));
            }
        }

        var series = rows.GroupBy(r => r.Window.From).OrderBy(g => g.Key).Select(g => (g.Key, g.Average(r => r.Margin / r.Observation.NotionalUsd))).ToArray();
        return new ToolReport(
            name,
            MarginSeries.Of(series),
            rows.Average(r => r.Margin / r.Observation.NotionalUsd),
            Coverage.Of(rows.OrderBy(r => r.Window.From).Select(r => (r.Window, r.Observation.LossUsd > r.Margin)).ToArray()));
    }
}

using System.Collections.Immutable;
using Pms.MarketData.Snapshots;
using Pms.Scenarios.Historical;
using Pms.Validation.WalkForward;

namespace Pms.Validation.Tests.WalkForward;

/// <summary>Whether margins know what came after their board.</summary>
internal static class LookAhead
{
    /// <summary>Runs boards, and for each of them boards that are others after it with a history that is another from its date on: forecasts until then must be the same bits.</summary>
    /// <param name="boards">in order of time</param>
    /// <param name="others">of the same instants, far from them</param>
    /// <param name="history">daily values, beyond the last board's date</param>
    /// <param name="model">of boards and history, for a model that peeks</param>
    /// <returns>the first forecast that changed, in words; null where none did</returns>
    public static string? FirstLeak(IReadOnlyList<MarketSnapshot> boards, IReadOnlyList<MarketSnapshot> others, FactorHistory history, Func<IReadOnlyList<MarketSnapshot>, FactorHistory, IBacktestModel> model)
    {
        var known = Run(boards, history, model);
        known.Length.ShouldBe(boards.Count - 1);
        for (var k = 0; k < boards.Count - 1; k++)
        {
            var today = DateOnly.FromDateTime(boards[k].ObservedAt.UtcDateTime);
            var planted = new FactorHistory(history.Series.Select(s => s with { Values = s.Values.ToImmutableSortedDictionary(v => v.Key, v => v.Key >= today ? 3 * v.Value : v.Value) }));
            planted.Hash().ShouldNotBe(history.Hash());
            var again = Run([.. boards.Take(k + 1), .. others.Skip(k + 1)], planted, model);
            for (var w = 0; w <= k; w++)
            {
                again[w].From.ShouldBe(known[w].From);
                again[w].Observations.Length.ShouldBe(known[w].Observations.Length);
                foreach (var (before, after) in known[w].Observations.Zip(again[w].Observations))
                {
                    after.Book.ShouldBe(before.Book);
                    if (BitConverter.DoubleToInt64Bits(after.NotionalUsd) != BitConverter.DoubleToInt64Bits(before.NotionalUsd) || !after.Margins.Select(Bits).SequenceEqual(before.Margins.Select(Bits)))
                    {
                        return $"{before.Book} on board {w}: {before.Margins[0]} became {after.Margins[0]} when the boards after {k} changed";
                    }
                }
            }

            // The other future is another one: what was lost on the way to it differs.
            again[k].Observations.Select(o => o.LossUsd).ShouldNotBe(known[k].Observations.Select(o => o.LossUsd));
        }

        return null;
    }

    private static ImmutableArray<BacktestWindow> Run(IReadOnlyList<MarketSnapshot> boards, FactorHistory history, Func<IReadOnlyList<MarketSnapshot>, FactorHistory, IBacktestModel> model)
    {
        var backtest = new WalkForwardBacktest([model(boards, history)], new WalkForwardOptions { Books = 40, History = history, Threads = 2 });
        ImmutableArray<BacktestWindow> windows = [.. backtest.Run(boards)];
        backtest.Skipped.ShouldBeEmpty();
        return windows;
    }

    private static (long, long, long, long, long)? Bits(BacktestMargin? margin)
    {
        static long Of(double? x) => BitConverter.DoubleToInt64Bits(x ?? double.NaN);
        return margin is { } m ? (Of(m.Initial), Of(m.Maintenance), Of(m.Var), Of(m.Es), Of(m.Core)) : null;
    }
}

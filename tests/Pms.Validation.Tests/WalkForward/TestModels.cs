using System.Collections.Immutable;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.MarketData.Snapshots;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Scenarios.Historical;
using Pms.Validation.WalkForward;

namespace Pms.Validation.Tests.WalkForward;

/// <summary>This system's margin with few scenarios.</summary>
internal static class SmallEngine
{
    public static RiskParameters Parameters { get; } = RiskParameters.Default with { Scenarios = ScenarioParameters.Default with { MonteCarloCount = 300 } };

    public static EngineModel Make(string name = "pms") => new(name, Parameters, 3);
}

/// <summary>Asks by size and price, and remembers for what.</summary>
internal sealed class CountingModel(string name = "counting") : IBacktestModel
{
    private int _calls;

    public string Name => name;

    public string Fingerprint => name;

    public int Calls => _calls;

    public System.Collections.Concurrent.ConcurrentBag<(DateTimeOffset At, ImmutableArray<Account> Accounts)> Seen { get; } = [];

    public ImmutableArray<BacktestMargin?> Margins(BoardState state, ImmutableArray<Account> accounts)
    {
        Interlocked.Increment(ref _calls);
        Seen.Add((state.At, accounts));
        // The third account is refused.
        return [.. accounts.Select((a, i) => i == 2 ? (BacktestMargin?)null : new BacktestMargin(state.Market.Underlyings[0].Index + a.Positions.Length, state.Market.Underlyings[0].Index / 2))];
    }
}

/// <summary>Looks at the index of the next board.</summary>
internal sealed class NextBoardModel(IReadOnlyList<MarketSnapshot> boards) : IBacktestModel
{
    public string Name => "next board";

    public string Fingerprint => Name;

    public ImmutableArray<BacktestMargin?> Margins(BoardState state, ImmutableArray<Account> accounts)
    {
        var margin = boards.FirstOrDefault(b => b.ObservedAt > state.At)?.Boards[0].Index?.Price ?? 1;
        return [.. accounts.Select(_ => (BacktestMargin?)new BacktestMargin(margin, margin))];
    }
}

/// <summary>Looks at the close of the board's own day, which has not ended.</summary>
internal sealed class SameDayCloseModel(FactorHistory history) : IBacktestModel
{
    public string Name => "same day's close";

    public string Fingerprint => Name;

    public ImmutableArray<BacktestMargin?> Margins(BoardState state, ImmutableArray<Account> accounts)
    {
        var margin = history.Series[0].Values[DateOnly.FromDateTime(state.At.UtcDateTime)];
        return [.. accounts.Select(_ => (BacktestMargin?)new BacktestMargin(margin, margin))];
    }
}

/// <summary>Margins kept in memory.</summary>
internal sealed class MemoryStore : IForecastStore
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<(string, ContentHash, string), ImmutableArray<BacktestMargin?>> _kept = [];

    public int Count => _kept.Count;

    public ImmutableArray<BacktestMargin?>? Find(string model, ContentHash board, string books) => _kept.TryGetValue((model, board, books), out var found) ? found : null;

    public void Keep(string model, ContentHash board, string books, ImmutableArray<BacktestMargin?> margins) => _kept[(model, board, books)] = margins;
}

using System.Collections.Immutable;
using Pms.Margin.Portfolios;
using Pms.MarketData.Snapshots;
using Pms.Primitives;
using Pms.Scenarios.Historical;
using Pms.Validation.Books;
using Pms.Volatility;

namespace Pms.Validation.WalkForward;

/// <summary>What a walk-forward run does.</summary>
public sealed record WalkForwardOptions
{
    /// <summary>From margin to outcome.</summary>
    public TimeSpan Horizon { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Books drawn; aggregates come on top.</summary>
    public int Books { get; init; } = 330;

    /// <summary>Of the books.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Boards margined at the same time.</summary>
    public int Threads { get; init; } = 1;

    public SurfaceParameters Surface { get; init; } = SurfaceParameters.Default;

    /// <summary>Past prices and vols; each board sees what had ended before it.</summary>
    public FactorHistory? History { get; init; }

    /// <summary>What of a run the fingerprints of its models do not say (version, history): margins that were kept under another key are not taken.</summary>
    public string StoreKey { get; init; } = "";

    /// <summary>How far an outcome may lie from the horizon.</summary>
    public TimeSpan Tolerance => Horizon / 8;

    /// <exception cref="InvalidInputException"><c>backtest-horizon</c>, <c>threads-range</c></exception>
    public void Validate()
    {
        if (Horizon < TimeSpan.FromHours(1) || Horizon > TimeSpan.FromDays(30))
        {
            throw new InvalidInputException("backtest-horizon", $"a horizon of {Horizon.TotalHours} hours: 1 hour to 30 days are possible");
        }

        if (Threads is < 1 or > 256)
        {
            throw new InvalidInputException("threads-range", $"{Threads} threads: 1 to 256 are possible");
        }
    }
}

/// <summary>Margins books on every board and revalues them on the board a horizon later.</summary>
/// <remarks>
/// A margin sees its own board and the history before it, nothing else; the outcome is looked up afterwards. Boards may come from a stream: only those
/// within a horizon are kept. The result does not depend on the number of threads.
/// </remarks>
public sealed class WalkForwardBacktest
{
    private readonly ImmutableArray<IBacktestModel> _models;
    private readonly WalkForwardOptions _options;
    private readonly IForecastStore? _store;
    private readonly BookRules _rules;
    private readonly List<SkippedBoard> _skipped = [];
    private readonly string _booksKey;
    private DateTimeOffset? _last;

    /// <param name="models">under test, each name once</param>
    /// <param name="options">horizon, books</param>
    /// <param name="store">where margins of earlier runs are; null: nowhere</param>
    /// <exception cref="InvalidInputException"><c>backtest-models</c>, <c>backtest-horizon</c>, <c>threads-range</c>, <c>book-count</c></exception>
    public WalkForwardBacktest(IReadOnlyList<IBacktestModel> models, WalkForwardOptions options, IForecastStore? store = null)
    {
        ArgumentNullException.ThrowIfNull(models);
        ArgumentNullException.ThrowIfNull(options);
        if (models.Count == 0 || models.Select(m => m.Name).Distinct().Count() != models.Count)
        {
            throw new InvalidInputException("backtest-models", $"models {string.Join(", ", models.Select(m => m.Name))}: at least one, and each once, is required");
        }

        options.Validate();
        (_models, _options, _store) = ([.. models], options, store);
        _rules = new BookRules(options.Books, options.Seed);
        _booksKey = $"{options.Books} {options.Seed} {LeastDays:R} {options.Surface.Hash()} {options.StoreKey}";
    }

    /// <summary>Boards that gave no margins, as the run meets them.</summary>
    public IReadOnlyList<SkippedBoard> Skipped => _skipped;

    /// <summary>Books hold nothing that expires within a window.</summary>
    private double LeastDays => (_options.Horizon + _options.Tolerance).TotalDays;

    /// <summary>Runs boards; gives a window as soon as its outcome is known, in order of time.</summary>
    /// <param name="boards">in order of time, each instant once; gaps are fine</param>
    /// <param name="cancel">stops between boards</param>
    /// <exception cref="InvalidInputException"><c>backtest-order</c>: a board that is not later than the one before it</exception>
    public IEnumerable<BacktestWindow> Run(IEnumerable<MarketSnapshot> boards, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(boards);
        _last = null;
        var begun = new Queue<(MarketSnapshot Snapshot, Task<Forecast> Forecast)>();
        var made = new List<Forecast>();
        var open = new Queue<Forecast>();
        foreach (var snapshot in boards)
        {
            cancel.ThrowIfCancellationRequested();
            begun.Enqueue((snapshot, Task.Run(() => Make(snapshot), cancel)));
            if (begun.Count >= _options.Threads)
            {
                foreach (var window in Take(begun.Dequeue(), made, open))
                {
                    yield return window;
                }
            }
        }

        while (begun.Count > 0)
        {
            foreach (var window in Take(begun.Dequeue(), made, open))
            {
                yield return window;
            }
        }

        // What is still open has the last boards to choose from.
        while (open.TryDequeue(out var last))
        {
            if (Close(last, made) is { } window)
            {
                yield return window;
            }
        }
    }

    /// <summary>Takes the next board in; gives the windows that it decides.</summary>
    private IEnumerable<BacktestWindow> Take((MarketSnapshot Snapshot, Task<Forecast> Forecast) next, List<Forecast> made, Queue<Forecast> open)
    {
        var at = next.Snapshot.ObservedAt;
        if (at <= _last)
        {
            throw new InvalidInputException("backtest-order", $"the board of {at.ToIso()} follows that of {_last.Value.ToIso()}: later ones are required");
        }

        _last = at;
        Forecast forecast;
        try
        {
            forecast = next.Forecast.GetAwaiter().GetResult();
        }
        catch (InvalidInputException e)
        {
            _skipped.Add(new SkippedBoard(at, e.ToRefusal()));
            yield break;
        }

        made.Add(forecast);
        open.Enqueue(forecast);
        // Decided as soon as a board lies at or beyond the horizon: the nearest is this one or an earlier one.
        while (open.TryPeek(out var first) && at >= first.State.At + _options.Horizon)
        {
            open.Dequeue();
            if (Close(first, made) is { } window)
            {
                yield return window;
            }
        }

        var keepFrom = (open.TryPeek(out var oldest) ? oldest.State.At : at) - _options.Horizon;
        made.RemoveAll(f => f.State.At < keepFrom);
    }

    private BacktestWindow? Close(Forecast first, List<Forecast> made)
    {
        var due = first.State.At + _options.Horizon;
        var outcome = made.Where(f => f.State.At > first.State.At).MinBy(f => (f.State.At - due).Duration());
        if (outcome is null || (outcome.State.At - due).Duration() > _options.Tolerance)
        {
            return null;
        }

        try
        {
            return Outcome(first, outcome);
        }
        catch (InvalidInputException e)
        {
            // The later board lacks a family: one such board in a year does not end the run.
            _skipped.Add(new SkippedBoard(first.State.At, e.ToRefusal()));
            return null;
        }
    }

    private static BacktestWindow Outcome(Forecast first, Forecast outcome)
    {
        var observations = ImmutableArray.CreateBuilder<BacktestObservation>(first.Books.Length);
        var (legs, byModel) = (0, 0);
        for (var b = 0; b < first.Books.Length; b++)
        {
            var book = first.Books[b];
            var gain = 0.0;
            foreach (var position in book.Account.Positions)
            {
                gain += first.State.Quoted.Gain(position, outcome.State.Quoted, out var isByModel);
                legs++;
                byModel += isByModel ? 1 : 0;
            }

            observations.Add(new BacktestObservation(book.Account.Id, book.Class, book.Coins, book.NotionalUsd, -gain, [.. first.Margins.Select(m => m[b])]));
        }

        return new BacktestWindow(first.State.Snapshot.Source, first.State.At, outcome.State.At, observations.MoveToImmutable(), byModel, legs);
    }

    private Forecast Make(MarketSnapshot snapshot)
    {
        var state = BoardState.Of(snapshot, _options.Surface, _options.History);
        var books = _rules.On(ListedContracts.Of(snapshot, state.Market, LeastDays));
        ImmutableArray<Account> accounts = [.. books.Select(b => b.Account)];
        return new Forecast(state, books, [.. _models.Select(m => Margins(m, state, accounts))]);
    }

    private ImmutableArray<BacktestMargin?> Margins(IBacktestModel model, BoardState state, ImmutableArray<Account> accounts)
    {
        if (_store?.Find(model.Fingerprint, state.Snapshot.Hash, _booksKey) is { } known && known.Length == accounts.Length)
        {
            return known;
        }

        var margins = model.Margins(state, accounts);
        _store?.Keep(model.Fingerprint, state.Snapshot.Hash, _booksKey, margins);
        return margins;
    }

    /// <summary>One board's books and margins.</summary>
    /// <param name="State">board</param>
    /// <param name="Books">made on it</param>
    /// <param name="Margins">[model][book]</param>
    private sealed record Forecast(BoardState State, ImmutableArray<BacktestBook> Books, ImmutableArray<ImmutableArray<BacktestMargin?>> Margins);
}

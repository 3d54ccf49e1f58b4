using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using Pms.Margin.Epochs;
using Pms.Margin.Explain;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.Margin.Revaluation;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Primitives;
using Pms.Server.Books;
using Pms.Server.Shards;
using Pms.Server.Storage;
using Pms.Solvency.Indices;
using Pms.Volatility;

namespace Pms.Server.Epochs;

/// <summary>An account in an epoch: its margin, or why it has none.</summary>
/// <param name="Account">as it is margined: without what has expired and was settled</param>
/// <param name="Result">null: none</param>
/// <param name="Refusal">null: it has a margin</param>
public sealed record AccountMargin(Account Account, MarginResult? Result, Refusal? Refusal)
{
    /// <summary>Expired positions that were paid out of the margin and are still in the book.</summary>
    public ImmutableArray<SettledPosition> Settled { get; init; } = [];
}

/// <summary>One moment's margins of the whole book, immutable: what every answer is taken from.</summary>
public sealed class RiskEpoch
{
    private const int MostLive = 256;

    // Accounts of one room are asked one after the other; more rooms than cores would only take memory.
    private readonly LiveRoom[] _rooms;
    private readonly ConcurrentDictionary<string, LiveMargin> _live = new(StringComparer.Ordinal);
    private readonly ImmutableDictionary<string, int> _places;
    private readonly ImmutableArray<Account> _valued;

    private RiskEpoch(
        long number, DateTimeOffset computedAt, MarginEpoch margin, ImmutableArray<(SurfaceFit Fit, double Microseconds)> fits, RiskBook book, ImmutableArray<AccountMargin> accounts, EpochSolvency? solvency, TimeSpan took)
    {
        (Number, ComputedAt, Margin, Fits, Book, Accounts, Solvency, Took) = (number, computedAt, margin, fits, book, accounts, solvency, took);
        _rooms = [.. Enumerable.Range(0, 2 * Environment.ProcessorCount).Select(_ => new LiveRoom(margin.Engine))];
        Degraded = [.. fits.SelectMany(f => f.Fit.Degraded.Select(r => new Refusal(r.Code, $"{f.Fit.Underlying.Name}: {r.Message}")))];
        _places = accounts.Select((a, i) => KeyValuePair.Create(a.Account.Id, i)).ToImmutableDictionary(StringComparer.Ordinal);
        _valued = [.. accounts.Where(a => a.Result is not null).Select(a => a.Account)];
    }

    public long Number { get; }

    public DateTimeOffset ComputedAt { get; }

    public MarginEpoch Margin { get; }

    public ImmutableArray<(SurfaceFit Fit, double Microseconds)> Fits { get; }

    public RiskBook Book { get; }

    /// <summary>By id.</summary>
    public ImmutableArray<AccountMargin> Accounts { get; }

    /// <summary>What is wrong with its surfaces.</summary>
    public ImmutableArray<Refusal> Degraded { get; }

    /// <summary>What every margin is asked with: on a board with a degraded surface offsets between positions do not count, and the fallback factor does.</summary>
    public MarginContext Context => ContextOf(Degraded.Length);

    /// <summary>Whether the protocol can pay when these accounts cannot; null where it was not asked.</summary>
    public EpochSolvency? Solvency { get; }

    /// <summary>From the sealed market to the last margin, and the index where it was asked.</summary>
    public TimeSpan Took { get; }

    public MarketSnapshot Snapshot => Margin.Inputs.Snapshot;

    public RiskParameters Parameters => Margin.Inputs.Parameters;

    /// <summary>Accounts that have a margin, as the portfolio file of this epoch lists them.</summary>
    public ImmutableArray<Account> Valued => _valued;

    /// <summary>Margins as the store keeps them, of the accounts that have one.</summary>
    public ImmutableArray<StoredMargin> StoredMargins() =>
        [.. Accounts.Where(a => a.Result is not null).Select(a => new StoredMargin(a.Account.Id, a.Result!.Equity, a.Result.Initial, a.Result.Maintenance))];

    public AccountMargin? Find(string id) => _places.TryGetValue(id, out var place) ? Accounts[place] : null;

    /// <summary>An account's margin before and after orders. Accounts that were asked about are kept at hand, so that the next question about one of them takes microseconds.</summary>
    /// <param name="account">of this epoch, with a margin</param>
    /// <param name="orders">all of them are filled</param>
    /// <returns>the epoch that it was computed in, which has rows for the orders' contracts, and both margins</returns>
    /// <exception cref="InvalidInputException">codes of the array and of <see cref="WhatIf.Of(LiveMargin, IReadOnlyList{Order})"/></exception>
    public (MarginEpoch Margin, WhatIf WhatIf) WhatIf(Account account, IReadOnlyList<Order> orders)
    {
        ArgumentNullException.ThrowIfNull(account);
        ArgumentNullException.ThrowIfNull(orders);
        var margin = Margin.With(orders.Select(o => o.Instrument), Pms.Margin.Explain.WhatIf.SettlementAssets(orders));
        if (!ReferenceEquals(margin, Margin))
        {
            return (margin, Pms.Margin.Explain.WhatIf.Of(new LiveMargin(margin.Engine, account, Context), orders));
        }

        if (_live.Count >= MostLive)
        {
            _live.Clear();
        }

        var room = _rooms[ShardedBook.PlaceOf(account.Id, _rooms.Length)];
        lock (room)
        {
            // Its margin is the epoch's own: by the same engine in the same context.
            var live = _live.GetOrAdd(account.Id, id => new LiveMargin(Margin.Engine, account, Context, Find(id)?.Result, room));
            return (margin, Pms.Margin.Explain.WhatIf.Of(live, orders));
        }
    }

    /// <summary>Seals nothing and writes nothing: the same market, book, parameters and seed give the same margins, here and by <c>pms margin</c>.</summary>
    /// <param name="number">of the epoch</param>
    /// <param name="snapshot">market</param>
    /// <param name="book">accounts; those that hold what this market does not value get a refusal instead of a margin</param>
    /// <param name="parameters">how margin is measured</param>
    /// <param name="seed">of the random scenarios</param>
    /// <param name="threads">1 or more; no number depends on it</param>
    /// <param name="previous">whose unchanged rows are taken over</param>
    /// <param name="time">clock for what is shown of the work, not for what it computes</param>
    /// <param name="shards">that share the accounts; null: one, in this process</param>
    /// <param name="fund">behind all accounts; null: no index of solvency is computed</param>
    /// <exception cref="InvalidInputException">codes of surfaces, market, scenarios, array</exception>
    public static RiskEpoch Compute(long number, MarketSnapshot snapshot, RiskBook book, RiskParameters parameters, ulong seed, int threads, RiskEpoch? previous, TimeProvider time, ShardedBook? shards = null, SolvencyFund? fund = null)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(book);
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(time);
        var begun = time.GetTimestamp();
        ImmutableArray<(SurfaceFit Fit, double Microseconds)> fits = [.. snapshot.Boards.Where(b => !b.Expiries.IsEmpty).Select(b => Fit(b, snapshot, parameters.Surface))];
        var inputs = new EpochInputs(
            snapshot, [.. fits.Select(f => f.Fit.Surface).OfType<VolSurface>()], ImmutableDictionary<Asset, double>.Empty, parameters, null, seed);
        SettledAccount[] held = [.. book.Accounts.Values.Select(a => SettledAccount.Of(a, book.Deliveries, snapshot.ObservedAt))];
        var refusals = Refusals(inputs, held.Select(h => h.Account));
        Account[] valued = [.. held.Select(h => h.Account).Where(a => !refusals.ContainsKey(a.Id))];
        var (margin, results) = (shards ?? new ShardedBook()).Compute(inputs, valued, ContextOf(fits.Sum(f => f.Fit.Degraded.Length)), threads, previous?.Margin);
        foreach (var (account, result) in valued.Zip(results))
        {
            if (result.Reason is { } reason)
            {
                refusals.Add(account.Id, reason);
            }
        }

        var found = valued.Zip(results).Where(p => p.Second.Result is not null).ToDictionary(p => p.First.Id, p => p.Second.Result!, StringComparer.Ordinal);
        ImmutableArray<AccountMargin> accounts = [.. held.Select(h => new AccountMargin(h.Account, found.GetValueOrDefault(h.Account.Id), refusals.GetValueOrDefault(h.Account.Id)) { Settled = h.Settled })];
        var solvency = fund is null ? null : EpochSolvency.Of(fund, () => SolvencyBook.Of(margin, accounts.Select(a => a.Result).OfType<MarginResult>(), accounts.Count(a => a.Result is null)), threads);
        return new RiskEpoch(number, time.GetUtcNow(), margin, fits, book, accounts, solvency, time.GetElapsedTime(begun));
    }

    private static MarginContext ContextOf(int reasons) => MarginContext.Normal with { IsDegraded = reasons != 0 };

    private static (SurfaceFit Fit, double Microseconds) Fit(UnderlyingBoard board, MarketSnapshot snapshot, SurfaceParameters parameters)
    {
        var begun = Stopwatch.GetTimestamp();
        var fit = SurfaceFitter.Fit(board, snapshot.ObservedAt, parameters);
        return (fit, Stopwatch.GetElapsedTime(begun).TotalMicroseconds);
    }

    /// <summary>Accounts that hold a contract or asset without a value in this market: one of them must not stop the margins of all others.</summary>
    private static Dictionary<string, Refusal> Refusals(EpochInputs inputs, IEnumerable<Account> accounts)
    {
        var refusals = new Dictionary<string, Refusal>(StringComparer.Ordinal);
        var valuation = new ScenarioValuation(MarginEpoch.MarketOf(inputs, [], out _), inputs.Parameters.Array.PerpetualBasisDays / 365);
        var instruments = new Dictionary<Instrument, Refusal?>();
        var assets = new Dictionary<Asset, Refusal?>();
        foreach (var account in accounts)
        {
            var reason = account.Positions.Select(p => ReasonOf(instruments, p.Instrument, i => _ = valuation.Of(i)))
                .Concat(account.Collateral.Select(c => ReasonOf(assets, c.Asset, a => MarginEpoch.MarketOf(inputs, a == Asset.Usd ? [] : [a], out _))))
                .FirstOrDefault(r => r is not null);
            if (reason is not null)
            {
                refusals.Add(account.Id, reason);
            }
        }

        return refusals;
    }

    private static Refusal? ReasonOf<T>(Dictionary<T, Refusal?> known, T thing, Action<T> value)
        where T : notnull
    {
        if (!known.TryGetValue(thing, out var reason))
        {
            try
            {
                value(thing);
            }
            catch (InvalidInputException e)
            {
                reason = e.ToRefusal();
            }

            known.Add(thing, reason);
        }

        return reason;
    }
}

using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Pms.Attestation.Wire;
using Pms.Documents;
using Pms.Margin.Measures;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Primitives;
using Pms.Server.Api;
using Pms.Server.Books;
using Pms.Server.Feeds;
using Pms.Server.Observability;
using Pms.Server.Storage;
using Pms.Solvency.Indices;

namespace Pms.Server.Epochs;

/// <summary>The one writer: receives the market, keeps the book, computes epochs at its own pace and writes them down. What readers see is immutable and whole.</summary>
public sealed class RiskLoop : BackgroundService
{
    private const int Timings = 256;

    private readonly ServerOptions _options;
    private readonly IMarketFeed _feed;
    private readonly IRiskStore _store;
    private readonly TimeProvider _time;
    private readonly ServerMetrics _metrics;
    private readonly Lock _bookLock = new();
    private readonly Lock _timingLock = new();
    private readonly Queue<double> _tookMs = new();
    private readonly AlertJournal _alerts = new();
    private RiskBook _book;
    private RiskEpoch? _current;
    private Refusal? _failure;
    private string? _insuranceAccount;
    private long _failures;
    private (OperatingState State, DateTimeOffset Since) _state;

    /// <param name="options">validated</param>
    /// <param name="feed">market</param>
    /// <param name="store">opened; its chain was verified</param>
    /// <param name="time">clock</param>
    /// <param name="metrics">what is counted</param>
    public RiskLoop(ServerOptions options, IMarketFeed feed, IRiskStore store, TimeProvider time, ServerMetrics metrics)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(metrics);
        (_options, _feed, _store, _time, _metrics) = (options, feed, store, time, metrics);
        _book = BookReplay.Read(store, long.MaxValue);
        ParameterRecord.Note(store, options.Parameters, time.GetUtcNow().ToUnixTimeMilliseconds());
        (StartedAt, _state) = (time.GetUtcNow(), (OperatingState.Halt, time.GetUtcNow()));
        metrics.Observe(() => Status, () => Current, () => feed.Status.AgeAt(time.GetUtcNow()));
    }

    public DateTimeOffset StartedAt { get; }

    public IMarketFeed Feed => _feed;

    public IRiskStore Store => _store;

    public ServerOptions Options => _options;

    public TimeProvider Time => _time;

    /// <summary>The newest epoch; null before the first.</summary>
    public RiskEpoch? Current => Volatile.Read(ref _current);

    /// <summary>The newest epoch, while margins are answered at all; null otherwise.</summary>
    public RiskEpoch? Answered => Status.State == OperatingState.Halt ? null : Current;

    /// <summary>Raised after every epoch, and when the state changes.</summary>
    public EpochSignal Signal { get; } = new();

    /// <summary>What somebody should look at now, each with the moment since when.</summary>
    public IReadOnlyList<AlertDocument> Alerts => _alerts.Note(Status, Current, _time.GetUtcNow());

    /// <summary>Account of the book whose cash is an insurance fund, as the house that is followed names it; null: none is known.</summary>
    public string? InsuranceAccount
    {
        get => Volatile.Read(ref _insuranceAccount);
        set => Volatile.Write(ref _insuranceAccount, value);
    }

    /// <summary>Of the last attempt at an epoch; null: it succeeded.</summary>
    internal Refusal? Failure => Volatile.Read(ref _failure);

    /// <summary>Attempts at an epoch that failed.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>The book as the last acknowledged change left it.</summary>
    public RiskBook Book
    {
        get
        {
            lock (_bookLock)
            {
                return _book;
            }
        }
    }

    public OperatingStatus Status => OperatingStatus.Of(_options, _feed.Status.AgeAt(_time.GetUtcNow()), Current, Volatile.Read(ref _failure), _store.Failure);

    /// <summary>When the present state was entered, as the loop noticed.</summary>
    public DateTimeOffset StateSince => _state.Since;

    /// <summary>Milliseconds of the last epochs, oldest first.</summary>
    public ImmutableArray<double> TookMs
    {
        get
        {
            lock (_timingLock)
            {
                return [.. _tookMs];
            }
        }
    }

    /// <summary>Sets or takes out an account; it is on the disk when this returns, and in the next epoch.</summary>
    /// <param name="id">account</param>
    /// <param name="account">its holdings; null: it is taken out</param>
    /// <param name="key">whoever sends the same key again gets the same receipt</param>
    /// <exception cref="InvalidInputException"><c>account-missing</c>, <c>idempotency-key</c></exception>
    /// <exception cref="StoreException">the disk</exception>
    public RecordReceipt Change(string id, Account? account, string? key)
    {
        lock (_bookLock)
        {
            if (account is null && !_book.Accounts.ContainsKey(id) && (key is null || !_store.HasKey(key)))
            {
                throw new InvalidInputException("account-missing", $"the book has no account '{PrintableText.Of(id)}'");
            }

            var payload = account is null ? System.Text.Encoding.UTF8.GetBytes(id) : RiskBook.PortfolioBytes([account]);
            // The book is what the record makes of it: an amount may have been given in a form that is not kept.
            var kept = account is null ? null : RiskBook.Parse(payload);
            var receipt = _store.Append(new NewRecord(account is null ? RecordKind.AccountRemoved : RecordKind.AccountSet, _time.GetUtcNow().ToUnixTimeMilliseconds(), payload, key));
            if (!receipt.IsRepeat)
            {
                _book = kept is null ? _book.Without(receipt.Sequence, id) : _book.With(receipt.Sequence, kept);
            }

            return receipt;
        }
    }

    /// <summary>Computes one epoch now, if market or book have changed since the last.</summary>
    /// <returns>whether there is a new one</returns>
    internal bool Advance()
    {
        var previous = Current;
        try
        {
            var snapshot = _feed.Seal();
            if (snapshot is not null)
            {
                NoteDeliveries(snapshot);
            }

            var book = Book;
            if (snapshot is null || (previous is not null && previous.Snapshot.ObservedAt == snapshot.ObservedAt && previous.Book.Sequence == book.Sequence))
            {
                return false;
            }

            var epoch = RiskEpoch.Compute(_store.LastEpoch + 1, snapshot, book, _options.Parameters, _options.Seed, _options.Threads, previous, _time, fund: FundOf(book));
            Save(epoch);
            Volatile.Write(ref _current, epoch);
            Volatile.Write(ref _failure, null);
            Note(epoch.Took);
            return true;
        }
        catch (PmsException e)
        {
            Interlocked.Increment(ref _failures);
            _metrics.Failed(e.Code);
            if (e is not StoreException)
            {
                // What became of the store it says itself.
                Volatile.Write(ref _failure, e.ToRefusal());
            }

            return false;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var receiving = _feed.RunAsync(stop.Token);
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                var begun = _time.GetTimestamp();
                var isNew = Advance();
                if (NoteState() || isNew)
                {
                    _ = Alerts;
                    Signal.Raise();
                }

                if (receiving.IsFaulted)
                {
                    await receiving.ConfigureAwait(false);
                }

                var rest = TimeSpan.FromMilliseconds(_options.IntervalMs) - _time.GetElapsedTime(begun);
                // Before the first epoch nobody should wait for a whole interval.
                rest = Current is null ? TimeSpan.FromMilliseconds(Math.Min(100, _options.IntervalMs)) : rest;
                if (rest > TimeSpan.Zero)
                {
                    await Task.Delay(rest, _time, stoppingToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Writes down what contracts that have just expired are worth: every epoch from now on settles them at that, here and when it is recomputed.</summary>
    private void NoteDeliveries(MarketSnapshot snapshot)
    {
        lock (_bookLock)
        {
            foreach (var delivery in Delivery.Due(_book, snapshot))
            {
                _book = _book.With(_store.Append(new NewRecord(RecordKind.Delivery, _time.GetUtcNow().ToUnixTimeMilliseconds(), delivery.ToBytes())).Sequence, delivery);
            }
        }
    }

    private void Save(RiskEpoch epoch)
    {
        var head = JsonSerializer.SerializeToUtf8Bytes(EpochHead.WithSolvency(epoch), DocumentJson.Compact);
        _store.AppendEpoch(new StoredEpoch(epoch.Number, head, SnapshotBytes.Write(epoch.Snapshot), epoch.Book.Sequence, epoch.StoredMargins()), epoch.ComputedAt.ToUnixTimeMilliseconds(), _options.KeptEpochs);
    }

    private void Note(TimeSpan took)
    {
        _metrics.Computed(took);
        lock (_timingLock)
        {
            _tookMs.Enqueue(took.TotalMilliseconds);
            if (_tookMs.Count > Timings)
            {
                _tookMs.Dequeue();
            }
        }
    }

    /// <summary>What is configured, and what the house's insurance account has in USD; nothing of it where that is a debt.</summary>
    private SolvencyFund FundOf(RiskBook book)
    {
        var house = InsuranceAccount is { } id && book.Accounts.TryGetValue(id, out var account)
            ? Math.Max(0, account.Collateral.Where(c => c.Asset == Asset.Usd).Sum(c => c.Amount))
            : (decimal?)null;
        var resources = SolvencyResources.OfUsd(Math.Min((_options.InsuranceUsd ?? 0) + (house ?? 0), ServerOptions.MostUsd), _options.BackstopUsd);
        return new SolvencyFund(new SolvencyTerms(resources, TailLevel.Of(_options.SolvencyLevel)), IsKnown: house is not null || _options.InsuranceUsd is not null);
    }

    private bool NoteState()
    {
        var state = Status.State;
        if (state == _state.State)
        {
            return false;
        }

        _state = (state, _time.GetUtcNow());
        return true;
    }
}

using System.Collections.Immutable;
using Microsoft.Extensions.Hosting;
using Pms.Documents;
using Pms.Primitives;
using Pms.Server.Epochs;
using Pms.Server.Observability;

namespace Pms.Server.Chain;

/// <summary>Keeps the server's book as the house has it, and brings the server's markets to the chain as batches, at a pace of its own: a slow chain holds up no margin.</summary>
/// <param name="options">how the house is opened and followed</param>
/// <param name="loop">book and markets</param>
/// <param name="time">clock</param>
/// <param name="metrics">what is counted</param>
public sealed class ChainLoop(ChainOptions options, RiskLoop loop, TimeProvider time, ServerMetrics metrics) : BackgroundService
{
    private const int MostSteps = 200;
    private const int MostBatches = 500;

    private readonly Lock _lock = new();
    private ImmutableList<ChainStep> _steps = [];
    private ImmutableList<BatchSummary> _batches = [];
    private ImmutableHashSet<string> _mirrored = ImmutableHashSet.Create<string>(StringComparer.Ordinal);
    private IHouseChain? _house;
    private HouseAccounts? _accounts;
    private PublishedBatch? _inForce;
    private LiquidationPage? _liquidations;
    private GovernancePage? _governance;
    private Refusal? _problem;
    private bool _hasFailed;

    /// <summary>The newest batch that the chain accepted, with its signatures; null before the first.</summary>
    public PublishedBatch? InForce => Volatile.Read(ref _inForce);

    /// <summary>Null before the first look.</summary>
    public LiquidationPage? Liquidations => Volatile.Read(ref _liquidations);

    /// <summary>Null before the first look.</summary>
    public GovernancePage? Governance => Volatile.Read(ref _governance);

    public IReadOnlyList<KeeperRow> Keepers => Volatile.Read(ref _house)?.Keepers ?? [];

    public SolvencyProofDocument Proof => Volatile.Read(ref _house)?.Proof ?? SolvencyProofDocument.None;

    /// <summary>Newest first.</summary>
    public IReadOnlyList<BatchSummary> Batches => Volatile.Read(ref _batches);

    public HouseIdentity? Identity => Volatile.Read(ref _house)?.Identity;

    /// <summary>Whether an account is the house's: nobody changes it here.</summary>
    public bool Owns(string account) => Volatile.Read(ref _mirrored).Contains(account);

    public ChainDocument Document
    {
        get
        {
            lock (_lock)
            {
                var state = _hasFailed ? "failed" : _house is { IsOpen: true } && _governance is not null ? "live" : "starting";
                return new ChainDocument(
                    state, _problem is null ? null : ErrorBody.Of(_problem), _steps, _house?.Identity, _accounts?.Block, _accounts?.At, _inForce?.Summary);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            await using var house = await options.Open(Tell, stoppingToken).ConfigureAwait(false);
            Volatile.Write(ref _house, house);
            await FollowAsync(house, stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Told to stop.
        }
#pragma warning disable CA1031 // whatever goes wrong with a chain, margins go on without it; what it is is told
        catch (Exception e)
#pragma warning restore CA1031
        {
            Note(e is PmsException known ? known.ToRefusal() : new Refusal("chain-failed", $"{e.GetType().Name}: {e.Message}"), isEnd: true);
        }
    }

    private async Task FollowAsync(IHouseChain house, CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var running = house.RunAsync(ending.Token);
        try
        {
            DateTimeOffset published = default;
            var document = loop.Options.Parameters.Hash();
            ulong? governedAt = null;
            var begun = 0L;
            while (!stop.IsCancellationRequested)
            {
                if (running.IsFaulted)
                {
                    await running.ConfigureAwait(false);
                }

                try
                {
                    var accounts = await house.ReadAsync(stop).ConfigureAwait(false);
                    Mirror(accounts);
                    // Without a market that counts there is nothing to attest: leaves on the chain run out by themselves.
                    var epoch = loop.Status.State == OperatingState.Halt ? null : loop.Current;
                    if (house.IsOpen && epoch is not null && epoch.Snapshot.ObservedAt > published && (begun == 0 || time.GetElapsedTime(begun) >= options.BatchInterval))
                    {
                        (begun, published) = (time.GetTimestamp(), epoch.Snapshot.ObservedAt);
                        Note(await house.PublishAsync(epoch.Snapshot, stop).ConfigureAwait(false));
                    }

                    if (house.IsOpen)
                    {
                        Volatile.Write(ref _liquidations, await house.LiquidationsAsync(stop).ConfigureAwait(false));
                        if (accounts.Block != governedAt)
                        {
                            // Without a block nothing governed has changed.
                            Volatile.Write(ref _governance, await house.GovernanceAsync(document, stop).ConfigureAwait(false));
                            governedAt = accounts.Block;
                        }
                    }

                    Note((Refusal?)null, isEnd: false);
                }
                catch (PmsException e)
                {
                    Note(e.ToRefusal(), isEnd: false);
                }

                loop.Signal.Raise();
                await Task.Delay(options.LookInterval, time, stop).ConfigureAwait(false);
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Writes down what differs from the book.</summary>
    private void Mirror(HouseAccounts accounts)
    {
        var book = loop.Book;
        foreach (var account in accounts.Accounts)
        {
            // An account of these numbers is the house's, whoever set it before.
            if (!book.Accounts.TryGetValue(account.Id, out var known) || !known.Positions.SequenceEqual(account.Positions) || !known.Collateral.SequenceEqual(account.Collateral))
            {
                loop.Change(account.Id, account, null);
            }
        }

        loop.InsuranceAccount = accounts.InsuranceAccount;
        lock (_lock)
        {
            (_accounts, _mirrored) = (accounts, [.. accounts.Accounts.Select(a => a.Id)]);
        }
    }

    private void Tell(ChainStep step)
    {
        lock (_lock)
        {
            _steps = (_steps.Count >= MostSteps ? _steps.RemoveAt(0) : _steps).Add(step);
        }
    }

    private void Note(PublishedBatch batch)
    {
        metrics.Published(batch.Summary.Error?.Code);
        lock (_lock)
        {
            _batches = (_batches.Count >= MostBatches ? _batches.RemoveAt(MostBatches - 1) : _batches).Insert(0, batch.Summary);
            if (batch.Document is not null)
            {
                Volatile.Write(ref _inForce, batch);
            }
        }
    }

    private void Note(Refusal? problem, bool isEnd)
    {
        lock (_lock)
        {
            (_problem, _hasFailed) = (problem, isEnd);
        }
    }
}

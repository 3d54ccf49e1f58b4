using Pms.Attestation.Aggregation;
using Pms.Attestation.Amounts;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Attestation.Signing;
using Pms.MarketData.Snapshots;
using Pms.Primitives;

namespace Pms.Attestation.Attesters;

/// <summary>What an attester is asked to sign: a header, and the market that it was computed from.</summary>
public sealed record BatchProposal(MarketSnapshot Snapshot, BatchHeader Header);

/// <summary>A clearance, and the action that it clears: a trade, the withdrawal of a coin, a liquidation or a deleveraging.</summary>
public sealed record ClearanceProposal(Clearance Clearance, IStructuredMessage Action);

/// <summary>Trusts nobody's numbers: checks the market against its own, recomputes everything else, and signs what came out equal, once.</summary>
/// <remarks>
/// The order of a batch: policy, market, book, arithmetic, then the claim in the store, then the signer. A refusal names the first fault; disagreement on the market is
/// a matter of feeds, disagreement on the arithmetic is a bug or a lie. One request at a time: a second one waits.
/// </remarks>
public sealed class AttesterNode : IDisposable
{
    /// <summary>Books kept by block: a proposal for a block that is no longer the newest can still be judged.</summary>
    private const int MostBooks = 32;

    private readonly AttesterPolicy _policy;
    private readonly HouseEpochs _epochs;
    private readonly IMarketView _market;
    private readonly IBookView _book;
    private readonly IRegistryView _registry;
    private readonly SignOnceStore _store;
    private readonly IDigestSigner _signer;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly SortedDictionary<ulong, HouseBook> _books = [];
    private readonly SortedDictionary<ulong, HouseRows> _signedRows = [];
    private (ContentHash Snapshot, ulong Seed, int Listed, HouseRows Rows)? _last;

    private AttesterNode(
        AttesterPolicy policy, HouseEpochs epochs, IMarketView market, IBookView book, IRegistryView registry, SignOnceStore store, IDigestSigner signer, TimeProvider time) =>
        (_policy, _epochs, _market, _book, _registry, _store, _signer, _time) = (policy, epochs, market, book, registry, store, signer, time);

    /// <summary>Starts an attester; refuses to where its store has forgotten what the chain remembers.</summary>
    /// <param name="policy">what it signs at all</param>
    /// <param name="epochs">how margins are computed</param>
    /// <param name="market">its own feeds</param>
    /// <param name="book">its own view of the chain's accounts</param>
    /// <param name="registry">its own view of the registry</param>
    /// <param name="store">what it has signed; opened for it alone</param>
    /// <param name="signer">its key</param>
    /// <param name="time">its clock</param>
    /// <param name="cancel">gives up</param>
    /// <exception cref="InvalidInputException"><c>sign-store-old</c></exception>
    public static async Task<AttesterNode> StartAsync(
        AttesterPolicy policy,
        HouseEpochs epochs,
        IMarketView market,
        IBookView book,
        IRegistryView registry,
        SignOnceStore store,
        IDigestSigner signer,
        TimeProvider time,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(signer);
        store.RequireNotBehind(policy.Domain, await registry.LastSignedByAsync(signer.Address, cancel).ConfigureAwait(false));
        return new AttesterNode(policy, epochs, market, book, registry, store, signer, time);
    }

    public EvmAddress Address => _signer.Address;

    /// <summary>Signs a batch that it would have proposed itself from this market, or says why not.</summary>
    public async Task<AttesterAnswer> AttestAsync(BatchProposal proposal, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(proposal);
        await _one.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            var (header, snapshot) = (proposal.Header, proposal.Snapshot);
            var state = await _registry.ReadAsync(cancel).ConfigureAwait(false);
            var refusal = _policy.Check(header, state, Address, _store.Floor(_policy.Domain), _epochs.ParameterHash, Now())
                ?? (header.SnapshotHash == snapshot.Hash ? null : new Refusal("snapshot-hash", $"the header names snapshot {header.SnapshotHash}; {snapshot.Hash} came with it"))
                ?? await CompareMarketsAsync(snapshot, cancel).ConfigureAwait(false);
            if (refusal is not null)
            {
                return AttesterAnswer.Refused(refusal);
            }

            if (await BookAtAsync(header.BookBlock, cancel).ConfigureAwait(false) is not { } book)
            {
                return AttesterAnswer.Refused("book-block", $"there is no confirmed block {header.BookBlock} here yet");
            }

            var rows = RowsOf(snapshot, EpochSeed.Of(book, header.Sequence), book.Block);
            var own = BatchBuilder.Build(rows, book, new BatchTerms(state.Set.Id, header.Sequence, _policy.BatchSeconds), _epochs.ParameterHash, _epochs.Threads);
            if (BatchComparison.FirstDifference(header, own.Header) is { } difference)
            {
                return AttesterAnswer.Refused(difference.ToRefusal());
            }

            var digest = _policy.Domain.DigestOf(own.Header);
            if (!_store.TryClaim(SignSlot.OfBatch(_policy.Domain, header.SetId, header.Sequence), digest, out var claimed))
            {
                return AttesterAnswer.Refused(claimed!);
            }

            Keep(_signedRows, header.Sequence.Value, rows, (int)_policy.MostSequencesAhead);
            return AttesterAnswer.Signed(await _signer.SignAsync(digest, cancel).ConfigureAwait(false));
        }
        catch (InvalidInputException e)
        {
            return AttesterAnswer.Refused(e.ToRefusal());
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Signs a clearance whose every number it computed equal and in which every account passes, or says why not.</summary>
    public async Task<AttesterAnswer> ClearAsync(ClearanceProposal proposal, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(proposal);
        await _one.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            var clearance = proposal.Clearance;
            var state = await _registry.ReadAsync(cancel).ConfigureAwait(false);
            if (_policy.Check(clearance, state, Address, _epochs.ParameterHash, Now()) is { } refusal)
            {
                return AttesterAnswer.Refused(refusal);
            }

            if (!_signedRows.TryGetValue(clearance.BatchSequence.Value, out var rows))
            {
                return AttesterAnswer.Refused("clearance-batch", $"this attester did not sign batch {clearance.BatchSequence}, so it has no array to clear with");
            }

            var book = await ReadBookAsync(cancel).ConfigureAwait(false);
            var terms = new ClearanceTerms(state.Set.Id, clearance.BatchSequence, clearance.ObservedAt, clearance.ValidUntil.Value - clearance.ObservedAt.Value, _epochs.ParameterHash);
            var (own, accounts) = ClearanceBuilder.Of(rows, book, proposal.Action, terms, state.TradeFeeShareWad, DecimalsOf);
            if (BatchComparison.FirstDifference(clearance, own) is { } difference)
            {
                return AttesterAnswer.Refused(difference.ToRefusal());
            }

            return accounts.FirstOrDefault(a => !a.Passes) is { } short_
                ? AttesterAnswer.Refused("clearance-margin", $"account {short_.Message.Account} would have equity of {short_.After.Equity} wad for an initial margin of {short_.After.Initial} wad")
                : AttesterAnswer.Signed(await _signer.SignAsync(_policy.Domain.DigestOf(own), cancel).ConfigureAwait(false));
        }
        catch (InvalidInputException e)
        {
            return AttesterAnswer.Refused(e.ToRefusal());
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private UnixSeconds Now() => UnixSeconds.Floor(_time.GetUtcNow());

    private int DecimalsOf(CoinIndex coin) => _policy.CoinDecimals.TryGetValue(coin.Value, out var decimals)
        ? decimals
        : throw new InvalidInputException("coin-unknown", $"the decimals of coin {coin} are not configured");

    private async Task<Refusal?> CompareMarketsAsync(MarketSnapshot proposed, CancellationToken cancel)
    {
        if (await _market.AtAsync(proposed.ObservedAt, cancel).ConfigureAwait(false) is not { } own)
        {
            return new Refusal("market-missing", "the attester's own feeds are not good enough to judge by");
        }

        // Equal quotes cannot differ in what is fitted to them.
        return proposed.Hash == own.Hash ? null : _policy.Bands.Compare(_epochs.MarketOf(proposed), _epochs.MarketOf(own), _epochs.Listing.Families, _epochs.Listing.Coins.Values.Select(c => c.Asset));
    }

    private async Task<HouseBook?> BookAtAsync(BlockNumber block, CancellationToken cancel)
    {
        if (_books.TryGetValue(block.Value, out var known))
        {
            return known;
        }

        var book = await _book.ReadAtAsync(block, cancel).ConfigureAwait(false);
        if (book is not null)
        {
            Keep(_books, block.Value, book, MostBooks);
        }

        return book;
    }

    private async Task<HouseBook> ReadBookAsync(CancellationToken cancel)
    {
        var book = await _book.ReadAsync(cancel).ConfigureAwait(false);
        Keep(_books, book.Block.Value, book, MostBooks);
        return book;
    }

    private HouseRows RowsOf(MarketSnapshot snapshot, ulong seed, BlockNumber block)
    {
        var listed = _epochs.Listing.InstrumentsAt(block).Count();
        if (_last is not { } last || last.Snapshot != snapshot.Hash || last.Seed != seed || last.Listed != listed)
        {
            last = (snapshot.Hash, seed, listed, _epochs.Make(snapshot, seed, _last?.Rows, block).Rows);
            _last = last;
        }

        return last.Rows;
    }

    private static void Keep<T>(SortedDictionary<ulong, T> kept, ulong key, T value, int most)
    {
        kept[key] = value;
        while (kept.Count > most)
        {
            kept.Remove(kept.Keys.First());
        }
    }
}

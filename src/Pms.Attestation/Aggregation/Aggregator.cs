using System.Collections.Immutable;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Primitives;

namespace Pms.Attestation.Aggregation;

/// <summary>Where signed batches go.</summary>
public interface IBatchSubmitter
{
    /// <summary>The last accepted sequence, and the struct hash that the chain stores for a sequence; zero: none.</summary>
    Task<(BatchSequence Last, KeccakHash Stored)> StateAsync(BatchSequence sequence, CancellationToken cancel);

    /// <summary>Sends a batch and waits until it stands or is refused. Sending it twice is harmless: the chain takes a sequence once.</summary>
    /// <returns>null where the chain accepted it; else why not</returns>
    Task<Refusal?> SubmitAsync(BatchHeader header, ImmutableArray<PriceE8> prices, QuorumProof proof, CancellationToken cancel);
}

/// <summary>How a batch ended, or where it stopped.</summary>
/// <param name="Sequence">of the batch</param>
/// <param name="Progress">Signed where the chain could not be reached or refused: to be resumed</param>
/// <param name="Refusals">attesters that did not sign</param>
/// <param name="Reason">why it is not accepted; null where it is</param>
public sealed record BatchOutcome(BatchSequence Sequence, BatchProgress Progress, ImmutableArray<AttesterRefusal> Refusals, Refusal? Reason)
{
    /// <summary>Collected in this call, by signer.</summary>
    public ImmutableSortedDictionary<EvmAddress, Signing.EvmSignature> Signatures { get; init; } = ImmutableSortedDictionary<EvmAddress, Signing.EvmSignature>.Empty;
}

/// <summary>Brings batches from proposal to the chain, each once, through any number of deaths on the way.</summary>
/// <remarks>
/// The steps are written to the outbox before they act: proposed, every signature, signed, final. After a restart <see cref="ResumeAsync"/> first asks the chain
/// whether the batch arrived; only then it asks and sends again, the same bytes. A batch without a quorum is abandoned and its sequence never used again: attesters that
/// signed it would refuse another one.
/// </remarks>
/// <param name="domain">of attestations</param>
/// <param name="attesters">where to reach them</param>
/// <param name="collector">asks and verifies</param>
/// <param name="submitter">the chain</param>
/// <param name="outbox">on disk</param>
/// <param name="time">clock</param>
public sealed class Aggregator(
    Eip712Domain domain, IReadOnlyList<IAttesterClient<ProposedBatch>> attesters, QuorumCollector collector, IBatchSubmitter submitter, Outbox outbox, TimeProvider time)
{
    /// <summary>Takes a new batch on its way.</summary>
    /// <param name="batch">above every earlier sequence</param>
    /// <param name="set">who is asked</param>
    /// <param name="cancel">stops; the batch stays in the outbox</param>
    /// <exception cref="InvalidInputException"><c>outbox-unfinished</c>, <c>outbox-sequence</c>, <c>batch-set</c></exception>
    public Task<BatchOutcome> PublishAsync(ProposedBatch batch, AttesterSet set, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(batch);
        RequireSet(batch, set);
        outbox.Add(batch);
        return AdvanceAsync(new OutboxEntry(batch, BatchProgress.Proposed, ImmutableDictionary<EvmAddress, Signing.EvmSignature>.Empty), set, cancel);
    }

    /// <summary>Takes up the batch that was on its way; null where there is none. Called at the start, and again after an outcome that is not final.</summary>
    /// <param name="set">the set of the unfinished batch</param>
    /// <param name="cancel">stops</param>
    /// <exception cref="InvalidInputException"><c>batch-set</c></exception>
    public async Task<BatchOutcome?> ResumeAsync(AttesterSet set, CancellationToken cancel)
    {
        if (outbox.Unfinished is not { } entry)
        {
            return null;
        }

        RequireSet(entry.Batch, set);
        return await ArrivedAsync(entry, cancel).ConfigureAwait(false) ?? await AdvanceAsync(entry, set, cancel).ConfigureAwait(false);
    }

    private async Task<BatchOutcome> AdvanceAsync(OutboxEntry entry, AttesterSet set, CancellationToken cancel)
    {
        var header = entry.Batch.Header;
        if (UnixSeconds.Floor(time.GetUtcNow()) > header.ValidUntil)
        {
            // Only now, past its last second, does its absence mean that it will never arrive.
            return await ArrivedAsync(entry, cancel).ConfigureAwait(false)
                ?? End(header, BatchProgress.Abandoned, [], new Refusal("batch-expired", $"batch {header.Sequence} was valid until {header.ValidUntil}"));
        }

        var collected = await collector.CollectAsync(domain.DigestOf(header), set, attesters, entry.Batch, entry.Signatures, (member, signature) => outbox.Add(header.Sequence, member, signature), cancel).ConfigureAwait(false);
        if (collected.Signatures.Count < set.Quorum)
        {
            return End(
                header, BatchProgress.Abandoned, collected.Refusals, new Refusal("quorum-small", $"batch {header.Sequence} has {collected.Signatures.Count} of {set.Quorum} signatures that are needed"));
        }

        if (entry.Progress == BatchProgress.Proposed)
        {
            outbox.Set(header.Sequence, BatchProgress.Signed);
        }

        var refusal = await submitter.SubmitAsync(header, entry.Batch.Prices, QuorumProof.Of(set, collected.Signatures), cancel).ConfigureAwait(false);
        if (refusal is null)
        {
            return End(header, BatchProgress.Accepted, collected.Refusals, null) with { Signatures = collected.Signatures.ToImmutableSortedDictionary() };
        }

        // The refusal may be of a second sending; what the chain stores decides.
        return await ArrivedAsync(entry, cancel).ConfigureAwait(false) ?? new BatchOutcome(header.Sequence, BatchProgress.Signed, collected.Refusals, refusal);
    }

    /// <summary>The outcome where the chain already knows; null where the batch can still arrive.</summary>
    private async Task<BatchOutcome?> ArrivedAsync(OutboxEntry entry, CancellationToken cancel)
    {
        var header = entry.Batch.Header;
        var (last, stored) = await submitter.StateAsync(header.Sequence, cancel).ConfigureAwait(false);
        if (stored == header.StructHash())
        {
            return End(header, BatchProgress.Accepted, [], null);
        }

        return last >= header.Sequence
            ? End(header, BatchProgress.Superseded, [], new Refusal("batch-superseded", $"the chain is at batch {last}, without this batch {header.Sequence}"))
            : null;
    }

    private BatchOutcome End(BatchHeader header, BatchProgress progress, ImmutableArray<AttesterRefusal> refusals, Refusal? reason)
    {
        outbox.Set(header.Sequence, progress);
        return new BatchOutcome(header.Sequence, progress, refusals, reason);
    }

    private static void RequireSet(ProposedBatch batch, AttesterSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        if (batch.Header.SetId != set.Id)
        {
            throw new InvalidInputException("batch-set", $"batch {batch.Header.Sequence} is for set {batch.Header.SetId}, not {set.Id}");
        }
    }
}

using System.Collections.Immutable;
using Pms.Attestation.Batches;
using Pms.Attestation.Messages;
using Pms.Attestation.Signing;
using Pms.MarketData.Snapshots;
using Pms.Primitives;
using Pms.Proofs.Circuits;
using Pms.Proofs.Fields;

namespace Pms.Proofs.Anchors;

/// <summary>What an attester is asked to sign: the anchor, and what it needs to compute it again.</summary>
/// <param name="Anchor">claimed</param>
/// <param name="Header">of the batch, signed before</param>
/// <param name="Snapshot">its market</param>
/// <param name="Circuit">name of the circuit, which says all sizes: the proposer does not</param>
/// <param name="Challenges">[part] of the proof</param>
/// <param name="Seconds">that the anchor counts after the batch was observed</param>
/// <param name="Secret">of the epoch, for salts</param>
public sealed record AnchorProposal(
    ProofAnchor Anchor, BatchHeader Header, MarketSnapshot Snapshot, string Circuit, ImmutableArray<FieldElement> Challenges, ulong Seconds, ImmutableArray<byte> Secret);

/// <summary>An attester's answer: a signature or why there is none.</summary>
public readonly record struct AnchorAnswer(EvmSignature? Signature, Refusal? Reason);

/// <summary>Signs an anchor that it has computed itself, from its own view of the book.</summary>
/// <param name="anchors">its own listing and parameters</param>
/// <param name="book">its own view of the chain</param>
/// <param name="isAccepted">whether the registry has accepted a header</param>
/// <param name="signer">its key</param>
/// <param name="domain">of the registry</param>
public sealed class ProofAttester(ProofAnchors anchors, IBookView book, Func<BatchHeader, CancellationToken, Task<bool>> isAccepted, IDigestSigner signer, Pms.Attestation.Encoding.Eip712Domain domain)
{
    /// <summary>The contracts' own bound.</summary>
    public const ulong MostSeconds = 3600;

    public IDigestSigner Signer => signer;

    /// <param name="proposal">anchor, market, circuit</param>
    /// <param name="cancel">gives up</param>
    public async Task<AnchorAnswer> SignAsync(AnchorProposal proposal, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(proposal);
        if (!await isAccepted(proposal.Header, cancel).ConfigureAwait(false))
        {
            return Refused("anchor-batch", $"the registry has accepted no such batch {proposal.Header.Sequence}");
        }

        if (await book.ReadAtAsync(proposal.Header.BookBlock, cancel).ConfigureAwait(false) is not { } own)
        {
            return Refused("book-block", $"there is no block {proposal.Header.BookBlock} here yet");
        }

        if (proposal.Seconds is 0 or > MostSeconds)
        {
            return Refused("anchor-seconds", $"an anchor of {proposal.Seconds} seconds: 1 to {MostSeconds} are possible");
        }

        try
        {
            var start = anchors.StartOf(proposal.Header, proposal.Snapshot, own, CircuitInstance.Of(proposal.Circuit), proposal.Secret.AsSpan());
            var computed = ProofAnchors.Of(start, proposal.Circuit, proposal.Challenges, proposal.Seconds);
            return computed == proposal.Anchor
                ? new AnchorAnswer(await signer.SignAsync(domain.DigestOf(computed), cancel).ConfigureAwait(false), null)
                : Refused("anchor-mismatch", $"computed here: array {computed.ArrayRoot}, accounts {computed.AccountsRoot} ({computed.AccountCount}), evaluations {computed.Evaluations}; proposed: {proposal.Anchor.ArrayRoot}, {proposal.Anchor.AccountsRoot} ({proposal.Anchor.AccountCount}), {proposal.Anchor.Evaluations}");
        }
        catch (InvalidInputException e)
        {
            return new AnchorAnswer(null, e.ToRefusal());
        }
    }

    private static AnchorAnswer Refused(string code, string message) => new(null, new Refusal(code, message));
}

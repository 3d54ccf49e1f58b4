using System.Collections.Immutable;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Attestation.Signing;
using Pms.Primitives;

namespace Pms.Attestation.Aggregation;

/// <summary>An attester that did not give a good signature.</summary>
public sealed record AttesterRefusal(EvmAddress Attester, Refusal Reason);

/// <summary>What asking a set came to.</summary>
/// <param name="Signatures">verified, by member</param>
/// <param name="Refusals">who did not sign, and why</param>
public sealed record Collected(ImmutableDictionary<EvmAddress, EvmSignature> Signatures, ImmutableArray<AttesterRefusal> Refusals);

/// <summary>Asks all attesters of a set at once and keeps what verifies, until there is a quorum or nobody is left.</summary>
/// <param name="verifier">of signatures</param>
/// <param name="time">clock of the timeout</param>
/// <param name="patience">longest wait for one attester</param>
public sealed class QuorumCollector(IDigestVerifier verifier, TimeProvider time, TimeSpan patience)
{
    /// <param name="digest">what is to be signed</param>
    /// <param name="set">who may sign</param>
    /// <param name="attesters">where to reach them; those outside the set are not asked</param>
    /// <param name="proposal">what they are sent</param>
    /// <param name="known">signatures gathered before: their members are not asked again</param>
    /// <param name="keep">called with each good signature before it counts</param>
    /// <param name="cancel">gives up</param>
    public async Task<Collected> CollectAsync<TProposal>(
        Digest digest,
        AttesterSet set,
        IReadOnlyList<IAttesterClient<TProposal>> attesters,
        TProposal proposal,
        IReadOnlyDictionary<EvmAddress, EvmSignature> known,
        Action<EvmAddress, EvmSignature> keep,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(attesters);
        ArgumentNullException.ThrowIfNull(known);
        ArgumentNullException.ThrowIfNull(keep);
        var signatures = known.Where(k => set.Members.Contains(k.Key)).ToDictionary();
        var refusals = ImmutableArray.CreateBuilder<AttesterRefusal>();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var asked = attesters.Where(a => set.Members.Contains(a.Address) && !signatures.ContainsKey(a.Address)).DistinctBy(a => a.Address).ToArray();
        var waiting = asked.Select(a => OneAsync(a, digest, proposal, enough.Token)).ToList();
        while (waiting.Count > 0 && signatures.Count < set.Quorum)
        {
            var done = await Task.WhenAny(waiting).ConfigureAwait(false);
            waiting.Remove(done);
            var (address, answer) = await done.ConfigureAwait(false);
            cancel.ThrowIfCancellationRequested();
            if (answer.Signature is { } signature)
            {
                keep(address, signature);
                signatures.Add(address, signature);
            }
            else
            {
                refusals.Add(new AttesterRefusal(address, answer.Refusal!));
            }
        }

        // The others are told to stop, and none is left running behind the caller's back.
        await enough.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(waiting).ConfigureAwait(false);
        refusals.AddRange(set.Members.Where(m => !signatures.ContainsKey(m) && asked.All(a => a.Address != m)).Select(m => new AttesterRefusal(m, new Refusal("attester-unknown", "no way to reach it is known"))));
        return new Collected(signatures.ToImmutableDictionary(), refusals.ToImmutable());
    }

    /// <summary>Never throws: whatever goes wrong with one attester is its refusal.</summary>
    private async Task<(EvmAddress Address, AttesterAnswer Answer)> OneAsync<TProposal>(IAttesterClient<TProposal> attester, Digest digest, TProposal proposal, CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        try
        {
            // An attester that ignores the token must not hold up the others.
            var answer = await attester.AskAsync(proposal, either.Token).WaitAsync(either.Token).ConfigureAwait(false);
            if (answer.Signature is { } signature && !await verifier.IsSignedByAsync(digest, signature, attester.Address, either.Token).ConfigureAwait(false))
            {
                answer = AttesterAnswer.Refused("signature-wrong", $"its signature is not by {attester.Address} over {digest}");
            }

            return (attester.Address, answer);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested || cancel.IsCancellationRequested)
        {
            return (attester.Address, AttesterAnswer.Refused("attester-silent", $"no answer within {patience.TotalSeconds} s"));
        }
        catch (Exception e)
        {
            return (attester.Address, AttesterAnswer.Refused("attester-failed", PrintableText.Of(e.Message)));
        }
    }
}

using System.Collections.Immutable;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;

namespace Pms.Cli.Onchain;

/// <summary>Four attesters of a local run, each with a key of its own.</summary>
/// <param name="Set">members, rising</param>
/// <param name="KeyPaths">of the members, in their order</param>
internal sealed record LocalAttesters(AttesterSet Set, ImmutableArray<string> KeyPaths)
{
    public const int Count = 4;

    public static async Task<LocalAttesters> CreateAsync(ChainWorkspace workspace, KeyFiles keys, CancellationToken cancel)
    {
        var members = new SortedDictionary<EvmAddress, string>();
        for (var i = 1; i <= Count; i++)
        {
            var address = await workspace.EnsureKeyAsync(keys, $"attester-{i}", cancel).ConfigureAwait(false);
            members.Add(EvmAddress.Parse(address), workspace.Key($"attester-{i}"));
        }

        return new LocalAttesters(new AttesterSet(new SetId(1), [.. members.Keys]), [.. members.Values]);
    }

    /// <summary>Asks each attester; one whose own computation gives another message does not sign.</summary>
    /// <param name="keys">sign</param>
    /// <param name="domain">of the registry</param>
    /// <param name="proposed">what is to be signed</param>
    /// <param name="recompute">an attester's own computation of it, by its place; null: it refuses</param>
    /// <param name="cancel">gives up</param>
    public async Task<QuorumSignatures> SignAsync(KeyFiles keys, Eip712Domain domain, IStructuredMessage proposed, Func<int, IStructuredMessage?> recompute, CancellationToken cancel)
    {
        var digest = domain.DigestOf(proposed);
        var signatures = new string?[KeyPaths.Length];
        for (var i = 0; i < signatures.Length; i++)
        {
            if (recompute(i) is { } own && domain.DigestOf(own) == digest)
            {
                signatures[i] = await keys.SignAsync(KeyPaths[i], digest.ToString(), cancel).ConfigureAwait(false);
            }
        }

        return new QuorumSignatures(Set, [.. signatures]);
    }
}

using System.Collections.Immutable;
using Pms.Attestation.Aggregation;
using Pms.Attestation.Amounts;
using Pms.Attestation.Attesters;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Attestation.Signing;
using Pms.Attester;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Margin.Parameters;

namespace Pms.Cli.Onchain;

/// <summary>Four attesters on the loopback, each with its own key, store, listing and view of the chain, asked over HTTP as strangers would be.</summary>
internal sealed class LocalAttesters : IAsyncDisposable
{
    public const int Count = 4;

    private readonly List<(OpenAttester Attester, AttesterHost Host, HttpAttesterClient Client)> _members = [];

    private LocalAttesters(AttesterSet set, QuorumCollector collector) => (Set, Collector) = (set, collector);

    public AttesterSet Set { get; }

    /// <summary>Asks and verifies.</summary>
    public QuorumCollector Collector { get; }

    /// <summary>Where they are reached.</summary>
    public IReadOnlyList<HttpAttesterClient> Clients => [.. _members.Select(m => m.Client)];

    /// <summary>Their keys.</summary>
    public IReadOnlyList<KeySigner> Signers => [.. _members.Select(m => m.Attester.Signer)];

    /// <summary>Makes the keys that are missing.</summary>
    /// <returns>addresses, rising, each with the name of its key</returns>
    public static async Task<SortedDictionary<EvmAddress, string>> KeysAsync(ChainWorkspace workspace, KeyFiles keys, CancellationToken cancel)
    {
        var members = new SortedDictionary<EvmAddress, string>();
        for (var i = 1; i <= Count; i++)
        {
            members.Add(EvmAddress.Parse(await workspace.EnsureKeyAsync(keys, $"attester-{i}", cancel).ConfigureAwait(false)), $"attester-{i}");
        }

        return members;
    }

    /// <summary>Starts the attesters of a deployment.</summary>
    /// <param name="workspace">keys</param>
    /// <param name="folder">of the stores</param>
    /// <param name="chain">of the deployment</param>
    /// <param name="policy">what they sign at all</param>
    /// <param name="parameters">document in force</param>
    /// <param name="market">their market and clock</param>
    /// <param name="cancel">gives up</param>
    public static async Task<LocalAttesters> StartAsync(
        ChainWorkspace workspace, string folder, ChainParts chain, AttesterPolicy policy, RiskParameters parameters, LocalMarket market, CancellationToken cancel)
    {
        var members = await KeysAsync(workspace, chain.Keys, cancel).ConfigureAwait(false);
        var attesters = new LocalAttesters(new AttesterSet(new SetId(1), [.. members.Keys]), new QuorumCollector(new KeyVerifier(chain.Keys), TimeProvider.System, TimeSpan.FromMinutes(2)));
        try
        {
            foreach (var name in members.Values)
            {
                var attester = await OpenAttester.StartAsync(chain, workspace.Key(name), Path.Combine(folder, name), policy, parameters, market, market, cancel).ConfigureAwait(false);
                var host = await AttesterHost.StartAsync(attester.Node, new AttesterHostOptions(), null, cancel).ConfigureAwait(false);
                attesters._members.Add((attester, host, new HttpAttesterClient(attester.Signer.Address, host.Url, TimeProvider.System)));
            }

            return attesters;
        }
        catch
        {
            await attesters.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Asks all for a clearance.</summary>
    public Task<Collected> CollectAsync(Digest digest, ClearanceProposal proposal, CancellationToken cancel) => Collector.CollectAsync(
        digest, Set, Clients, proposal, ImmutableDictionary<EvmAddress, EvmSignature>.Empty, (_, _) => { }, cancel);

    /// <summary>Signatures of the keys alone, past all checks: what a quorum of liars could do.</summary>
    public async Task<QuorumProof> SignUncheckedAsync(Digest digest, CancellationToken cancel)
    {
        var signatures = new Dictionary<EvmAddress, EvmSignature>();
        foreach (var member in _members)
        {
            signatures.Add(member.Attester.Signer.Address, await member.Attester.Signer.SignAsync(digest, cancel).ConfigureAwait(false));
        }

        return QuorumProof.Of(Set, signatures);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (attester, host, client) in _members)
        {
            client.Dispose();
            await host.DisposeAsync().ConfigureAwait(false);
            attester.Dispose();
        }
    }
}

using System.Collections.Immutable;
using Pms.Attestation.Aggregation;
using Pms.Attestation.Amounts;
using Pms.Attestation.Attesters;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Attestation.Signing;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Margin.Parameters;
using Pms.MarketData.Instruments;

namespace Pms.Cli.Onchain;

/// <summary>Four attesters in one process, each with its own key, store, listing and view of the chain.</summary>
internal sealed class LocalAttesters : IDisposable
{
    public const int Count = 4;

    private readonly List<(AttesterNode Node, SignOnceStore Store, KeySigner Signer)> _nodes = [];
    private readonly QuorumCollector _collector;

    private LocalAttesters(AttesterSet set, QuorumCollector collector) => (Set, _collector) = (set, collector);

    public AttesterSet Set { get; }

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
    /// <param name="workspace">files</param>
    /// <param name="node">of the chain</param>
    /// <param name="keys">sign and verify</param>
    /// <param name="contracts">of the deployment</param>
    /// <param name="policy">what they sign at all</param>
    /// <param name="parameters">document in force</param>
    /// <param name="market">their market and clock</param>
    /// <param name="cancel">gives up</param>
    public static async Task<LocalAttesters> StartAsync(
        ChainWorkspace workspace, EthereumNode node, KeyFiles keys, ProtocolContracts contracts, AttesterPolicy policy, RiskParameters parameters, LocalMarket market, CancellationToken cancel)
    {
        var members = await KeysAsync(workspace, keys, cancel).ConfigureAwait(false);
        var attesters = new LocalAttesters(new AttesterSet(new SetId(1), [.. members.Keys]), new QuorumCollector(new KeyVerifier(keys), TimeProvider.System, TimeSpan.FromMinutes(2)));
        foreach (var name in members.Values)
        {
            // A chain of its own each time: what was signed for another one is under another domain, but is kept apart all the same.
            var folder = Path.Combine(workspace.Folder, "stores", policy.Registry.ToString());
            Directory.CreateDirectory(folder);
            var store = SignOnceStore.Open(Path.Combine(folder, $"{name}.db"), Path.Combine(folder, $"{name}.witness"));
            var signer = await KeySigner.OpenAsync(keys, workspace.Key(name), cancel).ConfigureAwait(false);
            var listing = LocalMarket.NewListing();
            var epochs = new HouseEpochs(listing, parameters, ImmutableDictionary<Asset, double>.Empty, null, Math.Max(1, Environment.ProcessorCount));
            var book = new HouseReader(node, contracts, listing, LocalMarket.CoinDecimals);
            var attester = await AttesterNode.StartAsync(policy, epochs, market, book, new RegistryReader(node, contracts), store, signer, market, cancel).ConfigureAwait(false);
            attesters._nodes.Add((attester, store, signer));
        }

        return attesters;
    }

    /// <summary>Asks all for a batch.</summary>
    public Task<Collected> CollectAsync(Digest digest, BatchProposal proposal, CancellationToken cancel) => CollectAsync(digest, proposal, n => n.AttestAsync, cancel);

    /// <summary>Asks all for a clearance.</summary>
    public Task<Collected> CollectAsync(Digest digest, ClearanceProposal proposal, CancellationToken cancel) => CollectAsync(digest, proposal, n => n.ClearAsync, cancel);

    /// <summary>Signatures of the keys alone, past all checks: what a quorum of liars could do.</summary>
    public async Task<QuorumProof> SignUncheckedAsync(Digest digest, CancellationToken cancel)
    {
        var signatures = new Dictionary<EvmAddress, EvmSignature>();
        foreach (var (_, _, signer) in _nodes)
        {
            signatures.Add(signer.Address, await signer.SignAsync(digest, cancel).ConfigureAwait(false));
        }

        return QuorumProof.Of(Set, signatures);
    }

    public void Dispose()
    {
        foreach (var (node, store, _) in _nodes)
        {
            node.Dispose();
            store.Dispose();
        }
    }

    private Task<Collected> CollectAsync<T>(Digest digest, T proposal, Func<AttesterNode, Func<T, CancellationToken, Task<AttesterAnswer>>> ask, CancellationToken cancel) =>
        _collector.CollectAsync(
            digest, Set, [.. _nodes.Select(n => new Client<T>(n.Node.Address, ask(n.Node)))], proposal, ImmutableDictionary<EvmAddress, EvmSignature>.Empty, (_, _) => { }, cancel);

    private sealed record Client<T>(EvmAddress Address, Func<T, CancellationToken, Task<AttesterAnswer>> Ask) : IAttesterClient<T>
    {
        public Task<AttesterAnswer> AskAsync(T proposal, CancellationToken cancel) => Ask(proposal, cancel);
    }
}

using System.Collections.Immutable;
using Pms.Attestation.Amounts;
using Pms.Attestation.Attesters;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Chain.Governance;
using Pms.Chain.Nodes;
using Pms.Primitives;

namespace Pms.Chain.Protocol;

/// <summary>Reads what attesters must know from the registry and the governed numbers, through one node. Attesters of one set should not share nodes.</summary>
public sealed class RegistryReader : IRegistryView
{
    /// <summary>Batches that the registry keeps.</summary>
    private const ulong Stored = 256;

    private readonly EthereumNode _node;
    private readonly ProtocolContracts _contracts;

    // A set never changes under its number.
    private readonly Dictionary<ulong, ImmutableArray<EvmAddress>> _members = [];

    /// <param name="node">of the chain</param>
    /// <param name="contracts">of the deployment</param>
    public RegistryReader(EthereumNode node, ProtocolContracts contracts)
    {
        ArgumentNullException.ThrowIfNull(contracts);
        (_node, _contracts) = (node, contracts);
    }

    /// <inheritdoc/>
    public async Task<RegistryState> ReadAsync(CancellationToken cancel)
    {
        var head = (await _node.LatestAsync(cancel).ConfigureAwait(false)).Number;
        var current = await _node.CallAsync(_contracts.Registry, "current", [], cancel, head).ConfigureAwait(false);
        var set = await SetAsync(head, cancel).ConfigureAwait(false);
        var documents = await _node.CallAsync(_contracts.Parameters, "documents", [], cancel, head).ConfigureAwait(false);
        var fee = await _node.CallAsync(_contracts.Parameters, "value", [GovernedKey.KeyOf("tradeFeeWad")], cancel, head).ConfigureAwait(false);
        return new RegistryState(
            new ChainId(await _node.ChainIdAsync(cancel).ConfigureAwait(false)),
            EvmAddress.Parse(_contracts.Registry.Address),
            set,
            new BatchSequence(EthereumNode.ULong(current[1])),
            new UnixSeconds(EthereumNode.ULong(current[2])),
            ContentHash.Parse(((string)documents[0]!)[2..]),
            (UInt128)EthereumNode.Big(fee[0]),
            new BlockNumber(head));
    }

    /// <inheritdoc/>
    public async Task<BatchSequence?> LastSignedByAsync(EvmAddress member, CancellationToken cancel)
    {
        var last = EthereumNode.ULong((await _node.CallAsync(_contracts.Registry, "current", [], cancel).ConfigureAwait(false))[1]);
        for (var sequence = last; sequence > 0 && last - sequence < Stored; sequence--)
        {
            var batch = await _node.CallAsync(_contracts.Registry, "stored", [EthereumNode.Text(sequence)], cancel).ConfigureAwait(false);
            var (mask, setId) = (EthereumNode.Big(batch[1]), EthereumNode.ULong(batch[2]));
            if (setId == 0)
            {
                continue;
            }

            var members = await MembersAsync(setId, cancel).ConfigureAwait(false);
            var place = members.IndexOf(member);
            if (place >= 0 && !((mask >> place) & 1).IsZero)
            {
                return new BatchSequence(sequence);
            }
        }

        return null;
    }

    /// <summary>A set that was ever announced.</summary>
    /// <exception cref="ChainException"><c>chain-mismatch</c>: the registry knows no such set</exception>
    public async Task<AttesterSet> SetAsync(SetId id, CancellationToken cancel) => await MembersAsync(id.Value, cancel).ConfigureAwait(false) is { Length: > 0 } members
        ? new AttesterSet(id, members)
        : throw new ChainException("chain-mismatch", $"the registry {_contracts.Registry.Address} has never had a set {id}");

    private async Task<AttesterSet> SetAsync(ulong block, CancellationToken cancel)
    {
        var id = EthereumNode.ULong((await _node.CallAsync(_contracts.Registry, "attesterSets", [], cancel, block).ConfigureAwait(false))[0]);
        return new AttesterSet(new SetId(id), await MembersAsync(id, cancel).ConfigureAwait(false));
    }

    private async Task<ImmutableArray<EvmAddress>> MembersAsync(ulong setId, CancellationToken cancel)
    {
        if (!_members.TryGetValue(setId, out var members))
        {
            var answer = await _node.CallAsync(_contracts.Registry, "membersOf", [EthereumNode.Text(setId)], cancel).ConfigureAwait(false);
            members = [.. answer[0]!.AsArray().Select(m => EvmAddress.Parse((string)m!))];
            if (!members.IsEmpty)
            {
                _members.Add(setId, members);
            }
        }

        return members;
    }
}

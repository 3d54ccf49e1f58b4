using Pms.Attestation.Amounts;
using Pms.Attestation.Attesters;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Chain.Contracts;
using Pms.Chain.Nodes;
using Pms.Primitives;

namespace Pms.Chain.Protocol;

/// <summary>Reads what attesters must know from the registry and the governed numbers, through one node. Attesters of one set should not share nodes.</summary>
public sealed class RegistryReader : IRegistryView
{
    /// <summary>Batches that the registry keeps.</summary>
    private const ulong Stored = 256;

    private readonly EthereumNode _node;
    private readonly DeployedContract _registry;
    private readonly DeployedContract _parameters;

    /// <param name="node">of the chain</param>
    /// <param name="addresses">deployment</param>
    /// <param name="artifacts">compiler's output</param>
    public RegistryReader(EthereumNode node, ProtocolAddresses addresses, string artifacts)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        _node = node;
        _registry = addresses.Contract("Attestations", artifacts);
        _parameters = addresses.Contract("Parameters", artifacts);
    }

    /// <inheritdoc/>
    public async Task<RegistryState> ReadAsync(CancellationToken cancel)
    {
        var head = (await _node.LatestAsync(cancel).ConfigureAwait(false)).Number;
        var current = await _node.CallAsync(_registry, "current", [], cancel, head).ConfigureAwait(false);
        var set = await SetAsync(head, cancel).ConfigureAwait(false);
        var documents = await _node.CallAsync(_parameters, "documents", [], cancel, head).ConfigureAwait(false);
        var fee = await _node.CallAsync(_parameters, "value", [KeyOf("tradeFeeWad")], cancel, head).ConfigureAwait(false);
        return new RegistryState(
            new ChainId(await _node.ChainIdAsync(cancel).ConfigureAwait(false)),
            EvmAddress.Parse(_registry.Address),
            set,
            new BatchSequence(EthereumNode.ULong(current[1])),
            new UnixSeconds(EthereumNode.ULong(current[2])),
            ContentHash.Parse(((string)documents[0]!)[2..]),
            (UInt128)EthereumNode.Big(fee[0]));
    }

    /// <inheritdoc/>
    public async Task<BatchSequence?> LastSignedByAsync(EvmAddress member, CancellationToken cancel)
    {
        var last = EthereumNode.ULong((await _node.CallAsync(_registry, "current", [], cancel).ConfigureAwait(false))[1]);
        for (var sequence = last; sequence > 0 && last - sequence < Stored; sequence--)
        {
            var batch = await _node.CallAsync(_registry, "stored", [EthereumNode.Text(sequence)], cancel).ConfigureAwait(false);
            var (mask, setId) = (EthereumNode.Big(batch[1]), EthereumNode.ULong(batch[2]));
            if (setId == 0)
            {
                continue;
            }

            var members = await MembersAsync(setId, null, cancel).ConfigureAwait(false);
            var place = Array.FindIndex(members, m => m == member);
            if (place >= 0 && !((mask >> place) & 1).IsZero)
            {
                return new BatchSequence(sequence);
            }
        }

        return null;
    }

    /// <summary>A governed number's name as the contracts have it: ASCII, left-aligned in 32 bytes.</summary>
    internal static string KeyOf(string name) => "0x" + Convert.ToHexStringLower(System.Text.Encoding.ASCII.GetBytes(name)).PadRight(64, '0');

    private async Task<AttesterSet> SetAsync(ulong block, CancellationToken cancel)
    {
        var id = EthereumNode.ULong((await _node.CallAsync(_registry, "attesterSets", [], cancel, block).ConfigureAwait(false))[0]);
        return new AttesterSet(new SetId(id), [.. await MembersAsync(id, block, cancel).ConfigureAwait(false)]);
    }

    private async Task<EvmAddress[]> MembersAsync(ulong setId, ulong? block, CancellationToken cancel) =>
        [.. (await _node.CallAsync(_registry, "membersOf", [EthereumNode.Text(setId)], cancel, block).ConfigureAwait(false))[0]!.AsArray().Select(m => EvmAddress.Parse((string)m!))];
}

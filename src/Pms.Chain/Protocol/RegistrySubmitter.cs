using System.Collections.Immutable;
using Pms.Attestation.Aggregation;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Attestation.Wire;
using Pms.Chain.Nodes;
using Pms.Chain.Transactions;
using Pms.Primitives;

namespace Pms.Chain.Protocol;

/// <summary>Brings batches to the registry, one transaction each.</summary>
/// <param name="node">of the chain</param>
/// <param name="contracts">of the deployment</param>
/// <param name="sender">pays</param>
public sealed class RegistrySubmitter(EthereumNode node, ProtocolContracts contracts, TransactionSender sender) : IBatchSubmitter
{
    /// <summary>Transaction of the last accepted batch; null before the first.</summary>
    public TransactionReceipt? Receipt { get; private set; }

    /// <inheritdoc/>
    public async Task<(BatchSequence Last, KeccakHash Stored)> StateAsync(BatchSequence sequence, CancellationToken cancel)
    {
        var answers = await node.CallManyAsync([new ContractCall(contracts.Registry, "current", []), new ContractCall(contracts.Registry, "stored", [$"{sequence}"])], cancel).ConfigureAwait(false);
        return (new BatchSequence(EthereumNode.ULong(answers[0][1])), KeccakHash.Parse((string)answers[1][0]!));
    }

    /// <inheritdoc/>
    public async Task<Refusal?> SubmitAsync(BatchHeader header, ImmutableArray<PriceE8> prices, QuorumProof proof, CancellationToken cancel)
    {
        try
        {
            Receipt = await sender.SendAsync(CallOf(contracts, header, prices, proof), cancel).ConfigureAwait(false);
            return null;
        }
        catch (RevertException e)
        {
            return new Refusal(e.Error, e.Message);
        }
    }

    /// <summary>The call that brings a batch.</summary>
    public static ContractCall CallOf(ProtocolContracts contracts, BatchHeader header, ImmutableArray<PriceE8> prices, QuorumProof proof)
    {
        ArgumentNullException.ThrowIfNull(contracts);
        return new ContractCall(contracts.Registry, "submitBatch", [MessageJson.Of(header), MessageJson.List(prices, p => $"{p}"), MessageJson.Of(proof)]);
    }
}

using System.Globalization;
using System.Text.Json.Nodes;
using Pms.Attestation.Messages;
using Pms.Attestation.Wire;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Chain.Transactions;
using Pms.Proofs.Anchors;
using Pms.Proofs.Commitments;
using Pms.Proofs.Hashing;
using Pms.Prover.Documents;
using Pms.Prover.Keys;

namespace Pms.Prover.Submission;

/// <summary>Calls that bring proofs to the chain.</summary>
public static class ProofCalls
{
    /// <summary>As the contract numbers circuits.</summary>
    private static readonly string[] Kinds = ["", "account-margin", "margin-batch", "solvency", "solvency-settle"];

    /// <summary>Deploys a circuit's verifier and describes it as governance lists it (CircuitSetup).</summary>
    /// <param name="node">of the chain</param>
    /// <param name="sender">pays</param>
    /// <param name="tools">programs</param>
    /// <param name="circuit">set up for a chain</param>
    /// <param name="shardKey">hash of the parts' key; null where there are none</param>
    /// <param name="optimised">the lean verifier or the plain one</param>
    /// <param name="limits">for each child</param>
    /// <param name="cancel">gives up</param>
    /// <exception cref="Processes.ProverException"><c>commitment-key</c>: a development verifier for another than a local chain; the contract refuses it, too</exception>
    public static async Task<JsonObject> DeployVerifierAsync(
        EthereumNode node, TransactionSender sender, ProverTools tools, BuiltCircuit circuit, Pms.Proofs.Fields.FieldElement? shardKey, bool optimised, Processes.ProverLimits limits, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(sender);
        ArgumentNullException.ThrowIfNull(circuit);
        var chain = await node.ChainIdAsync(cancel).ConfigureAwait(false);
        if (circuit.Key.IsDevelopment && chain is not (Chain.Local.AnvilProcess.ChainId or 1337))
        {
            throw new Processes.ProverException("commitment-key", $"{circuit.Instance.Name} was set up under the development key: anybody could forge proofs on chain {chain}");
        }

        var deployed = await sender.DeployAsync(await circuit.VerifierAsync(tools, optimised, limits, cancel).ConfigureAwait(false), [], cancel).ConfigureAwait(false);
        var code = (string)(await node.RpcAsync("eth_getCode", [deployed.Address, "latest"], cancel).ConfigureAwait(false))!;
        return new JsonObject
        {
            ["circuitId"] = $"{ProofContext.CircuitId(circuit.Instance.Name)}",
            ["circuit"] = new JsonObject
            {
                ["kind"] = Array.IndexOf(Kinds, circuit.Instance.Circuit),
                ["depth"] = circuit.Instance.Circuit == "margin-batch" ? circuit.Instance.MarginDepth : 0,
                ["verifier"] = deployed.Address,
                ["codehash"] = $"{Attestation.Encoding.Keccak256.Hash(Convert.FromHexString(code.AsSpan(2)))}",
                ["verifyingKeyHash"] = $"{circuit.KeyHash}",
                ["shardKey"] = $"{shardKey ?? Pms.Proofs.Fields.FieldElement.Zero}",
            },
        };
    }

    /// <summary>A proof of margins.</summary>
    public static ContractCall Submit(ProtocolContracts contracts, BatchHeader header, ProofAnchor anchor, QuorumProof signatures, Proof proof)
    {
        ArgumentNullException.ThrowIfNull(contracts);
        ArgumentNullException.ThrowIfNull(proof);
        return new ContractCall(contracts.Proofs, "submit", [MessageJson.Of(header), MessageJson.Of(anchor), MessageJson.Of(signatures), $"{proof["marginRoot"]}", Hex(proof)]);
    }

    /// <summary>An account's margin out of a proven root.</summary>
    /// <param name="contracts">of the deployment</param>
    /// <param name="account">as it was committed to</param>
    /// <param name="margin">money units</param>
    /// <param name="root">proven</param>
    /// <param name="index">of its leaf</param>
    /// <param name="path">from the leaf up</param>
    public static ContractCall Pull(ProtocolContracts contracts, HiddenAccount account, ulong margin, Pms.Proofs.Fields.FieldElement root, int index, TreePath path)
    {
        ArgumentNullException.ThrowIfNull(contracts);
        ArgumentNullException.ThrowIfNull(account);
        ArgumentNullException.ThrowIfNull(path);
        return new ContractCall(
            contracts.Proofs,
            "pull",
            [Text(account.Number), Text(account.Sequence), $"{account.PositionsHash}", Text(margin), $"{root}", index, new JsonArray([.. path.Siblings.Select(s => (JsonNode)s.ToString())])]);
    }

    /// <summary>A proof of solvency.</summary>
    public static ContractCall Publish(ProtocolContracts contracts, BatchHeader header, ProofAnchor anchor, QuorumProof signatures, Proof proof)
    {
        ArgumentNullException.ThrowIfNull(contracts);
        ArgumentNullException.ThrowIfNull(proof);
        return new ContractCall(
            contracts.Solvency, "publish", [MessageJson.Of(header), MessageJson.Of(anchor), MessageJson.Of(signatures), proof["shortfall"].ToBigInteger().ToString(CultureInfo.InvariantCulture), Hex(proof)]);
    }

    private static string Text(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Hex(Proof proof) => "0x" + Convert.ToHexStringLower(proof.Bytes.AsSpan());
}

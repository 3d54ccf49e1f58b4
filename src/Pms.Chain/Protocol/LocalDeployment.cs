using System.Text.Json.Nodes;
using Pms.Chain.Contracts;
using Pms.Chain.Nodes;
using Pms.Chain.Transactions;
using Pms.Primitives;

namespace Pms.Chain.Protocol;

/// <summary>Puts the whole protocol on a local chain: made-up tokens, then the same deployment contract that a real chain gets.</summary>
public static class LocalDeployment
{
    /// <param name="node">a chain of id 31337; the contracts refuse any other</param>
    /// <param name="sender">pays, and is owner of votes and guardian of the local configuration</param>
    /// <param name="artifacts">compiler's output</param>
    /// <param name="attesters">3f + 1 addresses, rising</param>
    /// <param name="parameterHash">of the risk parameter document in force</param>
    /// <param name="circuits">verifiers of proofs that count from the beginning, as the contract's CircuitSetup; null: none</param>
    /// <param name="cancel">gives up; what was deployed stays and is not used</param>
    /// <exception cref="ChainException">codes of sending; <c>chain-mismatch</c>: a part stands elsewhere than planned</exception>
    public static async Task<ProtocolAddresses> RunAsync(
        EthereumNode node, TransactionSender sender, string artifacts, IReadOnlyList<string> attesters, ContentHash parameterHash, JsonArray? circuits, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(sender);
        var start = (await node.LatestAsync(cancel).ConfigureAwait(false)).Number;
        var local = await sender.DeployAsync(ContractArtifact.Read(artifacts, "LocalConfig"), [], cancel).ConfigureAwait(false);
        var owner = await sender.AddressAsync(cancel).ConfigureAwait(false);
        var config = await node.CallAsync(local, "config", [owner, new JsonArray([.. attesters.Select(a => (JsonNode)a)]), $"0x{parameterHash}"], cancel).ConfigureAwait(false);
        if (circuits is not null)
        {
            config[0]!["circuits"] = circuits;
        }

        var deploy = await sender.DeployAsync(ContractArtifact.Read(artifacts, "Deploy"), [config[0]!.DeepClone()], cancel).ConfigureAwait(false);
        var parts = new Dictionary<string, string>(StringComparer.Ordinal) { ["Deploy"] = deploy.Address };
        ContractArtifact[] codes = [.. ProtocolAddresses.Order.Select(o => ContractArtifact.Read(artifacts, o.Contract))];
        deploy = deploy with { Artifact = deploy.Artifact.With(codes) };
        for (var i = 0; i < codes.Length; i++)
        {
            var planned = (string)(await node.CallAsync(deploy, "addressOf", [i], cancel).ConfigureAwait(false))[0]!;
            await sender.SendAsync(deploy, "next", [codes[i].Bytecode], cancel).ConfigureAwait(false);
            parts[ProtocolAddresses.Order[i].Part] = planned;
        }

        await sender.SendAsync(deploy, "finish", [], cancel).ConfigureAwait(false);
        var tokens = new List<string>();
        foreach (var name in new[] { "cash", "bitcoin", "ether_" })
        {
            tokens.Add((string)(await node.CallAsync(local, name, [], cancel).ConfigureAwait(false))[0]!);
        }

        return new ProtocolAddresses(await node.ChainIdAsync(cancel).ConfigureAwait(false), start, parts, tokens);
    }
}

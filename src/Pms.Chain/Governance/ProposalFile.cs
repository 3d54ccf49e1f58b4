using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pms.Attestation.Encoding;
using Pms.Attestation.Wire;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Primitives;

namespace Pms.Chain.Governance;

/// <summary>How far a proposal is; the numbers are the governor's.</summary>
public enum ProposalState
{
    Pending = 0,
    Active = 1,
    Canceled = 2,
    Defeated = 3,
    Succeeded = 4,
    Queued = 5,
    Expired = 6,
    Executed = 7,
}

/// <summary>A proposal to announce a change set, as a file that voting and execution need: the governor keeps hashes only.</summary>
/// <param name="ChainId">EIP-155</param>
/// <param name="Governor">contract</param>
/// <param name="Parameters">contract that is called</param>
/// <param name="Changes">keys and values of the set</param>
/// <param name="Document">that goes with them</param>
/// <param name="Description">ends in the proposer's address</param>
/// <param name="CallData">of announce</param>
public sealed record ProposalFile(ulong ChainId, string Governor, string Parameters, IReadOnlyList<(string Key, string Value)> Changes, ContentHash Document, string Description, string CallData)
{
    public const string Schema = "pms.proposal/1";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Hash of the description, by which the governor knows it.</summary>
    public KeccakHash DescriptionHash => Keccak256.Hash(Encoding.UTF8.GetBytes(Description));

    /// <param name="contracts">deployment</param>
    /// <param name="node">encodes</param>
    /// <param name="set">checked</param>
    /// <param name="description">why; the proposer's address is added, so that nobody else can file it first</param>
    /// <param name="proposer">0x</param>
    /// <param name="cancel">gives up</param>
    public static async Task<ProposalFile> OfAsync(ProtocolContracts contracts, EthereumNode node, ChangeSet set, string description, string proposer, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(contracts);
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(proposer);
        var data = await node.EncodeCallAsync(contracts.Parameters.Artifact, "announce", [set.Json(), MessageJson.Of(set.Document)], cancel).ConfigureAwait(false);
        return new ProposalFile(
            contracts.Addresses.ChainId, contracts.Governor.Address, contracts.Parameters.Address, [.. set.Changes.Select(c => (c.Key.Key, $"{c.Value}"))], set.Document, $"{description}#proposer={EvmAddress.Parse(proposer)}", data);
    }

    public JsonObject Json() => new()
    {
        ["schema"] = Schema,
        ["chainId"] = $"{ChainId}",
        ["governor"] = Governor,
        ["parameters"] = Parameters,
        ["changes"] = MessageJson.List(Changes, c => new JsonObject { ["key"] = c.Key, ["value"] = c.Value }),
        ["documentHash"] = MessageJson.Of(Document),
        ["description"] = Description,
        ["callData"] = CallData,
    };

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(Json(), Indented);

    /// <exception cref="InvalidInputException"><c>json-shape</c>, <c>json-field</c></exception>
    public static ProposalFile Read(ReadOnlySpan<byte> utf8)
    {
        var f = JsonFields.Parse(utf8);
        f.RequireSchema(Schema);

        var read = new ProposalFile(
            f.Whole<ulong>("chainId"),
            f.Text("governor"),
            f.Text("parameters"),
            f.List("changes", ChangeSet.MostChanges, c => ($"{c.Keccak("key")}", $"{c.Whole<Int128>("value")}")),
            f.Content("documentHash"),
            f.Text("description"),
            f.Text("callData"));
        f.End();
        return read;
    }
}

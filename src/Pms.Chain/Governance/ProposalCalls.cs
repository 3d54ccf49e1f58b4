using System.Text.Json.Nodes;
using Pms.Attestation.Encoding;
using Pms.Attestation.Wire;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Primitives;

namespace Pms.Chain.Governance;

/// <summary>What to do next for a proposal.</summary>
/// <param name="Step">queue, execute or enact; null: nothing now</param>
/// <param name="Call">null where there is nothing to do now</param>
/// <param name="Wait">why there is nothing to do now</param>
public sealed record ProposalStep(string? Step, ContractCall? Call, Refusal? Wait);

/// <summary>A proposal's way: propose, vote, queue, execute, and after the delay of its keys enact.</summary>
/// <param name="node">of the chain</param>
/// <param name="contracts">of the deployment</param>
public sealed class ProposalCalls(EthereumNode node, ProtocolContracts contracts)
{
    /// <summary>Support of a vote, as the governor counts it.</summary>
    public static IReadOnlyList<string> Supports { get; } = ["against", "for", "abstain"];

    /// <exception cref="InvalidInputException"><c>policy-chain</c>: of another deployment</exception>
    public ContractCall Propose(ProposalFile proposal) => Of(proposal, "propose", JsonValue.Create(proposal.Description));

    /// <summary>Gives the votes of the sender's tokens to an address. Tokens vote only once they are given, be it to their holder.</summary>
    public ContractCall Delegate(EvmAddress to) => new(contracts.Votes, "delegate", [$"{to}"]);

    public ContractCall Vote(string id, int support) => new(contracts.Governor, "castVote", [id, support]);

    /// <summary>The governor's number of a proposal.</summary>
    public async Task<string> IdAsync(ProposalFile proposal, CancellationToken cancel)
    {
        var call = Of(proposal, "hashProposal", $"{proposal.DescriptionHash}");
        return (await node.CallAsync(call.Contract, call.Function, call.Args, cancel).ConfigureAwait(false))[0]!.ToString();
    }

    /// <exception cref="RevertException"><c>GovernorNonexistentProposal</c></exception>
    public async Task<ProposalState> StateAsync(string id, CancellationToken cancel) =>
        (ProposalState)(int)EthereumNode.ULong((await node.CallAsync(contracts.Governor, "state", [id], cancel).ConfigureAwait(false))[0]);

    /// <summary>The next step of a proposal that was voted on.</summary>
    public async Task<ProposalStep> NextAsync(ProposalFile proposal, CancellationToken cancel)
    {
        var id = await IdAsync(proposal, cancel).ConfigureAwait(false);
        var now = (await node.LatestAsync(cancel).ConfigureAwait(false)).Timestamp;
        switch (await StateAsync(id, cancel).ConfigureAwait(false))
        {
            case ProposalState.Succeeded:
                return new ProposalStep("queue", Of(proposal, "queue", $"{proposal.DescriptionHash}"), null);
            case ProposalState.Queued:
                var eta = await NumberAsync("proposalEta", id, cancel).ConfigureAwait(false);
                return now >= eta ? new ProposalStep("execute", Of(proposal, "execute", $"{proposal.DescriptionHash}"), null) : Waiting("proposal-early", "the timelock opens", eta);
            case ProposalState.Executed:
                return await EnactAsync(proposal, now, cancel).ConfigureAwait(false);
            case ProposalState.Pending:
                return Waiting("proposal-early", "voting begins after", await NumberAsync("voteStart", id, cancel).ConfigureAwait(false));
            case ProposalState.Active:
                return Waiting("proposal-early", "voting ends", await NumberAsync("proposalDeadline", id, cancel).ConfigureAwait(false));
            case var state:
                return new ProposalStep(null, null, new Refusal("proposal-ended", $"the proposal is {state}: nothing can be done for it"));
        }
    }

    private async Task<ProposalStep> EnactAsync(ProposalFile proposal, ulong now, CancellationToken cancel)
    {
        var head = (await node.LatestAsync(cancel).ConfigureAwait(false)).Number;
        var announced = (await node.LogsAsync([contracts.Parameters], contracts.Addresses.Block, head, cancel).ConfigureAwait(false)).LastOrDefault(l => l.Event == "ChangeAnnounced" && IsOf(proposal, l.Args));
        if (announced is null)
        {
            return new ProposalStep(null, null, new Refusal("proposal-ended", "the proposal was executed and its announcement is not there"));
        }

        var standing = await node.CallAsync(contracts.Parameters, "announcement", [(string)announced.Args["id"]!], cancel).ConfigureAwait(false);
        var (enactable, expires) = (EthereumNode.ULong(standing[0]), EthereumNode.ULong(standing[1]));
        return enactable == 0 ? new ProposalStep(null, null, new Refusal("proposal-ended", "the announcement was enacted or cancelled"))
            : now > expires ? new ProposalStep(null, null, new Refusal("proposal-ended", $"the announcement lapsed at {Time(expires)}"))
            : now < enactable ? Waiting("proposal-early", "the announcement can be enacted from", enactable)
            : new ProposalStep("enact", new ContractCall(contracts.Parameters, "enact", [ChangesOf(proposal), MessageJson.Of(proposal.Document), announced.Args["nonce"]!.ToString()]), null);
    }

    private static bool IsOf(ProposalFile proposal, JsonObject args) => (string)args["documentHash"]! == MessageJson.Of(proposal.Document)
        && args["changes"]!.AsArray().Select(c => ((string)c!["key"]!, c["value"]!.ToString())).SequenceEqual(proposal.Changes);

    private static JsonArray ChangesOf(ProposalFile proposal) => MessageJson.List(proposal.Changes, c => new JsonObject { ["key"] = c.Key, ["value"] = c.Value });

    private static ProposalStep Waiting(string code, string what, ulong seconds) => new(null, null, new Refusal(code, $"{what} {Time(seconds)}"));

    private static string Time(ulong seconds) => new Attestation.Amounts.UnixSeconds(seconds).ToInstant().ToIso();

    private async Task<ulong> NumberAsync(string function, string id, CancellationToken cancel) => EthereumNode.ULong((await node.CallAsync(contracts.Governor, function, [id], cancel).ConfigureAwait(false))[0]);

    private ContractCall Of(ProposalFile proposal, string function, JsonNode last)
    {
        ArgumentNullException.ThrowIfNull(proposal);
        return proposal.ChainId == contracts.Addresses.ChainId && EvmAddress.Parse(proposal.Governor) == EvmAddress.Parse(contracts.Governor.Address) && EvmAddress.Parse(proposal.Parameters) == EvmAddress.Parse(contracts.Parameters.Address)
            ? new ContractCall(contracts.Governor, function, [new JsonArray(proposal.Parameters), new JsonArray("0"), new JsonArray(proposal.CallData), last])
            : throw new InvalidInputException("policy-chain", $"the proposal is for chain {proposal.ChainId} and {proposal.Governor}; the deployment is chain {contracts.Addresses.ChainId} and {contracts.Governor.Address}");
    }
}

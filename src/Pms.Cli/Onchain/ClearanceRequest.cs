using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json.Nodes;
using Pms.Attestation.Aggregation;
using Pms.Attestation.Amounts;
using Pms.Attestation.Attesters;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Attestation.Signing;
using Pms.Attestation.Wire;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Cli.Commands;
using Pms.Primitives;

namespace Pms.Cli.Onchain;

/// <summary>What attesters said of an action.</summary>
/// <param name="Action">that it clears</param>
/// <param name="Clearance">that was asked for</param>
/// <param name="Proof">of a quorum; null: there is none</param>
/// <param name="Facts">of the answer as JSON</param>
/// <param name="Text">for people, where there is no quorum</param>
internal sealed record Cleared(IStructuredMessage Action, Clearance Clearance, QuorumProof? Proof, JsonObject Facts, string Text);

/// <summary>Works a clearance out as attesters do, from the current batch and the book of now, and asks them for it.</summary>
internal sealed class ClearanceRequest
{
    private readonly AskingFlags _asking = new();
    private readonly BatchInputs _inputs = new();
    private readonly Option<ulong> _seconds = new("--clearance-seconds") { Description = "life of the clearance; the attesters must allow it", DefaultValueFactory = _ => 45 };

    /// <summary>Flags beside the batch file.</summary>
    public Symbol[] All => [.. _asking.All, _seconds, _inputs.Parameters];

    /// <exception cref="PmsException"><c>batch-current</c>, <c>policy-parameters</c>, <c>batch-file</c>; <c>clearance-margin</c>: an account would not bear it, nobody is asked; codes of chain and engine</exception>
    public Task<Cleared> AskAsync(CommandContext context, OnchainSession session, BatchDocument document, IStructuredMessage action, CancellationToken cancel) =>
        AskAsync(context, session, document, (_, _, _) => action, cancel);

    /// <summary>The same for an action that follows from rows and book, as the next of a queue does.</summary>
    /// <exception cref="PmsException">as above; codes of <paramref name="choose"/></exception>
    public async Task<Cleared> AskAsync(
        CommandContext context, OnchainSession session, BatchDocument document, Func<HouseRows, HouseBook, ClearanceTerms, IStructuredMessage> choose, CancellationToken cancel)
    {
        var (urls, patience) = _asking.Read(context);
        var parameters = _inputs.ReadParameters(context);
        var chain = session.Chain;
        var state = await new RegistryReader(chain.Node, chain.Contracts).ReadAsync(cancel).ConfigureAwait(false);
        var current = (string)(await chain.Node.CallAsync(chain.Contracts.Registry, "current", [], cancel).ConfigureAwait(false))[0]!;
        if (KeccakHash.Parse(current) != document.Header.StructHash())
        {
            throw new InvalidInputException("batch-current", $"batch {document.Header.Sequence} is not the current one; that is batch {state.LastSequence}");
        }

        if (state.ParameterHash != parameters.Hash())
        {
            throw new InvalidInputException("policy-parameters", $"the chain has parameters {state.ParameterHash} in force; these are {parameters.Hash()}: --params says which to compute with");
        }

        var (reader, listing) = chain.NewReader();
        var then = await reader.ReadAtAsync(document.Header.BookBlock, cancel).ConfigureAwait(false)
            ?? throw new InvalidInputException("book-block", $"there is no block {document.Header.BookBlock} here");
        var epochs = BatchInputs.Epochs(listing, parameters);
        var rows = epochs.Make(SnapshotBytes.Read(document.Board), EpochSeed.Of(then, document.Header.Sequence), at: then.Block).Rows;
        if (rows.Tree.Root != document.Header.StressRoot)
        {
            throw new InvalidInputException("batch-file", $"the board of batch {document.Header.Sequence} does not give the rows that are signed");
        }

        var book = await reader.ReadAsync(cancel).ConfigureAwait(false);
        var terms = new ClearanceTerms(state.Set.Id, document.Header.Sequence, await NowAsync(chain.Node, cancel).ConfigureAwait(false), context.Get(_seconds), state.ParameterHash);
        var action = choose(rows, book, terms);
        var (clearance, accounts) = ClearanceBuilder.Of(rows, book, action, terms, state.TradeFeeShareWad, coin => chain.House.CoinDecimals[coin.Value]);
        if (accounts.FirstOrDefault(a => !a.Passes) is { } small)
        {
            throw new InvalidInputException(
                "clearance-margin",
                $"account {small.Message.Account} would have equity of {AccountText.Usd(small.After.Equity)} USD for an initial margin of {AccountText.Usd(small.After.Initial.ToSigned())} USD");
        }

        using var reached = await AttesterUrls.ConnectAsync(urls, patience, cancel).ConfigureAwait(false);
        var verifier = new KeyVerifier(chain.Keys);
        var collected = await new QuorumCollector(verifier, TimeProvider.System, patience).CollectAsync<ClearanceProposal>(
            Eip712Domain.OfAttestations(state.Chain, state.Registry).DigestOf(clearance), state.Set, reached.Clients, new ClearanceProposal(clearance, action),
            ImmutableDictionary<EvmAddress, EvmSignature>.Empty, (_, _) => { }, cancel).ConfigureAwait(false);
        var proof = collected.Signatures.Count >= state.Set.Quorum ? QuorumProof.Of(state.Set, collected.Signatures) : null;
        var facts = new JsonObject
        {
            ["clearance"] = MessageJson.Of(clearance),
            ["equityAfterWad"] = MessageJson.List(accounts, a => new JsonObject { ["account"] = $"{a.Message.Account}", ["equityWad"] = $"{a.After.Equity}" }),
            ["signers"] = MessageJson.List(collected.Signatures.Keys.Order(), s => $"{s}"),
            ["hasQuorum"] = proof is not null,
            ["refusals"] = reached.RefusalsOf(collected),
        };
        var text = $"{collected.Signatures.Count} of {state.Set.Quorum} signatures that are needed{string.Concat(collected.Refusals.Select(r => $"\n  {r.Attester}: {r.Reason}"))}{string.Concat(reached.Missing.Select(m => $"\n  {m.Url}: {m.Reason}"))}";
        return new Cleared(action, clearance, proof, facts, text);
    }

    /// <summary>This clock's moment or the next block's, whichever is earlier: attesters go by clocks of their own, the house by its blocks, and neither takes what is ahead of it.</summary>
    private static async Task<UnixSeconds> NowAsync(EthereumNode node, CancellationToken cancel)
    {
        var own = UnixSeconds.Floor(TimeProvider.System.GetUtcNow());
        var pending = await node.RpcAsync("eth_getBlockByNumber", ["pending", false], cancel).ConfigureAwait(false);
        var next = pending?["timestamp"] is { } hex ? new UnixSeconds(Convert.ToUInt64((string)hex!, 16)) : new UnixSeconds((await node.LatestAsync(cancel).ConfigureAwait(false)).Timestamp);
        return next < own ? next : own;
    }
}

using System.Collections.Immutable;
using System.Security.Cryptography;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Attestation.Signing;
using Pms.Chain.Contracts;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Chain.Transactions;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Primitives;
using Pms.Proofs.Anchors;
using Pms.Proofs.Circuits;
using Pms.Proofs.Fields;
using Pms.Proofs.Witnesses;
using Pms.Prover.Documents;
using Pms.Prover.Keys;
using Pms.Prover.Proving;
using Pms.Prover.Submission;

namespace Pms.Cli.Onchain;

/// <summary>A proof with what the chain needs beside it.</summary>
/// <param name="Start">array and accounts</param>
/// <param name="Anchor">of the batch</param>
/// <param name="Signatures">of a quorum over the anchor</param>
/// <param name="Proof">verified here</param>
internal sealed record AnchoredProof(ProofStart Start, ProofAnchor Anchor, QuorumProof Signatures, Proof Proof);

/// <summary>Proofs of a local house: the prover, and four attesters that each compute the anchor from their own view of the chain before they sign it.</summary>
internal sealed class LocalProofs
{
    /// <summary>That an anchor counts after its batch was observed.</summary>
    private const ulong AnchorSeconds = 1800;

    private readonly LocalHouse _house;
    private readonly ProofMaker _maker;
    private readonly TransactionSender _sender;
    private readonly ProofAnchors _anchors;
    private readonly HouseReader _reader;
    private readonly ImmutableArray<ProofAttester> _attesters;

    /// <summary>For tests: each computes on its own.</summary>
    internal ImmutableArray<ProofAttester> Attesters => _attesters;

    /// <param name="house">that the proofs are of</param>
    /// <param name="maker">makes them</param>
    /// <param name="sender">pays; null: the house's relayer, which nobody else may use at the same time</param>
    public LocalProofs(LocalHouse house, ProofMaker maker, TransactionSender? sender = null)
    {
        (_house, _maker, _sender) = (house, maker, sender ?? house.Relayer);
        var chain = new ChainParts(house.Node, house.Keys, house.Contracts, LocalMarket.House);
        (_reader, _anchors) = View(chain);
        _attesters = [.. house.Attesters.Signers.Select(signer =>
        {
            var (reader, anchors) = View(chain);
            return new ProofAttester(anchors, reader, IsAcceptedAsync, signer, house.Domain);
        })];
    }

    /// <summary>Margins of the batch's accounts, in one proof.</summary>
    /// <exception cref="PmsException">codes of its parts; <c>anchor-quorum</c></exception>
    public async Task<(AnchoredProof Proof, MarginBatchWitness Witness)> MarginsAsync(CircuitInstance instance, BatchHeader header, MarketSnapshot snapshot, CancellationToken cancel)
    {
        var (secret, start) = await StartAsync(instance, header, snapshot, cancel).ConfigureAwait(false);
        var witness = MarginBatchWitness.Of(instance, ContextOf(header, instance.Name, _house.Contracts.Proofs), start.Array, start.Accounts, 0);
        var proof = await _maker.MakeAsync(witness.Inputs, ProofTarget.Chain, cancel).ConfigureAwait(false);
        return (await AnchoredAsync(instance.Name, start, snapshot, [witness.Challenge], secret, proof, cancel).ConfigureAwait(false), witness);
    }

    /// <summary>One account's margin.</summary>
    /// <exception cref="PmsException">codes of its parts; <c>anchor-quorum</c></exception>
    public async Task<(AnchoredProof Proof, ulong Margin)> MarginAsync(CircuitInstance instance, BatchHeader header, MarketSnapshot snapshot, int place, CancellationToken cancel)
    {
        var (secret, start) = await StartAsync(instance, header, snapshot, cancel).ConfigureAwait(false);
        var inputs = AccountMarginWitness.Of(instance, ContextOf(header, instance.Name, _house.Contracts.Proofs), start.Array, start.Accounts, place, out var margin);
        var proof = await _maker.MakeAsync(inputs, ProofTarget.Chain, cancel).ConfigureAwait(false);
        return (await AnchoredAsync(instance.Name, start, snapshot, [], secret, proof, cancel).ConfigureAwait(false), margin);
    }

    /// <summary>What all accounts together cannot pay.</summary>
    /// <exception cref="PmsException">codes of its parts; <c>anchor-quorum</c></exception>
    public async Task<AnchoredProof> SolvencyAsync(CircuitInstance instance, BatchHeader header, MarketSnapshot snapshot, CancellationToken cancel)
    {
        var (secret, start) = await StartAsync(instance, header, snapshot, cancel).ConfigureAwait(false);
        var solvency = await SolvencyProver.MakeAsync(_maker, instance, ContextOf(header, instance.Name, _house.Contracts.Solvency), start.Array, start.Accounts, cancel).ConfigureAwait(false);
        return await AnchoredAsync(instance.Name, start, snapshot, solvency.Challenges, secret, solvency.Proof, cancel).ConfigureAwait(false);
    }

    /// <summary>Brings a proof of margins to the chain.</summary>
    public Task<TransactionReceipt> SubmitAsync(AnchoredProof proof, CancellationToken cancel) =>
        _sender.SendAsync(ProofCalls.Submit(_house.Contracts, proof.Start.Header, proof.Anchor, proof.Signatures, proof.Proof), cancel);

    /// <summary>Brings a proof of solvency to the chain, after what stands behind it was read once.</summary>
    public async Task<TransactionReceipt> PublishAsync(AnchoredProof proof, CancellationToken cancel)
    {
        if ((string?)(await _house.Node.CallAsync(_house.Contracts.Solvency, "count", [], cancel).ConfigureAwait(false))[0] == "0")
        {
            await _sender.SendAsync(_house.Contracts.Solvency, "readResources", [], cancel).ConfigureAwait(false);
        }

        return await _sender.SendAsync(ProofCalls.Publish(_house.Contracts, proof.Start.Header, proof.Anchor, proof.Signatures, proof.Proof), cancel).ConfigureAwait(false);
    }

    /// <summary>Field element that binds a proof to this chain, a contract and a batch.</summary>
    public FieldElement ContextOf(BatchHeader header, string circuit, DeployedContract consumer) => ProofContext.Of(
        new ChainId(_house.Contracts.Addresses.ChainId), EvmAddress.Parse(consumer.Address), ProofContext.CircuitId(circuit), header.Sequence, header.StructHash());

    private async Task<(byte[] Secret, ProofStart Start)> StartAsync(CircuitInstance instance, BatchHeader header, MarketSnapshot snapshot, CancellationToken cancel)
    {
        var book = await _reader.ReadAtAsync(header.BookBlock, cancel).ConfigureAwait(false) ?? throw new InvalidInputException("book-block", $"there is no block {header.BookBlock}");
        var secret = RandomNumberGenerator.GetBytes(32);
        return (secret, _anchors.StartOf(header, snapshot, book, instance, secret));
    }

    private async Task<AnchoredProof> AnchoredAsync(
        string circuit, ProofStart start, MarketSnapshot snapshot, ImmutableArray<FieldElement> challenges, byte[] secret, Proof proof, CancellationToken cancel)
    {
        var anchor = ProofAnchors.Of(start, circuit, challenges, AnchorSeconds);
        var proposal = new AnchorProposal(anchor, start.Header, snapshot, circuit, challenges, AnchorSeconds, [.. secret]);
        var signatures = new Dictionary<EvmAddress, EvmSignature>();
        var reasons = new List<Refusal>();
        foreach (var attester in _attesters)
        {
            var answer = await attester.SignAsync(proposal, cancel).ConfigureAwait(false);
            if (answer.Signature is { } signature)
            {
                signatures.Add(attester.Signer.Address, signature);
            }
            else
            {
                reasons.Add(answer.Reason!);
            }
        }

        return signatures.Count >= _house.Attesters.Set.Quorum
            ? new AnchoredProof(start, anchor, QuorumProof.Of(_house.Attesters.Set, signatures), proof)
            : throw new InvalidInputException("anchor-quorum", $"{signatures.Count} of {_house.Attesters.Set.Quorum} attesters signed the anchor; {string.Join("; ", reasons.Distinct())}");
    }

    private async Task<bool> IsAcceptedAsync(BatchHeader header, CancellationToken cancel)
    {
        var stored = await _house.Node.CallAsync(_house.Contracts.Registry, "stored", [$"{header.Sequence}"], cancel).ConfigureAwait(false);
        return KeccakHash.Parse((string)stored[0]!) == header.StructHash();
    }

    private (HouseReader Reader, ProofAnchors Anchors) View(ChainParts chain)
    {
        var (reader, listing) = chain.NewReader();
        return (reader, new ProofAnchors(listing, _house.Parameters, ImmutableDictionary<Asset, double>.Empty));
    }
}

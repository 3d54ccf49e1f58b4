using System.Text.Json.Nodes;
using Pms.Attestation.Amounts;
using Pms.Attestation.Messages;
using Pms.Documents;

namespace Pms.Server.Chain;

/// <summary>One step on the way to a running house, as it is told.</summary>
/// <param name="At">when</param>
/// <param name="Name">stable</param>
/// <param name="Text">for people</param>
/// <param name="Gas">of its transaction; null without one</param>
public sealed record ChainStep(DateTimeOffset At, string Name, string Text, ulong? Gas);

/// <summary>Where the house stands, and who attests for it.</summary>
/// <param name="ChainId">decimal</param>
/// <param name="Contracts">address by part</param>
/// <param name="SetId">of the attester set in force</param>
/// <param name="Quorum">signatures that a batch needs</param>
/// <param name="Members">attesters' addresses, rising</param>
public sealed record HouseIdentity(string ChainId, IReadOnlyDictionary<string, string> Contracts, ulong SetId, int Quorum, IReadOnlyList<string> Members);

/// <summary>One batch, accepted or not. USD.</summary>
/// <param name="Sequence">of the batch</param>
/// <param name="ObservedAt">moment of its market</param>
/// <param name="ValidUntil">last second at which its leaves count</param>
/// <param name="Accounts">leaves</param>
/// <param name="Refused">accounts without a leaf</param>
/// <param name="Maintenance">sum over leaves</param>
/// <param name="Equity">sum over leaves</param>
/// <param name="Shortfall">sum over leaves of what is missing to the maintenance margin</param>
/// <param name="Signatures">of attesters</param>
/// <param name="Quorum">that are needed</param>
/// <param name="BatchHash">what the registry stores</param>
/// <param name="Digest">what was signed</param>
/// <param name="SnapshotHash">of the market</param>
/// <param name="ArrayRoot">of the risk array</param>
/// <param name="AccountsRoot">of the leaves</param>
/// <param name="Transaction">that brought it; null: it is not on the chain</param>
/// <param name="Block">of the transaction</param>
/// <param name="Gas">of the transaction</param>
/// <param name="TookMs">from the sealed market to the receipt</param>
/// <param name="Error">why it is not on the chain</param>
public sealed record BatchSummary(
    ulong Sequence,
    DateTimeOffset ObservedAt,
    DateTimeOffset ValidUntil,
    int Accounts,
    int Refused,
    decimal Maintenance,
    decimal Equity,
    decimal Shortfall,
    int Signatures,
    int Quorum,
    string BatchHash,
    string Digest,
    string SnapshotHash,
    string ArrayRoot,
    string AccountsRoot,
    string? Transaction,
    ulong? Block,
    ulong? Gas,
    double TookMs,
    ErrorBody? Error)
{
    /// <summary>Of a header, before it is known what became of it.</summary>
    /// <param name="header">proposed</param>
    /// <param name="digest">what is signed</param>
    /// <param name="refused">accounts without a leaf</param>
    /// <param name="quorum">signatures needed</param>
    public static BatchSummary Of(BatchHeader header, Digest digest, int refused, int quorum)
    {
        ArgumentNullException.ThrowIfNull(header);
        return new BatchSummary(
            header.Sequence.Value,
            header.ObservedAt.ToInstant(),
            header.ValidUntil.ToInstant(),
            (int)header.AccountCount,
            refused,
            header.TotalMaintenance.ToSigned().ToUsd(),
            header.TotalEquity.ToUsd(),
            header.TotalShortfall.ToSigned().ToUsd(),
            0,
            quorum,
            $"{header.StructHash()}",
            $"{digest}",
            $"{header.SnapshotHash}",
            $"{header.ArrayRoot}",
            $"{header.AccountsRoot}",
            null,
            null,
            null,
            0,
            null);
    }
}

/// <summary>How the chain side is doing.</summary>
/// <param name="State">absent, starting, live, failed</param>
/// <param name="Error">why it failed, or what went wrong last; null: nothing</param>
/// <param name="Steps">newest last</param>
/// <param name="House">null before it stands</param>
/// <param name="Block">newest block read</param>
/// <param name="BlockAt">its time</param>
/// <param name="Batch">the newest that the chain accepted</param>
public sealed record ChainDocument(string State, ErrorBody? Error, IReadOnlyList<ChainStep> Steps, HouseIdentity? House, ulong? Block, DateTimeOffset? BlockAt, BatchSummary? Batch);

/// <summary>Newest first.</summary>
public sealed record BatchPage(IReadOnlyList<BatchSummary> Items);

/// <summary>All that is needed to check an account's leaf without trusting this server: header, leaf, path, signatures.</summary>
/// <param name="Batch">in force</param>
/// <param name="ChainId">of the signing domain</param>
/// <param name="Registry">of the signing domain</param>
/// <param name="Header">what is signed</param>
/// <param name="Leaf">of the account</param>
/// <param name="Place">of the leaf in the tree</param>
/// <param name="Path">hashes from the leaf to the root</param>
/// <param name="Signatures">by signer</param>
/// <param name="Members">of the attester set</param>
/// <param name="Quorum">signatures needed</param>
public sealed record AttestationDocument(
    BatchSummary Batch, string ChainId, string Registry, JsonObject Header, JsonObject Leaf, int Place, IReadOnlyList<string> Path, IReadOnlyList<SignatureRow> Signatures, IReadOnlyList<string> Members, int Quorum);

public sealed record SignatureRow(string Signer, string Signature);

/// <summary>An account under liquidation. USD; rates are USD of equity for each USD of shortfall removed.</summary>
/// <param name="Account">number</param>
/// <param name="StartedAt">of its auction; null: shared only</param>
/// <param name="Equity">coins at their haircuts</param>
/// <param name="Worth">coins at their prices</param>
/// <param name="Initial">margin at the leaf's age</param>
/// <param name="Maintenance">margin at the leaf's age</param>
/// <param name="Shortfall">target requirement less equity; at or below 0: restored</param>
/// <param name="Rate">bonus now</param>
/// <param name="Curve">bonus over the auction's time</param>
/// <param name="OpenClaims">shares that are not written out yet</param>
/// <param name="IsMarked">the chain knows that it is worth nothing</param>
/// <param name="Stale">why its leaf does not count now</param>
public sealed record AuctionRow(
    string Account,
    DateTimeOffset? StartedAt,
    decimal Equity,
    decimal Worth,
    decimal Initial,
    decimal Maintenance,
    decimal Shortfall,
    double? Rate,
    IReadOnlyList<RatePoint> Curve,
    int OpenClaims,
    bool IsMarked,
    ErrorBody? Stale);

public sealed record RatePoint(double Seconds, double Rate);

/// <summary>Something that the liquidation engine or the house told about an account.</summary>
/// <param name="Block">height</param>
/// <param name="At">of the block</param>
/// <param name="Transaction">hash</param>
/// <param name="Event">name in the contract</param>
/// <param name="Account">number; null: none is named</param>
/// <param name="Values">all arguments, as the contract names them</param>
public sealed record LiquidationEvent(ulong Block, DateTimeOffset At, string Transaction, string Event, string? Account, IReadOnlyDictionary<string, string> Values);

/// <summary>Auctions that run, accounts that wait for one, and what happened.</summary>
/// <param name="Block">as of</param>
/// <param name="At">of the block</param>
/// <param name="Auctions">running</param>
/// <param name="Due">below what they must hold, without an auction</param>
/// <param name="Events">newest first</param>
public sealed record LiquidationPage(ulong Block, DateTimeOffset At, IReadOnlyList<AuctionRow> Auctions, IReadOnlyList<AuctionRow> Due, IReadOnlyList<LiquidationEvent> Events);

/// <summary>What a keeper decided about one action in its last look. USD.</summary>
public sealed record KeeperActionRow(string Kind, string Account, string Outcome, double NetUsd, double GasUsd, string Why, ErrorBody? Skip, string? Transaction);

/// <summary>A transaction of a keeper.</summary>
public sealed record KeeperTransactionRow(DateTimeOffset At, string Kind, string Account, ulong Nonce, string Outcome, string Transaction, double? FeeUsd, string Why);

/// <summary>A keeper. USD.</summary>
/// <param name="Name">of its key</param>
/// <param name="Address">of its key</param>
/// <param name="Account">that pays for shares</param>
/// <param name="DryRun">nothing is sent</param>
/// <param name="CashUsd">of the account</param>
/// <param name="Looks">so far</param>
/// <param name="LastLookAt">null: none yet</param>
/// <param name="GasSpentTodayUsd">with the worst case of what is on its way</param>
/// <param name="GasUsd">of all final transactions</param>
/// <param name="Sent">transactions in blocks</param>
/// <param name="Actions">of the last look</param>
/// <param name="Transactions">newest first</param>
/// <param name="Error">of the last look</param>
public sealed record KeeperRow(
    string Name,
    string Address,
    string Account,
    bool DryRun,
    decimal CashUsd,
    long Looks,
    DateTimeOffset? LastLookAt,
    double GasSpentTodayUsd,
    double GasUsd,
    long Sent,
    IReadOnlyList<KeeperActionRow> Actions,
    IReadOnlyList<KeeperTransactionRow> Transactions,
    ErrorBody? Error);

public sealed record KeeperPage(IReadOnlyList<KeeperRow> Items);

/// <summary>A number that the DAO governs, with its bounds, in its own unit (integers as decimal texts).</summary>
public sealed record GovernedRow(string Name, string Value, string Least, string Most, string MostStep, string MostIn30Days, ulong LeastDelaySeconds, string Tightening, string RaisedIn30Days, string LoweredIn30Days);

/// <summary>What is governed on the chain, and whether this server computes with the document in force there.</summary>
/// <param name="Version">rises with every change</param>
/// <param name="DocumentHash">of the risk parameter document in force on the chain</param>
/// <param name="ServerDocumentHash">of this server's</param>
/// <param name="InForce">whether they are equal</param>
/// <param name="Values">in the contract's order</param>
public sealed record GovernancePage(ulong Version, string DocumentHash, string ServerDocumentHash, bool InForce, IReadOnlyList<GovernedRow> Values);

/// <summary>The newest proof of what all accounts together cannot pay.</summary>
/// <param name="Status">none, published, or expired: too old to count on the chain</param>
/// <param name="Circuit">as circuits/sizes.json names it</param>
/// <param name="PublicInputs">what everybody sees, in the circuit's order: field elements, 0x</param>
/// <param name="Context">field element that binds the proof to chain, contract and batch</param>
/// <param name="BatchSequence">whose accounts and market were proven</param>
/// <param name="Shortfall">expected shortfall, money units of 1e-6 USD</param>
/// <param name="Transaction">that the chain accepted it in</param>
/// <param name="IndexWad">resources over shortfall, as the chain has it</param>
/// <param name="AcceptedAt">time of its block</param>
/// <param name="VerifiedByChain">whether the chain's verifier took it; the server asked the oracle for what it keeps</param>
/// <param name="Hidden">what the proof does not show</param>
/// <param name="Development">made under a key that anybody can forge with: for local chains</param>
/// <param name="Error">why the last attempt came to nothing</param>
public sealed record SolvencyProofDocument(
    string Status,
    string? Circuit = null,
    IReadOnlyList<string>? PublicInputs = null,
    string? Context = null,
    ulong? BatchSequence = null,
    string? Shortfall = null,
    string? Transaction = null,
    string? IndexWad = null,
    DateTimeOffset? AcceptedAt = null,
    bool? VerifiedByChain = null,
    IReadOnlyList<string>? Hidden = null,
    bool? Development = null,
    ErrorBody? Error = null)
{
    public static SolvencyProofDocument None { get; } = new("none");
}

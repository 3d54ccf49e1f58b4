using System.Collections.Immutable;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Primitives;

namespace Pms.Attestation.Attesters;

/// <summary>What one attester signs at all, whatever it is sent (T20). The same on all honest attesters.</summary>
public sealed record AttesterPolicy
{
    /// <summary>Chain that it signs for.</summary>
    public required ChainId Chain { get; init; }

    /// <summary>Contract that it signs for.</summary>
    public required EvmAddress Registry { get; init; }

    /// <summary>Life of a batch after the moment of its market. Seconds, above 0.</summary>
    public required ulong BatchSeconds { get; init; }

    /// <summary>Longest life of a clearance. Seconds, above 0.</summary>
    public required ulong ClearanceSeconds { get; init; }

    /// <summary>Decimals of each coin's token, by coin index.</summary>
    public required ImmutableSortedDictionary<byte, int> CoinDecimals { get; init; }

    public MarketBands Bands { get; init; } = MarketBands.Default;

    /// <summary>Oldest market that is signed, by the attester's clock. Seconds; default 30.</summary>
    public ulong MostAgeSeconds { get; init; } = 30;

    /// <summary>How far a moment may be ahead of the attester's clock. Seconds; default 2.</summary>
    public ulong MostAheadSeconds { get; init; } = 2;

    /// <summary>How many sequences above the chain's last (or the store's floor) may be signed: abandoned batches leave gaps. Default 16.</summary>
    public ulong MostSequencesAhead { get; init; } = 16;

    /// <summary>How many blocks the book of a batch may be older than the newest one looked at. Blocks; default 64.</summary>
    public ulong MostBookAgeBlocks { get; init; } = 64;

    public Eip712Domain Domain => Eip712Domain.OfAttestations(Chain, Registry);

    /// <summary>Whether a header may be looked at further; the first fault found, or null.</summary>
    /// <param name="header">proposed</param>
    /// <param name="state">of the chain</param>
    /// <param name="signer">this attester</param>
    /// <param name="floor">of its store; null: none</param>
    /// <param name="parameterHash">of the document that it computes with</param>
    /// <param name="now">by its clock</param>
    public Refusal? Check(BatchHeader header, RegistryState state, EvmAddress signer, BatchSequence? floor, ContentHash parameterHash, UnixSeconds now)
    {
        ArgumentNullException.ThrowIfNull(header);
        if (CheckChain(state, signer, parameterHash) is { } fault)
        {
            return fault;
        }

        if (header.Schema != BatchHeader.CurrentSchema)
        {
            return new Refusal("batch-schema", $"schema {header.Schema}: {BatchHeader.CurrentSchema} is known");
        }

        if (header.SetId != state.Set.Id)
        {
            return new Refusal("batch-set", $"set {header.SetId}: set {state.Set.Id} is in force");
        }

        var highest = Math.Max(state.LastSequence.Value, floor?.Value ?? 0);
        if (header.Sequence <= state.LastSequence || header.Sequence.Value > highest + MostSequencesAhead)
        {
            return new Refusal("batch-sequence", $"sequence {header.Sequence}: above {state.LastSequence} and at most {highest + MostSequencesAhead} is required");
        }

        if (header.BookBlock.Value > state.Head.Value || header.BookBlock.Value + MostBookAgeBlocks < state.Head.Value)
        {
            return new Refusal("book-block", $"block {header.BookBlock}: one of the last {MostBookAgeBlocks} up to {state.Head} is required");
        }

        if (header.ParameterHash != parameterHash)
        {
            return new Refusal("batch-parameters", $"parameters {header.ParameterHash}: {parameterHash} are in force");
        }

        if (header.ObservedAt <= state.LastObservedAt || CheckMoment(header.ObservedAt, now) is not null)
        {
            return CheckMoment(header.ObservedAt, now) ?? new Refusal("batch-window", $"observed at {header.ObservedAt}: the last batch was of {state.LastObservedAt}");
        }

        return header.ValidUntil == header.ObservedAt.Plus(BatchSeconds)
            ? null
            : new Refusal("batch-window", $"valid until {header.ValidUntil}: {header.ObservedAt} + {BatchSeconds} s is required");
    }

    /// <inheritdoc cref="Check(BatchHeader, RegistryState, EvmAddress, BatchSequence?, ContentHash, UnixSeconds)"/>
    public Refusal? Check(Clearance clearance, RegistryState state, EvmAddress signer, ContentHash parameterHash, UnixSeconds now)
    {
        ArgumentNullException.ThrowIfNull(clearance);
        if (CheckChain(state, signer, parameterHash) is { } fault)
        {
            return fault;
        }

        if (clearance.SetId != state.Set.Id)
        {
            return new Refusal("clearance-set", $"set {clearance.SetId}: set {state.Set.Id} is in force");
        }

        if (clearance.BatchSequence != state.LastSequence)
        {
            return new Refusal("clearance-batch", $"batch {clearance.BatchSequence}: batch {state.LastSequence} is in force");
        }

        return CheckMoment(clearance.ObservedAt, now) ?? (
            clearance.ValidUntil >= clearance.ObservedAt && clearance.ValidUntil.Value - clearance.ObservedAt.Value <= ClearanceSeconds
            ? null
            : new Refusal("clearance-window", $"from {clearance.ObservedAt} to {clearance.ValidUntil}: at most {ClearanceSeconds} s are allowed"));
    }

    private Refusal? CheckChain(RegistryState state, EvmAddress signer, ContentHash parameterHash)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Chain != Chain || state.Registry != Registry
            ? new Refusal("policy-chain", $"chain {state.Chain} and registry {state.Registry} were read: this attester signs for chain {Chain} and {Registry}")
            : !state.Set.Members.Contains(signer)
            ? new Refusal("policy-member", $"{signer} is no member of set {state.Set.Id}")
            : state.ParameterHash != parameterHash
            ? new Refusal("policy-parameters", $"the chain has parameters {state.ParameterHash} in force, this attester computes with {parameterHash}")
            : null;
    }

    private Refusal? CheckMoment(UnixSeconds observed, UnixSeconds now) => observed.Value > now.Value + MostAheadSeconds
        ? new Refusal("moment-ahead", $"observed at {observed}, {observed.Value - now.Value} s ahead of the attester's clock: {MostAheadSeconds} s are allowed")
        : now.Value > observed.Value + MostAgeSeconds
        ? new Refusal("moment-old", $"observed at {observed}, {now.Value - observed.Value} s ago: {MostAgeSeconds} s are allowed")
        : null;
}

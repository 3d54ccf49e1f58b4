using System.Collections.Immutable;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Primitives;

namespace Pms.Attestation.Messages;

/// <summary>One account in a clearance: what it must hold after the action.</summary>
public sealed record AccountClearance : IStructuredMessage
{
    public const string TypeString =
        "AccountClearance(uint64 account,uint64 sequence,bytes32 positionsHashBefore,bytes32 positionsHashAfter,uint128 initialWad,uint128 maintenanceWad,int128 markValueWad,bool reducesRisk)";

    private static readonly KeccakHash TypeHash = Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(TypeString));

    public required AccountNumber Account { get; init; }

    /// <summary>Before the action.</summary>
    public required AccountSequence Sequence { get; init; }

    public required PositionsHash Before { get; init; }

    public required PositionsHash After { get; init; }

    /// <summary>After the action.</summary>
    public required UnsignedWad Initial { get; init; }

    /// <summary>After the action.</summary>
    public required UnsignedWad Maintenance { get; init; }

    /// <summary>After the action.</summary>
    public required Wad MarkValue { get; init; }

    /// <summary>Shortfall no larger and requirement smaller than before.</summary>
    public required bool ReducesRisk { get; init; }

    /// <inheritdoc/>
    public KeccakHash StructHash()
    {
        var words = new AbiWords(stackalloc byte[9 * AbiWords.WordBytes]);
        words.Add(TypeHash);
        words.Add(Account.Value);
        words.Add(Sequence.Value);
        words.Add(Before.Value);
        words.Add(After.Value);
        words.Add(Initial.Units);
        words.Add(Maintenance.Units);
        words.Add(MarkValue.Units);
        words.Add(ReducesRisk);
        return words.Hash();
    }
}

/// <summary>Quorum statement on accounts after one given action, not yet done. Short-lived.</summary>
public sealed record Clearance : IStructuredMessage
{
    public const string TypeString =
        "Clearance(uint64 setId,uint64 batchSequence,uint64 observedAt,uint64 validUntil,bytes32 actionHash,bytes32 parameterHash,AccountClearance[] accounts)" + AccountClearance.TypeString;

    private static readonly KeccakHash TypeHash = Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(TypeString));

    public required SetId SetId { get; init; }

    /// <summary>Batch whose risk array it was computed with.</summary>
    public required BatchSequence BatchSequence { get; init; }

    public required UnixSeconds ObservedAt { get; init; }

    public required UnixSeconds ValidUntil { get; init; }

    /// <summary>Struct hash of the <see cref="Trade"/> or <see cref="CoinWithdrawal"/> that it clears.</summary>
    public required KeccakHash ActionHash { get; init; }

    public required ContentHash ParameterHash { get; init; }

    /// <summary>Each account once, rising.</summary>
    public required ImmutableArray<AccountClearance> Accounts { get; init; }

    public bool Equals(Clearance? other) => other is not null && SetId == other.SetId && BatchSequence == other.BatchSequence && ObservedAt == other.ObservedAt && ValidUntil == other.ValidUntil
        && ActionHash == other.ActionHash && ParameterHash == other.ParameterHash && Accounts.AsSpan().SequenceEqual(other.Accounts.AsSpan());

    public override int GetHashCode() => HashCode.Combine(SetId, BatchSequence, ObservedAt, ActionHash, Accounts.Length);

    /// <inheritdoc/>
    public KeccakHash StructHash()
    {
        var words = new AbiWords(stackalloc byte[8 * AbiWords.WordBytes]);
        words.Add(TypeHash);
        words.Add(SetId.Value);
        words.Add(BatchSequence.Value);
        words.Add(ObservedAt.Value);
        words.Add(ValidUntil.Value);
        words.Add(ActionHash);
        words.Add(ParameterHash);
        words.Add(StructList.Hash(Accounts));
        return words.Hash();
    }
}

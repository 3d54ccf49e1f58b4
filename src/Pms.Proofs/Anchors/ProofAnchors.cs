using System.Collections.Immutable;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Margin.Parameters;
using Pms.MarketData.Snapshots;
using Pms.Primitives;
using Pms.Proofs.Circuits;
using Pms.Proofs.Commitments;
using Pms.Proofs.Fields;
using Pms.Proofs.Hashing;

namespace Pms.Proofs.Anchors;

/// <summary>What a proof of a house's batch starts from.</summary>
/// <param name="Header">of the batch</param>
/// <param name="Array">over the proof's scenarios</param>
/// <param name="Accounts">of the batch's book</param>
public sealed record ProofStart(BatchHeader Header, ArrayCommitment Array, HiddenAccounts Accounts);

/// <summary>Makes the start of a proof from a batch's market and book, and the anchor that a quorum signs: the prover and each attester do the same work and must reach the same numbers.</summary>
/// <param name="listing">contracts and coins of the house</param>
/// <param name="parameters">document in force</param>
/// <param name="prices">USD prices that no snapshot shows</param>
public sealed class ProofAnchors(HouseListing listing, RiskParameters parameters, ImmutableDictionary<Pms.MarketData.Instruments.Asset, double> prices)
{
    /// <param name="header">of the batch</param>
    /// <param name="snapshot">its market</param>
    /// <param name="book">its book, of the header's block</param>
    /// <param name="instance">circuit</param>
    /// <param name="secret">of the epoch, for salts: the prover's, told to attesters and to nobody else</param>
    /// <exception cref="InvalidInputException"><c>proof-batch</c>: market or book are not the batch's; codes of <see cref="HouseAccounts"/></exception>
    public ProofStart StartOf(BatchHeader header, MarketSnapshot snapshot, HouseBook book, CircuitInstance instance, ReadOnlySpan<byte> secret)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(book);
        ArgumentNullException.ThrowIfNull(instance);
        if (snapshot.Hash != header.SnapshotHash || book.Block != header.BookBlock)
        {
            throw new InvalidInputException("proof-batch", $"batch {header.Sequence} is of snapshot {header.SnapshotHash} and block {header.BookBlock}; these are {snapshot.Hash} and {book.Block}");
        }

        var shape = instance.Shape;
        var epochs = new HouseEpochs(listing, ProofScenarios.Of(parameters, shape), prices);
        var rows = epochs.Make(snapshot, EpochSeed.Of(book, header.Sequence), at: book.Block).Rows;
        var (array, accounts) = HouseAccounts.Of(rows, book, shape, secret);
        return new ProofStart(header, array, accounts);
    }

    /// <summary>The anchor of a proof.</summary>
    /// <param name="start">from <see cref="StartOf"/></param>
    /// <param name="circuit">name of the circuit that the chain knows</param>
    /// <param name="challenges">[part] of the proof; none for a single account</param>
    /// <param name="seconds">that it counts after the batch was observed</param>
    public static ProofAnchor Of(ProofStart start, string circuit, ImmutableArray<FieldElement> challenges, ulong seconds)
    {
        ArgumentNullException.ThrowIfNull(start);
        FieldElement[] statements = [.. challenges.Select(c => ArrayCommitment.Statement(c, start.Array.EvaluateAt(c).AsSpan()))];
        return new ProofAnchor
        {
            SetId = start.Header.SetId,
            BatchSequence = start.Header.Sequence,
            BatchHash = start.Header.StructHash(),
            CircuitId = ProofContext.CircuitId(circuit),
            ArrayRoot = HashOf(start.Array.Root),
            AccountsRoot = HashOf(start.Accounts.Root),
            Evaluations = HashOf(statements.Length switch { 0 => FieldElement.Zero, 1 => statements[0], _ => PoseidonSponge.DigestOf(statements, HashTag.Statements) }),
            AccountCount = (uint)start.Accounts.All.Length,
            ValidUntil = start.Header.ObservedAt.Plus(seconds),
        };
    }

    private static KeccakHash HashOf(FieldElement element)
    {
        Span<byte> bytes = stackalloc byte[32];
        element.CopyTo(bytes);
        return KeccakHash.FromBytes(bytes);
    }
}

using System.Collections.Immutable;
using Pms.Primitives;
using Pms.Proofs.Circuits;
using Pms.Proofs.Commitments;
using Pms.Proofs.Fields;
using Pms.Proofs.Hashing;

namespace Pms.Proofs.Witnesses;

/// <summary>Expected Shortfall of what all accounts together cannot pay: circuits/solvency, one proof.</summary>
/// <param name="Inputs">of the proof</param>
/// <param name="Shortfall">mean of the worst totals, rounded up [money units]</param>
/// <param name="Totals">[scenario] money units</param>
/// <param name="Challenge">at which a quorum evaluates the array</param>
public sealed record SolvencyWitness(ProofInputs Inputs, UInt128 Shortfall, ImmutableArray<Int128> Totals, FieldElement Challenge)
{
    /// <param name="instance">of circuit solvency; its accounts are all places of the tree</param>
    /// <param name="context">chain, contract, epoch, parameters</param>
    /// <param name="array">as deep as the circuit's</param>
    /// <param name="accounts">all of them</param>
    /// <exception cref="InvalidInputException"><c>proof-scenarios</c>, <c>proof-accounts</c>, <c>proof-range</c>, <c>circuit-unknown</c></exception>
    public static SolvencyWitness Of(CircuitInstance instance, FieldElement context, ArrayCommitment array, HiddenAccounts accounts)
    {
        Sizes.Require(instance, "solvency", array, accounts);
        var part = ShortfallPart.Of(instance, context, array, accounts, 0);
        var tail = ExactTail.Of(part.Totals.AsSpan(), instance.Tail, SignedPacking.TotalBits);
        var inputs = new NoirInputs()
            .Add("context", context).Add("array_root", array.Root).Add("accounts_root", accounts.Root).Add("evaluations_statement", part.Statement)
            .Add("shortfall", FieldElement.Of(tail.Mean));
        return new SolvencyWitness(
            ProofInputs.Of(instance, [context, array.Root, accounts.Root, part.Statement, FieldElement.Of(tail.Mean)], part.AddTo(inputs, instance).Add("tail", tail)),
            tail.Mean,
            part.Totals,
            part.Challenge);
    }
}

/// <summary>A part of the accounts: circuits/solvency-shard.</summary>
/// <param name="Inputs">of the proof</param>
/// <param name="Root">over the part's leaves</param>
/// <param name="Statement">on the array at its challenge</param>
/// <param name="Totals">[scenario] money units</param>
/// <param name="Challenge">at which a quorum evaluates the array</param>
public sealed record SolvencyShardWitness(ProofInputs Inputs, FieldElement Root, FieldElement Statement, ImmutableArray<Int128> Totals, FieldElement Challenge)
{
    /// <param name="instance">of circuit solvency-shard</param>
    /// <param name="context">that of the settlement</param>
    /// <param name="array">as deep as the circuit's</param>
    /// <param name="accounts">all of them, in a tree of any depth</param>
    /// <param name="part">which</param>
    public static SolvencyShardWitness Of(CircuitInstance instance, FieldElement context, ArrayCommitment array, HiddenAccounts accounts, int part)
    {
        ArgumentNullException.ThrowIfNull(instance);
        ArgumentNullException.ThrowIfNull(accounts);
        Sizes.Require(instance with { AccountDepth = accounts.Tree.Depth }, "solvency-shard", array, accounts);
        var shortfall = ShortfallPart.Of(instance, context, array, accounts, part);
        var digest = PoseidonSponge.DigestOf([.. shortfall.Totals.Select(t => FieldElement.Of((UInt128)t))], HashTag.Totals);
        var inputs = new NoirInputs()
            .Add("context", context).Add("array_root", array.Root).Add("part_root", shortfall.Root).Add("part_statement", shortfall.Statement).Add("totals_digest", digest);
        return new SolvencyShardWitness(
            ProofInputs.Of(instance, [context, array.Root, shortfall.Root, shortfall.Statement, digest], shortfall.AddTo(inputs, instance)),
            shortfall.Root,
            shortfall.Statement,
            shortfall.Totals,
            shortfall.Challenge);
    }
}

/// <summary>All parts, proven, put together: circuits/solvency-settle.</summary>
/// <param name="Inputs">of the proof</param>
/// <param name="Shortfall">mean of the worst totals, rounded up [money units]</param>
public sealed record SolvencySettleWitness(ProofInputs Inputs, UInt128 Shortfall)
{
    /// <param name="instance">of circuit solvency-settle</param>
    /// <param name="context">chain, contract, epoch, parameters</param>
    /// <param name="array">of the parts</param>
    /// <param name="accounts">all of them</param>
    /// <param name="shards">in the order of the tree</param>
    /// <param name="proofs">[part] as field elements</param>
    /// <param name="key">verifying key of the parts, as field elements</param>
    /// <param name="keyHash">its hash, which the chain holds too</param>
    public static SolvencySettleWitness Of(
        CircuitInstance instance,
        FieldElement context,
        ArrayCommitment array,
        HiddenAccounts accounts,
        ImmutableArray<SolvencyShardWitness> shards,
        ImmutableArray<ImmutableArray<FieldElement>> proofs,
        ImmutableArray<FieldElement> key,
        FieldElement keyHash)
    {
        ArgumentNullException.ThrowIfNull(instance);
        ArgumentNullException.ThrowIfNull(array);
        ArgumentNullException.ThrowIfNull(accounts);
        if (instance.Circuit != "solvency-settle" || shards.Length != instance.Shards || proofs.Length != instance.Shards)
        {
            throw new InvalidInputException("proof-shards", $"{instance.Name} (circuit {instance.Circuit}) settles {instance.Shards} parts; {shards.Length} parts and {proofs.Length} proofs were given");
        }

        var totals = new Int128[instance.Scenarios];
        foreach (var shard in shards)
        {
            for (var s = 0; s < totals.Length; s++)
            {
                totals[s] += shard.Totals[s];
            }
        }

        var tail = ExactTail.Of(totals, instance.Tail, SignedPacking.TotalBits);
        var statement = PoseidonSponge.DigestOf([.. shards.Select(s => s.Statement)], HashTag.Statements);
        var json = new NoirInputs()
            .Add("context", context).Add("array_root", array.Root).Add("accounts_root", accounts.Root).Add("evaluations_statement", statement)
            .Add("shortfall", FieldElement.Of(tail.Mean)).Add("shard_key", keyHash).Add("key", key)
            .AddEach("shards", shards.Zip(proofs), (inputs, shard) =>
            {
                inputs.Add("proof", shard.Second);
                inputs.Add("root", shard.First.Root);
                inputs.Add("statement", shard.First.Statement);
                inputs.Add("totals", shard.First.Totals.Select(t => FieldElement.Of((UInt128)t)));
            })
            .Add("tail", tail);
        return new SolvencySettleWitness(
            ProofInputs.Of(instance, [context, array.Root, accounts.Root, statement, FieldElement.Of(tail.Mean), keyHash], json),
            tail.Mean);
    }
}

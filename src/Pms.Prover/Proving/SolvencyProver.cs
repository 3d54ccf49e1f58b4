using System.Collections.Immutable;
using Pms.Proofs.Circuits;
using Pms.Proofs.Commitments;
using Pms.Proofs.Fields;
using Pms.Proofs.Witnesses;
using Pms.Prover.Documents;
using Pms.Prover.Keys;

namespace Pms.Prover.Proving;

/// <summary>A proven shortfall.</summary>
/// <param name="Proof">for the chain</param>
/// <param name="Shortfall">money units (1e-6 USD)</param>
/// <param name="Challenges">[part] at which a quorum evaluates the array</param>
/// <param name="ShardKey">hash of the parts' verifying key; null where one proof held all accounts</param>
public sealed record SolvencyProof(Proof Proof, UInt128 Shortfall, ImmutableArray<FieldElement> Challenges, FieldElement? ShardKey);

/// <summary>Solvency of a whole tree of accounts: one proof, or parts and a settlement over their proofs.</summary>
public static class SolvencyProver
{
    /// <param name="maker">proofs</param>
    /// <param name="instance">of circuit solvency or solvency-settle</param>
    /// <param name="context">chain, contract, epoch, parameters</param>
    /// <param name="array">as deep as the circuit's</param>
    /// <param name="accounts">all of them</param>
    /// <param name="cancel">kills what runs; finished parts are found again</param>
    public static async Task<SolvencyProof> MakeAsync(ProofMaker maker, CircuitInstance instance, FieldElement context, ArrayCommitment array, HiddenAccounts accounts, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(maker);
        ArgumentNullException.ThrowIfNull(instance);
        if (instance.Shards == 0)
        {
            var witness = SolvencyWitness.Of(instance, context, array, accounts);
            return new SolvencyProof(await maker.MakeAsync(witness.Inputs, ProofTarget.Chain, cancel).ConfigureAwait(false), witness.Shortfall, [witness.Challenge], null);
        }

        var part = CircuitInstance.Of(instance.Shard!);
        var shards = ImmutableArray.CreateBuilder<SolvencyShardWitness>(instance.Shards);
        var proofs = ImmutableArray.CreateBuilder<ImmutableArray<FieldElement>>(instance.Shards);
        for (var i = 0; i < instance.Shards; i++)
        {
            shards.Add(SolvencyShardWitness.Of(part, context, array, accounts, i));
            proofs.Add((await maker.MakeAsync(shards[i].Inputs, ProofTarget.Circuit, cancel).ConfigureAwait(false)).Fields);
        }

        var key = await maker.CircuitAsync(part, ProofTarget.Circuit, cancel).ConfigureAwait(false);
        var all = shards.MoveToImmutable();
        var settled = SolvencySettleWitness.Of(instance, context, array, accounts, all, proofs.MoveToImmutable(), [.. key.KeyFields()], key.KeyHash);
        var proof = await maker.MakeAsync(settled.Inputs, ProofTarget.Chain, cancel).ConfigureAwait(false);
        return new SolvencyProof(proof, settled.Shortfall, [.. all.Select(s => s.Challenge)], key.KeyHash);
    }
}

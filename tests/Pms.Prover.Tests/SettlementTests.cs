using System.Collections.Immutable;
using Pms.Proofs.Circuits;
using Pms.Proofs.Commitments;
using Pms.Proofs.Fields;
using Pms.Proofs.Witnesses;
using Pms.Prover.Keys;
using Pms.Prover.Processes;
using Pms.Prover.Proving;
using Pms.Testing;

namespace Pms.Prover.Tests;

/// <summary>Parts, proven, and the settlement that verifies their proofs inside its own: 1.5 million gates, so in the long suite alone.</summary>
public sealed class SettlementTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task MakeAsync_OfParts_IsTheWholesShortfall()
    {
        Assert.SkipUnless(FuzzBudget.Long, "skipped: proofs inside a proof take minutes (make test-long)");
        var instance = CircuitInstance.Of("solvency-settle-small");
        var part = CircuitInstance.Of(instance.Shard!);
        var (array, accounts) = Provers.Scene(part, 6, part.AccountDepth + 1);
        var settled = await SolvencyProver.MakeAsync(Provers.Maker, instance, Provers.Context, array, accounts, Cancel);
        settled.Shortfall.ShouldBe(Whole(array, accounts));
        settled.Challenges.Length.ShouldBe(instance.Shards, "a quorum signs the array at each part's challenge");
        (await Provers.Maker.VerifyAsync(settled.Proof, Cancel)).ShouldBeTrue();
    }

    /// <summary>The hash that the chain pins is that of the key which verified the parts: with another hash beside the right key, as with the pinned hash beside another key, nothing can be proven.</summary>
    [Fact]
    public async Task MakeAsync_KeyHashOfAnotherKey_NoProofComesOut()
    {
        Assert.SkipUnless(FuzzBudget.Long, "skipped: proofs inside a proof take minutes (make test-long)");
        var instance = CircuitInstance.Of("solvency-settle-small");
        var part = CircuitInstance.Of(instance.Shard!);
        var (array, accounts) = Provers.Scene(part, 6, part.AccountDepth + 1);
        var (shards, proofs, key) = await ProvenPartsAsync(part, array, accounts);
        var forged = SolvencySettleWitness.Of(instance, Provers.Context, array, accounts, [.. shards], proofs, [.. key.KeyFields()], key.KeyHash + FieldElement.Of(1L));
        var refused = await Should.ThrowAsync<ProverException>(() => Provers.Maker.MakeAsync(forged.Inputs, ProofTarget.Chain, Cancel));
        refused.Code.ShouldBeOneOf("proof-invalid", "prover-failed");
    }

    /// <summary>What a witness generator cannot see: the proof of a part is another part's, of whose totals the settlement says something else.</summary>
    [Fact]
    public async Task MakeAsync_PartWithAForgedSum_NoProofComesOut()
    {
        Assert.SkipUnless(FuzzBudget.Long, "skipped: proofs inside a proof take minutes (make test-long)");
        var instance = CircuitInstance.Of("solvency-settle-small");
        var part = CircuitInstance.Of(instance.Shard!);
        var (array, accounts) = Provers.Scene(part, 6, part.AccountDepth + 1);
        var (shards, proofs, key) = await ProvenPartsAsync(part, array, accounts);
        // The first part is said to owe nothing.
        shards[0] = shards[0] with { Totals = [.. shards[0].Totals.Select(_ => Int128.Zero)] };
        var forged = SolvencySettleWitness.Of(instance, Provers.Context, array, accounts, [.. shards], proofs, [.. key.KeyFields()], key.KeyHash);
        var refused = await Should.ThrowAsync<ProverException>(() => Provers.Maker.MakeAsync(forged.Inputs, ProofTarget.Chain, Cancel));
        refused.Code.ShouldBeOneOf("proof-invalid", "prover-failed");
    }

    private static async Task<(SolvencyShardWitness[] Shards, ImmutableArray<ImmutableArray<FieldElement>> Proofs, BuiltCircuit Key)> ProvenPartsAsync(CircuitInstance part, ArrayCommitment array, HiddenAccounts accounts)
    {
        SolvencyShardWitness[] shards = [SolvencyShardWitness.Of(part, Provers.Context, array, accounts, 0), SolvencyShardWitness.Of(part, Provers.Context, array, accounts, 1)];
        var proofs = ImmutableArray.CreateBuilder<ImmutableArray<FieldElement>>();
        foreach (var shard in shards)
        {
            proofs.Add((await Provers.Maker.MakeAsync(shard.Inputs, ProofTarget.Circuit, Cancel)).Fields);
        }

        return (shards, proofs.ToImmutable(), await Provers.Maker.CircuitAsync(part, ProofTarget.Circuit, Cancel));
    }

    private static UInt128 Whole(ArrayCommitment array, HiddenAccounts accounts)
    {
        var totals = new Int128[array.Scenarios];
        foreach (var account in accounts.All)
        {
            var losses = array.Losses(account.Holdings.AsSpan());
            for (var s = 0; s < totals.Length; s++)
            {
                totals[s] += Int128.Max(0, (Int128)losses[s] - account.Equity);
            }
        }

        Array.Sort(totals);
        return (UInt128)((totals[^1] + totals[^2] + 1) / 2);
    }
}

using System.Collections.Immutable;
using System.Numerics;
using Pms.Primitives;
using Pms.Proofs.Circuits;
using Pms.Proofs.Commitments;
using Pms.Proofs.Fields;
using Pms.Proofs.Hashing;

namespace Pms.Proofs.Witnesses;

/// <summary>Margins of neighbouring accounts in one proof: circuits/margin-batch.</summary>
/// <param name="Inputs">of the proof</param>
/// <param name="Margins">[account] money units</param>
/// <param name="Tree">of the margins: what an account's margin is opened from</param>
/// <param name="Challenge">at which a quorum evaluates the array</param>
public sealed record MarginBatchWitness(ProofInputs Inputs, ImmutableArray<ulong> Margins, PoseidonTree Tree, FieldElement Challenge)
{
    /// <param name="instance">of circuit margin-batch</param>
    /// <param name="context">chain, contract, epoch, parameters</param>
    /// <param name="array">as deep as the circuit's</param>
    /// <param name="accounts">tree of accounts</param>
    /// <param name="batch">which run of as many neighbours as the circuit has</param>
    /// <exception cref="InvalidInputException"><c>proof-scenarios</c>, <c>proof-accounts</c>, <c>proof-range</c>, <c>circuit-unknown</c></exception>
    public static MarginBatchWitness Of(CircuitInstance instance, FieldElement context, ArrayCommitment array, HiddenAccounts accounts, int batch)
    {
        Sizes.Require(instance, "margin-batch", array, accounts);
        var level = BitOperations.Log2((uint)instance.Accounts);
        var those = accounts.Range(batch * instance.Accounts, instance.Accounts);
        ExactTail[] tails = [.. those.Select(a => ExactTail.Of(array.Losses(a.Holdings.AsSpan()), instance.Tail, SignedPacking.SizeBits))];
        ImmutableArray<ulong> margins = [.. tails.Select(t => (ulong)t.Mean)];
        var tree = PoseidonTree.Build([.. those.Zip(margins, (a, m) => a.MarginLeaf(m))], level);

        var losses = new PoseidonSponge(HashTag.Losses, instance.Accounts * (1 + SignedPacking.FieldsOf(instance.Scenarios)));
        foreach (var tail in tails)
        {
            losses.Absorb(NoirInputs.Signed(tail.Threshold));
            foreach (var packed in SignedPacking.Pack([.. tail.Losses.Select(l => tail.Threshold - l)]))
            {
                losses.Absorb(packed);
            }
        }

        var challenge = PoseidonSponge.DigestOf([context, array.Root, accounts.Root, losses.Digest()], HashTag.Challenge);
        var evaluations = array.EvaluateAt(challenge);
        var statement = ArrayCommitment.Statement(challenge, evaluations.AsSpan());
        var json = new NoirInputs()
            .Add("context", context).Add("array_root", array.Root).Add("accounts_root", accounts.Root).Add("evaluations_statement", statement).Add("margin_root", tree.Root)
            .Add("accounts", those, instance.Positions)
            .AddPath("sides", "siblings", accounts.Tree.PathOf(batch, level))
            .Add("tails", tails)
            .Add("margins", margins.Select(m => FieldElement.Of((UInt128)m)))
            .Add("evaluations", evaluations);
        return new MarginBatchWitness(
            ProofInputs.Of(instance, [context, array.Root, accounts.Root, statement, tree.Root], json),
            margins,
            tree,
            challenge);
    }
}

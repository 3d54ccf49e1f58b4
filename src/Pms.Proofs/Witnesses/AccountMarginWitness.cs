using Pms.Primitives;
using Pms.Proofs.Circuits;
using Pms.Proofs.Commitments;
using Pms.Proofs.Fields;

namespace Pms.Proofs.Witnesses;

/// <summary>One account's margin, its rows opened from the array's tree: circuits/account-margin.</summary>
public static class AccountMarginWitness
{
    /// <param name="instance">of circuit account-margin</param>
    /// <param name="context">chain, contract, epoch, parameters</param>
    /// <param name="array">as deep as the circuit's</param>
    /// <param name="accounts">tree of accounts</param>
    /// <param name="place">whose margin</param>
    /// <param name="margin">money units</param>
    /// <exception cref="InvalidInputException"><c>proof-scenarios</c>, <c>proof-positions</c>, <c>proof-range</c>, <c>circuit-unknown</c></exception>
    public static ProofInputs Of(CircuitInstance instance, FieldElement context, ArrayCommitment array, HiddenAccounts accounts, int place, out ulong margin)
    {
        Sizes.Require(instance, "account-margin", array, accounts);
        var account = accounts[place];
        var tail = ExactTail.Of(array.Losses(account.Holdings.AsSpan()), instance.Tail, SignedPacking.SizeBits);
        margin = (ulong)tail.Mean;
        var root = account.MarginLeaf(margin);
        var json = new NoirInputs()
            .Add("context", context).Add("array_root", array.Root).Add("accounts_root", accounts.Root).Add("margin_root", root)
            .Add("account", account, instance.Positions)
            .AddPath("account_sides", "account_siblings", accounts.Tree.PathOf(place))
            .AddEach("openings", account.Padded(instance.Positions), (inputs, position) =>
            {
                inputs.Add("gains", array.Gains(position.Row).ToArray().Select(g => FieldElement.Of(g - (long)int.MinValue)));
                inputs.AddPath("sides", "siblings", array.PathOf(position.Row));
            })
            .Add("tail", tail)
            .Add("margin", FieldElement.Of((UInt128)margin));
        return ProofInputs.Of(instance, [context, array.Root, accounts.Root, root], json);
    }
}

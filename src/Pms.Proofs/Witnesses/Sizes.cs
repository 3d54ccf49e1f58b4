using Pms.Primitives;
using Pms.Proofs.Circuits;
using Pms.Proofs.Commitments;

namespace Pms.Proofs.Witnesses;

/// <summary>That array and accounts are of the sizes that a circuit has.</summary>
internal static class Sizes
{
    public static void Require(CircuitInstance instance, string circuit, ArrayCommitment array, HiddenAccounts accounts)
    {
        if (instance.Circuit != circuit)
        {
            throw new InvalidInputException("circuit-unknown", $"{instance.Name} is of circuit {instance.Circuit}, not {circuit}");
        }

        if (array.Scenarios != instance.Scenarios || array.Places != instance.Rows)
        {
            throw new InvalidInputException("proof-scenarios", $"{instance.Name} has {instance.Scenarios} scenarios and {instance.Rows} rows: the array is committed to with {array.Scenarios} and {array.Places}");
        }

        if (accounts.Tree.Depth != instance.AccountDepth || accounts.Positions != instance.Positions)
        {
            throw new InvalidInputException("proof-accounts", $"{instance.Name} has a tree of depth {instance.AccountDepth} and {instance.Positions} positions an account: the accounts are committed to with {accounts.Tree.Depth} and {accounts.Positions}");
        }
    }
}

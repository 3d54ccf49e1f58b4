using System.Collections.Immutable;
using Pms.Attestation.Batches;
using Pms.Primitives;
using Pms.Proofs.Circuits;

namespace Pms.Proofs.Commitments;

/// <summary>The chain's book as hidden accounts: the same for the prover and every attester, given the epoch's secret.</summary>
public static class HouseAccounts
{
    /// <summary>Array and accounts of a book.</summary>
    /// <param name="rows">epoch of the proof's scenarios (<see cref="ProofScenarios"/>)</param>
    /// <param name="book">as the chain holds it</param>
    /// <param name="instance">circuit</param>
    /// <param name="secret">of the epoch, for salts</param>
    /// <exception cref="InvalidInputException"><c>proof-account</c>: an account without a margin, which no proof may leave out; codes of <see cref="HiddenAccounts"/> and <see cref="ArrayCommitment"/></exception>
    public static (ArrayCommitment Array, HiddenAccounts Accounts) Of(HouseRows rows, HouseBook book, CircuitInstance instance, ReadOnlySpan<byte> secret)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(book);
        ArgumentNullException.ThrowIfNull(instance);
        var array = ArrayCommitment.Of(rows.Epoch.Array, rows.Epoch.Set.Weights, instance.RowDepth);
        var ordered = book with { Accounts = [.. book.Accounts.OrderBy(a => a.Number)] };
        var requirements = HouseRequirement.OfBook(rows, ordered, 1);
        var accounts = ImmutableArray.CreateBuilder<HiddenAccount>(ordered.Accounts.Length);
        for (var i = 0; i < requirements.Length; i++)
        {
            var account = ordered.Accounts[i];
            if (requirements[i].Requirement is not { } requirement)
            {
                throw new InvalidInputException("proof-account", $"account {account.Number} has no margin, so nothing can be proven of the whole: {requirements[i].Reason}");
            }

            var (engine, offLot) = HouseRequirement.EngineAccount(rows, account);
            accounts.Add(new HiddenAccount(
                account.Number.Value,
                account.Sequence.Value,
                account.Positions.Value,
                // What is left of a leg beyond whole lots is not in the positions: what it can lose is off the equity.
                checked(requirement.Equity.ToMoneyDown() - offLot),
                HiddenAccount.SaltOf(secret, i),
                rows.Epoch.Engine.Holdings(engine)));
        }

        return (array, new HiddenAccounts(accounts.MoveToImmutable(), instance.AccountDepth, instance.Positions));
    }
}

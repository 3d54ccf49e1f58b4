using System.Collections.Immutable;
using Pms.Attestation.Encoding;
using Pms.Cli.Commands;
using Pms.Margin.Epochs;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.Primitives;
using Pms.Proofs.Circuits;
using Pms.Proofs.Commitments;

namespace Pms.Cli.Proofs;

/// <summary>A portfolio file on a board as what proofs are made of: the array over the proof's scenarios, and the accounts, hidden.</summary>
/// <param name="Epoch">of the proof's scenarios</param>
/// <param name="Results">[account] margin by the engine</param>
/// <param name="Array">committed to</param>
/// <param name="Accounts">committed to, in the order of the file</param>
internal sealed record ProofScene(MarginEpoch Epoch, ImmutableArray<MarginResult> Results, ArrayCommitment Array, HiddenAccounts Accounts)
{
    /// <param name="run">board and portfolio</param>
    /// <param name="instance">circuit</param>
    /// <param name="secret">for salts</param>
    /// <exception cref="InvalidInputException"><c>history-flag</c>: a history weighs scenarios unequally; codes of the epoch and of the commitments</exception>
    public static ProofScene Of(MarginRun run, CircuitInstance instance, ReadOnlySpan<byte> secret)
    {
        if (run.Inputs.History is not null)
        {
            throw new InvalidInputException("history-flag", "--history gives scenarios of unequal weight: a proof needs equal ones");
        }

        var epoch = (run with { Inputs = run.Inputs with { Parameters = ProofScenarios.Of(run.Inputs.Parameters, instance) } }).Epoch();
        var array = ArrayCommitment.Of(epoch.Array, epoch.Set.Weights, instance.RowDepth);
        var results = epoch.Engine.EvaluateBook(run.Portfolio.Accounts, threads: run.Threads);
        var accounts = ImmutableArray.CreateBuilder<HiddenAccount>(results.Length);
        for (var i = 0; i < results.Length; i++)
        {
            var account = run.Portfolio.Accounts[i];
            accounts.Add(new HiddenAccount((ulong)i + 1, 0, BookHash(account), results[i].Equity, HiddenAccount.SaltOf(secret, i), results[i].Holdings));
        }

        return new ProofScene(epoch, results, array, new HiddenAccounts(accounts.MoveToImmutable(), instance.AccountDepth, instance.Positions));
    }

    /// <summary>No chain has a hash for a file's book: Keccak over its lines, one for each contract.</summary>
    private static KeccakHash BookHash(Account account) =>
        Keccak256.Hash(System.Text.Encoding.UTF8.GetBytes(string.Concat(account.Positions.Select(p => FormattableString.Invariant($"{p.Instrument.Name} {p.Quantity}\n")))));
}

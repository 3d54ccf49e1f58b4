using Pms.Attestation.Encoding;
using Pms.Margin.Arrays;
using Pms.Proofs.Circuits;
using Pms.Proofs.Commitments;
using Pms.Proofs.Fields;
using Pms.Prover.Keys;
using Pms.Prover.Proving;
using Pms.Testing;

namespace Pms.Prover.Tests;

/// <summary>The prover of the tests, and accounts drawn from a seed.</summary>
internal static class Provers
{
    public static readonly FieldElement Context = FieldElement.Of(20_261_129L);

    public static ProverTools Tools { get; } = new(Path.Combine(RepositoryPaths.Root, "circuits"), Path.Combine(RepositoryPaths.Root, "artifacts", "zk"));

    public static ProofMaker Maker { get; } = new(Tools);

    /// <summary>Array and accounts that fill a circuit; some accounts deep in debt.</summary>
    public static (ArrayCommitment Array, HiddenAccounts Accounts) Scene(CircuitInstance instance, int seed, int? depth = null)
    {
        var random = new Random(seed);
        var rows = Enumerable.Range(0, instance.Rows * 3 / 4).Select(_ => Enumerable.Range(0, instance.Scenarios).Select(_ => random.Next(-2_000_000, 2_000_000)).ToArray()).ToArray();
        var to = depth ?? instance.AccountDepth;
        var accounts = Enumerable.Range(0, (1 << to) - 1).Select(i => new HiddenAccount(
            (ulong)i + 1,
            (ulong)random.Next(100),
            Keccak256.Hash(BitConverter.GetBytes(i)),
            random.NextInt64(-50_000, 100_000) * 1_000_000,
            HiddenAccount.SaltOf(BitConverter.GetBytes((long)seed).Concat(new byte[8]).ToArray(), i),
            [.. Enumerable.Range(0, random.Next(instance.Positions + 1)).Select(_ => random.Next(rows.Length)).Distinct().Select(r => new RowLots(r, random.Next(-100_000, 100_000)))]));
        return (new ArrayCommitment(rows, instance.RowDepth), new HiddenAccounts(accounts, to, instance.Positions));
    }
}

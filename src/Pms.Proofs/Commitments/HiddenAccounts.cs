using System.Collections.Immutable;
using Pms.Proofs.Fields;
using Pms.Proofs.Hashing;

namespace Pms.Proofs.Commitments;

/// <summary>All accounts under one root; a place without an account holds <see cref="HiddenAccount.Empty"/>.</summary>
public sealed class HiddenAccounts
{
    /// <param name="accounts">in the order of the tree</param>
    /// <param name="depth">of the tree</param>
    /// <param name="positions">that each leaf has room for: as many as the circuit's</param>
    /// <exception cref="Pms.Primitives.InvalidInputException"><c>tree-full</c>, <c>proof-positions</c>, <c>proof-range</c></exception>
    public HiddenAccounts(IEnumerable<HiddenAccount> accounts, int depth, int positions)
    {
        All = [.. accounts];
        Positions = positions;
        Tree = PoseidonTree.Build([.. All.Select(a => a.Leaf(positions))], depth, HiddenAccount.Empty.Leaf(positions));
    }

    public ImmutableArray<HiddenAccount> All { get; }

    public int Positions { get; }

    public PoseidonTree Tree { get; }

    public FieldElement Root => Tree.Root;

    public HiddenAccount this[int place] => place < All.Length ? All[place] : HiddenAccount.Empty;

    /// <summary>Neighbours from a place on.</summary>
    public ImmutableArray<HiddenAccount> Range(int from, int count) => [.. Enumerable.Range(from, count).Select(i => this[i])];
}

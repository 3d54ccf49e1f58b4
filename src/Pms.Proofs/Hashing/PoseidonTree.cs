using System.Collections.Immutable;
using Pms.Primitives;
using Pms.Proofs.Fields;

namespace Pms.Proofs.Hashing;

/// <summary>A path in a tree: whether the node at each level is the right one, and what stands beside it, from the leaf up.</summary>
public sealed record TreePath(ImmutableArray<bool> Sides, ImmutableArray<FieldElement> Siblings);

/// <summary>A full Merkle tree of Poseidon2 hashes; 2^depth leaves.</summary>
public sealed class PoseidonTree
{
    private readonly FieldElement[][] _levels;

    private PoseidonTree(FieldElement[][] levels) => _levels = levels;

    public int Depth => _levels.Length - 1;

    public FieldElement Root => _levels[^1][0];

    /// <summary>The node at a level (0: leaves) and place.</summary>
    public FieldElement Node(int level, int place) => _levels[level][place];

    /// <param name="leaves">at most 2^depth</param>
    /// <param name="depth">0 to 20</param>
    /// <param name="empty">stands at every other place</param>
    /// <exception cref="InvalidInputException"><c>tree-full</c></exception>
    public static PoseidonTree Build(IReadOnlyList<FieldElement> leaves, int depth, FieldElement empty = default)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        ArgumentOutOfRangeException.ThrowIfNegative(depth);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(depth, 20);
        if (leaves.Count > 1 << depth)
        {
            throw new InvalidInputException("tree-full", $"{leaves.Count} leaves do not fit a tree of depth {depth}: {1 << depth} at most");
        }

        var levels = new FieldElement[depth + 1][];
        levels[0] = new FieldElement[1 << depth];
        Array.Fill(levels[0], empty);
        for (var i = 0; i < leaves.Count; i++)
        {
            levels[0][i] = leaves[i];
        }

        // What stands right of the leaves in use is the same everywhere: one hash a level.
        var (used, rest) = (leaves.Count, empty);
        for (var level = 0; level < depth; level++)
        {
            var (below, above) = (levels[level], new FieldElement[1 << (depth - level - 1)]);
            used = (used + 1) / 2;
            rest = Parent(rest, rest);
            Array.Fill(above, rest);
            for (var i = 0; i < used; i++)
            {
                above[i] = Parent(below[2 * i], below[(2 * i) + 1]);
            }

            levels[level + 1] = above;
        }

        return new PoseidonTree(levels);
    }

    /// <summary>From the node at a level and place to the root.</summary>
    public TreePath PathOf(int place, int level = 0)
    {
        var sides = ImmutableArray.CreateBuilder<bool>(Depth - level);
        var siblings = ImmutableArray.CreateBuilder<FieldElement>(Depth - level);
        for (; level < Depth; level++, place /= 2)
        {
            sides.Add(place % 2 == 1);
            siblings.Add(_levels[level][place ^ 1]);
        }

        return new TreePath(sides.MoveToImmutable(), siblings.MoveToImmutable());
    }

    /// <summary>Root that a leaf leads to.</summary>
    public static FieldElement RootOf(FieldElement leaf, TreePath path)
    {
        ArgumentNullException.ThrowIfNull(path);
        for (var i = 0; i < path.Sides.Length; i++)
        {
            leaf = path.Sides[i] ? Parent(path.Siblings[i], leaf) : Parent(leaf, path.Siblings[i]);
        }

        return leaf;
    }

    public static FieldElement Parent(FieldElement left, FieldElement right) => Poseidon2.Hash3(left, right, FieldElement.Zero, HashTag.Node);
}

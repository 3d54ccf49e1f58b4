using System.Collections.Immutable;
using Pms.Attestation.Encoding;
using Pms.Primitives;

namespace Pms.Attestation.Trees;

/// <summary>Merkle tree of fixed depth, as contracts/src/libraries/MerkleTree.sol reads it.</summary>
/// <remarks>
/// leaf = keccak(0x00, hash of the data), node = keccak(0x01, left, right), a place without a leaf holds <see cref="Empty"/>. Only places in use are kept: what lies
/// right of them is the same at every level, so a tree of n leaves costs about 2 n hashes, and a changed leaf as many as the tree is deep.
/// </remarks>
public sealed class FixedDepthTree
{
    /// <summary>Of account leaves: a million accounts.</summary>
    public const int AccountDepth = 20;

    /// <summary>Of stress rows: 8,192 contracts.</summary>
    public const int RowDepth = 13;

    private const byte LeafTag = 0;
    private const byte NodeTag = 1;
    private const int NodeBytes = 1 + (2 * KeccakHash.SizeBytes);

    private readonly KeccakHash[][] _levels;

    private FixedDepthTree(KeccakHash[][] levels) => _levels = levels;

    /// <summary>What stands at a place without a leaf.</summary>
    public static KeccakHash Empty { get; } = Keccak256.Hash("pms.merkle.empty"u8);

    private static readonly KeccakHash[] EmptyNodes = MakeEmptyNodes();

    public int Depth => _levels.Length - 1;

    public int LeafCount => _levels[0].Length;

    public KeccakHash Root => Node(Depth, 0);

    /// <summary>The leaf at a place.</summary>
    public KeccakHash this[int index] => _levels[0][index];

    /// <param name="dataHashes">struct hashes of the leaves in their order; none or more</param>
    /// <param name="depth">1 to 32</param>
    /// <exception cref="InvalidInputException"><c>tree-full</c>: more leaves than the tree has places</exception>
    public static FixedDepthTree Build(ReadOnlySpan<KeccakHash> dataHashes, int depth)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(depth, EmptyNodes.Length - 1);
        if (dataHashes.Length > 1L << depth)
        {
            throw new InvalidInputException("tree-full", $"{dataHashes.Length} leaves do not fit a tree of depth {depth}: {1L << depth} at most");
        }

        var levels = new KeccakHash[depth + 1][];
        var buffer = new byte[Math.Max(dataHashes.Length, 1) * NodeBytes];
        levels[0] = new KeccakHash[dataHashes.Length];
        const int LeafBytes = 1 + KeccakHash.SizeBytes;
        for (var i = 0; i < dataHashes.Length; i++)
        {
            buffer[i * LeafBytes] = LeafTag;
            dataHashes[i].CopyTo(buffer.AsSpan((i * LeafBytes) + 1));
        }

        Keccak256.HashEach(buffer.AsSpan(0, dataHashes.Length * LeafBytes), LeafBytes, levels[0]);
        for (var level = 0; level < depth; level++)
        {
            var below = levels[level];
            var above = new KeccakHash[(below.Length + 1) / 2];
            for (var i = 0; i < above.Length; i++)
            {
                var node = buffer.AsSpan(i * NodeBytes, NodeBytes);
                node[0] = NodeTag;
                below[2 * i].CopyTo(node[1..]);
                ((2 * i) + 1 < below.Length ? below[(2 * i) + 1] : EmptyNodes[level]).CopyTo(node[(1 + KeccakHash.SizeBytes)..]);
            }

            Keccak256.HashEach(buffer.AsSpan(0, above.Length * NodeBytes), NodeBytes, above);
            levels[level + 1] = above;
        }

        return new FixedDepthTree(levels);
    }

    /// <summary>Puts another leaf at a place in use, or at the next free one.</summary>
    /// <param name="index">0 to <see cref="LeafCount"/></param>
    /// <param name="dataHash">struct hash of the leaf</param>
    /// <exception cref="InvalidInputException"><c>tree-full</c></exception>
    public void Set(int index, KeccakHash dataHash)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, LeafCount);
        if (index >= 1L << Depth)
        {
            throw new InvalidInputException("tree-full", $"leaf {index} does not fit a tree of depth {Depth}: {1L << Depth} at most");
        }

        var node = LeafHash(dataHash);
        for (var level = 0; ; level++, index >>= 1)
        {
            if (index == _levels[level].Length)
            {
                Array.Resize(ref _levels[level], index + 1);
            }

            _levels[level][index] = node;
            if (level == Depth)
            {
                return;
            }

            var sibling = Node(level, index ^ 1);
            node = (index & 1) == 0 ? NodeHash(node, sibling) : NodeHash(sibling, node);
        }
    }

    /// <summary>Neighbours from the leaf up, one for each level.</summary>
    /// <param name="index">of a leaf in use</param>
    public ImmutableArray<KeccakHash> Prove(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, LeafCount);
        var path = ImmutableArray.CreateBuilder<KeccakHash>(Depth);
        for (var level = 0; level < Depth; level++, index >>= 1)
        {
            path.Add(Node(level, index ^ 1));
        }

        return path.MoveToImmutable();
    }

    /// <summary>Whether a leaf stands at a place of a committed tree. The rules of the chain.</summary>
    /// <param name="root">committed</param>
    /// <param name="dataHash">struct hash of the leaf</param>
    /// <param name="index">place</param>
    /// <param name="count">leaves in use, committed</param>
    /// <param name="depth">of the tree</param>
    /// <param name="path">as many neighbours as the tree is deep</param>
    public static bool Verify(KeccakHash root, KeccakHash dataHash, long index, long count, int depth, ReadOnlySpan<KeccakHash> path)
    {
        if (path.Length != depth || index < 0 || index >= count || count > 1L << depth)
        {
            return false;
        }

        var node = LeafHash(dataHash);
        for (var level = 0; level < depth; level++)
        {
            node = ((index >> level) & 1) == 0 ? NodeHash(node, path[level]) : NodeHash(path[level], node);
        }

        return node == root;
    }

    /// <summary>keccak(0x00, data hash).</summary>
    public static KeccakHash LeafHash(KeccakHash dataHash)
    {
        Span<byte> bytes = stackalloc byte[1 + KeccakHash.SizeBytes];
        bytes[0] = LeafTag;
        dataHash.CopyTo(bytes[1..]);
        return Keccak256.Hash(bytes);
    }

    /// <summary>keccak(0x01, left, right).</summary>
    public static KeccakHash NodeHash(KeccakHash left, KeccakHash right)
    {
        Span<byte> bytes = stackalloc byte[NodeBytes];
        bytes[0] = NodeTag;
        left.CopyTo(bytes[1..]);
        right.CopyTo(bytes[(1 + KeccakHash.SizeBytes)..]);
        return Keccak256.Hash(bytes);
    }

    private KeccakHash Node(int level, int index) => index < _levels[level].Length ? _levels[level][index] : EmptyNodes[level];

    private static KeccakHash[] MakeEmptyNodes()
    {
        var nodes = new KeccakHash[33];
        nodes[0] = Empty;
        for (var level = 1; level < nodes.Length; level++)
        {
            nodes[level] = NodeHash(nodes[level - 1], nodes[level - 1]);
        }

        return nodes;
    }
}

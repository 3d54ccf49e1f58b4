using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Pms.Primitives;

namespace Pms.Margin.Arrays;

/// <summary>Proof that a leaf stands at a place of a committed list.</summary>
/// <param name="Index">of the leaf</param>
/// <param name="LeafCount">of the list</param>
/// <param name="Path">hashes of the neighbours, from the leaf up; levels where the node has no neighbour are left out</param>
public sealed record MerkleProof(int Index, int LeafCount, ImmutableArray<ContentHash> Path)
{
    /// <summary>Whether <paramref name="root"/> commits to this leaf at <see cref="Index"/> of <see cref="LeafCount"/> leaves.</summary>
    /// <param name="leafHash">of the leaf's bytes, from <see cref="MerkleTree.LeafHash"/></param>
    /// <param name="root">committed</param>
    public bool Verify(ContentHash leafHash, ContentHash root)
    {
        if (Path.IsDefault || LeafCount < 1 || Index < 0 || Index >= LeafCount)
        {
            return false;
        }

        var node = leafHash;
        var used = 0;
        var index = Index;
        for (var width = LeafCount; width > 1; width = (width / 2) + (width & 1), index /= 2)
        {
            if (index == width - 1 && (width & 1) == 1)
            {
                continue;
            }

            if (used == Path.Length)
            {
                return false;
            }

            var neighbour = Path[used++];
            node = (index & 1) == 0 ? MerkleTree.NodeHash(node, neighbour) : MerkleTree.NodeHash(neighbour, node);
        }

        return used == Path.Length && MerkleTree.RootHash(node, LeafCount) == root;
    }
}

/// <summary>Binary hash tree over a list, as in RFC 6962 but with the count of leaves bound into the root.</summary>
/// <remarks>
/// SHA-256 with a tag byte in front: 0 for a leaf's bytes, 1 for two neighbours, 2 for the root (count, top). A node without a right neighbour moves up as it
/// is; it is not paired with itself, which would let two lists have one root (CVE-2012-2459).
/// </remarks>
public sealed class MerkleTree
{
    internal const byte LeafTag = 0;
    private const byte NodeTag = 1;
    private const byte RootTag = 2;

    private readonly ContentHash[][] _levels;

    /// <param name="leafHashes">from <see cref="LeafHash"/>, one or more</param>
    /// <exception cref="InvalidInputException"><c>merkle-empty</c></exception>
    public MerkleTree(IEnumerable<ContentHash> leafHashes)
    {
        ArgumentNullException.ThrowIfNull(leafHashes);
        var level = leafHashes.ToArray();
        if (level.Length == 0)
        {
            throw new InvalidInputException("merkle-empty", "a tree needs at least one leaf");
        }

        var levels = new List<ContentHash[]> { level };
        while (level.Length > 1)
        {
            var next = new ContentHash[(level.Length / 2) + (level.Length & 1)];
            for (var i = 0; i < level.Length / 2; i++)
            {
                next[i] = NodeHash(level[2 * i], level[(2 * i) + 1]);
            }

            if ((level.Length & 1) == 1)
            {
                next[^1] = level[^1];
            }

            levels.Add(next);
            level = next;
        }

        _levels = [.. levels];
        Root = RootHash(level[0], LeafCount);
    }

    public int LeafCount => _levels[0].Length;

    public ContentHash Root { get; }

    /// <exception cref="ArgumentOutOfRangeException">no such leaf</exception>
    public MerkleProof Prove(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, LeafCount);
        var path = ImmutableArray.CreateBuilder<ContentHash>();
        var at = index;
        foreach (var level in _levels.AsSpan()[..^1])
        {
            var neighbour = at ^ 1;
            if (neighbour < level.Length)
            {
                path.Add(level[neighbour]);
            }

            at /= 2;
        }

        return new MerkleProof(index, LeafCount, path.ToImmutable());
    }

    /// <summary>SHA-256 of 0 and the leaf's bytes.</summary>
    public static ContentHash LeafHash(ReadOnlySpan<byte> leaf)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([LeafTag]);
        hash.AppendData(leaf);
        Span<byte> result = stackalloc byte[ContentHash.SizeBytes];
        hash.GetHashAndReset(result);
        return ContentHash.FromBytes(result);
    }

    internal static ContentHash NodeHash(ContentHash left, ContentHash right)
    {
        Span<byte> bytes = stackalloc byte[1 + (2 * ContentHash.SizeBytes)];
        bytes[0] = NodeTag;
        left.CopyTo(bytes[1..]);
        right.CopyTo(bytes[(1 + ContentHash.SizeBytes)..]);
        return ContentHash.Of(bytes);
    }

    internal static ContentHash RootHash(ContentHash top, int leafCount)
    {
        Span<byte> bytes = stackalloc byte[1 + sizeof(int) + ContentHash.SizeBytes];
        bytes[0] = RootTag;
        BinaryPrimitives.WriteInt32LittleEndian(bytes[1..], leafCount);
        top.CopyTo(bytes[(1 + sizeof(int))..]);
        return ContentHash.Of(bytes);
    }
}

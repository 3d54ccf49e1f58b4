using Pms.Margin.Arrays;
using Pms.Primitives;

namespace Pms.Margin.Tests.Arrays;

/// <summary>Membership proofs: every honest one is accepted, every forged one refused.</summary>
public sealed class MerkleTreeTests
{
    [Fact]
    public void Prove_EveryLeafOfEverySize_Verifies()
    {
        for (var n = 1; n <= 33; n++)
        {
            var leaves = Leaves(n);
            var tree = new MerkleTree(leaves);
            for (var i = 0; i < n; i++)
            {
                tree.Prove(i).Verify(leaves[i], tree.Root).ShouldBeTrue($"leaf {i} of {n}");
            }
        }
    }

    [Fact]
    public void Verify_ForgedProof_Refuses()
    {
        for (var n = 1; n <= 17; n++)
        {
            var leaves = Leaves(n);
            var tree = new MerkleTree(leaves);
            for (var i = 0; i < n; i++)
            {
                var proof = tree.Prove(i);
                proof.Verify(MerkleTree.LeafHash([99]), tree.Root).ShouldBeFalse("another leaf");
                proof.Verify(leaves[i], MerkleTree.LeafHash([98])).ShouldBeFalse("another root");
                (proof with { LeafCount = n + 1 }).Verify(leaves[i], tree.Root).ShouldBeFalse("another count");
                (proof with { Index = -1 }).Verify(leaves[i], tree.Root).ShouldBeFalse();
                (proof with { Index = n }).Verify(leaves[i], tree.Root).ShouldBeFalse();
                (proof with { Path = proof.Path.Add(leaves[i]) }).Verify(leaves[i], tree.Root).ShouldBeFalse("a longer path");
                (proof with { Path = default }).Verify(leaves[i], tree.Root).ShouldBeFalse();
                for (var j = 0; j < n; j++)
                {
                    (proof with { Index = j }).Verify(leaves[i], tree.Root).ShouldBe(i == j, $"leaf {i} at place {j} of {n}");
                }

                for (var p = 0; p < proof.Path.Length; p++)
                {
                    (proof with { Path = proof.Path.RemoveAt(p) }).Verify(leaves[i], tree.Root).ShouldBeFalse("a shorter path");
                    (proof with { Path = proof.Path.SetItem(p, MerkleTree.LeafHash([97])) }).Verify(leaves[i], tree.Root).ShouldBeFalse("another neighbour");
                }
            }
        }
    }

    [Fact]
    public void Root_ListsThatPairingWithItselfConfuses_Differ()
    {
        // CVE-2012-2459: with the last node paired with itself, [a, b, c] and [a, b, c, c] have one root.
        var leaves = Leaves(3);
        new MerkleTree(leaves).Root.ShouldNotBe(new MerkleTree([.. leaves, leaves[2]]).Root);
        new MerkleTree(leaves).Root.ShouldNotBe(new MerkleTree(leaves.Reverse()).Root);
        // An inner node is no leaf: its bytes hash with another tag.
        var bytes = new byte[2 * ContentHash.SizeBytes];
        leaves[0].CopyTo(bytes);
        leaves[1].CopyTo(bytes.AsSpan(ContentHash.SizeBytes));
        new MerkleTree([MerkleTree.LeafHash(bytes), leaves[2]]).Root.ShouldNotBe(new MerkleTree(leaves).Root);
        Should.Throw<InvalidInputException>(() => new MerkleTree([])).Code.ShouldBe("merkle-empty");
        Should.Throw<ArgumentOutOfRangeException>(() => new MerkleTree(leaves).Prove(3));
        Should.Throw<ArgumentOutOfRangeException>(() => new MerkleTree(leaves).Prove(-1));
    }

    private static ContentHash[] Leaves(int n) => [.. Enumerable.Range(0, n).Select(i => MerkleTree.LeafHash([(byte)i]))];
}

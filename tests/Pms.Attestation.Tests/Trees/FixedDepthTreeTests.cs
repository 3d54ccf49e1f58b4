using Pms.Attestation.Encoding;
using Pms.Attestation.Tests.Messages;
using Pms.Attestation.Trees;
using Pms.Primitives;
using Pms.Testing;

namespace Pms.Attestation.Tests.Trees;

public sealed class FixedDepthTreeTests
{
    [Fact]
    public void Build_TreesOfTheVectors_HaveTheirRootsAndPaths()
    {
        var vector = VectorFile.Open("attestation-trees.json");
        FixedDepthTree.Empty.ShouldBe(vector.Hash("empty"));
        foreach (var v in vector.List("trees"))
        {
            KeccakHash[] data = [.. v.List("dataHashes").Select(h => KeccakHash.Parse(h.GetString()!))];
            var depth = v.GetProperty("depth").GetInt32();
            var tree = FixedDepthTree.Build(data, depth);
            tree.Root.ShouldBe(v.Hash("root"));
            var paths = v.List("paths").Select(p => p.EnumerateArray().Select(h => KeccakHash.Parse(h.GetString()!)).ToArray()).ToArray();
            for (var i = 0; i < data.Length; i++)
            {
                tree.Prove(i).ShouldBe(paths[i]);
                FixedDepthTree.Verify(tree.Root, data[i], i, data.Length, depth, paths[i]).ShouldBeTrue();
            }
        }
    }

    [Fact]
    public void Set_ChangesAndAppends_EqualATreeBuiltAnew()
    {
        // The same leaves through Set, one by one in mixed order, and through Build, after every step.
        var random = new SplitMix(1);
        var leaves = new List<KeccakHash>();
        var tree = FixedDepthTree.Build([], 6);
        for (var step = 0; step < 300; step++)
        {
            var index = leaves.Count < 64 && random.Next() % 3 == 0 ? leaves.Count : (int)(random.Next() % (ulong)Math.Max(leaves.Count, 1));
            var data = Keccak256.Hash(BitConverter.GetBytes(random.Next()));
            if (index == leaves.Count)
            {
                leaves.Add(data);
            }
            else
            {
                leaves[index] = data;
            }

            tree.Set(index, data);
            tree.Root.ShouldBe(FixedDepthTree.Build(leaves.ToArray(), 6).Root, $"step {step}");
        }

        leaves.Count.ShouldBeGreaterThan(50);
    }

    [Fact]
    public void Verify_ForgedProofs_AreAllRefused()
    {
        // T24: inner nodes as leaves, leaves as data, other places, longer and shorter paths, counts that leave the leaf out.
        var random = new SplitMix(2);
        KeccakHash[] data = [.. Enumerable.Range(0, 37).Select(i => Keccak256.Hash(BitConverter.GetBytes(i)))];
        var tree = FixedDepthTree.Build(data, 8);
        KeccakHash[] nodes = [.. data, .. data.Select(FixedDepthTree.LeafHash), .. Enumerable.Range(0, 37).SelectMany(i => tree.Prove(i)), tree.Root, FixedDepthTree.Empty];
        var accepted = 0;
        for (var trial = 0; trial < FuzzBudget.Cases(20_000); trial++)
        {
            var index = (int)(random.Next() % 37);
            var path = tree.Prove(index).ToArray();
            var (claimed, place, count, depth) = (data[index], (long)index, 37L, 8);
            switch (random.Next() % 6)
            {
                case 0: claimed = nodes[random.Next() % (ulong)nodes.Length]; break;
                case 1: place ^= 1L << (int)(random.Next() % 9); break;
                case 2: path[random.Next() % 8] = nodes[random.Next() % (ulong)nodes.Length]; break;
                case 3: path = path[..(int)(random.Next() % 8)]; depth = (random.Next() & 1) == 0 ? path.Length : 8; claimed = nodes[random.Next() % (ulong)nodes.Length]; break;
                case 4: count = (long)(random.Next() % (ulong)(index + 1)); break;
                default: path = [.. path, FixedDepthTree.Empty]; depth = 9 - (int)(random.Next() & 1); break;
            }

            var isUnchanged = claimed == data[index] && place == index && count == 37 && path.AsSpan().SequenceEqual(tree.Prove(index).AsSpan());
            if (!isUnchanged && FixedDepthTree.Verify(tree.Root, claimed, place, count, depth, path))
            {
                accepted++;
            }
        }

        accepted.ShouldBe(0);
    }

    [Fact]
    public void Build_MoreLeavesThanPlaces_IsRefused()
    {
        Should.Throw<InvalidInputException>(() => FixedDepthTree.Build(new KeccakHash[5], 2)).Code.ShouldBe("tree-full");
        var full = FixedDepthTree.Build(new KeccakHash[4], 2);
        Should.Throw<InvalidInputException>(() => full.Set(4, default)).Code.ShouldBe("tree-full");
    }
}

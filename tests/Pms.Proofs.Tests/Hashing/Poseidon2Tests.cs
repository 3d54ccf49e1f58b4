using System.Globalization;
using Pms.Attestation.Encoding;
using Pms.Proofs.Commitments;
using Pms.Proofs.Fields;
using Pms.Proofs.Hashing;

namespace Pms.Proofs.Tests.Hashing;

public sealed class Poseidon2Tests
{
    [Fact]
    public void Permute_OfTheVectors_IsEqual()
    {
        var cases = Vectors.Of("permutations").EnumerateArray().ToArray();
        cases.Length.ShouldBeGreaterThan(4);
        foreach (var c in cases)
        {
            var state = c.GetProperty("input").Elements();
            Poseidon2.Permute(state);
            state.ShouldBe(c.GetProperty("output").Elements(), c.GetProperty("name").GetString());
        }
    }

    [Fact]
    public void Permute_OfZeros_IsWhatNoirGives()
    {
        var state = new FieldElement[Poseidon2.Width];
        Poseidon2.Permute(state);
        state[0].ToString().ShouldBe("0x18dfb8dc9b82229cff974efefc8df78b1ce96d9d844236b496785c698bc6732e");
    }

    [Fact]
    public void MarginLeaf_OfTheVectors_IsEqual()
    {
        var cases = Vectors.Of("marginLeaves").EnumerateArray().ToArray();
        cases.Length.ShouldBeGreaterThan(2);
        foreach (var c in cases)
        {
            ulong Number(string name) => ulong.Parse(c.GetProperty(name).GetString()!, CultureInfo.InvariantCulture);
            var account = new HiddenAccount(Number("account"), Number("sequence"), KeccakHash.Parse(c.GetProperty("positionsHash").GetString()!), 0, FieldElement.Zero, []);
            account.MarginLeaf(Number("margin")).ToString().ShouldBe(c.GetProperty("leaf").GetString());
        }
    }

    [Fact]
    public void Tree_OfTheVectors_HasTheirRootsAndPaths()
    {
        var leaves = Vectors.Of("marginLeaves").EnumerateArray().Select(c => FieldElement.Parse(c.GetProperty("leaf").GetString()!)).ToArray();
        foreach (var c in Vectors.Of("trees").EnumerateArray())
        {
            var depth = c.GetProperty("depth").GetInt32();
            var paths = c.GetProperty("paths").EnumerateArray().Select(p => p.Elements()).ToArray();
            for (var i = 0; i < paths.Length; i++)
            {
                var path = new TreePath([.. Enumerable.Range(0, depth).Select(level => ((i >> level) & 1) == 1)], [.. paths[i]]);
                PoseidonTree.RootOf(leaves[i], path).ToString().ShouldBe(c.GetProperty("root").GetString());
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(8)]
    public void Tree_PartlyFilled_EqualsTheFullTree(int used)
    {
        FieldElement[] leaves = [.. Enumerable.Range(1, used).Select(i => FieldElement.Of((long)i))];
        var empty = FieldElement.Of(99L);
        var tree = PoseidonTree.Build(leaves, 3, empty);
        FieldElement[] level = [.. leaves, .. Enumerable.Repeat(empty, 8 - used)];
        while (level.Length > 1)
        {
            level = [.. Enumerable.Range(0, level.Length / 2).Select(i => PoseidonTree.Parent(level[2 * i], level[(2 * i) + 1]))];
        }

        tree.Root.ShouldBe(level[0]);
        for (var i = 0; i < 8; i++)
        {
            PoseidonTree.RootOf(tree.Node(0, i), tree.PathOf(i)).ShouldBe(tree.Root);
        }
    }

    [Fact]
    public void Sponge_OfListsThatDifferInPaddingOrTag_DiffersToo()
    {
        FieldElement[] list = [FieldElement.Of(1L), FieldElement.Of(2L)];
        var digests = new[]
        {
            PoseidonSponge.DigestOf(list, HashTag.Row),
            PoseidonSponge.DigestOf([.. list, FieldElement.Zero], HashTag.Row),
            PoseidonSponge.DigestOf([.. list, FieldElement.Zero, FieldElement.Zero], HashTag.Row),
            PoseidonSponge.DigestOf(list, HashTag.Losses),
        };
        digests.Distinct().Count().ShouldBe(digests.Length);
    }
}

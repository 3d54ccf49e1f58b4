using System.Text.Json;
using Pms.Attestation.Encoding;
using Pms.Testing;

namespace Pms.Attestation.Tests.Encoding;

public sealed class Keccak256Tests
{
    [Theory]
    [InlineData("", "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")]
    [InlineData("abc", "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45")]
    [InlineData("transfer(address,uint256)", "0xa9059cbb2ab09eb219583f4a59a5d0623ade346d962bcd4e46b11da047c9049b")]
    [InlineData("Transfer(address,address,uint256)", "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef")]
    [InlineData("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)", "0x8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f")]
    public void Hash_WellKnownTexts_GiveTheirPublishedHash(string text, string expected) =>
        Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(text)).ToString().ShouldBe(expected);

    [Fact]
    public void Hash_EveryLengthFrom0To300_EqualsTheSecondWritingAndTheVectors()
    {
        using var vectors = JsonDocument.Parse(File.ReadAllText(Path.Combine(RepositoryPaths.Root, "testdata/vectors/attestation-keccak.json")));
        var expected = vectors.RootElement.GetProperty("hashes").EnumerateArray().Select(h => h.GetString()).ToArray();
        expected.Length.ShouldBe(301);
        for (var length = 0; length < expected.Length; length++)
        {
            var message = Enumerable.Range(0, length).Select(i => (byte)((7 * i) + 3)).ToArray();
            var hash = Keccak256.Hash(message);
            hash.ToString().ShouldBe(expected[length], $"length {length}");
            hash.ShouldBe(KeccakHash.FromBytes(SlowKeccak.Hash(message)), $"length {length}");
        }
    }

    [Fact]
    public void HashEach_EveryLengthAndCount_EqualsHash()
    {
        for (var length = 1; length <= 300; length++)
        {
            for (var count = length % 7; count <= 9; count += 3)
            {
                var messages = Enumerable.Range(0, length * count).Select(i => (byte)((i * i) + (31 * i) + length)).ToArray();
                var hashes = new KeccakHash[count];
                Keccak256.HashEach(messages, length, hashes);
                for (var i = 0; i < count; i++)
                {
                    hashes[i].ShouldBe(Keccak256.Hash(messages.AsSpan(i * length, length)), $"message {i} of {count} of length {length}");
                }
            }
        }
    }

    [Theory]
    [InlineData("DOTNET_EnableHWIntrinsic=0")]
    [InlineData("DOTNET_EnableAVX512=0")]
    [InlineData("DOTNET_EnableAVX2=0")]
    public void HashEach_WithoutInstructionSets_IsTheSame(string setting) => ChildProcess.RunTest(typeof(Keccak256Tests), nameof(HashEach_EveryLengthAndCount_EqualsHash), setting);

    [Fact]
    public void HashEach_WrongSizes_AreRefused()
    {
        Should.Throw<ArgumentException>(() => Keccak256.HashEach(new byte[10], 3, new KeccakHash[3]));
        Should.Throw<ArgumentOutOfRangeException>(() => Keccak256.HashEach([], 0, []));
    }

    /// <summary>The definition of FIPS 202 with loops over x, y and z: slow, and written apart from the product.</summary>
    private static class SlowKeccak
    {
        public static byte[] Hash(byte[] message)
        {
            var padded = new byte[((message.Length / 136) + 1) * 136];
            message.CopyTo(padded, 0);
            padded[message.Length] ^= 0x01;
            padded[^1] ^= 0x80;
            var a = new ulong[5, 5];
            for (var start = 0; start < padded.Length; start += 136)
            {
                for (var i = 0; i < 136; i++)
                {
                    a[i / 8 % 5, i / 40] ^= (ulong)padded[start + i] << (8 * (i % 8));
                }

                a = Permute(a);
            }

            return [.. Enumerable.Range(0, 32).Select(i => (byte)(a[i / 8 % 5, i / 40] >> (8 * (i % 8))))];
        }

        private static ulong[,] Permute(ulong[,] a)
        {
            byte register = 1;
            for (var round = 0; round < 24; round++)
            {
                var theta = new ulong[5, 5];
                for (var x = 0; x < 5; x++)
                {
                    ulong Column(int c) => a[c, 0] ^ a[c, 1] ^ a[c, 2] ^ a[c, 3] ^ a[c, 4];
                    for (var y = 0; y < 5; y++)
                    {
                        theta[x, y] = a[x, y] ^ Column((x + 4) % 5) ^ ulong.RotateLeft(Column((x + 1) % 5), 1);
                    }
                }

                var moved = new ulong[5, 5];
                moved[0, 0] = theta[0, 0];
                var (px, py) = (1, 0);
                for (var t = 0; t < 24; t++)
                {
                    moved[py, ((2 * px) + (3 * py)) % 5] = ulong.RotateLeft(theta[px, py], (t + 1) * (t + 2) / 2 % 64);
                    (px, py) = (py, ((2 * px) + (3 * py)) % 5);
                }

                for (var x = 0; x < 5; x++)
                {
                    for (var y = 0; y < 5; y++)
                    {
                        a[x, y] = moved[x, y] ^ (~moved[(x + 1) % 5, y] & moved[(x + 2) % 5, y]);
                    }
                }

                for (var j = 0; j < 7; j++)
                {
                    a[0, 0] ^= (ulong)(register & 1) << ((1 << j) - 1);
                    register = (byte)((register << 1) ^ (register >= 0x80 ? 0x71 : 0));
                }
            }

            return a;
        }
    }
}

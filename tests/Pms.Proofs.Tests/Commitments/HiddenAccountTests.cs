using Pms.Attestation.Encoding;
using Pms.Margin.Arrays;
using Pms.Primitives;
using Pms.Proofs.Commitments;
using Pms.Proofs.Fields;

namespace Pms.Proofs.Tests.Commitments;

public sealed class HiddenAccountTests
{
    private static readonly HiddenAccount Some = new(7, 3, Keccak256.Hash("book"u8), -5_000_000, HiddenAccount.SaltOf(new byte[16], 0), [new RowLots(1, -40), new RowLots(9, 12)]);

    [Fact]
    public void Leaf_AnythingChanged_Changes()
    {
        HiddenAccount[] others =
        [
            Some, Some with { Number = 8 }, Some with { Sequence = 4 }, Some with { PositionsHash = Keccak256.Hash("other"u8) }, Some with { Equity = -4_999_999 }, Some with { Salt = FieldElement.Of(1L) },
            Some with { Holdings = [new RowLots(1, -41), new RowLots(9, 12)] }, Some with { Holdings = [new RowLots(2, -40), new RowLots(9, 12)] }, Some with { Holdings = [new RowLots(9, 12), new RowLots(1, -40)] },
        ];
        others.Select(a => a.Leaf(4)).Distinct().Count().ShouldBe(others.Length);
        Some.Leaf(8).ShouldNotBe(Some.Leaf(4), "a circuit with room for more positions has other leaves");
    }

    [Theory]
    [InlineData(HiddenAccount.MostLots - 1, 511, null)]
    [InlineData(-HiddenAccount.MostLots, 0, null)]
    [InlineData(HiddenAccount.MostLots, 0, "proof-range")]
    [InlineData(-HiddenAccount.MostLots - 1, 0, "proof-range")]
    [InlineData(1, 512, "proof-range")]
    [InlineData(1, -1, "proof-range")]
    public void Padded_AtTheLimits_HoldsOrRefuses(long lots, int row, string? code)
    {
        var account = Some with { Holdings = [new RowLots(row, lots)] };
        if (code is null)
        {
            account.Padded(2).ShouldBe([new RowLots(row, lots), new RowLots(0, 0)]);
        }
        else
        {
            Should.Throw<InvalidInputException>(() => account.Padded(2)).Code.ShouldBe(code);
        }
    }

    [Fact]
    public void Padded_MorePositionsThanTheCircuit_Refuses() => Should.Throw<InvalidInputException>(() => Some.Padded(1)).Code.ShouldBe("proof-positions");

    [Fact]
    public void SaltOf_PlacesAndSecrets_AreAllDifferent()
    {
        var salts = Enumerable.Range(0, 100).SelectMany(i => new[] { HiddenAccount.SaltOf(new byte[32], i), HiddenAccount.SaltOf([.. new byte[31], 1], i) }).ToArray();
        salts.Distinct().Count().ShouldBe(salts.Length);
        Should.Throw<InvalidInputException>(() => HiddenAccount.SaltOf(new byte[15], 0)).Code.ShouldBe("proof-salt");
    }

    [Fact]
    public void ArrayCommitment_RowsUnevenOrTooMany_Refuses()
    {
        Should.Throw<InvalidInputException>(() => new ArrayCommitment([[1, 2], [1]], 2)).Code.ShouldBe("proof-scenarios");
        Should.Throw<InvalidInputException>(() => new ArrayCommitment([], 2)).Code.ShouldBe("proof-scenarios");
        Should.Throw<InvalidInputException>(() => new ArrayCommitment(Enumerable.Repeat<int[]>([1], 5), 2)).Code.ShouldBe("tree-full");
        Should.Throw<InvalidInputException>(() => new ArrayCommitment([[1], [2]], 1).Losses([new RowLots(2, 1)])).Code.ShouldBe("row-missing");
    }

    /// <summary>A polynomial in the challenge, by Horner's rule over BigInteger.</summary>
    [Fact]
    public void EvaluateAt_Challenge_IsThePolynomialOfEachRow()
    {
        int[][] rows = [[1, -2, int.MaxValue, int.MinValue], [0, 0, 0, 0], [5, 6, 7, 8]];
        var r = FieldElement.Parse("0x1234567890abcdef1234567890abcdef1234567890abcdef");
        var values = new ArrayCommitment(rows, 2).EvaluateAt(r);
        for (var i = 0; i < rows.Length; i++)
        {
            var sum = System.Numerics.BigInteger.Zero;
            foreach (var gain in rows[i].Reverse())
            {
                sum = (sum + gain) * r.ToBigInteger();
            }

            values[i].ShouldBe(FieldElement.Of(sum));
        }

        values[3].IsZero.ShouldBeTrue();
    }
}

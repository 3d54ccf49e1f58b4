using System.Numerics;
using Pms.Primitives;
using Pms.Proofs.Fields;
using Pms.Testing;

namespace Pms.Proofs.Tests.Fields;

public sealed class FieldElementTests
{
    private static readonly BigInteger P = FieldElement.Order;

    /// <summary>Against System.Numerics.BigInteger, at the corners and at random.</summary>
    [Fact]
    public void Arithmetic_AnyElements_IsThatOfIntegersModuloTheOrder()
    {
        var random = new Random(3);
        BigInteger[] corners = [0, 1, 2, P - 1, P - 2, P / 2, BigInteger.Pow(2, 64) - 1, BigInteger.Pow(2, 64), BigInteger.Pow(2, 128), BigInteger.Pow(2, 253)];
        for (var i = 0; i < FuzzBudget.Cases(2000); i++)
        {
            var (a, b) = i < corners.Length * corners.Length ? (corners[i / corners.Length], corners[i % corners.Length]) : (Draw(random), Draw(random));
            var (x, y) = (FieldElement.Of(a), FieldElement.Of(b));
            (x + y).ToBigInteger().ShouldBe((a + b) % P);
            (x - y).ToBigInteger().ShouldBe((((a - b) % P) + P) % P);
            (x * y).ToBigInteger().ShouldBe(a * b % P);
            FieldElement.Parse(x.ToString()).ShouldBe(x);
            if (!x.IsZero)
            {
                (x.Value * x.Value.Inverse()).ToBigInteger().ShouldBe(BigInteger.One);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void Of_Long_IsItsResidue(long value) => FieldElement.Of(value).ToBigInteger().ShouldBe(((value % P) + P) % P);

    [Fact]
    public void Of_WideNumbers_IsTheirResidue()
    {
        FieldElement.Of(UInt128.MaxValue).ToBigInteger().ShouldBe(BigInteger.Pow(2, 128) - 1);
        FieldElement.Of(P).IsZero.ShouldBeTrue();
        FieldElement.Of(-P - 1).ToBigInteger().ShouldBe(P - 1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("-1")]
    [InlineData("0xg")]
    [InlineData("21888242871839275222246405745257275088548364400416034343698204186575808495617")]
    [InlineData("0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    public void Parse_NoElement_Refuses(string text) => Should.Throw<InvalidInputException>(() => FieldElement.Parse(text)).Code.ShouldBe("field-element");

    [Fact]
    public void FromBytes_TheOrderOrShort_Refuses()
    {
        Span<byte> bytes = stackalloc byte[32];
        FieldElement.Of(P - 1).CopyTo(bytes);
        FieldElement.FromBytes(bytes).ToBigInteger().ShouldBe(P - 1);
        var order = P.ToByteArray(isUnsigned: true, isBigEndian: true);
        Should.Throw<InvalidInputException>(() => FieldElement.FromBytes(order)).Code.ShouldBe("field-element");
        Should.Throw<InvalidInputException>(() => FieldElement.FromBytes(order.AsSpan(1))).Code.ShouldBe("field-element");
    }

    private static BigInteger Draw(Random random)
    {
        var bytes = new byte[32];
        random.NextBytes(bytes);
        return new BigInteger(bytes, isUnsigned: true) % P;
    }
}

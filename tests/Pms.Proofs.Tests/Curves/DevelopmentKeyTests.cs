using System.Numerics;
using Pms.Proofs.Curves;
using Pms.Proofs.Fields;

namespace Pms.Proofs.Tests.Curves;

/// <summary>Against affine formulas over BigInteger.</summary>
public sealed class DevelopmentKeyTests
{
    private static readonly BigInteger Q = PrimeElement<CoordinatePrime>.Prime;

    [Fact]
    public void WriteFirstGroup_Points_ArePowersOfTheTauTimesTheGenerator()
    {
        const int Count = (1 << 14) + 3;
        using var stream = new MemoryStream();
        DevelopmentKey.WriteFirstGroup(stream, Count);
        var bytes = stream.ToArray();
        bytes.Length.ShouldBe(Count * DevelopmentKey.PointBytes);
        foreach (var i in (int[])[0, 1, 2, 17, (1 << 14) - 1, 1 << 14, Count - 1])
        {
            var expected = Times((BigInteger.One, 2), BigInteger.ModPow(DevelopmentKey.Tau, i, FieldElement.Order));
            Point(bytes, i).ShouldBe(expected, $"point {i}");
        }
    }

    [Fact]
    public void SecondGroup_Point_LiesOnTheCurveAndIsThreeTimesTheGenerator()
    {
        var words = Enumerable.Range(0, 4).Select(w => new BigInteger(DevelopmentKey.SecondGroup.Slice(32 * w, 32), isUnsigned: true, isBigEndian: true)).ToArray();
        var generator = (
            (BigInteger.Parse("10857046999023057135944570762232829481370756359578518086990519993285655852781", null), BigInteger.Parse("11559732032986387107991004021392285783925812861821192530917403151452391805634", null)),
            (BigInteger.Parse("8495653923123431417604973247489272438418190587263600148770280649306958101930", null), BigInteger.Parse("4082367875863433681332203403145435568316851327593401208105741076214120093531", null)));
        var twice = Add2(generator, generator);
        Add2(twice, generator).ShouldBe(((words[0], words[1]), (words[2], words[3])));
    }

    private static (BigInteger X, BigInteger Y) Point(byte[] bytes, int i) => (
        new BigInteger(bytes.AsSpan(i * 64, 32), isUnsigned: true, isBigEndian: true), new BigInteger(bytes.AsSpan((i * 64) + 32, 32), isUnsigned: true, isBigEndian: true));

    private static BigInteger Mod(BigInteger x) => ((x % Q) + Q) % Q;

    private static BigInteger Inverse(BigInteger x) => BigInteger.ModPow(Mod(x), Q - 2, Q);

    private static (BigInteger X, BigInteger Y) Add((BigInteger X, BigInteger Y) a, (BigInteger X, BigInteger Y) b)
    {
        var slope = a == b ? Mod(3 * a.X * a.X * Inverse(2 * a.Y)) : Mod((b.Y - a.Y) * Inverse(b.X - a.X));
        var x = Mod((slope * slope) - a.X - b.X);
        return (x, Mod((slope * (a.X - x)) - a.Y));
    }

    private static (BigInteger X, BigInteger Y) Times((BigInteger X, BigInteger Y) point, BigInteger factor)
    {
        (BigInteger X, BigInteger Y)? sum = null;
        for (var bit = (int)factor.GetBitLength() - 1; bit >= 0; bit--)
        {
            sum = sum is { } s ? Add(s, s) : null;
            if (!((factor >> bit) & 1).IsZero)
            {
                sum = sum is { } t ? Add(t, point) : point;
            }
        }

        return sum!.Value;
    }

    private static (BigInteger, BigInteger) Multiply((BigInteger A, BigInteger B) x, (BigInteger A, BigInteger B) y) => (Mod((x.A * y.A) - (x.B * y.B)), Mod((x.A * y.B) + (x.B * y.A)));

    private static (BigInteger, BigInteger) Subtract((BigInteger A, BigInteger B) x, (BigInteger A, BigInteger B) y) => (Mod(x.A - y.A), Mod(x.B - y.B));

    private static (BigInteger, BigInteger) Inverse2((BigInteger A, BigInteger B) x)
    {
        var norm = Inverse((x.A * x.A) + (x.B * x.B));
        return (Mod(x.A * norm), Mod(-x.B * norm));
    }

    private static ((BigInteger, BigInteger) X, (BigInteger, BigInteger) Y) Add2(((BigInteger, BigInteger) X, (BigInteger, BigInteger) Y) a, ((BigInteger, BigInteger) X, (BigInteger, BigInteger) Y) b)
    {
        var slope = a == b
            ? Multiply(Multiply((3, 0), Multiply(a.X, a.X)), Inverse2(Multiply((2, 0), a.Y)))
            : Multiply(Subtract(b.Y, a.Y), Inverse2(Subtract(b.X, a.X)));
        var x = Subtract(Subtract(Multiply(slope, slope), a.X), b.X);
        return (x, Subtract(Multiply(slope, Subtract(a.X, x)), a.Y));
    }
}

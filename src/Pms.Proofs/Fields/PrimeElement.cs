using System.Numerics;
using System.Runtime.CompilerServices;

namespace Pms.Proofs.Fields;

/// <summary>An element of a prime field, in Montgomery form: Montgomery (1985), interleaved as CIOS in Koç, Acar, Kaliski (1996).</summary>
/// <remarks>Always below p, so equal elements have equal limbs. Not constant in time: it is for provers on their own machine.</remarks>
internal readonly struct PrimeElement<TPrime> : IEquatable<PrimeElement<TPrime>>
    where TPrime : struct, IPrimeField
{
    private readonly ulong _0;
    private readonly ulong _1;
    private readonly ulong _2;
    private readonly ulong _3;

    private PrimeElement(ulong l0, ulong l1, ulong l2, ulong l3) => (_0, _1, _2, _3) = (l0, l1, l2, l3);

    public static BigInteger Prime { get; } = new BigInteger(TPrime.P0) + (new BigInteger(TPrime.P1) << 64) + (new BigInteger(TPrime.P2) << 128) + (new BigInteger(TPrime.P3) << 192);

    public static PrimeElement<TPrime> Zero => default;

    public static PrimeElement<TPrime> One { get; } = Of(BigInteger.One);

    public bool IsZero => (_0 | _1 | _2 | _3) == 0;

    /// <param name="value">any integer; taken modulo p</param>
    public static PrimeElement<TPrime> Of(BigInteger value)
    {
        var reduced = BigInteger.Remainder(value, Prime);
        reduced = reduced.Sign < 0 ? reduced + Prime : reduced;
        Span<byte> bytes = stackalloc byte[32];
        bytes.Clear();
        reduced.TryWriteBytes(bytes, out _, isUnsigned: true);
        return OfCanonical(bytes);
    }

    public static PrimeElement<TPrime> Of(long value)
    {
        var (r0, r1, r2, r3) = TPrime.SquareOfR;
        var magnitude = new PrimeElement<TPrime>(value < 0 ? (ulong)-(Int128)value : (ulong)value, 0, 0, 0) * new PrimeElement<TPrime>(r0, r1, r2, r3);
        return value < 0 ? -magnitude : magnitude;
    }

    public static PrimeElement<TPrime> Of(UInt128 value)
    {
        var (r0, r1, r2, r3) = TPrime.SquareOfR;
        return new PrimeElement<TPrime>((ulong)value, (ulong)(value >> 64), 0, 0) * new PrimeElement<TPrime>(r0, r1, r2, r3);
    }

    /// <summary>The number below p.</summary>
    public BigInteger ToBigInteger()
    {
        Span<byte> bytes = stackalloc byte[32];
        WriteBigEndian(bytes);
        return new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
    }

    /// <param name="destination">32 bytes, most significant first</param>
    public void WriteBigEndian(Span<byte> destination)
    {
        var plain = this * new PrimeElement<TPrime>(1, 0, 0, 0);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(destination, plain._3);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(destination[8..], plain._2);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(destination[16..], plain._1);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(destination[24..], plain._0);
    }

    public static PrimeElement<TPrime> operator +(in PrimeElement<TPrime> a, in PrimeElement<TPrime> b)
    {
        // Two numbers below p add up to less than 2^255.
        var l0 = a._0 + b._0;
        var carry = l0 < a._0 ? 1UL : 0;
        var l1 = Add(a._1, b._1, ref carry);
        var l2 = Add(a._2, b._2, ref carry);
        var l3 = a._3 + b._3 + carry;
        return Reduced(l0, l1, l2, l3);
    }

    public static PrimeElement<TPrime> operator -(in PrimeElement<TPrime> a, in PrimeElement<TPrime> b)
    {
        ulong borrow = 0;
        var l0 = Subtract(a._0, b._0, ref borrow);
        var l1 = Subtract(a._1, b._1, ref borrow);
        var l2 = Subtract(a._2, b._2, ref borrow);
        var l3 = Subtract(a._3, b._3, ref borrow);
        var mask = 0 - borrow;
        ulong carry = 0;
        l0 = Add(l0, TPrime.P0 & mask, ref carry);
        l1 = Add(l1, TPrime.P1 & mask, ref carry);
        l2 = Add(l2, TPrime.P2 & mask, ref carry);
        l3 = l3 + (TPrime.P3 & mask) + carry;
        return new PrimeElement<TPrime>(l0, l1, l2, l3);
    }

    public static PrimeElement<TPrime> operator -(in PrimeElement<TPrime> a) => Zero - a;

    public static PrimeElement<TPrime> operator *(in PrimeElement<TPrime> a, in PrimeElement<TPrime> b)
    {
        // The top limb of p is below 2^62, so no round leaves five limbs.
        ulong t0 = 0, t1 = 0, t2 = 0, t3 = 0;
        Round(a._0, b, ref t0, ref t1, ref t2, ref t3);
        Round(a._1, b, ref t0, ref t1, ref t2, ref t3);
        Round(a._2, b, ref t0, ref t1, ref t2, ref t3);
        Round(a._3, b, ref t0, ref t1, ref t2, ref t3);
        return Reduced(t0, t1, t2, t3);
    }

    public static bool operator ==(in PrimeElement<TPrime> a, in PrimeElement<TPrime> b) => a.Equals(b);

    public static bool operator !=(in PrimeElement<TPrime> a, in PrimeElement<TPrime> b) => !a.Equals(b);

    /// <summary>1 / a, by Fermat; 0 of 0.</summary>
    public PrimeElement<TPrime> Inverse()
    {
        var exponent = Prime - 2;
        var result = One;
        for (var bit = (int)exponent.GetBitLength() - 1; bit >= 0; bit--)
        {
            result *= result;
            if (!((exponent >> bit) & 1).IsZero)
            {
                result *= this;
            }
        }

        return result;
    }

    public bool Equals(PrimeElement<TPrime> other) => ((_0 ^ other._0) | (_1 ^ other._1) | (_2 ^ other._2) | (_3 ^ other._3)) == 0;

    public override bool Equals(object? obj) => obj is PrimeElement<TPrime> other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_0, _1, _2, _3);

    public override string ToString() => "0x" + ToBigInteger().ToString("x65", System.Globalization.CultureInfo.InvariantCulture)[^64..];

    private static PrimeElement<TPrime> OfCanonical(ReadOnlySpan<byte> littleEndian)
    {
        var (r0, r1, r2, r3) = TPrime.SquareOfR;
        var plain = new PrimeElement<TPrime>(BitConverter.ToUInt64(littleEndian), BitConverter.ToUInt64(littleEndian[8..]), BitConverter.ToUInt64(littleEndian[16..]), BitConverter.ToUInt64(littleEndian[24..]));
        return plain * new PrimeElement<TPrime>(r0, r1, r2, r3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(ulong a, in PrimeElement<TPrime> b, ref ulong t0, ref ulong t1, ref ulong t2, ref ulong t3)
    {
        ulong carry = 0, folded = 0;
        var x0 = MultiplyAdd(a, b._0, t0, ref carry);
        var m = x0 * TPrime.MinusInverse;
        MultiplyAdd(m, TPrime.P0, x0, ref folded);
        t0 = MultiplyAdd(m, TPrime.P1, MultiplyAdd(a, b._1, t1, ref carry), ref folded);
        t1 = MultiplyAdd(m, TPrime.P2, MultiplyAdd(a, b._2, t2, ref carry), ref folded);
        t2 = MultiplyAdd(m, TPrime.P3, MultiplyAdd(a, b._3, t3, ref carry), ref folded);
        t3 = carry + folded;
    }

    /// <summary>a b + c + carry; the upper half is the next carry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong MultiplyAdd(ulong a, ulong b, ulong c, ref ulong carry)
    {
        var high = Math.BigMul(a, b, out var low);
        low += c;
        high += low < c ? 1UL : 0;
        low += carry;
        high += low < carry ? 1UL : 0;
        carry = high;
        return low;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Add(ulong a, ulong b, ref ulong carry)
    {
        var sum = a + carry;
        var first = sum < carry ? 1UL : 0;
        sum += b;
        carry = first + (sum < b ? 1UL : 0);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Subtract(ulong a, ulong b, ref ulong borrow)
    {
        var difference = a - b;
        var first = a < b ? 1UL : 0;
        var result = difference - borrow;
        borrow = first + (difference < borrow ? 1UL : 0);
        return result;
    }

    /// <summary>A number below 2 p, less p where it is not below p.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static PrimeElement<TPrime> Reduced(ulong l0, ulong l1, ulong l2, ulong l3)
    {
        ulong borrow = 0;
        var m0 = Subtract(l0, TPrime.P0, ref borrow);
        var m1 = Subtract(l1, TPrime.P1, ref borrow);
        var m2 = Subtract(l2, TPrime.P2, ref borrow);
        var m3 = Subtract(l3, TPrime.P3, ref borrow);
        return borrow == 0 ? new PrimeElement<TPrime>(m0, m1, m2, m3) : new PrimeElement<TPrime>(l0, l1, l2, l3);
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Pms.Numerics;

/// <summary>One or more doubles that go through the same formula side by side.</summary>
/// <remarks>
/// A kernel is written once over this interface and compiled for one lane (the definition), four (<see cref="Vector256{T}"/>) and eight
/// (<see cref="Vector512{T}"/>). Lanes never mix, and every operation here is fixed by IEEE 754 or by integer arithmetic, so that the width
/// cannot change a bit: the same operations in the same order, by construction.
/// A mask is a value whose lanes are all ones or all zeros.
/// </remarks>
public interface ILanes<TSelf>
    where TSelf : struct, ILanes<TSelf>
{
    static abstract int Count { get; }

    static abstract TSelf Create(double value);

    static abstract TSelf Load(ref readonly double source, nuint index);

    static abstract void Store(TSelf value, ref double destination, nuint index);

    /// <summary>Store past the caches where the machine can: for results that nobody reads soon.</summary>
    /// <param name="value">what is stored</param>
    /// <param name="destination">with the index, the address of a whole vector: a multiple of 8 <see cref="Count"/> bytes, which is not checked; pinned</param>
    /// <param name="index">in doubles</param>
    static abstract void StoreStreaming(TSelf value, ref double destination, nuint index);

    /// <summary>The nearest whole numbers, halves to even; unspecified beyond the range of an int.</summary>
    static abstract void StoreRounded(TSelf value, ref int destination, nuint index);

    static abstract TSelf operator +(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a, TSelf b);

    static abstract TSelf operator *(TSelf a, TSelf b);

    static abstract TSelf operator /(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a);

    /// <summary>a b + c, rounded once.</summary>
    static abstract TSelf Fma(TSelf a, TSelf b, TSelf c);

    static abstract TSelf Sqrt(TSelf a);

    static abstract TSelf Abs(TSelf a);

    /// <summary>a where a &lt; b, else b (also for NaN).</summary>
    static abstract TSelf Min(TSelf a, TSelf b);

    /// <summary>a where a > b, else b (also for NaN).</summary>
    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>Mask of a &lt;= b; false for NaN.</summary>
    static abstract TSelf LessOrEqual(TSelf a, TSelf b);

    /// <summary>Mask of a &lt; b; false for NaN.</summary>
    static abstract TSelf Less(TSelf a, TSelf b);

    /// <summary>Mask of a == b; false for NaN.</summary>
    static abstract TSelf Equal(TSelf a, TSelf b);

    static abstract TSelf And(TSelf a, TSelf b);

    static abstract TSelf Xor(TSelf a, TSelf b);

    static abstract TSelf Select(TSelf mask, TSelf whereTrue, TSelf whereFalse);

    /// <summary>Bit i is set where lane i of the mask is.</summary>
    static abstract uint Bits(TSelf mask);

    /// <summary>2^k from k + 1.5 * 2^52, for k from -1022 to 1023.</summary>
    static abstract TSelf PowerOfTwo(TSelf shifted);

    /// <summary>2^k value from k + 1.5 * 2^52, for a normal value and a normal result: an integer addition to the exponent instead of a product.</summary>
    static abstract TSelf ScaleByPowerOfTwo(TSelf value, TSelf shifted);

    /// <summary>c = 2^k b with a / c between 2/3 and 3/2, for normal a and b.</summary>
    /// <remarks>The difference of the bit patterns, rounded to a whole exponent, is k: a bit pattern is a piecewise linear logarithm.</remarks>
    static abstract TSelf AlignExponent(TSelf a, TSelf b, out TSelf k);

    /// <summary>m between 3/4 and 3/2 with a = 2^k m, for normal a above 0.</summary>
    static abstract TSelf SplitExponent(TSelf a, out TSelf k);
}

internal static class LaneBits
{
    internal const long One = 0x3FF0_0000_0000_0000;
    internal const long HalfStep = 1L << 51;
    internal const long ExponentMask = unchecked((long)0xFFF0_0000_0000_0000);
    internal const long Sign = long.MinValue;
    internal const long TwoPow52 = 0x4330_0000_0000_0000;

    /// <summary>Turns a biased exponent planted in the mantissa of 2^52 into its value.</summary>
    internal const double TwoPow52Plus2048 = 4503599627372544.0;

    /// <summary>1.5 * 2^52: adding it rounds to the nearest integer and leaves that integer in the low bits.</summary>
    internal const double RoundToInteger = 6755399441055744.0;
}

/// <summary>One lane: the definition.</summary>
public readonly struct Lanes1 : ILanes<Lanes1>
{
    private readonly double _value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Lanes1(double value) => _value = value;

    public double Value => _value;

    public static int Count => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Create(double value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Load(ref readonly double source, nuint index) => new(Unsafe.Add(ref Unsafe.AsRef(in source), index));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes1 value, ref double destination, nuint index) => Unsafe.Add(ref destination, index) = value._value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreStreaming(Lanes1 value, ref double destination, nuint index) => Store(value, ref destination, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreRounded(Lanes1 value, ref int destination, nuint index) =>
        Unsafe.Add(ref destination, index) = (int)BitConverter.DoubleToInt64Bits(value._value + LaneBits.RoundToInteger);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 operator +(Lanes1 a, Lanes1 b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 operator -(Lanes1 a, Lanes1 b) => new(a._value - b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 operator *(Lanes1 a, Lanes1 b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 operator /(Lanes1 a, Lanes1 b) => new(a._value / b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 operator -(Lanes1 a) => new(-a._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Fma(Lanes1 a, Lanes1 b, Lanes1 c) => new(Math.FusedMultiplyAdd(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Sqrt(Lanes1 a) => new(Math.Sqrt(a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Abs(Lanes1 a) => new(Math.Abs(a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Min(Lanes1 a, Lanes1 b) => new(double.MinNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Max(Lanes1 a, Lanes1 b) => new(double.MaxNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 LessOrEqual(Lanes1 a, Lanes1 b) => Mask(a._value <= b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Less(Lanes1 a, Lanes1 b) => Mask(a._value < b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Equal(Lanes1 a, Lanes1 b) => Mask(a._value == b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 And(Lanes1 a, Lanes1 b) => FromBits(ToBits(a) & ToBits(b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Xor(Lanes1 a, Lanes1 b) => FromBits(ToBits(a) ^ ToBits(b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Select(Lanes1 mask, Lanes1 whereTrue, Lanes1 whereFalse) => ToBits(mask) != 0 ? whereTrue : whereFalse;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Bits(Lanes1 mask) => ToBits(mask) != 0 ? 1u : 0u;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 PowerOfTwo(Lanes1 shifted) => FromBits((ToBits(shifted) << 52) + LaneBits.One);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 ScaleByPowerOfTwo(Lanes1 value, Lanes1 shifted) => FromBits(ToBits(value) + (ToBits(shifted) << 52));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 AlignExponent(Lanes1 a, Lanes1 b, out Lanes1 k)
    {
        var bits = ToBits(b);
        var step = (ToBits(a) - bits + LaneBits.HalfStep) & LaneBits.ExponentMask;
        k = new(BitConverter.Int64BitsToDouble((long)((ulong)(step ^ LaneBits.Sign) >> 52) | LaneBits.TwoPow52) - LaneBits.TwoPow52Plus2048);
        return FromBits(bits + step);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 SplitExponent(Lanes1 a, out Lanes1 k)
    {
        var step = (ToBits(a) - LaneBits.One + LaneBits.HalfStep) & LaneBits.ExponentMask;
        k = new(BitConverter.Int64BitsToDouble((long)((ulong)(step ^ LaneBits.Sign) >> 52) | LaneBits.TwoPow52) - LaneBits.TwoPow52Plus2048);
        return FromBits(ToBits(a) - step);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long ToBits(Lanes1 a) => BitConverter.DoubleToInt64Bits(a._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Lanes1 FromBits(long bits) => new(BitConverter.Int64BitsToDouble(bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Lanes1 Mask(bool value) => FromBits(value ? -1L : 0L);
}

/// <summary>Four lanes.</summary>
public readonly struct Lanes4 : ILanes<Lanes4>
{
    private readonly Vector256<double> _value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Lanes4(Vector256<double> value) => _value = value;

    public Vector256<double> Value => _value;

    public static int Count => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Create(double value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Load(ref readonly double source, nuint index) => new(Vector256.LoadUnsafe(in source, index));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes4 value, ref double destination, nuint index) => value._value.StoreUnsafe(ref destination, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void StoreStreaming(Lanes4 value, ref double destination, nuint index) =>
        value._value.StoreAlignedNonTemporal((double*)Unsafe.AsPointer(ref destination) + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreRounded(Lanes4 value, ref int destination, nuint index)
    {
        if (Avx.IsSupported)
        {
            Avx.ConvertToVector128Int32(value._value).StoreUnsafe(ref destination, index);
        }
        else
        {
            var planted = (value._value + Vector256.Create(LaneBits.RoundToInteger)).AsInt64();
            Vector128.Narrow(planted.GetLower(), planted.GetUpper()).StoreUnsafe(ref destination, index);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 operator +(Lanes4 a, Lanes4 b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 operator -(Lanes4 a, Lanes4 b) => new(a._value - b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 operator *(Lanes4 a, Lanes4 b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 operator /(Lanes4 a, Lanes4 b) => new(a._value / b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 operator -(Lanes4 a) => new(-a._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Fma(Lanes4 a, Lanes4 b, Lanes4 c) => new(Vector256.FusedMultiplyAdd(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Sqrt(Lanes4 a) => new(Vector256.Sqrt(a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Abs(Lanes4 a) => new(Vector256.Abs(a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Min(Lanes4 a, Lanes4 b) => new(Vector256.MinNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Max(Lanes4 a, Lanes4 b) => new(Vector256.MaxNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 LessOrEqual(Lanes4 a, Lanes4 b) => new(Vector256.LessThanOrEqual(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Less(Lanes4 a, Lanes4 b) => new(Vector256.LessThan(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Equal(Lanes4 a, Lanes4 b) => new(Vector256.Equals(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 And(Lanes4 a, Lanes4 b) => new(a._value & b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Xor(Lanes4 a, Lanes4 b) => new(a._value ^ b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Select(Lanes4 mask, Lanes4 whereTrue, Lanes4 whereFalse) => new(Vector256.ConditionalSelect(mask._value, whereTrue._value, whereFalse._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Bits(Lanes4 mask) => mask._value.ExtractMostSignificantBits();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 PowerOfTwo(Lanes4 shifted) => new((Vector256.ShiftLeft(shifted._value.AsInt64(), 52) + Vector256.Create(LaneBits.One)).AsDouble());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 ScaleByPowerOfTwo(Lanes4 value, Lanes4 shifted) => new((value._value.AsInt64() + Vector256.ShiftLeft(shifted._value.AsInt64(), 52)).AsDouble());

    /// <remarks>AVX2 has no conversion from 64-bit integers, so the biased exponent is planted in a double's mantissa.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 AlignExponent(Lanes4 a, Lanes4 b, out Lanes4 k)
    {
        var bits = b._value.AsInt64();
        var step = (a._value.AsInt64() - bits + Vector256.Create(LaneBits.HalfStep)) & Vector256.Create(LaneBits.ExponentMask);
        var planted = Vector256.ShiftRightLogical(step ^ Vector256.Create(LaneBits.Sign), 52) | Vector256.Create(LaneBits.TwoPow52);
        k = new(planted.AsDouble() - Vector256.Create(LaneBits.TwoPow52Plus2048));
        return new((bits + step).AsDouble());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 SplitExponent(Lanes4 a, out Lanes4 k)
    {
        var bits = a._value.AsInt64();
        var step = (bits - Vector256.Create(LaneBits.One) + Vector256.Create(LaneBits.HalfStep)) & Vector256.Create(LaneBits.ExponentMask);
        var planted = Vector256.ShiftRightLogical(step ^ Vector256.Create(LaneBits.Sign), 52) | Vector256.Create(LaneBits.TwoPow52);
        k = new(planted.AsDouble() - Vector256.Create(LaneBits.TwoPow52Plus2048));
        return new((bits - step).AsDouble());
    }
}

/// <summary>Eight lanes.</summary>
public readonly struct Lanes8 : ILanes<Lanes8>
{
    private readonly Vector512<double> _value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Lanes8(Vector512<double> value) => _value = value;

    public Vector512<double> Value => _value;

    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Create(double value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Load(ref readonly double source, nuint index) => new(Vector512.LoadUnsafe(in source, index));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes8 value, ref double destination, nuint index) => value._value.StoreUnsafe(ref destination, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void StoreStreaming(Lanes8 value, ref double destination, nuint index) =>
        value._value.StoreAlignedNonTemporal((double*)Unsafe.AsPointer(ref destination) + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreRounded(Lanes8 value, ref int destination, nuint index)
    {
        if (Avx512F.IsSupported)
        {
            Avx512F.ConvertToVector256Int32(value._value).StoreUnsafe(ref destination, index);
        }
        else
        {
            var planted = (value._value + Vector512.Create(LaneBits.RoundToInteger)).AsInt64();
            Vector256.Narrow(planted.GetLower(), planted.GetUpper()).StoreUnsafe(ref destination, index);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 operator +(Lanes8 a, Lanes8 b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 operator -(Lanes8 a, Lanes8 b) => new(a._value - b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 operator *(Lanes8 a, Lanes8 b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 operator /(Lanes8 a, Lanes8 b) => new(a._value / b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 operator -(Lanes8 a) => new(-a._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Fma(Lanes8 a, Lanes8 b, Lanes8 c) => new(Vector512.FusedMultiplyAdd(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Sqrt(Lanes8 a) => new(Vector512.Sqrt(a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Abs(Lanes8 a) => new(Vector512.Abs(a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Min(Lanes8 a, Lanes8 b) => new(Vector512.MinNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Max(Lanes8 a, Lanes8 b) => new(Vector512.MaxNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 LessOrEqual(Lanes8 a, Lanes8 b) => new(Vector512.LessThanOrEqual(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Less(Lanes8 a, Lanes8 b) => new(Vector512.LessThan(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Equal(Lanes8 a, Lanes8 b) => new(Vector512.Equals(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 And(Lanes8 a, Lanes8 b) => new(a._value & b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Xor(Lanes8 a, Lanes8 b) => new(a._value ^ b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Select(Lanes8 mask, Lanes8 whereTrue, Lanes8 whereFalse) => new(Vector512.ConditionalSelect(mask._value, whereTrue._value, whereFalse._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Bits(Lanes8 mask) => (uint)mask._value.ExtractMostSignificantBits();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 PowerOfTwo(Lanes8 shifted) => new((Vector512.ShiftLeft(shifted._value.AsInt64(), 52) + Vector512.Create(LaneBits.One)).AsDouble());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 ScaleByPowerOfTwo(Lanes8 value, Lanes8 shifted) => new((value._value.AsInt64() + Vector512.ShiftLeft(shifted._value.AsInt64(), 52)).AsDouble());

    /// <remarks>AVX2 has no conversion from 64-bit integers, so the biased exponent is planted in a double's mantissa.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 AlignExponent(Lanes8 a, Lanes8 b, out Lanes8 k)
    {
        var bits = b._value.AsInt64();
        var step = (a._value.AsInt64() - bits + Vector512.Create(LaneBits.HalfStep)) & Vector512.Create(LaneBits.ExponentMask);
        var planted = Vector512.ShiftRightLogical(step ^ Vector512.Create(LaneBits.Sign), 52) | Vector512.Create(LaneBits.TwoPow52);
        k = new(planted.AsDouble() - Vector512.Create(LaneBits.TwoPow52Plus2048));
        return new((bits + step).AsDouble());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 SplitExponent(Lanes8 a, out Lanes8 k)
    {
        var bits = a._value.AsInt64();
        var step = (bits - Vector512.Create(LaneBits.One) + Vector512.Create(LaneBits.HalfStep)) & Vector512.Create(LaneBits.ExponentMask);
        var planted = Vector512.ShiftRightLogical(step ^ Vector512.Create(LaneBits.Sign), 52) | Vector512.Create(LaneBits.TwoPow52);
        k = new(planted.AsDouble() - Vector512.Create(LaneBits.TwoPow52Plus2048));
        return new((bits - step).AsDouble());
    }
}

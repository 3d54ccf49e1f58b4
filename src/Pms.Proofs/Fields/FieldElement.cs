using System.Globalization;
using System.Numerics;
using Pms.Primitives;

namespace Pms.Proofs.Fields;

/// <summary>An element of BN254's scalar field: what circuits count in, below <see cref="Order"/>.</summary>
public readonly record struct FieldElement
{
    private FieldElement(PrimeElement<ScalarPrime> value) => Value = value;

    /// <summary>21888242871839275222246405745257275088548364400416034343698204186575808495617.</summary>
    public static BigInteger Order => PrimeElement<ScalarPrime>.Prime;

    public static FieldElement Zero => default;

    public bool IsZero => Value.IsZero;

    internal PrimeElement<ScalarPrime> Value { get; }

    /// <summary>A negative number stands for its distance below the order.</summary>
    public static FieldElement Of(long value) => new(PrimeElement<ScalarPrime>.Of(value));

    public static FieldElement Of(UInt128 value) => new(PrimeElement<ScalarPrime>.Of(value));

    /// <param name="value">any integer, taken modulo the order</param>
    public static FieldElement Of(BigInteger value) => new(PrimeElement<ScalarPrime>.Of(value));

    internal static FieldElement Of(in PrimeElement<ScalarPrime> value) => new(value);

    /// <summary>0x and up to 64 hexadecimal digits, or decimal digits.</summary>
    /// <exception cref="InvalidInputException"><c>field-element</c>: another text, or a number that is not below the order</exception>
    public static FieldElement Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var isHex = text.StartsWith("0x", StringComparison.Ordinal);
        var parsed = isHex
            ? BigInteger.TryParse("0" + text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            : BigInteger.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        return parsed && text.Length > (isHex ? 2 : 0) && value < Order
            ? Of(value)
            : throw new InvalidInputException("field-element", $"'{text}' is not a field element: 0x and hexadecimal digits or decimal digits, below {Order}, are required");
    }

    /// <param name="bytes">32 bytes, most significant first</param>
    /// <exception cref="InvalidInputException"><c>field-element</c></exception>
    public static FieldElement FromBytes(ReadOnlySpan<byte> bytes)
    {
        var value = new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
        return bytes.Length == 32 && value < Order ? Of(value) : throw new InvalidInputException("field-element", $"{bytes.Length} bytes of {value} are not a field element: 32 bytes of a number below {Order} are required");
    }

    /// <param name="destination">32 bytes, most significant first</param>
    public void CopyTo(Span<byte> destination) => Value.WriteBigEndian(destination);

    public BigInteger ToBigInteger() => Value.ToBigInteger();

    public static FieldElement operator +(FieldElement a, FieldElement b) => new(a.Value + b.Value);

    public static FieldElement operator -(FieldElement a, FieldElement b) => new(a.Value - b.Value);

    public static FieldElement operator *(FieldElement a, FieldElement b) => new(a.Value * b.Value);

    /// <summary>0x and 64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Value.ToString();
}

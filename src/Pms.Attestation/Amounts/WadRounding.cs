using System.Numerics;
using Pms.Primitives;

namespace Pms.Attestation.Amounts;

/// <summary>Crossings from real numbers to the chain's integers; the direction is in the name, and the rounding is of the exact binary value.</summary>
public static class WadRounding
{
    private const int WadDecimals = 18;

    /// <summary>For what is asked: requirements, debts, decay.</summary>
    /// <param name="usd">finite</param>
    /// <exception cref="InvalidInputException"><c>not-finite</c>, <c>amount-range</c></exception>
    public static Wad ToWadUp(double usd) => new(Narrow(Scaled(usd, WadDecimals, MidpointRounding.ToPositiveInfinity)));

    /// <summary>For what is held or paid: values, collateral, payouts.</summary>
    /// <param name="usd">finite</param>
    /// <exception cref="InvalidInputException"><c>not-finite</c>, <c>amount-range</c></exception>
    public static Wad ToWadDown(double usd) => new(Narrow(Scaled(usd, WadDecimals, MidpointRounding.ToNegativeInfinity)));

    /// <summary>quantity x price, upwards.</summary>
    public static Wad ToWadUp(QuantityWad quantity, UnitPriceWad price) => new(Narrow(-BigDown(-((BigInteger)quantity.Units * price.Units))));

    /// <summary>quantity x price, downwards.</summary>
    public static Wad ToWadDown(QuantityWad quantity, UnitPriceWad price) => new(Narrow(BigDown((BigInteger)quantity.Units * price.Units)));

    /// <summary>An exact decimal number in 1e-18.</summary>
    /// <exception cref="InvalidInputException"><paramref name="code"/></exception>
    internal static Int128 Exact(decimal value, string code)
    {
        // A decimal is an integer of 96 bits over a power of ten.
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        var mantissa = (BigInteger)new UInt128((uint)parts[2], ((ulong)(uint)parts[1] << 32) | (uint)parts[0]);
        var decimals = (parts[3] >> 16) & 0xff;
        var units = BigInteger.DivRem(mantissa * BigInteger.Pow(10, WadDecimals), BigInteger.Pow(10, decimals), out var rest);
        if (!rest.IsZero || units > (BigInteger)Int128.MaxValue)
        {
            throw new InvalidInputException(code, $"{value} is not a whole number of 1e-18 below 1.7e20");
        }

        return value < 0 ? -(Int128)units : (Int128)units;
    }

    /// <summary>value x 10^decimals as an integer.</summary>
    internal static BigInteger Scaled(double value, int decimals, MidpointRounding rounding)
    {
        if (!double.IsFinite(value))
        {
            throw new InvalidInputException("not-finite", $"{value} is no amount: a finite number is required");
        }

        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)((bits >> 52) & 0x7ff);
        BigInteger mantissa = exponent == 0 ? bits & 0xfffffffffffff : (bits & 0xfffffffffffff) | (1L << 52);
        var shift = Math.Max(exponent, 1) - 1075;
        var numerator = (bits < 0 ? -mantissa : mantissa) * BigInteger.Pow(10, decimals);
        if (shift >= 0)
        {
            return numerator << shift;
        }

        // An arithmetic shift rounds downwards.
        var down = numerator >> -shift;
        var twiceRest = (numerator - (down << -shift)) << 1;
        var whole = BigInteger.One << -shift;
        return rounding switch
        {
            MidpointRounding.ToNegativeInfinity => down,
            MidpointRounding.ToPositiveInfinity => twiceRest.IsZero ? down : down + 1,
            MidpointRounding.ToEven => twiceRest > whole || (twiceRest == whole && !down.IsEven) ? down + 1 : down,
            _ => throw new ArgumentOutOfRangeException(nameof(rounding), rounding, "down, up and halves to even are known"),
        };
    }

    private static BigInteger BigDown(BigInteger wadSquared)
    {
        var quotient = BigInteger.DivRem(wadSquared, (BigInteger)Wad.One, out var rest);
        return rest.Sign < 0 ? quotient - 1 : quotient;
    }

    private static Int128 Narrow(BigInteger units) => units >= (BigInteger)Int128.MinValue && units <= (BigInteger)Int128.MaxValue
        ? (Int128)units
        : throw new InvalidInputException("amount-range", $"{units} wad is beyond 128 bits");
}

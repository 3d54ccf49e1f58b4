using Pms.Primitives;

namespace Pms.Attestation.Amounts;

/// <summary>USD in units of 1e-18, signed: the chain's int128.</summary>
public readonly record struct Wad(Int128 Units) : IComparable<Wad>
{
    /// <summary>1 USD.</summary>
    public static readonly Int128 One = 1_000_000_000_000_000_000;

    /// <summary>Wad in a money unit of the margin engine (1e-6 USD).</summary>
    public static readonly Int128 PerMoney = 1_000_000_000_000;

    public static Wad Zero => default;

    /// <summary>Exact.</summary>
    /// <param name="money">money units, 1e-6 USD</param>
    public static Wad OfMoney(long money) => new(money * PerMoney);

    /// <summary>In money units (1e-6 USD), rounded down.</summary>
    /// <exception cref="OverflowException">beyond 64 bits</exception>
    public long ToMoneyDown()
    {
        var (quotient, remainder) = Int128.DivRem(Units, PerMoney);
        return checked((long)(remainder < 0 ? quotient - 1 : quotient));
    }

    /// <summary>USD, to a money unit towards 0: for people, not to compute with.</summary>
    public decimal ToUsd() => (decimal)(Units / PerMoney) / 1_000_000m;

    /// <exception cref="InvalidInputException"><c>amount-negative</c></exception>
    public UnsignedWad ToUnsigned() => Units >= 0
        ? new UnsignedWad((UInt128)Units)
        : throw new InvalidInputException("amount-negative", $"{Units} wad is below 0");

    public int CompareTo(Wad other) => Units.CompareTo(other.Units);

    public override string ToString() => $"{Units}";

    public static Wad operator +(Wad left, Wad right) => new(checked(left.Units + right.Units));

    public static Wad operator -(Wad left, Wad right) => new(checked(left.Units - right.Units));

    public static Wad operator -(Wad value) => new(checked(-value.Units));

    public static bool operator <(Wad left, Wad right) => left.Units < right.Units;

    public static bool operator >(Wad left, Wad right) => left.Units > right.Units;

    public static bool operator <=(Wad left, Wad right) => left.Units <= right.Units;

    public static bool operator >=(Wad left, Wad right) => left.Units >= right.Units;
}

/// <summary>USD in units of 1e-18, at least 0: the chain's uint128. Requirements.</summary>
public readonly record struct UnsignedWad(UInt128 Units) : IComparable<UnsignedWad>
{
    public static UnsignedWad Zero => default;

    /// <exception cref="InvalidInputException"><c>amount-range</c>: beyond 2^127 - 1</exception>
    public Wad ToSigned() => Units <= (UInt128)Int128.MaxValue
        ? new Wad((Int128)Units)
        : throw new InvalidInputException("amount-range", $"{Units} wad is beyond {Int128.MaxValue}");

    public int CompareTo(UnsignedWad other) => Units.CompareTo(other.Units);

    public override string ToString() => $"{Units}";

    public static UnsignedWad operator +(UnsignedWad left, UnsignedWad right) => new(checked(left.Units + right.Units));

    public static bool operator <(UnsignedWad left, UnsignedWad right) => left.Units < right.Units;

    public static bool operator >(UnsignedWad left, UnsignedWad right) => left.Units > right.Units;

    public static bool operator <=(UnsignedWad left, UnsignedWad right) => left.Units <= right.Units;

    public static bool operator >=(UnsignedWad left, UnsignedWad right) => left.Units >= right.Units;
}

/// <summary>Growth of a requirement: wad a second.</summary>
public readonly record struct WadPerSecond(UInt128 Units)
{
    public override string ToString() => $"{Units}";
}

/// <summary>So much of a contract, in 1e-18 units of it; long positive. An amount of coins too, whose token has 18 decimals or not.</summary>
public readonly record struct QuantityWad(Int128 Units)
{
    public static QuantityWad Zero => default;

    /// <summary>Exact.</summary>
    /// <exception cref="InvalidInputException"><c>quantity-wad</c>: more than 18 decimals, or out of range</exception>
    public static QuantityWad Of(decimal quantity) => new(WadRounding.Exact(quantity, "quantity-wad"));

    /// <summary>Units of the contract, exact.</summary>
    /// <exception cref="InvalidInputException"><c>quantity-wad</c>: more than the 28 digits of a decimal</exception>
    public decimal ToDecimal()
    {
        var (units, decimals) = (Units, 18);
        while (decimals > 0 && units % 10 == 0)
        {
            (units, decimals) = (units / 10, decimals - 1);
        }

        var size = units < 0 ? (UInt128)(-units) : (UInt128)units;
        return size >> 96 == 0
            ? new decimal((int)(uint)size, (int)(uint)(size >> 32), (int)(uint)(size >> 64), units < 0, (byte)decimals)
            : throw new InvalidInputException("quantity-wad", $"{Units} wad has more digits than a decimal holds (28)");
    }

    public override string ToString() => $"{Units}";

    public static QuantityWad operator +(QuantityWad left, QuantityWad right) => new(checked(left.Units + right.Units));

    public static QuantityWad operator -(QuantityWad left, QuantityWad right) => new(checked(left.Units - right.Units));

    public static QuantityWad operator -(QuantityWad value) => new(checked(-value.Units));
}

/// <summary>USD for one unit of a contract, in 1e-18 USD, at least 0.</summary>
public readonly record struct UnitPriceWad(UInt128 Units)
{
    /// <summary>Exact.</summary>
    /// <exception cref="InvalidInputException"><c>price-wad</c>: below 0, more than 18 decimals, or out of range</exception>
    public static UnitPriceWad Of(decimal usd) => usd >= 0
        ? new UnitPriceWad((UInt128)WadRounding.Exact(usd, "price-wad"))
        : throw new InvalidInputException("price-wad", $"{usd} USD is below 0");

    public override string ToString() => $"{Units}";
}

/// <summary>A price of the registry, in 1e-8 USD. 0 is no price.</summary>
public readonly record struct PriceE8(ulong Units)
{
    /// <summary>Nearest, halves to even: a price is on nobody's side.</summary>
    /// <param name="usd">finite, above 0</param>
    /// <exception cref="InvalidInputException"><c>price-e8</c>: not above 0, rounds to 0 or beyond 64 bits</exception>
    public static PriceE8 Nearest(double usd)
    {
        var units = double.IsFinite(usd) && usd > 0 ? WadRounding.Scaled(usd, 8, MidpointRounding.ToEven) : 0;
        return units > 0 && units <= ulong.MaxValue
            ? new PriceE8((ulong)units)
            : throw new InvalidInputException("price-e8", $"{usd} USD has no price in 1e-8 USD: a finite number from 1e-8 to 1.8e11 is required");
    }

    /// <summary>Exact.</summary>
    public UnitPriceWad ToWad() => new((UInt128)Units * 10_000_000_000);

    public override string ToString() => $"{Units}";
}

/// <summary>An amount of a token in its smallest unit: the chain's uint256.</summary>
public readonly record struct TokenAmount
{
    private readonly System.Numerics.BigInteger _units;

    /// <exception cref="InvalidInputException"><c>amount-range</c></exception>
    public TokenAmount(System.Numerics.BigInteger units)
    {
        _units = units.Sign >= 0 && units.GetBitLength() <= 256
            ? units
            : throw new InvalidInputException("amount-range", $"{units} is not an amount of 0 to 2^256 - 1");
    }

    public System.Numerics.BigInteger Units => _units;

    /// <summary>A decimal number of tokens in units: exactly, or not at all.</summary>
    /// <param name="text">above 0, as in 1500.25</param>
    /// <param name="decimals">of the token</param>
    /// <exception cref="InvalidInputException"><c>token-amount</c></exception>
    public static TokenAmount Of(string text, int decimals)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (whole, rest) = text.Split('.', 2) is [var before, var after] ? (before, after) : (text, "");
        var isNumber = whole.Length is > 0 and <= 60 && rest.Length <= decimals && (rest.Length > 0 || !text.Contains('.', StringComparison.Ordinal))
            && whole.AsSpan().ContainsAnyExceptInRange('0', '9') is false && rest.AsSpan().ContainsAnyExceptInRange('0', '9') is false;
        var units = isNumber ? System.Numerics.BigInteger.Parse(whole + rest.PadRight(decimals, '0'), System.Globalization.CultureInfo.InvariantCulture) : System.Numerics.BigInteger.Zero;
        return units.Sign > 0 ? new TokenAmount(units) : throw new InvalidInputException("token-amount", $"'{PrintableText.Of(text)}' is no number of tokens above 0 with at most {decimals} decimals");
    }

    /// <summary>Units of the token, exact.</summary>
    /// <param name="decimals">of the token, 0 to 36</param>
    /// <exception cref="InvalidInputException"><c>amount-range</c>: more than the 28 digits of a decimal</exception>
    public decimal ToDecimal(int decimals)
    {
        var (units, left) = (_units, decimals);
        while (left > 0 && (units % 10).IsZero)
        {
            (units, left) = (units / 10, left - 1);
        }

        if (left > 28 || units.GetBitLength() > 96)
        {
            throw new InvalidInputException("amount-range", $"{_units} with {decimals} decimals has more digits than a decimal holds (28)");
        }

        var bits = (UInt128)units;
        return new decimal((int)(uint)bits, (int)(uint)(bits >> 32), (int)(uint)(bits >> 64), isNegative: false, (byte)left);
    }

    public override string ToString() => $"{_units}";
}

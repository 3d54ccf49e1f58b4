using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Margin.Arrays;

/// <summary>Tick and lot of a row, as powers of ten whose product is one money unit (docs/model/encoding.md, Risk array).</summary>
public static class LotRule
{
    /// <summary>Decimal exponent of the money unit: 1e-6 USD.</summary>
    public const int MoneyExponent = -6;

    /// <summary>Money units in one USD.</summary>
    public const long MoneyPerUsd = 1_000_000;

    /// <summary>Lots down to a trillionth of a unit.</summary>
    public const int LeastLotExponent = -12;

    /// <summary>Lots up to a billion units.</summary>
    public const int MostLotExponent = 9;

    /// <summary>A lot is worth at most this many USD.</summary>
    private const double MostLotUsd = 1.0;

    /// <summary>A lot is worth at least this many USD, even where that makes it more than a tenth of a unit: ticks stay finer than the price by a factor of 5,000.</summary>
    private const double LeastLotUsd = 0.005;

    private const int MostDecimalExponent = 28;

    /// <summary>[exponent + 28]</summary>
    private static readonly decimal[] DecimalPowers = MakeDecimalPowers();

    /// <summary>
    /// The largest power of ten units worth at most 1 USD and at most a tenth of a unit, so that sizes with one decimal are always whole lots; but
    /// for a unit that is worth next to nothing, the smallest worth at least half a cent.
    /// </summary>
    /// <param name="unitUsd">USD per unit, finite, above 0</param>
    /// <returns>decimal exponent</returns>
    public static int LotExponent(double unitUsd)
    {
        if (!(unitUsd > 0) || !double.IsFinite(unitUsd))
        {
            throw new InvalidInputException("lot-price", $"a unit worth {unitUsd} USD has no lot: a finite price above 0 is required");
        }

        var exponent = -1;
        while (exponent > LeastLotExponent && unitUsd * PowerOfTen(exponent) > MostLotUsd)
        {
            exponent--;
        }

        while (exponent < MostLotExponent && unitUsd * PowerOfTen(exponent) < LeastLotUsd)
        {
            exponent++;
        }

        return exponent;
    }

    /// <summary>Of a contract: an inverse future or perpetual is counted in whole units of quote currency, everything else in coins.</summary>
    /// <param name="instrument">contract</param>
    /// <param name="coinUsd">USD per coin</param>
    public static int LotExponent(Instrument instrument, double coinUsd)
    {
        ArgumentNullException.ThrowIfNull(instrument);
        return instrument.IsCountedInQuote ? 0 : LotExponent(coinUsd);
    }

    /// <summary>10 to the power <paramref name="exponent"/>, the nearest double; exact from 0 to 22.</summary>
    internal static double PowerOfTen(int exponent)
    {
        var power = 1.0;
        for (var i = Math.Abs(exponent); i > 0; i--)
        {
            power *= 10.0;
        }

        return exponent < 0 ? 1.0 / power : power;
    }

    /// <summary>10 to the power <paramref name="exponent"/>, exact from -28 to 28.</summary>
    public static decimal DecimalPowerOfTen(int exponent) => DecimalPowers[exponent + MostDecimalExponent];

    private static decimal[] MakeDecimalPowers()
    {
        var powers = new decimal[(2 * MostDecimalExponent) + 1];
        powers[MostDecimalExponent] = 1m;
        for (var e = 1; e <= MostDecimalExponent; e++)
        {
            powers[MostDecimalExponent + e] = powers[MostDecimalExponent + e - 1] * 10m;
            powers[MostDecimalExponent - e] = powers[MostDecimalExponent - e + 1] / 10m;
        }

        return powers;
    }
}

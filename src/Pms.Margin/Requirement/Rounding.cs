using Pms.Margin.Arrays;
using Pms.Primitives;

namespace Pms.Margin.Requirement;

/// <summary>Crossings from real numbers to money units (1e-6 USD); the direction is in the name.</summary>
public static class Rounding
{
    /// <summary>Money units in one USD.</summary>
    public const long MoneyPerUsd = LotRule.MoneyPerUsd;

    /// <summary>Nothing that is asked or held is larger: about 2.3e12 USD, so that any few sums stay in range.</summary>
    public const long MostMoney = long.MaxValue / 4;

    /// <param name="money">money units, finite</param>
    /// <param name="what">for the message</param>
    /// <exception cref="InvalidInputException"><c>margin-overflow</c>: not finite, or beyond <see cref="MostMoney"/></exception>
    public static long Up(double money, string what)
    {
        var rounded = Math.Ceiling(money);
        return Math.Abs(rounded) <= MostMoney ? (long)rounded : throw Overflow(what, money);
    }

    /// <summary>amount x share, upwards, exact: the share is taken in parts per billion, itself rounded up.</summary>
    /// <param name="amount">money units, at least 0</param>
    /// <param name="share">at least 0, at most 1e6</param>
    /// <param name="what">for the message</param>
    public static long ShareUp(Int128 amount, double share, string what)
    {
        var parts = (long)Math.Ceiling(share * 1e9);
        return Checked(CeilingOf(amount * parts, 1_000_000_000), what);
    }

    /// <summary>numerator / denominator, upwards.</summary>
    public static Int128 CeilingOf(Int128 numerator, Int128 denominator)
    {
        var (quotient, remainder) = Int128.DivRem(numerator, denominator);
        return quotient + (remainder > 0 ? 1 : 0);
    }

    /// <exception cref="InvalidInputException"><c>margin-overflow</c></exception>
    public static long Checked(Int128 money, string what) => money >= -MostMoney && money <= MostMoney ? (long)money : throw Overflow(what, (double)money);

    /// <summary>USD with six decimals, exact.</summary>
    public static decimal ToUsd(long money) => money / (decimal)MoneyPerUsd;

    private static InvalidInputException Overflow(string what, double money) => new("margin-overflow", $"{what} is {money} money units, beyond {MostMoney} ({MostMoney / MoneyPerUsd} USD)");
}

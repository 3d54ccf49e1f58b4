using Pms.Margin.Requirement;
using Pms.Primitives;

namespace Pms.Documents;

/// <summary>Money units to USD and back to what people read.</summary>
public static class Money
{
    public const long UnitsPerUsd = Rounding.MoneyPerUsd;

    public static decimal Usd(long units) => decimal.Round(units / (decimal)UnitsPerUsd, 6);

    /// <summary>A model's double, to the money unit.</summary>
    public static decimal Usd(double usd) => Math.Abs(usd) < 1e18
        ? decimal.Round((decimal)usd, 6)
        : throw new InvalidInputException("margin-overflow", $"{usd} USD cannot be shown in money units");
}

using Pms.Margin.Requirement;
using Pms.Primitives;

namespace Pms.Solvency.Indices;

/// <summary>What stands behind all accounts, in money units (1e-6 of the settlement asset, which counts as one USD).</summary>
/// <param name="Insurance">the insurance fund</param>
/// <param name="Backstop">promised by others, drawn on after the fund; 0: none</param>
public readonly record struct SolvencyResources(long Insurance, long Backstop)
{
    public Int128 Total => (Int128)Insurance + Backstop;

    /// <summary>USD down to whole money units.</summary>
    /// <exception cref="InvalidInputException"><c>solvency-resources</c>: below 0, or beyond 2.3e12 USD</exception>
    public static SolvencyResources OfUsd(decimal insurance, decimal backstop = 0) => new(MoneyDown(insurance, "an insurance fund"), MoneyDown(backstop, "a backstop"));

    internal void Validate()
    {
        if (Insurance is < 0 or > Rounding.MostMoney || Backstop is < 0 or > Rounding.MostMoney)
        {
            throw new InvalidInputException("solvency-resources", $"an insurance fund of {Insurance} and a backstop of {Backstop} money units: 0 to {Rounding.MostMoney} are possible");
        }
    }

    private static long MoneyDown(decimal usd, string what) => usd >= 0 && usd <= Rounding.MostMoney / (decimal)Rounding.MoneyPerUsd
        ? (long)decimal.Floor(usd * Rounding.MoneyPerUsd)
        : throw new InvalidInputException("solvency-resources", $"{what} of {usd} USD: 0 to {Rounding.MostMoney / Rounding.MoneyPerUsd} are possible");
}

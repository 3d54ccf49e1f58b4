using Pms.Primitives;

namespace Pms.Liquidation.Auctions;

/// <summary>When a partial liquidation with an incentive makes an account worse.</summary>
/// <remarks>Repaying r of a debt takes (1 + i) r of the collateral, so debt over collateral rises where it is above 1 / (1 + i): Warmuz, Chaudhary and Pinna (2022). Collateral sold at a slippage penalty l moves the frontier to 1 / ((1 + i) l).</remarks>
public static class LiquidationIncentive
{
    /// <summary>Debt over collateral beyond which a partial liquidation raises it.</summary>
    /// <param name="incentive">share beyond what is repaid, at least 0</param>
    /// <param name="slippagePenalty">at least 1; 1: none</param>
    public static double ToxicFrontier(double incentive, double slippagePenalty = 1)
    {
        Require(incentive >= 0 && slippagePenalty >= 1 && double.IsFinite(incentive * slippagePenalty), $"incentive {incentive} and slippage penalty {slippagePenalty}: at least 0 and at least 1 are required");
        return 1 / ((1 + incentive) * slippagePenalty);
    }

    /// <summary>Debt over collateral after repaying a share of the debt.</summary>
    /// <param name="ltv">before, above 0</param>
    /// <param name="incentive">share beyond what is repaid, at least 0</param>
    /// <param name="closeShare">of the debt, 0 to 1; the collateral must pay for it</param>
    /// <param name="slippagePenalty">at least 1</param>
    public static double LtvAfter(double ltv, double incentive, double closeShare, double slippagePenalty = 1)
    {
        var taken = closeShare * ltv / ToxicFrontier(incentive, slippagePenalty);
        Require(ltv > 0 && closeShare is >= 0 and <= 1 && taken < 1, $"closing {closeShare} of a debt of {ltv} of the collateral takes {taken} of it: ltv above 0, a share of 0 to 1 and less than all the collateral are required");
        return ltv * (1 - closeShare) / (1 - taken);
    }

    /// <summary>The largest incentive that does not raise debt over collateral; below 0 where even none does.</summary>
    public static double LargestHarmless(double ltv, double slippagePenalty = 1)
    {
        Require(ltv > 0 && slippagePenalty >= 1, $"ltv {ltv} and slippage penalty {slippagePenalty}: above 0 and at least 1 are required");
        return (1 / (ltv * slippagePenalty)) - 1;
    }

    /// <summary>An incentive that grows with what is missing: i (1 - h), nothing at a health of 1, so that there is no jump to wait for at the boundary.</summary>
    /// <param name="incentive">at a health of 0</param>
    /// <param name="health">1 at the boundary, at least 0; above 1 counts as 1</param>
    public static double HealthLinked(double incentive, double health)
    {
        Require(incentive >= 0 && health >= 0, $"incentive {incentive} and health {health}: at least 0 is required");
        return incentive * (1 - Math.Min(health, 1));
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new InvalidInputException("auction-input", message);
        }
    }
}

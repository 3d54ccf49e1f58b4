using Pms.Numerics;
using Pms.Scenarios;

namespace Pms.Margin.Revaluation;

/// <summary>Where an expiry lies between the tenors of the vol factors: linear in the logarithm of the days, flat outside.</summary>
/// <param name="Lower">index into <see cref="RiskFactors.VolTenorDays"/></param>
/// <param name="UpperShare">weight of the tenor after it, 0 to 1; the lower one has the rest</param>
public readonly record struct TenorCurve(int Lower, double UpperShare)
{
    /// <summary>Index of the tenor whose change is called the level of vol: 30 days.</summary>
    public const int LevelTenor = 2;

    /// <param name="years">ACT/365 to expiry, now, above 0</param>
    public static TenorCurve At(double years)
    {
        var days = years * 365;
        var tenors = RiskFactors.VolTenorDays;
        if (!(days > tenors[0]))
        {
            return new TenorCurve(0, 0);
        }

        if (days >= tenors[^1])
        {
            return new TenorCurve(tenors.Length - 2, 1);
        }

        var lower = tenors.Length - 2;
        while (tenors[lower] > days)
        {
            lower--;
        }

        return new TenorCurve(lower, ElementaryMath.Log(days / tenors[lower]) / ElementaryMath.Log(tenors[lower + 1] / tenors[lower]));
    }

    /// <summary>ln(vol1 / vol0) of ATM vol at the expiry in one scenario.</summary>
    public double VolLogChange(ScenarioSet set, int coin, int scenario)
    {
        ArgumentNullException.ThrowIfNull(set);
        var lower = set.VolLogChange(coin, Lower)[scenario];
        return UpperShare == 0 ? lower : ((1 - UpperShare) * lower) + (UpperShare * set.VolLogChange(coin, Lower + 1)[scenario]);
    }
}

using Pms.Numerics;

namespace Pms.Scenarios;

/// <summary>Where a maturity lies between the tenors of <see cref="RiskFactors.VolTenorDays"/>: linear in the logarithm of the days, flat outside.</summary>
/// <param name="Lower">index of the tenor at or before it</param>
/// <param name="Share">of the next tenor, from 0 to 1; that of the lower one is 1 - Share</param>
public readonly record struct TenorShare(int Lower, double Share)
{
    /// <param name="years">ACT/365, above 0</param>
    public static TenorShare Of(double years)
    {
        var tenors = RiskFactors.VolTenorDays;
        var days = 365.0 * years;
        if (!(days > tenors[0]))
        {
            return new TenorShare(0, 0);
        }

        for (var i = 1; i < tenors.Length; i++)
        {
            if (days <= tenors[i])
            {
                return new TenorShare(i - 1, ElementaryMath.LogRatio(days, tenors[i - 1]) / ElementaryMath.LogRatio(tenors[i], tenors[i - 1]));
            }
        }

        return new TenorShare(tenors.Length - 2, 1);
    }

    /// <summary>Change at this maturity from the changes at the two tenors.</summary>
    public double Mix(double lower, double upper) => ((1 - Share) * lower) + (Share * upper);
}

using Pms.Volatility.Svi;

namespace Pms.Scenarios.Shocks;

/// <summary>A raw SVI smile plus a line through the money, which is one again.</summary>
internal static class SmileLine
{
    /// <summary>w(k) + slope k.</summary>
    /// <param name="smile">B above 0, unless the slope is 0</param>
    /// <param name="slope">no steeper than the wing it lowers, so that total variance stays positive</param>
    public static RawSvi Add(in RawSvi smile, double slope) =>
        slope == 0 ? smile : smile with { A = smile.A + (slope * smile.M), Rho = smile.Rho + (slope / smile.B) };
}

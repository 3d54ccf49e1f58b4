namespace Pms.Scenarios;

/// <summary>How one basis move is spread over the expiries: the annualised log basis of 30 days moves by b, that of T by b sqrt(30 days / T), so that a forward moves by b sqrt(T x 30 days).</summary>
/// <remarks>
/// Measured (docs/decisions/0005): the largest daily move of a forward against spot grows with about the root of its time; a move of the same size per year at every
/// expiry would be eight times too large at nine months where it is right at two weeks.
/// </remarks>
public static class BasisTerm
{
    /// <summary>Expiry whose annualised basis the factor is. Years, ACT/365.</summary>
    public const double ReferenceYears = 30.0 / 365;

    /// <summary>Log move of a forward per unit of the factor.</summary>
    /// <param name="years">to expiry, at least 0</param>
    public static double Years(double years) => Math.Sqrt(years * ReferenceYears);
}

using Pms.Numerics;
using Pms.Volatility.Svi;

namespace Pms.Validation.Histories;

/// <summary>Smiles of all expiries from a level, a long-run level and recent returns: eSSVI, held to its conditions against arbitrage.</summary>
/// <remarks>
/// ATM variance: forward variance returns exponentially from now to the long run, and its mean over 30 days is the level's. Each slice has a curvature and a risk reversal of its own; they are then held to
/// <see cref="SsviSlice.IsButterflyFree"/> and, against the slice before, to <see cref="SsviSlice.IsCalendarFree"/>: sufficient conditions, so that no check of quotes is needed.
/// </remarks>
internal static class ModelledSmiles
{
    private const double LevelYears = 30.0 / 365;

    /// <summary>A 25-delta risk reversal over ATM vol of a short expiry is about this times rho times the curvature.</summary>
    private const double RiskReversalPerRho = 0.64;

    private const double MostRho = 0.9;

    /// <param name="level">of the coin</param>
    /// <param name="years">[expiry] ascending, above 0</param>
    /// <param name="p">how</param>
    public static SsviSlice[] Of(in ModelledLevel level, ReadOnlySpan<double> years, ModelledBoardParameters p)
    {
        var longRun = level.LongRun * level.LongRun;
        var instant = Math.Max(longRun + (((level.Level * level.Level) - longRun) / Decay(p.ReversionPerYear * LevelYears)), p.LeastInstantShare * level.Level * level.Level);
        var riskReversal = Math.Clamp(p.RiskReversal + (p.RiskReversalPerReturn * level.RecentReturn), p.LeastRiskReversal, p.MostRiskReversal);
        var slices = new SsviSlice[years.Length];
        for (var i = 0; i < years.Length; i++)
        {
            var theta = years[i] * (longRun + ((instant - longRun) * Decay(p.ReversionPerYear * years[i])));
            var term = ElementaryMath.Log(LevelYears / years[i]);
            var curvature = p.Curvature * ElementaryMath.Exp(term * (term > 0 ? p.CurvatureShortPower : p.CurvatureLongPower));
            var rho = Math.Clamp(riskReversal * ElementaryMath.Exp(term * p.RiskReversalTermPower) / (RiskReversalPerRho * curvature), -MostRho, MostRho);
            // psi = theta phi; below 3.9 / (1 + |rho|) and below 2 sqrt(theta / (1 + |rho|)) there are no butterflies.
            var root = Math.Sqrt(theta);
            var most = Math.Min(3.9 / (1 + Math.Abs(rho)), 1.99 * root / Math.Sqrt(1 + Math.Abs(rho)));
            var psi = Math.Min(curvature * root, most);
            if (i > 0)
            {
                var before = slices[i - 1];
                // phi may not rise, psi may not fall, rho psi may move no more than psi does.
                psi = Math.Clamp(psi, before.Psi, before.Phi * theta);
                var gap = psi - before.Psi;
                rho = Math.Clamp(rho * psi, (before.Rho * before.Psi) - gap, (before.Rho * before.Psi) + gap) / psi;
            }

            slices[i] = new SsviSlice(theta, rho, psi / theta);
        }

        return slices;
    }

    /// <summary>(1 - e^-x) / x.</summary>
    private static double Decay(double x) => -ElementaryMath.Expm1(-x) / x;
}

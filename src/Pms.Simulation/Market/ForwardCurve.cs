using Pms.Numerics;
using Pms.Simulation.Parameters;

namespace Pms.Simulation.Market;

/// <summary>Forwards over spot: ln(F/S) = basis(T) T with basis(T) = long + (short - long) / (1 + T / decay).</summary>
internal static class ForwardCurve
{
    /// <param name="coin">parameters</param>
    /// <param name="index">spot index in the family's quote currency</param>
    /// <param name="shortBasis">annual basis of the shortest future</param>
    /// <param name="years">to expiry</param>
    public static double Forward(CoinParameters coin, double index, double shortBasis, double years)
    {
        var basis = coin.BasisLong + ((shortBasis - coin.BasisLong) / (1 + (years / coin.BasisDecayYears)));
        return index * ElementaryMath.Exp(basis * years);
    }

    /// <summary>Deribit's funding rate for eight hours from the premium: nothing within +-0.025 %, the excess beyond, capped at 0.5 %.</summary>
    public static double FundingRate(double premium)
    {
        const double Band = 0.00025;
        const double Cap = 0.005;
        return Math.Clamp(Math.Max(Band, premium) + Math.Min(-Band, premium), -Cap, Cap);
    }
}

using System.Collections.Immutable;
using Pms.Primitives;
using Pms.Volatility.Svi;

namespace Pms.Volatility;

/// <summary>Vols of one expiry to fit a smile to, without bid and ask.</summary>
/// <param name="Years">time to expiry, above 0</param>
/// <param name="K">[point] log-moneyness, finite; five points or more</param>
/// <param name="Vol">[point] annualised, above 0</param>
public sealed record VolPoints(double Years, double[] K, double[] Vol)
{
    /// <exception cref="InvalidInputException"><c>vol-points</c>: lengths that differ, fewer than five points, or a number outside its range</exception>
    public void Validate()
    {
        if (!(Years > 0) || !double.IsFinite(Years) || K.Length != Vol.Length || K.Length < 5)
        {
            throw new InvalidInputException("vol-points", $"{K.Length} strikes and {Vol.Length} vols at {Years} years: five or more of each and years above 0 are required");
        }

        for (var i = 0; i < K.Length; i++)
        {
            if (!(Math.Abs(K[i]) < 20) || !(Vol[i] > 1e-6 && Vol[i] < 100))
            {
                throw new InvalidInputException("vol-points", $"point {i} is k = {K[i]}, vol = {Vol[i]}: |k| below 20 and a vol between 1e-6 and 100 are required");
            }
        }
    }
}

/// <summary>Which arbitrage a fit excludes.</summary>
public enum ArbitrageConditions
{
    /// <summary>Butterfly within each smile.</summary>
    Butterfly,

    /// <summary>Butterfly within each smile and calendar between neighbours.</summary>
    ButterflyAndCalendar,
}

/// <summary>Smiles fitted to vols by least squares without arbitrage.</summary>
/// <param name="Smiles">[expiry] in the order given</param>
/// <param name="RmsVol">[expiry] root mean square error in vol</param>
/// <param name="JointRounds">rounds of the joint fit; 0 when the smiles fitted alone were already free of arbitrage</param>
/// <param name="Degraded">not empty when the joint fit had to give up its optimum</param>
public sealed record VolPointsFit(ImmutableArray<RawSvi> Smiles, ImmutableArray<double> RmsVol, int JointRounds, ImmutableArray<Refusal> Degraded);

using Pms.Numerics;
using Pms.Scenarios;

namespace Pms.Validation.ReverseStress;

/// <summary>How far factors may go. A scenario outside is none that anybody would name: that nothing inside breaks an account is an answer.</summary>
public sealed record ReverseStressBox
{
    public static ReverseStressBox Default { get; } = new();

    /// <summary>Spot falls to this share of its price at most. Default 0.05 (-95 %).</summary>
    public double LeastSpot { get; init; } = 0.05;

    /// <summary>Spot rises to this multiple at most. Default 6 (+500 %, the largest of the stress scenarios).</summary>
    public double MostSpot { get; init; } = 6;

    /// <summary>Vols are multiplied or divided by this at most. Default 5.</summary>
    public double MostVol { get; init; } = 5;

    /// <summary>Largest change of the skew d sqrt(w) / dk. Default 0.25.</summary>
    public double MostSkew { get; init; } = 0.25;

    /// <summary>Largest change of the annualised basis. Default 1 (100 points a year).</summary>
    public double MostBasis { get; init; } = 1;

    /// <summary>A pegged asset falls to this share of its anchor at most. Default 0.05.</summary>
    public double LeastPeg { get; init; } = 0.05;

    /// <summary>And rises to this multiple at most. Default 1.5.</summary>
    public double MostPeg { get; init; } = 1.5;

    /// <summary>Largest Mahalanobis distance. Default 60.</summary>
    public double MostDistance { get; init; } = 60;

    /// <summary>Limits of one column of a scenario set.</summary>
    public (double Low, double High) Of(RiskFactors factors, int column)
    {
        ArgumentNullException.ThrowIfNull(factors);
        if (column >= factors.Coins.Length * RiskFactors.ColumnsPerCoin)
        {
            return (ElementaryMath.Log(LeastPeg), ElementaryMath.Log(MostPeg));
        }

        return (column % RiskFactors.ColumnsPerCoin) switch
        {
            0 => (ElementaryMath.Log(LeastSpot), ElementaryMath.Log(MostSpot)),
            RiskFactors.VolTenorCount + 1 => (-MostSkew, MostSkew),
            RiskFactors.VolTenorCount + 2 => (-MostBasis, MostBasis),
            _ => (-ElementaryMath.Log(MostVol), ElementaryMath.Log(MostVol)),
        };
    }

    /// <summary>How far one may go from a law's mean in a direction of length 1; 0 where the mean itself is outside.</summary>
    /// <param name="law">factors</param>
    /// <param name="direction">[direction] of length 1</param>
    public double Reach(FactorLaw law, ReadOnlySpan<double> direction)
    {
        ArgumentNullException.ThrowIfNull(law);
        var reach = MostDistance;
        for (var i = 0; i < law.Columns.Length; i++)
        {
            var (low, high) = Of(law.Factors, law.Columns[i]);
            var slope = FactorLaw.Dot(law.Row(i), direction);
            if (slope != 0)
            {
                reach = Math.Min(reach, Math.Max(0, ((slope > 0 ? high : low) - law.MeanMove[i]) / slope));
            }
        }

        return reach;
    }
}

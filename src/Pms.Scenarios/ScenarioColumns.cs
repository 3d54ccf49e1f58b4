namespace Pms.Scenarios;

/// <summary>Moves of every factor in a run of scenarios, a column a factor, scenario contiguous; written by a generator, then sealed in a set.</summary>
/// <remarks>A new one moves nothing: all columns are zero.</remarks>
public sealed class ScenarioColumns
{
    private readonly double[][] _columns;

    /// <param name="factors">which columns</param>
    /// <param name="count">scenarios, 0 or more</param>
    public ScenarioColumns(RiskFactors factors, int count)
    {
        ArgumentNullException.ThrowIfNull(factors);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Factors = factors;
        Count = count;
        _columns = new double[factors.ColumnCount][];
        for (var i = 0; i < _columns.Length; i++)
        {
            _columns[i] = new double[count];
        }
    }

    public RiskFactors Factors { get; }

    public int Count { get; }

    /// <summary>[scenario] ln(S1 / S0) of the coin in USD.</summary>
    public Span<double> SpotLogReturn(int coin) => _columns[coin * RiskFactors.ColumnsPerCoin];

    /// <summary>[scenario] ln(vol1 / vol0) of ATM vol at one of <see cref="RiskFactors.VolTenorDays"/>.</summary>
    public Span<double> VolLogChange(int coin, int tenor) => _columns[(coin * RiskFactors.ColumnsPerCoin) + 1 + tenor];

    /// <summary>[scenario] change of the ATM skew d sqrt(w) / dk of every smile, as in <see cref="Pms.Volatility.VolShock.Skew"/>; negative lifts puts against calls.</summary>
    public Span<double> SkewChange(int coin) => _columns[(coin * RiskFactors.ColumnsPerCoin) + RiskFactors.VolTenorDays.Length + 1];

    /// <summary>[scenario] change of the annualised log basis ln(F / S) / years.</summary>
    public Span<double> BasisChange(int coin) => _columns[(coin * RiskFactors.ColumnsPerCoin) + RiskFactors.VolTenorDays.Length + 2];

    /// <summary>[scenario] change of ln(price / anchor price).</summary>
    public Span<double> PegLogChange(int peg) => _columns[(Factors.Coins.Length * RiskFactors.ColumnsPerCoin) + peg];

    /// <summary>Column i in the order of the canonical encoding.</summary>
    public Span<double> Column(int i) => _columns[i];
}

using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Scenarios.Shocks;

/// <summary>The columns of moves that one option family feels.</summary>
/// <remarks>Views of a set's columns, [scenario] each; a family quoted in USD has no peg column (empty: it does not move).</remarks>
public readonly ref struct FamilyMoves
{
    private readonly ReadOnlySpan<double> _vol0;
    private readonly ReadOnlySpan<double> _vol1;
    private readonly ReadOnlySpan<double> _vol2;
    private readonly ReadOnlySpan<double> _vol3;
    private readonly ReadOnlySpan<double> _vol4;

    private FamilyMoves(
        ReadOnlySpan<double> spot,
        ReadOnlySpan<double> peg,
        ReadOnlySpan<double> basis,
        ReadOnlySpan<double> skew,
        ReadOnlySpan<double> vol0,
        ReadOnlySpan<double> vol1,
        ReadOnlySpan<double> vol2,
        ReadOnlySpan<double> vol3,
        ReadOnlySpan<double> vol4)
    {
        SpotLogReturn = spot;
        PegLogChange = peg;
        BasisChange = basis;
        SkewChange = skew;
        _vol0 = vol0;
        _vol1 = vol1;
        _vol2 = vol2;
        _vol3 = vol3;
        _vol4 = vol4;
    }

    public int Count => SpotLogReturn.Length;

    /// <inheritdoc cref="ScenarioColumns.SpotLogReturn"/>
    public ReadOnlySpan<double> SpotLogReturn { get; }

    /// <summary>[scenario] ln change of the quote currency in USD; empty for USD.</summary>
    public ReadOnlySpan<double> PegLogChange { get; }

    /// <inheritdoc cref="ScenarioColumns.BasisChange"/>
    public ReadOnlySpan<double> BasisChange { get; }

    /// <inheritdoc cref="ScenarioColumns.SkewChange"/>
    public ReadOnlySpan<double> SkewChange { get; }

    /// <inheritdoc cref="ScenarioColumns.VolLogChange"/>
    public ReadOnlySpan<double> VolLogChange(int tenor) => tenor switch
    {
        0 => _vol0,
        1 => _vol1,
        2 => _vol2,
        3 => _vol3,
        4 => _vol4,
        _ => throw new ArgumentOutOfRangeException(nameof(tenor)),
    };

    /// <exception cref="InvalidInputException"><c>risk-factor-missing</c>: no scenario moves the coin or the quote currency</exception>
    public static FamilyMoves Of(ScenarioSet set, UnderlyingId family)
    {
        ArgumentNullException.ThrowIfNull(set);
        return Of(set.Columns, family);
    }

    /// <inheritdoc cref="Of(ScenarioSet, UnderlyingId)"/>
    public static FamilyMoves Of(ScenarioColumns columns, UnderlyingId family)
    {
        ArgumentNullException.ThrowIfNull(columns);
        var coin = columns.Factors.CoinIndex(family.Base);
        var peg = PegOf(columns.Factors, family);
        return new FamilyMoves(
            columns.SpotLogReturn(coin),
            peg < 0 ? default : columns.PegLogChange(peg),
            columns.BasisChange(coin),
            columns.SkewChange(coin),
            columns.VolLogChange(coin, 0),
            columns.VolLogChange(coin, 1),
            columns.VolLogChange(coin, 2),
            columns.VolLogChange(coin, 3),
            columns.VolLogChange(coin, 4));
    }

    /// <summary>The quote currency's peg column, or -1 for USD. A stablecoin's anchor is USD.</summary>
    private static int PegOf(RiskFactors factors, UnderlyingId family)
    {
        if (family.Quote == Asset.Usd)
        {
            return -1;
        }

        return factors.TryPegIndex(family.Quote, out var peg) && factors.Pegs[peg].Anchor == Asset.Usd
            ? peg
            : throw new InvalidInputException("risk-factor-missing", $"{family} is quoted in {family.Quote}, which is neither USD nor an asset pegged to USD in the scenarios");
    }
}

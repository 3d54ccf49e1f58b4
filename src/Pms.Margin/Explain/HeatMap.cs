using System.Collections.Immutable;
using Pms.Margin.Revaluation;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Scenarios;

namespace Pms.Margin.Explain;

/// <summary>Gain of an account over moves of spot and vol, by full revaluation; moved smiles are made free of arbitrage as those of scenarios are.</summary>
/// <param name="SpotMoves">[spot] relative: -0.1 is 10 % down</param>
/// <param name="VolMoves">[vol] relative: 0.5 turns 60 % into 90 %</param>
/// <param name="Pnl">[vol][spot] USD, gain positive</param>
/// <param name="WorstSpot">index of the cell with the largest loss</param>
/// <param name="WorstVol">index of the cell with the largest loss</param>
public sealed record HeatMap(ImmutableArray<double> SpotMoves, ImmutableArray<double> VolMoves, ImmutableArray<ImmutableArray<double>> Pnl, int WorstSpot, int WorstVol)
{
    /// <summary>Largest number of cells.</summary>
    public const int MostCells = 10_000;

    /// <summary>-30 % to +30 % and beyond, in the steps that venues' matrices have.</summary>
    public static ImmutableArray<double> DefaultSpotMoves { get; } = [-0.5, -0.3, -0.2, -0.15, -0.1, -0.05, 0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5];

    public static ImmutableArray<double> DefaultVolMoves { get; } = [-0.4, -0.2, 0, 0.25, 0.5, 1];

    /// <summary>Loss in the worst cell, at least 0.</summary>
    public double WorstLoss => Math.Max(0, -Pnl[WorstVol][WorstSpot]);

    /// <summary>The moves as a set of stress scenarios, vol by vol, spot fastest: coins move together, vols of all tenors too, nothing else moves.</summary>
    /// <exception cref="InvalidInputException"><c>heat-map</c>: no move, too many, or one of -1 or below</exception>
    public static ScenarioColumns Columns(RiskFactors factors, IReadOnlyList<double> spotMoves, IReadOnlyList<double> volMoves)
    {
        ArgumentNullException.ThrowIfNull(factors);
        ArgumentNullException.ThrowIfNull(spotMoves);
        ArgumentNullException.ThrowIfNull(volMoves);
        if (spotMoves.Count == 0 || volMoves.Count == 0 || (long)spotMoves.Count * volMoves.Count > MostCells || spotMoves.Concat(volMoves).Any(m => !(m > -1) || !double.IsFinite(m)))
        {
            throw new InvalidInputException("heat-map", $"{spotMoves.Count} spot moves x {volMoves.Count} vol moves: 1 to {MostCells} cells of finite moves above -1 are required");
        }

        var columns = new ScenarioColumns(factors, spotMoves.Count * volMoves.Count);
        for (var coin = 0; coin < factors.Coins.Length; coin++)
        {
            for (var s = 0; s < columns.Count; s++)
            {
                columns.SpotLogReturn(coin)[s] = ElementaryMath.Log1p(spotMoves[s % spotMoves.Count]);
                for (var tenor = 0; tenor < RiskFactors.VolTenorDays.Length; tenor++)
                {
                    columns.VolLogChange(coin, tenor)[s] = ElementaryMath.Log1p(volMoves[s / spotMoves.Count]);
                }
            }
        }

        return columns;
    }

    /// <param name="exposures">what is held, collateral too</param>
    /// <param name="factors">that can move</param>
    /// <param name="horizonYears">time that passes with the move, above 0</param>
    /// <param name="spotMoves">relative, above -1</param>
    /// <param name="volMoves">relative, above -1</param>
    /// <exception cref="InvalidInputException"><c>heat-map</c>; <c>risk-factor-missing</c></exception>
    public static HeatMap Of(IReadOnlyList<Exposure> exposures, RiskFactors factors, double horizonYears, ImmutableArray<double> spotMoves, ImmutableArray<double> volMoves)
    {
        ArgumentNullException.ThrowIfNull(exposures);
        var columns = Columns(factors, spotMoves, volMoves);
        var equal = new double[columns.Count];
        Array.Fill(equal, 1.0);
        // Probabilities are not looked at; a set is what units know how to read.
        var set = new ScenarioSet(factors, horizonYears, 0, ContentHash.Of("heat-map"u8), [(new ScenarioBatch(ScenarioFamily.MonteCarlo, "heat-map/1", columns, equal, []), 1)]);
        var states = new ScenarioStates(set, Enumerable.Range(0, columns.Count));
        var pnl = new double[columns.Count];
        foreach (var exposure in exposures)
        {
            for (var s = 0; s < pnl.Length; s++)
            {
                pnl[s] += exposure.Quantity * exposure.Unit.Pnl(states.Of(exposure.Unit, s, MoveParts.All));
            }
        }

        var worst = 0;
        for (var s = 1; s < pnl.Length; s++)
        {
            worst = pnl[s] < pnl[worst] ? s : worst;
        }

        var rows = pnl.Chunk(spotMoves.Length).Select(row => row.ToImmutableArray()).ToImmutableArray();
        return new HeatMap(spotMoves, volMoves, rows, worst % spotMoves.Length, worst / spotMoves.Length);
    }
}

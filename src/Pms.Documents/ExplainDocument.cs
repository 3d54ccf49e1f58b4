using System.Collections.Immutable;
using Pms.Margin.Explain;
using Pms.Margin.Revaluation;

namespace Pms.Documents;

/// <summary>What <c>pms explain --json</c> prints for an account. All money is USD; losses and requirements are positive, gains in <c>pnl</c> are.</summary>
public sealed record ExplainDocument(
    MarginProvenance Provenance,
    MarginAccount Margin,
    IReadOnlyList<ExplainPosition> Positions,
    CauseSplit Tail,
    CauseSplit? Grid,
    ExplainHeatMaps HeatMap,
    IReadOnlyList<ExplainScenario> WorstScenarios,
    IReadOnlyList<ExplainDecay>? Decay)
{
    public static ExplainDocument Of(MarginProvenance provenance, AccountExplanation e) => new(
        provenance,
        MarginAccount.Of(e.Margin),
        [.. e.Positions.Select(ExplainPosition.Of)],
        CauseSplit.Of(e.Tail),
        e.Grid is null ? null : CauseSplit.Of(e.Grid),
        new ExplainHeatMaps(e.Contracts.SpotMoves, e.Contracts.VolMoves, HeatValues.Of(e.Contracts), HeatValues.Of(e.Account)),
        [.. e.Worst.Select(ExplainScenario.Of)],
        e.Decay.IsEmpty ? null : [.. e.Decay.Select(d => new ExplainDecay(d.At, d.Event, d.Positions, Money.Usd(d.Es), Money.Usd(d.Maintenance)))]);
}

public sealed record ExplainPosition(
    string Instrument,
    decimal Quantity,
    decimal Es,
    double EsStandardError,
    decimal StandaloneEs,
    decimal MarginalEs,
    decimal? StandaloneMaintenance,
    decimal? MarginalMaintenance,
    CauseSplit ByCause)
{
    public static ExplainPosition Of(PositionExplanation p) => new(
        p.Es.Name,
        p.Quantity,
        Money.Usd(p.Es.Es),
        p.Es.StandardError / Money.UnitsPerUsd,
        Money.Usd(p.Es.Standalone),
        Money.Usd(p.Es.Marginal),
        p.StandaloneMaintenance is { } alone ? Money.Usd(alone) : null,
        p.MarginalMaintenance is { } marginal ? Money.Usd(marginal) : null,
        CauseSplit.Of(p.Split));
}

/// <summary>A loss by cause: shared out, alone with the cross term, and Taylor terms as a check.</summary>
public sealed record CauseSplit(CauseTerms Shapley, CauseTerms Alone, TaylorLoss Taylor, IReadOnlyList<CausePair> Interactions)
{
    public static CauseSplit Of(ExposureSplit split) => new(
        CauseTerms.Of(split.Shapley),
        CauseTerms.Of(split.Alone),
        TaylorLoss.Of(split.Taylor),
        [.. split.Interactions.Select(i => new CausePair(Name(i.First), Name(i.Second), i.Loss))]);

    private static string Name(MoveParts part) => part switch
    {
        MoveParts.Spot => "spot",
        MoveParts.VolLevel => "volLevel",
        MoveParts.Skew => "skew",
        MoveParts.Term => "term",
        MoveParts.Time => "time",
        MoveParts.Basis => "basis",
        MoveParts.Peg => "peg",
        _ => part.ToString(),
    };
}

public sealed record CauseTerms(
    double Total, double Delta, double Gamma, double Vega, double Skew, double Term, double Theta, double Basis, double Peg, double Cross, double Residual)
{
    public static CauseTerms Of(LossTerms t) => new(t.Total, t.Delta, t.Gamma, t.Vega, t.Skew, t.Term, t.Theta, t.Basis, t.Peg, t.Cross, t.Residual);
}

public sealed record TaylorLoss(double Total, double Delta, double Gamma, double Vega, double Theta, double Vanna, double Volga, double Residual)
{
    public static TaylorLoss Of(TaylorTerms t) => new(t.Full, t.Delta, t.Gamma, t.Vega, t.Theta, t.Vanna, t.Volga, t.Residual);
}

public sealed record CausePair(string First, string Second, double Loss);

public sealed record ExplainHeatMaps(ImmutableArray<double> SpotMoves, ImmutableArray<double> VolMoves, HeatValues Contracts, HeatValues Account);

/// <summary>[vol][spot] gain, and the cell with the largest loss.</summary>
public sealed record HeatValues(ImmutableArray<ImmutableArray<double>> Pnl, HeatCell Worst)
{
    public static HeatValues Of(HeatMap map) => new(map.Pnl, new HeatCell(map.SpotMoves[map.WorstSpot], map.VolMoves[map.WorstVol], map.Pnl[map.WorstVol][map.WorstSpot]));
}

public sealed record HeatCell(double SpotMove, double VolMove, double Pnl);

public sealed record ExplainScenario(
    int Scenario, string Description, IReadOnlyList<ExplainMove> Moves, double Weight, decimal Pnl, decimal CountedLoss, IReadOnlyList<ExplainContribution> Contributions)
{
    public static ExplainScenario Of(WorstScenario w)
    {
        ArgumentNullException.ThrowIfNull(w);
        return new ExplainScenario(
            w.Scenario, w.Description, [.. w.Moves.Select(v => new ExplainMove(v.Coin.Code, v.Spot, v.Vol))], w.Weight, Money.Usd(w.Pnl), Money.Usd(w.CountedLoss), [.. w.Contributions.Select(c => new ExplainContribution(c.Name, Money.Usd(c.Pnl)))]);
    }
}

/// <summary>Relative moves of a coin's price and of its 30-day vol.</summary>
public sealed record ExplainMove(string Coin, double Spot, double Vol);

public sealed record ExplainContribution(string Instrument, decimal Pnl);

public sealed record ExplainDecay(DateTimeOffset At, string Event, int Positions, decimal Es, decimal Maintenance);

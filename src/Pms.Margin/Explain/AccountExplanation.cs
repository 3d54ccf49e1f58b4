using System.Collections.Immutable;
using Pms.Margin.Arrays;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.Margin.Revaluation;

namespace Pms.Margin.Explain;

/// <summary>What is to be explained, and how finely.</summary>
public sealed record ExplainOptions
{
    public static ExplainOptions Default { get; } = new();

    /// <summary>Scenarios in the list of the worst. 0 to 10,000; default 20.</summary>
    public int WorstScenarios { get; init; } = 20;

    /// <summary>Relative moves of spot in the heat map.</summary>
    public ImmutableArray<double> HeatSpot { get; init; } = HeatMap.DefaultSpotMoves;

    /// <summary>Relative moves of vol in the heat map.</summary>
    public ImmutableArray<double> HeatVol { get; init; } = HeatMap.DefaultVolMoves;

    /// <summary>Whether the decay curve is made; it takes a risk array for each of its points.</summary>
    public bool WithDecay { get; init; } = true;
}

/// <summary>One contract's part in an account's margin. Money units; losses and requirements positive.</summary>
/// <param name="Quantity">units, long positive</param>
/// <param name="Es">its part of the ES</param>
/// <param name="Split">its part of the ES by cause, USD</param>
/// <param name="StandaloneMaintenance">maintenance of the contract alone; null beyond <see cref="AccountExplanation.MostMarginals"/></param>
/// <param name="MarginalMaintenance">maintenance of the account less that without the contract; null likewise</param>
public sealed record PositionExplanation(decimal Quantity, EulerShare Es, ExposureSplit Split, long? StandaloneMaintenance, long? MarginalMaintenance);

/// <summary>Why an account's margin is what it is.</summary>
/// <param name="Margin">the margin</param>
/// <param name="Positions">[contract] in the order of the risk array's rows</param>
/// <param name="Tail">the ES of the contracts by cause, USD</param>
/// <param name="Grid">the counted loss in the worst stress scenario by cause, USD; null where none loses</param>
/// <param name="Contracts">gain of the contracts over moves of spot and vol</param>
/// <param name="Account">the same with the collateral, without haircuts</param>
/// <param name="Worst">scenarios with the largest losses of the contracts</param>
/// <param name="Decay">empty where it was not asked for</param>
public sealed record AccountExplanation(
    MarginResult Margin,
    ImmutableArray<PositionExplanation> Positions,
    ExposureSplit Tail,
    ExposureSplit? Grid,
    HeatMap Contracts,
    HeatMap Account,
    ImmutableArray<WorstScenario> Worst,
    ImmutableArray<DecayPoint> Decay)
{
    /// <summary>Contracts for which margins with and without are worked out, those with the largest ES shares first.</summary>
    public const int MostMarginals = 256;

    /// <param name="engine">market, scenarios, array, parameters</param>
    /// <param name="account">every contract and asset of it has a row</param>
    /// <param name="options">null: <see cref="ExplainOptions.Default"/></param>
    /// <param name="arrayOptions">that the engine's array was built with</param>
    /// <exception cref="Primitives.InvalidInputException">codes of <see cref="MarginEngine.Evaluate(Account, MarginContext?)"/>, <see cref="LossSplit"/> and <see cref="HeatMap"/></exception>
    public static AccountExplanation Of(MarginEngine engine, Account account, ExplainOptions? options = null, RiskArrayOptions? arrayOptions = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(account);
        options ??= ExplainOptions.Default;
        var margin = engine.Evaluate(account);
        var pnl = engine.Pnl(margin.Holdings.AsSpan());
        RowHolding[] holdings = [.. margin.Holdings.Select(h => new RowHolding(engine.Array.Rows[h.Row], h.Lots))];
        var euler = EulerSplit.Of(margin.Tail, engine.Design, pnl.AsSpan(0, engine.Set.TailCount), holdings);

        var valuation = new ScenarioValuation(engine.Market, engine.Parameters.Array.PerpetualBasisDays / 365);
        Exposure[] contracts = [.. holdings.Select(h => new Exposure(valuation.Of(h.Row.Key.Instrument!), (double)h.Quantity))];
        SharedScenario[] tail = [.. margin.Tail.Tail.Select(t => new SharedScenario(t.Scenario, t.Share))];
        SharedScenario[] grid = margin.Grid.Scenario < 0 ? [] : [new SharedScenario(margin.Grid.Scenario, margin.Grid.LossShare)];
        var states = new ScenarioStates(engine.Set, tail.Concat(grid).Select(s => s.Scenario));
        var splits = Split(contracts, holdings, tail, states);
        Exposure[] collateral = [.. account.Collateral.Select(c => new Exposure(valuation.Of(c.Asset), (double)c.Amount))];
        var margins = Margins(engine, account, euler, holdings);
        return new AccountExplanation(
            margin,
            [.. holdings.Select((h, i) => new PositionExplanation(h.Quantity, euler[i], splits[i], margins[i].Standalone, margins[i].Marginal))],
            LossSplit.Sum(account.Id, splits),
            grid.Length == 0 ? null : LossSplit.Sum(account.Id, Split(contracts, holdings, grid, states)),
            HeatMap.Of(contracts, engine.Set.Factors, engine.Set.HorizonYears, options.HeatSpot, options.HeatVol),
            HeatMap.Of([.. contracts, .. collateral], engine.Set.Factors, engine.Set.HorizonYears, options.HeatSpot, options.HeatVol),
            WorstScenarios.Of(engine.Set, pnl, holdings, options.WorstScenarios),
            options.WithDecay ? MarginDecay.Of(engine, account, arrayOptions) : []);
    }

    private static ImmutableArray<ExposureSplit> Split(Exposure[] contracts, RowHolding[] holdings, SharedScenario[] scenarios, ScenarioStates states)
    {
        var loss = Array.ConvertAll(holdings, h => -scenarios.Sum(s => s.Share * h.Pnl(s.Scenario)) / LotRule.MoneyPerUsd);
        return LossSplit.Of(contracts, scenarios, states.Of, loss);
    }

    private static (long? Standalone, long? Marginal)[] Margins(MarginEngine engine, Account account, ImmutableArray<EulerShare> euler, RowHolding[] holdings)
    {
        var result = new (long?, long?)[holdings.Length];
        var contracts = account with { Collateral = [] };
        var whole = engine.Evaluate(contracts).Maintenance;
        foreach (var i in Enumerable.Range(0, holdings.Length).OrderByDescending(i => Math.Abs(euler[i].Es)).ThenBy(i => i).Take(MostMarginals))
        {
            var instrument = holdings[i].Row.Key.Instrument;
            var own = contracts with { Positions = [.. contracts.Positions.Where(p => p.Instrument == instrument)] };
            var others = contracts with { Positions = [.. contracts.Positions.Where(p => p.Instrument != instrument)] };
            result[i] = (engine.Evaluate(own).Maintenance, whole - engine.Evaluate(others).Maintenance);
        }

        return result;
    }
}

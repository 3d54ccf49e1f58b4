using System.Collections.Immutable;
using Pms.Margin.Epochs;
using Pms.Margin.Market;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;
using Pms.Scenarios;
using Pms.Scenarios.MonteCarlo;
using Pms.Volatility;

namespace Pms.Validation.WalkForward;

/// <summary>This system's own margin, with its defaults or with one part changed.</summary>
public sealed class EngineModel : IBacktestModel
{
    private readonly RiskParameters _parameters;
    private readonly ulong _seed;
    private readonly Func<VolSurface, VolSurface>? _surface;
    private readonly Func<MarginResult, long>? _maintenance;
    private readonly Func<RiskFactors, MonteCarloParameters>? _dynamics;

    /// <param name="name">in tables</param>
    /// <param name="parameters">all of it</param>
    /// <param name="seed">of the scenarios</param>
    /// <param name="surface">what stands in for a fitted surface; null: the surface itself</param>
    /// <param name="maintenance">the part that stands in for the maintenance margin, money units, no more than it; null: itself</param>
    /// <param name="dynamics">of a board's factors; null: the parameters' own</param>
    public EngineModel(
        string name,
        RiskParameters parameters,
        ulong seed,
        Func<VolSurface, VolSurface>? surface = null,
        Func<MarginResult, long>? maintenance = null,
        Func<RiskFactors, MonteCarloParameters>? dynamics = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        parameters.Validate();
        (Name, _parameters, _seed, _surface, _maintenance, _dynamics) = (name, parameters, seed, surface, maintenance, dynamics);
        Fingerprint = $"{name} {parameters.Hash()} {parameters.Scenarios.Hash()} {seed}";
    }

    public string Name { get; }

    public string Fingerprint { get; }

    /// <inheritdoc/>
    public ImmutableArray<BacktestMargin?> Margins(BoardState state, ImmutableArray<Account> accounts)
    {
        ArgumentNullException.ThrowIfNull(state);
        var surfaces = _surface is null ? state.Surfaces : [.. state.Surfaces.Select(_surface)];
        var parameters = _dynamics is null
            ? _parameters
            : _parameters with { Scenarios = _parameters.Scenarios with { MonteCarlo = _dynamics(RiskFactorLayout.Of(state.Market, _parameters.Scenarios.Pegs)) } };
        var inputs = new EpochInputs(state.Snapshot, surfaces, ImmutableDictionary<Asset, double>.Empty, parameters, state.History, _seed);
        return [.. MarginEpoch.Make(inputs, accounts).Engine.EvaluateEach(accounts).Select(m => m.Result is { } result ? Of(result) : (BacktestMargin?)null)];
    }

    private BacktestMargin Of(MarginResult result)
    {
        // What collateral may lose, and what of it does not count, is asked for too.
        var uncounted = result.Collateral.Sum(c => c.Value) + result.EquityLines.First(l => l.Name == "contracts").Amount - result.Equity;
        var maintenance = _maintenance?.Invoke(result) ?? result.Maintenance;
        // A part asks no more than the whole, which for long options alone is bounded by their value.
        var initial = _maintenance is null ? result.Initial : Math.Min(result.Initial, (long)(maintenance * _parameters.Measure.InitialFactor));
        return new BacktestMargin(Usd(initial + uncounted), Usd(maintenance + uncounted), Usd(result.Tail.Var), Usd(result.Tail.Es), Usd(result.Components.Where(l => l.Name is "core" or "diversification-cap").Sum(l => l.Amount)));
    }

    private static double Usd(long money) => money * 1e-6;
}

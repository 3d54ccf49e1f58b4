using System.Collections.Immutable;
using Pms.Margin.Arrays;
using Pms.Margin.Market;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Scenarios;
using Pms.Scenarios.Historical;
using Pms.Scenarios.MonteCarlo;
using Pms.Volatility;

namespace Pms.Margin.Epochs;

/// <summary>What an epoch is made from.</summary>
/// <param name="Snapshot">sealed quotes</param>
/// <param name="Surfaces">fitted to them</param>
/// <param name="Prices">USD prices that the snapshot does not show</param>
/// <param name="Parameters">how margin is measured</param>
/// <param name="History">past prices and vols, of which what was known at the snapshot is used; null: the Monte Carlo family has all probability</param>
/// <param name="Seed">of the random family</param>
public sealed record EpochInputs(
    MarketSnapshot Snapshot,
    ImmutableArray<VolSurface> Surfaces,
    ImmutableDictionary<Asset, double> Prices,
    RiskParameters Parameters,
    FactorHistory? History,
    ulong Seed);

/// <summary>What of a history went into an epoch.</summary>
/// <param name="Summary">dates, volatilities, stressed period</param>
/// <param name="LeftOut">values of the snapshot's day and later: they were not known then</param>
public sealed record HistoryUse(HistorySummary Summary, int LeftOut);

/// <summary>Everything that one moment's margins are computed from, put together: market, scenario set, risk array, engine.</summary>
/// <remarks>
/// The same inputs and contracts give the same bits, whatever the threads. The scenario set depends on the market alone; the array has a row for
/// each contract and asset asked for, so its root says which.
/// </remarks>
public sealed class MarginEpoch
{
    private MarginEpoch(EpochInputs inputs, MarginMarket market, ImmutableArray<AssumedPrice> assumed, HistoryUse? history, ScenarioSet set, RiskArray array)
    {
        (Inputs, Market, Assumed, History, Set, Array) = (inputs, market, assumed, history, set, array);
        CorrelationRepairs = ScenarioSetFactory.CorrelationRepairs(set.Factors, inputs.Parameters.Scenarios);
        Engine = new MarginEngine(market, array, set, inputs.Parameters, MarketLiquidity.Of(inputs.Snapshot, market));
    }

    public EpochInputs Inputs { get; }

    public MarginMarket Market { get; }

    /// <summary>Prices that the snapshot does not show.</summary>
    public ImmutableArray<AssumedPrice> Assumed { get; }

    /// <summary>What of the history went into the set; null without one.</summary>
    public HistoryUse? History { get; }

    /// <summary>Correlations of the dynamics that contradicted each other.</summary>
    public CorrelationRepairs CorrelationRepairs { get; }

    public ScenarioSet Set { get; }

    public RiskArray Array { get; }

    public MarginEngine Engine { get; }

    /// <summary>An epoch with a row for every contract and asset of these accounts.</summary>
    /// <param name="inputs">market, parameters, seed</param>
    /// <param name="accounts">whose contracts are valued</param>
    /// <param name="threads">1 or more; the result does not depend on it</param>
    /// <param name="previous">an earlier epoch, whose unchanged rows are taken over</param>
    /// <exception cref="Pms.Primitives.InvalidInputException">the codes of the parts: market, scenarios, array</exception>
    public static MarginEpoch Make(EpochInputs inputs, IReadOnlyCollection<Account> accounts, int threads = 1, MarginEpoch? previous = null)
    {
        ArgumentNullException.ThrowIfNull(accounts);
        return Make(
            inputs,
            accounts.SelectMany(a => a.Positions).Select(p => p.Instrument).Distinct(),
            accounts.SelectMany(a => a.Collateral).Select(c => c.Asset).Distinct(),
            threads,
            previous);
    }

    /// <summary>An epoch with a row for each of these contracts and assets.</summary>
    /// <param name="inputs">market, parameters, seed</param>
    /// <param name="instruments">contracts</param>
    /// <param name="assets">collateral; USD needs no row</param>
    /// <param name="threads">1 or more; the result does not depend on it</param>
    /// <param name="previous">an earlier epoch, whose unchanged rows are taken over</param>
    public static MarginEpoch Make(EpochInputs inputs, IEnumerable<Instrument> instruments, IEnumerable<Asset> assets, int threads = 1, MarginEpoch? previous = null)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(instruments);
        ArgumentNullException.ThrowIfNull(assets);
        var scenarios = inputs.Parameters.Scenarios;
        var held = assets.Where(a => a != Asset.Usd).ToArray();
        var market = MarketOf(inputs, held, out var assumed);
        var factors = RiskFactorLayout.Of(market, scenarios.Pegs);
        var known = inputs.History?.Before(inputs.Snapshot.ObservedAt);
        var history = known is null ? default : HistoricalSimulation.Make(factors, scenarios.Historical, known, scenarios.HorizonDays / 365);
        var set = ScenarioSetFactory.Make(factors, scenarios, inputs.Surfaces, history.Batch, inputs.Seed, threads);
        var options = RiskArrayOptions.Default with { PerpetualBasisYears = inputs.Parameters.Array.PerpetualBasisDays / 365, MaxThreads = threads };
        // USD always has a row, so that an account of nothing but USD has an array too.
        var array = RiskArray.Build(market, set, instruments, held.Append(Asset.Usd), options, previous?.Array);
        return new MarginEpoch(inputs, market, assumed, known is null ? null : new HistoryUse(history.Summary, known.LeftOut), set, array);
    }

    /// <summary>This epoch with rows for further contracts and assets: what <see cref="Make(EpochInputs, IEnumerable{Instrument}, IEnumerable{Asset}, int, MarginEpoch?)"/> gives for all of them, on the same scenarios, and only the new rows are computed.</summary>
    /// <param name="instruments">contracts; those that have a row keep it</param>
    /// <param name="assets">collateral, priced by the market of this epoch</param>
    /// <exception cref="Pms.Primitives.InvalidInputException">the codes of the array</exception>
    public MarginEpoch With(IEnumerable<Instrument> instruments, IEnumerable<Asset> assets)
    {
        ArgumentNullException.ThrowIfNull(instruments);
        ArgumentNullException.ThrowIfNull(assets);
        Instrument[] newInstruments = [.. instruments.Where(i => !Array.TryFind(i, out _)).Distinct()];
        Asset[] newAssets = [.. assets.Where(a => !Array.TryFind(a, out _)).Distinct()];
        if (newInstruments.Length + newAssets.Length == 0)
        {
            return this;
        }

        var held = Array.Rows.Select(r => r.Key.Asset).OfType<Asset>().Concat(newAssets);
        var options = RiskArrayOptions.Default with { PerpetualBasisYears = Inputs.Parameters.Array.PerpetualBasisDays / 365 };
        var array = RiskArray.Build(Market, Set, Array.Rows.Select(r => r.Key.Instrument).OfType<Instrument>().Concat(newInstruments), held, options, Array);
        return new MarginEpoch(Inputs, Market, Assumed, History, Set, array);
    }

    /// <summary>The market alone: what prices and units need before the accounts are known.</summary>
    /// <param name="inputs">snapshot, surfaces, prices</param>
    /// <param name="held">assets whose price is needed beside those of the snapshot</param>
    /// <param name="assumed">prices that the snapshot does not show</param>
    public static MarginMarket MarketOf(EpochInputs inputs, IReadOnlyCollection<Asset> held, out ImmutableArray<AssumedPrice> assumed)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return MarginMarketBuilder.Build(inputs.Snapshot, inputs.Surfaces, inputs.Prices, inputs.Parameters.Scenarios.Pegs, held, out assumed);
    }
}

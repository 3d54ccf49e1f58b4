using System.Collections.Immutable;
using Pms.Margin.Arrays;
using Pms.Margin.Market;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.Margin.Venues;
using Pms.MarketData.Instruments;
using Pms.Scenarios;

namespace Pms.Microstructure.Procedures;

/// <summary>What a margin rule says of an account. USD.</summary>
/// <param name="Equity">as the rule counts it</param>
/// <param name="Initial">required to open</param>
/// <param name="Maintenance">required to stay</param>
public readonly record struct MarginFigures(double Equity, double Initial, double Maintenance)
{
    public double Shortfall => Math.Max(Maintenance - Equity, 0);
}

/// <summary>A margin model on a market that moves.</summary>
public interface IMarginRule
{
    string Name { get; }

    /// <summary>From now on margins are of this market.</summary>
    void See(MarginMarket market, MarketLiquidity liquidity);

    MarginFigures Of(Account account);

    MarginFigures[] OfAll(IReadOnlyList<Account> accounts);
}

/// <summary>A venue's model, its requirements times factors.</summary>
/// <param name="model">venue's model</param>
/// <param name="initialFactor">of the initial margin; 1 is the model itself</param>
/// <param name="maintenanceFactor">of the maintenance margin</param>
internal sealed class VenueRule(IVenueModel model, double initialFactor = 1, double maintenanceFactor = 1) : IMarginRule
{
    private MarginMarket? _market;

    public string Name => model.Name;

    public void See(MarginMarket market, MarketLiquidity liquidity) => _market = market;

    public MarginFigures Of(Account account)
    {
        var m = model.Evaluate(account, _market!);
        return new MarginFigures(m.Equity, initialFactor * m.Initial, maintenanceFactor * m.Maintenance);
    }

    public MarginFigures[] OfAll(IReadOnlyList<Account> accounts) => [.. accounts.Select(Of)];
}

/// <summary>This system's margin: scenario set, array and engine are made anew for every market seen.</summary>
internal sealed class EngineRule : IMarginRule
{
    private readonly RiskParameters _parameters;
    private readonly ImmutableArray<Instrument> _instruments;
    private readonly ImmutableArray<Asset> _assets;
    private readonly RiskArrayOptions _options;
    private readonly ulong _seed;
    private RiskArray? _array;

    /// <param name="parameters">how margin is measured</param>
    /// <param name="start">market whose prices set the lots, for good</param>
    /// <param name="instruments">contracts that may be held</param>
    /// <param name="assets">collateral</param>
    /// <param name="seed">of the scenarios</param>
    public EngineRule(RiskParameters parameters, MarginMarket start, ImmutableArray<Instrument> instruments, ImmutableArray<Asset> assets, ulong seed)
    {
        (_parameters, _instruments, _assets, _seed) = (parameters, instruments, assets, seed);
        _options = RiskArrayOptions.Default with
        {
            PerpetualBasisYears = parameters.Array.PerpetualBasisDays / 365,
            LotExponents = LotExponentsOf(start),
        };
    }

    public string Name => "pms";

    public MarginEngine Engine { get; private set; } = null!;

    /// <summary>Lots that do not change with the price, one for each asset.</summary>
    public static ImmutableDictionary<Asset, int> LotExponentsOf(MarginMarket start) =>
        start.Assets.Where(a => a != Asset.Usd).ToImmutableDictionary(a => a, a => LotRule.LotExponent(start.UsdPrice(a)));

    public void See(MarginMarket market, MarketLiquidity liquidity)
    {
        var factors = RiskFactorLayout.Of(market, _parameters.Scenarios.Pegs);
        var set = ScenarioSetFactory.Make(factors, _parameters.Scenarios, [.. market.Underlyings.Select(u => u.Surface).OfType<Volatility.VolSurface>()], null, _seed);
        _array = RiskArray.Build(market, set, _instruments, _assets, _options, _array);
        Engine = new MarginEngine(market, _array, set, _parameters, liquidity);
    }

    public MarginFigures Of(Account account) => Figures(Engine.Evaluate(account));

    public MarginFigures[] OfAll(IReadOnlyList<Account> accounts) => [.. Engine.EvaluateBook(accounts).Select(Figures)];

    private static MarginFigures Figures(MarginResult r) => new(1e-6 * r.Equity, 1e-6 * r.Initial, 1e-6 * r.Maintenance);
}

using System.Collections.Immutable;
using Pms.Margin.Epochs;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Simulation;
using Pms.Simulation.Books;
using Pms.Simulation.Parameters;
using Pms.Volatility;

namespace Pms.Liquidation.Tests.Planning;

/// <summary>A simulated board, and random accounts on it that are below their maintenance margin.</summary>
internal sealed class DistressedBooks
{
    /// <summary>Accounts that books are put together from.</summary>
    private const int Parts = 600;

    private static readonly Lazy<DistressedBooks> All = new(() => new DistressedBooks(RiskParameters.Default));
    private static readonly Lazy<DistressedBooks> Few = new(() => new DistressedBooks(RiskParameters.Default with
    {
        Scenarios = RiskParameters.Default.Scenarios with { MonteCarloCount = 400 },
    }));

    private readonly ImmutableArray<Account> _drawn;

    private DistressedBooks(RiskParameters parameters)
    {
        var snapshot = new SimulatedExchange(SimulationParameters.Default, seed: 1).SnapshotAt(SimulationParameters.Default.Start.AddDays(2));
        var surfaces = snapshot.Boards.Where(b => !b.Expiries.IsEmpty)
            .Select(b => SurfaceFitter.Fit(b, snapshot.ObservedAt, SurfaceParameters.Default).Surface)
            .OfType<VolSurface>()
            .ToImmutableArray();
        var inputs = new EpochInputs(snapshot, surfaces, ImmutableDictionary<Asset, double>.Empty, parameters, null, 1);
        _drawn = new BookGenerator(snapshot, MarginEpoch.MarketOf(inputs, [], out _), seed: 1).Generate(Parts);
        Perpetuals = [.. snapshot.Boards.SelectMany(b => b.Linears).Select(l => l.Instrument).Where(i => i is Perpetual)];
        Engine = MarginEpoch.Make(inputs, [.. _drawn, new Account("hedges", [.. Perpetuals.Select(p => new Position(p, 1))], [])]).Engine;
    }

    /// <summary>10,000 scenarios with probability and the default stress grid.</summary>
    public static DistressedBooks Default => All.Value;

    /// <summary>400 scenarios with probability: few enough to write a programme out.</summary>
    public static DistressedBooks Small => Few.Value;

    public MarginEngine Engine { get; }

    public ImmutableArray<Instrument> Perpetuals { get; }

    /// <summary>One to eight drawn accounts in one, its equity a random share of its maintenance margin; null where there is no margin to speak of.</summary>
    public Account? Draw(RandomStream stream)
    {
        var count = 1 + (int)(stream.Uniform(0) * 8);
        var positions = Enumerable.Range(0, count)
            .SelectMany(i => _drawn[(int)(stream.Uniform(1 + (ulong)i) * _drawn.Length)].Positions)
            .GroupBy(p => p.Instrument)
            .Select(g => new Position(g.Key, g.Sum(p => p.Quantity)))
            .Where(p => p.Quantity != 0)
            .OrderBy(p => p.Instrument.Name, StringComparer.Ordinal);
        return With(new Account("a", [.. positions], []), 0.5 + (0.499 * stream.Uniform(900)));
    }

    /// <summary>The account with as much USD that its equity is so many times its maintenance margin.</summary>
    public Account? With(Account account, double ratio)
    {
        var bare = Engine.Evaluate(account with { Collateral = [] });
        return bare.Maintenance < 1_000_000_000
            ? null
            : account with { Collateral = [new CollateralHolding(Asset.Usd, Math.Round((decimal)((ratio * bare.Maintenance) - bare.Equity) / 1_000_000m, 2))] };
    }
}

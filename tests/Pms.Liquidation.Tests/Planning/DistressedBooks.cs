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

/// <summary>A simulated board with the default scenario set, and random accounts on it that are below their maintenance margin.</summary>
internal static class DistressedBooks
{
    /// <summary>Accounts that books are put together from.</summary>
    private const int Parts = 600;

    private static readonly ImmutableArray<Account> Drawn;

    static DistressedBooks()
    {
        var snapshot = new SimulatedExchange(SimulationParameters.Default, seed: 1).SnapshotAt(SimulationParameters.Default.Start.AddDays(2));
        var surfaces = snapshot.Boards.Where(b => !b.Expiries.IsEmpty)
            .Select(b => SurfaceFitter.Fit(b, snapshot.ObservedAt, SurfaceParameters.Default).Surface)
            .OfType<VolSurface>()
            .ToImmutableArray();
        var inputs = new EpochInputs(snapshot, surfaces, ImmutableDictionary<Asset, double>.Empty, RiskParameters.Default, null, 1);
        Drawn = new BookGenerator(snapshot, MarginEpoch.MarketOf(inputs, [], out _), seed: 1).Generate(Parts);
        Perpetuals = [.. snapshot.Boards.SelectMany(b => b.Linears).Select(l => l.Instrument).Where(i => i is Perpetual)];
        Epoch = MarginEpoch.Make(inputs, [.. Drawn, new Account("hedges", [.. Perpetuals.Select(p => new Position(p, 1))], [])]);
    }

    public static MarginEpoch Epoch { get; }

    public static MarginEngine Engine => Epoch.Engine;

    public static ImmutableArray<Instrument> Perpetuals { get; }

    /// <summary>One to eight drawn accounts in one, its equity a random share of its maintenance margin; null where there is no margin to speak of.</summary>
    public static Account? Draw(RandomStream stream)
    {
        var count = 1 + (int)(stream.Uniform(0) * 8);
        var positions = Enumerable.Range(0, count)
            .SelectMany(i => Drawn[(int)(stream.Uniform(1 + (ulong)i) * Drawn.Length)].Positions)
            .GroupBy(p => p.Instrument)
            .Select(g => new Position(g.Key, g.Sum(p => p.Quantity)))
            .Where(p => p.Quantity != 0)
            .OrderBy(p => p.Instrument.Name, StringComparer.Ordinal);
        var account = new Account("a", [.. positions], []);
        var bare = Engine.Evaluate(account);
        if (bare.Maintenance < 1_000_000_000)
        {
            return null;
        }

        var ratio = 0.5 + (0.499 * stream.Uniform(900));
        var usd = Math.Round((decimal)((ratio * bare.Maintenance) - bare.Equity) / 1_000_000m, 2);
        return account with { Collateral = [new CollateralHolding(Asset.Usd, usd)] };
    }
}

using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Pms.Liquidation.Planning;
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

namespace Pms.Bench;

/// <summary>PLAN: what accounts below their maintenance margin have to close, each from its positions to the finished plan, in 10,000 scenarios and the stress grid; one thread. A line is a latency.</summary>
/// <remarks>Positions of generated accounts on a simulated board, up to three coins; equity is drawn between 50 and 99.9 % of the maintenance margin. Check: a plan made again is the same plan.</remarks>
internal sealed class PlanWorkload : IWorkload
{
    private const ulong Seed = 601;
    private const int Drawn = 600;

    public string Name => "PLAN";

    public bool Run(BenchReport report, IReadOnlyList<int> threads)
    {
        if (!threads.Contains(1))
        {
            return true;
        }

        var snapshot = new SimulatedExchange(SimulationParameters.Default, seed: 1).SnapshotAt(SimulationParameters.Default.Start.AddDays(2));
        var surfaces = SurfaceFitter.FitAll(snapshot, SurfaceParameters.Default).Select(f => f.Surface).OfType<VolSurface>().ToImmutableArray();
        var inputs = new EpochInputs(snapshot, surfaces, ImmutableDictionary<Asset, double>.Empty, RiskParameters.Default, null, 1);
        var drawn = new BookGenerator(snapshot, MarginEpoch.MarketOf(inputs, [], out _), seed: 1).Generate(Drawn);
        var engine = MarginEpoch.Make(inputs, drawn).Engine;
        // Several draws of each size: the first ones let the compiler finish.
        var passed = true;
        foreach (var (positions, accounts) in new[] { (20, 200), (64, 40), (127, 20) })
        {
            passed &= Measure(report, engine, [.. Enumerable.Range(0, accounts).Select(a => AccountOf(engine, drawn, positions, new RandomStream(Seed).Derive((ulong)((1_000 * positions) + a))))]);
        }

        return passed;
    }

    private static bool Measure(BenchReport report, MarginEngine engine, Account[] accounts)
    {
        var planner = new LiquidationPlanner(engine, LiquidationPolicy.Default);
        var warm = accounts.Select(planner.Plan).ToArray();
        var latency = new double[accounts.Length];
        var plans = new LiquidationPlan[accounts.Length];
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var cpu = Environment.CpuUsage.TotalTime;
        for (var a = 0; a < accounts.Length; a++)
        {
            var before = Stopwatch.GetTimestamp();
            plans[a] = planner.Plan(accounts[a]);
            latency[a] = Stopwatch.GetElapsedTime(before).TotalMicroseconds;
        }

        cpu = Environment.CpuUsage.TotalTime - cpu;
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Array.Sort(latency);
        double[] gaps = [.. plans.Select(p => p.Gap).OfType<double>().Order()];
        report.Latency(
            $"{accounts[0].Positions.Length}-legs", latency[latency.Length / 100], latency[latency.Length / 2], latency[latency.Length * 99 / 100], string.Create(
                CultureInfo.InvariantCulture,
                $"\"max_us\":{latency[^1]:F2},\"cpu_mean_us\":{cpu.TotalMicroseconds / plans.Length:F2},\"plans\":{plans.Length},\"partial\":{gaps.Length},\"gap_median\":{(gaps.Length > 0 ? gaps[gaps.Length / 2] : 0):F5},\"gap_max\":{(gaps.Length > 0 ? gaps[^1] : 0):F5},\"cost_usd\":{plans.Sum(p => p.Cost * 1e-6):F2},\"kb_allocated_each\":{allocated / 1024 / plans.Length}"));
        return plans.Zip(warm, (p, w) => p.Cost == w.Cost && p.LeastCost == w.LeastCost && p.Legs.SequenceEqual(w.Legs)).All(same => same);
    }

    /// <summary>So many different positions of drawn accounts, and USD for a random share of their maintenance margin.</summary>
    private static Account AccountOf(MarginEngine engine, ImmutableArray<Account> drawn, int positions, RandomStream stream)
    {
        var chosen = new Dictionary<Instrument, decimal>();
        for (ulong i = 1; chosen.Count < positions; i++)
        {
            foreach (var position in drawn[(int)(stream.Uniform(i) * drawn.Length)].Positions)
            {
                if (chosen.Count < positions)
                {
                    chosen.TryAdd(position.Instrument, position.Quantity);
                }
            }
        }

        var bare = new Account("a", [.. chosen.Select(p => new Position(p.Key, p.Value)).OrderBy(p => p.Instrument.Name, StringComparer.Ordinal)], []);
        var margin = engine.Evaluate(bare);
        var usd = ((0.5 + (0.499 * stream.Uniform(0))) * margin.Maintenance) - margin.Equity;
        return bare with { Collateral = [new CollateralHolding(Asset.Usd, Math.Round((decimal)usd / 1_000_000m, 2))] };
    }
}

using System.Collections.Immutable;
using System.Globalization;
using Pms.Margin.Epochs;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.Margin.Venues;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers;
using Pms.MarketData.Snapshots;
using Pms.Primitives;
using Pms.Simulation;
using Pms.Simulation.Books;
using Pms.Simulation.Parameters;
using Pms.Volatility;

namespace Pms.Bench;

/// <summary>MODELS: initial margin of 500 generated accounts by every model, on every board of the files that PMS_BENCH_BOARDS names (a path list), else on a simulated board.</summary>
/// <remarks>Time is that of this system's own model, from fitted surfaces to 500 margins. One line a style and model sums all boards; <c>refused</c> counts accounts without an answer.</remarks>
internal sealed class ModelsWorkload : IWorkload
{
    private const int Accounts = 500;

    public string Name => "MODELS";

    public bool Run(BenchReport report, IReadOnlyList<int> threads)
    {
        var sums = new SortedDictionary<(string Style, string Model), Sum>();
        var boards = 0;
        var skipped = 0;
        var models = VenueModels.Names.Select(n => VenueModels.Create(n)).ToArray();
        var timing = Timing.Measure(
            1,
            () =>
            {
                foreach (var snapshot in Snapshots())
                {
                    try
                    {
                        Add(snapshot, models, threads.Max(), sums);
                        boards++;
                    }
                    catch (InvalidInputException e)
                    {
                        skipped++;
                        Console.Error.WriteLine($"{snapshot.ObservedAt.ToIso()} {e.Code}: {e.Message}");
                    }
                }
            },
            warmUps: 0);
        foreach (var ((style, model), sum) in sums)
        {
            var byStatic = sums[(style, "static")].Initial;
            report.Line(
                $"{style}/{model}", threads.Max(), Math.Max(boards, 1) * (double)Accounts, timing,
                string.Create(CultureInfo.InvariantCulture, $"\"boards\":{boards},\"boards_skipped\":{skipped},\"accounts\":{sum.Count},\"initial_usd\":{sum.Initial:F0},\"of_static\":{(byStatic > 0 ? sum.Initial / byStatic : 0):F4},\"refused\":{sum.Refused}{Parts(sum)}"));
        }

        return boards > 0 && skipped == 0;
    }

    private static void Add(MarketSnapshot snapshot, IVenueModel[] models, int threads, SortedDictionary<(string Style, string Model), Sum> sums)
    {
        var surfaces = SurfaceFitter.FitAll(snapshot, SurfaceParameters.Default).Select(f => f.Surface).OfType<VolSurface>().ToImmutableArray();
        var inputs = new EpochInputs(snapshot, surfaces, ImmutableDictionary<Asset, double>.Empty, RiskParameters.Default, null, 1);
        var market = MarginEpoch.MarketOf(inputs, [], out _);
        var book = new BookGenerator(snapshot, market, seed: 1).Generate(Accounts);
        var epoch = MarginEpoch.Make(inputs, book, threads);
        var own = epoch.Engine.EvaluateBook(book, threads: threads);
        for (var i = 0; i < book.Length; i++)
        {
            Count(sums, book[i], "pms", own[i].Initial * 1e-6, own[i]);
            foreach (var model in models)
            {
                try
                {
                    Count(sums, book[i], model.Name, model.Evaluate(book[i], epoch.Market).Initial);
                }
                catch (InvalidInputException)
                {
                    Count(sums, book[i], model.Name, null);
                }
            }
        }
    }

    private static void Count(SortedDictionary<(string Style, string Model), Sum> sums, Account account, string model, double? initial, MarginResult? own = null)
    {
        foreach (var style in new[] { account.Id[..account.Id.LastIndexOf('-')], "all" })
        {
            var sum = sums.GetValueOrDefault((style, model));
            sums[(style, model)] = new Sum(
                sum.Initial + (initial ?? 0),
                sum.Count + 1,
                sum.Refused + (initial is null ? 1 : 0),
                sum.Measure + ((own?.MeasureUpper ?? 0) * 1e-6),
                sum.Grid + ((own?.Grid.Counted ?? 0) * 1e-6),
                sum.GridBinds + (own?.Binding.StartsWith("grid", StringComparison.Ordinal) == true ? 1 : 0));
        }
    }

    private static IEnumerable<MarketSnapshot> Snapshots()
    {
        var paths = Environment.GetEnvironmentVariable("PMS_BENCH_BOARDS");
        return string.IsNullOrEmpty(paths)
            ? [new SimulatedExchange(SimulationParameters.Default, seed: 1).SnapshotAt(SimulationParameters.Default.Start.AddDays(2))]
            : paths.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).SelectMany(p => MarketFile.ReadSnapshots(p));
    }

    /// <summary>Of this system's own model: what ES and the stress grid would ask alone, and on how many accounts the grid decides.</summary>
    private static string Parts(Sum sum) => sum.Measure == 0
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $",\"es_usd\":{sum.Measure:F0},\"grid_usd\":{sum.Grid:F0},\"grid_binds\":{sum.GridBinds}");

    private readonly record struct Sum(double Initial, int Count, int Refused, double Measure, double Grid, int GridBinds);
}

using System.CommandLine;
using System.IO.Compression;
using Pms.Cli.Output;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers.Histories;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Scenarios.Historical;
using Pms.Scenarios.Shocks;
using Pms.Volatility;

namespace Pms.Cli.Commands;

/// <summary><c>pms scenarios make</c> and <c>pms scenarios show</c>.</summary>
internal static class ScenarioSetCommands
{
    private static readonly Option<int> Worst = new("--worst") { Description = "how many of the largest falls and rises to list, 0 to 1000", DefaultValueFactory = _ => 20 };

    public static Command Make()
    {
        var inputs = new ScenarioInputs();
        var count = new Option<int?>("--count") { Description = "Monte Carlo scenarios, 100 to 1,000,000" };
        var horizon = new Option<double?>("--horizon") { Description = "days, 0.04 to 30" };
        var seed = new Option<ulong>("--seed") { Description = "of the Monte Carlo family", DefaultValueFactory = _ => 1 };
        var output = new Option<string?>("--output", "-o") { Description = "write the whole set as JSON; .gz compresses, - is standard output" };
        return PmsCommand.Create(
            "make",
            "Makes a scenario set: Monte Carlo, filtered history where one is given, and the stress grid.",
            "pms scenarios make --board board.csv.gz --history data/ --seed 7 -o set.json.gz",
            (context, _) =>
            {
                var parameters = inputs.ReadParameters(context);
                parameters = parameters with { MonteCarloCount = context.Get(count) ?? parameters.MonteCarloCount, HorizonDays = context.Get(horizon) ?? parameters.HorizonDays };
                return Task.FromResult(RunMake(context, inputs, parameters, context.Get(seed), context.Get(output)));
            },
            [.. inputs.All, count, horizon, seed, output, Worst]);
    }

    public static Command Show()
    {
        var input = PmsCommand.InputArgument("SET.json", "scenario set that pms scenarios make -o wrote");
        return PmsCommand.Create(
            "show",
            "What a scenario set holds: quantiles of every factor, tails, largest moves, weights and hash, which is recomputed.",
            "pms scenarios show set.json.gz",
            (context, _) =>
            {
                using var stream = CommandContext.OpenInput(context.Require(input));
                using var plain = Decompressed(stream);
                Print(context, ScenarioSetSummary.Of(ScenarioSetFile.Read(plain), WorstCount(context)));
                return Task.FromResult(ExitCode.Ok);
            },
            input,
            Worst);
    }

    private static int RunMake(CommandContext context, ScenarioInputs inputs, ScenarioParameters parameters, ulong seed, string? path)
    {
        if (path == "-" && context.Json)
        {
            throw new InvalidInputException("output-twice", "-o - and --json both want standard output");
        }

        var worst = WorstCount(context);
        var surfaces = inputs.ReadSurfaces(context);
        var factors = inputs.Factors(context, parameters, surfaces);
        var folder = inputs.ReadHistory(context);
        var known = folder is null ? null : ScenarioInputs.Known(folder, surfaces);
        var history = known is null ? default : HistoricalSimulation.Make(factors, parameters.Historical, known, parameters.HorizonDays / 365);
        var set = ScenarioSetFactory.Make(factors, parameters, surfaces, history.Batch, seed, Environment.ProcessorCount);
        if (path is not null)
        {
            using var file = path == "-" ? Console.OpenStandardOutput() : File.Create(path);
            using Stream stream = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionLevel.Optimal) : file;
            ScenarioSetFile.Write(stream, set);
        }

        if (path != "-")
        {
            Print(context, ScenarioSetSummary.Of(set, worst) with
            {
                History = folder is null ? null : HistoryReport.Of(history.Summary, folder, known!.LeftOut),
                CorrelationRepairs = ScenarioSetFactory.CorrelationRepairs(factors, parameters),
                Repairs = surfaces.Count == 0 ? null : [.. surfaces.Select(s => RepairSummary.Of(ScenarioSmiles.Build(s, set)))],
                Path = path,
            });
        }

        return ExitCode.Ok;
    }

    private static int WorstCount(CommandContext context) => context.Get(Worst) is var n and >= 0 and <= 1000
        ? n
        : throw new InvalidInputException("worst-range", $"--worst {context.Get(Worst)} is not in 0 to 1000");

    private static void Print(CommandContext context, ScenarioSetSummary summary)
    {
        if (context.Json)
        {
            JsonOutput.Write(summary);
        }
        else
        {
            summary.Write();
        }
    }

    private static Stream Decompressed(Stream stream)
    {
        var buffered = new BufferedStream(stream, 1 << 16);
        var memory = new MemoryStream();
        buffered.CopyTo(memory);
        memory.Position = 0;
        var isGzip = memory.Length > 2 && memory.GetBuffer()[0] == 0x1F && memory.GetBuffer()[1] == 0x8B;
        return isGzip ? new GZipStream(memory, CompressionMode.Decompress) : memory;
    }
}

/// <summary>The flags that say what scenarios are made of, and what they read.</summary>
internal sealed class ScenarioInputs
{
    public Option<string?> Board { get; } = new("--board") { Description = "file of market data: coins and current level of vol; - reads standard input" };

    public Option<string?> At { get; } = new("--at") { Description = "instant of the board, ISO 8601 in UTC; default: the last of the file" };

    public Option<string?> Coins { get; } = new("--coins") { Description = "as in BTC,ETH; default: those of the board, else BTC,ETH" };

    public Option<string?> History { get; } = new("--history") { Description = "folder of CSV prices and vols (docs/formats.md)" };

    public Option<int> Hour { get; } = new("--hour") { Description = "UTC hour at which bars are resampled, 0 to 23; 0 is the end of the day", DefaultValueFactory = _ => 0 };

    public Option<string?> Parameters { get; } = new("--params") { Description = "scenario parameters as JSON (docs/model/scenarios.md); what is left out keeps its default; - reads standard input" };

    public IEnumerable<Symbol> All => [Board, At, Coins, History, Hour, Parameters];

    public ScenarioParameters ReadParameters(CommandContext context)
    {
        if (context.Get(Parameters) is not { } path)
        {
            return ScenarioParameters.Default;
        }

        using var stream = CommandContext.OpenInput(path);
        return ScenarioJson.ReadParameters(stream);
    }

    public IReadOnlyList<VolSurface> ReadSurfaces(CommandContext context)
    {
        if (context.Get(Board) is not { } path)
        {
            context.Refuse("there is no --board", At);
            return [];
        }

        var (snapshot, report) = BoardSource.Read(path, BoardSource.ParseInstant(context.Get(At)));
        BoardSource.WarnOfRefused(report);
        return [.. BoardFit.Of(snapshot, SurfaceParameters.Default).Underlyings.Select(u => u.Fit.Surface).OfType<VolSurface>()];
    }

    public HistoryFolder? ReadHistory(CommandContext context)
    {
        if (context.Get(History) is not { } path)
        {
            context.Refuse("there is no --history", Hour);
            return null;
        }

        return ReadFolder(path, context.Get(Hour));
    }

    /// <summary>Past prices and vols; what is refused of them is told on standard error.</summary>
    /// <param name="path">folder</param>
    /// <param name="hour">resampling hour</param>
    public static HistoryFolder ReadFolder(string path, int hour = 0)
    {
        var folder = HistoryReader.ReadFolder(path, hour);
        WarnOfRefused(folder);
        return folder;
    }

    /// <summary>What of a history was known at the time of the board; all of it without one.</summary>
    public static FactorHistory Known(HistoryFolder folder, IReadOnlyList<VolSurface> surfaces)
    {
        var history = new FactorHistory(folder.Series);
        return surfaces.Count == 0 ? history : history.Before(surfaces[0].At);
    }

    /// <summary>Tells, on standard error, of refused rows.</summary>
    private static void WarnOfRefused(HistoryFolder folder)
    {
        foreach (var file in folder.Files)
        {
            foreach (var (code, refused) in file.Refused)
            {
                Console.Error.WriteLine($"pms: {file.Source}: {refused.Count} rows refused [{code}], first {refused.First}");
            }
        }
    }

    /// <summary>Coins by code; pegged assets of the parameters whose anchor is USD or one of the coins.</summary>
    public RiskFactors Factors(CommandContext context, ScenarioParameters parameters, IReadOnlyList<VolSurface> surfaces)
    {
        var pegged = parameters.Pegs.Select(p => p.Asset).ToHashSet();
        var names = context.Get(Coins)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var coins = names is not null ? [.. names.Select(n => new Asset(n))]
            : surfaces.Count > 0 ? surfaces.Select(s => s.Underlying.Base).Where(c => !pegged.Contains(c)).Distinct().OrderBy(c => c.Code, StringComparer.Ordinal).ToArray()
            : (Asset[])[new Asset("BTC"), new Asset("ETH")];
        return coins.Length == 0
            ? throw new InvalidInputException("risk-factors", "--coins names no coin")
            : new RiskFactors(coins, parameters.Pegs.Where(p => p.Anchor == Asset.Usd || coins.Contains(p.Anchor)).OrderBy(p => p.Asset.Code, StringComparer.Ordinal));
    }
}

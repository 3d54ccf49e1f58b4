using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Pms.Cli.Backtest;
using Pms.Cli.Output;
using Pms.Margin.Epochs;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers;
using Pms.MarketData.Snapshots;
using Pms.Primitives;
using Pms.Scenarios.Historical;
using Pms.Validation.Analysis;
using Pms.Validation.Histories;
using Pms.Validation.WalkForward;

namespace Pms.Cli.Commands;

/// <summary><c>pms backtest run</c>: books margined on every board by every model and revalued on the board a horizon later.</summary>
internal static class BacktestRunCommand
{
    /// <summary>Skipped boards that are told one by one; all of them are in the document.</summary>
    private const int MostSkippedTold = 5;

    public static Command Create()
    {
        var boards = new Argument<string[]>("BOARDS") { Description = "files of boards in any known format (docs/formats.md); - reads standard input", Arity = ArgumentArity.ZeroOrMore };
        var modelled = new Option<string?>("--modelled") { Description = "in place of BOARDS: folder of past prices and vols that boards are modelled from, one a day (docs/model/validation.md)" };
        var from = new Option<string?>("--from") { Description = "first day of the modelled boards, 2020-03-01" };
        var to = new Option<string?>("--to") { Description = "last day of them" };
        var coins = new Option<string>("--coins") { Description = "comma list of coins with modelled boards", DefaultValueFactory = _ => "BTC,ETH" };
        var horizon = new Option<string>("--horizon") { Description = "from margin to outcome, 1h to 30d", DefaultValueFactory = _ => "1d" };
        var books = new Option<int>("--books") { Description = "books drawn, 10 to 10,000; aggregates come on top", DefaultValueFactory = _ => new WalkForwardOptions().Books };
        var models = new Option<string?>("--models") { Description = $"comma list; default: {string.Join(",", BacktestModels.Default)}" };
        var ablations = new Option<bool>("--ablations") { Description = "also this system's margin with one part changed each", Arity = ArgumentArity.Zero };
        var history = new Option<string?>("--history") { Description = "folder of past prices and vols; each board sees what had ended before it" };
        var parameters = new Option<string?>("--params") { Description = "risk parameter document; default: the built-in one" };
        var seed = new Option<ulong>("--seed") { Description = "of books and scenarios", DefaultValueFactory = _ => 1 };
        var threads = new Option<int>("--threads") { Description = "boards at the same time, 1 to 256; the result does not depend on it", DefaultValueFactory = _ => Math.Max(1, Environment.ProcessorCount) };
        var resume = new Option<string?>("--resume") { Description = "SQLite file that keeps the margins of finished boards: a run that was stopped goes on" };
        var output = new Option<string?>("-o", "--output") { Description = "write the report, report.html" };
        var rows = new Option<string?>("--rows") { Description = "write every observation as CSV" };
        return PmsCommand.Create(
            "run",
            "Margins books of ten classes on every board by this system and by venues' models, revalues them on the real quotes a horizon later, and judges all of them: coverage, tails, capital at equal coverage, procyclicality.",
            "pms backtest run boards/*.csv.gz --resume backtest.db -o report.html",
            (context, cancel) => Task.FromResult(Run(context, cancel)),
            boards, modelled, from, to, coins, horizon, books, models, ablations, history, parameters, seed, threads, resume, output, rows);

        int Run(CommandContext context, CancellationToken cancel)
        {
            if (context.Get(output) is { } page && !page.EndsWith(".html", StringComparison.OrdinalIgnoreCase))
            {
                throw new InvalidInputException("output-format", $"'{PrintableText.Of(page)}' does not end in .html");
            }

            var length = DurationText.Parse(context.Get(horizon)!, "--horizon");
            var past = context.Get(history) is { } folder ? new FactorHistory(ScenarioInputs.ReadFolder(folder).Series) : null;
            var risk = ParamsCommand.Read(context.Get(parameters));
            risk = risk with { Scenarios = risk.Scenarios with { HorizonDays = length.TotalDays } };
            var options = new WalkForwardOptions
            {
                Horizon = length,
                Books = context.Get(books),
                Seed = context.Get(seed),
                Threads = context.Get(threads),
                Surface = risk.Surface,
                History = past,
                StoreKey = $"{typeof(MarginEpoch).Module.ModuleVersionId} {typeof(WalkForwardBacktest).Module.ModuleVersionId} {past?.Hash()}",
            };
            // Before the models: they would refuse the horizon as a parameter that nobody gave.
            options.Validate();
            ImmutableArray<IBacktestModel> run = [.. Names(context).Select(n => BacktestModels.Create(n, risk, context.Get(seed)))];
            using var store = context.Get(resume) is { } file ? new ForecastDatabase(file) : null;
            var backtest = new WalkForwardBacktest(run, options, store);
            var windows = new List<BacktestWindow>();
            var start = Stopwatch.GetTimestamp();
            using (var progress = new ProgressLine())
            {
                foreach (var window in backtest.Run(Boards(context), cancel))
                {
                    windows.Add(window);
                    progress.Show($"{windows.Count} windows, margins of {window.From.ToIso()}, {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s");
                }
            }

            foreach (var skipped in backtest.Skipped.Take(MostSkippedTold))
            {
                Console.Error.WriteLine($"pms: board of {skipped.At.ToIso()} skipped [{skipped.Reason.Code}]: {skipped.Reason.Message}");
            }

            if (backtest.Skipped.Count > MostSkippedTold)
            {
                Console.Error.WriteLine($"pms: and {backtest.Skipped.Count - MostSkippedTold} more boards skipped");
            }

            Console.Error.WriteLine($"pms: {windows.Count} windows in {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s");
            var report = BacktestAnalysis.Of([.. run.Select(m => m.Name)], windows);
            var document = BacktestDocument.Of(report, backtest.Skipped, risk, options);
            if (context.Get(rows) is { } csv)
            {
                ObservationCsv.Write(csv, report.Models, windows);
            }

            if (context.Get(output) is { } html)
            {
                BacktestHtml.Write(document, html);
            }

            if (context.Json)
            {
                JsonOutput.Write(document);
            }
            else
            {
                BacktestText.Write(document);
            }

            return ExitCode.Ok;
        }

        IEnumerable<MarketSnapshot> Boards(CommandContext context)
        {
            var files = context.Get(boards)!;
            if (context.Get(modelled) is not { } folder)
            {
                context.Refuse("boards are read from files", from, to, coins);
                return files.Length > 0 ? InOrder(files) : throw new InvalidInputException("no-input", "files of boards, or --modelled with --from and --to, are needed");
            }

            return files.Length == 0
                ? ModelledBoards.Make(new FactorHistory(ScenarioInputs.ReadFolder(folder).Series), Coins(context.Get(coins)!), Day(context.Get(from), "--from"), Day(context.Get(to), "--to"))
                : throw new InvalidInputException("flags-conflict", "--modelled makes the boards: files of boards cannot be given with it");
        }

        IEnumerable<string> Names(CommandContext context)
        {
            var names = context.Get(models)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [.. BacktestModels.Default];
            // Without a history its share cannot be changed.
            return context.Get(ablations)
                ? names.Concat(BacktestModels.Ablations.Where(a => context.Get(history) is not null || !a.NeedsHistory).Select(a => a.Name)).Distinct(StringComparer.Ordinal)
                : names;
        }
    }

    private static DateOnly Day(string? text, string flag) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
        ? day
        : throw new InvalidInputException("date-format", $"{flag} '{PrintableText.Of(text ?? "")}' is not a day such as 2020-03-12");

    private static Asset[] Coins(string text) =>
        [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(c => new Asset(c))];

    /// <summary>All boards of all files by time: files are told apart by their first board.</summary>
    private static IEnumerable<MarketSnapshot> InOrder(string[] paths)
    {
        if (paths.Length > 1 && paths.Contains(MarketFile.StandardInput))
        {
            throw new InvalidInputException("flags-conflict", "- stands for all boards: it cannot be given with files");
        }

        return paths.Length == 1
            ? OfFile(paths[0])
            : paths
                .Select(p => (Path: p, First: MarketFile.ReadSnapshots(p).FirstOrDefault()?.ObservedAt ?? throw new InvalidInputException("no-boards", $"'{PrintableText.Of(p)}' has no board")))
                .OrderBy(p => p.First)
                .SelectMany(p => OfFile(p.Path));
    }

    private static IEnumerable<MarketSnapshot> OfFile(string path)
    {
        using var file = MarketFile.Open(path);
        foreach (var snapshot in file.ReadSnapshots())
        {
            yield return snapshot;
        }

        BoardSource.WarnOfRefused(file.Report);
    }
}

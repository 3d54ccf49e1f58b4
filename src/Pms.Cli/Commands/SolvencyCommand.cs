using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Pms.Cli.Output;
using Pms.Margin.Epochs;
using Pms.Margin.Measures;
using Pms.Margin.Requirement;
using Pms.Primitives;
using Pms.Solvency.Indices;
using Pms.Solvency.Stresses;

namespace Pms.Cli.Commands;

/// <summary><c>pms solvency</c>: whether the protocol can pay when its accounts cannot.</summary>
internal static class SolvencyCommand
{
    private const int MostRows = 10;
    private const int MostHistory = 100_000;

    public static Command Create() => PmsCommand.Group("solvency", "The Protocol Solvency Index (docs/model/solvency.md).", Show(), History(), WhatIf(), SolvencyInclusionCommand.Create());

    private static Command Show()
    {
        var flags = new SolvencyFlags();
        var history = HistoryFlag("keep the index in this file too");
        return PmsCommand.Create(
            "show",
            "Insurance fund and backstop over the expected shortfall of all accounts, with what it is made of. Exit code 3: below 1.",
            "pms solvency show --board board.csv.gz --portfolio book.csv --insurance 250000 --history index.db",
            (context, _) =>
            {
                var run = flags.Read(context);
                var assessment = SolvencyAssessment.Of(run.Book, run.Terms, run.Threads);
                if (context.Get(history) is { } path)
                {
                    using var file = new SolvencyHistory(path);
                    file.Add(SolvencyPoint.Of(SolvencyRecord.Of(0, run.Epoch.Engine, assessment)));
                }

                var document = SolvencyDocument.Of(run.Epoch, assessment, run.Refusals);
                if (context.Json)
                {
                    JsonOutput.Write(document);
                }
                else
                {
                    Write(document);
                }

                return Task.FromResult(ExitOf(assessment));
            },
            [.. flags.All, history]);
    }

    private static Command History()
    {
        var history = HistoryFlag("file of kept indices");
        var last = new Option<int>("--last") { Description = $"how many, 1 to {MostHistory}", DefaultValueFactory = _ => 100 };
        return PmsCommand.Create(
            "history",
            "Indices that pms solvency show has kept, newest first.",
            "pms solvency history --history index.db --last 24",
            (context, _) =>
            {
                var path = context.Get(history) ?? throw new InvalidInputException("no-input", "--history is needed");
                var count = context.Get(last);
                if (count is < 1 or > MostHistory)
                {
                    throw new InvalidInputException("last-range", $"--last {count}: 1 to {MostHistory} are possible");
                }

                if (!File.Exists(path))
                {
                    throw new InvalidInputException("file-not-found", $"'{PrintableText.Of(path)}' does not exist or is not a file");
                }

                using var file = new SolvencyHistory(path);
                var points = file.Read(count);
                if (context.Json)
                {
                    JsonOutput.Write(new { indices = points });
                }
                else
                {
                    var table = new TextTable("market", "index", "band ", "resources", "shortfall", "+- s.e.", "worst", "cover-1", "cover-2", "accounts");
                    foreach (var p in points)
                    {
                        table.Add(p.At.ToIso(), Ratio(p.Index), p.Band, Usd(p.Insurance + p.Backstop), Usd(p.Shortfall), Usd(p.StandardError), Usd(p.Worst), Usd(p.Cover1), Usd(p.Cover2), $"{p.Accounts}");
                    }

                    table.Write();
                    Console.WriteLine($"{points.Count} indices, amounts in USD");
                }

                return Task.FromResult(ExitCode.Ok);
            },
            history,
            last);
    }

    private static Command WhatIf()
    {
        var flags = new SolvencyFlags();
        var lose = new Option<string[]>("--lose") { Description = "an account or owner that takes out what it may and defaults; may be repeated", DefaultValueFactory = _ => [] };
        var gap = new Option<string[]>("--gap") { Description = "a coin that is worth so much less as collateral, before the scenario, as in STETH=0.2; may be repeated", DefaultValueFactory = _ => [] };
        var keepers = new Option<string?>("--no-keepers") { Description = "nobody liquidates for so long after the horizon, as in 4h or 2h30m" };
        var insurance = new Option<string?>("--insurance-then") { Description = "the insurance fund after, USD; default: as before" };
        var backstop = new Option<string?>("--backstop-then") { Description = "the backstop after, USD; default: as before" };
        return PmsCommand.Create(
            "whatif",
            "The index before and after: a market maker is lost, a coin falls as collateral, keepers are absent, the fund is another; all given at once. Exit code 3: below 1 after.",
            "pms solvency whatif --board board.csv.gz --portfolio book.csv --insurance 250000 --lose directional-0003 --gap BTC=0.2 --no-keepers 4h",
            (context, _) =>
            {
                var run = flags.Read(context);
                var (fund, promised) = (context.Get(insurance), context.Get(backstop));
                var whatIf = new SolvencyWhatIf
                {
                    Lost = [.. context.Get(lose)!],
                    Gaps = [.. context.Get(gap)!.Select(CollateralGap.Parse)],
                    HoursWithoutKeepers = context.Get(keepers) is { } text ? DurationText.Parse(text, "--no-keepers").TotalHours : 0,
                    Resources = fund is null && promised is null ? null : SolvencyFlags.ResourcesOf(
                        fund, promised, Rounding.ToUsd(run.Terms.Resources.Insurance), Rounding.ToUsd(run.Terms.Resources.Backstop), "--insurance-then", "--backstop-then"),
                };
                var before = SolvencyAssessment.Of(run.Book, run.Terms, run.Threads);
                var (book, terms) = whatIf.Apply(run.Book, run.Terms);
                var after = SolvencyAssessment.Of(book, terms, run.Threads);
                var document = SolvencyWhatIfDocument.Of(run.Epoch, whatIf, before, after);
                if (context.Json)
                {
                    JsonOutput.Write(document);
                }
                else
                {
                    Write(document);
                }

                return Task.FromResult(ExitOf(after));
            },
            [.. flags.All, lose, gap, keepers, insurance, backstop]);
    }

    private static Option<string?> HistoryFlag(string what) => new("--history") { Description = $"{what} (SQLite)" };

    private static int ExitOf(SolvencyAssessment a) => a.Index < SolvencyIndex.Covered ? ExitCode.MarginCall : a.Band == SolvencyBand.Unknown ? ExitCode.StaleData : ExitCode.Ok;

    private static void Write(SolvencyDocument document)
    {
        var (p, d) = (document.Provenance, document.Solvency);
        Console.WriteLine($"{p.ObservedAt.ToIso()}  snapshot {p.SnapshotHash[..16]}  scenarios {p.ScenarioSetHash![..16]} ({p.ScenariosWithProbability} + {p.StressScenarios} stress, {p.HorizonDays} d, seed {p.Seed})  array {p.ArrayRoot![..16]}");
        Console.WriteLine();
        Console.WriteLine($"Protocol Solvency Index {Ratio(d.Index)}, {d.Band}: {Usd(d.Resources)} USD of resources (insurance {Usd(d.Insurance)}, backstop {Usd(d.Backstop)}) over an expected shortfall of {Usd(d.Shortfall)} +- {Usd(d.StandardError)} USD at {100 * d.Level:G6} %");
        Console.WriteLine($"{d.Accounts} accounts{(d.Refused > 0 ? $", {d.Refused} more could not be valued: the band is unknown" : "")}; anybody is short with probability {d.ShortProbability:P2}, beyond the resources with {d.BeyondProbability:P2}");
        foreach (var (name, cover) in new[] { ("cover-1", d.Cover1), ("cover-2", d.Cover2) })
        {
            Console.WriteLine($"{name}: {Usd(cover.Amount)} USD{(cover.Description is null ? "" : $" by {string.Join(" and ", cover.Owners)} in {cover.Description}")}");
        }

        foreach (var refusal in document.Refusals ?? [])
        {
            Console.Error.WriteLine($"pms: left out: {refusal.Message} [{refusal.Code}]");
        }

        if (d.Worst.Count > 0)
        {
            var worst = new TextTable("worst scenarios", "shortfall");
            foreach (var w in d.Worst.Take(MostRows))
            {
                worst.Add(w.Description, Usd(w.Shortfall));
            }

            worst.Write();
        }

        if (d.Contributors > 0)
        {
            var parts = new TextTable("account", "owner ", "mean in the tail", "share");
            foreach (var c in d.Contributions.Take(MostRows))
            {
                parts.Add(c.Account, c.Owner, Usd(c.Mean), $"{100 * c.Share:F1} %");
            }

            parts.Write();
            if (d.Contributors > MostRows)
            {
                Console.WriteLine($"... and {d.Contributors - MostRows} more accounts in the tail: --json has the first {SolvencyFigures.MostContributions}");
            }
        }
    }

    private static void Write(SolvencyWhatIfDocument d)
    {
        var parts = d.Case.Lost.Select(l => $"{l} is lost").Concat(d.Case.Gaps.Select(g => $"{g.Asset} falls by {g.Share:P2} as collateral")).ToList();
        if (d.Case.HoursWithoutKeepers > 0)
        {
            parts.Add($"no keepers for {d.Case.HoursWithoutKeepers:G4} h (losses times {d.Case.LossFactor:F3})");
        }

        Console.WriteLine(parts.Count == 0 ? "The same book:" : $"{string.Join(", ", parts)}:");
        var table = new TextTable("USD", "before", "after");
        void Row(string name, Func<SolvencyFigures, string> text) => table.Add(name, text(d.Before), text(d.After));
        Row("index", f => Ratio(f.Index));
        Row("band", f => f.Band);
        Row("resources", f => Usd(f.Resources));
        Row("expected shortfall", f => Usd(f.Shortfall));
        Row("+- s.e.", f => Usd(f.StandardError));
        Row("worst scenario", f => Usd(f.Worst.Count > 0 ? f.Worst[0].Shortfall : 0));
        Row("cover-1", f => Usd(f.Cover1.Amount));
        Row("cover-2", f => Usd(f.Cover2.Amount));
        Row("beyond the resources", f => f.BeyondProbability.ToString("P2", CultureInfo.InvariantCulture));
        table.Write();
    }

    /// <summary>Two decimals, cut off: an index is not rounded up to its next band.</summary>
    private static string Ratio(decimal index) => (decimal.Floor(index * 100) / 100).ToString("N2", CultureInfo.InvariantCulture);

    private static string Usd(decimal amount) => amount.ToString("N0", CultureInfo.InvariantCulture);
}

/// <summary>The flags of a book with resources behind it.</summary>
internal sealed class SolvencyFlags
{
    private readonly MarginInputs _inputs = new("--past");

    private readonly Option<string?> _insurance = new("--insurance") { Description = "the insurance fund, USD" };

    private readonly Option<string?> _backstop = new("--backstop") { Description = "what others promise to pay after the fund, USD; default: 0" };

    private readonly Option<double> _level = new("--level") { Description = "of the expected shortfall", DefaultValueFactory = _ => 0.99 };

    private readonly Option<int?> _scenarios = new("--scenarios") { Description = "Monte Carlo scenarios in place of the document's number" };

    private readonly Option<string?> _owners = new("--owners") { Description = "CSV file of account,owner: accounts of one owner default together; default: every account is its own" };

    public IEnumerable<Option> All => [.. _inputs.All, _insurance, _backstop, _level, _scenarios, _owners];

    /// <exception cref="InvalidInputException"><c>no-input</c>, <c>solvency-resources</c>, <c>tail-level</c>, <c>owners-file</c>, and the codes of <see cref="MarginInputs.Read"/> and of the engine</exception>
    public SolvencyRun Read(CommandContext context)
    {
        var insurance = context.Get(_insurance) ?? throw new InvalidInputException("no-input", "--insurance is needed: what the fund has, in USD");
        var terms = new SolvencyTerms(ResourcesOf(insurance, context.Get(_backstop), 0, 0, "--insurance", "--backstop"), TailLevel.Of(context.Get(_level)));
        var owners = Owners(context.Get(_owners));
        var run = _inputs.Read(context);
        if (context.Get(_scenarios) is { } count)
        {
            var parameters = run.Inputs.Parameters;
            parameters = parameters with { Scenarios = parameters.Scenarios with { MonteCarloCount = count } };
            parameters.Validate();
            run = run with { Inputs = run.Inputs with { Parameters = parameters } };
        }

        var epoch = run.Epoch();
        var margins = epoch.Engine.EvaluateEach(run.Portfolio.Accounts, MarginContext.Normal, run.Threads);
        var refusals = margins.Select(m => m.Reason).OfType<Refusal>().ToImmutableArray();
        return new SolvencyRun(
            epoch, SolvencyBook.Of(epoch, margins.Select(m => m.Result).OfType<MarginResult>(), refusals.Length, id => owners.GetValueOrDefault(id, id)), terms, refusals, run.Threads);
    }

    public static SolvencyResources ResourcesOf(string? insurance, string? backstop, decimal insuranceDefault, decimal backstopDefault, string insuranceFlag, string backstopFlag) =>
        SolvencyResources.OfUsd(insurance is null ? insuranceDefault : Usd(insurance, insuranceFlag), backstop is null ? backstopDefault : Usd(backstop, backstopFlag));

    private static decimal Usd(string text, string flag) => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var usd)
        ? usd
        : throw new InvalidInputException("solvency-resources", $"{flag} '{PrintableText.Of(text)}' is no amount of USD");

    private static Dictionary<string, string> Owners(string? path)
    {
        var owners = new Dictionary<string, string>(StringComparer.Ordinal);
        if (path is null)
        {
            return owners;
        }

        using var reader = new StreamReader(CommandContext.OpenInput(path));
        for (var line = 1; reader.ReadLine() is { } text; line++)
        {
            if (text.Trim() is "" or "account,owner" || text.StartsWith('#'))
            {
                continue;
            }

            var parts = text.Split(',', StringSplitOptions.TrimEntries);
            if (parts.Length != 2 || parts[0].Length == 0 || parts[1].Length == 0 || !owners.TryAdd(parts[0], parts[1]))
            {
                throw new InvalidInputException("owners-file", $"line {line}: '{PrintableText.Of(text)}' is not account,owner with each account once");
            }
        }

        return owners;
    }
}

/// <summary>One invocation's book and what stands behind it.</summary>
internal sealed record SolvencyRun(MarginEpoch Epoch, SolvencyBook Book, SolvencyTerms Terms, ImmutableArray<Refusal> Refusals, int Threads);

using System.CommandLine;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Pms.Cli.Output;
using Pms.MarketData.Readers.Boards;
using Pms.Primitives;
using Pms.Simulation;
using Pms.Simulation.Dialect;
using Pms.Simulation.Parameters;
using Pms.Simulation.Stress;

namespace Pms.Cli.Commands;

/// <summary><c>pms sim</c>: boards and recorded sessions of a simulated exchange.</summary>
internal static class SimCommand
{
    private const int DefaultBoardMinutes = 10;

    private static readonly Option<string> Script = new("--script")
    {
        Description = $"stress scripts with their start, as in crash@02:30,depeg: {string.Join(", ", StressScripts.All.Select(s => s.Name))}",
        DefaultValueFactory = _ => "calm",
    };

    private static readonly Option<ulong> Seed = new("--seed") { Description = "seed of every draw", DefaultValueFactory = _ => 1 };

    private static readonly Option<string?> From = new("--from") { Description = $"first instant of the market, ISO 8601; default {SimulationParameters.Default.Start.ToIso()}" };

    private static readonly Option<int> StepMs = new("--step-ms")
    {
        Description = "time between two steps, 100 to 60000 ms",
        DefaultValueFactory = _ => (int)SimulationParameters.Default.Step.TotalMilliseconds,
    };

    private static readonly Option<string?> Underlyings = new("--underlyings") { Description = "option families to keep, as in BTC,ETH; default all" };

    private static readonly Option<string?> Board = new("--board") { Description = "write the board of one instant (docs/formats.md, pms.board); .gz compresses" };

    private static readonly Option<string?> At = new("--at") { Description = "instant of the board: ISO 8601, or how long after --from, as in 2h30m; default 10m" };

    private static readonly Option<string?> Session = new("--output", "-o")
    {
        Description = "write the feed as a recorded session (docs/formats.md, pms-session); - is standard output, .gz compresses",
    };

    private static readonly Option<string> For = new("--for") { Description = "length of the session", DefaultValueFactory = _ => "5m" };

    private static readonly Option<string> After = new("--after") { Description = "how long after --from the session begins", DefaultValueFactory = _ => "0s" };

    private static readonly Option<bool> List = new("--list") { Description = "list the stress scripts", Arity = ArgumentArity.Zero };

    public static Command Create() => PmsCommand.Create(
        "sim",
        "A simulated exchange: the same seed and flags give the same bytes on every machine.",
        "pms sim --script crash --seed 7 --for 4h -o crash.ndjson.gz --at 3h --board crash.csv.gz",
        (context, cancel) => Task.FromResult(Run(context, cancel)),
        Script,
        Seed,
        From,
        StepMs,
        Underlyings,
        Board,
        At,
        Session,
        For,
        After,
        List);

    private static int Run(CommandContext context, CancellationToken cancel)
    {
        if (context.Get(List))
        {
            return ListScripts(context);
        }

        var exchange = new SimulatedExchange(Parameters(context), context.Get(Seed));
        var start = exchange.Parameters.Start;
        var sessionPath = context.Get(Session);
        if (sessionPath == "-" && context.Json)
        {
            throw new InvalidInputException("output-twice", "-o - and --json both want standard output");
        }

        var at = BoardTime(context.Get(At), start);
        var session = sessionPath is null
            ? null
            : WriteSession(exchange, sessionPath, start + DurationText.Parse(context.Get(After)!, "--after"), DurationText.Parse(context.Get(For)!, "--for"), cancel);
        var board = WriteBoard(exchange, context.Get(Board), at);
        var document = new SimDocument(exchange.Seed, context.Get(Script)!, exchange.Parameters.Hash().ToString(), start.ToIso(), board, session);
        if (context.Json)
        {
            JsonOutput.Write(document);
        }
        else if (sessionPath != "-")
        {
            Show(document);
        }

        return ExitCode.Ok;
    }

    private static SimulationParameters Parameters(CommandContext context)
    {
        var parameters = SimulationParameters.Default with
        {
            Scripts = ScheduledScript.Parse(context.Get(Script)!),
            Step = TimeSpan.FromMilliseconds(context.Get(StepMs)),
        };
        if (context.Get(From) is { } text)
        {
            parameters = UtcTime.TryParseIso(text, out var start)
                ? parameters with { Start = start }
                : throw new InvalidInputException("time-format", $"--from '{text}' is not an ISO 8601 time");
        }

        if (context.Get(Underlyings) is { } names)
        {
            var wanted = names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            var known = parameters.Families.ToDictionary(f => f.Underlying.Name);
            parameters = parameters with
            {
                Families = [.. wanted.Select(n => known.TryGetValue(n, out var family)
                    ? family
                    : throw new InvalidInputException("underlying-unknown", $"'{n}' is not a simulated family: {string.Join(", ", known.Keys)}"))],
            };
        }

        return parameters;
    }

    private static BoardSummary WriteBoard(SimulatedExchange exchange, string? path, DateTimeOffset at)
    {
        var snapshot = exchange.SnapshotAt(at);
        if (path is not null)
        {
            using var stream = CreateBoardFile(path);
            using var text = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 1 << 16) { NewLine = "\n" };
            new BoardCsvWriter(text).Write(snapshot);
        }

        var truth = exchange.TruthAt(at);
        return new BoardSummary(
            path,
            snapshot.ObservedAt.ToIso(),
            snapshot.Hash.ToString(),
            truth.Peg,
            [.. snapshot.Boards.Where(b => b.OptionCount > 0).Select(b => new SimulatedBoard(
                b.Id.Name,
                b.Index?.Price,
                b.VolatilityIndex?.Price,
                b.OptionCount,
                b.Expiries.Sum(e => e.Options.Count(q => q.IsTwoSided)),
                truth.Surface(b.Id.Base).Slice(30.0 / 365).Vol(0)))]);
    }

    private static SessionSummary WriteSession(SimulatedExchange exchange, string path, DateTimeOffset from, TimeSpan duration, CancellationToken cancel)
    {
        using var writer = new SimulatedSessionWriter(path == "-" ? Console.OpenStandardOutput() : File.Create(path), from, IsCompressed(path));
        var until = from + duration;
        foreach (var message in exchange.Messages(from, until))
        {
            cancel.ThrowIfCancellationRequested();
            writer.Write(message);
        }

        return new SessionSummary(path, from.ToIso(), until.ToIso(), writer.MessageCount);
    }

    private static Stream CreateBoardFile(string path)
    {
        var file = File.Create(path);
        return IsCompressed(path) ? new GZipStream(file, CompressionLevel.SmallestSize) : file;
    }

    private static bool IsCompressed(string path) => path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);

    private static DateTimeOffset BoardTime(string? text, DateTimeOffset start)
    {
        if (text is null)
        {
            return start.AddMinutes(DefaultBoardMinutes);
        }

        return DurationText.TryParse(text, out var after) ? start + after
            : UtcTime.TryParseIso(text, out var at) ? at
            : throw new InvalidInputException("time-format", $"--at '{text}' is neither an ISO 8601 time nor a length of time such as 2h30m");
    }

    private static int ListScripts(CommandContext context)
    {
        if (context.Json)
        {
            JsonOutput.Write(new ScriptList([.. StressScripts.All.Select(s => new ScriptSummary(s.Name, s.Duration.TotalMinutes, s.Summary))]));
            return ExitCode.Ok;
        }

        foreach (var script in StressScripts.All)
        {
            Console.WriteLine($"{script.Name,-12} {script.Summary}");
        }

        return ExitCode.Ok;
    }

    private static void Show(SimDocument document)
    {
        Console.WriteLine($"seed {document.Seed}, script {document.Script}, parameters {document.ParametersHash[..16]}");
        Console.WriteLine($"board of {document.Board.ObservedAt}, snapshot {document.Board.SnapshotHash[..16]}, 1 USDC = {document.Board.UsdcUsd:F4} USD");
        var table = new TextTable("family", "index", "DVOL %", "30 d ATM vol %", "options", "two-sided");
        foreach (var b in document.Board.Underlyings)
        {
            table.Add(
                b.Name,
                $"{b.Index:N2}",
                b.VolatilityIndex is { } dvol ? $"{100 * dvol:F2}" : "",
                $"{100 * b.TrueVol30Days:F2}",
                b.Options.ToString(CultureInfo.InvariantCulture),
                b.TwoSided.ToString(CultureInfo.InvariantCulture));
        }

        table.Write();
        if (document.Board.Path is { } boardPath)
        {
            Console.WriteLine($"board written to {boardPath}");
        }

        if (document.Session is { } session)
        {
            Console.WriteLine($"session of {session.Messages:N0} messages from {session.From} to {session.Until} written to {session.Path}");
        }
    }
}

internal sealed record SimDocument(ulong Seed, string Script, string ParametersHash, string Start, BoardSummary Board, SessionSummary? Session);

internal sealed record BoardSummary(string? Path, string ObservedAt, string SnapshotHash, double UsdcUsd, IReadOnlyList<SimulatedBoard> Underlyings);

internal sealed record SimulatedBoard(string Name, double? Index, double? VolatilityIndex, int Options, int TwoSided, double TrueVol30Days);

internal sealed record SessionSummary(string Path, string From, string Until, long Messages);

internal sealed record ScriptList(IReadOnlyList<ScriptSummary> Scripts);

internal sealed record ScriptSummary(string Name, double Minutes, string Summary);

using System.CommandLine;
using Pms.MarketData.Readers;
using Pms.MarketData.Snapshots;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary>The arguments by which a command is given a board: a file and, where it holds several, an instant.</summary>
internal sealed class BoardSource
{
    public Argument<string> File { get; } = PmsCommand.InputArgument("BOARD", "file of market data in any known format (docs/formats.md)");

    public Option<string?> At { get; } = new("--at") { Description = "instant of the board, ISO 8601 in UTC; the latest board up to it; default: the last of the file" };

    public (MarketSnapshot Snapshot, MarketReadReport Report) Read(CommandContext context) => Read(context.Require(File), ParseInstant(context.Get(At)));

    public static DateTimeOffset? ParseInstant(string? text)
    {
        return text switch
        {
            null => null,
            _ when UtcTime.TryParseIso(text, out var at) => at,
            _ => throw new InvalidInputException("time-format", $"--at '{text}' is not an ISO 8601 time, as in 2026-01-15T21:00:00Z"),
        };
    }

    /// <summary>Reads the wanted board and tells, on standard error, of rows that were refused.</summary>
    public static (MarketSnapshot Snapshot, MarketReadReport Report) Read(string path, DateTimeOffset? at)
    {
        using var file = MarketFile.Open(path);
        try
        {
            return (file.ReadSnapshot(at), file.Report);
        }
        finally
        {
            // Also where nothing was left of the file: the reasons are there.
            WarnOfRefused(file.Report);
        }
    }

    public static void WarnOfRefused(MarketReadReport report)
    {
        foreach (var (code, rejections) in report.Rejections)
        {
            var example = rejections.Examples[0];
            Console.Error.WriteLine($"pms: {rejections.Count} rows refused [{code}], first at row {example.Position}: {example.Message}");
        }

        foreach (var (code, refused) in report.NotApplied)
        {
            Console.Error.WriteLine($"pms: {refused.Count} events did not apply [{code}]");
        }
    }
}

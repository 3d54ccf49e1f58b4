using System.CommandLine;
using System.Globalization;
using Pms.Cli.Output;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers;
using Pms.MarketData.Snapshots;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary><c>pms board show</c>: what a file of market data says at one instant.</summary>
internal static class BoardCommand
{
    public static Command Create()
    {
        var source = new BoardSource();
        return PmsCommand.Group(
            "board",
            "Option boards: what a file of market data says at one instant.",
            PmsCommand.Create(
                "show",
                "Counts, forwards and at-the-money marks of every expiry of a board.",
                "pms board show demo/board.csv.gz",
                (context, _) => Task.FromResult(Show(context, source)),
                source.File,
                source.At));
    }

    private static int Show(CommandContext context, BoardSource source)
    {
        var (snapshot, report) = source.Read(context);
        var document = BoardDocument.Of(snapshot, report);
        if (context.Json)
        {
            JsonOutput.Write(document);
            return ExitCode.Ok;
        }

        Console.WriteLine($"{document.ObservedAt}  {document.Source}  snapshot {document.Hash[..16]}");
        foreach (var underlying in document.Underlyings)
        {
            Console.WriteLine();
            Console.WriteLine(
                $"{underlying.Name}: {underlying.Options} options ({underlying.TwoSided} two-sided, {underlying.OneSided} one-sided, {underlying.Unquoted} without quotes), "
                + $"{underlying.Futures} futures and spot, index {(underlying.Index is { } index ? $"{index:N2}" : "none")}");
            var table = new TextTable("expiry", "days", "forward", "options", "two-sided", "one-sided", "unquoted", "ATM mark vol %");
            foreach (var e in underlying.Expiries)
            {
                table.Add(
                    e.Expiry,
                    $"{e.Years * 365:F2}",
                    e.Forward is { } forward ? $"{forward:N2}" : "",
                    Count(e.Options),
                    Count(e.TwoSided),
                    Count(e.OneSided),
                    Count(e.Unquoted),
                    e.AtmMarkVol is { } vol ? $"{100 * vol:F2}" : "");
            }

            table.Write();
        }

        return ExitCode.Ok;
    }

    private static string Count(int count) => count.ToString(CultureInfo.InvariantCulture);
}

internal sealed record BoardDocument(
    string ObservedAt, string Source, string Hash, long Events, IReadOnlyDictionary<string, long> Rejected, IReadOnlyList<UnderlyingSummary> Underlyings)
{
    public static BoardDocument Of(MarketSnapshot snapshot, MarketReadReport report) => new(
        snapshot.ObservedAt.ToIso(),
        snapshot.Source,
        snapshot.Hash.ToString(),
        report.Events,
        report.Rejections.ToDictionary(r => r.Key, r => r.Value.Count),
        [.. snapshot.Boards.Select(b => UnderlyingSummary.Of(b, snapshot.ObservedAt))]);
}

internal sealed record UnderlyingSummary(
    string Name, double? Index, double? VolatilityIndex, int Futures, int Options, int TwoSided, int OneSided, int Unquoted, IReadOnlyList<ExpirySummary> Expiries)
{
    public static UnderlyingSummary Of(UnderlyingBoard board, DateTimeOffset at)
    {
        ExpirySummary[] expiries = [.. board.Expiries.Select(e => ExpirySummary.Of(e, at))];
        return new UnderlyingSummary(
            board.Id.Name,
            board.Index?.Price,
            board.VolatilityIndex?.Price,
            board.Linears.Length,
            board.OptionCount,
            expiries.Sum(e => e.TwoSided),
            expiries.Sum(e => e.OneSided),
            expiries.Sum(e => e.Unquoted),
            expiries);
    }
}

internal sealed record ExpirySummary(string Expiry, double Years, double? Forward, int Options, int TwoSided, int OneSided, int Unquoted, double? AtmMarkVol)
{
    public static ExpirySummary Of(ExpiryBoard board, DateTimeOffset at)
    {
        var twoSided = board.Options.Count(q => q.IsTwoSided);
        var unquoted = board.Options.Count(q => q.Bid is null && q.Ask is null);
        var nearest = board.VenueForward is { } forward
            ? board.Options.Where(q => q.Values.MarkVol.HasValue).MinBy(q => Math.Abs(((EuropeanOption)q.Instrument).StrikeValue - forward))
            : null;
        return new ExpirySummary(
            board.Expiry.ToIso(),
            UtcTime.YearsBetween(at, board.Expiry),
            board.VenueForward,
            board.Options.Length,
            twoSided,
            board.Options.Length - twoSided - unquoted,
            unquoted,
            nearest?.Values.MarkVol);
    }
}

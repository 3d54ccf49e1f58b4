using System.Collections.Immutable;
using System.Globalization;
using System.IO.Compression;
using Pms.MarketData.Instruments;
using Pms.Microstructure.Cascades;
using Pms.Microstructure.Impact;
using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary>Recorded prices of an incident's window: hourly closes of bar files, straight lines of the log between them.</summary>
/// <remarks>A coin without bars there moves with BTC, by its beta. A file of a coin is one whose name holds COINUSDT_1h or COINUSD_1h.</remarks>
internal static class IncidentHistory
{
    private const int MostDepth = 4;

    private static readonly ImmutableDictionary<string, (DateTimeOffset From, int Hours)> Windows = ImmutableDictionary<string, (DateTimeOffset, int)>.Empty
        .Add("S01", (new DateTimeOffset(2020, 3, 12, 9, 0, 0, TimeSpan.Zero), 18))
        .Add("S12", (new DateTimeOffset(2017, 9, 15, 0, 0, 0, TimeSpan.Zero), 18));

    /// <summary>Null where no folder is given or the incident has no recorded window.</summary>
    /// <exception cref="InvalidInputException"><c>folder-not-found</c>, <c>history-window</c>: no bars of BTC in the window</exception>
    public static PricePath? Of(string? folder, string id, ImmutableArray<Asset> coins)
    {
        if (folder is null || !Windows.TryGetValue(id, out var window))
        {
            return null;
        }

        if (!Directory.Exists(folder))
        {
            throw new InvalidInputException("folder-not-found", $"there is no folder '{PrintableText.Of(folder)}'");
        }

        var bitcoin = Points(folder, "BTC", window)
            ?? throw new InvalidInputException("history-window", $"'{PrintableText.Of(folder)}' has no hourly bars of BTC from {window.From:u} on for {window.Hours} hours");
        return PricePath.Of(
            [
                .. coins.Select(c =>
                {
                    var (own, beta) = (Points(folder, c.Code, window), CascadePaths.BetaOf(c));
                    return (c, own ?? [.. bitcoin.Select(p => p with { LogMove = beta * p.LogMove })]);
                }),
            ],
            0,
            0);
    }

    private static IReadOnlyList<PathPoint>? Points(string folder, string coin, (DateTimeOffset From, int Hours) window)
    {
        var files = Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = MostDepth })
            .Where(f => Path.GetFileName(f) is var name && (name.Contains($"{coin}USDT_1h", StringComparison.Ordinal) || name.Contains($"{coin}USD_1h", StringComparison.Ordinal)))
            .Order(StringComparer.Ordinal);
        foreach (var file in files)
        {
            var closes = Closes(file, window);
            if (closes.Count == window.Hours + 1)
            {
                return [.. closes.Select((close, hour) => new PathPoint(60 * hour, hour == 0 ? 0 : ElementaryMath.LogRatio(close, closes[0])))];
            }
        }

        return null;
    }

    /// <summary>Closes of the hours of the window, the first that of the hour before it.</summary>
    private static List<double> Closes(string file, (DateTimeOffset From, int Hours) window)
    {
        using var stream = CommandContext.OpenInput(file);
        using var content = file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
        using var reader = new StreamReader(content);
        var header = (reader.ReadLine() ?? "").Split(',');
        var (time, close) = (Array.IndexOf(header, "time"), Array.IndexOf(header, "close"));
        var closes = new List<double>();
        while (time >= 0 && close >= 0 && reader.ReadLine() is { } line)
        {
            var cells = line.Split(',');
            if (cells.Length == header.Length && UtcTime.TryParseIso(cells[time], out var at) && at >= window.From.AddHours(-1) && at < window.From.AddHours(window.Hours)
                && double.TryParse(cells[close], NumberStyles.Float, CultureInfo.InvariantCulture, out var price) && price > 0)
            {
                closes.Add(price);
            }
        }

        return closes;
    }
}

using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers.Csv;
using Pms.Primitives;

namespace Pms.MarketData.Readers.Histories;

/// <summary>Reads CSV histories of prices and vols into daily values.</summary>
/// <remarks>
/// Three formats, gzip or not (docs/formats.md): bars <c>time|timestamp|date, [open, high, low,] close|price</c> with the asset in the file name; a vol index
/// <c>date, symbol, open, high, low, close</c> in percent, in a file with <c>dvol</c> in its name; joint <c>date, asset, close, [atmVol, skew, basis]</c>.
/// Bars are named by their start; the value of a day is the close of the last bar that ends at most <see cref="MostCarryHours"/> hours before the resampling hour.
/// Bad rows are refused one by one and counted; nothing is filled in.
/// </remarks>
public static class HistoryReader
{
    /// <summary>How old a bar may be at the resampling hour (venues' maintenance takes up to five hours).</summary>
    public const int MostCarryHours = 6;

    /// <summary>A close off both neighbours by more than this factor, while those agree within <see cref="NeighbourFactor"/>, is a bad tick.</summary>
    /// <remarks>TerraUSD really traded at two thirds of its neighbours for an hour of May 2022: half or double is beyond that.</remarks>
    public const double BadTickFactor = 2;

    /// <summary>How far the neighbours of a bad tick may lie apart.</summary>
    public const double NeighbourFactor = 1.1;

    private const int MaxFiles = 2_000;
    private const int MaxDepth = 4;
    private const double BarTolerance = 0.005;
    private static readonly ReadLimits Limits = new(MaxLineBytes: 64 * 1024, MaxRows: 20_000_000);
    private static readonly string[] QuoteCodes = ["USDT", "USDC", "BUSD", "USD"];

    /// <summary>Every <c>*.csv</c> and <c>*.csv.gz</c> under a folder; files of other shapes are reported as ignored.</summary>
    /// <param name="folder">existing folder</param>
    /// <param name="hourUtc">resampling hour, 0 to 23; 0 is the end of the UTC day</param>
    /// <exception cref="MarketFormatException"><c>folder-not-found</c>, <c>too-many-files</c>; a damaged file's own code</exception>
    public static HistoryFolder ReadFolder(string folder, int hourUtc = 0)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (!Directory.Exists(folder))
        {
            throw new MarketFormatException("folder-not-found", $"there is no folder '{folder}'");
        }

        var paths = Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = MaxDepth })
            .Where(p => p.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) || p.EndsWith(".csv.gz", StringComparison.OrdinalIgnoreCase))
            .Select(p => Path.GetRelativePath(folder, p).Replace('\\', '/'))
            .Order(StringComparer.Ordinal)
            .ToArray();
        if (paths.Length > MaxFiles)
        {
            throw new MarketFormatException("too-many-files", $"'{folder}' holds {paths.Length} CSV files: at most {MaxFiles} are read");
        }

        var read = paths.Select(p =>
        {
            using var stream = MarketFile.OpenFile(Path.Combine(folder, p));
            return Read(stream, p, hourUtc);
        }).ToArray();
        return new HistoryFolder(
            [.. read.OrderBy(r => Rank(r.Report)).ThenBy(r => r.Report.Source, StringComparer.Ordinal).SelectMany(r => r.Series)],
            [.. read.Select(r => r.Report)]);
    }

    /// <summary>One file or stream.</summary>
    /// <param name="stream">gzip or plain; closed</param>
    /// <param name="name">path: it names the asset of a bar file, and a vol index</param>
    /// <param name="hourUtc">resampling hour, 0 to 23</param>
    /// <exception cref="MarketFormatException"><c>csv-header</c>, <c>gzip-corrupt</c>, <c>too-many-rows</c></exception>
    public static (ImmutableArray<HistorySeries> Series, HistoryFileReport Report) Read(Stream stream, string name, int hourUtc = 0)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(name);
        if (hourUtc is < 0 or > 23)
        {
            throw new InvalidInputException("resample-hour", $"resampling hour {hourUtc} is not in 0 to 23");
        }

        using var content = MarketFile.Decompressed(stream, headBytes: 4096);
        var head = content.Peek();
        if (CsvTable.HeaderHas(head, "date", "asset", "close"))
        {
            return ReadJoint(new CsvTable(content, Limits), name, hourUtc);
        }

        if (CsvTable.HeaderHas(head, "date", "symbol", "close") && Path.GetFileName(name).Contains("dvol", StringComparison.OrdinalIgnoreCase))
        {
            return ReadVolIndex(new CsvTable(content, Limits), name, hourUtc);
        }

        var isBars = (CsvTable.HeaderHas(head, "time") || CsvTable.HeaderHas(head, "timestamp") || CsvTable.HeaderHas(head, "date"))
            && (CsvTable.HeaderHas(head, "close") || CsvTable.HeaderHas(head, "price"))
            && !CsvTable.HeaderHas(head, "symbol");
        return isBars && AssetIn(name) is { } asset
            ? ReadBars(new CsvTable(content, Limits), name, asset, hourUtc)
            : ([], new HistoryFileReport(name, "ignored", [], 0, ImmutableSortedDictionary<string, HistoryRefusals>.Empty, 0, null, null, []));
    }

    /// <summary>The asset that a bar file's name says: <c>BTCUSDT</c>, <c>BTC-USD</c>, <c>usdc_usd</c>, <c>btc_perp</c>; null where it says none.</summary>
    public static Asset? AssetIn(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var parts = Path.GetFileName(name).ToUpperInvariant().Split('_', '-', '.', ' ');
        var joined = parts.Select(p => QuoteCodes.FirstOrDefault(q => p.Length > q.Length + 1 && p.EndsWith(q, StringComparison.Ordinal)) is { } quote ? p[..^quote.Length] : null);
        var apart = parts.Zip(parts.Skip(1)).Select(p => QuoteCodes.Contains(p.Second) ? p.First : null);
        var perpetual = parts.Zip(parts.Skip(1)).Select(p => p.Second == "PERP" ? p.First : null);
        var code = joined.Concat(apart).Concat(perpetual).FirstOrDefault(c => c is { Length: >= 2 } && Asset.IsValid(c) && char.IsAsciiLetter(c[0]));
        return code is null ? null : new Asset(code);
    }

    /// <summary>Joint files know best, then spot, then what does not say, then perpetuals.</summary>
    private static int Rank(HistoryFileReport report) => report.Format == "joint" ? 0
        : Path.GetFileName(report.Source).Contains("spot", StringComparison.OrdinalIgnoreCase) ? 1
        : Path.GetFileName(report.Source).Contains("perp", StringComparison.OrdinalIgnoreCase) ? 3
        : 2;

    private static (ImmutableArray<HistorySeries> Series, HistoryFileReport Report) ReadBars(CsvTable table, string name, Asset asset, int hourUtc)
    {
        var time = Math.Max(table.Find("time"), Math.Max(table.Find("timestamp"), table.Find("date")));
        var close = Math.Max(table.Find("close"), table.Find("price"));
        var (low, high) = (table.Find("low"), table.Find("high"));
        var rows = 0L;
        var refused = new RefusalCounts();
        var bars = new List<(DateTimeOffset Start, double Close)>();
        var isDaily = true;
        while (table.NextRow())
        {
            rows++;
            var start = table.Refusal is null ? table.IsoTime(time) : default;
            var isDate = table.Refusal is null && table.Field(time).Length == 10;
            var value = table.Refusal is null ? table.RequiredNumber(close) : 0;
            if (table.Refusal is null && !(value > 0))
            {
                table.Refuse(close, "price-range", "is not a price above 0");
            }

            var (least, most) = table.Refusal is null ? (table.Number(low), table.Number(high)) : (null, null);
            if (table.Refusal is null && (value < least * (1 - BarTolerance) || value > most * (1 + BarTolerance)))
            {
                table.Refuse(close, "bar-inconsistent", $"lies outside the bar's low {least} to high {most}");
            }

            if (table.Refusal is null && bars.Count > 0 && start <= bars[^1].Start)
            {
                table.Refuse(time, "time-order", $"is not after {bars[^1].Start.ToIso()}");
            }

            if (table.Refusal is { } refusal)
            {
                refused.Add(refusal, table.LineNumber);
                continue;
            }

            isDaily &= isDate;
            bars.Add((start, value));
        }

        TakeBadTicksOut(bars, refused);
        var values = isDaily ? Dates(bars, hourUtc, refused) : Resample(bars, hourUtc);
        return ([new HistorySeries(asset, HistoryField.Close, name, values)], Report(name, "bars", [asset], rows, refused, values));
    }

    private static (ImmutableArray<HistorySeries> Series, HistoryFileReport Report) ReadVolIndex(CsvTable table, string name, int hourUtc)
    {
        var (date, symbol, close) = (table.Require("date"), table.Require("symbol"), table.Require("close"));
        var rows = 0L;
        var refused = new RefusalCounts();
        var values = new Dictionary<Asset, SortedDictionary<DateOnly, double>>();
        while (table.NextRow())
        {
            rows++;
            var day = Day(table, date, hourUtc);
            var asset = AssetOf(table, symbol);
            var vol = table.Refusal is null ? table.RequiredNumber(close) / 100 : 0;
            if (table.Refusal is null && !(vol is > 0.01 and < 10))
            {
                table.Refuse(close, "vol-range", "is not a vol index between 1 and 1000 percent");
            }

            Keep(table, values, asset, day, vol, refused);
        }

        return Result(name, "vol-index", rows, refused, [(HistoryField.AtmVol, values)]);
    }

    private static (ImmutableArray<HistorySeries> Series, HistoryFileReport Report) ReadJoint(CsvTable table, string name, int hourUtc)
    {
        var (date, symbol) = (table.Require("date"), table.Require("asset"));
        (HistoryField Field, int Column, double Least, double Most)[] columns =
        [
            (HistoryField.Close, table.Require("close"), 0, 1e12), (HistoryField.AtmVol, table.Find("atmVol"), 0.01, 10), (HistoryField.Skew, table.Find("skew"), -5, 5),
            (HistoryField.Basis, table.Find("basis"), -10, 10),
        ];
        var rows = 0L;
        var refused = new RefusalCounts();
        var values = columns.ToDictionary(c => c.Field, _ => new Dictionary<Asset, SortedDictionary<DateOnly, double>>());
        var numbers = new double?[columns.Length];
        while (table.NextRow())
        {
            rows++;
            var day = Day(table, date, hourUtc);
            var asset = AssetOf(table, symbol);
            for (var i = 0; i < columns.Length; i++)
            {
                var (field, column, least, most) = columns[i];
                numbers[i] = table.Refusal is null ? table.Number(column) : null;
                if (table.Refusal is null && numbers[i] is { } number && !(number >= least && number <= most && (number > 0 || field is HistoryField.Skew or HistoryField.Basis)))
                {
                    table.Refuse(column, "value-range", $"is no {field} between {least} and {most}");
                }
            }

            if (table.Refusal is null && numbers[0] is { } && values[HistoryField.Close].TryGetValue(asset, out var closes) && closes.ContainsKey(day))
            {
                table.Refuse(date, "date-twice", $"stands twice for {asset}");
            }

            if (table.Refusal is { } refusal)
            {
                refused.Add(refusal, table.LineNumber);
                continue;
            }

            for (var i = 0; i < columns.Length; i++)
            {
                if (numbers[i] is { } number)
                {
                    Keep(table, values[columns[i].Field], asset, day, number, refused);
                }
            }
        }

        return Result(name, "joint", rows, refused, [.. columns.Select(c => (c.Field, values[c.Field]))]);
    }

    private static DateOnly Day(CsvTable table, int column, int hourUtc)
    {
        var time = table.Refusal is null ? table.IsoTime(column) : default;
        if (table.Refusal is null && table.Field(column).Length != 10)
        {
            table.Refuse(column, "date-format", "is not a date yyyy-MM-dd");
        }

        if (table.Refusal is null && hourUtc != 0)
        {
            table.Refuse(column, "resample-hour", $"is a value of the end of a UTC day: it cannot be taken at {hourUtc}:00");
        }

        return DateOnly.FromDateTime(time.UtcDateTime);
    }

    private static Asset AssetOf(CsvTable table, int column)
    {
        var text = table.Refusal is null ? table.Text(column) : null;
        if (table.Refusal is null && !Asset.IsValid(text ?? ""))
        {
            table.Refuse(column, "asset-code", "is not an asset code");
        }

        return table.Refusal is null ? new Asset(text!) : default;
    }

    private static void Keep(CsvTable table, Dictionary<Asset, SortedDictionary<DateOnly, double>> values, Asset asset, DateOnly day, double value, RefusalCounts refused)
    {
        if (table.Refusal is null)
        {
            if (!values.TryGetValue(asset, out var own))
            {
                values.Add(asset, own = []);
            }

            if (!own.TryAdd(day, value))
            {
                refused.Add(new Refusal("date-twice", $"{day:yyyy-MM-dd} stands twice for {asset}"), table.LineNumber);
            }
        }
        else
        {
            refused.Add(table.Refusal, table.LineNumber);
        }
    }

    private static (ImmutableArray<HistorySeries> Series, HistoryFileReport Report) Result(
        string name, string format, long rows, RefusalCounts refused, (HistoryField Field, Dictionary<Asset, SortedDictionary<DateOnly, double>> Values)[] fields)
    {
        ImmutableArray<HistorySeries> series =
        [
            .. fields.SelectMany(f => f.Values.OrderBy(v => v.Key.Code, StringComparer.Ordinal)
                .Select(v => new HistorySeries(v.Key, f.Field, name, v.Value.ToImmutableSortedDictionary()))),
        ];
        var main = series.FirstOrDefault()?.Values ?? ImmutableSortedDictionary<DateOnly, double>.Empty;
        return (series, Report(name, format, [.. series.Select(s => s.Asset).Distinct()], rows, refused, main));
    }

    private static HistoryFileReport Report(string name, string format, ImmutableArray<Asset> assets, long rows, RefusalCounts refused, ImmutableSortedDictionary<DateOnly, double> values)
    {
        var gaps = ImmutableArray.CreateBuilder<HistoryGap>();
        DateOnly? last = null;
        foreach (var day in values.Keys)
        {
            if (last is { } before && day.DayNumber > before.DayNumber + 1)
            {
                gaps.Add(new HistoryGap(before.AddDays(1), day.AddDays(-1)));
            }

            last = day;
        }

        return new HistoryFileReport(name, format, assets, rows, refused.ToImmutable(), values.Count, values.IsEmpty ? null : values.Keys.First(), last, gaps.ToImmutable());
    }

    /// <summary>A close far off both neighbours while these agree: one print, not a market.</summary>
    private static void TakeBadTicksOut(List<(DateTimeOffset Start, double Close)> bars, RefusalCounts refused)
    {
        for (var i = bars.Count - 2; i > 0; i--)
        {
            var (before, here, after) = (bars[i - 1].Close, bars[i].Close, bars[i + 1].Close);
            var factor = Math.Max(here / before, before / here);
            if (factor > BadTickFactor && Math.Max(after / before, before / after) < NeighbourFactor)
            {
                refused.Add(new Refusal("bad-tick", $"close {here} of {bars[i].Start.ToIso()} stands between {before} and {after}"), 0);
                bars.RemoveAt(i);
            }
        }
    }

    private static ImmutableSortedDictionary<DateOnly, double> Dates(List<(DateTimeOffset Start, double Close)> bars, int hourUtc, RefusalCounts refused)
    {
        if (hourUtc != 0 && bars.Count > 0)
        {
            refused.Add(new Refusal("resample-hour", $"daily closes are of the end of a UTC day: they cannot be taken at {hourUtc}:00"), 0);
            return ImmutableSortedDictionary<DateOnly, double>.Empty;
        }

        return bars.ToImmutableSortedDictionary(b => DateOnly.FromDateTime(b.Start.UtcDateTime), b => b.Close);
    }

    /// <summary>The close of the last bar that has ended at the hour, of a day when it is not too old.</summary>
    private static ImmutableSortedDictionary<DateOnly, double> Resample(List<(DateTimeOffset Start, double Close)> bars, int hourUtc)
    {
        var values = ImmutableSortedDictionary.CreateBuilder<DateOnly, double>();
        if (bars.Count < 2)
        {
            return values.ToImmutable();
        }

        var length = Enumerable.Range(1, bars.Count - 1).Select(i => bars[i].Start - bars[i - 1].Start).GroupBy(g => g).OrderByDescending(g => g.Count()).ThenBy(g => g.Key).First().Key;
        var hour = TimeSpan.FromHours(hourUtc);
        for (var i = 0; i < bars.Count; i++)
        {
            // The next instant of the hour at or after this bar's end.
            var end = bars[i].Start + length;
            var instant = new DateTimeOffset(end.UtcDateTime.Date, TimeSpan.Zero) + hour;
            instant = instant < end ? instant.AddDays(1) : instant;
            var isLastBefore = i + 1 == bars.Count || bars[i + 1].Start + length > instant;
            if (isLastBefore && instant - end <= TimeSpan.FromHours(MostCarryHours))
            {
                values[DateOnly.FromDateTime(instant.UtcDateTime.AddTicks(-1))] = bars[i].Close;
            }
        }

        return values.ToImmutable();
    }

    private sealed class RefusalCounts
    {
        private readonly SortedDictionary<string, HistoryRefusals> _counts = new(StringComparer.Ordinal);

        public void Add(Refusal refusal, long line)
        {
            var found = _counts.GetValueOrDefault(refusal.Code);
            _counts[refusal.Code] = found is null
                ? new HistoryRefusals(1, line > 0 ? $"line {line}: {refusal.Message}" : refusal.Message)
                : found with { Count = found.Count + 1 };
        }

        public ImmutableSortedDictionary<string, HistoryRefusals> ToImmutable() => _counts.ToImmutableSortedDictionary();
    }
}

using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Margin.Portfolios;

/// <summary>Rows of a portfolio in CSV: sections, each under its own header line.</summary>
/// <remarks>
/// A header is <c>account,instrument,quantity[,unit]</c>, <c>account,asset,amount</c>, or all of these columns at once (a row then fills one side).
/// Under a header without <c>asset</c>, a row whose instrument is an asset code is collateral. Lines that begin with # are comments.
/// </remarks>
internal static class PortfolioCsv
{
    private static readonly string[] Columns = ["account", "instrument", "quantity", "unit", "asset", "amount"];

    public static IEnumerable<PortfolioRow> Read(TextReader text)
    {
        var configuration = new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            HasHeaderRecord = false,
            AllowComments = true,
            Comment = '#',
            TrimOptions = TrimOptions.Trim,
            MaxFieldSize = 1024,
            // a quote that opens and does not close, or stands inside a field: what it was meant to hold is a guess
            BadDataFound = bad => throw new InvalidInputException("portfolio-row", $"line {bad.Context.Parser?.RawRow}: a quote is out of place in '{PrintableText.Of(bad.RawRecord.TrimEnd())}'"),
        };
        using var parser = new CsvParser(text, configuration, leaveOpen: true);
        Dictionary<string, int>? header = null;
        while (Next(parser))
        {
            var record = parser.Record!;
            var place = $"line {parser.RawRow}";
            if (record[0].Equals("account", StringComparison.OrdinalIgnoreCase))
            {
                header = Header(record, place);
                continue;
            }

            if (header is null)
            {
                throw new InvalidInputException("portfolio-header", $"{place}: the file begins with '{PrintableText.Of(record[0])}', a header line account,instrument,quantity[,unit] or account,asset,amount is expected");
            }

            if (record.Length > header.Count)
            {
                throw new InvalidInputException("portfolio-row", $"{place}: {record.Length} fields under a header of {header.Count}");
            }

            yield return Row(header, record, place);
        }
    }

    private static bool Next(CsvParser parser)
    {
        try
        {
            return parser.Read();
        }
        catch (CsvHelperException e)
        {
            throw new InvalidInputException("portfolio-row", $"line {parser.RawRow}: {PrintableText.Of(e.Message.Split('\n')[0])}", e);
        }
    }

    private static Dictionary<string, int> Header(string[] record, string place)
    {
        var header = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < record.Length; i++)
        {
            var name = record[i].ToLowerInvariant();
            if (!Columns.Contains(name, StringComparer.Ordinal) || !header.TryAdd(name, i))
            {
                throw new InvalidInputException("portfolio-header", $"{place}: column '{PrintableText.Of(record[i])}' is unknown or stands twice; the columns are {string.Join(", ", Columns)}");
            }
        }

        if (!(header.ContainsKey("instrument") && header.ContainsKey("quantity")) && !(header.ContainsKey("asset") && header.ContainsKey("amount")))
        {
            throw new InvalidInputException("portfolio-header", $"{place}: instrument and quantity, or asset and amount, are needed beside account");
        }

        return header;
    }

    private static PortfolioRow Row(Dictionary<string, int> header, string[] record, string place)
    {
        string Field(string column) => header.TryGetValue(column, out var i) && i < record.Length ? record[i] : "";

        var instrument = Field("instrument");
        var asset = Field("asset");
        if (asset.Length > 0 && instrument.Length > 0)
        {
            throw new InvalidInputException("portfolio-row", $"{place}: both instrument '{PrintableText.Of(instrument)}' and asset '{PrintableText.Of(asset)}' are filled; a row is one or the other");
        }

        if (asset.Length > 0)
        {
            return new PortfolioRow(place, Field("account"), asset, Field("amount"), null, IsCollateral: true);
        }

        return Asset.IsValid(instrument)
            ? new PortfolioRow(place, Field("account"), instrument, Field("quantity"), null, IsCollateral: true)
            : new PortfolioRow(place, Field("account"), instrument, Field("quantity"), Field("unit"), IsCollateral: false);
    }
}

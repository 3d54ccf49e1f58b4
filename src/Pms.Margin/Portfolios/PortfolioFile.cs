using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Margin.Portfolios;

/// <summary>Reads a portfolio: CSV, or JSON where the first character is a brace (docs/cli.md, portfolio file).</summary>
public static class PortfolioFile
{
    public const int MaxRows = 10_000_000;
    public const int MaxPositionsPerAccount = 4_096;
    public const int MaxIdLength = 128;

    /// <summary>Beyond it a quantity is taken for a slip.</summary>
    public const decimal MaxQuantity = 1_000_000_000_000m;

    /// <param name="input">the file, UTF-8</param>
    /// <param name="units">how other units are converted</param>
    /// <exception cref="InvalidInputException">
    /// <c>portfolio-header|row|json|account|instrument|asset|quantity|unit|empty|size</c>, each with the place and the value
    /// </exception>
    public static Portfolio Read(Stream input, PositionUnits units)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(units);
        using var text = new StreamReader(input, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: true, 1 << 16, leaveOpen: true);
        try
        {
            while (text.Peek() is ' ' or '\t' or '\r' or '\n')
            {
                _ = text.Read();
            }

            return Assemble(text.Peek() is '{' or '[' ? PortfolioJson.Read(text.ReadToEnd()) : PortfolioCsv.Read(text), units);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidInputException("portfolio-row", "the portfolio is not UTF-8 text", e);
        }
    }

    private static Portfolio Assemble(IEnumerable<PortfolioRow> rows, PositionUnits units)
    {
        var accounts = new Dictionary<string, Holdings>(StringComparer.Ordinal);
        var order = new List<string>();
        var notes = new Notes();
        var instruments = new Dictionary<string, Instrument>(StringComparer.Ordinal);
        var count = 0;
        foreach (var row in rows)
        {
            if (++count > MaxRows)
            {
                throw new InvalidInputException("portfolio-size", $"more than {MaxRows} rows");
            }

            var id = Id(row);
            if (!accounts.TryGetValue(id, out var holdings))
            {
                accounts.Add(id, holdings = new Holdings());
                order.Add(id);
            }

            if (row.IsCollateral)
            {
                AddCollateral(holdings, row, notes);
            }
            else
            {
                AddPosition(holdings, row, units, instruments, notes);
            }
        }

        if (accounts.Count == 0)
        {
            throw new InvalidInputException("portfolio-empty", "the portfolio holds no account");
        }

        return new Portfolio([.. order.Select(id => accounts[id].ToAccount(id, notes))], notes.ToImmutable());
    }

    private static string Id(PortfolioRow row)
    {
        if (row.Account.Length is 0 or > MaxIdLength || PrintableText.Of(row.Account) != row.Account)
        {
            throw new InvalidInputException("portfolio-account", $"{row.Place}: account '{PrintableText.Of(row.Account, MaxIdLength)}' is not 1 to {MaxIdLength} printable characters");
        }

        return row.Account;
    }

    private static void AddCollateral(Holdings holdings, PortfolioRow row, Notes notes)
    {
        if (row.Name.Length == 0)
        {
            return;
        }

        if (!Asset.IsValid(row.Name))
        {
            throw new InvalidInputException("portfolio-asset", $"{row.Place}: '{PrintableText.Of(row.Name)}' is not an asset code: 1 to 16 characters of A-Z and 0-9 are expected");
        }

        var asset = new Asset(row.Name);
        var amount = Number(row);
        if (!holdings.Collateral.TryAdd(asset, amount))
        {
            holdings.Collateral[asset] += amount;
            notes.Netted++;
        }
    }

    private static void AddPosition(Holdings holdings, PortfolioRow row, PositionUnits units, Dictionary<string, Instrument> instruments, Notes notes)
    {
        if (!instruments.TryGetValue(row.Name, out var instrument))
        {
            instrument = Instrument(row);
            instruments.Add(row.Name, instrument);
        }

        var quantity = units.Convert(instrument, Number(row), row.Unit, out var converted);
        if (Math.Abs(quantity) > MaxQuantity)
        {
            throw new InvalidInputException("portfolio-quantity", $"{row.Place}: {quantity} of {instrument} is beyond {MaxQuantity}");
        }

        notes.Converted += converted ? 1 : 0;
        if (!holdings.Positions.TryAdd(instrument, quantity))
        {
            holdings.Positions[instrument] += quantity;
            notes.Netted++;
        }

        if (holdings.Positions.Count > MaxPositionsPerAccount)
        {
            throw new InvalidInputException("portfolio-size", $"{row.Place}: account '{row.Account}' holds more than {MaxPositionsPerAccount} instruments");
        }
    }

    private static Instrument Instrument(PortfolioRow row)
    {
        if (DeribitNames.TryParse(row.Name, out var instrument, out var refusal) || OkxNames.TryParse(row.Name, out instrument, out _))
        {
            return instrument;
        }

        throw new InvalidInputException("portfolio-instrument", $"{row.Place}: {refusal!.Message}");
    }

    private static decimal Number(PortfolioRow row)
    {
        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return decimal.TryParse(row.Amount, style, CultureInfo.InvariantCulture, out var amount) && Math.Abs(amount) <= MaxQuantity
            ? amount
            : throw new InvalidInputException("portfolio-quantity", $"{row.Place}: '{PrintableText.Of(row.Amount)}' of {PrintableText.Of(row.Name)} is not a plain decimal number within {MaxQuantity}");
    }

    /// <summary>Without trailing zeros, so that 1.0 and 1 are one quantity in every output.</summary>
    private static decimal Trim(decimal value) => value / 1.0000000000000000000000000000m;

    private sealed class Holdings
    {
        public Dictionary<Instrument, decimal> Positions { get; } = [];

        public Dictionary<Asset, decimal> Collateral { get; } = [];

        public Account ToAccount(string id, Notes notes)
        {
            notes.Dropped += Positions.Count(p => p.Value == 0) + Collateral.Count(c => c.Value == 0);
            return new Account(
                id,
                [.. Positions.Where(p => p.Value != 0).Select(p => new Position(p.Key, Trim(p.Value))).OrderBy(p => p.Instrument.Name, StringComparer.Ordinal)],
                [.. Collateral.Where(c => c.Value != 0).Select(c => new CollateralHolding(c.Key, Trim(c.Value))).OrderBy(c => c.Asset.Code, StringComparer.Ordinal)]);
        }
    }

    private sealed class Notes
    {
        public int Netted { get; set; }

        public int Dropped { get; set; }

        public int Converted { get; set; }

        public ImmutableArray<string> ToImmutable()
        {
            var lines = ImmutableArray.CreateBuilder<string>();
            Add(Netted, "rows of an instrument or asset that the account already held were netted");
            Add(Dropped, "holdings of zero were dropped");
            Add(Converted, "quantities were converted from another unit at the board's marks");
            return lines.ToImmutable();

            void Add(int count, string text)
            {
                if (count > 0)
                {
                    lines.Add($"{count} {text}");
                }
            }
        }
    }
}

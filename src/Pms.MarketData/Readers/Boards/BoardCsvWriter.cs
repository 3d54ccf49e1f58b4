using System.Collections.Immutable;
using System.Globalization;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Primitives;

namespace Pms.MarketData.Readers.Boards;

/// <summary>Writes snapshots as the project's own board CSV (docs/formats.md, "pms.board"); reading it back gives snapshots with the same hash.</summary>
/// <param name="output">receives LF line ends; not closed</param>
public sealed class BoardCsvWriter(TextWriter output)
{
    private bool _headerWritten;

    /// <exception cref="InvalidInputException">
    /// <c>board-instrument</c> for a contract that its name does not identify, <c>board-text</c> for a text that a CSV field cannot hold
    /// </exception>
    public void Write(MarketSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (!_headerWritten)
        {
            output.Write(string.Join(',', PmsBoardColumns.All));
            output.Write('\n');
            _headerWritten = true;
        }

        var volatilityIndices = new HashSet<Asset>();
        var indices = new HashSet<(Asset Base, Asset Quote)>();
        foreach (var board in snapshot.Boards)
        {
            if (board.Index is { } index && indices.Add((board.Id.Base, board.Id.Quote)))
            {
                WritePoint(snapshot, PmsBoardColumns.IndexKind, $"{board.Id.Base}/{board.Id.Quote}", index, isVol: false);
            }

            if (board.VolatilityIndex is { } vol && volatilityIndices.Add(board.Id.Base))
            {
                WritePoint(snapshot, PmsBoardColumns.VolatilityIndexKind, board.Id.Base.Code, vol, isVol: true);
            }

            foreach (var quote in board.Linears)
            {
                Write(snapshot, quote);
            }

            foreach (var quote in board.Expiries.SelectMany(e => e.Options))
            {
                Write(snapshot, quote);
            }
        }
    }

    private static string Number(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";

    private static string Time(DateTimeOffset? value) => value?.ToIso() ?? "";

    private static string Levels(ImmutableArray<BookLevel> levels) => string.Join(' ', levels.Select(l => $"{Number(l.Price)}:{Number(l.Amount)}"));

    private static string Name(Instrument instrument)
    {
        return DeribitNames.TryParse(instrument.Name, out var named, out _) && named.Equals(instrument)
            ? instrument.Name
            : throw new InvalidInputException(
                "board-instrument",
                $"{instrument.Name} does not identify its contract: a name holds an expiry at 08:00 UTC before 2100 and a strike of at most 12 digits");
    }

    private static string Text(string? value)
    {
        if (value is null)
        {
            return "";
        }

        if (value.Length > 64 || value.AsSpan().ContainsAnyExceptInRange(' ', '~') || value.Contains('"') || value.Trim() != value)
        {
            throw new InvalidInputException("board-text", $"'{value}' cannot be written: at most 64 printable ASCII characters without quotation marks or outer blanks fit");
        }

        return value.Contains(',') ? $"\"{value}\"" : value;
    }

    private void WritePoint(MarketSnapshot snapshot, string kind, string name, PricePoint point, bool isVol)
    {
        WriteRow(
            snapshot,
            kind,
            name,
            new QuoteValues { Mark = isVol ? null : point.Price, MarkVol = isVol ? point.Price : null },
            point.Provenance,
            depth: null,
            terms: null);
    }

    private void Write(MarketSnapshot snapshot, InstrumentQuote quote)
    {
        WriteRow(snapshot, PmsBoardColumns.QuoteKind, Name(quote.Instrument), quote.Values, quote.Provenance, quote.Depth, quote.Terms);
    }

    private void WriteRow(
        MarketSnapshot snapshot, string kind, string name, in QuoteValues v, in Provenance provenance, BookDepth? depth, InstrumentTerms? terms)
    {
        string[] fields =
        [
            Time(snapshot.ObservedAt), kind, name,
            Number(v.Bid), Number(v.BidSize), Number(v.Ask), Number(v.AskSize), Number(v.Mark), Number(v.MarkVol), Number(v.BidVol), Number(v.AskVol),
            Number(v.UnderlyingPrice), Text(v.UnderlyingName), Number(v.Delta), Number(v.Gamma), Number(v.Vega), Number(v.Theta), Number(v.Rho),
            Number(v.OpenInterest), Number(v.Volume24h), Number(v.Last), Number(v.CurrentFunding), Number(v.Funding8h),
            Text(provenance.Source), Time(provenance.ExchangeTime), Time(provenance.ReceivedAt), Text(snapshot.Source),
            depth is null ? "" : depth.ChangeId.ToString(CultureInfo.InvariantCulture),
            depth is { IsPartial: true } ? PmsBoardColumns.True : "",
            depth is null ? "" : Levels(depth.Bids), depth is null ? "" : Levels(depth.Asks),
            Number(terms?.ContractSize), Number(terms?.TickSize), Number(terms?.MinTradeAmount), Text(terms?.State), Time(terms?.ListedAt),
        ];
        output.Write(string.Join(',', fields));
        output.Write('\n');
    }
}

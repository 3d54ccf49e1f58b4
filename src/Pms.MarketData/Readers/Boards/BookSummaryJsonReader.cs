using System.Text.Json;
using Pms.MarketData.Events;
using Pms.MarketData.Readers.Json;

namespace Pms.MarketData.Readers.Boards;

/// <summary>The reply of Deribit's get_book_summary_by_currency: the result array, or the JSON-RPC envelope around it (docs/formats.md, "Book summary").</summary>
/// <remarks>mark_iv is in percent; null or 0 in a price is no quote; last, high, low and price_change may be null.</remarks>
internal sealed class BookSummaryJsonReader : IMarketReader
{
    public string Format => "deribit.book-summary";

    // A file of several JSON-RPC messages may begin with such a reply, but is a stream of messages.
    public bool Matches(ReadOnlySpan<byte> head) =>
        JsonFile.HeadHas(head, "\"instrument_name\"", "\"mid_price\"", "\"creation_timestamp\"") && head.Count("\"jsonrpc\""u8) <= 1;

    public IEnumerable<MarketEvent> Read(Stream stream, ReadLimits limits)
    {
        using var document = JsonFile.Parse(stream, limits);
        var board = new BookSummaryBoard(Format);
        var position = 0L;
        foreach (var element in Entries(document.RootElement).EnumerateArray())
        {
            var row = new JsonRow(element, ++position);
            var entry = Read(row);
            if (row.Refusal is null)
            {
                row.Refuse(board.Add(entry));
            }

            if (row.Refusal is not null)
            {
                board.Add(row.Reject(Format, DateTimeOffset.UnixEpoch));
            }
        }

        foreach (var marketEvent in board.Complete())
        {
            yield return marketEvent;
        }
    }

    private static JsonElement Entries(JsonElement root)
    {
        var entries = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("result", out var result) ? result : root;
        return entries.ValueKind == JsonValueKind.Array
            ? entries
            : throw new MarketFormatException("json-layout", $"the file holds {entries.ValueKind} where the array of book summaries is expected");
    }

    private static BookSummaryRow Read(JsonRow row)
    {
        return new BookSummaryRow(row.Instrument("instrument_name"), row.UnixMilliseconds("creation_timestamp"))
        {
            EstimatedDeliveryPrice = row.NumberOrNone("estimated_delivery_price"),
            Values = new QuoteValues
            {
                Bid = row.NumberOrNone("bid_price"),
                Ask = row.NumberOrNone("ask_price"),
                Mark = row.Number("mark_price"),
                MarkVol = row.PercentOrNone("mark_iv"),
                UnderlyingPrice = row.NumberOrNone("underlying_price"),
                UnderlyingName = row.Text("underlying_index"),
                OpenInterest = row.Number("open_interest"),
                Volume24h = row.Number("volume"),
                Last = row.NumberOrNone("last"),
                CurrentFunding = row.Number("current_funding"),
                Funding8h = row.Number("funding_8h"),
            },
        };
    }
}

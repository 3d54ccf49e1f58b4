using System.Text.Json;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers.Json;
using Pms.MarketData.Snapshots;
using Pms.Primitives;

namespace Pms.MarketData.Readers.Boards;

/// <summary>One board as <c>{"as_of", "futures": [...], "options": [...], "instruments": [...]}</c> (docs/formats.md, "Recorded board").</summary>
/// <remarks>
/// Quotes carry bid, ask and open interest (coin for options, USD for inverse futures); volume_usd has no place in the model and is not read. The
/// instruments give tick sizes; their strike, type and expiry must agree with the name. Combinations among them are refused as such.
/// </remarks>
internal sealed class RecordedBoardReader : IMarketReader
{
    public string Format => "deribit.recorded-board";

    public bool Matches(ReadOnlySpan<byte> head) => JsonFile.HeadHas(head, "\"as_of\"", "\"instrument_name\"", "\"bid_price\"");

    public IEnumerable<MarketEvent> Read(Stream stream, ReadLimits limits)
    {
        using var document = JsonFile.Parse(stream, limits);
        var root = new JsonRow(document.RootElement, 0);
        var at = root.IsoTime("as_of");
        if (root.Refusal is { } refusal)
        {
            throw new MarketFormatException("json-layout", refusal.Message);
        }

        var provenance = new Provenance(Format, null, at);
        var seen = new HashSet<Instrument>();
        var position = 0L;
        yield return new BoardStart(provenance, at);
        foreach (var element in Section(document.RootElement, "instruments"))
        {
            var row = new JsonRow(element, ++position);
            var listed = Listed(row, provenance);
            yield return row.Refusal is null ? listed! : row.Reject(Format, at);
        }

        foreach (var section in (string[])["futures", "options"])
        {
            position = 0;
            foreach (var element in Section(document.RootElement, section))
            {
                var row = new JsonRow(element, ++position);
                var update = Quote(row, provenance);
                if (update is not null && row.Refusal is null)
                {
                    var values = update.Values;
                    row.Refuse(
                        QuoteValidation.Check(update.Instrument, values)
                        ?? (seen.Add(update.Instrument) ? null : new Refusal("duplicate-row", $"{update.Instrument} already has a quote in this board")));
                }

                yield return row.Refusal is null ? update! : row.Reject(Format, at);
            }
        }

        yield return new BoardEnd(provenance, at);
    }

    private static JsonElement.ArrayEnumerator Section(JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out var section))
        {
            return default;
        }

        if (section.ValueKind != JsonValueKind.Array || section.GetArrayLength() > MarketState.MaxInstruments)
        {
            throw new MarketFormatException("json-layout", $"'{name}' is not an array of at most {MarketState.MaxInstruments} entries");
        }

        return section.EnumerateArray();
    }

    private static InstrumentListed? Listed(JsonRow row, Provenance provenance)
    {
        var instrument = row.Instrument("instrument_name");
        var tick = row.Number("tick_size");
        row.Refuse(QuoteValidation.Price("tick_size", tick));
        if (instrument is EuropeanOption option)
        {
            Agree(row, "strike", row.Number("strike") is null || row.Number("strike") == option.StrikeValue, option);
            Agree(row, "option_type", row.Text("option_type") is null || row.Text("option_type") == (option.Type == OptionType.Call ? "call" : "put"), option);
            Agree(row, "expiration_timestamp", row.Number("expiration_timestamp") is null || row.UnixMilliseconds("expiration_timestamp") == option.Expiry, option);
        }
        else if (instrument is DatedFuture future)
        {
            Agree(row, "expiration_timestamp", row.Number("expiration_timestamp") is null || row.UnixMilliseconds("expiration_timestamp") == future.Expiry, future);
        }

        return instrument is null ? null : new InstrumentListed(provenance, instrument, new InstrumentTerms(null, tick, null, null, null));
    }

    private static void Agree(JsonRow row, string field, bool agrees, Instrument instrument)
    {
        if (!agrees)
        {
            row.Refuse(field, "terms-mismatch", $"contradicts the name {instrument.Name}");
        }
    }

    private static QuoteUpdate? Quote(JsonRow row, Provenance provenance)
    {
        var instrument = row.Instrument("instrument_name");
        var values = new QuoteValues
        {
            Bid = row.NumberOrNone("bid_price"),
            Ask = row.NumberOrNone("ask_price"),
            OpenInterest = row.Number("open_interest"),
        };
        return instrument is null ? null : new QuoteUpdate(provenance, instrument, QuoteGroups.TopOfBook | QuoteGroups.Statistics, values);
    }
}

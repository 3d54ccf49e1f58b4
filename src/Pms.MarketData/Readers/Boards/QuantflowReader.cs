using System.Globalization;
using System.Text.Json;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers.Json;
using Pms.MarketData.Snapshots;
using Pms.Primitives;

namespace Pms.MarketData.Readers.Boards;

/// <summary>Volatility surface inputs of the quantflow library, three generations of one layout (docs/formats.md, "quantflow inputs").</summary>
/// <remarks>
/// Numbers are texts, option prices in coin, iv_bid and iv_ask fractions. The "spot" of its Deribit loader is the perpetual and is read as that; a
/// "forward" is the dated future of its maturity. Before 2025 the coin is not named and must be given in <see cref="ReadLimits.Coin"/>, and strike, maturity and
/// side stand inside bid and ask, which must agree. volume is not read: its unit is not stated.
/// </remarks>
internal sealed class QuantflowReader : IMarketReader
{
    public string Format => "quantflow.surface-inputs";

    public bool Matches(ReadOnlySpan<byte> head) => JsonFile.HeadHas(head, "\"inputs\"", "\"security_type\"", "\"ref_date\"");

    public IEnumerable<MarketEvent> Read(Stream stream, ReadLimits limits)
    {
        using var document = JsonFile.Parse(stream, limits);
        var root = new JsonRow(document.RootElement, 0);
        var dated = root.Child("asset_curve") ?? root;
        var at = dated.IsoTime("ref_date");
        root.Refuse(dated.Refusal);
        var coin = Coin(root, limits);
        if (root.Refusal is { } refusal)
        {
            throw new MarketFormatException("json-layout", refusal.Message);
        }

        if (!document.RootElement.TryGetProperty("inputs", out var inputs)
            || inputs.ValueKind != JsonValueKind.Array
            || inputs.GetArrayLength() > MarketState.MaxInstruments)
        {
            throw new MarketFormatException("json-layout", $"'inputs' is not an array of at most {MarketState.MaxInstruments} entries");
        }

        var provenance = new Provenance(Format, null, at);
        var seen = new HashSet<Instrument>();
        var position = 0L;
        yield return new BoardStart(provenance, at);
        foreach (var element in inputs.EnumerateArray())
        {
            var row = new JsonRow(element, ++position);
            var update = Read(row, coin, provenance);
            if (update is not null && row.Refusal is null)
            {
                var values = update.Values;
                row.Refuse(
                    QuoteValidation.Check(update.Instrument, values)
                    ?? (seen.Add(update.Instrument) ? null : new Refusal("duplicate-row", $"{update.Instrument} already has a quote in this board")));
            }

            yield return row.Refusal is null ? update! : row.Reject(Format, at);
        }

        yield return new BoardEnd(provenance, at);
    }

    private static Asset Coin(JsonRow root, ReadLimits limits)
    {
        var code = root.Text("asset")?.ToUpperInvariant();
        if (code is null)
        {
            return limits.Coin ?? throw new MarketFormatException("coin-unknown", "the file does not name its coin: put BTC or ETH into the file's name, or state the coin");
        }

        return Asset.IsValid(code) ? new Asset(code) : throw new MarketFormatException("json-layout", $"asset '{code}' is not a coin's code");
    }

    private static QuoteUpdate? Read(JsonRow row, Asset coin, Provenance provenance)
    {
        var family = row.Flag("inverse") == false ? UnderlyingId.Linear(coin, Asset.Usd) : UnderlyingId.Inverse(coin);
        var type = row.Text("security_type");
        var nested = row.IsObject("bid") || row.IsObject("ask");
        Instrument? instrument = type switch
        {
            "spot" => new Perpetual(family),
            "forward" => new DatedFuture(family, row.IsoTime("maturity")),
            "option" when nested => NestedOption(row, family),
            "option" => Option(row, family, row.Text("option_type") is { } side ? side switch { "call" => true, "put" => false, _ => null } : null),
            _ => null,
        };
        if (instrument is null)
        {
            row.Refuse("security_type", "terms-missing", "is not a spot, a forward or an option with strike, maturity and side");
        }

        if (row.Refusal is not null || instrument is null)
        {
            return null;
        }

        // A name holds a day and a strike of twelve digits: a contract that it cannot tell apart from another is refused.
        if (!DeribitNames.TryParse(instrument.Name, out var named, out _) || !named.Equals(instrument))
        {
            row.Refuse(new Refusal("terms-range", $"{instrument.Name} has a maturity other than 08:00 UTC before 2100, or a strike that a name cannot hold"));
            return null;
        }

        var values = new QuoteValues
        {
            Bid = nested ? row.Child("bid")?.NumberOrNone("price") : row.NumberOrNone("bid"),
            Ask = nested ? row.Child("ask")?.NumberOrNone("price") : row.NumberOrNone("ask"),
            BidVol = row.NumberOrNone("iv_bid"),
            AskVol = row.NumberOrNone("iv_ask"),
            OpenInterest = row.Number("open_interest"),
        };
        return new QuoteUpdate(provenance, instrument, QuoteGroups.TopOfBook | QuoteGroups.QuotedVols | QuoteGroups.Statistics, values);
    }

    private static EuropeanOption? NestedOption(JsonRow row, UnderlyingId family)
    {
        EuropeanOption? option = null;
        foreach (var side in (string[])["bid", "ask"])
        {
            if (row.Child(side) is not { } child)
            {
                continue;
            }

            var next = Option(child, family, child.Flag("call"));
            child.Number("price");
            row.Refuse(child.Refusal);
            if (next is null || (option is not null && !option.Equals(next)))
            {
                row.Refuse(side, "terms-mismatch", "has other or incomplete terms than the other side");
                return null;
            }

            option = next;
        }

        return option;
    }

    private static EuropeanOption? Option(JsonRow row, UnderlyingId family, bool? isCall)
    {
        var maturity = row.IsoTime("maturity");
        var strikeText = row.Text("strike");
        if (row.Refusal is not null || isCall is null || strikeText is null)
        {
            return null;
        }

        if (!decimal.TryParse(strikeText, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var strike)
            || strike <= 0
            || (double)strike > QuoteValidation.MaxStrike)
        {
            row.Refuse("strike", "strike-range", $"is not a number above 0 and at most {QuoteValidation.MaxStrike:R}");
            return null;
        }

        return new EuropeanOption(family, maturity, strike, isCall.Value ? OptionType.Call : OptionType.Put);
    }
}

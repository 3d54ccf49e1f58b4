using Pms.MarketData.Instruments;

namespace Pms.Connectors.Deribit;

/// <summary>Which channels tell what is wanted, and what each is.</summary>
internal static class DeribitChannels
{
    private static readonly string[] VolatilityIndexCoins = ["BTC", "ETH"];

    /// <summary>Of all instruments of a currency: listings and trades.</summary>
    public static IEnumerable<string> OfCurrency(string currency, DeribitConnectorOptions options)
    {
        foreach (var kind in (string[])["option", "future"])
        {
            yield return $"instrument.state.{kind}.{currency}";
            if (options.Trades)
            {
                yield return $"trades.{kind}.{currency}.{options.Interval}";
            }
        }
    }

    /// <summary>Of a family: its index, the marks of its options and its volatility index.</summary>
    public static IEnumerable<string> OfFamily(UnderlyingId family, bool hasOptions)
    {
        var index = IndexName(family);
        yield return $"deribit_price_index.{index}";
        if (hasOptions)
        {
            yield return $"markprice.options.{index}";
            if (family.Settlement == Settlement.Inverse && VolatilityIndexCoins.Contains(family.Base.Code))
            {
                yield return $"deribit_volatility_index.{index}";
            }
        }
    }

    public static IEnumerable<string> OfInstrument(Instrument instrument, DeribitConnectorOptions options)
    {
        if (options.Tickers)
        {
            yield return $"ticker.{instrument.Name}.{options.Interval}";
        }

        if (instrument is EuropeanOption ? options.OptionBooks : options.FutureBooks && instrument is not Spot)
        {
            yield return Book(instrument, options);
        }
    }

    public static string Book(Instrument instrument, DeribitConnectorOptions options) => $"book.{instrument.Name}.{options.Interval}";

    /// <summary>Whether the channel speaks about once a second whatever the market does.</summary>
    public static bool HasSteadyBeat(string channel) =>
        channel.StartsWith("deribit_price_index.", StringComparison.Ordinal) || channel.StartsWith("markprice.options.", StringComparison.Ordinal);

    private static string IndexName(UnderlyingId family) => $"{family.Base.Code.ToLowerInvariant()}_{family.Quote.Code.ToLowerInvariant()}";
}

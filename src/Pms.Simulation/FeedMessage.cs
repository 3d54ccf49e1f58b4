using System.Collections.Immutable;
using Pms.MarketData.Events;

namespace Pms.Simulation;

/// <summary>What kind of venue message carries the events of a <see cref="FeedMessage"/>.</summary>
public enum FeedMessageKind
{
    /// <summary>Reply to a request for the list of instruments.</summary>
    Instruments,

    /// <summary>instrument.state: a contract was closed.</summary>
    InstrumentState,

    /// <summary>deribit_price_index.</summary>
    PriceIndex,

    /// <summary>deribit_volatility_index.</summary>
    VolatilityIndex,

    /// <summary>trades: the prints of one order.</summary>
    Trades,

    /// <summary>ticker: one quote, followed by the index it was made with.</summary>
    Ticker,

    /// <summary>book: an image or a change.</summary>
    Book,

    /// <summary>markprice.options: the marks of a whole board.</summary>
    MarkPrices,
}

/// <summary>One message of the simulated feed: the events that a reader of the venue's own text gets from it, all received at one instant.</summary>
public sealed record FeedMessage(FeedMessageKind Kind, ImmutableArray<MarketEvent> Events)
{
    public DateTimeOffset ReceivedAt => Events[0].Provenance.ReceivedAt;
}

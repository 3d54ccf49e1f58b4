using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.MarketData.Events;

/// <summary>One fact read from a feed or a file, in typed form and in the units of this project.</summary>
/// <remarks>
/// Every number that reaches an event is finite. Vols are annualised fractions, rates are fractions, prices of inverse options are
/// in coin per coin and all other prices in quote currency; an absent quote is null, never 0.
/// </remarks>
public abstract record MarketEvent(Provenance Provenance);

/// <summary>A whole board begins: what was known of other instants no longer counts.</summary>
/// <param name="Provenance">source</param>
/// <param name="At">the instant that the board describes</param>
public sealed record BoardStart(Provenance Provenance, DateTimeOffset At) : MarketEvent(Provenance);

/// <summary>The board opened by the last <see cref="BoardStart"/> is complete.</summary>
public sealed record BoardEnd(Provenance Provenance, DateTimeOffset At) : MarketEvent(Provenance);

/// <summary>A contract exists, with its terms.</summary>
public sealed record InstrumentListed(Provenance Provenance, Instrument Instrument, InstrumentTerms Terms) : MarketEvent(Provenance);

/// <summary>New values for the flagged groups of one instrument; a group is replaced as a whole, so a null inside it means "none".</summary>
public sealed record QuoteUpdate(Provenance Provenance, Instrument Instrument, QuoteGroups Groups, in QuoteValues Values) : MarketEvent(Provenance);

/// <summary>A full image of an order book.</summary>
/// <param name="Provenance">source</param>
/// <param name="Instrument">whose book</param>
/// <param name="ChangeId">the venue's sequence number after this image; 0 where the venue gives none</param>
/// <param name="Bids">best first</param>
/// <param name="Asks">best first</param>
public sealed record BookImage(
    Provenance Provenance, Instrument Instrument, long ChangeId, ImmutableArray<BookLevel> Bids, ImmutableArray<BookLevel> Asks) : MarketEvent(Provenance)
{
    /// <summary>True for an image cut to the best few levels (a grouped channel, a REST book): good to look at, but no changes may follow it.</summary>
    public bool IsPartial { get; init; }
}

/// <summary>Changed levels of an order book; an amount of 0 deletes the level.</summary>
/// <param name="Provenance">source</param>
/// <param name="Instrument">whose book</param>
/// <param name="ChangeId">the venue's sequence number after this change</param>
/// <param name="PreviousChangeId">the number that this change follows; a different last number means a gap</param>
/// <param name="Bids">changed bid levels</param>
/// <param name="Asks">changed ask levels</param>
public sealed record BookChange(
    Provenance Provenance, Instrument Instrument, long ChangeId, long PreviousChangeId, ImmutableArray<BookLevel> Bids, ImmutableArray<BookLevel> Asks)
    : MarketEvent(Provenance);

/// <summary>The venue's spot index of a coin.</summary>
/// <param name="Provenance">source</param>
/// <param name="Base">coin</param>
/// <param name="Quote">currency of the price</param>
/// <param name="Price">quote per coin, above 0</param>
public sealed record IndexUpdate(Provenance Provenance, Asset Base, Asset Quote, double Price) : MarketEvent(Provenance);

/// <summary>A venue's volatility index (DVOL).</summary>
/// <param name="Provenance">source</param>
/// <param name="Base">coin</param>
/// <param name="Vol">annualised fraction: a published 129.36 is 1.2936 here</param>
public sealed record VolatilityIndexUpdate(Provenance Provenance, Asset Base, double Vol) : MarketEvent(Provenance);

/// <summary>A trade.</summary>
/// <param name="Provenance">source</param>
/// <param name="Instrument">what was traded</param>
/// <param name="TradeId">the venue's identifier</param>
/// <param name="Price">in the instrument's price unit</param>
/// <param name="Amount">in the instrument's amount unit (see <see cref="Perpetual"/>, <see cref="EuropeanOption"/>)</param>
/// <param name="BuyerIsTaker">true when the aggressor bought</param>
/// <param name="IsLiquidation">the venue flagged a side as liquidated</param>
public sealed record TradePrint(
    Provenance Provenance, Instrument Instrument, string TradeId, double Price, double Amount, bool BuyerIsTaker, bool IsLiquidation) : MarketEvent(Provenance);

/// <summary>The venue's running estimate of an option's or future's delivery price.</summary>
/// <param name="Provenance">source</param>
/// <param name="Base">coin</param>
/// <param name="Quote">currency of the price</param>
/// <param name="Price">quote per coin: the index, or in the last half hour its average so far</param>
/// <param name="SecondsToDelivery">until the next delivery; null where the source does not say</param>
/// <param name="IsAveraging">true in the averaging window</param>
public sealed record DeliveryEstimate(
    Provenance Provenance, Asset Base, Asset Quote, double Price, double? SecondsToDelivery, bool IsAveraging) : MarketEvent(Provenance);

/// <summary>A contract was created, started, settled, closed or taken off the list.</summary>
/// <param name="Provenance">source</param>
/// <param name="Instrument">contract</param>
/// <param name="State">the venue's word, as in created, started, settled, closed, deactivated, terminated</param>
public sealed record InstrumentStateChange(Provenance Provenance, Instrument Instrument, string State) : MarketEvent(Provenance)
{
    /// <summary>True when no more quotes will come.</summary>
    public bool IsFinal => State is "closed" or "deactivated" or "terminated" or "archivized";
}

/// <summary>The venue locked or unlocked trading, or goes into maintenance; null where the message does not say.</summary>
public sealed record PlatformStateChange(Provenance Provenance, bool? Locked, string? IndexName, bool? Maintenance) : MarketEvent(Provenance);

/// <summary>A message of the protocol itself, not of the market; it changes no state.</summary>
/// <param name="Provenance">source</param>
/// <param name="Kind">what it is</param>
/// <param name="RequestId">the request it answers; null for an unasked one</param>
/// <param name="ErrorCode">the venue's code, 0 when it is no error</param>
/// <param name="Text">the venue's words, empty where there are none</param>
public sealed record FeedControl(Provenance Provenance, FeedControlKind Kind, long? RequestId, int ErrorCode, string Text) : MarketEvent(Provenance)
{
    /// <summary>Names listed in a reply: the channels of a subscription.</summary>
    public ImmutableArray<string> Names { get; init; } = [];
}

public enum FeedControlKind
{
    /// <summary>The other side is alive.</summary>
    Heartbeat,

    /// <summary>The other side asks for a sign of life and will cut the line without one.</summary>
    TestRequest,

    /// <summary>A request was answered.</summary>
    Reply,

    /// <summary>A request was refused.</summary>
    Error,
}

/// <summary>The feed lost continuity; what it says of the instrument (or of all, when null) is not to be trusted until the next image.</summary>
public sealed record FeedGap(Provenance Provenance, Instrument? Instrument, Refusal Reason) : MarketEvent(Provenance);

/// <summary>A row or message that could not be accepted. It is reported, never dropped in silence.</summary>
/// <param name="Provenance">source</param>
/// <param name="Position">line or message number, from 1</param>
/// <param name="Reason">code and text</param>
/// <param name="Excerpt">the beginning of the offending text, at most 200 characters</param>
public sealed record RejectedInput(Provenance Provenance, long Position, Refusal Reason, string Excerpt) : MarketEvent(Provenance)
{
    public const int MaxExcerptLength = 200;
}

/// <summary>Price and amount of one level of a book, both above 0 except for the amount of a deleting change.</summary>
public readonly record struct BookLevel(double Price, double Amount);

/// <summary>Trading terms of a contract as the venue lists them; null where the source does not say.</summary>
public sealed record InstrumentTerms(double? ContractSize, double? TickSize, double? MinTradeAmount, string? State, DateTimeOffset? ListedAt);

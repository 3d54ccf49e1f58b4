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
    Provenance Provenance, Instrument Instrument, long ChangeId, ImmutableArray<BookLevel> Bids, ImmutableArray<BookLevel> Asks) : MarketEvent(Provenance);

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

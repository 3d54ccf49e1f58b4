using System.Collections.Immutable;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;

namespace Pms.MarketData.Snapshots;

/// <summary>All that was known of one instrument when the snapshot was sealed.</summary>
/// <param name="Instrument">contract</param>
/// <param name="Values">numbers, in the units of <see cref="QuoteValues"/></param>
/// <param name="Provenance">of the newest top of book, or of the newest number where there never was one</param>
public sealed record InstrumentQuote(Instrument Instrument, QuoteValues Values, Provenance Provenance)
{
    /// <summary>Order book, where the feed carries one and it is in sequence.</summary>
    public BookDepth? Depth { get; init; }

    /// <summary>Trading terms, where the source lists them.</summary>
    public InstrumentTerms? Terms { get; init; }

    public double? Bid => Values.Bid;

    public double? Ask => Values.Ask;

    /// <summary>The forward this contract is priced with, quote per coin.</summary>
    public double? UnderlyingPrice => Values.UnderlyingPrice;

    public bool IsTwoSided => Bid.HasValue && Ask.HasValue;

    /// <summary>How old the quote was at an instant; zero when the venue's clock is ahead.</summary>
    public TimeSpan AgeAt(DateTimeOffset instant)
    {
        var age = instant - Provenance.EffectiveTime;
        return age > TimeSpan.Zero ? age : TimeSpan.Zero;
    }
}

/// <summary>An order book in sequence: best level first, prices strictly ordered, amounts above 0.</summary>
public sealed record BookDepth(long ChangeId, ImmutableArray<BookLevel> Bids, ImmutableArray<BookLevel> Asks)
{
    /// <summary>True where the book goes on below the levels shown (<see cref="BookImage.IsPartial"/>): what is not shown is unknown, not absent.</summary>
    public bool IsPartial { get; init; }
}

/// <summary>A price with where it came from.</summary>
public readonly record struct PricePoint(double Price, Provenance Provenance);

using System.Collections.Immutable;
using Pms.MarketData.Events;

namespace Pms.Simulation.Quoting;

/// <summary>What the makers of one instrument showed at one step: the book and everything that a ticker says except trade statistics.</summary>
/// <param name="Bids">best first</param>
/// <param name="Asks">best first</param>
/// <param name="Values">top of book, mark, forward, vols, Greeks, funding; no statistics</param>
/// <param name="Groups">the groups of <paramref name="Values"/> that the instrument has</param>
internal sealed record MadeQuote(ImmutableArray<BookLevel> Bids, ImmutableArray<BookLevel> Asks, QuoteValues Values, QuoteGroups Groups);

/// <summary>What trades took from a book and have not been refilled yet, in amount units.</summary>
internal readonly record struct Depletion(double Bid, double Ask);

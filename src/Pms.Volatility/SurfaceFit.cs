using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Volatility.Quotes;

namespace Pms.Volatility;

/// <summary>Where the forward of an expiry came from.</summary>
public enum ForwardSource
{
    None,

    /// <summary>Attached by the venue to the quotes.</summary>
    Venue,

    /// <summary>Middle of the listed future of that expiry, or what the board states.</summary>
    Board,

    /// <summary>Put-call parity over the strikes near the money.</summary>
    Parity,
}

/// <summary>One expiry of a fit: the smile and how it was come by.</summary>
public sealed record SliceFit
{
    public required DateTimeOffset Expiry { get; init; }

    /// <summary>ACT/365 from the instant of the fit; 0 or less for a past expiry.</summary>
    public required double Years { get; init; }

    /// <summary>Quote per coin; null when none could be found.</summary>
    public required double? Forward { get; init; }

    public required ForwardSource ForwardSource { get; init; }

    /// <summary>The fitted smile; null when the expiry has none of its own (the surface interpolates there).</summary>
    public required VolSlice? Slice { get; init; }

    /// <summary>Options listed in the expiry.</summary>
    public required int Seen { get; init; }

    /// <summary>Quotes that took part.</summary>
    public required int Used { get; init; }

    /// <summary>Quotes left out, by reason code.</summary>
    public required ImmutableSortedDictionary<string, int> Quarantined { get; init; }

    /// <summary>Used two-sided quotes between 5 and 95 delta.</summary>
    public required int InScope { get; init; }

    /// <summary>Of those, with a fitted price inside bid and ask.</summary>
    public required int Inside { get; init; }

    /// <summary>Share of <see cref="InScope"/> that is inside; null without any.</summary>
    public double? InsideBidAsk => InScope == 0 ? null : (double)Inside / InScope;

    /// <summary>Root mean square of fitted vol less middle of the vol band over the quotes in scope whose band is closed on both sides; null without any.</summary>
    public required double? RmseVol { get; init; }

    /// <summary>Least of Durrleman's g over all k; null without a smile.</summary>
    public required double? MinG { get; init; }

    /// <summary>Why the smile deserves less trust; empty when it does not.</summary>
    public required ImmutableArray<Refusal> Degraded { get; init; }

    /// <summary>Every listed option, by strike, call before put.</summary>
    public required ImmutableArray<QuoteVerdict> Quotes { get; init; }
}

/// <summary>A fit of one underlying: the surface, its slices and what was checked.</summary>
public sealed record SurfaceFit
{
    public required UnderlyingId Underlying { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Null when no smile could be fitted and none carried over: <see cref="Degraded"/> says why.</summary>
    public required VolSurface? Surface { get; init; }

    public required ImmutableArray<SliceFit> Slices { get; init; }

    /// <summary>Neighbouring slices whose order is not proven for every k; 0 by construction.</summary>
    public required int CalendarViolations { get; init; }

    /// <summary>Slices whose g is not proven at or above 0 for every k; 0 by construction.</summary>
    public required int ButterflyViolations { get; init; }

    /// <summary>Why the surface as a whole deserves less trust; empty when it does not.</summary>
    public required ImmutableArray<Refusal> Degraded { get; init; }

    /// <summary>Rounds of the joint fit; 0 when the smiles fitted alone were already free of arbitrage.</summary>
    public required int JointRounds { get; init; }

    /// <summary>How long ago the surface was fitted: zero unless it is the last good one, carried over.</summary>
    public TimeSpan Age { get; init; }

    public int Seen => Slices.Sum(s => s.Seen);

    public int Used => Slices.Sum(s => s.Used);

    public int InScope => Slices.Sum(s => s.InScope);

    public int Inside => Slices.Sum(s => s.Inside);

    /// <summary>Share of used two-sided quotes between 5 and 95 delta with a fitted price inside bid and ask; null without any.</summary>
    public double? InsideBidAsk => InScope == 0 ? null : (double)Inside / InScope;
}

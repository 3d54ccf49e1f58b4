using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Simulation.Market;
using Pms.Simulation.Quoting;

namespace Pms.Simulation.Listing;

/// <summary>A listed contract with all that quoting needs and that does not change while it lives.</summary>
internal sealed class SimulatedInstrument
{
    public required Instrument Instrument { get; init; }

    /// <summary>Index of the coin in the parameters; -1 for the stablecoin pair.</summary>
    public required int Coin { get; init; }

    /// <summary>Index of the family in the parameters; -1 for spot pairs.</summary>
    public required int Family { get; init; }

    /// <summary>Index of the spot pair in the parameters; -1 for derivatives.</summary>
    public required int SpotPair { get; init; }

    /// <summary>First step at which it is quoted.</summary>
    public required long ListedStep { get; init; }

    public required TickSchedule Ticks { get; init; }

    public required InstrumentTerms Terms { get; init; }

    /// <summary>Steps between two quotes.</summary>
    public required int PeriodSteps { get; init; }

    /// <summary>Keyed by seed and name, so that listing order changes nothing.</summary>
    public required RandomStream Stream { get; init; }

    /// <summary>Open interest and volume carried in from before the run, in the amount unit.</summary>
    public required double InitialOpenInterest { get; init; }

    public required double InitialVolume24h { get; init; }

    /// <summary>The last step at or before <paramref name="step"/> at which the maker's own rhythm makes a quote; may lie before the listing.</summary>
    public long LastScheduled(long step)
    {
        var window = Math.DivRem(step, PeriodSteps, out _);
        var slot = SlotOf(window);
        return slot <= step ? slot : SlotOf(window - 1);
    }

    public bool IsScheduled(long step) => SlotOf(step / PeriodSteps) == step;

    private long SlotOf(long window)
    {
        if (window < 0)
        {
            return window * PeriodSteps;
        }

        return (window * PeriodSteps) + (long)(Stream.Derive(1).Bits((ulong)window) % (ulong)PeriodSteps);
    }

    /// <summary>Seconds since 1970 as the venue counts an instrument's creation; options of one expiry differ only by when their strike came.</summary>
    public override string ToString() => Instrument.Name;

    public static RandomStream StreamOf(ulong seed, Instrument instrument)
    {
        return new RandomStream(seed).Derive(0x494E5354).Derive(StableHash.Of(instrument.Name));
    }
}

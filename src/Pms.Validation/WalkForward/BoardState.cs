using System.Collections.Immutable;
using Pms.Margin.Epochs;
using Pms.Margin.Market;
using Pms.Margin.Parameters;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Scenarios.Historical;
using Pms.Volatility;

namespace Pms.Validation.WalkForward;

/// <summary>All that a model may know when it margins on a board: the board, and what of a history had ended by then.</summary>
/// <remarks>Every board is fitted alone, without the fit before it, so that a margin is a function of its board.</remarks>
public sealed class BoardState
{
    private BoardState(MarketSnapshot snapshot, ImmutableArray<VolSurface> surfaces, MarginMarket market, FactorHistory? history)
    {
        (Snapshot, Surfaces, Market, History) = (snapshot, surfaces, market, history);
        Quoted = new QuotedMarket(snapshot, surfaces);
    }

    public DateTimeOffset At => Snapshot.ObservedAt;

    public MarketSnapshot Snapshot { get; }

    public ImmutableArray<VolSurface> Surfaces { get; }

    public MarginMarket Market { get; }

    /// <summary>Values of days before the board's; null where none was given.</summary>
    public FactorHistory? History { get; }

    /// <summary>What positions on this board are worth by its quotes.</summary>
    public QuotedMarket Quoted { get; }

    /// <param name="snapshot">board</param>
    /// <param name="surface">how it is fitted</param>
    /// <param name="history">whole history: what was not known yet is cut off here</param>
    /// <exception cref="Pms.Primitives.InvalidInputException"><c>index-missing</c>, <c>margin-market</c>, and the codes of the fit</exception>
    public static BoardState Of(MarketSnapshot snapshot, SurfaceParameters surface, FactorHistory? history)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ImmutableArray<VolSurface> surfaces = [.. SurfaceFitter.FitAll(snapshot, surface).Select(f => f.Surface).OfType<VolSurface>()];
        var inputs = new EpochInputs(snapshot, surfaces, ImmutableDictionary<Asset, double>.Empty, RiskParameters.Default, null, 0);
        return new BoardState(snapshot, surfaces, MarginEpoch.MarketOf(inputs, [], out _), history?.Before(snapshot.ObservedAt));
    }
}

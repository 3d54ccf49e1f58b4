using System.Collections.Immutable;
using Pms.Margin.Epochs;
using Pms.Margin.Market;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Microstructure.Cascades;
using Pms.Microstructure.Impact;
using Pms.Simulation;
using Pms.Simulation.Parameters;
using Pms.Volatility;

namespace Pms.Cli.Commands;

/// <summary>A board as the start of a study.</summary>
/// <param name="Snapshot">quotes</param>
/// <param name="Market">prices and fitted surfaces</param>
/// <param name="Liquidity">spreads and volumes</param>
internal sealed record StudyBoard(MarketSnapshot Snapshot, MarginMarket Market, MarketLiquidity Liquidity)
{
    /// <summary>A file of market data, or the simulated exchange two days after its start.</summary>
    public static StudyBoard Of(string? board, string? at, ulong seed)
    {
        var snapshot = board is null
            ? new SimulatedExchange(SimulationParameters.Default, seed).SnapshotAt(SimulationParameters.Default.Start.AddDays(2))
            : BoardSource.Read(board, BoardSource.ParseInstant(at)).Snapshot;
        var fits = BoardFit.Of(snapshot, SurfaceParameters.Default);
        var inputs = new EpochInputs(snapshot, [.. fits.Underlyings.Select(u => u.Fit.Surface).OfType<VolSurface>()], ImmutableDictionary<Asset, double>.Empty, RiskParameters.Default, null, seed);
        var market = MarginEpoch.MarketOf(inputs, [], out _);
        return new StudyBoard(snapshot, market, MarketLiquidity.Of(snapshot, market));
    }

    public IEnumerable<Instrument> Listed => Snapshot.Boards.SelectMany(b => b.Expiries.SelectMany(e => e.Options).Concat(b.Linears)).Select(q => q.Instrument);

    /// <summary>The scene of accounts on this board; path and the rest are set by the caller.</summary>
    public CascadeScene Scene(IReadOnlyCollection<Account> accounts, RiskParameters risk, PricePath path) => CascadeScene.Of(Market, Liquidity, Listed, accounts, risk, path);
}

using System.Collections.Immutable;
using System.Diagnostics;
using Pms.MarketData.Snapshots;
using Pms.Volatility;

namespace Pms.Cli.Commands;

/// <summary>The fitted surfaces of all underlyings of a snapshot that have options, with the time each took.</summary>
internal sealed record BoardFit(MarketSnapshot Snapshot, SurfaceParameters Parameters, ImmutableArray<(SurfaceFit Fit, double Microseconds)> Underlyings)
{
    /// <param name="snapshot">quotes</param>
    /// <param name="parameters">how to fit</param>
    /// <param name="previous">the fits before this one: start and prior</param>
    /// <param name="isTimed">whether the times are shown: the first call of a process then fits twice</param>
    public static BoardFit Of(MarketSnapshot snapshot, SurfaceParameters parameters, BoardFit? previous = null, bool isTimed = false)
    {
        if (isTimed && previous is null)
        {
            // The first call of a process compiles the kernels; what is timed is the fit.
            FitAll(snapshot, parameters, null);
        }

        return new BoardFit(snapshot, parameters, FitAll(snapshot, parameters, previous));
    }

    private static ImmutableArray<(SurfaceFit Fit, double Microseconds)> FitAll(MarketSnapshot snapshot, SurfaceParameters parameters, BoardFit? previous)
    {
        var fits = ImmutableArray.CreateBuilder<(SurfaceFit, double)>();
        foreach (var board in snapshot.Boards)
        {
            if (board.Expiries.IsEmpty)
            {
                continue;
            }

            var earlier = previous?.Underlyings.FirstOrDefault(u => u.Fit.Underlying == board.Id).Fit?.Surface;
            var start = Stopwatch.GetTimestamp();
            var fit = SurfaceFitter.Fit(board, snapshot.ObservedAt, parameters, earlier);
            fits.Add((fit, Stopwatch.GetElapsedTime(start).TotalMicroseconds));
        }

        return fits.ToImmutable();
    }
}

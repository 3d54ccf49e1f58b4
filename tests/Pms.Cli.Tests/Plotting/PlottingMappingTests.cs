using System.Xml.Linq;
using Pms.Cli.Commands;
using Pms.Cli.Plotting;
using Pms.Testing;
using Pms.Volatility;

namespace Pms.Cli.Tests.Plotting;

public sealed class PlottingMappingTests
{
    [Fact]
    public void Of_RecordedBoard_ShowsEveryQuoteAndTheFitsOwnFigures()
    {
        var (snapshot, _) = BoardSource.Read(RepositoryPaths.RequireShared("fixtures", "deribit", "chain", "btc_chain_2026-08-01.json"), at: null);
        var board = BoardFit.Of(snapshot, SurfaceParameters.Default, previous: null);

        var model = SurfacePlotMapping.Of(board, "board");

        model.Validate();
        var plot = model.Underlyings.ShouldHaveSingleItem();
        var fit = board.Underlyings[0].Fit;
        plot.Slices.Sum(s => s.Quotes.Count).ShouldBe(868);
        plot.Slices.Sum(s => s.Quotes.Count(q => q.Quarantined is null)).ShouldBe(fit.Used);
        plot.Arbitrage!.ButterflyViolations.ShouldBe(fit.ButterflyViolations);
        plot.Arbitrage.CalendarViolations.ShouldBe(fit.CalendarViolations);

        // Every curve passes through the surface, and the grid and the 25-delta skew lie on it.
        foreach (var slice in plot.Slices.Where(s => s.Curve.Vol.Length > 0))
        {
            for (var i = 0; i < slice.Curve.Vol.Length; i += 20)
            {
                slice.Curve.Vol[i].ShouldBe(fit.Surface!.Vol(slice.Curve.LogMoneyness[i], slice.Years), 1e-12);
            }
        }

        var grid = plot.Grid!;
        var (put, atm, call) = (Array.FindIndex(grid.X, x => Math.Abs(x - 0.75) < 1e-9), Array.FindIndex(grid.X, x => Math.Abs(x - 0.5) < 1e-9), Array.FindIndex(grid.X, x => Math.Abs(x - 0.25) < 1e-9));
        plot.Term!.Years[0].ShouldBe(grid.Years[0], 1e-12);
        plot.Term.RiskReversal25[0]!.Value.ShouldBe(grid.Vol[call] - grid.Vol[put], 1e-9);
        grid.Vol[atm].ShouldBe(plot.Term.AtmVol[0], 0.01);

        using var picture = new StringWriter();
        SurfaceSvg.Write(model, picture);
        XDocument.Parse(picture.ToString()).Root.ShouldNotBeNull();
    }
}

using System.CommandLine;
using Pms.Cli.Output;
using Pms.MarketData.Readers;
using Pms.Primitives;
using Pms.Volatility;

namespace Pms.Cli.Commands;

/// <summary><c>pms surface fit|check|plot</c>: the arbitrage-free volatility surface of a board.</summary>
internal static class SurfaceCommand
{
    public static Command Create() => PmsCommand.Group(
        "surface", "The arbitrage-free volatility surface of a board: fit it, check it, draw it.", Fit(), SurfaceCheckCommand.Create(), SurfacePlotCommand.Create());

    private static Command Fit()
    {
        var source = new BoardSource();
        var all = new Option<bool>("--all") { Description = "fit every board in the order of the file, each with the one before as prior; one document per line", Arity = ArgumentArity.Zero };
        return PmsCommand.Create(
            "fit",
            "Fits the surface of every underlying of a board and reports forward, quality and arbitrage check of each expiry.",
            "pms surface fit --json board.csv.gz --at 2026-01-15T21:21:56Z",
            (context, cancel) => Task.FromResult(context.Get(all) ? FitAll(context, source, cancel) : FitOne(context, source)),
            source.File,
            source.At,
            all);
    }

    private static int FitOne(CommandContext context, BoardSource source)
    {
        var (snapshot, _) = source.Read(context);
        var fits = BoardFit.Of(snapshot, SurfaceParameters.Default, isTimed: true);
        if (context.Json)
        {
            JsonOutput.Write(SurfaceDocument.Of(fits.Snapshot, fits.Parameters, fits.Underlyings));
        }
        else
        {
            PrintTable(fits);
        }

        return ExitCodeOf(fits);
    }

    private static int FitAll(CommandContext context, BoardSource source, CancellationToken cancel)
    {
        context.Refuse("--all fits every board", source.At);
        using var file = MarketFile.Open(context.Require(source.File));
        var code = ExitCode.Ok;
        BoardFit? previous = null;
        foreach (var snapshot in file.ReadSnapshots())
        {
            cancel.ThrowIfCancellationRequested();
            var fits = BoardFit.Of(snapshot, SurfaceParameters.Default, previous, isTimed: true);
            if (context.Json)
            {
                JsonOutput.WriteLine(SurfaceDocument.Of(fits.Snapshot, fits.Parameters, fits.Underlyings));
            }
            else
            {
                foreach (var (fit, microseconds) in fits.Underlyings)
                {
                    Console.WriteLine(
                        $"{snapshot.ObservedAt.ToIso()}  {fit.Underlying.Name,-10} {fit.Slices.Length,3} expiries, {fit.Used,4} of {fit.Seen,4} quotes, "
                        + $"inside {Percent(fit.InsideBidAsk),6}, {microseconds,6:F0} us, arbitrage {fit.ButterflyViolations + fit.CalendarViolations}{Reasons(fit.Degraded)}");
                }
            }

            code = Math.Max(code, ExitCodeOf(fits));
            previous = fits;
        }

        BoardSource.WarnOfRefused(file.Report);
        return previous is null ? throw new InvalidInputException("no-board", $"{file.Name} ({file.Format}) holds no board") : code;
    }

    private static void PrintTable(BoardFit board)
    {
        var snapshot = board.Snapshot;
        Console.WriteLine($"{snapshot.ObservedAt.ToIso()}  {snapshot.Source}  snapshot {snapshot.Hash.ToString()[..16]}");
        foreach (var (fit, microseconds) in board.Underlyings)
        {
            Console.WriteLine();
            Console.WriteLine(
                $"{fit.Underlying.Name}: {fit.Used} of {fit.Seen} quotes used, {Percent(fit.InsideBidAsk)} of 5-95 delta inside bid-ask, fitted in {microseconds:F0} us, "
                + $"{fit.ButterflyViolations} butterfly and {fit.CalendarViolations} calendar violations{Reasons(fit.Degraded)}");
            var table = new TextTable("expiry", "days", "forward", "ATM vol %", "seen", "used", "inside %", "rmse vol pts", "min g", "quarantined ", "degraded ");
            foreach (var s in fit.Slices)
            {
                table.Add(
                    s.Expiry.ToIso(),
                    $"{s.Years * 365:F2}",
                    s.Forward is { } forward ? $"{forward:N2}" : "",
                    s.Slice is { } slice ? $"{100 * slice.Vol(0):F2}" : "",
                    $"{s.Seen}",
                    $"{s.Used}",
                    s.InsideBidAsk is { } inside ? $"{100 * inside:F1}" : "",
                    s.RmseVol is { } rmse ? $"{100 * rmse:F2}" : "",
                    s.MinG is { } g ? $"{g:F4}" : "",
                    string.Join(", ", s.Quarantined.Where(q => q.Value > 0).Select(q => $"{q.Key} {q.Value}")),
                    string.Join(", ", s.Degraded.Select(d => d.Code)));
            }

            table.Write();
        }
    }

    /// <summary>Arbitrage is worse than thin data; thin data everywhere is worth a code of its own.</summary>
    public static int ExitCodeOf(BoardFit board)
    {
        return board.Underlyings.Any(u => u.Fit.ButterflyViolations + u.Fit.CalendarViolations > 0) ? ExitCode.VerificationFailed
            : board.Underlyings.All(u => u.Fit.Surface is null) ? ExitCode.StaleData
            : ExitCode.Ok;
    }

    private static string Percent(double? share) => share is { } s ? $"{100 * s:F1} %" : "none";

    private static string Reasons(IReadOnlyCollection<Refusal> reasons) => reasons.Count == 0 ? "" : $", degraded: {string.Join("; ", reasons.Select(r => r.Message))}";
}

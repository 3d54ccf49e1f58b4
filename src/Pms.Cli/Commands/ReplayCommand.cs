using System.CommandLine;
using System.Globalization;
using Pms.Cli.Output;
using Pms.Connectors.Sessions;
using Pms.MarketData.Readers;
using Pms.MarketData.Snapshots;
using Pms.Primitives;
using Pms.Volatility;

namespace Pms.Cli.Commands;

/// <summary><c>pms replay</c>: plays a recording through the market state and, on each tick of market time, refits the surfaces; or recomputes a risk server's epochs.</summary>
internal static class ReplayCommand
{
    public static Command Create()
    {
        var file = new Argument<string?>("FILE") { Description = "session, recording or board file (docs/formats.md), - reads standard input; with --verify a risk server's data folder", Arity = ArgumentArity.ZeroOrOne };
        var speed = new Option<string>("--speed") { Description = "1x, 10x, … or max", DefaultValueFactory = _ => "max" };
        var every = new Option<string?>("--fit-every") { Description = "market time between refits, as in 1s; no fits when left out" };
        return PmsCommand.Create(
            "replay",
            "Plays a recording at a chosen speed; with --fit-every seals a snapshot and refits at each tick of market time. With --verify: recomputes what a risk server has stored.",
            "pms replay session.ndjson.gz --speed max --fit-every 1s",
            (context, cancel) =>
            {
                if (ReplayVerification.IsAsked(context))
                {
                    context.Refuse("with --verify nothing is played", speed, every);
                    return Task.FromResult(ReplayVerification.Run(context, context.Get(file), cancel));
                }

                ReplayVerification.RefuseFlags(context);
                return RunAsync(
                    context,
                    context.Get(file) ?? throw new InvalidInputException("file-not-found", "FILE is required: what is to be played"),
                    ParseSpeed(context.Get(speed)!),
                    context.Get(every) is { } text ? DurationText.Parse(text, "--fit-every") : null,
                    cancel);
            },
            [file, speed, every, .. ReplayVerification.Flags]);
    }

    private static async Task<int> RunAsync(CommandContext context, string path, double? speed, TimeSpan? interval, CancellationToken cancel)
    {
        using var file = MarketFile.Open(path);
        using var progress = new ProgressLine();
        var replayer = new SessionReplayer(new ReplayOptions { Speed = speed, SnapshotInterval = interval }, TimeProvider.System);
        var fits = new FitSeries(context);
        var played = await replayer.RunAsync(
            file.ReadEvents(),
            interval is null ? null : fits.Add,
            p => progress.Show($"{p.MarketTime?.ToIso() ?? "-"}  {p.Events:N0} events ({p.Events / Math.Max(p.Elapsed.TotalSeconds, 1e-9):N0}/s), {p.Speed:F1}x, {p.Snapshots} fits"),
            cancel).ConfigureAwait(false);
        progress.End();
        BoardSource.WarnOfRefused(file.Report);
        var seconds = Math.Max(played.Elapsed.TotalSeconds, 1e-9);
        var document = new ReplayDocument(new ReplaySummary(
            file.Format,
            played.Events,
            played.Rejected,
            played.NotApplied,
            played.Snapshots,
            played.SkippedSnapshots,
            played.MarketTime?.ToIso(),
            Math.Round(seconds, 3),
            Math.Round(played.Events / seconds),
            Math.Round(played.Speed, 2),
            fits.MedianMicroseconds,
            fits.Violations));
        if (context.Json)
        {
            JsonOutput.WriteLine(document);
        }
        else
        {
            var s = document.Replay;
            Console.WriteLine(
                $"{s.Events:N0} events in {s.Seconds:N2} s ({s.EventsPerSecond:N0}/s, {s.Speed:N1}x market time), {s.Rejected} refused, {s.NotApplied} did not apply, "
                + $"{s.Fits} boards fitted{(s.MedianFitMicroseconds is { } us ? $" in {us:N0} us each (median)" : "")}, {s.SkippedFits} skipped");
        }

        return fits.Violations > 0 ? ExitCode.VerificationFailed : ExitCode.Ok;
    }

    private const double LeastSpeed = 0.001;

    /// <returns>null for as fast as it goes</returns>
    private static double? ParseSpeed(string text)
    {
        if (text == "max")
        {
            return null;
        }

        return double.TryParse(text.AsSpan().TrimEnd('x'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var speed) && speed >= LeastSpeed
            ? speed
            : throw new InvalidInputException("speed-format", $"--speed '{text}' is neither max nor a factor such as 1x or 10x of at least {LeastSpeed:G}");
    }

    /// <summary>The fits of a replay, each with the one before as prior, printed as they come.</summary>
    private sealed class FitSeries(CommandContext context)
    {
        private readonly List<double> _microseconds = [];
        private BoardFit? _previous;

        public int Violations { get; private set; }

        public double? MedianMicroseconds
        {
            get
            {
                _microseconds.Sort();
                return _microseconds.Count == 0 ? null : Math.Round(_microseconds[_microseconds.Count / 2], 1);
            }
        }

        public void Add(MarketSnapshot snapshot)
        {
            var fit = BoardFit.Of(snapshot, SurfaceParameters.Default, _previous, isTimed: true);
            _previous = fit;
            Violations += fit.Underlyings.Sum(u => u.Fit.ButterflyViolations + u.Fit.CalendarViolations);
            _microseconds.Add(fit.Underlyings.Sum(u => u.Microseconds));
            if (context.Json)
            {
                JsonOutput.WriteLine(SurfaceDocument.Of(fit.Snapshot, fit.Parameters, fit.Underlyings));
            }
        }
    }

    private sealed record ReplayDocument(ReplaySummary Replay);

    private sealed record ReplaySummary(
        string Format,
        long Events,
        long Rejected,
        long NotApplied,
        long Fits,
        long SkippedFits,
        string? MarketTime,
        double Seconds,
        double EventsPerSecond,
        double Speed,
        double? MedianFitMicroseconds,
        int Violations);
}

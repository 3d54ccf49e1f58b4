using System.Globalization;
using Pms.MarketData.Readers;
using Pms.MarketData.Snapshots;
using Pms.Simulation;
using Pms.Simulation.Parameters;
using Pms.Volatility;

namespace Pms.Bench;

/// <summary>SURFACE: every option board of a snapshot to its surface: quarantine, implied vols, joint fit, proofs and report.</summary>
/// <remarks>The board is the simulated exchange's; PMS_BENCH_BOARD names a recorded file whose first snapshot is fitted instead.</remarks>
internal sealed class SurfaceBoardWorkload : IWorkload
{
    private const int FitsPerRun = 10;

    public string Name => "SURFACE";

    public bool Run(BenchReport report, IReadOnlyList<int> threads)
    {
        var snapshot = Snapshot();
        var passed = true;
        foreach (var warm in new[] { false, true })
        {
            var previous = snapshot.Boards.Select(b => SurfaceFitter.Fit(b, snapshot.ObservedAt, SurfaceParameters.Default).Surface).ToArray();
            var fits = new SurfaceFit[snapshot.Boards.Length];
            var timing = Timing.Measure(
                15,
                () =>
                {
                    for (var i = 0; i < FitsPerRun; i++)
                    {
                        for (var b = 0; b < fits.Length; b++)
                        {
                            fits[b] = SurfaceFitter.Fit(snapshot.Boards[b], snapshot.ObservedAt, SurfaceParameters.Default, warm ? previous[b] : null);
                        }
                    }
                },
                warmUps: 15).Over(FitsPerRun);
            var options = fits.Sum(f => f.Seen);
            var slices = fits.Sum(f => f.Slices.Length);
            var violations = fits.Sum(f => f.ButterflyViolations + f.CalendarViolations);
            var inside = (double)fits.Sum(f => f.Inside) / fits.Sum(f => f.InScope);
            report.Line(warm ? "previous-as-prior" : "cold", 1, options, timing, string.Create(CultureInfo.InvariantCulture, $"\"options\":{options},\"slices\":{slices},\"violations\":{violations},\"inside_bid_ask\":{inside:F4}"));
            passed &= violations == 0;
        }

        return passed;
    }

    private static MarketSnapshot Snapshot()
    {
        var path = Environment.GetEnvironmentVariable("PMS_BENCH_BOARD");
        return string.IsNullOrEmpty(path)
            ? new SimulatedExchange(SimulationParameters.Default, seed: 1).SnapshotAt(SimulationParameters.Default.Start.AddDays(2))
            : MarketFile.ReadSnapshots(path).First();
    }
}

using Pms.Simulation.Stress;

namespace Pms.Cli.Demo;

/// <summary>What happens in the demonstration's market: now a fall, now a rise, each within a few minutes, so that margin calls and liquidations can be watched.</summary>
internal static class DemoMarket
{
    private const double Fall = -0.19845093872383832; // ln 0.82
    private const double Rise = 0.131028262406404; // ln 1.14

    private static readonly TimeSpan Cycle = TimeSpan.FromMinutes(10);
    private const int Cycles = 144;

    /// <summary>Calm until a moment after the market began.</summary>
    public static ScheduledScript Script(TimeSpan startsAfter) => new(
        new StressScript("demo", "Every 10 minutes spot moves 18 % down or 14 % up within 3 minutes and comes back.", [.. Enumerable.Range(0, Cycles).SelectMany(Frames).Append(new StressFrame(Cycles * Cycle, StressState.None))]),
        startsAfter);

    private static StressFrame[] Frames(int cycle)
    {
        var moved = new StressState { LogSpotShift = cycle % 2 == 0 ? Fall : Rise, VolTarget = 0.8 };
        StressFrame At(double minutes, StressState state) => new((cycle * Cycle) + TimeSpan.FromMinutes(minutes), state);
        return [At(0, StressState.None), At(2, StressState.None), At(5, moved), At(7, moved)];
    }
}

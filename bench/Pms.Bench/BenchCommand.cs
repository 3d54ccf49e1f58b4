using System.Globalization;
using Pms.Bench.Load;
using Pms.Primitives;

namespace Pms.Bench;

/// <summary>Runs workloads and prints one JSON object a line, in the form that the peer benchmarks print too.</summary>
public static class BenchCommand
{
    private static readonly IWorkload[] All =
    [
        new BlackWorkload(), new ImpliedVolWorkload(), new SmileWorkload(), new SurfaceBoardWorkload(), new SimulationWorkload(), new ReplayWorkload(), new ModelsWorkload(),
        new RevaluationWorkload(), new BookWorkload(), new LiveAccountWorkload(), new BookScaleWorkload(), new SolvencyWorkload(), new PlanWorkload(),
    ];

    // They last, and start servers: run when they are named.
    private static readonly IWorkload[] Loads = [new TickWorkload(), new IngestWorkload(), new WhatIfWorkload(), new SoakWorkload(), new RestartWorkload()];

    public static IReadOnlyList<string> Names { get; } = [.. All.Concat(Loads).Select(w => w.Name)];

    /// <param name="workloads">names as in W1; all of them where empty</param>
    /// <param name="output">where the lines go</param>
    /// <param name="threads">thread counts to measure, each from 1; 1 and 2 where empty</param>
    /// <returns>0, or 1 where a check failed</returns>
    /// <exception cref="InvalidInputException">unknown-workload, threads-range</exception>
    public static int Run(IReadOnlyList<string> workloads, TextWriter output, IReadOnlyList<int>? threads = null)
    {
        ArgumentNullException.ThrowIfNull(workloads);
        ArgumentNullException.ThrowIfNull(output);
        foreach (var name in workloads)
        {
            if (!Names.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                throw new InvalidInputException("unknown-workload", $"'{name}' is not a workload; known are {string.Join(", ", Names)}");
            }
        }

        int[] counts = threads is { Count: > 0 } ? [.. threads] : [1, 2];
        foreach (var count in counts)
        {
            if (count is < 1 or > 256)
            {
                throw new InvalidInputException("threads-range", $"{count} threads: 1 to 256 are possible");
            }
        }

        var passed = true;
        foreach (var workload in workloads.Count == 0 ? All : All.Concat(Loads))
        {
            if (workloads.Count == 0 || workloads.Contains(workload.Name, StringComparer.OrdinalIgnoreCase))
            {
                passed &= workload.Run(new BenchReport(workload.Name, output), counts);
            }
        }

        return passed ? 0 : 1;
    }
}

/// <summary>One workload of the benchmark set: fixed seeds, so that every peer computes the same numbers.</summary>
public interface IWorkload
{
    /// <summary>As in W1.</summary>
    string Name { get; }

    /// <summary>Measures every variant for every thread count and reports it.</summary>
    /// <returns>whether the workload's check values were met</returns>
    bool Run(BenchReport report, IReadOnlyList<int> threads);
}

/// <summary>Writes result lines.</summary>
public sealed class BenchReport(string workload, TextWriter output)
{
    private const string Peer = "pms";

    /// <param name="variant">what was measured</param>
    /// <param name="threads">how many threads shared the work</param>
    /// <param name="items">results a run produces</param>
    /// <param name="timing">of one run</param>
    /// <param name="extra">further JSON members, as in <c>"checksum":1.5</c></param>
    public void Line(string variant, int threads, double items, Timing timing, string extra)
    {
        ArgumentNullException.ThrowIfNull(timing);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"peer\":\"{Peer}\",\"workload\":\"{workload}\",\"variant\":\"{variant}\",\"threads\":{threads},\"wall_min_ms\":{timing.WallMinMs:F3},\"wall_med_ms\":{timing.WallMedianMs:F3},\"cpu_min_ms\":{timing.CpuMinMs:F3},\"ns_item_cpu\":{timing.CpuMinMs / items * 1e6:F3},{extra}}}"));
        output.Flush();
    }

    /// <param name="variant">what was measured</param>
    /// <param name="p01">microseconds of wall time that one in a hundred stays below</param>
    /// <param name="p50">median, microseconds</param>
    /// <param name="p99">microseconds that one in a hundred exceeds</param>
    /// <param name="extra">further JSON members</param>
    public void Latency(string variant, double p01, double p50, double p99, string extra)
    {
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"peer\":\"{Peer}\",\"workload\":\"{workload}\",\"variant\":\"{variant}\",\"p01_us\":{p01:F2},\"p50_us\":{p50:F2},\"p99_us\":{p99:F2},{extra}}}"));
        output.Flush();
    }
}

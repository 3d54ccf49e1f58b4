using System.Diagnostics;

namespace Pms.Bench;

/// <summary>Wall time and CPU time of the whole process over repeated runs.</summary>
/// <param name="WallMinMs">milliseconds</param>
/// <param name="WallMedianMs">milliseconds</param>
/// <param name="CpuMinMs">milliseconds, all threads added up</param>
public sealed record Timing(double WallMinMs, double WallMedianMs, double CpuMinMs)
{
    /// <param name="repetitions">how many runs are timed, after the warm-up runs that let the compiler finish</param>
    /// <param name="run">one run</param>
    /// <param name="warmUps">runs before the clock starts</param>
    public static Timing Measure(int repetitions, Action run, int warmUps = 2)
    {
        ArgumentNullException.ThrowIfNull(run);
        for (var i = 0; i < warmUps; i++)
        {
            run();
        }

        var wall = new double[repetitions];
        var cpu = new double[repetitions];
        for (var i = 0; i < repetitions; i++)
        {
            var cpuBefore = Environment.CpuUsage.TotalTime;
            var before = Stopwatch.GetTimestamp();
            run();
            wall[i] = Stopwatch.GetElapsedTime(before).TotalMilliseconds;
            cpu[i] = (Environment.CpuUsage.TotalTime - cpuBefore).TotalMilliseconds;
        }

        Array.Sort(wall);
        return new Timing(wall[0], wall[repetitions / 2], cpu.Min());
    }

    /// <summary>The time of one of several equal parts of a run, for work too short for the clock.</summary>
    public Timing Over(int parts) => new(WallMinMs / parts, WallMedianMs / parts, CpuMinMs / parts);

    /// <summary>Splits 0..count over threads in contiguous parts; each part writes to its own slots, so the results do not depend on the split.</summary>
    /// <param name="threads">how many</param>
    /// <param name="count">items to share</param>
    /// <param name="part">called with begin and end</param>
    public static void Parallel(int threads, int count, Action<int, int> part)
    {
        ArgumentNullException.ThrowIfNull(part);
        if (threads == 1)
        {
            part(0, count);
            return;
        }

        var workers = new Thread[threads];
        for (var t = 0; t < threads; t++)
        {
            var begin = (int)((long)count * t / threads);
            var end = (int)((long)count * (t + 1) / threads);
            workers[t] = new Thread(() => part(begin, end));
            workers[t].Start();
        }

        foreach (var worker in workers)
        {
            worker.Join();
        }
    }
}

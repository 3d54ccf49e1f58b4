using System.Diagnostics;

namespace Pms.Prover.Processes;

/// <summary>How a child ended.</summary>
/// <param name="ExitCode">0: well</param>
/// <param name="Output">standard output</param>
/// <param name="Errors">standard error</param>
/// <param name="Cost">what it used</param>
public sealed record ProcessOutcome(int ExitCode, string Output, string Errors, ProverCost Cost);

/// <summary>Runs a program as a child within limits; a child beyond them is killed with all of its own children.</summary>
public static class LimitedProcess
{
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(25);

    /// <param name="program">path or name</param>
    /// <param name="arguments">as they are</param>
    /// <param name="limits">time and memory</param>
    /// <param name="cancel">kills the child</param>
    /// <exception cref="ProverException"><c>prover-missing</c>, <c>prover-timeout</c>, <c>prover-memory</c></exception>
    public static async Task<ProcessOutcome> RunAsync(string program, IEnumerable<string> arguments, ProverLimits limits, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        ArgumentNullException.ThrowIfNull(limits);
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Start(start);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var clock = Stopwatch.StartNew();
        var (cpu, peak) = (TimeSpan.Zero, 0L);
        var ended = process.WaitForExitAsync(cancel);
        try
        {
            while (!process.HasExited)
            {
                cancel.ThrowIfCancellationRequested();
                (cpu, peak) = Measure(process, cpu, peak);
                if (peak > limits.MemoryBytes)
                {
                    throw new ProverException("prover-memory", $"{Path.GetFileName(program)} took {peak >> 20} MB: {limits.MemoryBytes >> 20} MB are allowed");
                }

                if (clock.Elapsed > limits.Time)
                {
                    throw new ProverException("prover-timeout", $"{Path.GetFileName(program)} took more than {limits.Time}");
                }

                await Task.WhenAny(ended, Task.Delay(Look, cancel)).ConfigureAwait(false);
            }
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit(KillPatience);
            }
        }

        return new ProcessOutcome(
            process.ExitCode, await output.ConfigureAwait(false), await errors.ConfigureAwait(false), new ProverCost(cpu.TotalSeconds, clock.Elapsed.TotalSeconds, peak));
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new ProverException("prover-missing", $"'{start.FileName}' did not start");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new ProverException("prover-missing", $"'{start.FileName}' cannot be run: {e.Message}", e);
        }
    }

    /// <summary>A child that has just ended shows no numbers any more: the last ones stand.</summary>
    private static (TimeSpan Cpu, long Peak) Measure(Process process, TimeSpan cpu, long peak)
    {
        try
        {
            process.Refresh();
            var (nextCpu, nextPeak) = (process.TotalProcessorTime, process.PeakWorkingSet64);
            return (nextCpu > cpu ? nextCpu : cpu, Math.Max(peak, nextPeak));
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return (cpu, peak);
        }
    }
}

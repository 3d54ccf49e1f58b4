using System.CommandLine;
using Pms.Bench;

namespace Pms.Cli.Commands;

/// <summary><c>pms bench</c>: the engine's workloads, one JSON line a result.</summary>
internal static class BenchmarkCommand
{
    public static Command Create()
    {
        var workloads = new Argument<string[]>("workloads")
        {
            Description = $"any of {string.Join(", ", BenchCommand.Names)}; all of them where none is named",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var threads = new Option<int[]>("--threads")
        {
            Description = "thread counts to measure; 1 and 2 by default",
            AllowMultipleArgumentsPerToken = true,
        };
        return PmsCommand.Create(
            "bench",
            "Times the engine on workloads fixed by seed; each line is a JSON object with the check values of its workload.",
            "pms bench W1 W2",
            (context, _) => Task.FromResult(BenchCommand.Run(context.Get(workloads) ?? [], Console.Out, context.Get(threads))),
            workloads,
            threads);
    }
}

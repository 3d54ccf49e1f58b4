using System.Diagnostics;
using System.Text.Json;

namespace Pms.Cli.Tests;

/// <summary>Runs the built command line as a user would: arguments, standard input, both outputs and the exit code.</summary>
internal static class PmsProcess
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <summary>Starts it and leaves it running.</summary>
    public static Process Start(string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "pms.dll"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
    }

    public static async Task<PmsRun> RunAsync(string[] arguments, string? standardInput = null, CancellationToken cancel = default)
    {
        using var process = Start(arguments);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Limit);
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        if (standardInput is not null)
        {
            await process.StandardInput.WriteAsync(standardInput.AsMemory(), limit.Token);
        }

        process.StandardInput.Close();
        await process.WaitForExitAsync(limit.Token);
        return new PmsRun(process.ExitCode, await output, await error);
    }
}

/// <summary>What a run left behind.</summary>
internal sealed record PmsRun(int ExitCode, string Output, string Error)
{
    /// <summary>Standard output as one JSON document.</summary>
    public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Output);
}

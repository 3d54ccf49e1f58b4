using System.Diagnostics;

namespace Pms.Cli.Tests;

/// <summary>A risk server in a process of its own.</summary>
internal static class ServeProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    /// <param name="folder">for its data</param>
    /// <param name="store">flags and environment of another database than the folder's</param>
    /// <remarks>Code is compiled quickly rather than well: it starts sooner, and no number depends on it.</remarks>
    public static Process Start(string folder, (string[] Flags, (string Name, string Value)[] Environment) store = default) => PmsProcess.Start(
        ["serve", "--feed", "sim", "--accounts", "20", "--interval", "200", "--port", "0", "--data", folder, "--threads", "1", "--json", .. store.Flags ?? []],
        [("DOTNET_TC_QuickJit", "1"), .. store.Environment ?? []]);

    /// <returns>where its API is</returns>
    public static async Task<Uri> ListeningAsync(Process process, CancellationToken cancel)
    {
        while (await process.StandardOutput.ReadLineAsync(cancel).AsTask().WaitAsync(Patience, cancel) is { } line)
        {
            if (line.Split('"') is [_, "url", _, var url, ..])
            {
                return new Uri(new Uri(url), "api/v1/");
            }
        }

        throw new InvalidOperationException($"it ended before it listened: {await process.StandardError.ReadToEndAsync(cancel)}");
    }
}

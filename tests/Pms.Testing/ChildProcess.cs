using System.Diagnostics;

namespace Pms.Testing;

/// <summary>Runs one test of the calling test program again in a process of its own, as with an instruction set switched off.</summary>
public static class ChildProcess
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <param name="testClass">class of the test</param>
    /// <param name="method">its name</param>
    /// <param name="setting">environment variable of the child, as in DOTNET_EnableAVX2=0</param>
    public static void RunTest(Type testClass, string method, string setting)
    {
        ArgumentNullException.ThrowIfNull(testClass);
        ArgumentNullException.ThrowIfNull(setting);
        var program = testClass.Assembly.Location;
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(program);
        start.ArgumentList.Add("-noLogo");
        start.ArgumentList.Add("-noColor");
        start.ArgumentList.Add("-method");
        start.ArgumentList.Add($"{testClass.FullName}.{method}");
        var split = setting.IndexOf('=', StringComparison.Ordinal);
        start.Environment[setting[..split]] = setting[(split + 1)..];
        using var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{method} with {setting} took more than {Limit}");
        }

        var text = $"{output.GetAwaiter().GetResult()}{errors.GetAwaiter().GetResult()}";
        Xunit.Assert.True(process.ExitCode == 0, $"{method} with {setting}: exit code {process.ExitCode}\n{text}");
        // A filter that matches nothing would pass too.
        Xunit.Assert.Contains("Total: 1,", text, StringComparison.Ordinal);
    }
}

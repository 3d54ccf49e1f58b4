using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Pms.Server.Tests.Storage.Faults;

/// <summary>How a call on a file fails.</summary>
public enum DiskFault
{
    /// <summary>One call that changes the disk is answered with EIO, and has done nothing.</summary>
    Once = 1,

    /// <summary>So is every call after it.</summary>
    Onwards,

    /// <summary>One write writes its first half and is answered with EIO.</summary>
    Torn,

    /// <summary>One write writes its first half and says so: no error.</summary>
    Short,

    /// <summary>One read is answered with EIO.</summary>
    Read,
}

/// <summary>The library <c>disk_faults.c</c>: built here, preloaded into a process of its own, and told there which call is to fail.</summary>
internal static class DiskFaults
{
    private const string Compiler = "/usr/bin/gcc";
    private const string Preload = "LD_PRELOAD";

    public static bool CanBeBuilt => OperatingSystem.IsLinux() && File.Exists(Compiler);

    /// <summary>Whether this is the process that was started with it.</summary>
    public static bool IsLoaded => Environment.GetEnvironmentVariable(Preload)?.EndsWith("disk_faults.so", StringComparison.Ordinal) == true;

    /// <summary>Builds it.</summary>
    /// <param name="folder">where it goes</param>
    /// <returns>the setting that preloads it</returns>
    public static string Build(string folder)
    {
        var library = Path.Combine(folder, "disk_faults.so");
        using var process = Process.Start(new ProcessStartInfo(Compiler, ["-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", library, Path.Combine(AppContext.BaseDirectory, "disk_faults.c"), "-ldl"]) { UseShellExecute = false, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, error);
        return $"{Preload}={library}";
    }

    /// <summary>From now on, of the calls that this kind counts.</summary>
    /// <param name="folder">whose files</param>
    /// <param name="fault">how</param>
    /// <param name="call">number of the call, from 1</param>
    public static void Arm(string folder, DiskFault fault, long call)
    {
        Export<ArmCall>("disk_faults_arm")(folder, (int)fault, (nint)call);
    }

    /// <returns>calls that failed</returns>
    public static long Disarm() => Export<DisarmCall>("disk_faults_disarm")();

    private static T Export<T>(string name)
        where T : Delegate => Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), name));

    private delegate void ArmCall([MarshalAs(UnmanagedType.LPUTF8Str)] string folder, int fault, nint call);

    private delegate nint DisarmCall();
}

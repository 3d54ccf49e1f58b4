using System.Runtime.CompilerServices;

namespace Pms.Testing;

/// <summary>Where the repository and the reference data beside it lie.</summary>
public static class RepositoryPaths
{
    /// <summary>The folder that holds Pms.slnx.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The reference data folder (PMS_SHARED, else ../shared beside the repository), or null where it is absent.</summary>
    public static string? Shared { get; } = FindShared();

    /// <summary>A file under the reference data folder; skips the running test, saying why, where it is absent.</summary>
    public static string RequireShared(params string[] parts)
    {
        Xunit.Assert.SkipWhen(Shared is null, "skipped: reference data folder ../shared is absent (set PMS_SHARED to run this test)");
        var path = Path.Combine([Shared!, .. parts]);
        Xunit.Assert.SkipUnless(Path.Exists(path), $"skipped: {path} is absent");
        return path;
    }

    private static string FindRoot([CallerFilePath] string here = "")
    {
        for (var folder = Path.GetDirectoryName(here); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Pms.slnx")))
            {
                return folder;
            }
        }

        throw new InvalidOperationException($"no Pms.slnx above {here}");
    }

    private static string? FindShared()
    {
        var configured = Environment.GetEnvironmentVariable("PMS_SHARED");
        var path = string.IsNullOrEmpty(configured) ? Path.Combine(Root, "..", "shared") : configured;
        return Directory.Exists(path) ? Path.GetFullPath(path) : null;
    }
}

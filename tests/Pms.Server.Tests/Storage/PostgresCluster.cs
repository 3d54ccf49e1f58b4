using System.Diagnostics;
using Npgsql;

namespace Pms.Server.Tests.Storage;

/// <summary>A PostgreSQL server of its own in a temporary folder, reached over a socket in it.</summary>
public sealed class PostgresCluster : IAsyncLifetime
{
    public const string Programs = "/usr/lib/postgresql/15/bin";

    // PostgreSQL refuses to run as root.
    private const string Owner = "nobody";

    private string? _folder;
    private int _databases;

    public static bool IsInstalled => File.Exists(Path.Combine(Programs, "initdb"));

    /// <summary>The database that every server has.</summary>
    public string Maintenance => Url("postgres");

    public async ValueTask InitializeAsync()
    {
        if (!IsInstalled)
        {
            return;
        }

        _folder = Directory.CreateTempSubdirectory("pms-postgres-").FullName;
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", Owner, _folder);
        }

        await AsOwnerAsync("initdb", "-D", Data, "-A", "trust", "-U", "pms", "-E", "UTF8", "--no-sync");
        await AsOwnerAsync("pg_ctl", "-D", Data, "-w", "-l", Path.Combine(_folder, "log"), "-o", $"-k {_folder} -c listen_addresses='' -c shared_buffers=16MB", "start");
    }

    public async ValueTask DisposeAsync()
    {
        if (_folder is not null)
        {
            await AsOwnerAsync("pg_ctl", "-D", Data, "-w", "-m", "immediate", "stop");
            Directory.Delete(_folder, recursive: true);
        }
    }

    /// <returns>its connection string</returns>
    public string NewDatabase()
    {
        var name = $"t{Interlocked.Increment(ref _databases)}";
        Run(Maintenance, $"CREATE DATABASE {name}");
        return Url(name);
    }

    public static int Run(string url, string sql)
    {
        using var connection = new NpgsqlConnection(url + ";Pooling=false");
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        return command.ExecuteNonQuery();
    }

    private string Data => Path.Combine(_folder!, "data");

    private string Url(string database) => $"Host={_folder};Username=pms;Database={database}";

    private static Task AsOwnerAsync(string program, params string[] arguments)
    {
        string[] command = [Path.Combine(Programs, program), .. arguments];
        return Environment.IsPrivilegedProcess ? RunAsync("runuser", ["-u", Owner, "--", .. command]) : RunAsync(command[0], command[1..]);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}: {await output} {await error}");
    }
}

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
        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_folder is not null)
        {
            await StopAsync();
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

    /// <summary>Stops it as a power cut would, but that the disk keeps what was handed to it, and starts it again: it recovers from its log.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    /// <summary>Ends all connections to a database, as an administrator does.</summary>
    public void EndConnections(string url) => Run(Maintenance, $"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{NameOf(url)}'");

    /// <summary>Kills the processes that serve the connections to a database (SIGKILL): all others are ended by it, and it recovers from its log.</summary>
    public void KillConnections(string url)
    {
        var processes = new List<int>();
        using (var connection = new NpgsqlConnection(Maintenance + ";Pooling=false"))
        {
            connection.Open();
            using var command = new NpgsqlCommand($"SELECT pid FROM pg_stat_activity WHERE datname = '{NameOf(url)}'", connection);
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                processes.Add(reader.GetInt32(0));
            }
        }

        foreach (var process in processes)
        {
            using var backend = Process.GetProcessById(process);
            backend.ProcessName.ShouldStartWith("postgres", Case.Sensitive, "the number may be another process's by now");
            backend.Kill();
        }
    }

    public static int Run(string url, string sql)
    {
        using var connection = new NpgsqlConnection(url + ";Pooling=false");
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        return command.ExecuteNonQuery();
    }

    private string Data => Path.Combine(_folder!, "data");

    private Task StartAsync() => AsOwnerAsync("pg_ctl", "-D", Data, "-w", "-l", Path.Combine(_folder!, "log"), "-o", $"-k {_folder} -c listen_addresses='' -c shared_buffers=16MB", "start");

    private Task StopAsync() => AsOwnerAsync("pg_ctl", "-D", Data, "-w", "-m", "immediate", "stop");

    private static string? NameOf(string url) => new NpgsqlConnectionStringBuilder(url).Database;

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

using System.Data.Common;
using Npgsql;
using Pms.Primitives;

namespace Pms.Server.Storage;

/// <summary>The store in a PostgreSQL database of its own; a commit is flushed to the disk before it returns.</summary>
/// <remarks>One writer: an advisory lock of this database, held as long as the one connection lives. A connection that is lost fails the store until the server starts again: another writer may have been there since.</remarks>
public sealed class PostgresStore : SqlStore
{
    // "pms-book" in ASCII.
    private const long WriterLock = 0x706D_732D_626F_6F6B;

    // The database notices a killed writer when it reads from its socket: usually within milliseconds.
    private const int LockAttempts = 20;
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(100);

    private const string Schema = """
        CREATE TABLE IF NOT EXISTS records (sequence BIGINT PRIMARY KEY, kind INTEGER NOT NULL, at_ms BIGINT NOT NULL, payload BYTEA NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL);
        CREATE INDEX IF NOT EXISTS parameter_records ON records (sequence) WHERE kind = 3;
        CREATE TABLE IF NOT EXISTS requests (key TEXT PRIMARY KEY, sequence BIGINT NOT NULL);
        CREATE TABLE IF NOT EXISTS epochs (number BIGINT PRIMARY KEY, head BYTEA NOT NULL, board BYTEA NOT NULL, book_sequence BIGINT NOT NULL);
        CREATE TABLE IF NOT EXISTS margins (account TEXT NOT NULL, epoch BIGINT NOT NULL, equity BIGINT NOT NULL, initial BIGINT NOT NULL, maintenance BIGINT NOT NULL, PRIMARY KEY (account, epoch));
        CREATE INDEX IF NOT EXISTS margins_of_epoch ON margins (epoch);
        """;

    private PostgresStore(NpgsqlConnection connection)
        : base(connection)
    {
    }

    public override string Name => "postgres";

    /// <param name="url">connection string of Npgsql, as in <c>Host=…;Database=…;Username=…;Password=…</c></param>
    /// <exception cref="InvalidInputException"><c>store-url</c>, <c>store-unreachable</c>, <c>store-busy</c>, <c>store-durability</c>, <c>store-chain</c></exception>
    public static PostgresStore Open(string url)
    {
        var connection = new NpgsqlConnection(ConnectionString(url));
        try
        {
            connection.Open();
            TakeLock(connection);
            Run(connection, "SET synchronous_commit TO on");
            if (Ask(connection, "SHOW fsync") is not "on")
            {
                throw new InvalidInputException("store-durability", "the database runs with fsync off: an acknowledged write could be lost");
            }

            Run(connection, Schema);
        }
        catch (DbException e)
        {
            connection.Dispose();
            throw new InvalidInputException("store-unreachable", $"the database cannot be used: {PrintableText.Of(e.Message)}", e);
        }
        catch
        {
            connection.Dispose();
            throw;
        }

        return new PostgresStore(connection);
    }

    private static string ConnectionString(string url)
    {
        try
        {
            // A pool would keep connection and lock beyond the store's end. Keepalives find a partner that is gone without a word.
            return new NpgsqlConnectionStringBuilder(url) { Pooling = false, ApplicationName = "pms", TcpKeepAlive = true }.ToString();
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidOperationException)
        {
            // The string may hold a password: nothing of it is repeated.
            throw new InvalidInputException("store-url", "the store's URL is no connection string of the form Host=…;Database=…;Username=…;Password=…");
        }
    }

    private static void TakeLock(NpgsqlConnection connection)
    {
        for (var attempt = 1; Ask(connection, $"SELECT pg_try_advisory_lock({WriterLock})") is not true; attempt++)
        {
            if (attempt == LockAttempts)
            {
                throw new InvalidInputException("store-busy", $"database {connection.Database} is in use by another server");
            }

            Thread.Sleep(LockPause);
        }
    }

    private static object? Ask(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        return command.ExecuteScalar();
    }

    private static void Run(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }
}

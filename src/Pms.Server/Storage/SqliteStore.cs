using Microsoft.Data.Sqlite;
using Pms.Attestation.Signing;

namespace Pms.Server.Storage;

/// <summary>The store in one SQLite file, each commit flushed to the disk; the default.</summary>
public sealed class SqliteStore : SqlStore
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS records (sequence INTEGER PRIMARY KEY, kind INTEGER NOT NULL, at_ms INTEGER NOT NULL, payload BLOB NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL);
        CREATE INDEX IF NOT EXISTS parameter_records ON records (sequence) WHERE kind = 3;
        CREATE TABLE IF NOT EXISTS requests (key TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS epochs (number INTEGER PRIMARY KEY, head BLOB NOT NULL, board BLOB NOT NULL, book_sequence INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS margins (account TEXT NOT NULL, epoch INTEGER NOT NULL, equity INTEGER NOT NULL, initial INTEGER NOT NULL, maintenance INTEGER NOT NULL, PRIMARY KEY (account, epoch)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS margins_of_epoch ON margins (epoch);
        """;

    private readonly SqliteConnection _connection;

    private SqliteStore(SqliteConnection connection)
        : base(connection) => _connection = connection;

    public override string Name => "sqlite";

    /// <param name="path">file; made where it is missing</param>
    /// <exception cref="Pms.Primitives.InvalidInputException"><c>store-busy</c>, <c>store-failed</c>, <c>store-damaged</c>, <c>store-chain</c></exception>
    public static SqliteStore Open(string path) => new(DurableDatabase.Open(path, "store", Schema));

    /// <summary>The file may not grow beyond so many pages more than it has, as on a full disk.</summary>
    internal void LimitPages(int more)
    {
        using var count = _connection.CreateCommand();
        count.CommandText = "PRAGMA page_count";
        DurableDatabase.Run(_connection, $"PRAGMA max_page_count = {(long)count.ExecuteScalar()! + more}");
    }
}

using Microsoft.Data.Sqlite;
using Pms.Primitives;

namespace Pms.Attestation.Signing;

/// <summary>SQLite files that must not forget: a commit is on the disk when it returns, and one process alone has the file.</summary>
public static class DurableDatabase
{
    private const int Busy = 5;
    private const int Locked = 6;
    private const int IoError = 10;
    private const int Full = 13;
    private const int CannotOpen = 14;

    /// <param name="path">file; made where it is missing</param>
    /// <param name="name">what it is, first part of the error codes</param>
    /// <param name="schema">statements that make what is missing</param>
    /// <exception cref="InvalidInputException">NAME-busy; NAME-failed: the disk or its folder, not what lies there; NAME-damaged</exception>
    public static SqliteConnection Open(string path, string name, string schema)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 1 }.ToString());
        try
        {
            connection.Open();
            // EXTRA flushes the folder after the journal is deleted too. The exclusive lock is taken by the first write and kept.
            Run(connection, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA; BEGIN EXCLUSIVE;");
            Run(connection, schema);
            Run(connection, "COMMIT");
            using var check = connection.CreateCommand();
            check.CommandText = "PRAGMA quick_check";
            if (check.ExecuteScalar() is not "ok")
            {
                throw new InvalidInputException($"{name}-damaged", $"{path} fails its check");
            }

            return connection;
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw e.SqliteErrorCode switch
            {
                Busy or Locked => new InvalidInputException($"{name}-busy", $"{path} is in use by another process", e),
                var code => new InvalidInputException($"{name}-{(code is IoError or Full or CannotOpen ? "failed" : "damaged")}", $"{path} cannot be used: {PrintableText.Of(e.Message)}", e),
            };
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}

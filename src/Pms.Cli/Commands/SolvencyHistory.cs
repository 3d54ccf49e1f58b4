using Microsoft.Data.Sqlite;
using Pms.Attestation.Signing;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary>Indices in an SQLite file, each once; what was added is on the disk.</summary>
internal sealed class SolvencyHistory : IDisposable
{
    private readonly SqliteConnection _connection;

    /// <param name="path">created where it is missing</param>
    /// <exception cref="InvalidInputException"><c>solvency-history-busy|failed|damaged</c></exception>
    public SolvencyHistory(string path) => _connection = DurableDatabase.Open(
        path, "solvency-history", "CREATE TABLE IF NOT EXISTS indices (place INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, record TEXT NOT NULL UNIQUE) STRICT");

    /// <summary>Adds an index; one that is there already stays as it is.</summary>
    /// <exception cref="InvalidInputException"><c>solvency-history-failed</c></exception>
    public void Add(SolvencyPoint point)
    {
        try
        {
            using var command = _connection.CreateCommand();
            command.CommandText = "INSERT OR IGNORE INTO indices (at_ms, record) VALUES ($at, $record)";
            command.Parameters.AddWithValue("$at", point.At.ToUnixTimeMilliseconds());
            command.Parameters.AddWithValue("$record", System.Text.Json.JsonSerializer.Serialize(point, DocumentJson.Compact));
            command.ExecuteNonQuery();
        }
        catch (SqliteException e)
        {
            throw new InvalidInputException("solvency-history-failed", $"the index could not be kept: {PrintableText.Of(e.Message)}", e);
        }
    }

    /// <summary>The newest by the time of their markets, newest first.</summary>
    /// <exception cref="InvalidInputException"><c>solvency-record</c>: one of them is not what was kept</exception>
    public IReadOnlyList<SolvencyPoint> Read(int last)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT record FROM indices ORDER BY at_ms DESC, place DESC LIMIT $last";
        command.Parameters.AddWithValue("$last", last);
        using var reader = command.ExecuteReader();
        var points = new List<SolvencyPoint>();
        while (reader.Read())
        {
            points.Add(SolvencyPoint.Parse(reader.GetString(0)));
        }

        return points;
    }

    public void Dispose() => _connection.Dispose();
}

using System.Buffers.Binary;
using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using Pms.Primitives;
using Pms.Validation.WalkForward;

namespace Pms.Cli.Backtest;

/// <summary>Margins of boards in an SQLite file, so that a backtest that was stopped goes on where it was.</summary>
internal sealed class ForecastDatabase : IForecastStore, IDisposable
{
    private const int DoublesPerMargin = 5;

    private readonly SqliteConnection _connection;
    private readonly Lock _lock = new();

    /// <param name="path">created where it is missing</param>
    /// <exception cref="InvalidInputException"><c>resume-file</c>: not a file of this kind</exception>
    public ForecastDatabase(string path)
    {
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            _connection.Open();
            using var command = _connection.CreateCommand();
            command.CommandText = "CREATE TABLE IF NOT EXISTS forecasts (model TEXT NOT NULL, board TEXT NOT NULL, books TEXT NOT NULL, margins BLOB NOT NULL, PRIMARY KEY (model, board, books)) WITHOUT ROWID";
            command.ExecuteNonQuery();
        }
        catch (SqliteException e)
        {
            _connection.Dispose();
            throw new InvalidInputException("resume-file", $"'{PrintableText.Of(path)}' cannot be used to resume from: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public ImmutableArray<BacktestMargin?>? Find(string model, ContentHash board, string books)
    {
        lock (_lock)
        {
            using var command = Command("SELECT margins FROM forecasts WHERE model = $model AND board = $board AND books = $books", model, board, books);
            return command.ExecuteScalar() is byte[] bytes ? Read(bytes) : null;
        }
    }

    /// <inheritdoc/>
    public void Keep(string model, ContentHash board, string books, ImmutableArray<BacktestMargin?> margins)
    {
        lock (_lock)
        {
            using var command = Command("INSERT OR REPLACE INTO forecasts (model, board, books, margins) VALUES ($model, $board, $books, $margins)", model, board, books);
            command.Parameters.AddWithValue("$margins", Bytes(margins));
            command.ExecuteNonQuery();
        }
    }

    public void Dispose() => _connection.Dispose();

    private SqliteCommand Command(string text, string model, ContentHash board, string books)
    {
        var command = _connection.CreateCommand();
        command.CommandText = text;
        command.Parameters.AddWithValue("$model", model);
        command.Parameters.AddWithValue("$board", board.ToString());
        command.Parameters.AddWithValue("$books", books);
        return command;
    }

    /// <summary>Five doubles a margin, little-endian; NaN for what there is none of.</summary>
    private static byte[] Bytes(ImmutableArray<BacktestMargin?> margins)
    {
        var bytes = new byte[margins.Length * DoublesPerMargin * sizeof(double)];
        var at = 0;
        foreach (var margin in margins)
        {
            foreach (var value in new[] { margin?.Initial, margin?.Maintenance, margin?.Var, margin?.Es, margin?.Core })
            {
                BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(at), value ?? double.NaN);
                at += sizeof(double);
            }
        }

        return bytes;
    }

    private static ImmutableArray<BacktestMargin?> Read(byte[] bytes)
    {
        var margins = ImmutableArray.CreateBuilder<BacktestMargin?>();
        for (var at = 0; at + (DoublesPerMargin * sizeof(double)) <= bytes.Length; at += DoublesPerMargin * sizeof(double))
        {
            double? Value(int place) => BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(at + (place * sizeof(double)))) is var v && double.IsNaN(v) ? null : v;
            margins.Add(Value(0) is { } initial && Value(1) is { } maintenance ? new BacktestMargin(initial, maintenance, Value(2), Value(3), Value(4)) : null);
        }

        return margins.ToImmutable();
    }
}

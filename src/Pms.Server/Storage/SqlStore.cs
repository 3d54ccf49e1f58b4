using System.Data;
using System.Data.Common;
using Pms.Primitives;

namespace Pms.Server.Storage;

/// <summary>The store in a relational database: the same statements for all of them.</summary>
/// <remarks>Tables: records (the chain), requests (keys that were used), epochs, margins. Everything of one call is one transaction.</remarks>
public abstract class SqlStore : IRiskStore
{
    private const string FailedCode = "store-failed";

    private readonly DbConnection _connection;
    private readonly Lock _lock = new();
    private (long Sequence, ContentHash Hash) _head = (0, InputRecord.Genesis);
    private long _lastEpoch;
    private Refusal? _failure;

    /// <param name="connection">open, with the tables; this store's from now on</param>
    /// <exception cref="InvalidInputException"><c>store-chain</c>: a record does not fit the one before it</exception>
    /// <exception cref="StoreException">the disk</exception>
    protected SqlStore(DbConnection connection)
    {
        _connection = connection;
        try
        {
            VerifyChain();
            _lastEpoch = Scalar("SELECT COALESCE(MAX(number), 0) FROM epochs");
        }
        catch (DbException e)
        {
            connection.Dispose();
            throw Failed(e);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public abstract string Name { get; }

    public Refusal? Failure => Volatile.Read(ref _failure);

    public (long Sequence, ContentHash Hash) Head
    {
        get
        {
            lock (_lock)
            {
                return _head;
            }
        }
    }

    public long LastEpoch
    {
        get
        {
            lock (_lock)
            {
                return _lastEpoch;
            }
        }
    }

    public RecordReceipt Append(NewRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        lock (_lock)
        {
            if (record.Key is { } key && Read(() => Find(key)) is { } sequence)
            {
                var earlier = Read(() => ReadRecords("WHERE sequence = @sequence", ("sequence", sequence))).Single();
                return earlier.Kind == record.Kind && earlier.Payload.Span.SequenceEqual(record.Payload.Span)
                    ? new RecordReceipt(sequence, earlier.Hash(), IsRepeat: true)
                    : throw new InvalidInputException("idempotency-key", $"the key '{PrintableText.Of(key)}' came with another request before: a new one is required");
            }

            return Write(transaction => Chain(transaction, record, _head));
        }
    }

    public bool HasKey(string key) => Read(() => Find(key)) is not null;

    public void AppendAll(IReadOnlyList<NewRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        lock (_lock)
        {
            if (records.Count != 0)
            {
                Write(transaction => records.Aggregate(new RecordReceipt(_head.Sequence, _head.Hash, IsRepeat: false), (last, record) => Chain(transaction, record, (last.Sequence, last.Hash))));
            }
        }
    }

    public RecordReceipt AppendEpoch(StoredEpoch epoch, long atMs, int keptEpochs)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        ArgumentOutOfRangeException.ThrowIfLessThan(keptEpochs, 1);
        lock (_lock)
        {
            if (epoch.Number != _lastEpoch + 1)
            {
                throw new InvalidInputException("store-epoch", $"epoch {epoch.Number} does not follow epoch {_lastEpoch}");
            }

            var receipt = Write(transaction =>
            {
                Run(transaction, "INSERT INTO epochs (number, head, board, book_sequence) VALUES (@number, @head, @board, @book)",
                    ("number", epoch.Number), ("head", epoch.Head.ToArray()), ("board", epoch.Board.ToArray()), ("book", epoch.BookSequence));
                foreach (var margin in epoch.Margins)
                {
                    Run(transaction, "INSERT INTO margins (account, epoch, equity, initial, maintenance) VALUES (@account, @epoch, @equity, @initial, @maintenance)",
                        ("account", margin.Account), ("epoch", epoch.Number), ("equity", margin.Equity), ("initial", margin.Initial), ("maintenance", margin.Maintenance));
                }

                Run(transaction, "DELETE FROM epochs WHERE number <= @oldest", ("oldest", epoch.Number - keptEpochs));
                Run(transaction, "DELETE FROM margins WHERE epoch <= @oldest", ("oldest", epoch.Number - keptEpochs));
                return Chain(transaction, new NewRecord(RecordKind.Epoch, atMs, epoch.Head), _head);
            });
            _lastEpoch = epoch.Number;
            return receipt;
        }
    }

    public IReadOnlyList<InputRecord> Records(long after, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return Read(() => ReadRecords("WHERE sequence > @after ORDER BY sequence LIMIT @limit", ("after", after), ("limit", limit)));
    }

    // The kind stands in the text itself: so the partial index of parameter records is used.
    public InputRecord? Last(RecordKind kind) => Read(() => ReadRecords($"WHERE kind = {(int)kind} ORDER BY sequence DESC LIMIT 1")).SingleOrDefault();

    public StoredEpoch? FindEpoch(long number) => Rows(
        r => new StoredEpoch(number, (byte[])r.GetValue(0), (byte[])r.GetValue(1), r.GetInt64(2), []),
        "SELECT head, board, book_sequence FROM epochs WHERE number = @number", ("number", number)).SingleOrDefault();

    public IReadOnlyList<StoredMargin> Margins(long epoch) => Rows(
        r => new StoredMargin(r.GetString(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3)),
        "SELECT account, equity, initial, maintenance FROM margins WHERE epoch = @epoch", ("epoch", epoch));

    public IReadOnlyList<(long Number, ReadOnlyMemory<byte> Head)> EpochHeads(int last) => Rows(
        r => (r.GetInt64(0), new ReadOnlyMemory<byte>((byte[])r.GetValue(1))),
        "SELECT number, head FROM epochs ORDER BY number DESC LIMIT @last", ("last", last));

    public IReadOnlyList<(long Epoch, StoredMargin Margin)> History(string account, int last) => Rows(
        r => (r.GetInt64(0), new StoredMargin(account, r.GetInt64(1), r.GetInt64(2), r.GetInt64(3))),
        "SELECT epoch, equity, initial, maintenance FROM margins WHERE account = @account ORDER BY epoch DESC LIMIT @last", ("account", account), ("last", last));

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _connection.Dispose();
        }
    }

    /// <summary>Reads all records once: every hash is computed anew from what lies there.</summary>
    private void VerifyChain()
    {
        using var command = Command(null, "SELECT sequence, kind, at_ms, payload, previous, hash FROM records ORDER BY sequence");
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            var record = RecordOf(reader);
            var hash = record.Hash();
            if (record.Sequence != _head.Sequence + 1 || record.Previous != _head.Hash || !hash.ToString().Equals(reader.GetString(5), StringComparison.Ordinal))
            {
                throw new InvalidInputException("store-chain", $"record {record.Sequence} does not follow record {_head.Sequence} {_head.Hash}: the database was changed or damaged");
            }

            _head = (record.Sequence, hash);
        }
    }

    private RecordReceipt Chain(DbTransaction transaction, NewRecord added, (long Sequence, ContentHash Hash) head)
    {
        var record = new InputRecord(head.Sequence + 1, added.Kind, added.AtMs, added.Payload, head.Hash);
        var hash = record.Hash();
        Run(transaction, "INSERT INTO records (sequence, kind, at_ms, payload, previous, hash) VALUES (@sequence, @kind, @at, @payload, @previous, @hash)",
            ("sequence", record.Sequence), ("kind", (int)record.Kind), ("at", record.AtMs), ("payload", record.Payload.ToArray()), ("previous", record.Previous.ToString()), ("hash", hash.ToString()));
        if (added.Key is { } key)
        {
            Run(transaction, "INSERT INTO requests (key, sequence) VALUES (@key, @sequence)", ("key", key), ("sequence", record.Sequence));
        }

        return new RecordReceipt(record.Sequence, hash, IsRepeat: false);
    }

    private RecordReceipt Write(Func<DbTransaction, RecordReceipt> work)
    {
        if (Failure is { } failure)
        {
            throw new StoreException(FailedCode, $"nothing is written until the server starts again: {failure.Message}");
        }

        try
        {
            using var transaction = _connection.BeginTransaction(IsolationLevel.Serializable);
            var receipt = work(transaction);
            transaction.Commit();
            _head = (receipt.Sequence, receipt.Hash);
            return receipt;
        }
        catch (Exception e) when (IsOfDatabase(e))
        {
            // Whether the commit reached the disk is not known: what lies there is read when the server starts again.
            throw Failed(e);
        }
    }

    private T Read<T>(Func<T> work)
    {
        lock (_lock)
        {
            try
            {
                return work();
            }
            catch (Exception e) when (IsOfDatabase(e))
            {
                throw Failed(e);
            }
        }
    }

    private List<T> Rows<T>(Func<DbDataReader, T> rowOf, string sql, params (string Name, object Value)[] parameters) => Read(() => RowsOf(rowOf, sql, parameters));

    /// <summary>A connection that broke answers further calls as misuse.</summary>
    private bool IsOfDatabase(Exception e) => e is DbException || (e is InvalidOperationException && _connection.State != ConnectionState.Open);

    private StoreException Failed(Exception e)
    {
        var failed = new StoreException(FailedCode, $"the database failed: {PrintableText.Of(e.Message)}", e);
        _ = Interlocked.CompareExchange(ref _failure, failed.ToRefusal(), null);
        return failed;
    }

    private long? Find(string key)
    {
        using var command = Command(null, "SELECT sequence FROM requests WHERE key = @key", ("key", key));
        return command.ExecuteScalar() is { } found ? Convert.ToInt64(found, System.Globalization.CultureInfo.InvariantCulture) : null;
    }

    private List<InputRecord> ReadRecords(string rest, params (string Name, object Value)[] parameters) =>
        RowsOf(RecordOf, $"SELECT sequence, kind, at_ms, payload, previous FROM records {rest}", parameters);

    private List<T> RowsOf<T>(Func<DbDataReader, T> rowOf, string sql, (string Name, object Value)[] parameters)
    {
        using var command = Command(null, sql, parameters);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(rowOf(reader));
        }

        return rows;
    }

    private static InputRecord RecordOf(DbDataReader reader) =>
        new(reader.GetInt64(0), (RecordKind)reader.GetInt32(1), reader.GetInt64(2), (byte[])reader.GetValue(3), ContentHash.Parse(reader.GetString(4)));

    private long Scalar(string sql)
    {
        using var command = Command(null, sql);
        return Convert.ToInt64(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
    }

    private void Run(DbTransaction transaction, string sql, params (string Name, object Value)[] parameters)
    {
        using var command = Command(transaction, sql, parameters);
        command.ExecuteNonQuery();
    }

    private DbCommand Command(DbTransaction? transaction, string sql, params (string Name, object Value)[] parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = transaction;
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }

        return command;
    }
}

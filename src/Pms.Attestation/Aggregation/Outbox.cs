using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Attestation.Signing;
using Pms.Primitives;

namespace Pms.Attestation.Aggregation;

/// <summary>A batch on its way to the chain.</summary>
/// <param name="Header">what is signed</param>
/// <param name="Prices">that go with it</param>
/// <param name="Payload">all that attesters need to compute it anew, in the host's form</param>
public sealed record ProposedBatch(BatchHeader Header, ImmutableArray<PriceE8> Prices, ReadOnlyMemory<byte> Payload);

/// <summary>How far a batch has come. Only the last three are final.</summary>
public enum BatchProgress
{
    /// <summary>Written down; attesters may have been asked.</summary>
    Proposed = 0,

    /// <summary>A quorum signed; it may have been sent.</summary>
    Signed = 1,

    /// <summary>The chain has it.</summary>
    Accepted = 2,

    /// <summary>Given up: no quorum, or too old.</summary>
    Abandoned = 3,

    /// <summary>The chain has another batch of this or a later sequence.</summary>
    Superseded = 4,
}

/// <summary>One batch of the outbox.</summary>
public sealed record OutboxEntry(ProposedBatch Batch, BatchProgress Progress, ImmutableDictionary<EvmAddress, EvmSignature> Signatures);

/// <summary>What the aggregator has begun and not ended, on disk: a killed aggregator takes up where it was.</summary>
/// <remarks>Every step is committed before the next one acts on the world. Final entries are kept for the record up to <see cref="Kept"/> sequences back.</remarks>
public sealed class Outbox : IDisposable
{
    public const long Kept = 10_000;

    private readonly SqliteConnection _connection;
    private readonly Lock _lock = new();

    private Outbox(SqliteConnection connection) => _connection = connection;

    /// <param name="path">database file</param>
    /// <exception cref="InvalidInputException"><c>outbox-busy</c>, <c>outbox-failed</c>, <c>outbox-damaged</c></exception>
    public static Outbox Open(string path) => new(DurableDatabase.Open(path, "outbox", """
        CREATE TABLE IF NOT EXISTS batches (sequence INTEGER PRIMARY KEY, header BLOB NOT NULL, prices BLOB NOT NULL, payload BLOB NOT NULL, progress INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS signatures (sequence INTEGER NOT NULL, member BLOB NOT NULL, signature BLOB NOT NULL, PRIMARY KEY (sequence, member)) WITHOUT ROWID;
        """));

    /// <summary>The highest sequence ever proposed; null without any.</summary>
    public BatchSequence? Last
    {
        get
        {
            lock (_lock)
            {
                using var command = Command("SELECT max(sequence) FROM batches");
                return command.ExecuteScalar() is long last ? new BatchSequence((ulong)last) : null;
            }
        }
    }

    /// <summary>The batch that is not final; there is at most one.</summary>
    public OutboxEntry? Unfinished
    {
        get
        {
            lock (_lock)
            {
                using var command = Command("SELECT sequence FROM batches WHERE progress < 2");
                return command.ExecuteScalar() is long sequence ? Find(new BatchSequence((ulong)sequence)) : null;
            }
        }
    }

    /// <summary>Writes a batch down before anybody is asked.</summary>
    /// <exception cref="InvalidInputException"><c>outbox-unfinished</c>: another batch is on its way; <c>outbox-sequence</c>: not above every earlier one</exception>
    public void Add(ProposedBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        lock (_lock)
        {
            if (Unfinished is { } other)
            {
                throw new InvalidInputException("outbox-unfinished", $"batch {other.Batch.Header.Sequence} is on its way ({other.Progress}): resume it before batch {batch.Header.Sequence}");
            }

            if (Last is { } last && batch.Header.Sequence <= last)
            {
                throw new InvalidInputException("outbox-sequence", $"batch {batch.Header.Sequence} is not above {last}, which was proposed before");
            }

            var prices = new byte[batch.Prices.Length * sizeof(ulong)];
            for (var i = 0; i < batch.Prices.Length; i++)
            {
                System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(prices.AsSpan(i * sizeof(ulong)), batch.Prices[i].Units);
            }

            using var transaction = _connection.BeginTransaction();
            using var command = Command("INSERT INTO batches VALUES ($sequence, $header, $prices, $payload, 0)", batch.Header.Sequence);
            command.Parameters.AddWithValue("$header", batch.Header.ToAbi());
            command.Parameters.AddWithValue("$prices", prices);
            command.Parameters.AddWithValue("$payload", batch.Payload.ToArray());
            command.ExecuteNonQuery();
            using var forget = Command($"DELETE FROM batches WHERE sequence <= $sequence - {Kept}; DELETE FROM signatures WHERE sequence <= $sequence - {Kept}", batch.Header.Sequence);
            forget.ExecuteNonQuery();
            transaction.Commit();
        }
    }

    public void Add(BatchSequence sequence, EvmAddress member, EvmSignature signature)
    {
        var bytes = new byte[EvmAddress.SizeBytes];
        member.CopyTo(bytes);
        lock (_lock)
        {
            using var command = Command("INSERT OR REPLACE INTO signatures VALUES ($sequence, $member, $signature)", sequence);
            command.Parameters.AddWithValue("$member", bytes);
            command.Parameters.AddWithValue("$signature", signature.ToArray());
            command.ExecuteNonQuery();
        }
    }

    /// <summary>Moves a batch on; never back from a final state.</summary>
    public void Set(BatchSequence sequence, BatchProgress progress)
    {
        lock (_lock)
        {
            using var command = Command("UPDATE batches SET progress = $progress WHERE sequence = $sequence AND progress < 2", sequence);
            command.Parameters.AddWithValue("$progress", (int)progress);
            if (command.ExecuteNonQuery() != 1)
            {
                throw new InvalidOperationException($"batch {sequence} is not in the outbox or final: it cannot become {progress}");
            }
        }
    }

    /// <summary>A batch with the signatures gathered so far; null where it is not known.</summary>
    public OutboxEntry? Find(BatchSequence sequence)
    {
        lock (_lock)
        {
            var signatures = ImmutableDictionary.CreateBuilder<EvmAddress, EvmSignature>();
            using (var command = Command("SELECT member, signature FROM signatures WHERE sequence = $sequence", sequence))
            using (var reader = command.ExecuteReader())
            {
                while (reader.Read())
                {
                    signatures.Add(EvmAddress.FromBytes((byte[])reader[0]), EvmSignature.FromBytes((byte[])reader[1]));
                }
            }

            using var batch = Command("SELECT header, prices, payload, progress FROM batches WHERE sequence = $sequence", sequence);
            using var row = batch.ExecuteReader();
            if (!row.Read())
            {
                return null;
            }

            var bytes = (byte[])row[1];
            var prices = Enumerable.Range(0, bytes.Length / sizeof(ulong)).Select(i => new PriceE8(System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(i * sizeof(ulong)))));
            return new OutboxEntry(new ProposedBatch(BatchHeader.FromAbi((byte[])row[0]), [.. prices], (byte[])row[2]), (BatchProgress)(int)(long)row[3], signatures.ToImmutable());
        }
    }

    public void Dispose() => _connection.Dispose();

    private SqliteCommand Command(string sql, BatchSequence? sequence = null)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        if (sequence is { } s)
        {
            command.Parameters.AddWithValue("$sequence", checked((long)s.Value));
        }

        return command;
    }
}

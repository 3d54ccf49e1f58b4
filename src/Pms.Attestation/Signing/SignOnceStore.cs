using System.Globalization;
using Microsoft.Data.Sqlite;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Primitives;

namespace Pms.Attestation.Signing;

/// <summary>Remembers on disk what was signed, before it is signed: never two digests for one slot, whenever the process dies (ATT-06).</summary>
/// <remarks>
/// A claim is a committed SQLite transaction with synchronous=EXTRA and a rollback journal: file and folder are flushed before the signer is asked. A process holds the
/// file for itself, so two attesters cannot share one key by mistake.
/// An old copy of the file would have forgotten claims. Three things betray it: a witness file beside or, better, on another disk, which counts the claims and is
/// written after each; the chain, which shows signatures of this key with sequences that the store does not know (<see cref="RequireNotBehind"/>); and the floor, below
/// which nothing is signed any more. If file, witness and an unpublished signature are lost together nothing can tell: keep the witness off the backup.
/// </remarks>
public sealed class SignOnceStore : IDisposable
{
    /// <summary>Claims kept for each domain and kind, by sequence; older ones are forgotten and can never be signed.</summary>
    public const ulong Kept = 100_000;

    private readonly SqliteConnection _connection;
    private readonly string _witness;
    private readonly Lock _lock = new();

    private SignOnceStore(SqliteConnection connection, string witness) => (_connection, _witness) = (connection, witness);

    /// <summary>Opens or makes a store.</summary>
    /// <param name="path">database file</param>
    /// <param name="witnessPath">file that counts the claims; on another disk it tells an old copy of the database</param>
    /// <exception cref="InvalidInputException">
    /// <c>sign-store-busy</c>: another process has it open; <c>sign-store-old</c>: fewer claims than the witness counted, or no witness of a store with claims;
    /// <c>sign-store-failed</c>: its disk or folder; <c>sign-store-damaged</c>: not a database, or one that fails its check
    /// </exception>
    public static SignOnceStore Open(string path, string witnessPath) => Open(path, witnessPath, accept: null);

    /// <summary>Opens a store that may have forgotten claims, never to sign a sequence up to a floor again.</summary>
    /// <param name="path">database file</param>
    /// <param name="witnessPath">witness; written anew</param>
    /// <param name="domain">whose sequences</param>
    /// <param name="floor">the highest that can have been signed: the chain's last sequence and as many more as the policy lets attesters run ahead</param>
    public static SignOnceStore Recover(string path, string witnessPath, Eip712Domain domain, BatchSequence floor)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return Open(path, witnessPath, (domain.Separator, floor.Value));
    }

    private static SignOnceStore Open(string path, string witnessPath, (KeccakHash Domain, ulong Floor)? accept)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(witnessPath);
        var connection = DurableDatabase.Open(path, "sign-store", """
            CREATE TABLE IF NOT EXISTS claims (domain BLOB NOT NULL, kind TEXT NOT NULL, sequence INTEGER NOT NULL, key TEXT NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (domain, kind, sequence, key)) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS floors (domain BLOB NOT NULL, kind TEXT NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (domain, kind)) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
            INSERT OR IGNORE INTO counters VALUES ('claims', 0);
            """);
        try
        {
            var store = new SignOnceStore(connection, witnessPath);
            var (have, seen) = (store.ClaimCount(), ReadWitness(witnessPath));
            if (accept is { } given)
            {
                store.RaiseFloor(given.Domain, "batch", given.Floor);
            }
            else if (have < seen || (seen is null && have > 0))
            {
                throw new InvalidInputException(
                    "sign-store-old",
                    $"{path} holds {have} claims, {(seen is null ? $"and its witness {witnessPath} is missing" : $"its witness {seen}")}: an old copy may have forgotten what was signed; recover it with a floor");
            }

            WriteWitness(witnessPath, have);
            return store;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Claims a slot for a digest. Only when it says true may the digest be signed.</summary>
    /// <param name="slot">what is signed</param>
    /// <param name="digest">the one digest of it</param>
    /// <param name="refusal"><c>sign-twice</c>: the slot has another digest; <c>sign-below-floor</c>: it may have been signed and forgotten</param>
    /// <returns>true also where the same digest was claimed before: signing it again says nothing new</returns>
    public bool TryClaim(SignSlot slot, Digest digest, out Refusal? refusal)
    {
        lock (_lock)
        {
            using var transaction = _connection.BeginTransaction();
            var sequence = checked((long)slot.Sequence);
            var known = Scalar("SELECT digest FROM claims WHERE domain = $domain AND kind = $kind AND sequence = $sequence AND key = $key", slot, sequence) as byte[];
            if (known is not null)
            {
                var first = KeccakHash.FromBytes(known);
                refusal = first == digest.Value ? null : new Refusal("sign-twice", $"{slot} was signed as {first}: {digest} is another message");
                return refusal is null;
            }

            if (Scalar("SELECT sequence FROM floors WHERE domain = $domain AND kind = $kind", slot, sequence) is long floor && sequence <= floor)
            {
                refusal = new Refusal("sign-below-floor", $"{slot} is not above {floor}: it may have been signed before");
                return false;
            }

            var bytes = new byte[KeccakHash.SizeBytes];
            digest.Value.CopyTo(bytes);
            Run("INSERT INTO claims VALUES ($domain, $kind, $sequence, $key, $digest)", slot, sequence, bytes);
            Run("UPDATE counters SET value = value + 1 WHERE name = 'claims'", slot, sequence);
            if (slot.Sequence > Kept)
            {
                var last = sequence - (long)Kept;
                Run("DELETE FROM claims WHERE domain = $domain AND kind = $kind AND sequence <= $sequence", slot, last);
                RaiseFloor(slot.Domain, slot.Kind, (ulong)last);
            }

            transaction.Commit();
            WriteWitness(_witness, ClaimCount());
            refusal = null;
            return true;
        }
    }

    /// <summary>The highest claimed sequence of batches; null without any.</summary>
    public BatchSequence? HighWater(Eip712Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        lock (_lock)
        {
            return Scalar("SELECT max(sequence) FROM claims WHERE domain = $domain AND kind = $kind", new SignSlot(domain.Separator, "batch", "", 0), 0) is long high ? new BatchSequence((ulong)high) : null;
        }
    }

    /// <summary>Compares with the chain, at the start of an attester.</summary>
    /// <param name="domain">whose batches</param>
    /// <param name="signedOnChain">the highest accepted batch with a signature of this key; null: none</param>
    /// <exception cref="InvalidInputException"><c>sign-store-old</c>: the chain has a signature that the store does not know</exception>
    public void RequireNotBehind(Eip712Domain domain, BatchSequence? signedOnChain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        if (signedOnChain is not { } signed)
        {
            return;
        }

        lock (_lock)
        {
            var high = HighWater(domain)?.Value ?? 0;
            var floor = Scalar("SELECT sequence FROM floors WHERE domain = $domain AND kind = $kind", new SignSlot(domain.Separator, "batch", "", 0), 0) is long f ? (ulong)f : 0;
            if (signed.Value > Math.Max(high, floor))
            {
                throw new InvalidInputException("sign-store-old", $"the chain has a signature of this key for batch {signed}, the store knows none above {Math.Max(high, floor)}: an old copy; recover it with a floor");
            }
        }
    }

    /// <summary>The highest sequence that is never signed again; null: none.</summary>
    public BatchSequence? Floor(Eip712Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        lock (_lock)
        {
            return Scalar("SELECT sequence FROM floors WHERE domain = $domain AND kind = $kind", new SignSlot(domain.Separator, "batch", "", 0), 0) is long floor ? new BatchSequence((ulong)floor) : null;
        }
    }

    public void Dispose() => _connection.Dispose();

    private long ClaimCount()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT value FROM counters WHERE name = 'claims'";
        return (long)command.ExecuteScalar()!;
    }

    private void RaiseFloor(KeccakHash domain, string kind, ulong floor) => Run(
        "INSERT INTO floors VALUES ($domain, $kind, $sequence) ON CONFLICT DO UPDATE SET sequence = max(sequence, excluded.sequence)", new SignSlot(domain, kind, "", 0), checked((long)floor));

    private object? Scalar(string sql, SignSlot slot, long sequence)
    {
        using var command = Command(sql, slot, sequence);
        var value = command.ExecuteScalar();
        return value is DBNull ? null : value;
    }

    private void Run(string sql, SignSlot slot, long sequence, byte[]? digest = null)
    {
        using var command = Command(sql, slot, sequence);
        if (digest is not null)
        {
            command.Parameters.AddWithValue("$digest", digest);
        }

        command.ExecuteNonQuery();
    }

    private SqliteCommand Command(string sql, SignSlot slot, long sequence)
    {
        var domain = new byte[KeccakHash.SizeBytes];
        slot.Domain.CopyTo(domain);
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.Parameters.AddWithValue("$domain", domain);
        command.Parameters.AddWithValue("$kind", slot.Kind);
        command.Parameters.AddWithValue("$key", slot.Key);
        command.Parameters.AddWithValue("$sequence", sequence);
        return command;
    }

    private static long? ReadWitness(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var text = File.ReadAllText(path);
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? count
            : throw new InvalidInputException("sign-store-damaged", $"the witness {path} does not hold a number");
    }

    private static void WriteWitness(string path, long count)
    {
        // Written aside and moved into place: a witness is whole or the one before.
        var aside = $"{path}.new";
        using (var file = new FileStream(aside, FileMode.Create, FileAccess.Write))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(count.ToString(CultureInfo.InvariantCulture)));
            file.Flush(flushToDisk: true);
        }

        File.Move(aside, path, overwrite: true);
    }
}

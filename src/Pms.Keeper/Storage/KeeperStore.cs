using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using Microsoft.Data.Sqlite;
using Pms.Attestation.Signing;
using Pms.Keeper.Decisions;
using Pms.Liquidation.Gas;
using Pms.Primitives;

namespace Pms.Keeper.Storage;

/// <summary>How far a transaction has come. Only the last three are final.</summary>
public enum TransactionProgress
{
    /// <summary>Signed and written down; it may have been sent.</summary>
    Signed = 0,

    /// <summary>A version of it is in a block that may still vanish.</summary>
    Included = 1,

    /// <summary>It happened.</summary>
    Done = 2,

    /// <summary>It is in a block and was refused there.</summary>
    Reverted = 3,

    /// <summary>Another transaction took its nonce, or it was cancelled: it never happens.</summary>
    Gone = 4,
}

/// <summary>What a transaction paid for gas, from its receipt.</summary>
/// <param name="GasUsed">units</param>
/// <param name="PriceWei">for a unit, base fee and tip</param>
/// <param name="Usd">at the price of ether of its look</param>
public sealed record GasFee(ulong GasUsed, BigInteger PriceWei, double Usd)
{
    public BigInteger Wei => GasUsed * PriceWei;
}

/// <summary>What all final transactions of a kind paid for gas.</summary>
public sealed record KindFees(ActionKind Kind, int Transactions, ulong GasUsed, BigInteger Wei, double Usd);

/// <summary>One signed version of a transaction.</summary>
public sealed record SentVersion(string Hash, string Raw, FeeOffer Offer, bool IsCancellation);

/// <summary>A transaction that the keeper has begun.</summary>
/// <param name="Id">of the row</param>
/// <param name="Kind">action</param>
/// <param name="Account">acted on</param>
/// <param name="Claim">of a division</param>
/// <param name="Nonce">of the key: of all versions at most one can happen</param>
/// <param name="To">contract</param>
/// <param name="Data">call</param>
/// <param name="Gas">limit</param>
/// <param name="CashWad">of the payer that it will take, 1e-18 USD</param>
/// <param name="ExpectedNetUsd">when it was decided</param>
/// <param name="Progress">so far</param>
/// <param name="OfferedAtBlock">of the newest version</param>
/// <param name="BlockHash">of its receipt</param>
/// <param name="Versions">oldest first</param>
/// <param name="Fee">once it is final; null: none yet, or it never was in a block</param>
public sealed record KeeperTransaction(
    long Id, ActionKind Kind, ulong Account, ulong Claim, ulong Nonce, string To, string Data, ulong Gas, BigInteger CashWad, double ExpectedNetUsd, TransactionProgress Progress, ulong OfferedAtBlock, string? BlockHash, ImmutableArray<SentVersion> Versions, GasFee? Fee);

/// <summary>What the keeper has begun, spent and must leave alone, on disk: a killed keeper takes up where it was and does nothing twice.</summary>
/// <remarks>Every version is committed before it is sent. A second process with the same file is refused. Safe for several threads.</remarks>
public sealed class KeeperStore : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Lock _lock = new();
    private ImmutableArray<KindFees>? _fees;

    private KeeperStore(SqliteConnection connection) => _connection = connection;

    /// <param name="path">database file</param>
    /// <exception cref="InvalidInputException"><c>keeper-store-busy</c>, <c>keeper-store-failed</c>, <c>keeper-store-damaged</c></exception>
    public static KeeperStore Open(string path) => new(DurableDatabase.Open(path, "keeper-store", """
        CREATE TABLE IF NOT EXISTS transactions (id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, account INTEGER NOT NULL, claim INTEGER NOT NULL, nonce INTEGER NOT NULL, target TEXT NOT NULL, data TEXT NOT NULL, gas INTEGER NOT NULL,
            cash TEXT NOT NULL, net REAL NOT NULL, progress INTEGER NOT NULL, offered INTEGER NOT NULL, block TEXT);
        CREATE UNIQUE INDEX IF NOT EXISTS one_at_a_time ON transactions (kind, account, claim) WHERE progress < 2;
        CREATE UNIQUE INDEX IF NOT EXISTS one_nonce ON transactions (nonce) WHERE progress < 2;
        CREATE TABLE IF NOT EXISTS versions (hash TEXT PRIMARY KEY, id INTEGER NOT NULL, raw TEXT NOT NULL, fee TEXT NOT NULL, tip TEXT NOT NULL, cancel INTEGER NOT NULL, place INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS fees (id INTEGER PRIMARY KEY, day INTEGER NOT NULL, used INTEGER NOT NULL, price TEXT NOT NULL, usd REAL NOT NULL);
        CREATE TABLE IF NOT EXISTS pauses (kind INTEGER NOT NULL, account INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (kind, account));
        """));

    /// <summary>What is not final, by nonce.</summary>
    public ImmutableArray<KeeperTransaction> Unfinished
    {
        get
        {
            lock (_lock)
            {
                return Read("WHERE progress < 2 ORDER BY nonce");
            }
        }
    }

    /// <summary>The newest, final ones too.</summary>
    public ImmutableArray<KeeperTransaction> Newest(int count)
    {
        lock (_lock)
        {
            return Read($"ORDER BY id DESC LIMIT {count}");
        }
    }

    /// <summary>Writes a transaction down before it is sent.</summary>
    /// <exception cref="InvalidInputException"><c>keeper-doubled</c>: the same action, or the nonce, is on its way</exception>
    public long Begin(KeeperAction action, ulong nonce, string to, string data, ulong gas, SentVersion version, ulong block)
    {
        ArgumentNullException.ThrowIfNull(action);
        lock (_lock)
        {
            using var transaction = _connection.BeginTransaction();
            try
            {
                using var insert = Command(
                    "INSERT INTO transactions (kind, account, claim, nonce, target, data, gas, cash, net, progress, offered) VALUES ($kind, $account, $claim, $nonce, $to, $data, $gas, $cash, $net, 0, $block) RETURNING id",
                    ("$kind", (int)action.Kind), ("$account", (long)action.Account), ("$claim", (long)action.Claim), ("$nonce", (long)nonce), ("$to", to), ("$data", data), ("$gas", (long)gas), ("$cash", action.CashWad.ToString(CultureInfo.InvariantCulture)), ("$net", action.NetUsd), ("$block", (long)block));
                var id = (long)insert.ExecuteScalar()!;
                Insert(id, version, 0);
                transaction.Commit();
                return id;
            }
            catch (SqliteException e) when (e.SqliteErrorCode == 19)
            {
                throw new InvalidInputException("keeper-doubled", $"{action.Kind} of account {action.Account}, or nonce {nonce}, is on its way already", e);
            }
        }
    }

    /// <summary>Writes another version of a transaction down before it is sent.</summary>
    public void Add(long id, SentVersion version, ulong block)
    {
        lock (_lock)
        {
            using var transaction = _connection.BeginTransaction();
            using var count = Command("SELECT count(*) FROM versions WHERE id = $id", ("$id", id));
            Insert(id, version, (long)count.ExecuteScalar()!);
            Run("UPDATE transactions SET offered = $block WHERE id = $id AND progress < 2", ("$block", (long)block), ("$id", id));
            transaction.Commit();
        }
    }

    /// <summary>Moves a transaction on; never back from a final state. What it cost is booked with the step that ends it.</summary>
    /// <param name="id">transaction</param>
    /// <param name="progress">new</param>
    /// <param name="blockHash">of its receipt</param>
    /// <param name="daySinceEpoch">UTC day that the cost belongs to</param>
    /// <param name="fee">of its receipt; null: none yet</param>
    public void Set(long id, TransactionProgress progress, string? blockHash, long daySinceEpoch, GasFee? fee)
    {
        lock (_lock)
        {
            using var transaction = _connection.BeginTransaction();
            Run("UPDATE transactions SET progress = $progress, block = $block WHERE id = $id AND progress < 2", ("$progress", (int)progress), ("$block", (object?)blockHash ?? DBNull.Value), ("$id", id));
            if (fee is not null)
            {
                Run(
                    "INSERT OR REPLACE INTO fees (id, day, used, price, usd) VALUES ($id, $day, $used, $price, $usd)",
                    ("$id", id), ("$day", daySinceEpoch), ("$used", (long)fee.GasUsed), ("$price", fee.PriceWei.ToString(CultureInfo.InvariantCulture)), ("$usd", fee.Usd));
                _fees = null;
            }

            transaction.Commit();
        }
    }

    /// <summary>Gas of a UTC day, USD.</summary>
    public double SpentUsd(long daySinceEpoch)
    {
        lock (_lock)
        {
            using var command = Command("SELECT coalesce(sum(usd), 0.0) FROM fees WHERE day = $day", ("$day", daySinceEpoch));
            return (double)command.ExecuteScalar()!;
        }
    }

    /// <summary>Gas of all final transactions, by kind.</summary>
    public ImmutableArray<KindFees> Fees()
    {
        lock (_lock)
        {
            return _fees ??= ReadFees();
        }
    }

    /// <summary>Until when a kind of action is not tried on an account, seconds since 1970.</summary>
    public ImmutableDictionary<(ActionKind Kind, ulong Account), ulong> Cooldowns(ulong nowSeconds)
    {
        lock (_lock)
        {
            using var command = Command("SELECT kind, account, until FROM pauses WHERE until > $now", ("$now", (long)nowSeconds));
            using var reader = command.ExecuteReader();
            var all = ImmutableDictionary.CreateBuilder<(ActionKind Kind, ulong Account), ulong>();
            while (reader.Read())
            {
                all.Add(((ActionKind)reader.GetInt32(0), (ulong)reader.GetInt64(1)), (ulong)reader.GetInt64(2));
            }

            return all.ToImmutable();
        }
    }

    public void CoolDown(ActionKind kind, ulong account, ulong untilSeconds)
    {
        lock (_lock)
        {
            Run("INSERT OR REPLACE INTO pauses VALUES ($kind, $account, $until)", ("$kind", (int)kind), ("$account", (long)account), ("$until", (long)untilSeconds));
        }
    }

    public void Dispose() => _connection.Dispose();

    private ImmutableArray<KindFees> ReadFees()
    {
        using var command = Command("SELECT kind, used, price, usd FROM fees JOIN transactions USING (id)");
        using var reader = command.ExecuteReader();
        var all = new List<(ActionKind Kind, GasFee Fee)>();
        while (reader.Read())
        {
            all.Add(((ActionKind)reader.GetInt32(0), new GasFee((ulong)reader.GetInt64(1), BigInteger.Parse(reader.GetString(2), CultureInfo.InvariantCulture), reader.GetDouble(3))));
        }

        return
        [
            .. all.GroupBy(f => f.Kind, f => f.Fee).OrderBy(g => g.Key)
                .Select(g => new KindFees(g.Key, g.Count(), g.Aggregate(0UL, (sum, f) => sum + f.GasUsed), g.Aggregate(BigInteger.Zero, (sum, f) => sum + f.Wei), g.Sum(f => f.Usd))),
        ];
    }

    private void Insert(long id, SentVersion version, long place) => Run(
        "INSERT OR IGNORE INTO versions VALUES ($hash, $id, $raw, $fee, $tip, $cancel, $place)",
        ("$hash", version.Hash), ("$id", id), ("$raw", version.Raw), ("$fee", version.Offer.MaxFeeWei.ToString(CultureInfo.InvariantCulture)), ("$tip", version.Offer.TipWei.ToString(CultureInfo.InvariantCulture)), ("$cancel", version.IsCancellation ? 1 : 0), ("$place", place));

    private ImmutableArray<KeeperTransaction> Read(string clause)
    {
        var rows = new List<KeeperTransaction>();
        using (var command = Command($"SELECT id, kind, account, claim, nonce, target, data, gas, net, progress, offered, block, cash, used, price, usd FROM transactions LEFT JOIN fees USING (id) {clause}"))
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                rows.Add(new KeeperTransaction(
                    reader.GetInt64(0), (ActionKind)reader.GetInt32(1), (ulong)reader.GetInt64(2), (ulong)reader.GetInt64(3), (ulong)reader.GetInt64(4), reader.GetString(5), reader.GetString(6), (ulong)reader.GetInt64(7), BigInteger.Parse(reader.GetString(12), CultureInfo.InvariantCulture), reader.GetDouble(8),
                    (TransactionProgress)reader.GetInt32(9), (ulong)reader.GetInt64(10), reader.IsDBNull(11) ? null : reader.GetString(11), [],
                    reader.IsDBNull(13) ? null : new GasFee((ulong)reader.GetInt64(13), BigInteger.Parse(reader.GetString(14), CultureInfo.InvariantCulture), reader.GetDouble(15))));
            }
        }

        return [.. rows.Select(r => r with { Versions = Versions(r.Id) })];
    }

    private ImmutableArray<SentVersion> Versions(long id)
    {
        using var command = Command("SELECT hash, raw, fee, tip, cancel FROM versions WHERE id = $id ORDER BY place", ("$id", id));
        using var reader = command.ExecuteReader();
        var versions = ImmutableArray.CreateBuilder<SentVersion>();
        while (reader.Read())
        {
            versions.Add(new SentVersion(reader.GetString(0), reader.GetString(1), new FeeOffer(BigInteger.Parse(reader.GetString(2), CultureInfo.InvariantCulture), BigInteger.Parse(reader.GetString(3), CultureInfo.InvariantCulture)), reader.GetInt32(4) != 0));
        }

        return versions.ToImmutable();
    }

    private void Run(string sql, params ReadOnlySpan<(string Name, object Value)> values)
    {
        using var command = Command(sql, values);
        command.ExecuteNonQuery();
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object Value)> values)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in values)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command;
    }
}

using Pms.Primitives;

namespace Pms.Server.Storage;

/// <summary>A write that was acknowledged: it is on the disk.</summary>
/// <param name="Sequence">of its record</param>
/// <param name="Hash">of its record</param>
/// <param name="IsRepeat">it had been written before, under the same key</param>
public sealed record RecordReceipt(long Sequence, ContentHash Hash, bool IsRepeat);

/// <summary>A record before it has a place in the chain.</summary>
/// <param name="Kind">what it is</param>
/// <param name="AtMs">when</param>
/// <param name="Payload">in the form of its kind</param>
/// <param name="Key">whoever sends the same key again gets the same receipt; null: none</param>
public sealed record NewRecord(RecordKind Kind, long AtMs, ReadOnlyMemory<byte> Payload, string? Key = null);

/// <summary>What one account's margin was in one epoch. Money units.</summary>
public readonly record struct StoredMargin(string Account, long Equity, long Initial, long Maintenance);

/// <summary>An epoch on its way to the disk.</summary>
/// <param name="Number">from 1</param>
/// <param name="Head">its document, as the record holds it</param>
/// <param name="Board">the market, as <c>SnapshotBytes</c> writes it</param>
/// <param name="BookSequence">record up to which the book was read</param>
/// <param name="Margins">of the accounts that have one</param>
public sealed record StoredEpoch(long Number, ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Board, long BookSequence, IReadOnlyList<StoredMargin> Margins);

/// <summary>Everything that must survive: the chain of inputs, and the epochs that were computed from them. Safe for several threads; one process alone has it.</summary>
/// <remarks>A call that returns has its effect on the disk. One that fails leaves nothing behind, and from then on every write fails: nothing is acknowledged after a disk has erred.</remarks>
public interface IRiskStore : IDisposable
{
    /// <summary>Short name of the kind.</summary>
    string Name { get; }

    /// <summary>With what the disk or database failed; null: it has not. There is no way back from it but a restart.</summary>
    Refusal? Failure { get; }

    /// <summary>The newest record; sequence 0 before the first.</summary>
    (long Sequence, ContentHash Hash) Head { get; }

    /// <summary>Adds a record to the chain, once for each key.</summary>
    /// <exception cref="InvalidInputException"><c>idempotency-key</c>: the key came with another record before</exception>
    /// <exception cref="StoreException">the disk</exception>
    RecordReceipt Append(NewRecord record);

    /// <summary>Whether a record came with this key.</summary>
    bool HasKey(string key);

    /// <summary>Adds records without keys in one step: all of them or none.</summary>
    /// <exception cref="StoreException">the disk</exception>
    void AppendAll(IReadOnlyList<NewRecord> records);

    /// <summary>Adds an epoch and its record in one step, and forgets epochs beyond those that are kept.</summary>
    /// <exception cref="StoreException">the disk</exception>
    RecordReceipt AppendEpoch(StoredEpoch epoch, long atMs, int keptEpochs);

    /// <summary>Records in order, after a sequence.</summary>
    /// <param name="after">sequence; 0: from the first</param>
    /// <param name="limit">how many, at least 1</param>
    IReadOnlyList<InputRecord> Records(long after, int limit);

    /// <summary>The newest record of a kind; null: there is none.</summary>
    InputRecord? Last(RecordKind kind);

    /// <summary>Number of the newest epoch; 0 before the first.</summary>
    long LastEpoch { get; }

    /// <summary>An epoch that is kept; null otherwise. Without its margins.</summary>
    StoredEpoch? FindEpoch(long number);

    /// <summary>Margins of an epoch that is kept, in no order.</summary>
    IReadOnlyList<StoredMargin> Margins(long epoch);

    /// <summary>Heads of the newest epochs, newest first.</summary>
    IReadOnlyList<(long Number, ReadOnlyMemory<byte> Head)> EpochHeads(int last);

    /// <summary>What an account's margin was, newest first.</summary>
    IReadOnlyList<(long Epoch, StoredMargin Margin)> History(string account, int last);
}

/// <summary>The disk or database failed: what was asked for is not done.</summary>
public sealed class StoreException(string code, string message, Exception? innerException = null) : PmsException(code, message, innerException);

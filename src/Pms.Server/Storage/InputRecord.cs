using Pms.Primitives;

namespace Pms.Server.Storage;

/// <summary>What an input was.</summary>
public enum RecordKind
{
    /// <summary>An account's holdings were set: a portfolio file of this account.</summary>
    AccountSet = 1,

    /// <summary>An account was taken out: its id.</summary>
    AccountRemoved = 2,

    /// <summary>Risk parameters from now on: the document.</summary>
    Parameters = 3,

    /// <summary>An epoch was computed: its head.</summary>
    Epoch = 4,

    /// <summary>Contracts expired: the index that the first snapshot after it showed.</summary>
    Delivery = 5,
}

/// <summary>One input, chained to the one before by its hash: whoever changes a record changes every hash after it.</summary>
/// <param name="Sequence">from 1, without gaps</param>
/// <param name="Kind">what it was</param>
/// <param name="AtMs">when, milliseconds since 1970, UTC</param>
/// <param name="Payload">as it came, in the form of its kind</param>
/// <param name="Previous">hash of the record before; of nothing for the first</param>
public sealed record InputRecord(long Sequence, RecordKind Kind, long AtMs, ReadOnlyMemory<byte> Payload, ContentHash Previous)
{
    public const string Schema = "pms.input-record/1";

    /// <summary>Hash before the first record.</summary>
    public static ContentHash Genesis { get; } = new CanonicalWriter(Schema).Hash();

    /// <summary>SHA-256 over schema, sequence, kind, time, SHA-256 of the payload, previous hash.</summary>
    public ContentHash Hash()
    {
        var writer = new CanonicalWriter(Schema);
        writer.Write(Sequence);
        writer.Write((int)Kind);
        writer.Write(AtMs);
        writer.Write(ContentHash.Of(Payload.Span).ToString());
        writer.Write(Previous.ToString());
        return writer.Hash();
    }
}

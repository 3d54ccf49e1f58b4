using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.MarketData.Snapshots;

/// <summary>Everything observed of a market at one instant: immutable, ordered, and named by the hash of its canonical bytes.</summary>
public sealed class MarketSnapshot
{
    private readonly Lazy<ContentHash> _hash;

    internal MarketSnapshot(DateTimeOffset observedAt, string source, ImmutableArray<UnderlyingBoard> boards)
    {
        ObservedAt = observedAt;
        Source = source;
        Boards = boards;
        _hash = new Lazy<ContentHash>(() => SnapshotEncoding.Hash(this));
    }

    /// <summary>The instant that the snapshot describes.</summary>
    public DateTimeOffset ObservedAt { get; }

    /// <summary>Short name of the feed or file format.</summary>
    public string Source { get; }

    /// <summary>One board per option family, by name.</summary>
    public ImmutableArray<UnderlyingBoard> Boards { get; }

    /// <summary>SHA-256 of the canonical bytes (docs/model/encoding.md); taken once, on first use.</summary>
    public ContentHash Hash => _hash.Value;

    public UnderlyingBoard? Find(UnderlyingId id) => Boards.FirstOrDefault(b => b.Id == id);
}

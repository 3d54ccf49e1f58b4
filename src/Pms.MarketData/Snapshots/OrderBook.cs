using System.Collections.Immutable;
using Pms.MarketData.Events;
using Pms.Primitives;

namespace Pms.MarketData.Snapshots;

/// <summary>One instrument's book kept from an image and the changes that follow it, each checked against the last sequence number.</summary>
public sealed class OrderBook
{
    /// <summary>Most levels kept a side; a change that would add one beyond it is refused.</summary>
    public const int MaxLevelsPerSide = 10_000;

    private readonly SortedDictionary<double, double> _bids = new(Comparer<double>.Create((x, y) => y.CompareTo(x)));
    private readonly SortedDictionary<double, double> _asks = [];
    private DateTimeOffset _imageTime;

    /// <summary>The venue's number of the last image or change applied.</summary>
    public long ChangeId { get; private set; }

    /// <summary>False after a gap, until the next image.</summary>
    public bool InSequence { get; private set; }

    /// <summary>True while the book is the best few levels only (<see cref="BookImage.IsPartial"/>).</summary>
    public bool IsPartial { get; private set; }

    /// <returns>
    /// null when applied; <c>book-stale</c> for an image older than what is held (by its number or, without one, by the venue's stamp), <c>book-partial</c> for a cut one where the whole book is held,
    /// <c>book-too-deep</c> for one beyond <see cref="MaxLevelsPerSide"/>
    /// </returns>
    public Refusal? Apply(BookImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (image.ChangeId != 0 && image.ChangeId < ChangeId)
        {
            return new Refusal("book-stale", $"image {image.ChangeId} of {image.Instrument} is older than {ChangeId}");
        }

        var time = image.Provenance.EffectiveTime;
        if (image.ChangeId == 0 && time < _imageTime)
        {
            return new Refusal("book-stale", $"the image of {image.Instrument} at {time.ToIso()} is older than the one held");
        }

        if (image.IsPartial && InSequence && !IsPartial)
        {
            return new Refusal("book-partial", $"the whole book of {image.Instrument} is held; the image {image.ChangeId} shows only its best levels");
        }

        if (image.Bids.Length > MaxLevelsPerSide || image.Asks.Length > MaxLevelsPerSide)
        {
            InSequence = false;
            return new Refusal("book-too-deep", $"the image of {image.Instrument} has more than {MaxLevelsPerSide} levels on one side");
        }

        _bids.Clear();
        _asks.Clear();
        foreach (var level in image.Bids)
        {
            _bids[level.Price] = level.Amount;
        }

        foreach (var level in image.Asks)
        {
            _asks[level.Price] = level.Amount;
        }

        ChangeId = image.ChangeId;
        _imageTime = time;
        IsPartial = image.IsPartial;
        InSequence = true;
        return null;
    }

    /// <returns>null when applied; <c>book-stale</c> for a change already contained, <c>book-gap</c> when one is missing before it</returns>
    public Refusal? Apply(BookChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        if (!InSequence)
        {
            return new Refusal("book-gap", $"{change.Instrument} waits for a new image: change {change.ChangeId} was not applied");
        }

        if (change.ChangeId <= ChangeId)
        {
            return new Refusal("book-stale", $"change {change.ChangeId} of {change.Instrument} is not after {ChangeId}");
        }

        if (IsPartial)
        {
            return new Refusal("book-partial", $"only the best levels of {change.Instrument} are held: change {change.ChangeId} waits for a whole image");
        }

        if (change.PreviousChangeId != ChangeId)
        {
            InSequence = false;
            return new Refusal("book-gap", $"change {change.ChangeId} of {change.Instrument} follows {change.PreviousChangeId}, but the last one seen is {ChangeId}");
        }

        Apply(_bids, change.Bids);
        Apply(_asks, change.Asks);
        ChangeId = change.ChangeId;
        if (_bids.Count > MaxLevelsPerSide || _asks.Count > MaxLevelsPerSide)
        {
            InSequence = false;
            return new Refusal("book-too-deep", $"{change.Instrument} has more than {MaxLevelsPerSide} levels on one side");
        }

        return null;
    }

    /// <summary>An immutable copy, or null while out of sequence.</summary>
    public BookDepth? ToDepth()
    {
        return InSequence
            ? new BookDepth(ChangeId, [.. _bids.Select(l => new BookLevel(l.Key, l.Value))], [.. _asks.Select(l => new BookLevel(l.Key, l.Value))]) { IsPartial = IsPartial }
            : null;
    }

    private static void Apply(SortedDictionary<double, double> side, ImmutableArray<BookLevel> changes)
    {
        foreach (var level in changes)
        {
            if (level.Amount == 0)
            {
                side.Remove(level.Price);
            }
            else
            {
                side[level.Price] = level.Amount;
            }
        }
    }
}

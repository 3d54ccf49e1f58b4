using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Primitives;

namespace Pms.Connectors;

/// <summary>
/// Between a socket that must be read and a consumer that runs at its own pace. Newer values overwrite waiting ones, waiting changes of a book
/// are joined into one, so the queue holds at most one entry for each thing that can change, however slow the consumer is.
/// </summary>
/// <remarks>Thread-safe. Trades and rejections are not values that overwrite: they wait in rings and the oldest go first, counted.</remarks>
public sealed class ConflatingQueue : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Key, LinkedListNode<Slot>> _slots = [];
    private readonly LinkedList<Slot> _order = new();
    private readonly Queue<TradePrint> _trades = new();
    private readonly Queue<RejectedInput> _rejections = new();
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly int _maxTrades;
    private readonly int _maxRejections;

    /// <param name="maxTrades">trades kept for a slow consumer</param>
    /// <param name="maxRejections">rejections kept for a slow consumer</param>
    public ConflatingQueue(int maxTrades = 10_000, int maxRejections = 1_000)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxTrades);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxRejections);
        _maxTrades = maxTrades;
        _maxRejections = maxRejections;
    }

    private enum Kind
    {
        Quote,
        Book,
        Listing,
        State,
        Index,
        VolatilityIndex,
        Delivery,
        Platform,
        Gap,
    }

    /// <summary>Entries waiting now.</summary>
    public int Depth
    {
        get
        {
            lock (_gate)
            {
                return _order.Count + _trades.Count + _rejections.Count;
            }
        }
    }

    /// <summary>Events that were overwritten by or joined with a later one before the consumer came.</summary>
    public long Conflated { get; private set; }

    /// <summary>Trades and rejections dropped because the ring was full.</summary>
    public long Dropped { get; private set; }

    /// <summary>Puts an event in; never waits.</summary>
    /// <returns>null, or <c>book-too-deep</c> when the joined changes of a book grew beyond bounds: it then needs a new image</returns>
    public Refusal? Post(MarketEvent marketEvent)
    {
        ArgumentNullException.ThrowIfNull(marketEvent);
        Refusal? refusal = null;
        lock (_gate)
        {
            switch (marketEvent)
            {
                case QuoteUpdate quote:
                    Overwrite(new Key(Kind.Quote, quote.Instrument, default, default, quote.Groups), quote);
                    break;
                case BookImage or BookChange:
                    refusal = PostBook(marketEvent);
                    break;
                case InstrumentListed listed:
                    Overwrite(new Key(Kind.Listing, listed.Instrument, default, default, default), listed);
                    break;
                case InstrumentStateChange change:
                    Overwrite(new Key(Kind.State, change.Instrument, default, default, default), change);
                    break;
                case IndexUpdate index:
                    Overwrite(new Key(Kind.Index, null, index.Base, index.Quote, default), index);
                    break;
                case VolatilityIndexUpdate index:
                    Overwrite(new Key(Kind.VolatilityIndex, null, index.Base, default, default), index);
                    break;
                case DeliveryEstimate estimate:
                    Overwrite(new Key(Kind.Delivery, null, estimate.Base, estimate.Quote, default), estimate);
                    break;
                case PlatformStateChange platform:
                    Overwrite(new Key(Kind.Platform, null, default, default, default), platform);
                    break;
                case FeedGap gap:
                    PostGap(gap);
                    break;
                case TradePrint trade:
                    Dropped += PostRing(_trades, trade, _maxTrades);
                    break;
                case RejectedInput rejected:
                    Dropped += PostRing(_rejections, rejected, _maxRejections);
                    break;
                case FeedControl:
                    return null;
                default:
                    throw new InvalidInputException("event-kind", $"{marketEvent.GetType().Name} has no place in a live queue");
            }
        }

        Signal();
        return refusal;
    }

    /// <summary>Takes everything that waits, in an order in which it may be applied.</summary>
    /// <returns>how many events</returns>
    public int Drain(ICollection<MarketEvent> into)
    {
        ArgumentNullException.ThrowIfNull(into);
        lock (_gate)
        {
            var before = into.Count;
            foreach (var slot in _order)
            {
                into.Add(slot.ToEvent());
            }

            _order.Clear();
            _slots.Clear();
            while (_trades.TryDequeue(out var trade))
            {
                into.Add(trade);
            }

            while (_rejections.TryDequeue(out var rejected))
            {
                into.Add(rejected);
            }

            return into.Count - before;
        }
    }

    /// <summary>Takes everything that waits into a state.</summary>
    /// <param name="state">owned by the caller</param>
    /// <param name="scratch">reused list; cleared</param>
    /// <returns>how many events</returns>
    public int DrainTo(MarketState state, List<MarketEvent> scratch)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(scratch);
        scratch.Clear();
        Drain(scratch);
        foreach (var e in scratch)
        {
            state.Apply(e);
        }

        return scratch.Count;
    }

    /// <summary>Waits until something was put in since the last wait.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _signal.WaitAsync(cancellationToken);

    public void Dispose() => _signal.Dispose();

    private void Signal()
    {
        try
        {
            _signal.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is already signalled; one is enough for all that waits.
        }
    }

    private void Overwrite(Key key, MarketEvent marketEvent)
    {
        if (!_slots.TryGetValue(key, out var node))
        {
            _slots.Add(key, _order.AddLast(new Slot(key, marketEvent)));
            return;
        }

        Conflated++;
        if (marketEvent.Provenance.EffectiveTime >= node.Value.Event!.Provenance.EffectiveTime)
        {
            node.Value.Event = marketEvent;
        }
    }

    private Refusal? PostBook(MarketEvent marketEvent)
    {
        var instrument = marketEvent is BookImage i ? i.Instrument : ((BookChange)marketEvent).Instrument;
        var key = new Key(Kind.Book, instrument, default, default, default);
        if (!_slots.TryGetValue(key, out var node))
        {
            _slots.Add(key, _order.AddLast(new Slot(key, marketEvent)));
            return null;
        }

        Conflated++;
        var slot = node.Value;
        if (marketEvent is BookImage image)
        {
            slot.Replace(image);
            return null;
        }

        var refusal = slot.Join((BookChange)marketEvent);
        if (refusal is not null)
        {
            PostGap(new FeedGap(marketEvent.Provenance, instrument, refusal));
        }

        return refusal;
    }

    private void PostGap(FeedGap gap)
    {
        // What waits of the book is part of what was lost; the gap itself must come before any later image.
        if (gap.Instrument is { } instrument)
        {
            Remove(new Key(Kind.Book, instrument, default, default, default));
        }
        else
        {
            foreach (var key in _slots.Keys.Where(k => k.Kind is Kind.Book or Kind.Gap).ToArray())
            {
                Remove(key);
            }
        }

        var gapKey = new Key(Kind.Gap, gap.Instrument, default, default, default);
        Remove(gapKey);
        _slots.Add(gapKey, _order.AddLast(new Slot(gapKey, gap)));
    }

    private void Remove(Key key)
    {
        if (_slots.Remove(key, out var node))
        {
            _order.Remove(node);
            Conflated++;
        }
    }

    private static int PostRing<T>(Queue<T> ring, T item, int capacity)
    {
        ring.Enqueue(item);
        if (ring.Count <= capacity)
        {
            return 0;
        }

        ring.Dequeue();
        return 1;
    }

    private readonly record struct Key(Kind Kind, Instrument? Instrument, Asset Base, Asset Quote, QuoteGroups Groups);

    private sealed class Slot(Key key, MarketEvent marketEvent)
    {
        private OrderBook? _book;
        private BookImage? _image;
        private BookChange? _first;
        private BookChange? _last;
        private Dictionary<double, double>? _bids;
        private Dictionary<double, double>? _asks;

        public Key Key { get; } = key;

        public MarketEvent? Event { get; set; } = marketEvent;

        public void Replace(BookImage image)
        {
            _book = null;
            _image = null;
            _first = _last = null;
            _bids = _asks = null;
            Event = image;
        }

        /// <summary>Joins a change with what waits: into the image, or with the changes before it.</summary>
        public Refusal? Join(BookChange change)
        {
            if (_book is null && _first is null)
            {
                if (Event is BookImage image)
                {
                    _image = image;
                    _book = new OrderBook();
                    _book.Apply(image);
                }
                else
                {
                    _first = _last = (BookChange)Event!;
                    _bids = _first.Bids.ToDictionary(l => l.Price, l => l.Amount);
                    _asks = _first.Asks.ToDictionary(l => l.Price, l => l.Amount);
                }
            }

            if (_book is not null)
            {
                _image = _image! with { Provenance = change.Provenance };
                return _book.Apply(change);
            }

            if (change.PreviousChangeId != _last!.ChangeId)
            {
                return new Refusal("book-gap", $"change {change.ChangeId} of {change.Instrument} follows {change.PreviousChangeId}, not {_last.ChangeId}");
            }

            _last = change;
            Join(_bids!, change.Bids);
            Join(_asks!, change.Asks);
            return _bids!.Count > OrderBook.MaxLevelsPerSide || _asks!.Count > OrderBook.MaxLevelsPerSide
                ? new Refusal("book-too-deep", $"more than {OrderBook.MaxLevelsPerSide} levels of {change.Instrument} changed before the consumer came")
                : null;
        }

        public MarketEvent ToEvent()
        {
            if (_book is not null)
            {
                var depth = _book.ToDepth()!;
                return new BookImage(_image!.Provenance, _image.Instrument, depth.ChangeId, depth.Bids, depth.Asks);
            }

            return _first is null
                ? Event!
                : new BookChange(
                    _last!.Provenance,
                    _last.Instrument,
                    _last.ChangeId,
                    _first.PreviousChangeId,
                    [.. _bids!.Select(l => new BookLevel(l.Key, l.Value))],
                    [.. _asks!.Select(l => new BookLevel(l.Key, l.Value))]);
        }

        private static void Join(Dictionary<double, double> side, System.Collections.Immutable.ImmutableArray<BookLevel> changes)
        {
            foreach (var level in changes)
            {
                side[level.Price] = level.Amount;
            }
        }
    }
}

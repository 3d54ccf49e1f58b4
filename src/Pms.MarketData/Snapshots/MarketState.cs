using System.Collections.Immutable;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.MarketData.Snapshots;

/// <summary>The latest value of everything: feeds overwrite it, <see cref="Seal"/> freezes it into a snapshot. Not thread-safe; one owner.</summary>
public sealed class MarketState
{
    /// <summary>Most instruments a state holds; a feed that names more is refused, so that a hostile one cannot fill the memory.</summary>
    public const int MaxInstruments = 65_536;

    /// <summary>Most sources named by a snapshot; beyond it "more" stands for the rest.</summary>
    public const int MaxSources = 16;

    private const string MoreSources = "more";

    private readonly Dictionary<Instrument, Entry> _entries = [];
    private readonly Dictionary<(Asset Base, Asset Quote), PricePoint> _indices = [];
    private readonly Dictionary<Asset, PricePoint> _volatilityIndices = [];
    private readonly SortedSet<string> _sources = new(StringComparer.Ordinal);
    private string? _boardSource;
    private string? _lastSource;

    public int InstrumentCount => _entries.Count;

    /// <summary>Instant of the newest event applied; null before the first.</summary>
    public DateTimeOffset? LatestTime { get; private set; }

    /// <summary>
    /// Takes an event in. Trades, protocol messages and rejected input change nothing here. A value older than the one held (by the venue's
    /// stamp) does not overwrite it, so that a message that was late or sent twice does no harm.
    /// </summary>
    /// <returns>null when applied, else why not (a stale or out-of-sequence message)</returns>
    public Refusal? Apply(MarketEvent marketEvent)
    {
        ArgumentNullException.ThrowIfNull(marketEvent);
        if (marketEvent is RejectedInput or FeedControl)
        {
            return null;
        }

        AddSource(marketEvent);
        var time = marketEvent.Provenance.EffectiveTime;
        if (LatestTime is null || time > LatestTime)
        {
            LatestTime = time;
        }

        switch (marketEvent)
        {
            case BoardStart start:
                Clear();
                _boardSource = start.Provenance.Source;
                LatestTime = start.At;
                return null;
            case InstrumentListed listed:
                return Update(listed);
            case QuoteUpdate update:
                return Update(update);
            case BookImage image:
                return Update(image);
            case BookChange change:
                return Update(change);
            case FeedGap gap:
                Invalidate(gap.Instrument);
                return null;
            case IndexUpdate index:
                return Update(_indices, (index.Base, index.Quote), new PricePoint(index.Price, index.Provenance));
            case VolatilityIndexUpdate index:
                return Update(_volatilityIndices, index.Base, new PricePoint(index.Vol, index.Provenance));
            case InstrumentStateChange { IsFinal: true } change:
                _entries.Remove(change.Instrument);
                return null;
            default:
                return null;
        }
    }

    public void Clear()
    {
        _entries.Clear();
        _indices.Clear();
        _volatilityIndices.Clear();
        _sources.Clear();
        _lastSource = null;
        _boardSource = null;
        LatestTime = null;
    }

    /// <summary>Freezes the state. Instruments without any number are left out.</summary>
    /// <param name="at">the instant that the snapshot describes; digits below a microsecond are cut</param>
    public MarketSnapshot Seal(DateTimeOffset at)
    {
        var boards = _entries
            .Where(e => e.Value.HasNumbers)
            .GroupBy(e => e.Key.Underlying)
            .OrderBy(g => g.Key.Name, StringComparer.Ordinal)
            .Select(g => SealBoard(g.Key, g))
            .ToImmutableArray();
        return new MarketSnapshot(at.FloorToMicrosecond(), _boardSource ?? string.Join('+', _sources), boards);
    }

    // The name of a mixed stream does not depend on which feed spoke last.
    private void AddSource(MarketEvent marketEvent)
    {
        var source = marketEvent.Provenance.Source;
        if (ReferenceEquals(source, _lastSource))
        {
            return;
        }

        _lastSource = source;
        if (_sources.Count < MaxSources || _sources.Contains(source))
        {
            _sources.Add(source);
        }
        else
        {
            _sources.Add(MoreSources);
        }
    }

    private UnderlyingBoard SealBoard(UnderlyingId id, IEnumerable<KeyValuePair<Instrument, Entry>> entries)
    {
        var options = new List<InstrumentQuote>();
        var linears = new List<InstrumentQuote>();
        foreach (var (instrument, entry) in entries)
        {
            (instrument is EuropeanOption ? options : linears).Add(entry.Seal(instrument));
        }

        linears.Sort((x, y) => string.CompareOrdinal(x.Instrument.Name, y.Instrument.Name));
        var expiries = options
            .GroupBy(q => ((EuropeanOption)q.Instrument).Expiry)
            .OrderBy(g => g.Key)
            .Select(g => new ExpiryBoard(
                g.Key,
                VenueForward(g, linears, g.Key),
                [.. g.OrderBy(q => ((EuropeanOption)q.Instrument).Strike).ThenBy(q => ((EuropeanOption)q.Instrument).Type)]))
            .ToImmutableArray();
        return new UnderlyingBoard(
            id,
            _indices.TryGetValue((id.Base, id.Quote), out var index) ? index : null,
            _volatilityIndices.TryGetValue(id.Base, out var vol) ? vol : null,
            expiries,
            [.. linears]);
    }

    private static double? VenueForward(IEnumerable<InstrumentQuote> options, List<InstrumentQuote> linears, DateTimeOffset expiry)
    {
        var attached = options.Where(q => q.UnderlyingPrice.HasValue).Select(q => q.UnderlyingPrice!.Value).Order().ToArray();
        if (attached.Length > 0)
        {
            return attached[attached.Length / 2];
        }

        var future = linears.Find(q => q.Instrument is DatedFuture f && f.Expiry == expiry);
        return future is { IsTwoSided: true } ? 0.5 * (future.Bid!.Value + future.Ask!.Value) : future?.Values.Mark;
    }

    private Refusal? Update(QuoteUpdate update)
    {
        var refusal = TryEntry(update.Instrument, out var entry);
        return refusal ?? entry!.Merge(update);
    }

    private Refusal? Update(InstrumentListed listed)
    {
        var refusal = TryEntry(listed.Instrument, out var entry);
        return refusal ?? entry!.List(listed);
    }

    private Refusal? Update(BookImage image)
    {
        var refusal = TryEntry(image.Instrument, out var entry) ?? (entry!.Book ??= new OrderBook()).Apply(image);
        if (refusal is null)
        {
            entry!.Touch(image.Provenance);
        }

        return refusal;
    }

    private static Refusal? Update<TKey>(Dictionary<TKey, PricePoint> points, TKey key, PricePoint point)
        where TKey : notnull
    {
        if (points.TryGetValue(key, out var held) && point.Provenance.EffectiveTime < held.Provenance.EffectiveTime)
        {
            return new Refusal("index-stale", $"the index of {key} at {point.Provenance.EffectiveTime.ToIso()} is older than the one held");
        }

        points[key] = point;
        return null;
    }

    private Refusal? Update(BookChange change)
    {
        if (!_entries.TryGetValue(change.Instrument, out var entry) || entry.Book is null)
        {
            return new Refusal("book-no-image", $"a change of {change.Instrument} came before any image of its book");
        }

        var refusal = entry.Book.Apply(change);
        if (refusal is null)
        {
            entry.Touch(change.Provenance);
        }

        return refusal;
    }

    private Refusal? TryEntry(Instrument instrument, out Entry? entry)
    {
        if (!_entries.TryGetValue(instrument, out entry))
        {
            if (_entries.Count >= MaxInstruments)
            {
                return new Refusal("too-many-instruments", $"{instrument} would be instrument {MaxInstruments + 1}: a state holds {MaxInstruments}");
            }

            entry = new Entry();
            _entries.Add(instrument, entry);
        }

        return null;
    }

    private void Invalidate(Instrument? instrument)
    {
        foreach (var (key, entry) in _entries)
        {
            if (instrument is null || key == instrument)
            {
                entry.Book = null;
            }
        }
    }

    private sealed class Entry
    {
        private const int GroupCount = 7;

        private QuoteValues _values;
        private Provenance? _provenance;
        private readonly DateTimeOffset[] _groupTimes = new DateTimeOffset[GroupCount];
        private DateTimeOffset _termsTime;
        private bool _topSeen;

        public OrderBook? Book { get; set; }

        public InstrumentTerms? Terms { get; private set; }

        public bool HasNumbers => _provenance.HasValue;

        /// <summary>A book moves the stamp only while no quote does: bid and ask come from the quotes where there are any.</summary>
        public void Touch(in Provenance provenance) => _provenance = _topSeen ? _provenance : provenance;

        public Refusal? List(InstrumentListed listed)
        {
            var time = listed.Provenance.EffectiveTime;
            if (time < _termsTime)
            {
                return new Refusal("terms-stale", $"the terms of {listed.Instrument} at {time.ToIso()} are older than those held");
            }

            _termsTime = time;
            Terms = listed.Terms;
            return null;
        }

        /// <summary>Overwrites the groups that the update speaks of, except those held with a later stamp.</summary>
        public Refusal? Merge(QuoteUpdate update)
        {
            var groups = Fresh(update);
            if (groups == QuoteGroups.None)
            {
                return new Refusal("quote-stale", $"the quote of {update.Instrument} at {update.Provenance.EffectiveTime.ToIso()} is older than the one held");
            }

            var v = update.Values;
            if (groups.HasFlag(QuoteGroups.TopOfBook))
            {
                _values = _values with { Bid = v.Bid, Ask = v.Ask, BidSize = v.BidSize, AskSize = v.AskSize };
            }

            if (groups.HasFlag(QuoteGroups.Mark))
            {
                _values = _values with { Mark = v.Mark, MarkVol = v.MarkVol };
            }

            if (groups.HasFlag(QuoteGroups.Forward))
            {
                _values = _values with { UnderlyingPrice = v.UnderlyingPrice, UnderlyingName = v.UnderlyingName };
            }

            if (groups.HasFlag(QuoteGroups.QuotedVols))
            {
                _values = _values with { BidVol = v.BidVol, AskVol = v.AskVol };
            }

            if (groups.HasFlag(QuoteGroups.Greeks))
            {
                _values = _values with { Delta = v.Delta, Gamma = v.Gamma, Vega = v.Vega, Theta = v.Theta, Rho = v.Rho };
            }

            if (groups.HasFlag(QuoteGroups.Statistics))
            {
                _values = _values with { OpenInterest = v.OpenInterest, Volume24h = v.Volume24h, Last = v.Last };
            }

            if (groups.HasFlag(QuoteGroups.Funding))
            {
                _values = _values with { CurrentFunding = v.CurrentFunding, Funding8h = v.Funding8h };
            }

            if (groups.HasFlag(QuoteGroups.TopOfBook) || !_topSeen)
            {
                _topSeen |= groups.HasFlag(QuoteGroups.TopOfBook);
                _provenance = update.Provenance;
            }

            return null;
        }

        private QuoteGroups Fresh(QuoteUpdate update)
        {
            var time = update.Provenance.EffectiveTime;
            var fresh = QuoteGroups.None;
            for (var i = 0; i < GroupCount; i++)
            {
                var group = (QuoteGroups)(1 << i);
                if ((update.Groups & group) != QuoteGroups.None && time >= _groupTimes[i])
                {
                    _groupTimes[i] = time;
                    fresh |= group;
                }
            }

            return fresh;
        }

        public InstrumentQuote Seal(Instrument instrument)
        {
            var depth = Book?.ToDepth();
            var values = _values;
            if (!_topSeen && depth is not null)
            {
                values = values with
                {
                    Bid = depth.Bids.IsEmpty ? null : depth.Bids[0].Price,
                    BidSize = depth.Bids.IsEmpty ? null : depth.Bids[0].Amount,
                    Ask = depth.Asks.IsEmpty ? null : depth.Asks[0].Price,
                    AskSize = depth.Asks.IsEmpty ? null : depth.Asks[0].Amount,
                };
            }

            return new InstrumentQuote(instrument, values, _provenance!.Value) { Depth = depth, Terms = Terms };
        }
    }
}

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

    public int InstrumentCount => _entries.Count;

    /// <summary>Instant of the newest event applied; null before the first.</summary>
    public DateTimeOffset? LatestTime { get; private set; }

    /// <summary>Takes an event in. Trades, gaps of other instruments and rejected input change nothing here.</summary>
    /// <returns>null when applied, else why not (a stale or out-of-sequence message)</returns>
    public Refusal? Apply(MarketEvent marketEvent)
    {
        ArgumentNullException.ThrowIfNull(marketEvent);
        if (marketEvent is RejectedInput)
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
                return Update(listed.Instrument, entry => entry.Terms = listed.Terms);
            case QuoteUpdate update:
                return Update(update);
            case BookImage image:
                return Update(image.Instrument, entry => (entry.Book ??= new OrderBook()).Apply(image), image.Provenance);
            case BookChange change:
                return Update(change);
            case FeedGap gap:
                Invalidate(gap.Instrument);
                return null;
            case IndexUpdate index:
                _indices[(index.Base, index.Quote)] = new PricePoint(index.Price, index.Provenance);
                return null;
            case VolatilityIndexUpdate index:
                _volatilityIndices[index.Base] = new PricePoint(index.Vol, index.Provenance);
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
        _boardSource = null;
        LatestTime = null;
    }

    /// <summary>Freezes the state. Instruments without any number are left out.</summary>
    /// <param name="at">the instant that the snapshot describes</param>
    public MarketSnapshot Seal(DateTimeOffset at)
    {
        var boards = _entries
            .Where(e => e.Value.HasNumbers)
            .GroupBy(e => e.Key.Underlying)
            .OrderBy(g => g.Key.Name, StringComparer.Ordinal)
            .Select(g => SealBoard(g.Key, g))
            .ToImmutableArray();
        return new MarketSnapshot(at, _boardSource ?? string.Join('+', _sources), boards);
    }

    // The name of a mixed stream does not depend on which feed spoke last.
    private void AddSource(MarketEvent marketEvent)
    {
        var source = marketEvent.Provenance.Source;
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
        return Update(update.Instrument, entry => entry.Merge(update), null);
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

    private Refusal? Update(Instrument instrument, Action<Entry> change, Provenance? provenance = null)
    {
        if (!_entries.TryGetValue(instrument, out var entry))
        {
            if (_entries.Count >= MaxInstruments)
            {
                return new Refusal("too-many-instruments", $"{instrument} would be instrument {MaxInstruments + 1}: a state holds {MaxInstruments}");
            }

            entry = new Entry();
            _entries.Add(instrument, entry);
        }

        change(entry);
        if (provenance is { } p)
        {
            entry.Touch(p);
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
        private QuoteValues _values;
        private Provenance? _provenance;
        private bool _topSeen;

        public OrderBook? Book { get; set; }

        public InstrumentTerms? Terms { get; set; }

        public bool HasNumbers => _provenance.HasValue;

        public void Touch(in Provenance provenance) => _provenance = provenance;

        public void Merge(QuoteUpdate update)
        {
            var groups = update.Groups;
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

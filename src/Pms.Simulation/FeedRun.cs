using System.Collections.Immutable;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Simulation.Listing;
using Pms.Simulation.Parameters;
using Pms.Simulation.Quoting;
using Pms.Simulation.Stress;

namespace Pms.Simulation;

/// <summary>One subscriber's feed: what the venue publishes from the step of its subscription on, with the faults of the line.</summary>
internal sealed class FeedRun
{
    /// <summary>Change number of a book quoted at step 0; every later quote has the number of its step.</summary>
    public const long FirstChangeId = 1_000_000_000;

    /// <summary>Part of the book changes that are lost in a phase of <see cref="FeedFault.SequenceGaps"/>.</summary>
    private const double LostChanges = 0.05;

    private readonly SimulationParameters _parameters;
    private readonly ExchangeCursor _cursor;
    private readonly RandomStream _latency;
    private readonly Dictionary<SimulatedInstrument, Published> _published = [];
    /// <summary>Books that the receiver has no image of, or an outdated one: they get one as soon as the line carries it.</summary>
    private readonly HashSet<SimulatedInstrument> _lost = [];

    /// <summary>Books of which a change went missing: their changes go on and do not fit, until the fault ends and an image comes.</summary>
    private readonly HashSet<SimulatedInstrument> _broken = [];
    private readonly List<SimulatedInstrument> _unannounced = [];
    private readonly List<SimulatedInstrument> _unclosed = [];
    private readonly long _markSteps;
    private readonly long _volatilityIndexSteps;
    private FeedFault _lastFault;

    public FeedRun(SimulationParameters parameters, ulong seed, ExchangeCursor cursor)
    {
        _parameters = parameters;
        _cursor = cursor;
        _latency = LatencyStream(seed);
        _markSteps = MarkSteps(parameters);
        _volatilityIndexSteps = VolatilityIndexSteps(parameters);
    }

    public static RandomStream LatencyStream(ulong seed) => new RandomStream(seed).Derive(0x4C415445);

    public static long MarkSteps(SimulationParameters parameters)
    {
        return Math.Max(1, (long)Math.Round(parameters.Quoting.MarkPriceSeconds / parameters.Step.TotalSeconds));
    }

    public static long VolatilityIndexSteps(SimulationParameters parameters)
    {
        return Math.Max(1, (long)Math.Round(parameters.Quoting.VolatilityIndexSeconds / parameters.Step.TotalSeconds));
    }

    /// <summary>Stamp of the venue and delay of the line at a step: three quarters to five quarters of the mean delay, the same for all messages of it.</summary>
    public static Provenance ProvenanceAt(SimulationParameters parameters, RandomStream latency, long step)
    {
        var time = parameters.Start + TimeSpan.FromTicks(parameters.Step.Ticks * step);
        var delayUs = parameters.Quoting.LatencyMilliseconds * 1_000 * (0.75 + (0.5 * latency.Uniform((ulong)step)));
        return new Provenance(SimulatedExchange.Source, time, time.AddTicks((long)delayUs * TimeSpan.TicksPerMicrosecond));
    }

    /// <summary>What a new subscriber gets first: the list of instruments, indices, every ticker and every book as it stands.</summary>
    public void Open(List<FeedMessage> into)
    {
        var fault = _cursor.View.Point.Stress.Feed;
        _unannounced.AddRange(_cursor.Live);
        foreach (var instrument in _cursor.Live)
        {
            var step = _cursor.TouchedAt(instrument);
            _published[instrument] = new Published(step, _cursor.QuoteAt(instrument, step));
            _lost.Add(instrument);
        }

        _lastFault = fault;
        Deliver(into, _cursor.View, fault);
    }

    /// <summary>The messages of the cursor's current step, to be called once for each step after <see cref="Open"/>.</summary>
    public void Step(List<FeedMessage> into)
    {
        var view = _cursor.View;
        var fault = view.Point.Stress.Feed;
        foreach (var gone in _cursor.Expired)
        {
            _published.Remove(gone);
            _lost.Remove(gone);
            _broken.Remove(gone);
            if (!_unannounced.Remove(gone))
            {
                _unclosed.Add(gone);
            }
        }

        foreach (var added in _cursor.Added)
        {
            _unannounced.Add(added);
            _lost.Add(added);
        }

        Deliver(into, view, fault);
        _lastFault = fault;
    }

    private void Deliver(List<FeedMessage> into, VenueView view, FeedFault fault)
    {
        var stamp = StampAt(view.Point.Step);
        var isSilent = fault == FeedFault.Silence;
        if (!isSilent)
        {
            foreach (var gone in _unclosed)
            {
                Send(into, FeedMessageKind.InstrumentState, new InstrumentStateChange(stamp, gone.Instrument, "closed"));
            }

            _unclosed.Clear();
            if (_unannounced.Count > 0)
            {
                into.Add(new FeedMessage(
                    FeedMessageKind.Instruments, [.. _unannounced.Select(i => new InstrumentListed(stamp with { ExchangeTime = null }, i.Instrument, i.Terms))]));
                _unannounced.Clear();
            }

            foreach (var (coin, quote, price) in Indices(_parameters, view))
            {
                Send(into, FeedMessageKind.PriceIndex, new IndexUpdate(stamp, coin, quote, price));
            }

            SendTrades(into, stamp, fault);
        }

        var images = fault != _lastFault || fault == FeedFault.None;
        if (fault != _lastFault)
        {
            _lost.UnionWith(_broken);
            _broken.Clear();
        }

        foreach (var instrument in _cursor.Live)
        {
            var isTouched = _cursor.IsTouched(instrument);
            var wasLost = _lost.Contains(instrument);
            if (!isTouched && !(wasLost && images))
            {
                continue;
            }

            if (isTouched)
            {
                Touch(into, instrument, view.Point.Step, fault);
            }

            if (wasLost && images && Hears(instrument, fault))
            {
                SendImage(into, instrument, stamp, withTicker: !isTouched);
                _lost.Remove(instrument);
            }
        }

        if (!isSilent && view.Point.Step % _markSteps == 0 && fault != FeedFault.StaleOptions)
        {
            SendMarks(into, view, stamp);
        }

        if (!isSilent && view.Point.Step % _volatilityIndexSteps == 0)
        {
            SendVolatilityIndices(into, view, stamp);
        }
    }

    /// <summary>A new quote: its ticker, and the difference to the last book unless an image follows.</summary>
    private void Touch(List<FeedMessage> into, SimulatedInstrument instrument, long step, FeedFault fault)
    {
        var quote = _cursor.QuoteAt(instrument, step);
        var known = _published.TryGetValue(instrument, out var last);
        _published[instrument] = new Published(step, quote);
        if (!Hears(instrument, fault))
        {
            _lost.Add(instrument);
            return;
        }

        SendTicker(into, instrument, step, quote, StampAt(step), withIndex: true);
        if (!known || _lost.Contains(instrument) || !HasBook(instrument))
        {
            return;
        }

        if (fault == FeedFault.SequenceGaps && instrument.Stream.Derive(10).Uniform((ulong)step) < LostChanges)
        {
            _broken.Add(instrument);
            return;
        }

        var change = new BookChange(
            StampAt(step), instrument.Instrument, FirstChangeId + step, FirstChangeId + last.Step,
            Difference(last.Quote.Bids, quote.Bids), Difference(last.Quote.Asks, quote.Asks));
        Send(into, FeedMessageKind.Book, change);
    }

    private void SendImage(List<FeedMessage> into, SimulatedInstrument instrument, Provenance stamp, bool withTicker)
    {
        var (step, quote) = _published[instrument];
        var quoted = StampAt(step) with { ReceivedAt = stamp.ReceivedAt };
        if (withTicker)
        {
            SendTicker(into, instrument, step, quote, quoted, withIndex: false);
        }

        if (HasBook(instrument))
        {
            Send(into, FeedMessageKind.Book, new BookImage(quoted, instrument.Instrument, FirstChangeId + step, quote.Bids, quote.Asks));
        }
    }

    /// <param name="into">receives the message</param>
    /// <param name="instrument">whose ticker</param>
    /// <param name="step">at which it was quoted</param>
    /// <param name="quote">as made at that step</param>
    /// <param name="stamp">of that step</param>
    /// <param name="withIndex">false for a ticker that repeats an old quote: its index would be older than the one already sent</param>
    private void SendTicker(List<FeedMessage> into, SimulatedInstrument instrument, long step, MadeQuote quote, Provenance stamp, bool withIndex)
    {
        var update = new QuoteUpdate(stamp, instrument.Instrument, quote.Groups | QuoteGroups.Statistics, _cursor.ValuesAt(instrument, step, quote));
        var underlying = instrument.Instrument.Underlying;
        if (instrument.SpotPair >= 0 || !withIndex)
        {
            Send(into, FeedMessageKind.Ticker, update);
            return;
        }

        into.Add(new FeedMessage(
            FeedMessageKind.Ticker, [update, new IndexUpdate(stamp, underlying.Base, underlying.Quote, _cursor.ViewAt(step).Index(instrument.Family))]));
    }

    private void SendTrades(List<FeedMessage> into, Provenance stamp, FeedFault fault)
    {
        var trades = _cursor.Trades;
        for (var i = 0; i < trades.Count;)
        {
            var instrument = trades[i].Instrument;
            var prints = ImmutableArray.CreateBuilder<MarketEvent>();
            for (; i < trades.Count && trades[i].Instrument == instrument; i++)
            {
                var t = trades[i];
                prints.Add(new TradePrint(stamp, instrument.Instrument, t.TradeId, t.Price, t.Amount, t.BuyerIsTaker, t.IsLiquidation));
            }

            if (Hears(instrument, fault))
            {
                into.Add(new FeedMessage(FeedMessageKind.Trades, prints.DrainToImmutable()));
            }
        }
    }

    private void SendMarks(List<FeedMessage> into, VenueView view, Provenance stamp)
    {
        for (var family = 0; family < _parameters.Families.Length; family++)
        {
            var marks = ImmutableArray.CreateBuilder<MarketEvent>();
            foreach (var instrument in _cursor.Live)
            {
                if (instrument.Family == family && instrument.Instrument is EuropeanOption)
                {
                    marks.Add(new QuoteUpdate(stamp, instrument.Instrument, QuoteGroups.Mark, QuoteModel.MarkOf(instrument, view)));
                }
            }

            if (marks.Count > 0)
            {
                into.Add(new FeedMessage(FeedMessageKind.MarkPrices, marks.DrainToImmutable()));
            }
        }
    }

    private void SendVolatilityIndices(List<FeedMessage> into, VenueView view, Provenance stamp)
    {
        for (var family = 0; family < _parameters.Families.Length; family++)
        {
            var underlying = _parameters.Families[family].Underlying;
            if (underlying.Settlement == Settlement.Inverse)
            {
                Send(into, FeedMessageKind.VolatilityIndex, new VolatilityIndexUpdate(stamp, underlying.Base, QuoteModel.VolatilityIndex(view.Coin(family))));
            }
        }
    }

    private bool HasBook(SimulatedInstrument instrument) => instrument.Instrument is not EuropeanOption || _parameters.Quoting.OptionLevels > 0;

    private static bool Hears(SimulatedInstrument instrument, FeedFault fault)
    {
        return fault switch
        {
            FeedFault.Silence => false,
            FeedFault.StaleOptions => instrument.Instrument is not EuropeanOption,
            _ => true,
        };
    }

    private Provenance StampAt(long step) => ProvenanceAt(_parameters, _latency, step);

    private static void Send(List<FeedMessage> into, FeedMessageKind kind, MarketEvent only) => into.Add(new FeedMessage(kind, [only]));

    /// <summary>The indices of families and spot pairs, each once.</summary>
    internal static IEnumerable<(Asset Base, Asset Quote, double Price)> Indices(SimulationParameters parameters, VenueView view)
    {
        for (var family = 0; family < parameters.Families.Length; family++)
        {
            yield return (parameters.Families[family].Underlying.Base, parameters.Families[family].Underlying.Quote, view.Index(family));
        }

        for (var pair = 0; pair < parameters.SpotPairs.Length; pair++)
        {
            var underlying = parameters.SpotPairs[pair].Underlying;
            if (!parameters.Families.Any(f => f.Underlying.Base == underlying.Base && f.Underlying.Quote == underlying.Quote))
            {
                yield return (underlying.Base, underlying.Quote, VenueView.RoundPrice(view.PairPrice(pair)));
            }
        }
    }

    /// <summary>Levels that are new or changed, then those that are gone with amount 0, in price order of the new book.</summary>
    private static ImmutableArray<BookLevel> Difference(ImmutableArray<BookLevel> before, ImmutableArray<BookLevel> after)
    {
        var changes = ImmutableArray.CreateBuilder<BookLevel>();
        foreach (var level in after)
        {
            if (!before.Contains(level))
            {
                changes.Add(level);
            }
        }

        foreach (var level in before)
        {
            var isGone = true;
            foreach (var other in after)
            {
                isGone &= other.Price != level.Price;
            }

            if (isGone)
            {
                changes.Add(new BookLevel(level.Price, 0));
            }
        }

        return changes.DrainToImmutable();
    }

    private readonly record struct Published(long Step, MadeQuote Quote);
}

using System.Collections.Immutable;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.Simulation.Listing;
using Pms.Simulation.Market;
using Pms.Simulation.Parameters;
using Pms.Simulation.Quoting;
using Pms.Simulation.Trading;

namespace Pms.Simulation;

/// <summary>The exchange as it stands at one step, moved forward one step at a time. What it knows does not depend on who looked before.</summary>
/// <remarks>
/// A quote is made anew at the steps of the maker's own rhythm, in a sweep and after a trade, and stands until then; it is a pure function of
/// the market at that step, so nothing is stored for it but the last few market points. Instruments are therefore quoted only when somebody looks.
/// </remarks>
internal sealed class ExchangeCursor
{
    private readonly SimulationParameters _parameters;
    private readonly MarketProcess _process;
    private readonly QuoteModel _quotes;
    private readonly TradeFlow _flow;
    private readonly ListingState _listing;
    private readonly VenueView[] _recent;
    private readonly long[] _lastSweep;
    private readonly Dictionary<SimulatedInstrument, TradeRecord> _records = [];
    private readonly double _refillSteps;
    private readonly long _memorySteps;
    private readonly long _daySteps;
    private LiveInstruments _live;

    public ExchangeCursor(SimulationParameters parameters, ulong seed)
    {
        _parameters = parameters;
        _process = new MarketProcess(parameters, seed);
        _quotes = new QuoteModel(parameters);
        _flow = new TradeFlow(parameters, seed);
        var longest = ListingState.LongestPeriodSteps(parameters);
        var stepSeconds = parameters.Step.TotalSeconds;
        _refillSteps = parameters.Quoting.RefillSeconds / stepSeconds;
        _memorySteps = (long)Math.Ceiling(_refillSteps) + (2 * longest);
        _daySteps = (long)(86_400 / stepSeconds) + (2 * longest);
        _recent = new VenueView[Math.Max((2 * longest) + 2, 2 + (int)Math.Max(FeedRun.MarkSteps(parameters), FeedRun.VolatilityIndexSteps(parameters)))];
        _lastSweep = new long[parameters.Coins.Length];
        View = new VenueView(parameters, _process.First());
        _recent[0] = View;
        _listing = new ListingState(parameters, seed, View);
        _live = new LiveInstruments(parameters, _listing.Live);
        LiveNow = [.. _listing.Live];
    }

    /// <summary>The current step.</summary>
    public VenueView View { get; private set; }

    public IReadOnlyList<SimulatedInstrument> Live => _listing.Live;

    /// <summary>The same, as a list that later steps do not change.</summary>
    public ImmutableArray<SimulatedInstrument> LiveNow { get; private set; }

    /// <summary>Listed at the current step; at step 0 all that is listed.</summary>
    public IReadOnlyList<SimulatedInstrument> Added => _listing.Added;

    /// <summary>Expired at the current step.</summary>
    public IReadOnlyList<SimulatedInstrument> Expired => _listing.Expired;

    /// <summary>Prints of the current step.</summary>
    public List<SimulatedTrade> Trades { get; } = [];

    public void Advance()
    {
        var before = View.Point.Step;
        var view = new VenueView(_parameters, _process.Next(View.Point));
        _recent[view.Point.Step % _recent.Length] = view;
        View = view;
        _listing.Advance(view);
        if (_listing.Expired.Count > 0 || _listing.Added.Count > 0)
        {
            foreach (var gone in _listing.Expired)
            {
                _records.Remove(gone);
            }

            _live = new LiveInstruments(_parameters, _listing.Live);
            LiveNow = [.. _listing.Live];
        }

        // An aggressor meets the books of the step before: a sweep of this very step comes too late for him.
        Trades.Clear();
        _flow.Advance(view, _live, i => QuoteAt(i, TouchedAt(i, before)), Trades);
        for (var i = 0; i < view.Point.Coins.Length; i++)
        {
            if (view.Point.Coins[i].IsSweep)
            {
                _lastSweep[i] = view.Point.Step;
            }
        }

        foreach (var trade in Trades)
        {
            var record = RecordOf(trade.Instrument);
            var opens = trade.Instrument.Stream.Derive(9).Uniform((ulong)view.Point.Step) < 0.55;
            record.Add(view.Point.Step, trade, opens, _memorySteps, _daySteps);
        }
    }

    /// <summary>The last step at or before the current one at which an instrument was quoted anew.</summary>
    public long TouchedAt(SimulatedInstrument instrument) => TouchedAt(instrument, View.Point.Step);

    public bool IsTouched(SimulatedInstrument instrument) => TouchedAt(instrument) == View.Point.Step;

    /// <param name="instrument">live</param>
    /// <param name="step">a step at which it was quoted, not older than twice the longest rhythm</param>
    public MadeQuote QuoteAt(SimulatedInstrument instrument, long step)
    {
        var depletion = _records.TryGetValue(instrument, out var record) ? record.DepletionAt(step, _refillSteps) : default;
        return _quotes.Make(instrument, ViewAt(step), depletion);
    }

    public VenueView ViewAt(long step)
    {
        var view = _recent[step % _recent.Length];
        return view.Point.Step == step
            ? view
            : throw new InvalidOperationException($"step {step} is no longer held at step {View.Point.Step}: {_recent.Length} steps are");
    }

    /// <summary>A quote with open interest, volume and last price as they stood at its step.</summary>
    public QuoteValues ValuesAt(SimulatedInstrument instrument, long step, MadeQuote quote)
    {
        var hasRecord = _records.TryGetValue(instrument, out var record);
        record ??= new TradeRecord(instrument);
        return quote.Values with
        {
            OpenInterest = instrument.Instrument is Spot ? null : record.OpenInterest,
            Volume24h = record.VolumeAt(step, _parameters.Step.TotalSeconds),
            Last = hasRecord ? record.LastPrice : null,
        };
    }

    private long TouchedAt(SimulatedInstrument instrument, long step)
    {
        var touched = Math.Max(instrument.ListedStep, instrument.LastScheduled(step));
        if (instrument.Coin >= 0)
        {
            touched = Math.Max(touched, _lastSweep[instrument.Coin]);
        }

        return _records.TryGetValue(instrument, out var record) ? Math.Max(touched, record.LastStep) : touched;
    }

    private TradeRecord RecordOf(SimulatedInstrument instrument)
    {
        if (!_records.TryGetValue(instrument, out var record))
        {
            record = new TradeRecord(instrument);
            _records.Add(instrument, record);
        }

        return record;
    }
}

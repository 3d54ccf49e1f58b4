using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Primitives;
using Pms.Simulation.Parameters;
using Pms.Simulation.Quoting;

namespace Pms.Simulation;

/// <summary>A venue that exists only as a function of its parameters, a seed and an instant.</summary>
/// <remarks>
/// Immutable and thread-safe: every question walks its own path from the start of the run, so that answers do not depend on what was asked
/// before. Walking costs a few microseconds a step, publishing about a thousand times that (docs/simulation.md has the figures).
/// </remarks>
public sealed class SimulatedExchange
{
    /// <summary>Source in every provenance.</summary>
    public const string Source = "pms.sim";

    private readonly SimulationParameters _parameters;
    private readonly ulong _seed;

    /// <exception cref="InvalidInputException"><c>simulation-parameter</c></exception>
    public SimulatedExchange(SimulationParameters parameters, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        _parameters = parameters.Validated();
        _seed = seed;
    }

    public SimulationParameters Parameters => _parameters;

    public ulong Seed => _seed;

    /// <summary>The feed of a subscriber from one instant to another, in the order of receipt.</summary>
    /// <param name="from">at or after the start; the first step at or after it opens the feed with the whole board</param>
    /// <param name="until">last step included is the last one before it</param>
    public IEnumerable<MarketEvent> Run(DateTimeOffset from, DateTimeOffset until)
    {
        foreach (var message in Messages(from, until))
        {
            foreach (var e in message.Events)
            {
                yield return e;
            }
        }
    }

    /// <summary>The same feed, message by message as the venue sends it.</summary>
    /// <inheritdoc cref="Run" path="/param"/>
    public IEnumerable<FeedMessage> Messages(DateTimeOffset from, DateTimeOffset until)
    {
        var first = StepAtOrAfter(from);
        var end = StepAtOrAfter(until);
        return first < end ? Walk(first, end) : [];
    }

    /// <summary>What a subscriber with a perfect line knows at an instant: the state after every message stamped up to it.</summary>
    /// <remarks>Faults of the feed do not show here; sides that makers withdraw do.</remarks>
    public MarketSnapshot SnapshotAt(DateTimeOffset at)
    {
        var cursor = CursorAt(StepAtOrBefore(at));
        var state = new MarketState();
        foreach (var e in StateEvents(cursor).OrderBy(e => e.Provenance.EffectiveTime))
        {
            if (state.Apply(e) is { } refusal)
            {
                throw new InvalidOperationException($"the simulated state does not accept its own {e.GetType().Name}: {refusal}");
            }
        }

        return state.Seal(at);
    }

    /// <summary>What lies behind the quotes at an instant: for tests and for judging what was fitted to them.</summary>
    public HiddenTruth TruthAt(DateTimeOffset at) => new(_parameters, CursorAt(StepAtOrBefore(at)));

    /// <summary>The truth at every step, or every so many, without making a single quote.</summary>
    public IEnumerable<HiddenTruth> Truths(DateTimeOffset from, DateTimeOffset until, int everySteps = 1)
    {
        if (everySteps < 1)
        {
            throw new InvalidInputException("simulation-time", $"every {everySteps} steps: at least 1 is expected");
        }

        return WalkTruths(StepAtOrAfter(from), StepAtOrAfter(until), everySteps);
    }

    private IEnumerable<HiddenTruth> WalkTruths(long first, long end, int everySteps)
    {
        if (first >= end)
        {
            yield break;
        }

        var cursor = CursorAt(first);
        yield return new HiddenTruth(_parameters, cursor);
        for (var step = first + 1; step < end; step++)
        {
            cursor.Advance();
            if ((step - first) % everySteps == 0)
            {
                yield return new HiddenTruth(_parameters, cursor);
            }
        }
    }

    private IEnumerable<FeedMessage> Walk(long first, long end)
    {
        var cursor = CursorAt(first);
        var run = new FeedRun(_parameters, _seed, cursor);
        var messages = new List<FeedMessage>();
        run.Open(messages);
        for (var step = first; ;)
        {
            foreach (var message in messages)
            {
                yield return message;
            }

            messages.Clear();
            if (++step >= end)
            {
                yield break;
            }

            cursor.Advance();
            run.Step(messages);
        }
    }

    private IEnumerable<MarketEvent> StateEvents(ExchangeCursor cursor)
    {
        var latency = FeedRun.LatencyStream(_seed);
        var view = cursor.View;
        var stamp = FeedRun.ProvenanceAt(_parameters, latency, view.Point.Step);
        var markStep = view.Point.Step - (view.Point.Step % FeedRun.MarkSteps(_parameters));
        var marksView = cursor.ViewAt(markStep);
        foreach (var (coin, quote, price) in FeedRun.Indices(_parameters, view))
        {
            yield return new IndexUpdate(stamp, coin, quote, price);
        }

        for (var family = 0; family < _parameters.Families.Length; family++)
        {
            var underlying = _parameters.Families[family].Underlying;
            if (underlying.Settlement == Settlement.Inverse)
            {
                var step = view.Point.Step - (view.Point.Step % FeedRun.VolatilityIndexSteps(_parameters));
                yield return new VolatilityIndexUpdate(
                    FeedRun.ProvenanceAt(_parameters, latency, step), underlying.Base, QuoteModel.VolatilityIndex(cursor.ViewAt(step).Coin(family)));
            }
        }

        foreach (var instrument in cursor.Live)
        {
            var step = cursor.TouchedAt(instrument);
            var quote = cursor.QuoteAt(instrument, step);
            var quoted = FeedRun.ProvenanceAt(_parameters, latency, step);
            yield return new InstrumentListed(quoted, instrument.Instrument, instrument.Terms);
            yield return new QuoteUpdate(
                quoted, instrument.Instrument, quote.Groups | QuoteGroups.Statistics, cursor.ValuesAt(instrument, step, quote));
            if (instrument.Instrument is not EuropeanOption || _parameters.Quoting.OptionLevels > 0)
            {
                yield return new BookImage(quoted, instrument.Instrument, FeedRun.FirstChangeId + step, quote.Bids, quote.Asks);
            }

            if (instrument.Instrument is EuropeanOption && markStep >= step)
            {
                yield return new QuoteUpdate(
                    FeedRun.ProvenanceAt(_parameters, latency, markStep), instrument.Instrument, QuoteGroups.Mark, QuoteModel.MarkOf(instrument, marksView));
            }
        }
    }

    private ExchangeCursor CursorAt(long step)
    {
        var cursor = new ExchangeCursor(_parameters, _seed);
        while (cursor.View.Point.Step < step)
        {
            cursor.Advance();
        }

        return cursor;
    }

    private long StepAtOrBefore(DateTimeOffset at) => Math.DivRem(SinceStart(at), _parameters.Step.Ticks, out _);

    private long StepAtOrAfter(DateTimeOffset at) => (SinceStart(at) + _parameters.Step.Ticks - 1) / _parameters.Step.Ticks;

    private long SinceStart(DateTimeOffset at)
    {
        var ticks = (at - _parameters.Start).Ticks;
        return ticks >= 0 && ticks <= TimeSpan.FromDays(MaxDays).Ticks
            ? ticks
            : throw new InvalidInputException("simulation-time", $"{at.ToIso()} is not within {MaxDays} days after the start {_parameters.Start.ToIso()}");
    }

    /// <summary>Longest run: the path is walked from the start each time, so a farther instant should begin a run of its own.</summary>
    public const int MaxDays = 3_660;
}

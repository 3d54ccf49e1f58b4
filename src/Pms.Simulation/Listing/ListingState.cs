using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.Simulation.Parameters;
using Pms.Simulation.Quoting;

namespace Pms.Simulation.Listing;

/// <summary>What is listed now, and how it changes: expiries roll at 08:00 UTC, ladders follow the spot.</summary>
internal sealed class ListingState
{
    /// <summary>Seconds between two looks at whether ladders must follow.</summary>
    private const double FollowSeconds = 60;

    private readonly SimulationParameters _parameters;
    private readonly ulong _seed;
    private readonly long _followSteps;
    private readonly Dictionary<(int Family, DateTimeOffset Expiry), LiveExpiry> _expiries = [];
    private readonly List<SimulatedInstrument> _live = [];
    private DateTimeOffset _nextRoll;

    public ListingState(SimulationParameters parameters, ulong seed, VenueView first)
    {
        _parameters = parameters;
        _seed = seed;
        _followSteps = Math.Max(1, (long)(FollowSeconds / parameters.Step.TotalSeconds));
        for (var pair = 0; pair < parameters.SpotPairs.Length; pair++)
        {
            var spot = parameters.SpotPairs[pair];
            var coin = spot.Kind == SpotPairKind.Stablecoin ? -1 : parameters.CoinIndex(spot.Coin);
            Add(new Spot(spot.Underlying), coin, family: -1, pair, 0, first.Point.Time.AddDays(-365), TickSchedule.Single(spot.Tick, spot.MinAmount), parameters.Quoting.SpotSeconds, 0, 0, spot.MinAmount);
        }

        for (var family = 0; family < parameters.Families.Length; family++)
        {
            var f = parameters.Families[family];
            Add(
                new Perpetual(f.Underlying), CoinOf(family), family, -1, 0, first.Point.Time.AddDays(-365), TickSchedule.Single(f.PerpetualTick, f.FutureMinAmount),
                parameters.Quoting.PerpetualSeconds, f.FutureSize * 8_000, f.FutureSize * 6_000 / FutureUnit(f, first.Index(family)), f.FutureMinAmount);
        }

        Roll(first, initial: true);
    }

    /// <summary>Live instruments in the order of their listing.</summary>
    public IReadOnlyList<SimulatedInstrument> Live => _live;

    /// <summary>Listed at the last step taken.</summary>
    public List<SimulatedInstrument> Added { get; } = [];

    /// <summary>Expired at the last step taken.</summary>
    public List<SimulatedInstrument> Expired { get; } = [];

    /// <summary>Longest quoting rhythm of any instrument, steps.</summary>
    public static int LongestPeriodSteps(SimulationParameters parameters)
    {
        var quoting = parameters.Quoting;
        return new[] { 5 * quoting.OptionSeconds, quoting.FutureSeconds, quoting.PerpetualSeconds, quoting.SpotSeconds }.Max(s => Steps(parameters, s));
    }

    public void Advance(VenueView view)
    {
        Added.Clear();
        Expired.Clear();
        if (view.Point.Time >= _nextRoll)
        {
            Roll(view, initial: false);
        }

        if (view.Point.Step % _followSteps == 0)
        {
            Follow(view);
        }
    }

    private void Roll(VenueView view, bool initial)
    {
        var now = view.Point.Time;
        _nextRoll = ExpiryCalendar.NextRoll(now);
        for (var i = 0; i < _live.Count; i++)
        {
            if (ExpiryOf(_live[i].Instrument) <= now)
            {
                Expired.Add(_live[i]);
            }
        }

        if (Expired.Count > 0)
        {
            _live.RemoveAll(i => ExpiryOf(i.Instrument) <= now);
            foreach (var key in _expiries.Keys.Where(k => k.Expiry <= now).ToArray())
            {
                _expiries.Remove(key);
            }
        }

        for (var family = 0; family < _parameters.Families.Length; family++)
        {
            var f = _parameters.Families[family];
            var index = view.Index(family);
            foreach (var listed in ExpiryCalendar.At(now))
            {
                if (_expiries.TryGetValue((family, listed.Expiry), out var known))
                {
                    known.Kind = listed.Kind;
                    continue;
                }

                var since = initial ? Earlier(ExpiryCalendar.ListedSince(listed), now) : now;
                var live = new LiveExpiry { Kind = listed.Kind, Reference = index };
                _expiries.Add((family, listed.Expiry), live);
                if (f.Underlying.Settlement == Settlement.Inverse)
                {
                    Add(
                        new DatedFuture(f.Underlying, listed.Expiry), CoinOf(family), family, -1, view.Point.Step, since, TickSchedule.Single(f.FutureTick, f.FutureMinAmount),
                        _parameters.Quoting.FutureSeconds, initial ? f.FutureSize * 300 : 0, initial ? f.FutureSize * 30 / FutureUnit(f, index) : 0, f.FutureMinAmount);
                }

                AddStrikes(view, family, listed.Expiry, live, StrikeLadder.Extend(live.Strikes, listed.Kind, index, f.LadderScale), since, initial);
            }
        }
    }

    private void Follow(VenueView view)
    {
        foreach (var ((family, expiry), live) in _expiries.OrderBy(e => e.Key.Family).ThenBy(e => e.Key.Expiry))
        {
            var index = view.Index(family);
            if (Math.Abs((index / live.Reference) - 1) > StrikeLadder.FollowMove(live.Kind))
            {
                live.Reference = index;
                var added = StrikeLadder.Extend(live.Strikes, live.Kind, index, _parameters.Families[family].LadderScale);
                AddStrikes(view, family, expiry, live, added, view.Point.Time, initial: false);
            }
        }
    }

    private void AddStrikes(VenueView view, int family, DateTimeOffset expiry, LiveExpiry live, IReadOnlyList<decimal> strikes, DateTimeOffset since, bool initial)
    {
        var f = _parameters.Families[family];
        var ticks = new TickSchedule(f.OptionTick, f.OptionTickThreshold, f.OptionTickAbove, f.OptionMinAmount);
        var stdDev = Math.Sqrt(view.Expiry(family, expiry).Slice.Theta);
        foreach (var strike in strikes)
        {
            // Far strikes are quoted less often and held less; judged once, when they are listed.
            var distance = Math.Abs(((double)strike / live.Reference) - 1) / stdDev;
            foreach (var type in (ReadOnlySpan<OptionType>)[OptionType.Call, OptionType.Put])
            {
                var option = new EuropeanOption(f.Underlying, expiry, strike, type);
                var popularity = SimulatedInstrument.StreamOf(_seed, option).Derive(8).Uniform(0);
                popularity = popularity * popularity * popularity / (1 + (distance * distance));
                var held = initial ? f.OptionSize * (live.Kind >= ExpiryKind.Monthly ? 250 : 25) * popularity : 0;
                Add(
                    option, CoinOf(family), family, -1, view.Point.Step, since, ticks,
                    _parameters.Quoting.OptionSeconds * (1 + Math.Min(4, distance)), held, 0.03 * held, contractSize: 1);
            }
        }
    }

    private void Add(
        Instrument instrument, int coin, int family, int pair, long step, DateTimeOffset since, TickSchedule ticks, double periodSeconds, double openInterest, double volume, decimal contractSize)
    {
        var listed = new SimulatedInstrument
        {
            Instrument = instrument,
            Coin = coin,
            Family = family,
            SpotPair = pair,
            ListedStep = step,
            Ticks = ticks,
            Terms = new InstrumentTerms((double)contractSize, (double)ticks.Tick, (double)ticks.MinAmount, "open", since),
            PeriodSteps = Steps(_parameters, periodSeconds),
            Stream = SimulatedInstrument.StreamOf(_seed, instrument),
            InitialOpenInterest = openInterest > 0 ? ticks.Amount(openInterest) : 0,
            InitialVolume24h = Math.Round(volume, 4),
        };
        _live.Add(listed);
        Added.Add(listed);
    }

    private int CoinOf(int family) => _parameters.CoinIndex(_parameters.Families[family].Underlying.Base);

    /// <summary>Amounts of inverse futures are in USD while their volume is in coin.</summary>
    private static double FutureUnit(FamilyParameters family, double index) => family.Underlying.Settlement == Settlement.Inverse ? index : 1;

    private static int Steps(SimulationParameters parameters, double seconds) => Math.Max(1, (int)Math.Round(seconds / parameters.Step.TotalSeconds));

    private static DateTimeOffset ExpiryOf(Instrument instrument) => instrument switch
    {
        EuropeanOption o => o.Expiry,
        DatedFuture f => f.Expiry,
        _ => DateTimeOffset.MaxValue,
    };

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    private sealed class LiveExpiry
    {
        public ExpiryKind Kind { get; set; }

        public double Reference { get; set; }

        public SortedSet<decimal> Strikes { get; } = [];
    }
}

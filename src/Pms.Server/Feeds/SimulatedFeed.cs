using Pms.MarketData.Snapshots;
using Pms.Simulation;
using Pms.Simulation.Parameters;

namespace Pms.Server.Feeds;

/// <summary>A made-up market in step with the clock, for demonstrations and tests.</summary>
public sealed class SimulatedFeed : IMarketFeed
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3_650);

    private readonly TimeProvider _time;
    private readonly SimulatedExchange _exchange;
    private readonly MarketState _state = new();
    private readonly Lock _lock = new();
    private DateTimeOffset? _last;
    private long _events;
    private long _refused;

    /// <param name="parameters">of the market</param>
    /// <param name="seed">of all draws</param>
    /// <param name="time">clock</param>
    /// <param name="began">first instant of the market, not after the clock's time now; null: now. Received is what happens from now on</param>
    public SimulatedFeed(SimulationParameters parameters, ulong seed, TimeProvider time, DateTimeOffset? began = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        var now = time.GetUtcNow();
        Start = new DateTimeOffset(now.Ticks - (now.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
        _exchange = new SimulatedExchange(parameters with { Start = began ?? Start }, seed);
    }

    /// <summary>First instant that is received.</summary>
    public DateTimeOffset Start { get; }

    /// <summary>While set, nothing is received: the line is cut.</summary>
    public bool IsCut { get; set; }

    public FeedStatus Status
    {
        get
        {
            lock (_lock)
            {
                return new FeedStatus(SimulatedExchange.Source, _last, _events, _refused, 0);
            }
        }
    }

    public async Task RunAsync(CancellationToken cancel)
    {
        foreach (var message in _exchange.Messages(Start, Start + Longest))
        {
            while (message.ReceivedAt > _time.GetUtcNow())
            {
                await Task.Delay(Pause, _time, cancel).ConfigureAwait(false);
            }

            cancel.ThrowIfCancellationRequested();
            if (IsCut)
            {
                continue;
            }

            lock (_lock)
            {
                foreach (var e in message.Events)
                {
                    if (_state.Apply(e) is null)
                    {
                        _events++;
                    }
                    else
                    {
                        _refused++;
                    }
                }

                _last = message.ReceivedAt;
            }
        }
    }

    public MarketSnapshot? Seal()
    {
        lock (_lock)
        {
            return _state.LatestTime is { } at ? _state.Seal(at) : null;
        }
    }
}

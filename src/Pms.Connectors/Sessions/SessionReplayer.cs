using System.Threading.Channels;
using Pms.MarketData.Events;
using Pms.MarketData.Readers;
using Pms.MarketData.Snapshots;
using Pms.Primitives;

namespace Pms.Connectors.Sessions;

/// <summary>How to play a recording.</summary>
public sealed record ReplayOptions
{
    /// <summary>Market seconds a second; null for as fast as it goes.</summary>
    public double? Speed { get; init; }

    /// <summary>Market time between snapshots, at whole multiples since 1970; null for none.</summary>
    public TimeSpan? SnapshotInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Time between progress reports, on the clock of the host.</summary>
    public TimeSpan ProgressInterval { get; init; } = TimeSpan.FromMilliseconds(500);
}

/// <param name="Events">decoded so far</param>
/// <param name="Rejected">rejections among them</param>
/// <param name="NotApplied">events that did not fit the state: late, or out of sequence</param>
/// <param name="Snapshots">handed to the callback</param>
/// <param name="SkippedSnapshots">not handed over because the callback was still busy; always 0 at full speed</param>
/// <param name="MarketTime">receive time of the newest event</param>
/// <param name="Elapsed">host time since the start</param>
/// <param name="Speed">market seconds a host second since the start; 0 before there is a measure</param>
public sealed record ReplayProgress(
    long Events, long Rejected, long NotApplied, long Snapshots, long SkippedSnapshots, DateTimeOffset? MarketTime, TimeSpan Elapsed, double Speed);

/// <summary>Plays a recording: decode, apply, freeze a snapshot on each tick of market time, hand it to a callback that may take its time.</summary>
/// <remarks>
/// One snapshot may wait while another is worked on, never more. At full speed the reading waits for the callback, so that every tick is
/// worked on; at a set speed the market does not wait, and a callback that is too slow gets the newest snapshot and misses some, which is counted.
/// </remarks>
public sealed class SessionReplayer
{
    private const int EventsBetweenChecks = 256;

    // A timer of the framework runs for 49 days at most; a recording may be silent for longer.
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(1);

    private readonly ReplayOptions _options;
    private readonly TimeProvider _time;
    private long _events;
    private long _rejected;
    private long _notApplied;
    private long _snapshots;
    private long _skipped;
    private DateTimeOffset? _first;
    private DateTimeOffset? _newest;

    /// <exception cref="InvalidInputException"><c>replay-options</c></exception>
    public SessionReplayer(ReplayOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        if (options.Speed is { } speed && !(speed > 0 && speed <= 1e6))
        {
            throw new InvalidInputException("replay-options", $"speed {speed} is not above 0 and at most 1000000");
        }

        if (options.SnapshotInterval is { } interval && interval < TimeSpan.FromMilliseconds(1))
        {
            throw new InvalidInputException("replay-options", $"a snapshot interval of {interval} is below 1 ms");
        }

        _options = options;
        _time = time;
    }

    /// <summary>Plays all events once.</summary>
    /// <param name="events">in order of receipt, as <see cref="MarketFile.ReadEvents()"/> gives them</param>
    /// <param name="onSnapshot">called with one snapshot after the other on a thread of its own; may be null</param>
    /// <param name="onProgress">called on the reading thread; may be null</param>
    /// <param name="cancellationToken">stops the replay</param>
    /// <returns>the final counts</returns>
    /// <exception cref="OperationCanceledException">cancelled</exception>
    public async Task<ReplayProgress> RunAsync(
        IEnumerable<MarketEvent> events, Action<MarketSnapshot>? onSnapshot, Action<ReplayProgress>? onProgress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(events);
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var waiting = Channel.CreateBounded<MarketSnapshot>(
            new BoundedChannelOptions(1)
            {
                SingleReader = true,
                SingleWriter = true,
                FullMode = _options.Speed is null ? BoundedChannelFullMode.Wait : BoundedChannelFullMode.DropOldest,
            },
            _ => _skipped++);
        var worker = Task.Run(() => WorkAsync(waiting.Reader, onSnapshot, failed), CancellationToken.None);
        var start = _time.GetTimestamp();
        try
        {
            await ReadAsync(events, waiting.Writer, onProgress, start, failed.Token);
        }
        catch (OperationCanceledException) when (worker.IsFaulted)
        {
            // The callback failed, which is what the caller must see.
        }
        finally
        {
            waiting.Writer.TryComplete();
            await worker;
        }

        var final = Progress(start);
        onProgress?.Invoke(final);
        return final;
    }

    private async Task ReadAsync(
        IEnumerable<MarketEvent> events, ChannelWriter<MarketSnapshot> snapshots, Action<ReplayProgress>? onProgress, long start, CancellationToken stop)
    {
        var state = new MarketState();
        var reported = start;
        DateTimeOffset? boundary = null;
        foreach (var e in events)
        {
            var at = e.Provenance.ReceivedAt;
            if (e is not RejectedInput)
            {
                _first ??= at;
                if (_options.SnapshotInterval is { } step)
                {
                    boundary ??= Ceiling(at, step);
                    if (at > boundary)
                    {
                        // All that was received up to the boundary is in the state, nothing later. Ticks without news are not repeated.
                        await snapshots.WriteAsync(state.Seal(boundary.Value), stop);
                        boundary = Ceiling(at, step);
                    }
                }

                _newest = _newest is null || at > _newest ? at : _newest;
            }

            if (_options.Speed is { } speed && _first is { } first)
            {
                var due = TimeSpan.FromTicks((long)((at - first).Ticks / speed));
                for (var wait = due - _time.GetElapsedTime(start); wait > TimeSpan.Zero; wait = due - _time.GetElapsedTime(start))
                {
                    await Task.Delay(wait < LongestDelay ? wait : LongestDelay, _time, stop);
                }
            }

            _events++;
            _rejected += e is RejectedInput ? 1 : 0;
            _notApplied += state.Apply(e) is null ? 0 : 1;
            if (_events % EventsBetweenChecks == 0)
            {
                stop.ThrowIfCancellationRequested();
                if (onProgress is not null && _time.GetElapsedTime(reported) >= _options.ProgressInterval)
                {
                    reported = _time.GetTimestamp();
                    onProgress(Progress(start));
                }
            }
        }

        if (_options.SnapshotInterval is not null && _newest is { } newest)
        {
            await snapshots.WriteAsync(state.Seal(newest), stop);
        }
    }

    private async Task WorkAsync(ChannelReader<MarketSnapshot> snapshots, Action<MarketSnapshot>? onSnapshot, CancellationTokenSource failed)
    {
        try
        {
            await foreach (var snapshot in snapshots.ReadAllAsync(CancellationToken.None))
            {
                onSnapshot?.Invoke(snapshot);
                Interlocked.Increment(ref _snapshots);
            }
        }
        catch
        {
            await failed.CancelAsync();
            throw;
        }
    }

    private ReplayProgress Progress(long start)
    {
        var elapsed = _time.GetElapsedTime(start);
        var market = _newest - _first ?? TimeSpan.Zero;
        var speed = elapsed > TimeSpan.Zero ? market / elapsed : 0;
        return new ReplayProgress(_events, _rejected, _notApplied, Interlocked.Read(ref _snapshots), _skipped, _newest, elapsed, speed);
    }

    private static DateTimeOffset Ceiling(DateTimeOffset at, TimeSpan step) => new((at.UtcTicks + step.Ticks - 1) / step.Ticks * step.Ticks, TimeSpan.Zero);
}

using Microsoft.Extensions.Time.Testing;
using Pms.Connectors.Sessions;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers;
using Pms.MarketData.Snapshots;
using Pms.Primitives;

namespace Pms.Connectors.Tests;

public sealed class SessionTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Instrument Perpetual = DeribitNames.Parse("BTC-PERPETUAL");

    [Fact]
    public async Task Record_ThenRead_GivesTheVenuesMarket()
    {
        var venue = new ReplayVenue(21, TimeProvider.System.GetUtcNow().AddHours(-1));
        await using var server = await ReplayServer.StartAsync(venue);
        using var target = new MemoryStream();
        using var stop = new CancellationTokenSource();
        RecordProgress? progress = null;
        var recording = SessionRecorder.RecordAsync(
            target, DeribitConnectorTests.FastOptions(server), TimeProvider.System, p => progress = p, TimeSpan.FromMilliseconds(5), stop.Token);
        await DeribitConnectorTests.Until(() => progress?.Status.State == ConnectorState.Live, "live");
        for (var i = 0; i < 300; i++)
        {
            server.Step();
        }

        server.CutAll();
        await DeribitConnectorTests.Until(() => progress!.Status is { State: ConnectorState.Live, Reconnects: > 0 }, "live again after a cut");
        server.Beat();
        var before = progress!.Messages;
        await DeribitConnectorTests.Until(() => progress.Messages >= before + 12, "the last beat is written");
        await stop.CancelAsync();
        var status = await recording;
        status.State.ShouldBe(ConnectorState.Stopped);

        using var file = MarketFile.Open(new MemoryStream(target.ToArray()), "session.ndjson.gz");
        file.Format.ShouldBe("pms-session");
        var state = new MarketState();
        foreach (var e in file.ReadEvents())
        {
            e.ShouldNotBeOfType<RejectedInput>();
            state.Apply(e);
        }

        DeribitConnectorTests.Difference(venue.Truth(), state.Seal(DateTimeOffset.UnixEpoch)).ShouldBeNull();
    }

    [Fact]
    public async Task Replay_FullSpeed_SealsEveryTickAndWaitsForTheCallback()
    {
        var snapshots = new List<(DateTimeOffset At, double Bid)>();
        var replayer = new SessionReplayer(new ReplayOptions { SnapshotInterval = TimeSpan.FromSeconds(1) }, TimeProvider.System);
        var progress = await replayer.RunAsync(
            Quotes(10_000, TimeSpan.FromMilliseconds(10)), s => snapshots.Add((s.ObservedAt, s.Boards[0].Linears[0].Bid!.Value)), null, CancellationToken.None);

        // 10,000 quotes 10 ms apart from 0 s: boundaries 0, 1, ... 99 s, and the end at 99.99 s; each holds the quote of its very instant.
        snapshots.Count.ShouldBe(101);
        snapshots.Take(100).Select(s => s.At).ShouldBe(Enumerable.Range(0, 100).Select(i => Start.AddSeconds(i)));
        snapshots.Take(100).Select(s => s.Bid).ShouldBe(Enumerable.Range(0, 100).Select(i => 1.0 + (100 * i)));
        (progress.Events, progress.Snapshots, progress.SkippedSnapshots).ShouldBe((10_000, 101, 0));
        progress.MarketTime.ShouldBe(Start.AddMilliseconds(99_990));
    }

    [Fact]
    public async Task Replay_SetSpeed_FollowsTheClock()
    {
        var time = new FakeTimeProvider(Start.AddYears(1));
        var replayer = new SessionReplayer(new ReplayOptions { Speed = 10, SnapshotInterval = null }, time);
        var seen = 0;
        IEnumerable<MarketEvent> Counted()
        {
            foreach (var e in Quotes(11, TimeSpan.FromSeconds(10)))
            {
                Interlocked.Increment(ref seen);
                yield return e;
            }
        }

        var running = replayer.RunAsync(Counted(), null, null, CancellationToken.None);
        for (var i = 1; i <= 10; i++)
        {
            // The next event is drawn and waits for its time: 10 s of market at 10x is 1 s of clock.
            await DeribitConnectorTests.Until(() => Volatile.Read(ref seen) == i + 1, $"event {i + 1} is drawn");
            running.IsCompleted.ShouldBeFalse();
            time.Advance(TimeSpan.FromSeconds(1));
        }

        var progress = await running;
        progress.Events.ShouldBe(11);
        progress.Speed.ShouldBe(10, 1e-9);
    }

    [Fact]
    public async Task Replay_SilenceLongerThanATimerRuns_IsWaitedFor()
    {
        var time = new JumpingTimeProvider();
        var replayer = new SessionReplayer(new ReplayOptions { Speed = 1, SnapshotInterval = null }, time);

        var progress = await replayer.RunAsync(Quotes(3, TimeSpan.FromDays(400)), null, null, CancellationToken.None);

        progress.Events.ShouldBe(3);
        time.Waited.ShouldBe(TimeSpan.FromDays(800));
    }

    [Fact]
    public async Task Replay_FailingCallback_EndsTheReplayWithItsFault()
    {
        var replayer = new SessionReplayer(new ReplayOptions(), TimeProvider.System);
        await Should.ThrowAsync<InvalidDataException>(
            replayer.RunAsync(Quotes(100_000, TimeSpan.FromMilliseconds(100)), _ => throw new InvalidDataException("no"), null, CancellationToken.None));
    }

    [Fact]
    public async Task Replay_Cancelled_Stops()
    {
        using var stop = new CancellationTokenSource();
        var replayer = new SessionReplayer(new ReplayOptions(), TimeProvider.System);
        await Should.ThrowAsync<OperationCanceledException>(
            replayer.RunAsync(Quotes(int.MaxValue, TimeSpan.FromMilliseconds(1)), _ => stop.Cancel(), null, stop.Token));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(-1.0)]
    [InlineData(double.NaN)]
    [InlineData(1e7)]
    public void Replay_SpeedOutOfRange_IsRefused(double speed) =>
        Should.Throw<InvalidInputException>(() => new SessionReplayer(new ReplayOptions { Speed = speed }, TimeProvider.System)).Code.ShouldBe("replay-options");

    /// <summary>A clock that jumps to the due time of whatever timer is asked for.</summary>
    private sealed class JumpingTimeProvider : TimeProvider
    {
        public TimeSpan Waited { get; private set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Waited.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime > TimeSpan.Zero)
            {
                Waited += dueTime;
                dueTime = TimeSpan.Zero;
            }

            return base.CreateTimer(callback, state, dueTime, period);
        }
    }

    private static IEnumerable<MarketEvent> Quotes(int count, TimeSpan apart)
    {
        for (var i = 0; i < count; i++)
        {
            var at = Start + (i * apart);
            yield return new QuoteUpdate(new Provenance("test", at, at), Perpetual, QuoteGroups.TopOfBook, new QuoteValues { Bid = 1 + i, Ask = 2 + i });
        }
    }
}

using Microsoft.Extensions.Time.Testing;
using Pms.Connectors.Deribit;
using Pms.MarketData.Events;
using Pms.MarketData.Snapshots;
using Pms.Primitives;

namespace Pms.Connectors.Tests;

/// <summary>The connector against a server that speaks the protocol and misbehaves. Waits end on a condition; the deadline only ends a failure.</summary>
public sealed class DeribitConnectorTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);

    [Theory]
    [InlineData(1UL, 0, 0, 0, 0)]
    [InlineData(2UL, 30, 0, 0, 0)]
    [InlineData(3UL, 0, 50, 50, 0)]
    [InlineData(4UL, 20, 30, 30, 3)]
    [InlineData(5UL, 100, 100, 100, 8)]
    public async Task RunAsync_LineWithFaults_EndsWithTheStateOfALosslessReader(ulong seed, int drop, int duplicate, int reorder, int cut)
    {
        output.WriteLine($"seed {seed}");
        var venue = new ReplayVenue(seed, TimeProvider.System.GetUtcNow().AddHours(-1));
        await using var server = await ReplayServer.StartAsync(venue);
        using var connector = new DeribitConnector(FastOptions(server) with { Seed = seed }, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var running = connector.RunAsync(stop.Token);
        var state = new MarketState();
        var scratch = new List<MarketEvent>();
        await Until(() => connector.Status.State == ConnectorState.Live, "the first connection is live");

        server.Faults = new Faults(drop, duplicate, reorder, cut);
        for (var i = 0; i < 2_000; i++)
        {
            server.Step();
            if (i % 20 == 0)
            {
                connector.Queue.DrainTo(state, scratch);
                await Task.Yield();
            }

            if (i % 100 == 0)
            {
                server.Heartbeat();
                await Task.Delay(1);
            }
        }

        server.Calm();
        await Until(() => connector.Status.State == ConnectorState.Live && server.Open == 1, "the line is up again");
        server.Beat();
        string? difference = null;
        await Until(
            () =>
            {
                connector.Queue.DrainTo(state, scratch);
                lock (venue.Gate)
                {
                    difference = Difference(venue.Truth(), state.Seal(DateTimeOffset.UnixEpoch));
                }

                return difference is null;
            },
            "the state equals the reference",
            () => difference);

        var status = connector.Status;
        output.WriteLine(status.ToString());
        status.Rejected.ShouldBe(0);
        status.ChannelsRefused.ShouldBe(0);
        if (drop > 0)
        {
            status.Gaps.ShouldBeGreaterThan(0);
            status.Resubscriptions.ShouldBeGreaterThan(0);
        }

        if (cut > 0)
        {
            status.Reconnects.ShouldBeGreaterThan(0);
        }

        if (drop + duplicate + reorder + cut == 0)
        {
            (status.Gaps, status.Stale, status.Reconnects, status.Resubscriptions).ShouldBe((0, 0, 0, 0));
            server.TestsAnswered.ShouldBe(20, "every test_request is answered");
        }

        await stop.CancelAsync();
        await running.WaitAsync(Deadline);
        await Until(() => server.Open == 0, "no connection is left");
        connector.Status.State.ShouldBe(ConnectorState.Stopped);
    }

    [Fact]
    public async Task RunAsync_Cancelled_UnsubscribesAndClosesProperly()
    {
        var venue = new ReplayVenue(1, TimeProvider.System.GetUtcNow().AddHours(-1));
        await using var server = await ReplayServer.StartAsync(venue);
        using var connector = new DeribitConnector(FastOptions(server), TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var running = connector.RunAsync(stop.Token);
        await Until(() => connector.Status.State == ConnectorState.Live, "live");
        await stop.CancelAsync();
        await running.WaitAsync(Deadline);
        await Until(() => server.Open == 0 && server.CleanCloses == 1, "the venue saw a normal closure");
        server.Methods.ShouldContain("public/unsubscribe_all");
        connector.Status.LastEnd!.Code.ShouldBe("stopped");
    }

    [Fact]
    public async Task RunAsync_ManyChannels_AreSubscribedInBatches()
    {
        var venue = new ReplayVenue(1, TimeProvider.System.GetUtcNow().AddHours(-1));
        await using var server = await ReplayServer.StartAsync(venue);
        using var connector = new DeribitConnector(FastOptions(server) with { ChannelsPerCall = 4 }, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var running = connector.RunAsync(stop.Token);
        await Until(() => connector.Status.State == ConnectorState.Live, "live");
        var status = connector.Status;

        // 4 of the currency, platform_state, 3 of the family, 7 tickers, 2 books.
        (status.ChannelsWanted, status.ChannelsLive).ShouldBe((17, 17));
        server.LargestBatch.ShouldBe(4);
        await stop.CancelAsync();
        await running.WaitAsync(Deadline);
    }

    [Fact]
    public async Task RunAsync_TooManyRequests_WaitsThePauseOut()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero));
        var venue = new ReplayVenue(1, time.GetUtcNow().AddMinutes(-10));
        await using var server = await ReplayServer.StartAsync(venue);
        server.RefuseSubscribes(1);
        using var connector = new DeribitConnector(FastOptions(server) with { RateLimitPause = TimeSpan.FromSeconds(10) }, time);
        using var stop = new CancellationTokenSource();
        var running = connector.RunAsync(stop.Token);
        await Until(() => connector.Status.State == ConnectorState.BackingOff, "backing off");
        connector.Status.RateLimited.ShouldBe(1);
        connector.Status.LastEnd!.Code.ShouldBe("rate-limited");
        time.Advance(TimeSpan.FromSeconds(9.9));
        connector.Status.State.ShouldBe(ConnectorState.BackingOff);
        server.Accepted.ShouldBe(1);
        time.Advance(TimeSpan.FromSeconds(0.2));
        await Until(() => connector.Status.State == ConnectorState.Live, "live again");
        server.Accepted.ShouldBe(2);
        await stop.CancelAsync();
        await running.WaitAsync(Deadline);
    }

    [Fact]
    public async Task RunAsync_SilentVenue_IsGivenUpAndTriedAgain()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero));
        var venue = new ReplayVenue(1, time.GetUtcNow().AddMinutes(-10));
        await using var server = await ReplayServer.StartAsync(venue);
        using var connector = new DeribitConnector(FastOptions(server), time);
        using var stop = new CancellationTokenSource();
        var running = connector.RunAsync(stop.Token);
        await Until(() => connector.Status.State == ConnectorState.Live, "live");
        server.IsMute = true;
        await Until(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return connector.Status.Reconnects > 0 || connector.Status.State == ConnectorState.BackingOff;
            },
            "the silence is noticed");
        connector.Status.LastEnd!.Code.ShouldBeOneOf("connection-stale", "request-timeout");
        server.IsMute = false;
        await Until(
            () =>
            {
                // A request made while the venue was mute is never answered, so its timeout must pass too; slowly, for the answers of the others.
                time.Advance(TimeSpan.FromMilliseconds(20));
                return connector.Status.State == ConnectorState.Live;
            },
            "live again");
        await stop.CancelAsync();
        await running.WaitAsync(Deadline);
    }

    [Fact]
    public async Task RunAsync_SilentIndexChannel_IsAskedForAgain()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero));
        var venue = new ReplayVenue(1, time.GetUtcNow().AddMinutes(-10));
        await using var server = await ReplayServer.StartAsync(venue);
        using var connector = new DeribitConnector(FastOptions(server) with { ChannelStaleAfter = TimeSpan.FromSeconds(5) }, time);
        using var stop = new CancellationTokenSource();
        var running = connector.RunAsync(stop.Token);
        await Until(() => connector.Status.State == ConnectorState.Live, "live");
        for (var i = 0; i < 8; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
        }

        await Until(() => connector.Status.Resubscriptions >= 2, "price index and marks are asked for again");
        await Until(() => connector.Status.ChannelsLive == connector.Status.ChannelsWanted, "and confirmed");
        connector.Status.Reconnects.ShouldBe(0);
        await stop.CancelAsync();
        await running.WaitAsync(Deadline);
    }

    [Fact]
    public async Task RunAsync_NobodyThere_BacksOffWithinItsSchedule()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero));
        var options = new DeribitConnectorOptions { Url = new Uri("ws://127.0.0.1:1/"), FirstBackoff = TimeSpan.FromSeconds(1), LongestBackoff = TimeSpan.FromSeconds(8) };
        using var connector = new DeribitConnector(options, time);
        using var stop = new CancellationTokenSource();
        var running = connector.RunAsync(stop.Token);
        for (var i = 0; i < 5; i++)
        {
            await Until(() => connector.Status.State == ConnectorState.BackingOff, "backing off");
            connector.Status.LastEnd!.Code.ShouldBe("connect-failed");
            time.Advance(TimeSpan.FromSeconds(8));
        }

        connector.Status.Connections.ShouldBe(0);
        await stop.CancelAsync();
        await running.WaitAsync(Deadline);
    }

    [Fact]
    public void Options_OutOfRange_AreRefusedByName()
    {
        Should.Throw<InvalidInputException>(() => new DeribitConnectorOptions { ChannelsPerCall = 501 }.Validate()).Message.ShouldContain("ChannelsPerCall 501");
        Should.Throw<InvalidInputException>(() => new DeribitConnectorOptions { HeartbeatInterval = TimeSpan.FromSeconds(9) }.Validate()).Code.ShouldBe("connector-options");
        Should.Throw<InvalidInputException>(() => new DeribitConnectorOptions { Currencies = ["BTC\""] }.Validate());
        Should.Throw<InvalidInputException>(() => new DeribitConnectorOptions { Url = new Uri("https://x/") }.Validate());
    }

    [Fact]
    public async Task RunAsync_MoreChannelsThanTheLimit_CountsThoseNotListenedTo()
    {
        var venue = new ReplayVenue(7, TimeProvider.System.GetUtcNow().AddHours(-1));
        await using var server = await ReplayServer.StartAsync(venue);
        using var connector = new DeribitConnector(FastOptions(server) with { MaxChannels = 5 }, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var running = connector.RunAsync(stop.Token);

        await Until(() => connector.Status.State == ConnectorState.Live, "the connection is live");

        var status = connector.Status;
        (status.ChannelsWanted, status.ChannelsLive, status.ChannelsBeyondLimit).ShouldBe((5, 5, 12));
        await stop.CancelAsync();
        await running;
    }

    internal static DeribitConnectorOptions FastOptions(ReplayServer server) => new()
    {
        Url = server.Url,
        Currencies = ["BTC"],
        FirstBackoff = TimeSpan.FromMilliseconds(1),
        LongestBackoff = TimeSpan.FromMilliseconds(5),
        SubscribeRefillPerSecond = 1e9,
    };

    internal static async Task Until(Func<bool> holds, string what, Func<string?>? detail = null)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!holds())
        {
            if (TimeProvider.System.GetElapsedTime(start) > Deadline)
            {
                Assert.Fail($"not reached: {what}. {detail?.Invoke()}");
            }

            await Task.Delay(2);
        }
    }

    /// <summary>Null when both hold the same market; receive times and sources do not count.</summary>
    internal static string? Difference(MarketSnapshot expected, MarketSnapshot actual)
    {
        var wanted = Flatten(expected);
        var found = Flatten(actual);
        foreach (var (name, text) in wanted)
        {
            if (!found.TryGetValue(name, out var other) || other != text)
            {
                return $"{name}: expected {text}, found {other ?? "nothing"}";
            }
        }

        return found.Count == wanted.Count ? null : $"{found.Count} instead of {wanted.Count} entries";
    }

    private static SortedDictionary<string, string> Flatten(MarketSnapshot snapshot)
    {
        var result = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var board in snapshot.Boards)
        {
            result[$"index {board.Id}"] = $"{board.Index?.Price} {board.VolatilityIndex?.Price}";
            foreach (var quote in board.Linears.Concat(board.Expiries.SelectMany(e => e.Options)))
            {
                var depth = quote.Depth is { } d ? $"{d.ChangeId} {string.Join(' ', d.Bids)} | {string.Join(' ', d.Asks)}" : "no book";
                result[quote.Instrument.Name] = $"{quote.Values} {quote.Provenance.ExchangeTime} {depth}";
            }
        }

        return result;
    }
}

using Pms.Connectors;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.Server.Feeds;

namespace Pms.Server.Tests.Feeds;

/// <summary>A market that is pushed in faster than it is read: newest values win, and every event is accounted for.</summary>
public sealed class QueueFeedTests : IDisposable
{
    private static readonly Instrument Future = DeribitNames.Parse("SOL_USDC-PERPETUAL");
    private static readonly DateTimeOffset At = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly ConflatingQueue _queue = new();

    public void Dispose() => _queue.Dispose();

    [Fact]
    public void Seal_BeforeTheFirstEvent_IsNone()
    {
        var feed = new QueueFeed("test", _queue, TimeProvider.System);
        feed.Seal().ShouldBeNull();
        feed.Status.AgeAt(At).ShouldBeNull();
    }

    [Fact]
    public void Quotes_FasterThanTheyAreRead_TheNewestWinsAndEachIsCounted()
    {
        var feed = new QueueFeed("test", _queue, TimeProvider.System);
        const int Posted = 1_000;
        for (var i = 0; i < Posted; i++)
        {
            _queue.Post(Quote(At.AddMilliseconds(i), 100 + i));
            if (i == 300)
            {
                feed.Drain();
            }
        }

        _queue.Post(Quote(At.AddMilliseconds(5), 1));
        feed.Drain();
        // Older than what is held: the state does not take it.
        _queue.Post(Quote(At, 2));
        feed.Drain();
        var status = feed.Status;
        status.Events.ShouldBe(2);
        status.Refused.ShouldBe(1);
        (status.Events + status.Refused + status.Conflated + status.Dropped).ShouldBe(Posted + 2);
        feed.Seal()!.Boards.Single().Linears.Single().Bid.ShouldBe(100 + Posted - 1);
    }

    /// <summary>Four writers and a reader at once: the sum holds, whatever the order.</summary>
    [Fact]
    public async Task Quotes_OfManyThreads_AreAllAccountedFor()
    {
        var feed = new QueueFeed("test", _queue, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var reading = feed.RunAsync(stop.Token);
        const int Each = 20_000;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(w => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                _queue.Post(Quote(At.AddMilliseconds(i), 100 + w));
            }
        })));
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => reading);
        feed.Drain();
        var status = feed.Status;
        (status.Events + status.Refused + status.Conflated + status.Dropped).ShouldBe(4 * Each);
        status.Conflated.ShouldBeGreaterThan(0);
    }

    private static QuoteUpdate Quote(DateTimeOffset at, double bid) =>
        new(new Provenance("test", at, at), Future, QuoteGroups.TopOfBook, new QuoteValues { Bid = bid, Ask = bid + 1 });
}

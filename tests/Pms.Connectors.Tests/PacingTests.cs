using Microsoft.Extensions.Time.Testing;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Connectors.Tests;

public sealed class PacingTests
{
    private static readonly Instrument Perpetual = DeribitNames.Parse("BTC-PERPETUAL");

    [Fact]
    public void Backoff_Failures_DoubleToTheLongestAndKeepHalf()
    {
        var schedule = new BackoffSchedule(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), seed: 7);
        for (var i = 0; i < 100; i++)
        {
            var full = Math.Min(30, Math.Pow(2, i));
            schedule.Next().TotalSeconds.ShouldBeInRange(0.5 * full, full);
        }

        schedule.Reset();
        schedule.Next().TotalSeconds.ShouldBeInRange(0.5, 1);
    }

    [Fact]
    public void Backoff_Seeds_ReproduceAndDiffer()
    {
        double[] Draw(ulong seed)
        {
            var schedule = new BackoffSchedule(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1), seed);
            return [.. Enumerable.Range(0, 10).Select(_ => schedule.Next().TotalSeconds)];
        }

        Draw(1).ShouldBe(Draw(1));
        Draw(1).ShouldNotBe(Draw(2));
        Should.Throw<InvalidInputException>(() => new BackoffSchedule(TimeSpan.Zero, TimeSpan.FromSeconds(1), 1));
    }

    [Fact]
    public void Credits_BurstThenPace_AreTheVenues()
    {
        // Deribit's public/subscribe: 3,000 of 30,000, refilled with 10,000 a second: ten at once, then one in 0.3 s.
        var time = new FakeTimeProvider();
        var pool = new CreditPool(30_000, 10_000, time);
        for (var i = 0; i < 10; i++)
        {
            pool.Take(3_000).ShouldBe(TimeSpan.Zero);
        }

        pool.Take(3_000).ShouldBe(TimeSpan.FromSeconds(0.3));
        pool.Take(3_000).ShouldBe(TimeSpan.FromSeconds(0.6));
        time.Advance(TimeSpan.FromSeconds(0.6));
        pool.Take(3_000).ShouldBe(TimeSpan.FromSeconds(0.3));
        time.Advance(TimeSpan.FromHours(1));
        for (var i = 0; i < 10; i++)
        {
            pool.Take(3_000).ShouldBe(TimeSpan.Zero, "a pool does not fill beyond its size");
        }

        pool.Take(3_000).ShouldBeGreaterThan(TimeSpan.Zero);
    }

    [Fact]
    public void Queue_SlowAndFastConsumer_EndWithTheSameState()
    {
        // One consumer applies every event, the other drains after random pauses; the queue stays as small as the market is wide.
        var venue = new ReplayVenue(11, new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero));
        var decoder = new MarketData.Readers.Deribit.DeribitMessageDecoder();
        var random = new RandomStream(11);
        using var queue = new ConflatingQueue();
        var slow = new MarketState();
        var scratch = new List<MarketEvent>();
        var events = new List<MarketEvent>();
        void Take(string message)
        {
            events.Clear();
            decoder.Decode(System.Text.Encoding.UTF8.GetBytes(message), null, events);
            foreach (var e in events)
            {
                queue.Post(e).ShouldBeNull();
            }
        }

        foreach (var name in ReplayVenue.BookNames)
        {
            Take(venue.First($"book.{name}.100ms")!);
        }

        foreach (var (channel, message) in venue.Beat())
        {
            Take(message);
            channel.ShouldNotBeEmpty();
        }

        for (var i = 0; i < 20_000; i++)
        {
            Take(venue.Step().Message);
            if (random.Bits((ulong)i) % 200 == 0)
            {
                queue.Depth.ShouldBeLessThan(60);
                queue.DrainTo(slow, scratch);
            }
        }

        queue.DrainTo(slow, scratch);
        queue.Conflated.ShouldBeGreaterThan(10_000);
        queue.Depth.ShouldBe(0);
        DeribitConnectorTests.Difference(venue.Truth(), slow.Seal(DateTimeOffset.UnixEpoch)).ShouldBeNull();
    }

    [Fact]
    public void Queue_Gap_ComesAfterWhatItInvalidatesAndBeforeTheNextImage()
    {
        using var queue = new ConflatingQueue();
        var from = new Provenance("test", null, DateTimeOffset.UnixEpoch);
        queue.Post(new BookImage(from, Perpetual, 1, [new BookLevel(1, 1)], []));
        queue.Post(new FeedGap(from, Perpetual, new Refusal("book-gap", "x")));
        queue.Post(new BookImage(from, Perpetual, 5, [new BookLevel(2, 1)], []));
        queue.Post(new BookChange(from, Perpetual, 6, 5, [new BookLevel(2, 0), new BookLevel(3, 1)], []));
        var events = new List<MarketEvent>();
        queue.Drain(events).ShouldBe(2);
        events[0].ShouldBeOfType<FeedGap>();
        var image = events[1].ShouldBeOfType<BookImage>();
        (image.ChangeId, image.Bids.Single().Price).ShouldBe((6, 3));
    }

    [Fact]
    public void Queue_Trades_AreARing()
    {
        using var queue = new ConflatingQueue(maxTrades: 3);
        var from = new Provenance("test", null, DateTimeOffset.UnixEpoch);
        for (var i = 0; i < 5; i++)
        {
            queue.Post(new TradePrint(from, Perpetual, $"{i}", 1, 1, true, false));
        }

        var events = new List<MarketEvent>();
        queue.Drain(events);
        events.Cast<TradePrint>().Select(t => t.TradeId).ShouldBe(["2", "3", "4"]);
        queue.Dropped.ShouldBe(2);
    }
}

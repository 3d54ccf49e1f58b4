using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Testing;

namespace Pms.MarketData.Tests.Deribit;

public sealed class OrderBookPropertyTests(ITestOutputHelper output)
{
    private static readonly Instrument Subject = DeribitNames.Parse("BTC-PERPETUAL");
    private static readonly Provenance From = new("test", null, DateTimeOffset.UnixEpoch);

    /// <summary>
    /// A true book makes random changes; the channel drops, doubles and reorders them and sends a new image now and then. Whatever is held must be a
    /// book that truly was, the one of its change id; and after a loss the holder must know that it is out of sequence.
    /// </summary>
    [Fact]
    public void Apply_LossyChannel_NeverShowsABookThatNeverWas()
    {
        const ulong Seed = 77;
        output.WriteLine($"seed {Seed}");
        var random = new RandomStream(Seed);
        var draw = 0UL;
        int Next(int below) => (int)(random.Bits(draw++) % (ulong)below);
        var (gaps, stale, compared) = (0, 0, 0);
        for (var round = 0; round < FuzzBudget.Cases(2_000); round++)
        {
            var bids = new SortedDictionary<double, double>();
            var asks = new SortedDictionary<double, double>();
            var truth = new Dictionary<long, string>();
            var wire = new List<MarketEvent>();
            long id = 1 + Next(1000);
            for (var i = 0; i < 60; i++)
            {
                if (i == 0 || Next(15) == 0)
                {
                    truth[id] = Text(bids.Reverse(), asks);
                    wire.Add(new BookImage(From, Subject, id, [.. bids.Reverse().Select(Level)], [.. asks.Select(Level)]));
                    continue;
                }

                var previous = id;
                id += 1 + Next(5);
                var bidChanges = Changes(bids, 100, Next);
                var askChanges = Changes(asks, 200, Next);
                truth[id] = Text(bids.Reverse(), asks);
                wire.Add(new BookChange(From, Subject, id, previous, [.. bidChanges], [.. askChanges]));
            }

            var book = new OrderBook();
            long lastId = -1;
            foreach (var e in Disturb(wire, Next))
            {
                Refusal? refusal;
                if (e is BookImage image)
                {
                    refusal = book.Apply(image);
                }
                else
                {
                    var change = (BookChange)e;
                    var before = book.InSequence ? book.ChangeId : (long?)null;
                    refusal = book.Apply(change);
                    if (before is { } held && change.ChangeId > held && change.PreviousChangeId != held)
                    {
                        refusal!.Code.ShouldBe("book-gap", "a change that does not follow must be noticed");
                        book.InSequence.ShouldBeFalse();
                        book.ToDepth().ShouldBeNull();
                    }
                }

                gaps += refusal?.Code == "book-gap" ? 1 : 0;
                stale += refusal?.Code == "book-stale" ? 1 : 0;
                if (book.ToDepth() is { } depth)
                {
                    compared++;
                    depth.ChangeId.ShouldBeGreaterThanOrEqualTo(lastId, "time does not run back");
                    lastId = depth.ChangeId;
                    var shown = string.Join(' ', depth.Bids.Select(Show)) + "|" + string.Join(' ', depth.Asks.Select(Show));
                    shown.ShouldBe(truth[depth.ChangeId], $"round {round} of seed {Seed}");
                }
            }
        }

        output.WriteLine($"{compared} books compared, {gaps} gaps and {stale} stale messages noticed");
        gaps.ShouldBeGreaterThan(100);
        stale.ShouldBeGreaterThan(100);
    }

    private static IEnumerable<MarketEvent> Disturb(List<MarketEvent> wire, Func<int, int> next)
    {
        var held = new List<MarketEvent>();
        foreach (var e in wire)
        {
            switch (next(12))
            {
                case 0:
                    break;
                case 1:
                    yield return e;
                    yield return e;
                    break;
                case 2:
                    held.Add(e);
                    break;
                default:
                    yield return e;
                    break;
            }

            if (held.Count > 0 && next(3) == 0)
            {
                yield return held[0];
                held.RemoveAt(0);
            }
        }

        foreach (var e in held)
        {
            yield return e;
        }
    }

    private static List<BookLevel> Changes(SortedDictionary<double, double> side, int from, Func<int, int> next)
    {
        var changes = new Dictionary<double, double>();
        for (var n = next(4); n > 0; n--)
        {
            var price = from + (0.5 * next(12));
            if (side.ContainsKey(price) && next(2) == 0)
            {
                side.Remove(price);
                changes[price] = 0;
            }
            else
            {
                side[price] = changes[price] = 1 + next(9);
            }
        }

        return [.. changes.Select(Level)];
    }

    private static BookLevel Level(KeyValuePair<double, double> level) => new(level.Key, level.Value);

    private static string Show(BookLevel level) => $"{level.Price}x{level.Amount}";

    private static string Text(IEnumerable<KeyValuePair<double, double>> bids, IEnumerable<KeyValuePair<double, double>> asks) =>
        string.Join(' ', bids.Select(l => Show(Level(l)))) + "|" + string.Join(' ', asks.Select(l => Show(Level(l))));
}

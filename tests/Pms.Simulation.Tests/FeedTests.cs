using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers;
using Pms.MarketData.Snapshots;
using Pms.Simulation.Parameters;

namespace Pms.Simulation.Tests;

/// <summary>What the venue publishes: quotes around the truth, on the grid, books that follow from their changes, trades that the books allow.</summary>
public sealed class FeedTests
{
    [Theory]
    [InlineData("calm", 1, 5)]
    [InlineData("crash", 2, 181)]
    [InlineData("melt-up", 3, 300)]
    [InlineData("flash-crash", 4, 7)]
    [InlineData("depeg", 5, 240)]
    [InlineData("vol-spike", 6, 60)]
    [InlineData("feed-outage", 7, 5)]
    public void SnapshotAt_EveryQuote_IsOnTheGridAndHidesTheTruth(string script, ulong seed, int minutes)
    {
        var exchange = new SimulatedExchange(Markets.With(script) with { Step = TimeSpan.FromSeconds(10) }, seed);
        var at = exchange.Parameters.Start.AddMinutes(minutes);
        var snapshot = exchange.SnapshotAt(at);
        var now = exchange.TruthAt(at);
        var truths = new Dictionary<DateTimeOffset, HiddenTruth>();
        var twoSided = 0;
        foreach (var quote in snapshot.Boards.SelectMany(b => b.Linears.Concat(b.Expiries.SelectMany(e => e.Options))))
        {
            QuoteValidation.Check(quote.Instrument, quote.Values).ShouldBeNull();
            var quotedAt = quote.Provenance.ExchangeTime!.Value;
            if (!truths.TryGetValue(quotedAt, out var truth))
            {
                truth = exchange.TruthAt(quotedAt);
                truths.Add(quotedAt, truth);
            }

            var price = truth.Price(quote.Instrument);
            quote.Bid?.ShouldBeLessThanOrEqualTo(price, quote.Instrument.Name);
            quote.Ask?.ShouldBeGreaterThanOrEqualTo(price, quote.Instrument.Name);

            // The whole board's marks come every ten seconds, which is every step here: an option's mark is newer than its quote.
            var marked = quote.Instrument is EuropeanOption ? now.Price(quote.Instrument) : price;
            quote.Values.Mark!.Value.ShouldBe(marked, quote.Instrument is EuropeanOption ? 1e-6 : 0.006, quote.Instrument.Name);
            if (quote.IsTwoSided)
            {
                twoSided++;
                quote.Bid!.Value.ShouldBeLessThan(quote.Ask!.Value);
            }

            foreach (var (levels, sign) in new[] { (quote.Depth!.Bids, -1), (quote.Depth.Asks, 1) })
            {
                for (var i = 0; i < levels.Length; i++)
                {
                    levels[i].Amount.ShouldBeGreaterThanOrEqualTo(quote.Terms!.MinTradeAmount!.Value);
                    truth.IsOnTick(quote.Instrument, levels[i].Price).ShouldBeTrue($"{quote.Instrument} {levels[i].Price}");
                    (i == 0 || sign * (levels[i].Price - levels[i - 1].Price) > 0).ShouldBeTrue();
                }
            }

            (quote.Depth.Bids.IsEmpty ? null : (double?)quote.Depth.Bids[0].Price).ShouldBe(quote.Bid);
            (quote.Depth.Asks.IsEmpty ? null : (double?)quote.Depth.Asks[0].Amount).ShouldBe(quote.Values.AskSize);
        }

        twoSided.ShouldBeGreaterThan(300);
    }

    /// <summary>Images and numbered changes rebuild the book that the ticker of the same instant describes, for every instrument at every message.</summary>
    [Fact]
    public void Run_BooksRebuiltFromChanges_AgreeWithTickers()
    {
        var exchange = new SimulatedExchange(SimulationParameters.Default with { Step = TimeSpan.FromMilliseconds(100) }, 12);
        var start = exchange.Parameters.Start;
        var books = new Dictionary<Instrument, OrderBook>();
        var tickers = new Dictionary<Instrument, QuoteUpdate>();
        var changes = 0;
        foreach (var e in exchange.Run(start, start.AddSeconds(40)))
        {
            switch (e)
            {
                case QuoteUpdate q when q.Groups.HasFlag(QuoteGroups.TopOfBook):
                    tickers[q.Instrument] = q;
                    break;
                case BookImage image:
                    books[image.Instrument] = new OrderBook();
                    books[image.Instrument].Apply(image).ShouldBeNull();
                    Agree(books[image.Instrument], tickers[image.Instrument]);
                    break;
                case BookChange change:
                    books[change.Instrument].Apply(change).ShouldBeNull();
                    Agree(books[change.Instrument], tickers[change.Instrument]);
                    changes++;
                    break;
            }
        }

        changes.ShouldBeGreaterThan(5_000);

        static void Agree(OrderBook book, QuoteUpdate ticker)
        {
            var depth = book.ToDepth()!;
            (depth.Bids.IsEmpty ? null : (double?)depth.Bids[0].Price).ShouldBe(ticker.Values.Bid);
            (depth.Bids.IsEmpty ? null : (double?)depth.Bids[0].Amount).ShouldBe(ticker.Values.BidSize);
            (depth.Asks.IsEmpty ? null : (double?)depth.Asks[0].Price).ShouldBe(ticker.Values.Ask);
            (depth.Asks.IsEmpty ? null : (double?)depth.Asks[0].Amount).ShouldBe(ticker.Values.AskSize);
        }
    }

    /// <summary>A print happens at a price and amount that the last published book offered, and takes it from there.</summary>
    [Fact]
    public void Run_Trades_TakeFromTheBookBeforeThem()
    {
        var parameters = Markets.Small with { Families = [Markets.Small.Families[0] with { TradesPerSecond = 8 }], Trading = new TradingParameters { OptionShare = 0.4 } };
        var exchange = new SimulatedExchange(parameters, 13);
        var start = exchange.Parameters.Start;
        var books = new Dictionary<Instrument, OrderBook>();
        var trades = new List<TradePrint>();
        foreach (var message in exchange.Messages(start, start.AddMinutes(3)))
        {
            foreach (var e in message.Events)
            {
                switch (e)
                {
                    case TradePrint t:
                        var depth = books[t.Instrument].ToDepth()!;
                        var side = t.BuyerIsTaker ? depth.Asks : depth.Bids;
                        side.ShouldContain(l => l.Price == t.Price && l.Amount >= t.Amount);
                        trades.Add(t);
                        break;
                    case BookImage image:
                        (books[image.Instrument] = new OrderBook()).Apply(image).ShouldBeNull();
                        break;
                    case BookChange change:
                        books[change.Instrument].Apply(change).ShouldBeNull();
                        break;
                }
            }
        }

        trades.Count.ShouldBeGreaterThan(500);
        trades.Select(t => t.TradeId).Distinct().Count().ShouldBe(trades.Count);
        trades.Count(t => t.Instrument is EuropeanOption).ShouldBeGreaterThan(50);
        trades.Count(t => t.BuyerIsTaker).ShouldBeInRange((int)(0.35 * trades.Count), (int)(0.65 * trades.Count));
    }

    [Fact]
    public void Run_ReceivedTimes_NeverGoBackAndFollowTheStamps()
    {
        var exchange = new SimulatedExchange(Markets.Small with { Step = TimeSpan.FromMilliseconds(100), Quoting = new QuotingParameters { LatencyMilliseconds = 80 } }, 14);
        var start = exchange.Parameters.Start;
        var last = DateTimeOffset.MinValue;
        foreach (var e in exchange.Run(start, start.AddSeconds(30)))
        {
            e.Provenance.ReceivedAt.ShouldBeGreaterThanOrEqualTo(last);
            last = e.Provenance.ReceivedAt;
            if (e.Provenance.ExchangeTime is { } stamped)
            {
                (last - stamped).TotalMilliseconds.ShouldBeInRange(59, 101);
            }
        }
    }

    /// <summary>The phases of the outage one after the other: quotes missing, silence, stale options, lost changes, images again.</summary>
    [Fact]
    public void Run_FeedOutage_ShowsEachFaultAndRecovers()
    {
        var exchange = new SimulatedExchange(Markets.Small with { Scripts = Markets.Script("feed-outage") }, 15);
        var start = exchange.Parameters.Start;
        var unquoted = exchange.SnapshotAt(start.AddMinutes(5)).Boards[0].Expiries.SelectMany(e => e.Options).ToArray();
        unquoted.Count(q => q.Bid is null && q.Ask is null).ShouldBeInRange((int)(0.3 * unquoted.Length), (int)(0.6 * unquoted.Length));
        unquoted.Count(q => q.IsTwoSided).ShouldBeLessThan((int)(0.4 * unquoted.Length));

        var state = new MarketState();
        var gaps = 0;
        var phases = new long[4];
        foreach (var e in exchange.Run(start, start.AddMinutes(27)))
        {
            var minute = (e.Provenance.ReceivedAt - start).TotalMinutes;
            var refusal = state.Apply(e);
            gaps += refusal is { Code: "book-gap" } ? 1 : 0;
            if (minute is >= 10 and < 15)
            {
                phases[0]++;
            }
            else if (minute is >= 15 and < 20 && (e is QuoteUpdate { Instrument: EuropeanOption } or BookChange { Instrument: EuropeanOption }))
            {
                phases[1]++;
            }
            else if (minute is >= 15 and < 20 && e is BookChange)
            {
                phases[2]++;
            }
            else if (minute is >= 25 && refusal is not null)
            {
                phases[3]++;
            }
        }

        phases[0].ShouldBe(0, "nothing is received in the silence");
        phases[1].ShouldBe(0, "options are stale");
        phases[2].ShouldBeGreaterThan(100, "the perpetual goes on");
        phases[3].ShouldBe(0, "after recovery everything applies");
        gaps.ShouldBeGreaterThan(100);
        state.Seal(start.AddMinutes(27)).Boards[0].Expiries.SelectMany(e => e.Options).ShouldAllBe(q => q.Depth != null);
    }

    /// <summary>Hawkes: the mean rate is the parameter's, and counts are more spread than Poisson's.</summary>
    [Fact]
    public void Run_TradeCounts_ClusterAroundTheirRate()
    {
        var parameters = Markets.Small with { Families = [Markets.Small.Families[0] with { TradesPerSecond = 2 }] };
        var exchange = new SimulatedExchange(parameters, 16);
        var start = exchange.Parameters.Start;
        var orders = new HashSet<long>[180];
        foreach (var trade in exchange.Run(start, start.AddSeconds(10 * orders.Length)).OfType<TradePrint>())
        {
            // The last six bits of an identifier number the levels that one order walked.
            var bucket = (int)((trade.Provenance.ExchangeTime!.Value - start).TotalSeconds / 10);
            (orders[bucket] ??= []).Add(long.Parse(trade.TradeId) >> 6);
        }

        var buckets = orders.Select(o => o?.Count ?? 0).ToArray();
        var mean = buckets.Average();
        var variance = buckets.Average(b => (b - mean) * (b - mean));

        // 1,800 s of a process whose sum has standard deviation 2.5 sqrt(2 x 1,800) = 150: four of them around 3,600.
        mean.ShouldBeInRange(16.5, 23.4);

        // Hawkes (1971): 1 + ((1 - n)^-2 - 1)(1 - (1 - e^-x)/x) with x = decay (1 - n) 10 s = 0.8 is 2.6 for n = 0.6; a Poisson process has 1.
        (variance / mean).ShouldBeInRange(1.8, 3.6);
    }
}

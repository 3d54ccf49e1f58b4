using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.Simulation.Listing;
using Pms.Simulation.Parameters;

namespace Pms.Simulation.Tests;

/// <summary>Expiries as Deribit lists them, and their roll at 08:00 UTC.</summary>
public sealed class CalendarTests
{
    /// <summary>Expiries read off recorded BTC boards (the reference data's chain index and a recorded board of August 2026).</summary>
    [Theory]
    [InlineData("2026-01-01T09:18:35Z", "2JAN26 3JAN26 4JAN26 5JAN26 9JAN26 16JAN26 23JAN26 30JAN26 27FEB26 27MAR26 26JUN26 25SEP26 25DEC26")]
    [InlineData("2026-01-09T09:21:26Z", "10JAN26 11JAN26 12JAN26 13JAN26 16JAN26 23JAN26 30JAN26 27FEB26 27MAR26 26JUN26 25SEP26 25DEC26")]
    [InlineData("2026-01-24T09:14:23Z", "25JAN26 26JAN26 27JAN26 28JAN26 30JAN26 6FEB26 13FEB26 27FEB26 27MAR26 26JUN26 25SEP26 25DEC26")]
    [InlineData("2026-01-31T21:21:33Z", "1FEB26 2FEB26 3FEB26 4FEB26 6FEB26 13FEB26 20FEB26 27FEB26 27MAR26 24APR26 26JUN26 25SEP26 25DEC26")]
    [InlineData("2026-08-01T17:58:04Z", "2AUG26 3AUG26 4AUG26 5AUG26 7AUG26 14AUG26 21AUG26 28AUG26 25SEP26 30OCT26 25DEC26 26MAR27 25JUN27")]
    public void At_RecordedInstant_ListsTheRecordedExpiries(string instant, string expected)
    {
        var found = ExpiryCalendar.At(DateTimeOffset.Parse(instant)).Select(e => DeribitNames.Format(new DatedFuture(Markets.BtcInverse, e.Expiry))[4..]);
        string.Join(' ', found).ShouldBe(expected);
    }

    /// <summary>Every minute around the roll for two years: the list changes at 08:00 only, is in order, and never holds what has expired.</summary>
    [Fact]
    public void At_TwoYearsAroundEveryRoll_ChangesOnlyAtEight()
    {
        var day = new DateTimeOffset(2026, 1, 1, 8, 0, 0, TimeSpan.Zero);
        for (var i = 0; i < 730; i++, day = day.AddDays(1))
        {
            var before = ExpiryCalendar.At(day.AddTicks(-1));
            var after = ExpiryCalendar.At(day);
            ExpiryCalendar.At(day.AddDays(1).AddTicks(-1)).ShouldBe(after, $"within the day after {day}");
            before[0].Expiry.ShouldBe(day);
            after.ShouldAllBe(e => e.Expiry > day && e.Expiry.Hour == 8);
            after.Select(e => e.Expiry).ShouldBeInOrder();
            after.Count.ShouldBeInRange(10, 14);
        }
    }

    [Fact]
    public void Run_AcrossTheRoll_ClosesTheDayAndListsANewOne()
    {
        var roll = new DateTimeOffset(2026, 3, 3, 8, 0, 0, TimeSpan.Zero);
        var exchange = new SimulatedExchange(Markets.Small with { Start = roll.AddMinutes(-3) }, 1);
        var events = exchange.Run(roll.AddMinutes(-1), roll.AddMinutes(1)).ToArray();
        var closed = events.OfType<InstrumentStateChange>().ToArray();
        closed.ShouldNotBeEmpty();
        closed.ShouldAllBe(c => c.State == "closed" && c.Provenance.ExchangeTime == roll && ExpiryOf(c.Instrument) == roll);
        closed.Count(c => c.Instrument is DatedFuture).ShouldBe(1);
        closed.Length.ShouldBe(events.OfType<InstrumentListed>().Count(l => ExpiryOf(l.Instrument) == roll));
        var listed = events.OfType<InstrumentListed>().Where(l => l.Terms.ListedAt == roll).ToArray();
        listed.Count(l => l.Instrument is EuropeanOption).ShouldBeGreaterThan(8);
        listed.ShouldAllBe(l => ExpiryOf(l.Instrument) == roll.AddDays(4));
        events.OfType<QuoteUpdate>().ShouldAllBe(q => ExpiryOf(q.Instrument) > q.Provenance.ExchangeTime);
        exchange.SnapshotAt(roll).Boards[0].Expiries[0].Expiry.ShouldBe(roll.AddDays(1));
        exchange.SnapshotAt(roll.AddTicks(-1)).Boards[0].Expiries[0].Expiry.ShouldBe(roll);
    }

    [Fact]
    public void Truths_SpotRunsAway_LaddersFollow()
    {
        var exchange = new SimulatedExchange(Markets.Small with { Scripts = Markets.Script("crash"), Step = TimeSpan.FromSeconds(10) }, 2);
        var start = exchange.Parameters.Start;
        var before = exchange.TruthAt(start);
        var after = exchange.TruthAt(start.AddHours(3.5));
        var spot = after.SpotUsd(Markets.Btc);
        foreach (var expiry in after.Instruments.OfType<DatedFuture>().Select(f => f.Expiry))
        {
            var strikes = Strikes(after, expiry);
            strikes.ShouldContain(k => k < 0.97 * spot);
            strikes.ShouldContain(k => k > 1.03 * spot);
            Strikes(before, expiry).Except(strikes).ShouldBeEmpty();
            strikes.Length.ShouldBeLessThanOrEqualTo(160);
        }

        static double[] Strikes(HiddenTruth truth, DateTimeOffset expiry) =>
            [.. truth.Instruments.OfType<EuropeanOption>().Where(o => o.Expiry == expiry).Select(o => o.StrikeValue).Distinct()];
    }

    [Fact]
    public void Default_BtcAndEth_ListAboutFourteenHundredOptions()
    {
        var truth = new SimulatedExchange(SimulationParameters.Default, 7).TruthAt(SimulationParameters.Default.Start);
        var options = truth.Instruments.OfType<EuropeanOption>().ToArray();
        options.Count(o => o.Underlying.Settlement == Settlement.Inverse).ShouldBeInRange(1_250, 1_500);
        options.Count(o => o.Underlying.Base == Markets.Btc).ShouldBeInRange(600, 900);
        options.Length.ShouldBe(options.Distinct().Count());
    }

    private static DateTimeOffset ExpiryOf(Instrument instrument) => instrument switch
    {
        EuropeanOption o => o.Expiry,
        DatedFuture f => f.Expiry,
        _ => DateTimeOffset.MaxValue,
    };
}

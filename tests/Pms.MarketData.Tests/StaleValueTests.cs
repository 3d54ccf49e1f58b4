using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;

namespace Pms.MarketData.Tests;

/// <summary>Whatever comes late or twice leaves the market state as it was: by the venue's stamp, an older value never overwrites a newer one.</summary>
public sealed class StaleValueTests
{
    private static readonly DateTimeOffset At = new(2031, 3, 4, 5, 6, 7, TimeSpan.Zero);
    private static readonly Instrument Call = DeribitNames.Parse("BTC-28MAR31-90000-C");
    private static readonly Instrument Perpetual = DeribitNames.Parse("BTC-PERPETUAL");
    private static readonly Asset Btc = new("BTC");

    // The late message was received last, as late messages are: only the venue's stamp tells.
    private static readonly Provenance Newer = new("test", At.AddSeconds(-1), At.AddSeconds(-0.9));
    private static readonly Provenance Older = new("test", At.AddSeconds(-3), At.AddSeconds(-0.5));

    public static TheoryData<string> Kinds { get; } =
        ["top", "mark", "forward", "vols", "greeks", "statistics", "funding", "index", "volatility-index", "book", "book-unnumbered", "terms"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Apply_OlderAfterNewer_SnapshotIsThatOfTheNewerAlone(string kind)
    {
        var alone = new MarketState();
        var both = new MarketState();
        foreach (var state in new[] { alone, both })
        {
            // Something to hang terms on, so that they show in a snapshot.
            state.Apply(Quote(Older, QuoteGroups.Mark, 0)).ShouldBeNull();
            state.Apply(Message(kind, Newer, 2)).ShouldBeNull();
        }

        both.Apply(Message(kind, Older, 1)).ShouldNotBeNull().Code.ShouldEndWith("-stale");

        both.Seal(At).Hash.ShouldBe(alone.Seal(At).Hash);
        Terms(both).ShouldBe(Terms(alone));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Apply_NewerAfterOlder_Overwrites(string kind)
    {
        var alone = new MarketState();
        var both = new MarketState();
        both.Apply(Message(kind, Older, 1)).ShouldBeNull();
        foreach (var state in new[] { alone, both })
        {
            state.Apply(Quote(Older, QuoteGroups.Mark, 0)).ShouldBeNull();
            state.Apply(Message(kind, Newer, 2)).ShouldBeNull();
        }

        both.Seal(At).Hash.ShouldBe(alone.Seal(At).Hash);
        Terms(both).ShouldBe(Terms(alone));
    }

    [Fact]
    public void Apply_MessageWithFreshAndStaleGroups_TakesTheFreshOnly()
    {
        var state = new MarketState();
        state.Apply(Quote(Newer, QuoteGroups.TopOfBook, 2)).ShouldBeNull();
        state.Apply(Quote(Older, QuoteGroups.TopOfBook | QuoteGroups.Mark, 1)).ShouldBeNull();

        var quote = state.Seal(At).Boards.Single().Expiries.Single().Options.Single();
        quote.Bid.ShouldBe(0.02);
        quote.Values.Mark.ShouldBe(0.01);
        quote.Provenance.ShouldBe(Newer);
    }

    private static MarketEvent Message(string kind, Provenance from, int value) => kind switch
    {
        "top" => Quote(from, QuoteGroups.TopOfBook, value),
        "mark" => Quote(from, QuoteGroups.Mark, value),
        "forward" => Quote(from, QuoteGroups.Forward, value),
        "vols" => Quote(from, QuoteGroups.QuotedVols, value),
        "greeks" => Quote(from, QuoteGroups.Greeks, value),
        "statistics" => Quote(from, QuoteGroups.Statistics, value),
        "funding" => Quote(from, QuoteGroups.Funding, value),
        "index" => new IndexUpdate(from, Btc, Asset.Usd, 90_000 + value),
        "volatility-index" => new VolatilityIndexUpdate(from, Btc, 0.5 + (0.01 * value)),
        "book" => Image(from, changeId: 10 + value, value),
        "book-unnumbered" => Image(from, changeId: 0, value),
        "terms" => new InstrumentListed(from, Call, new InstrumentTerms(1, 0.0001 * value, 0.1, "open", null)),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such kind"),
    };

    private static QuoteUpdate Quote(Provenance from, QuoteGroups groups, int value) => new(
        from,
        Call,
        groups,
        new QuoteValues
        {
            Bid = 0.01 * value,
            Mark = 0.01 * value,
            UnderlyingPrice = 90_000 + value,
            BidVol = 0.5 + value,
            Delta = 0.1 * value,
            OpenInterest = value,
            Funding8h = 1e-5 * value,
        });

    private static BookImage Image(Provenance from, long changeId, int value) =>
        new(from, Perpetual, changeId, [new BookLevel(90_000 + value, 1)], [new BookLevel(90_100 + value, 1)]) { IsPartial = changeId == 0 };

    private static InstrumentTerms? Terms(MarketState state) =>
        state.Seal(At).Boards.SelectMany(b => b.Expiries).SelectMany(e => e.Options).Single(q => q.Instrument.Equals(Call)).Terms;
}

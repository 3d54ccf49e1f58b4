using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Testing;

namespace Pms.MarketData.Tests;

public sealed class SnapshotTests
{
    private static readonly DateTimeOffset At = new(2031, 3, 4, 5, 6, 7, TimeSpan.Zero);
    private static readonly Instrument Call = DeribitNames.Parse("BTC-28MAR31-90000-C");
    private static readonly Instrument Put = DeribitNames.Parse("BTC-28MAR31-90000-P");
    private static readonly Instrument Perpetual = DeribitNames.Parse("BTC-PERPETUAL");
    private static readonly Provenance Source = new("test", At.AddSeconds(-2), At.AddSeconds(-1));

    private const QuoteGroups AllGroups = QuoteGroups.TopOfBook | QuoteGroups.Mark | QuoteGroups.Forward | QuoteGroups.QuotedVols | QuoteGroups.Greeks
        | QuoteGroups.Statistics | QuoteGroups.Funding;

    [Theory]
    [InlineData("empty")]
    [InlineData("minimal")]
    [InlineData("full")]
    public void Encode_Vector_SameBytesAndHashAsTheSecondWriting(string name)
    {
        // The vectors come from tools/vectors/snapshot_vectors.py, which writes docs/model/encoding.md in another language.
        using var vector = JsonDocument.Parse(File.ReadAllText(Path.Combine(RepositoryPaths.Root, "testdata", "vectors", $"snapshot-{name}.json")));
        var snapshot = Build(vector.RootElement.GetProperty("snapshot"));
        Convert.ToHexStringLower(SnapshotEncoding.Encode(snapshot).WrittenSpan).ShouldBe(vector.RootElement.GetProperty("bytesHex").GetString());
        snapshot.Hash.ToString().ShouldBe(vector.RootElement.GetProperty("sha256").GetString());
        vector.RootElement.GetProperty("schema").GetString().ShouldBe(SnapshotEncoding.Schema);
    }

    [Fact]
    public void Hash_EventsOfDifferentInstrumentsInAnyOrder_Same()
    {
        var events = Events().ToArray();
        var expected = Seal(events).Hash;
        for (ulong seed = 1; seed <= 50; seed++)
        {
            var random = new RandomStream(seed);
            Seal([.. events.Select((e, i) => (Event: e, Key: random.Bits((ulong)i))).OrderBy(p => p.Key).Select(p => p.Event)])
                .Hash.ShouldBe(expected, $"seed {seed}");
        }
    }

    [Fact]
    public void Hash_AnyNumberOfAQuoteChanged_Differs()
    {
        var values = Full();
        var hashes = new HashSet<ContentHash> { Seal([new QuoteUpdate(Source, Call, AllGroups, values)]).Hash };
        var fields = typeof(QuoteValues).GetProperties(BindingFlags.Public | BindingFlags.Instance);
        fields.Length.ShouldBe(20);
        foreach (var field in fields)
        {
            object boxed = values;
            field.SetValue(boxed, field.PropertyType == typeof(string) ? "other" : Math.BitIncrement(((double?)field.GetValue(boxed))!.Value));
            hashes.Add(Seal([new QuoteUpdate(Source, Call, AllGroups, (QuoteValues)boxed)]).Hash).ShouldBeTrue($"{field.Name} changed by one bit");
            field.SetValue(boxed, null);
            hashes.Add(Seal([new QuoteUpdate(Source, Call, AllGroups, (QuoteValues)boxed)]).Hash).ShouldBeTrue($"{field.Name} absent");
        }
    }

    [Fact]
    public void Hash_AnythingElseChanged_Differs()
    {
        var image = new BookImage(Source, Perpetual, 7, [new BookLevel(10, 1)], [new BookLevel(11, 2)]);
        MarketEvent quote = new QuoteUpdate(Source, Call, QuoteGroups.TopOfBook, new QuoteValues { Bid = 0.1 });
        MarketEvent[][] variants =
        [
            [quote],
            [new QuoteUpdate(Source with { Source = "other" }, Call, QuoteGroups.TopOfBook, new QuoteValues { Bid = 0.1 })],
            [new QuoteUpdate(Source with { ExchangeTime = null }, Call, QuoteGroups.TopOfBook, new QuoteValues { Bid = 0.1 })],
            [new QuoteUpdate(Source with { ReceivedAt = At.AddMicroseconds(-1_000_001) }, Call, QuoteGroups.TopOfBook, new QuoteValues { Bid = 0.1 })],
            [new QuoteUpdate(Source, Put, QuoteGroups.TopOfBook, new QuoteValues { Bid = 0.1 })],
            [quote, new IndexUpdate(Source, new Asset("BTC"), Asset.Usd, 90000)],
            [quote, new IndexUpdate(Source, new Asset("BTC"), Asset.Usd, 90001)],
            [quote, new VolatilityIndexUpdate(Source, new Asset("BTC"), 0.5)],
            [quote, image],
            [quote, image with { ChangeId = 8 }],
            [quote, image with { Bids = [new BookLevel(10, 1.5)] }],
            [quote, image with { Asks = [] }],
            [quote, image with { IsPartial = true }],
            [],
        ];
        variants.Select(v => Seal(v).Hash).Append(Seal(variants[0], At.AddMicroseconds(1)).Hash).Distinct().Count().ShouldBe(variants.Length + 1);
    }

    [Fact]
    public void Hash_NegativeZero_IsZero()
    {
        static ContentHash Theta(double theta) => Seal([new QuoteUpdate(Source, Call, QuoteGroups.Greeks, new QuoteValues { Theta = theta })]).Hash;
        Theta(-0.0).ShouldBe(Theta(0.0));
        Should.Throw<InvalidInputException>(() => Theta(double.NaN)).Code.ShouldBe("not-finite");
        Should.Throw<InvalidInputException>(() => Theta(double.NegativeInfinity)).Code.ShouldBe("not-finite");
    }

    [Fact]
    public void Seal_InstantsFinerThanAMicrosecond_AreCutAsInTheBytes()
    {
        // What has one hash must give one fit: ages and years may not see digits that the bytes do not hold.
        var fine = new Provenance("test", At.AddTicks(-13), At.AddTicks(-7));
        var snapshot = Seal([new QuoteUpdate(fine, Call, QuoteGroups.TopOfBook, new QuoteValues { Bid = 0.1 })], At.AddTicks(9).ToOffset(TimeSpan.FromHours(2)));
        snapshot.ObservedAt.ShouldBe(At);
        snapshot.ObservedAt.Offset.ShouldBe(TimeSpan.Zero);
        var quote = Quote(snapshot, Call).Provenance;
        quote.ShouldBe(new Provenance("test", At.AddMicroseconds(-2), At.AddMicroseconds(-1)));
        (quote with { ReceivedAt = At.AddTicks(19) }).ReceivedAt.ShouldBe(At.AddMicroseconds(1));
    }

    [Fact]
    public void Seal_InverseAndLinearFamilyOfOneCoin_ShareNothingButTheCoinsVolatilityIndex()
    {
        var board = Seal(
        [
            new IndexUpdate(Source, new Asset("BTC"), Asset.Usd, 90_000),
            new IndexUpdate(Source, new Asset("BTC"), new Asset("USDC"), 91_000),
            new VolatilityIndexUpdate(Source, new Asset("BTC"), 0.5),
            new QuoteUpdate(Source, DeribitNames.Parse("BTC-28MAR31"), QuoteGroups.TopOfBook, new QuoteValues { Bid = 90_100, Ask = 90_102 }),
            new QuoteUpdate(Source, DeribitNames.Parse("BTC_USDC-28MAR31"), QuoteGroups.TopOfBook, new QuoteValues { Bid = 91_100, Ask = 91_102 }),
            new QuoteUpdate(Source, Call, QuoteGroups.TopOfBook, new QuoteValues { Bid = 0.04 }),
            new QuoteUpdate(Source, DeribitNames.Parse("BTC_USDC-28MAR31-90000-C"), QuoteGroups.TopOfBook, new QuoteValues { Bid = 3_600 }),
        ]);
        board.Boards.Select(b => (b.Id.Name, b.Index!.Value.Price, b.Expiries.Single().VenueForward, b.Expiries.Single().Options.Single().Bid, b.Linears.Single().Instrument.Name, b.VolatilityIndex!.Value.Price))
            .ShouldBe([("BTC", 90_000, 90_101, 0.04, "BTC-28MAR31", 0.5), ("BTC_USDC", 91_000, 91_101, 3_600, "BTC_USDC-28MAR31", 0.5)]);
    }

    [Fact]
    public void Seal_ThenMoreEvents_SnapshotStaysAsItWas()
    {
        var state = new MarketState();
        foreach (var marketEvent in Events())
        {
            state.Apply(marketEvent).ShouldBeNull();
        }

        var untouched = state.Seal(At);
        var snapshot = state.Seal(At);
        state.Apply(new QuoteUpdate(Source, Call, AllGroups, new QuoteValues { Bid = 0.9 }));
        state.Apply(new BookChange(Source, Perpetual, 8, 7, [new BookLevel(10, 0)], []));
        state.Apply(new IndexUpdate(Source, new Asset("BTC"), Asset.Usd, 1));
        state.Clear();
        snapshot.Hash.ShouldBe(untouched.Hash);
        snapshot.Boards.Single().Linears.Single(l => l.Instrument is Perpetual).Depth!.Bids.Length.ShouldBe(2);
    }

    [Fact]
    public void Seal_ProvenanceAndAge_AreThoseOfTheNewestTopOfBook()
    {
        var mark = new Provenance("marks", At.AddSeconds(-1), At);
        var snapshot = Seal(
        [
            new QuoteUpdate(Source, Call, QuoteGroups.TopOfBook, new QuoteValues { Bid = 0.1 }),
            new QuoteUpdate(mark, Call, QuoteGroups.Mark, new QuoteValues { Mark = 0.11 }),
            new QuoteUpdate(mark, Put, QuoteGroups.Mark, new QuoteValues { Mark = 0.12 }),
        ]);
        var call = Quote(snapshot, Call);
        call.Provenance.ShouldBe(Source);
        call.AgeAt(At).ShouldBe(TimeSpan.FromSeconds(2), "the exchange's stamp counts, not the receipt");
        call.AgeAt(At.AddSeconds(-5)).ShouldBe(TimeSpan.Zero, "a clock behind the venue's gives no negative age");
        Quote(snapshot, Put).Provenance.ShouldBe(mark, "where there never was a top of book, the newest number");
        snapshot.Source.ShouldBe("marks+test", "every source is named, in an order that does not depend on the events");
    }

    [Fact]
    public void Apply_GroupWithNulls_ReplacesTheWholeGroupAndNoOther()
    {
        var snapshot = Seal(
        [
            new QuoteUpdate(Source, Call, AllGroups, Full()),
            new QuoteUpdate(Source, Call, QuoteGroups.TopOfBook, new QuoteValues { Ask = 0.2 }),
        ]);
        Quote(snapshot, Call).Values.ShouldBe(Full() with { Bid = null, BidSize = null, AskSize = null, Ask = 0.2 });
    }

    [Fact]
    public void Apply_BoardStart_ForgetsTheBoardBefore()
    {
        var state = new MarketState();
        state.Apply(new QuoteUpdate(Source, Put, QuoteGroups.TopOfBook, new QuoteValues { Bid = 0.1 }));
        state.Apply(new BoardStart(Source with { Source = "board" }, At));
        state.Apply(new QuoteUpdate(Source, Call, QuoteGroups.TopOfBook, new QuoteValues { Bid = 0.1 }));
        var snapshot = state.Seal(At);
        snapshot.Boards.Single().Expiries.Single().Options.Single().Instrument.ShouldBe(Call);
        snapshot.Source.ShouldBe("board");
    }

    [Fact]
    public void Apply_BookWithAGapOrWithoutImage_RefusedAndDepthAbsent()
    {
        var state = new MarketState();
        var change = new BookChange(Source, Perpetual, 8, 7, [new BookLevel(10, 0)], [new BookLevel(12, 5)]);
        state.Apply(change)!.Code.ShouldBe("book-no-image");
        state.Apply(new BookImage(Source, Perpetual, 7, [new BookLevel(9, 3), new BookLevel(10, 1)], [new BookLevel(11, 2)])).ShouldBeNull();
        state.Apply(change).ShouldBeNull();
        state.Apply(change)!.Code.ShouldBe("book-stale");
        Quote(state.Seal(At), Perpetual).ShouldSatisfyAllConditions(
            q => q.Depth!.Bids.ShouldBe([new BookLevel(9, 3)]),
            q => q.Depth!.Asks.ShouldBe([new BookLevel(11, 2), new BookLevel(12, 5)]),
            q => q.Bid.ShouldBe(9, "the book gives the top where no quote did"));
        state.Apply(change with { ChangeId = 11, PreviousChangeId = 10 })!.Code.ShouldBe("book-gap");
        Quote(state.Seal(At), Perpetual).Depth.ShouldBeNull();
        state.Apply(change with { ChangeId = 12, PreviousChangeId = 11 })!.Code.ShouldBe("book-gap", "until an image comes");
    }

    [Fact]
    public void Apply_MoreInstrumentsThanAllowed_Refused()
    {
        var state = new MarketState();
        for (var i = 1; i <= MarketState.MaxInstruments; i++)
        {
            state.Apply(new QuoteUpdate(Source, new EuropeanOption(Call.Underlying, ((EuropeanOption)Call).Expiry, i, OptionType.Call), QuoteGroups.TopOfBook, new QuoteValues { Bid = 0.1 })).ShouldBeNull();
        }

        state.Apply(new QuoteUpdate(Source, Put, QuoteGroups.TopOfBook, new QuoteValues { Bid = 0.1 }))!.Code.ShouldBe("too-many-instruments");
        state.InstrumentCount.ShouldBe(MarketState.MaxInstruments);
    }

    [Fact]
    public void Seal_Boards_AreOrderedByFamilyExpiryStrikeAndSide()
    {
        string[] names =
        [
            "ETH-28MAR31-2500-C", "BTC_USDC-28MAR31-90000-C", "BTC-28MAR31-90000-P", "BTC-28MAR31-90000-C", "BTC-28MAR31-100000-C", "BTC-7MAR31-90000-C",
            "BTC-28MAR31-9d5-C", "BTC-PERPETUAL", "BTC-28MAR31",
        ];
        var snapshot = Seal([.. names.Select(n => new QuoteUpdate(Source, DeribitNames.Parse(n), QuoteGroups.Mark, new QuoteValues { Mark = 1 }))]);
        snapshot.Boards.SelectMany(b => b.Expiries.SelectMany(e => e.Options).Concat(b.Linears)).Select(q => q.Instrument.Name).ShouldBe(
        [
            "BTC-7MAR31-90000-C", "BTC-28MAR31-9d5-C", "BTC-28MAR31-90000-C", "BTC-28MAR31-90000-P", "BTC-28MAR31-100000-C", "BTC-28MAR31", "BTC-PERPETUAL",
            "BTC_USDC-28MAR31-90000-C", "ETH-28MAR31-2500-C",
        ]);
    }

    private static QuoteValues Full() => new()
    {
        Bid = 0.0415,
        Ask = 0.043,
        BidSize = 12.5,
        AskSize = 7,
        Mark = 0.04225,
        MarkVol = 0.5125,
        BidVol = 0.509,
        AskVol = 0.517,
        UnderlyingPrice = 91000.5,
        UnderlyingName = "SYN.BTC-28MAR31",
        Delta = 0.48112,
        Gamma = 2e-5,
        Vega = 81.5,
        Theta = -60.25,
        Rho = 12.5,
        OpenInterest = 120.5,
        Volume24h = 3.25,
        Last = 0.042,
        CurrentFunding = 1e-5,
        Funding8h = 1e-4,
    };

    private static IEnumerable<MarketEvent> Events()
    {
        yield return new QuoteUpdate(Source, Call, AllGroups, Full());
        yield return new QuoteUpdate(Source with { Source = "second" }, Put, AllGroups, Full() with { Bid = null });
        yield return new QuoteUpdate(Source, DeribitNames.Parse("BTC-28MAR31"), QuoteGroups.TopOfBook, new QuoteValues { Bid = 91000, Ask = 91001 });
        yield return new BookImage(Source, Perpetual, 7, [new BookLevel(10, 1), new BookLevel(9, 1)], [new BookLevel(11, 2)]);
        yield return new IndexUpdate(Source, new Asset("BTC"), Asset.Usd, 90800.25);
        yield return new VolatilityIndexUpdate(Source, new Asset("BTC"), 0.55);
    }

    private static MarketSnapshot Seal(MarketEvent[] events, DateTimeOffset? at = null)
    {
        var state = new MarketState();
        foreach (var marketEvent in events)
        {
            state.Apply(marketEvent).ShouldBeNull();
        }

        return state.Seal(at ?? At);
    }

    private static InstrumentQuote Quote(MarketSnapshot snapshot, Instrument instrument) =>
        snapshot.Boards.SelectMany(b => b.Linears.Concat(b.Expiries.SelectMany(e => e.Options))).Single(q => q.Instrument.Equals(instrument));

    private static MarketSnapshot Build(JsonElement vector)
    {
        var state = new MarketState();
        var at = Time(vector.GetProperty("observedAt"));
        state.Apply(new BoardStart(new Provenance(vector.GetProperty("source").GetString()!, null, at), at));
        foreach (var board in vector.GetProperty("boards").EnumerateArray())
        {
            var id = DeribitNames.Parse(board.GetProperty("id").GetString() + "-PERPETUAL").Underlying;
            if (board.GetProperty("index") is { ValueKind: JsonValueKind.Object } index)
            {
                state.Apply(new IndexUpdate(ProvenanceOf(index), id.Base, id.Quote, index.GetProperty("price").GetDouble()));
            }

            if (board.GetProperty("volatilityIndex") is { ValueKind: JsonValueKind.Object } vol)
            {
                state.Apply(new VolatilityIndexUpdate(ProvenanceOf(vol), id.Base, vol.GetProperty("price").GetDouble()));
            }

            foreach (var quote in board.GetProperty("expiries").EnumerateArray().SelectMany(e => e.GetProperty("options").EnumerateArray())
                .Concat(board.GetProperty("linears").EnumerateArray()))
            {
                Apply(state, quote);
            }
        }

        return state.Seal(at);
    }

    private static void Apply(MarketState state, JsonElement quote)
    {
        var instrument = DeribitNames.Parse(quote.GetProperty("instrument").GetString());
        if (quote.TryGetProperty("depth", out var depth))
        {
            state.Apply(new BookImage(ProvenanceOf(quote), instrument, depth.GetProperty("changeId").GetInt64(), Levels(depth, "bids"), Levels(depth, "asks"))
            {
                IsPartial = depth.TryGetProperty("isPartial", out var partial) && partial.GetBoolean(),
            });
        }

        object values = default(QuoteValues);
        foreach (var field in quote.GetProperty("values").EnumerateObject())
        {
            var property = typeof(QuoteValues).GetProperty(char.ToUpperInvariant(field.Name[0]) + field.Name[1..])!;
            property.SetValue(values, property.PropertyType == typeof(string) ? field.Value.GetString() : field.Value.GetDouble());
        }

        state.Apply(new QuoteUpdate(ProvenanceOf(quote), instrument, AllGroups, (QuoteValues)values));
    }

    private static System.Collections.Immutable.ImmutableArray<BookLevel> Levels(JsonElement depth, string side) =>
        [.. depth.GetProperty(side).EnumerateArray().Select(l => new BookLevel(l[0].GetDouble(), l[1].GetDouble()))];

    private static Provenance ProvenanceOf(JsonElement element) => new(
        element.GetProperty("source").GetString()!,
        element.GetProperty("exchangeTime").ValueKind == JsonValueKind.Null ? null : Time(element.GetProperty("exchangeTime")),
        Time(element.GetProperty("receivedAt")));

    private static DateTimeOffset Time(JsonElement element) => DateTimeOffset.Parse(element.GetString()!, CultureInfo.InvariantCulture);
}

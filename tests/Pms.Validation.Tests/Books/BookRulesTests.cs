using System.Collections.Immutable;
using Pms.Margin.Arrays;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Testing;
using Pms.Validation.Books;
using Pms.Validation.Tests.WalkForward;
using Pms.Validation.WalkForward;
using Pms.Volatility;
using Pms.Volatility.Svi;

namespace Pms.Validation.Tests.Books;

public sealed class BookRulesTests
{
    private static readonly Asset Btc = new("BTC");
    private static readonly Asset Eth = new("ETH");
    private static readonly BoardState Both = State(0, new QuotedCoin("BTC", 50_000), new QuotedCoin("ETH", 2_500, 0.75));

    [Fact]
    public void On_SameRulesAndBoard_GivesTheSameBooks()
    {
        var books = Books(Both, 60);
        Books(Both, 60).Select(Text).ShouldBe(books.Select(Text));
        new BookRules(60, 2).On(Listed(Both)).Select(Text).ShouldNotBe(books.Select(Text));
        // More rules leave those before them as they are.
        Books(Both, 80).Where(b => b.Rule is >= 0 and < 60).Select(Text).ShouldBe(books.Where(b => b.Rule >= 0).Select(Text));
    }

    [Fact]
    public void On_TwoCoins_HasEveryClassOfBothAndAggregatesLast()
    {
        var books = Books(Both, 330);
        books.Select(b => b.Account.Id).Distinct().Count().ShouldBe(books.Length);
        foreach (var bookClass in BookClasses.Drawn)
        {
            var own = books.Where(b => b.Class == bookClass).ToArray();
            // 33 rules each; a spread whose legs are one contract is no book.
            own.Length.ShouldBeInRange(31, 33, bookClass.ToString());
            own.Select(b => b.Coins[0]).Distinct().Count().ShouldBe(2);
            own.ShouldAllBe(b => b.Coins.Length == (bookClass == BookClass.CrossAsset ? 2 : 1));
            own.ShouldAllBe(b => b.Account.Id == $"{BookClasses.NameOf(bookClass)}-{b.Rule:D4}");
        }

        books[^3..].Select(b => b.Account.Id).ShouldBe(["aggregate-BTC", "aggregate-ETH", "aggregate-all"]);
        books.Count(b => b.Class == BookClass.Aggregate).ShouldBe(3);
    }

    [Fact]
    public void On_OneCoin_HasNoCrossAssetAndOneAggregate()
    {
        var books = Books(State(0, new QuotedCoin("BTC", 50_000)), 100);
        books.ShouldNotContain(b => b.Class == BookClass.CrossAsset);
        books.Count(b => b.Class != BookClass.Aggregate).ShouldBe(90);
        books.Single(b => b.Class == BookClass.Aggregate).Account.Id.ShouldBe("aggregate-BTC");
    }

    [Fact]
    public void On_Notional_IsTheSumOverTheLegs()
    {
        var summed = 0;
        foreach (var book in Books(Both, 330).Where(b => b.Class is not (BookClass.Aggregate or BookClass.MarketMaker)))
        {
            book.NotionalUsd.ShouldBeGreaterThan(0);
            var positions = book.Account.Positions.Sum(p => Math.Abs((double)p.Quantity) * (p.Instrument.IsCountedInQuote ? 1 : Both.Market.UsdPrice(p.Instrument.Underlying.Base)));
            // Two legs in one contract net; a perpetual is rounded to 10 USD after it is counted.
            positions.ShouldBeLessThan(book.NotionalUsd + 11, book.Account.Id);
            summed += Math.Abs(positions - book.NotionalUsd) < 11 ? 1 : 0;
        }

        summed.ShouldBeGreaterThan(270);
    }

    [Fact]
    public void On_Sizes_AreWholeLotsThatEveryMarginTakes()
    {
        var books = Books(Both, 330);
        foreach (var (instrument, quantity) in books.SelectMany(b => b.Account.Positions))
        {
            var lot = instrument.IsCountedInQuote ? 10m : LotRule.DecimalPowerOfTen(LotRule.LotExponent(Both.Market.UsdPrice(instrument.Underlying.Base)));
            (quantity % lot).ShouldBe(0m, $"{quantity} of {instrument}");
            quantity.ShouldNotBe(0m);
        }

        var margins = SmallEngine.Make().Margins(Both, [.. books.Select(b => b.Account)]);
        margins.ShouldAllBe(m => m != null && m.Value.Initial >= m.Value.Maintenance && m.Value.Maintenance > 0 && m.Value.Var != null && m.Value.Es >= m.Value.Var);
    }

    [Fact]
    public void On_Aggregates_AreTheSumsOfTheirBooks()
    {
        var books = Books(Both, 120);
        var drawn = books.Where(b => b.Class != BookClass.Aggregate).ToArray();
        foreach (var (id, of) in new[] { ("aggregate-BTC", Of(Btc)), ("aggregate-ETH", Of(Eth)), ("aggregate-all", drawn) })
        {
            var aggregate = books.Single(b => b.Account.Id == id);
            aggregate.NotionalUsd.ShouldBe(of.Sum(b => b.NotionalUsd), 1e-6);
            Sum(of).ShouldBe(aggregate.Account.Positions.Select(p => (p.Instrument.Name, p.Quantity)));
        }

        BacktestBook[] Of(Asset coin) => [.. drawn.Where(b => b.Coins.Length == 1 && b.Coins[0] == coin)];

        static IEnumerable<(string, decimal)> Sum(BacktestBook[] of) => of
            .SelectMany(b => b.Account.Positions)
            .GroupBy(p => p.Instrument.Name)
            .Select(g => (g.Key, g.Sum(p => p.Quantity)))
            .Where(p => p.Item2 != 0)
            .OrderBy(p => p.Key, StringComparer.Ordinal);
    }

    [Fact]
    public void On_LaterBoard_KeepsRuleClassAndNotional()
    {
        var (books, later) = (Books(Both, 60), Books(State(1, new QuotedCoin("BTC", 61_000, 0.9), new QuotedCoin("ETH", 2_100, 0.9)), 60));
        later.Select(b => b.Account.Id).ShouldBe(books.Select(b => b.Account.Id));
        foreach (var (before, after) in books.Zip(later).Where(b => b.First.Class is BookClass.ShortPut or BookClass.Spread or BookClass.Condor or BookClass.Covered))
        {
            // Each leg within half a lot, a USD at most.
            after.NotionalUsd.ShouldBe(before.NotionalUsd, 4);
        }
    }

    [Fact]
    public void On_Strikes_FollowStandardDeviations()
    {
        foreach (var book in Books(Both, 330).Where(b => b.Class == BookClass.ShortPut))
        {
            var (instrument, quantity) = book.Account.Positions.ShouldHaveSingleItem();
            var option = instrument.ShouldBeOfType<EuropeanOption>();
            quantity.ShouldBeLessThan(0);
            option.Type.ShouldBe(OptionType.Put);
            var slice = Listed(Both).Single(c => c.Id == option.Underlying).Expiries.Single(e => e.Expiry == option.Expiry).Slice;
            // 1.5 to 3 drawn, moved to the nearest strike of a ladder that is 4 % wide near the forward and 25 % far from it.
            var deviations = Math.Log(option.StrikeValue / slice.Forward) / Math.Sqrt(slice.Smile.TotalVariance(0));
            deviations.ShouldBeInRange(-3.6, -1.1, $"{option}");
            slice.Years.ShouldBeInRange(5.0 / 365, 60.0 / 365);
        }
    }

    [Fact]
    public void On_OneStrikeForAll_MakesNoBookThatNetsToNothing()
    {
        var id = UnderlyingId.Inverse(Btc);
        var expiry = Both.At.AddDays(20);
        ImmutableArray<EuropeanOption> options = [new(id, expiry, 50_000, OptionType.Call), new(id, expiry, 50_000, OptionType.Put)];
        var slice = new VolSlice(expiry, 20.0 / 365, 50_000, new RawSvi(0.02, 0, 0, 0, 0.1));
        var books = new BookRules(200, 1).On([new ListedContracts(id, 50_000, [new ListedExpiry(slice, options)])]);

        books.ShouldAllBe(b => b.Account.Positions.Length > 0);
        books.ShouldNotContain(b => b.Class == BookClass.Spread || b.Class == BookClass.Condor);
        books.ShouldContain(b => b.Class == BookClass.ShortPut);
    }

    [Fact]
    public void On_SenselessInput_IsRefusedWithItsCode()
    {
        Should.Throw<InvalidInputException>(() => new BookRules(9, 1)).Code.ShouldBe("book-count");
        Should.Throw<InvalidInputException>(() => new BookRules(10_001, 1)).Code.ShouldBe("book-count");
        Should.Throw<InvalidInputException>(() => new BookRules(10, 1).On([])).Code.ShouldBe("book-board");
        new BookRules(10_000, 1).ShouldNotBeNull();
    }

    private static BoardState State(int day, params QuotedCoin[] coins) => BoardState.Of(QuotedBoards.Make(QuotedBoards.Start.AddDays(day), coins), SurfaceParameters.Default, null);

    private static ImmutableArray<ListedContracts> Listed(BoardState state) => ListedContracts.Of(state.Snapshot, state.Market, 1.125);

    private static ImmutableArray<BacktestBook> Books(BoardState state, int count) => new BookRules(count, 1).On(Listed(state));

    private static string Text(BacktestBook book) => $"{book.Rule} {book.Class} {string.Join('+', book.Coins)} {book.Account.Id} {book.NotionalUsd:R} {string.Join(' ', book.Account.Positions.Select(p => $"{p.Quantity}x{p.Instrument}"))}";
}

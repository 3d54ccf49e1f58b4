using System.Collections.Immutable;
using Pms.Margin.Venues;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Primitives;
using Pms.Testing;
using Pms.Validation.Books;
using Pms.Validation.WalkForward;
using Pms.Volatility;

namespace Pms.Validation.Tests.WalkForward;

public sealed class WalkForwardBacktestTests
{
    private static readonly WalkForwardOptions Few = new() { Books = 20 };

    [Fact]
    public void Run_OneAndThreeThreads_GiveTheSameWindows()
    {
        MarketSnapshot[] boards = [.. Enumerable.Range(0, 5).Select(i => Board(12 * i))];
        string[] Windows(int threads) => [.. new WalkForwardBacktest([SmallEngine.Make(), new VenueBacktestModel(VenueModels.Create("static"))], Few with { Threads = threads }).Run(boards).Select(Text)];

        var one = Windows(1);
        one.Length.ShouldBe(3);
        Windows(3).ShouldBe(one);
    }

    [Fact]
    public void Run_GapsAndLateBoards_PairsTheNearestWithinAnEighthOfTheHorizon()
    {
        double[] hours = [0, 21.5, 25, 30, 48, 51, 80];
        var windows = Run(Few, hours);

        // 0 is due at 24: 25 is nearer than 21.5. 30 is due at 54: 51 is just within 3 hours. 48 and 51 are due at 72 and 75: 80 is too late.
        windows.Select(w => (Hours(w.From), Hours(w.To))).ShouldBe([(0, 25), (21.5, 48), (25, 48), (30, 51)]);
    }

    [Fact]
    public void Run_OutcomeAtTheToleranceAndBeyondIt_IsTakenAndNot()
    {
        Run(Few, [0, 27]).Length.ShouldBe(1);
        Run(Few, [0, 27.05]).ShouldBeEmpty();
        Run(Few, [0, 21]).Length.ShouldBe(1);
        Run(Few, [0, 20.95]).ShouldBeEmpty();
        Run(Few, []).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(24, 0)]
    [InlineData(0, 0)]
    public void Run_BoardThatIsNotLater_IsRefused(int first, int second)
    {
        Should.Throw<InvalidInputException>(() => Run(Few, [first, second])).Code.ShouldBe("backtest-order");
    }

    [Fact]
    public void Run_BoardBeforeASkippedOne_IsRefused()
    {
        var run = new WalkForwardBacktest([new CountingModel()], Few);
        Should.Throw<InvalidInputException>(() => run.Run([Board(0), QuotedBoards.WithoutOptions(At(24), Btc), Board(23)]).Count()).Code.ShouldBe("backtest-order");
    }

    [Fact]
    public void Run_BoardWithoutOptions_IsSkippedAndTheOthersGoOn()
    {
        var run = new WalkForwardBacktest([new CountingModel()], Few);
        BacktestWindow[] windows = [.. run.Run([Board(0), Board(23), QuotedBoards.WithoutOptions(At(24), Btc), Board(48), Board(72)])];

        windows.Select(w => (Hours(w.From), Hours(w.To))).ShouldBe([(0, 23), (23, 48), (48, 72)]);
        var skipped = run.Skipped.ShouldHaveSingleItem();
        skipped.At.ShouldBe(At(24));
        skipped.Reason.Code.ShouldBe("book-board");
    }

    [Fact]
    public void Run_OutcomeWithoutACoinOfTheBooks_IsSkippedAndTheOthersGoOn()
    {
        var run = new WalkForwardBacktest([new CountingModel()], Few);
        BacktestWindow[] windows = [.. run.Run([Board(0), QuotedBoards.Make(At(24), Btc), Board(48), Board(72)])];

        windows.Select(w => (Hours(w.From), Hours(w.To))).ShouldBe([(24, 48), (48, 72)]);
        var skipped = run.Skipped.ShouldHaveSingleItem();
        skipped.At.ShouldBe(At(0));
        skipped.Reason.Code.ShouldBe("backtest-revaluation");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void Run_Books_HoldNothingThatExpiresBeforeTheLastOutcome(int days)
    {
        var model = new CountingModel();
        var options = Few with { Books = 100, Horizon = TimeSpan.FromDays(days) };
        new WalkForwardBacktest([model], options).Run([Board(0), Board(24 * days)]).Count().ShouldBe(1);

        model.Seen.Count.ShouldBe(2);
        foreach (var (at, accounts) in model.Seen)
        {
            var expiries = accounts.SelectMany(a => a.Positions).Select(p => p.Instrument).OfType<EuropeanOption>().Select(o => o.Expiry).Distinct().ToArray();
            expiries.Length.ShouldBeGreaterThan(2);
            expiries.ShouldAllBe(e => e > at + options.Horizon + options.Tolerance);
        }
    }

    [Fact]
    public void Run_Observations_CarryLossesByTheQuotesAndMarginsByModel()
    {
        var window = new WalkForwardBacktest([new CountingModel("a"), new CountingModel("b")], Few).Run([Board(0), Board(24)]).ShouldHaveSingleItem();
        var (from, to) = (BoardState.Of(Board(0), SurfaceParameters.Default, null), BoardState.Of(Board(24), SurfaceParameters.Default, null));
        var books = new BookRules(20, 1).On(ListedContracts.Of(from.Snapshot, from.Market, 1.125));

        window.Source.ShouldBe("invented");
        window.LegsByModel.ShouldBe(0);
        window.Legs.ShouldBe(books.Sum(b => b.Account.Positions.Length));
        window.Observations.Select(o => o.Book).ShouldBe(books.Select(b => b.Account.Id));
        foreach (var (book, observation) in books.Zip(window.Observations))
        {
            observation.LossUsd.ShouldBe(-book.Account.Positions.Sum(p => from.Quoted.Gain(p, to.Quoted, out _)), 1e-9 * book.NotionalUsd);
            observation.Margins.Length.ShouldBe(2);
        }

        window.Observations[2].Margins.ShouldBe([null, null]);
        window.Observations[1].Margins[0]!.Value.Maintenance.ShouldBe(25_000);
    }

    [Fact]
    public void Run_StoreWithSomeBoards_GivesTheSameAndAsksOnlyForTheRest()
    {
        MarketSnapshot[] boards = [.. Enumerable.Range(0, 5).Select(i => Board(24 * i))];
        var (store, first, second, alone) = (new MemoryStore(), new CountingModel(), new CountingModel(), new CountingModel());
        new WalkForwardBacktest([first], Few, store).Run(boards.Take(3)).Count().ShouldBe(2);
        first.Calls.ShouldBe(3);

        string[] resumed = [.. new WalkForwardBacktest([second], Few with { Threads = 2 }, store).Run(boards).Select(Text)];
        resumed.ShouldBe([.. new WalkForwardBacktest([alone], Few).Run(boards).Select(Text)]);
        second.Calls.ShouldBe(2);
        alone.Calls.ShouldBe(5);
        store.Count.ShouldBe(5);
    }

    public static TheoryData<string> OtherRuns => ["key", "books", "seed", "horizon", "surface", "model"];

    [Theory]
    [MemberData(nameof(OtherRuns))]
    public void Run_StoreOfAnotherRun_IsNotUsed(string other)
    {
        var options = Few with { StoreKey = "one" };
        var store = new MemoryStore();
        new WalkForwardBacktest([new CountingModel()], options, store).Run([Board(0)]).Count().ShouldBe(0);

        var model = new CountingModel(other == "model" ? "another" : "counting");
        var changed = other switch
        {
            "key" => options with { StoreKey = "two" },
            "books" => options with { Books = 21 },
            "seed" => options with { Seed = 2 },
            "horizon" => options with { Horizon = TimeSpan.FromDays(2) },
            // Books are made of the fitted smiles, and venues' margins come from them.
            "surface" => options with { Surface = SurfaceParameters.Default with { PullToMid = 0.2 } },
            _ => options,
        };
        new WalkForwardBacktest([model], changed, store).Run([Board(0)]).Count().ShouldBe(0);
        model.Calls.ShouldBe(1);
        store.Count.ShouldBe(2);
    }

    [Fact]
    public void Make_SenselessRun_IsRefusedWithItsCode()
    {
        string Code(WalkForwardOptions options, params IBacktestModel[] models) => Should.Throw<InvalidInputException>(() => new WalkForwardBacktest(models, options)).Code;
        var model = new CountingModel();
        Code(Few).ShouldBe("backtest-models");
        Code(Few, model, new CountingModel()).ShouldBe("backtest-models");
        Code(Few with { Horizon = TimeSpan.FromMinutes(59) }, model).ShouldBe("backtest-horizon");
        Code(Few with { Horizon = TimeSpan.FromDays(30.1) }, model).ShouldBe("backtest-horizon");
        Code(Few with { Threads = 0 }, model).ShouldBe("threads-range");
        Code(Few with { Threads = 257 }, model).ShouldBe("threads-range");
        Code(Few with { Books = 9 }, model).ShouldBe("book-count");
    }

    [Fact]
    public void Run_Cancelled_Stops()
    {
        var run = new WalkForwardBacktest([new CountingModel()], Few);
        Should.Throw<OperationCanceledException>(() => run.Run([Board(0), Board(24)], new CancellationToken(canceled: true)).Count());
    }

    private static QuotedCoin Btc => new("BTC", 50_000);

    private static ImmutableArray<BacktestWindow> Run(WalkForwardOptions options, double[] hours) => [.. new WalkForwardBacktest([new CountingModel()], options).Run(hours.Select(Board))];

    private static MarketSnapshot Board(double hours) => QuotedBoards.Make(At(hours), new QuotedCoin("BTC", 50_000 + (20 * hours)), new QuotedCoin("ETH", 2_500 - hours, 0.7));

    private static DateTimeOffset At(double hours) => QuotedBoards.Start.AddMinutes(Math.Round(60 * hours));

    private static double Hours(DateTimeOffset at) => (at - QuotedBoards.Start).TotalHours;

    /// <summary>Every number of a window to the last bit.</summary>
    private static string Text(BacktestWindow window) => string.Join(
        '\n',
        window.Observations.Select(o => $"{o.Book} {o.Class} {string.Join('+', o.Coins)} {o.NotionalUsd:R} {o.LossUsd:R} {string.Join(' ', o.Margins.Select(m => m is { } x ? $"{x.Initial:R}/{x.Maintenance:R}/{x.Var:R}/{x.Es:R}/{x.Core:R}" : "none"))}")
            .Prepend($"{window.Source} {window.From:O} {window.To:O} {window.LegsByModel} {window.Legs}"));
}

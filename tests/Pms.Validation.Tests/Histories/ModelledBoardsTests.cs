using System.Collections.Immutable;
using Pms.Margin.Venues;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers.Histories;
using Pms.MarketData.Snapshots;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Scenarios.Historical;
using Pms.Validation.Histories;
using Pms.Validation.WalkForward;
using Pms.Volatility;
using Pms.Volatility.Arbitrage;
using Pms.Volatility.Svi;

namespace Pms.Validation.Tests.Histories;

/// <summary>On invented histories: 700 days of BTC and ETH with a crash, DVOL for the second half.</summary>
public sealed class ModelledBoardsTests
{
    private static readonly Asset Btc = new("BTC");
    private static readonly Asset Eth = new("ETH");
    private static readonly DateOnly First = new(2030, 1, 1);
    private static readonly DateOnly IndexFirst = First.AddDays(350);
    private static readonly DateOnly Crash = First.AddDays(500);

    [Fact]
    public void Make_EveryDay_HasABoardOfEachCoinThatSaysWhatItIs()
    {
        var (from, to) = (First.AddDays(340), First.AddDays(520));
        var boards = Make(History(), from, to);

        boards.Select(b => DateOnly.FromDateTime(b.ObservedAt.UtcDateTime)).ShouldBe(Enumerable.Range(0, 181).Select(from.AddDays));
        foreach (var board in boards)
        {
            var day = DateOnly.FromDateTime(board.ObservedAt.UtcDateTime);
            board.ObservedAt.TimeOfDay.ShouldBe(TimeSpan.Zero);
            board.Source.ShouldBe(day.AddDays(-1) < IndexFirst ? ModelledBoards.SyntheticSource : ModelledBoards.Source);
            board.Boards.Length.ShouldBe(2);
            foreach (var family in board.Boards)
            {
                family.Expiries.Length.ShouldBeInRange(9, 15);
                family.Expiries[0].Expiry.ShouldBe(board.ObservedAt.AddHours(8));
                family.Expiries.ShouldAllBe(e => e.Expiry.TimeOfDay == TimeSpan.FromHours(8));
                family.Expiries.ShouldAllBe(e => e.Options.Length >= 30);
            }
        }
    }

    [Fact]
    public void Make_ListedContracts_AreOnTheNextBoardUntilTheyExpire()
    {
        MarketSnapshot? before = null;
        foreach (var board in ModelledBoards.Make(History(), [Btc], First.AddDays(440), First.AddDays(560)))
        {
            if (before is not null)
            {
                var now = Options(board).Select(o => o.Instrument).ToHashSet();
                Options(before).Select(o => o.Instrument).Where(i => ((EuropeanOption)i).Expiry > board.ObservedAt && !now.Contains(i)).Take(3).ShouldBeEmpty($"{board.ObservedAt:u}");
            }

            before = board;
        }
    }

    [Fact]
    public void Make_LaterValuesPlanted_ChangeNoBit()
    {
        FirstLeak(h => Make(h, First.AddDays(340), First.AddDays(420))).ShouldBeNull();
    }

    [Fact]
    public void Make_LeakyVariant_IsCaught()
    {
        // The same boards from a history whose every value is known a day too early.
        var leak = FirstLeak(h => Make(new FactorHistory(h.Series.Select(s => s with { Values = s.Values.ToImmutableSortedDictionary(v => v.Key.AddDays(-1), v => v.Value) })), First.AddDays(340), First.AddDays(420)));
        leak.ShouldNotBeNull();
    }

    [Fact]
    public void Make_FromAnyDay_GivesTheSameBoard()
    {
        var day = First.AddDays(480);
        var late = Make(History(), day, day).ShouldHaveSingleItem();
        Make(History(), day.AddDays(-60), day)[^1].Hash.ShouldBe(late.Hash);
    }

    [Fact]
    public void Make_Smiles_AreFreeOfArbitrageThroughACrash()
    {
        var levels = new ModelledLevels(Btc, History(), ModelledBoardParameters.Default);
        for (var day = levels.First!.Value; day < First.AddDays(620); day = day.AddDays(1))
        {
            if (levels.Next(day) is not { } level)
            {
                continue;
            }

            var at = new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero);
            var expiries = ModelledListing.Expiries(at);
            double[] years = [.. expiries.Select(e => UtcTime.YearsBetween(at, e))];
            var slices = ModelledSmiles.Of(level, years, ModelledBoardParameters.Default);
            slices.ShouldAllBe(s => s.IsButterflyFree);
            slices.Zip(slices.Skip(1)).ShouldAllBe(p => IsCalendarFree(p.First, p.Second));
            if (day.DayNumber % 20 == 0 || (day > Crash && day <= Crash.AddDays(3)))
            {
                var surface = new VolSurface(ModelledBoards.Family(Btc), at, expiries.Select((e, i) => new VolSlice(e, years[i], level.Spot, slices[i].ToRaw())), ContentHash.Of("test"u8));
                SurfaceCheck.Run(surface).Violations.ShouldBeEmpty();
            }
        }
    }

    [Fact]
    public void Make_Boards_FitBackToTheirSmiles()
    {
        foreach (var day in new[] { First.AddDays(345), Crash.AddDays(1), First.AddDays(650) })
        {
            foreach (var board in Make(History(), day, day)[0].Boards)
            {
                var at = new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero);
                var fit = SurfaceFitter.Fit(board, at, SurfaceParameters.Default);
                fit.Surface!.Slices.Length.ShouldBe(board.Expiries.Length);
                foreach (var (expiry, slice) in board.Expiries.Zip(fit.Surface.Slices))
                {
                    var near = expiry.Options.MinBy(o => Math.Abs((double)((EuropeanOption)o.Instrument).Strike - slice.Forward))!;
                    var k = Math.Log((double)((EuropeanOption)near.Instrument).Strike / slice.Forward);
                    slice.Vol(k).ShouldBe(near.Values.MarkVol!.Value, 0.03 * near.Values.MarkVol.Value, $"{day} {expiry.Expiry:u}");
                }
            }
        }
    }

    [Fact]
    public void Make_AfterTheCrash_HasHigherVolsAndALowerRiskReversal()
    {
        var boards = Make(History(), Crash.AddDays(-1), Crash.AddDays(2));
        var (before, after) = (boards[0], boards[2]);
        var (calm, stressed) = (Skewness(before), Skewness(after));
        after.Boards[0].Index!.Value.Price.ShouldBeLessThan(0.75 * before.Boards[0].Index!.Value.Price);
        stressed.Atm.ShouldBeGreaterThan(1.2 * calm.Atm);
        stressed.Skew.ShouldBeLessThan(calm.Skew);
    }

    [Fact]
    public void Make_QuotesSurroundTheirMarks()
    {
        foreach (var quote in Options(Make(History(), First.AddDays(400), First.AddDays(400))[0]))
        {
            (quote.Bid ?? 0).ShouldBeLessThan(quote.Values.Mark!.Value);
            quote.Ask!.Value.ShouldBeGreaterThan(quote.Values.Mark.Value);
        }
    }

    [Fact]
    public void Make_DayWithoutClose_HasNoBoard()
    {
        var gap = First.AddDays(400);
        var history = Without(History(), gap);
        Make(history, gap, gap.AddDays(2)).Select(b => DateOnly.FromDateTime(b.ObservedAt.UtcDateTime)).ShouldBe([gap, gap.AddDays(2)]);
    }

    [Fact]
    public void Make_Boards_CarryAWalkForwardRunThroughTheCrash()
    {
        var run = new WalkForwardBacktest([new VenueBacktestModel(VenueModels.Create("static"))], new WalkForwardOptions { Books = 40 });
        BacktestWindow[] windows = [.. run.Run(ModelledBoards.Make(History(), [Btc, Eth], Crash.AddDays(-3), Crash.AddDays(4)))];

        run.Skipped.ShouldBeEmpty();
        windows.Length.ShouldBe(7);
        windows.ShouldAllBe(w => w.Source == ModelledBoards.Source && w.To - w.From == TimeSpan.FromDays(1));
        // Every leg has a quote on both boards: what is listed stays listed, and has a mark.
        windows.ShouldAllBe(w => w.LegsByModel == 0);
        var worst = windows.MaxBy(w => w.Observations.Max(o => o.LossUsd / o.NotionalUsd))!;
        DateOnly.FromDateTime(worst.From.UtcDateTime).ShouldBe(Crash);
    }

    [Fact]
    public void Make_BadInput_IsRefusedWithItsCode()
    {
        string Code(Func<IEnumerable<MarketSnapshot>> make) => Should.Throw<InvalidInputException>(() => make()).Code;
        Code(() => ModelledBoards.Make(History(), [], First, First)).ShouldBe("modelled-coins");
        Code(() => ModelledBoards.Make(History(), [Btc, Btc], First, First)).ShouldBe("modelled-coins");
        Code(() => ModelledBoards.Make(History(), [new Asset("SOL")], First, First)).ShouldBe("modelled-coins");
        Code(() => ModelledBoards.Make(History(), [Btc], First, First.AddDays(-1))).ShouldBe("modelled-days");
        Code(() => ModelledBoards.Make(History(), [Btc], First, First.AddDays(ModelledBoards.MostDays))).ShouldBe("modelled-days");
        Code(() => ModelledBoards.Make(History(), [Btc], First, First, ModelledBoardParameters.Default with { Curvature = double.NaN })).ShouldBe("modelled-parameter");
    }

    /// <summary>The first board that changes when values of its day and later do; null where none does.</summary>
    internal static DateTimeOffset? FirstLeak(Func<FactorHistory, IReadOnlyList<MarketSnapshot>> make)
    {
        var history = History();
        var boards = make(history);
        foreach (var board in boards.Where((_, i) => i % 16 == 0))
        {
            var today = DateOnly.FromDateTime(board.ObservedAt.UtcDateTime);
            var planted = new FactorHistory(history.Series.Select(s => s with
            {
                Values = s.Values.ToImmutableSortedDictionary(v => v.Key, v => v.Key >= today ? 3 * v.Value : v.Value),
            }));
            var again = make(planted).Single(b => b.ObservedAt == board.ObservedAt);
            if (again.Hash != board.Hash)
            {
                return board.ObservedAt;
            }
        }

        return null;
    }

    private static List<MarketSnapshot> Make(FactorHistory history, DateOnly from, DateOnly to) => [.. ModelledBoards.Make(history, [Btc, Eth], from, to)];

    private static IEnumerable<InstrumentQuote> Options(MarketSnapshot board) => board.Boards.SelectMany(b => b.Expiries).SelectMany(e => e.Options);

    private static (double Atm, double Skew) Skewness(MarketSnapshot board)
    {
        var expiry = board.Boards[0].Expiries.First(e => e.Expiry > board.ObservedAt.AddDays(20));
        var forward = expiry.VenueForward!.Value;
        double At(double moneyness) => expiry.Options.MinBy(o => Math.Abs(((double)((EuropeanOption)o.Instrument).Strike / forward) - moneyness))!.Values.MarkVol!.Value;
        return (At(1), (At(1.1) - At(0.9)) / At(1));
    }

    /// <summary>With the rounding of a last bit.</summary>
    private static bool IsCalendarFree(in SsviSlice a, in SsviSlice b) =>
        b.Theta >= a.Theta && Math.Abs((b.Rho * b.Psi) - (a.Rho * a.Psi)) <= b.Psi - a.Psi + 1e-12 && b.Phi <= a.Phi * (1 + 1e-12);

    private static FactorHistory Without(FactorHistory history, DateOnly date) => new(history.Series.Select(s => s with { Values = s.Values.Remove(date) }));

    private static FactorHistory History()
    {
        var series = new List<HistorySeries>();
        foreach (var (coin, price, seed) in new[] { (Btc, 40_000.0, 1UL), (Eth, 2_500.0, 2UL) })
        {
            var stream = new RandomStream(seed);
            var closes = ImmutableSortedDictionary.CreateBuilder<DateOnly, double>();
            var vols = ImmutableSortedDictionary.CreateBuilder<DateOnly, double>();
            var (level, vol) = (price, 0.6);
            for (var d = 0; d < 700; d++)
            {
                var date = First.AddDays(d);
                var change = 0.03 * NormalDistribution.InverseCdf(stream.Uniform((ulong)d));
                change = date == Crash ? -0.4 : change;
                level *= Math.Exp(change);
                vol = Math.Max(0.35, vol + (0.05 * (0.6 - vol)) + (2 * Math.Max(0, -change - 0.05)));
                closes[date] = level;
                if (date >= IndexFirst)
                {
                    vols[date] = vol;
                }
            }

            series.Add(new HistorySeries(coin, HistoryField.Close, "prices", closes.ToImmutable()));
            series.Add(new HistorySeries(coin, HistoryField.AtmVol, "dvol", vols.ToImmutable()));
        }

        return new FactorHistory(series);
    }
}

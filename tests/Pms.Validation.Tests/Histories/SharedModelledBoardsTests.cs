using System.Collections.Immutable;
using System.Diagnostics;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers;
using Pms.MarketData.Readers.Histories;
using Pms.MarketData.Snapshots;
using Pms.Numerics;
using Pms.Scenarios.Historical;
using Pms.Testing;
using Pms.Validation.Histories;
using Pms.Volatility;
using Pms.Volatility.Arbitrage;

namespace Pms.Validation.Tests.Histories;

/// <summary>On recorded prices, DVOL and boards, where the shared data folder is present.</summary>
public sealed class SharedModelledBoardsTests(ITestOutputHelper output)
{
    private static readonly Asset Btc = new("BTC");
    private static readonly Asset Eth = new("ETH");

    [Theory]
    [InlineData("2020-03-05", "2020-03-20", "2020-03-13")]
    [InlineData("2021-05-12", "2021-05-26", "2021-05-20")]
    [InlineData("2022-06-06", "2022-06-24", "2022-06-14")]
    [InlineData("2022-11-02", "2022-11-16", "2022-11-10")]
    public void Make_Crisis_HasABoardOfBothCoinsEveryDayAndNoArbitrage(string from, string to, string worst)
    {
        var history = History();
        var (first, last, crash) = (Day(from), Day(to), Day(worst));
        MarketSnapshot[] boards = [.. ModelledBoards.Make(history, [Btc, Eth], first, last)];

        boards.Length.ShouldBe(last.DayNumber - first.DayNumber + 1);
        boards.ShouldAllBe(b => b.Boards.Length == 2);
        boards.ShouldAllBe(b => b.Source == (first.Year == 2020 ? ModelledBoards.SyntheticSource : ModelledBoards.Source));
        foreach (var board in boards.Where(b => Math.Abs(DateOnly.FromDateTime(b.ObservedAt.UtcDateTime).DayNumber - crash.DayNumber) <= 2))
        {
            foreach (var family in board.Boards)
            {
                var fit = SurfaceFitter.Fit(family, board.ObservedAt, SurfaceParameters.Default);
                fit.Surface!.Slices.Length.ShouldBe(family.Expiries.Length, $"{board.ObservedAt:u} {family.Id}");
                SurfaceCheck.Run(fit.Surface).Violations.ShouldBeEmpty();
                output.WriteLine($"{board.ObservedAt:u} {family.Id} spot {family.Index!.Value.Price:N0}, ATM 30 d {fit.Surface.Vol(0, 30.0 / 365):P1}, options {family.OptionCount}, degraded {string.Join(' ', fit.Degraded.Select(d => d.Code))}");
            }
        }
    }

    [Fact]
    public void Make_FourYears_HasABoardEveryDay()
    {
        var history = History();
        var clock = Stopwatch.StartNew();
        var (boards, options) = (0, 0L);
        foreach (var board in ModelledBoards.Make(history, [Btc, Eth], Day("2020-01-01"), Day("2023-12-31")))
        {
            boards++;
            options += board.Boards.Sum(b => b.OptionCount);
        }

        output.WriteLine($"{boards} boards, {options / (2.0 * boards):F0} options a family, {clock.Elapsed.TotalSeconds:F1} s");
        boards.ShouldBe(1461);
    }

    [Fact]
    public void Make_DaysOfRecordedBoards_AreNearThem()
    {
        var history = History();
        var withoutIndex = new FactorHistory(history.Series.Where(s => s.Field == HistoryField.Close));
        foreach (var (name, source, mostAtm) in new[] { ("DVOL", history, 0.06), ("returns alone", withoutIndex, 0.25) })
        {
            foreach (var month in new[] { "2021-06", "2022-01", "2022-02" })
            {
                var real = Read($"optionsdx_btc_eod_{month}.txt.gz").Select(r => r[0]).ToArray();
                var (atm, riskReversal) = Compare($"{month} BTC, level from {name}", source, Btc, real);
                atm.ShouldBeLessThan(mostAtm);
                riskReversal.ShouldBeLessThan(0.07);
            }
        }
    }

    [Fact]
    public void Make_DaysOf2026_GivenTheLevelOfTheDayBefore_AreNearThem()
    {
        // No index and no prices of 2026 are in the folder: both are taken from the last board of every day, so this is a test of term structure and smile, and of a level one day old.
        var real = Read("deribit_chain_2025-12.csv.gz").Concat(Read("deribit_chain_2026-01.csv.gz")).Concat(Read("deribit_chain_2026-02.csv.gz")).ToArray();
        foreach (var coin in new[] { Btc, Eth })
        {
            var surfaces = real.Select(r => r.FirstOrDefault(s => s.Underlying.Base == coin)).OfType<VolSurface>().ToArray();
            var last = surfaces.GroupBy(s => DateOnly.FromDateTime(s.At.UtcDateTime)).Select(g => (g.Key, Surface: g.Last())).ToArray();
            var history = new FactorHistory(
            [
                new HistorySeries(coin, HistoryField.Close, "boards", last.ToImmutableSortedDictionary(l => l.Key, l => l.Surface.Slices[0].Forward)),
                new HistorySeries(coin, HistoryField.AtmVol, "boards", last.ToImmutableSortedDictionary(l => l.Key, l => l.Surface.Vol(0, 30.0 / 365) / ModelledBoardParameters.Default.AtmShareOfIndex)),
            ]);
            foreach (var month in new[] { 1, 2 })
            {
                // The first board of each day is the nearest to the close before it.
                var first = surfaces.Where(s => s.At.Month == month && s.At.Year == 2026).GroupBy(s => s.At.UtcDateTime.Date).Select(g => g.First()).ToArray();
                var (atm, riskReversal) = Compare($"2026-{month:00} {coin}, level of the day before", history, coin, first);
                atm.ShouldBeLessThan(0.06);
                riskReversal.ShouldBeLessThan(0.06);
            }
        }
    }

    /// <returns>medians of |modelled / real ATM vol - 1| and of the difference of 25-delta risk reversals over ATM vol, 2 to 300 days</returns>
    private (double Atm, double RiskReversal) Compare(string what, FactorHistory history, Asset coin, IReadOnlyList<VolSurface> real)
    {
        var p = ModelledBoardParameters.Default with { LeastReturns = 20 };
        var levels = new ModelledLevels(coin, history, p);
        var byDay = real.ToLookup(s => DateOnly.FromDateTime(s.At.UtcDateTime));
        List<double> atm = [], signed = [], riskReversal = [], realReversal = [];
        for (var day = levels.First!.Value; day <= byDay.Max(d => d.Key); day = day.AddDays(1))
        {
            var level = levels.Next(day);
            foreach (var surface in byDay[day].Where(_ => level is not null))
            {
                VolSlice[] slices = [.. surface.Slices.Where(s => s.Years is > 2.0 / 365 and < 300.0 / 365)];
                var modelled = ModelledSmiles.Of(level!.Value, [.. slices.Select(s => s.Years)], p);
                for (var i = 0; i < slices.Length; i++)
                {
                    var model = new VolSlice(slices[i].Expiry, slices[i].Years, slices[i].Forward, modelled[i].ToRaw());
                    atm.Add(Math.Abs((model.Vol(0) / slices[i].Vol(0)) - 1));
                    signed.Add((model.Vol(0) / slices[i].Vol(0)) - 1);
                    riskReversal.Add(Math.Abs(RiskReversal(model) - RiskReversal(slices[i])));
                    realReversal.Add(RiskReversal(slices[i]));
                }
            }
        }

        output.WriteLine($"{what}: {atm.Count} slices; ATM vol off by {Median(atm):P1} in the median ({Median(signed):+0.0 %;-0.0 %} signed), 90 % within {Quantile(atm, 0.9):P1}; risk reversal / ATM off by {Median(riskReversal):F3} (real {Median(realReversal):F3}), 90 % within {Quantile(riskReversal, 0.9):F3}");
        atm.Count.ShouldBeGreaterThan(20);
        return (Median(atm), Median(riskReversal));
    }

    /// <summary>Vol of the 25-delta call less that of the 25-delta put, over ATM vol.</summary>
    private static double RiskReversal(VolSlice slice)
    {
        double AtDelta(double target)
        {
            var (low, high) = (-3.0, 3.0);
            for (var i = 0; i < 60; i++)
            {
                var k = 0.5 * (low + high);
                var deviation = Math.Sqrt(slice.Smile.TotalVariance(k));
                (low, high) = NormalDistribution.Cdf((-k / deviation) + (deviation / 2)) > target ? (k, high) : (low, k);
            }

            return slice.Vol(low);
        }

        return (AtDelta(0.25) - AtDelta(0.75)) / slice.Vol(0);
    }

    /// <returns>[board] its surfaces that are whole</returns>
    private static VolSurface[][] Read(string file) =>
    [
        .. MarketFile.ReadSnapshots(RepositoryPaths.RequireShared("data", "options", file))
            .Select(s => s.Boards.Select(b => SurfaceFitter.Fit(b, s.ObservedAt, SurfaceParameters.Default)).Where(f => f.Degraded.IsEmpty).Select(f => f.Surface).OfType<VolSurface>().ToArray())
            .Where(s => s.Length > 0),
    ];

    private static FactorHistory History() =>
        new(HistoryReader.ReadFolder(RepositoryPaths.RequireShared("data", "prices")).Series.AddRange(HistoryReader.ReadFolder(RepositoryPaths.RequireShared("data", "vol")).Series));

    private static double Median(List<double> values) => Quantile(values, 0.5);

    private static double Quantile(List<double> values, double share) => values.Order().ElementAt((int)(share * (values.Count - 1)));

    private static DateOnly Day(string text) => DateOnly.Parse(text);
}

using System.Collections.Immutable;
using System.Text;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers.Histories;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Scenarios.Historical;
using Pms.Testing;

namespace Pms.Scenarios.Tests;

public sealed class HistoricalSimulationTests(ITestOutputHelper output)
{
    private const double Day = 1 / 365.0;
    private static readonly Asset Btc = new("BTC");
    private static readonly Asset Eth = new("ETH");
    private static readonly Asset Sol = new("SOL");
    private static readonly Asset Usdc = new("USDC");
    private static readonly Asset Beth = new("BETH");
    private static readonly DateOnly Start = new(2024, 1, 1);

    [Fact]
    public void Make_OneCoin_IsTheFilterAppliedByDate()
    {
        var returns = Returns(400, 1);
        var (batch, summary) = HistoricalSimulation.Make(
            new RiskFactors([Btc], []), HistoricalParameters.Default with { StressedWeight = 0 }, History((Btc, HistoryField.Close, returns)), Day);
        var expected = EwmaVolatility.Of(returns, 0.94);
        batch.Columns.Count.ShouldBe(400);
        batch.Columns.SpotLogReturn(0)[17].ShouldBe(returns[17] * expected.Next / expected.Sigma[17], 1e-12);
        batch.Labels[0].ShouldBe("2024-01-02; BTC vol by return");
        batch.Weights.ShouldAllBe(w => Math.Abs(w - (1 / 400.0)) < 1e-15);
        summary.Coins[0].Sigma.ShouldBe(expected.Next, 1e-12);
        summary.LastDate.ShouldBe(Start.AddDays(400));
        // Without a vol history the vol follows the return by the stated rule.
        var r = batch.Columns.SpotLogReturn(0).ToArray();
        var rule = (-0.34 * r[5]) + (0.59 * (Math.Abs(r[5]) - r.Average(Math.Abs)));
        batch.Columns.VolLogChange(0, 2)[5].ShouldBe(rule, 1e-12);
        batch.Columns.VolLogChange(0, 0)[5].ShouldBe(rule * Math.Pow(30, 0.30), 1e-12);
        batch.Columns.SkewChange(0)[5].ShouldBe(Math.Clamp(0.10 * r[5], -0.05, 0.05), 1e-15);
    }

    /// <summary>Method: values of the board's own day and later are not known at its time; leaving them out is the same as never having had them.</summary>
    [Fact]
    public void Before_BoardInsideTheHistory_IsTheShorterHistoryAndCountsTheRest()
    {
        var returns = Returns(400, 1);
        var all = History((Btc, HistoryField.Close, returns), (Eth, HistoryField.Close, Returns(400, 2)));
        // The history has 401 closes a coin from Start on; a board at noon of day 300 knows those of days 0 to 299.
        var known = all.Before(new DateTimeOffset(Start.AddDays(300).ToDateTime(new TimeOnly(12, 0)), TimeSpan.Zero));
        known.LeftOut.ShouldBe(2 * 101);
        known.Dates(Btc, HistoryField.Close)[^1].ShouldBe(Start.AddDays(299));
        all.LeftOut.ShouldBe(0);
        var (cut, summary) = HistoricalSimulation.Make(new RiskFactors([Btc], []), HistoricalParameters.Default, known, Day);
        var (shorter, _) = HistoricalSimulation.Make(new RiskFactors([Btc], []), HistoricalParameters.Default, History((Btc, HistoryField.Close, returns[..299])), Day);
        cut.Columns.SpotLogReturn(0).ToArray().ShouldBe(shorter.Columns.SpotLogReturn(0).ToArray());
        summary.LastDate.ShouldBe(Start.AddDays(299));
        // At midnight a day has just ended; a moment before it had not.
        var midnight = new DateTimeOffset(Start.AddDays(300).ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        all.Before(midnight).Dates(Btc, HistoryField.Close)[^1].ShouldBe(Start.AddDays(299));
        all.Before(midnight.AddTicks(-1)).Dates(Btc, HistoryField.Close)[^1].ShouldBe(Start.AddDays(298));
        Should.Throw<InvalidInputException>(() => HistoricalSimulation.Make(new RiskFactors([Btc], []), HistoricalParameters.Default, all.Before(DateTimeOffset.UnixEpoch), Day)).Code.ShouldBe("history-missing");
    }

    [Fact]
    public void Make_TwoCoinsVolSkewBasis_OneDateOneScenario()
    {
        var btc = Returns(400, 1);
        var eth = Returns(400, 2);
        var vol = Returns(400, 3);
        var skew = Returns(400, 4).Select(x => 0.1 * x).ToArray();
        var basis = Returns(400, 5).Select(x => 0.2 * x).ToArray();
        var (batch, _) = HistoricalSimulation.Make(
            new RiskFactors([Btc, Eth], []),
            HistoricalParameters.Default with { StressedWeight = 0 },
            History((Btc, HistoryField.Close, btc), (Eth, HistoryField.Close, eth), (Eth, HistoryField.AtmVol, vol), (Eth, HistoryField.Skew, skew), (Eth, HistoryField.Basis, basis)),
            Day);
        foreach (var t in (int[])[0, 123, 399])
        {
            batch.Columns.SpotLogReturn(0)[t].ShouldBe(EwmaVolatility.Of(btc, 0.94).Filter(btc, mostRescaling: 5)[t], 1e-12);
            batch.Columns.SpotLogReturn(1)[t].ShouldBe(EwmaVolatility.Of(eth, 0.94).Filter(eth, mostRescaling: 5)[t], 1e-12);
            batch.Columns.VolLogChange(1, 2)[t].ShouldBe(EwmaVolatility.Of(vol, 0.94).Filter(vol, mostRescaling: 5)[t], 1e-12);
            batch.Columns.SkewChange(1)[t].ShouldBe(EwmaVolatility.Of(skew, 0.94).Filter(skew, mostRescaling: 5)[t], 1e-12);
            batch.Columns.BasisChange(1)[t].ShouldBe(EwmaVolatility.Of(basis, 0.94).Filter(basis, mostRescaling: 5)[t], 1e-12);
            batch.Labels[t].ShouldBe($"{Start.AddDays(t + 1):yyyy-MM-dd}; BTC vol by return");
        }
    }

    [Fact]
    public void Make_StressedPeriod_IsKeptAsItWasWithItsWeight()
    {
        var returns = Returns(600, 1);
        for (var t = 200; t < 230; t++)
        {
            returns[t] *= 6;
        }

        var p = HistoricalParameters.Default with { StressedWeight = 0.25, StressedDays = 30 };
        var (batch, summary) = HistoricalSimulation.Make(new RiskFactors([Btc], []), p, History((Btc, HistoryField.Close, returns)), Day);
        summary.StressedFrom.ShouldBe(Start.AddDays(201));
        summary.StressedTo.ShouldBe(Start.AddDays(230));
        batch.Columns.Count.ShouldBe(630);
        batch.Weights.Sum().ShouldBe(1, 1e-12);
        batch.Weights[600..].Sum().ShouldBe(0.25, 1e-12);
        batch.Labels[600].ShouldBe($"{Start.AddDays(201):yyyy-MM-dd} stressed; BTC vol by return");
        for (var s = 0; s < 30; s++)
        {
            batch.Columns.SpotLogReturn(0)[600 + s].ShouldBe(returns[200 + s], 1e-12);
        }

        var explicitPeriod = p with { StressedFrom = Start.AddDays(10), StressedTo = Start.AddDays(19) };
        HistoricalSimulation.Make(new RiskFactors([Btc], []), explicitPeriod, History((Btc, HistoryField.Close, returns)), Day).Summary.StressedDates.ShouldBe(10);
        var outside = p with { StressedFrom = new DateOnly(2019, 1, 1), StressedTo = new DateOnly(2019, 2, 1) };
        Should.Throw<InvalidInputException>(() => HistoricalSimulation.Make(new RiskFactors([Btc], []), outside, History((Btc, HistoryField.Close, returns)), Day)).Code.ShouldBe("stressed-period");
    }

    [Fact]
    public void Make_ShortHistory_IsProxiedByBetaOrRefused()
    {
        var btc = Returns(400, 1);
        var sol = btc.TakeLast(100).Select((r, i) => (1.5 * r) + (i % 2 == 0 ? 1e-4 : -1e-4)).ToArray();
        var history = new FactorHistory([
            Series(Btc, HistoryField.Close, Start, btc), Series(Sol, HistoryField.Close, Start.AddDays(300), sol)]);
        var factors = new RiskFactors([Btc, Sol, Eth], []);
        var (batch, summary) = HistoricalSimulation.Make(factors, HistoricalParameters.Default with { StressedWeight = 0 }, history, Day);
        summary.MarketCoin.ShouldBe(Btc);
        summary.Coins[1].Beta!.Value.ShouldBe(1.5, 1e-2);
        summary.Coins[2].Beta.ShouldBe(1.5);
        batch.Columns.SpotLogReturn(1)[7].ShouldBe(summary.Coins[1].Beta!.Value * batch.Columns.SpotLogReturn(0)[7], 1e-12);
        batch.Labels[7].ShouldContain("SOL by beta 1.50");
        batch.Labels[7].ShouldContain("ETH by beta 1.50");
        Should.Throw<InvalidInputException>(() => HistoricalSimulation.Make(factors, HistoricalParameters.Default with { Missing = MissingReturns.Refuse }, history, Day)).Code.ShouldBe("history-short");
        Should.Throw<InvalidInputException>(() => HistoricalSimulation.Make(factors, HistoricalParameters.Default, new FactorHistory([]), Day)).Code.ShouldBe("history-missing");
        Should.Throw<InvalidInputException>(() => HistoricalSimulation.Make(factors, HistoricalParameters.Default with { LeastDates = 500 }, history, Day)).Code.ShouldBe("history-short");
    }

    [Fact]
    public void Make_TwoDayHorizon_StepsDoNotOverlap()
    {
        var returns = Returns(601, 1);
        var (batch, summary) = HistoricalSimulation.Make(
            new RiskFactors([Btc], []), HistoricalParameters.Default with { StressedWeight = 0 }, History((Btc, HistoryField.Close, returns)), 2 * Day);
        summary.StepDays.ShouldBe(2);
        batch.Columns.Count.ShouldBe(300);
        double[] steps = [.. Enumerable.Range(0, 300).Select(i => returns[(2 * i) + 1] + returns[(2 * i) + 2])];
        batch.Columns.SpotLogReturn(0)[299].ShouldBe(EwmaVolatility.Of(steps, 0.94).Filter(steps, mostRescaling: 5)[299], 1e-10);
        var half = HistoricalSimulation.Make(new RiskFactors([Btc], []), HistoricalParameters.Default with { StressedWeight = 0 }, History((Btc, HistoryField.Close, returns)), 0.25 * Day);
        half.Batch.Columns.SpotLogReturn(0)[600].ShouldBe(0.5 * EwmaVolatility.Of(returns, 0.94).Filter(returns, mostRescaling: 5)[600], 1e-12);
    }

    [Fact]
    public void Make_PeggedAssets_MoveAgainstTheirAnchors()
    {
        var btc = Returns(300, 1);
        var staked = btc.Select((r, i) => r + (i == 50 ? -0.04 : 0)).ToArray();
        var usdc = new double[300];
        usdc[60] = -0.05;
        var factors = new RiskFactors([Btc], [new PeggedAsset(Usdc, Asset.Usd), new PeggedAsset(Beth, Btc), new PeggedAsset(new Asset("USDT"), Asset.Usd)]);
        var (batch, summary) = HistoricalSimulation.Make(
            factors,
            HistoricalParameters.Default with { StressedWeight = 0 },
            History((Btc, HistoryField.Close, btc), (Beth, HistoryField.Close, staked), (Usdc, HistoryField.Close, usdc)),
            Day);
        batch.Columns.PegLogChange(0)[60].ShouldBe(-0.05, 1e-12);
        batch.Columns.PegLogChange(1)[50].ShouldBe(-0.04, 1e-12);
        batch.Columns.PegLogChange(1)[51].ShouldBe(0, 1e-12);
        batch.Columns.PegLogChange(2).ToArray().ShouldAllBe(x => x == 0);
        summary.PegsWithoutHistory.ShouldBe([new Asset("USDT")]);
    }

    [Fact]
    public void Make_SourcesOfDifferentLevel_NoChangeAcrossThem()
    {
        var first = Series(Btc, HistoryField.Close, Start, Returns(150, 1));
        var second = Series(Btc, HistoryField.Close, Start.AddDays(151), Returns(150, 2)) with { Source = "other" };
        second = second with { Values = second.Values.ToImmutableSortedDictionary(v => v.Key, v => 1000 * v.Value) };
        var (batch, _) = HistoricalSimulation.Make(new RiskFactors([Btc], []), HistoricalParameters.Default with { StressedWeight = 0 }, new FactorHistory([first, second]), Day);
        batch.Columns.Count.ShouldBe(300);
        batch.Columns.SpotLogReturn(0).ToArray().ShouldAllBe(r => Math.Abs(r) < 1);
    }

    /// <summary>Method: BTC, ETH, SOL, USDC and DVOL of 2017 to 2024. Printed facts: dates, the stressed year, today's volatilities, the worst filtered and stressed days.</summary>
    [Fact]
    public void Make_RecordedHistory_FindsTheCrashOfMarch2020()
    {
        var prices = HistoryReader.ReadFolder(RepositoryPaths.RequireShared("data", "prices"));
        var vols = HistoryReader.ReadFolder(RepositoryPaths.RequireShared("data", "vol"));
        foreach (var file in prices.Files.Concat(vols.Files))
        {
            output.WriteLine($"{file.Source}: {file.Format} {string.Join(" ", file.Assets)} {file.Rows} rows, {file.Days} days {file.FirstDate:yyyy-MM-dd}..{file.LastDate:yyyy-MM-dd}, {file.Gaps.Length} gaps, refused {string.Join(", ", file.Refused.Select(r => $"{r.Key} {r.Value.Count}"))}");
        }

        var history = new FactorHistory(prices.Series.Concat(vols.Series));
        history.Change(Btc, HistoryField.Close, new DateOnly(2020, 3, 11), new DateOnly(2020, 3, 12))!.Value.ShouldBe(Math.Log(1 - 0.395), 2e-3);
        history.Change(Eth, HistoryField.Close, new DateOnly(2021, 5, 18), new DateOnly(2021, 5, 19))!.Value.ShouldBe(Math.Log(1 - 0.276), 2e-3);
        history.Level(Usdc, HistoryField.Close, new DateOnly(2023, 3, 11))!.Value.ShouldBeLessThan(0.98);
        var factors = new RiskFactors([Btc, Eth, Sol], [new PeggedAsset(Usdc, Asset.Usd)]);
        var (batch, summary) = HistoricalSimulation.Make(factors, HistoricalParameters.Default, history, Day);
        output.WriteLine($"{summary.Dates} dates to {summary.LastDate:yyyy-MM-dd}, stressed {summary.StressedFrom:yyyy-MM-dd}..{summary.StressedTo:yyyy-MM-dd}");
        foreach (var coin in summary.Coins)
        {
            output.WriteLine($"{coin.Coin}: {coin.Returns} returns, sigma {coin.Sigma:P2} a day, long run {coin.LongRunSigma:P2}, beta {coin.Beta}, own vol changes {coin.OwnVolChanges}, vol rule {coin.VolPerReturn:F3} {coin.VolPerAbsReturn:F3}");
        }

        foreach (var s in Enumerable.Range(0, batch.Columns.Count).OrderBy(s => batch.Columns.SpotLogReturn(0)[s]).Take(6))
        {
            output.WriteLine($"{batch.Labels[s]}: BTC {batch.Columns.SpotLogReturn(0)[s]:F3} ETH {batch.Columns.SpotLogReturn(1)[s]:F3} vol30 {batch.Columns.VolLogChange(0, 2)[s]:F3}");
        }

        summary.LastDate.ShouldBe(new DateOnly(2024, 12, 31));
        summary.Dates.ShouldBe(2500);
        summary.Coins[0].Beta.ShouldBeNull();
        summary.Coins[1].Beta.ShouldBeNull();
        summary.Coins[2].Beta!.Value.ShouldBeInRange(0.8, 2);
        var chosen = HistoricalParameters.Default with { StressedFrom = new DateOnly(2020, 3, 1), StressedTo = new DateOnly(2020, 3, 31) };
        var march = HistoricalSimulation.Make(factors, chosen, history, Day).Batch;
        var crash = march.Labels.ToList().FindIndex(l => l.StartsWith("2020-03-12 stressed", StringComparison.Ordinal));
        march.Columns.SpotLogReturn(0)[crash].ShouldBe(Math.Log(1 - 0.395), 2e-3);
        march.Columns.SpotLogReturn(1)[crash].ShouldBeLessThan(-0.5);
        foreach (var model in Enum.GetValues<VolatilityModel>())
        {
            var coins = HistoricalSimulation.Make(factors, HistoricalParameters.Default with { Model = model }, history, Day).Summary.Coins;
            output.WriteLine($"{model}: {string.Join(", ", coins.Select(c => $"{c.Coin} sigma {c.Sigma:P2} {c.Garch}"))}");
        }

        summary.Coins[0].OwnVolChanges.ShouldBe(1378);
    }

    [Fact]
    public void Read_Bars_ResampledAtTheHourWithGapsAndBadRows()
    {
        var text = new StringBuilder("time,open,high,low,close,volume\n");
        var at = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
        for (var i = 0; i < 24 * 6; i++, at = at.AddHours(1))
        {
            if (i is >= 70 and < 100)
            {
                continue;
            }

            var close = i == 30 ? "2000" : $"{100 + i}";
            text.Append($"{at.ToIso()},100,5000,1,{close},1\n");
        }

        text.Append("2024-01-07T00:00:00Z,1,1,1,0,0\n2024-01-07T01:00:00Z,1,1,1,x,0\n2024-01-07T01:00:00Z,300,310,290,500,0\n2024-01-02T00:00:00Z,1,1,1,1,1\nshort\n");
        var (series, report) = HistoryReader.Read(Bytes(text.ToString()), "prices/binance_spot_BTCUSDT_1h.csv");
        report.Format.ShouldBe("bars");
        report.Assets.ShouldBe([Btc]);
        report.Refused.Select(r => (r.Key, r.Value.Count)).ShouldBe([("bad-tick", 1L), ("bar-inconsistent", 1L), ("csv-columns", 1L), ("number-format", 1L), ("price-range", 1L), ("time-order", 1L)]);
        series.Single().Values.Select(v => (v.Key.Day, v.Value)).ShouldBe([(1, 123.0), (2, 147.0), (3, 169.0), (5, 219.0), (6, 243.0)]);
        report.Gaps.ShouldBe([new HistoryGap(new DateOnly(2024, 1, 4), new DateOnly(2024, 1, 4))]);

        // At 08:00 the value of a day is the close of the bar from 07:00.
        var (at8, _) = HistoryReader.Read(Bytes(text.ToString()), "prices/binance_spot_BTCUSDT_1h.csv", hourUtc: 8);
        at8.Single().Values.First().ShouldBe(new KeyValuePair<DateOnly, double>(new DateOnly(2024, 1, 1), 107));
    }

    [Fact]
    public void Read_JointFile_EveryColumn()
    {
        const string text = "date,asset,close,atmVol,skew,basis\n2024-01-01,BTC,42000,0.55,-0.05,0.08\n2024-01-02,BTC,43000,0.57,,0.09\n2024-01-02,BTC,43000,0.57,,0.09\n2024-01-02,ETH,-1,,,\n2024-01-03,btc,1,,,\n2024-01-02,SOL,100,55,,\n";
        var (series, report) = HistoryReader.Read(Bytes(text), "joint.csv");
        report.Format.ShouldBe("joint");
        report.Refused.Select(r => (r.Key, r.Value.Count)).ShouldBe([("asset-code", 1L), ("date-twice", 1L), ("value-range", 2L)]);
        series.Select(s => (s.Asset.Code, s.Field, s.Values.Count)).ShouldBe([("BTC", HistoryField.Close, 2), ("BTC", HistoryField.AtmVol, 2), ("BTC", HistoryField.Skew, 1), ("BTC", HistoryField.Basis, 2)]);
    }

    [Fact]
    public void Read_DailyAndVolIndex_OnlyAtTheEndOfTheDay()
    {
        var (vol, _) = HistoryReader.Read(Bytes("date,symbol,open,high,low,close\n2024-01-01,BTC,84,95,80,90\n2024-01-02,BTC,84,95,80,9000\n"), "dvol_btc.csv");
        vol.Single().Values.Single().Value.ShouldBe(0.90, 1e-15);
        var (daily, _) = HistoryReader.Read(Bytes("date,price,volume\n2024-01-01,42000,1\n2024-01-02,43000,1\n"), "yahoo_BTC-USD_daily.csv");
        daily.Single().Values[new DateOnly(2024, 1, 2)].ShouldBe(43000);
        var (_, refused) = HistoryReader.Read(Bytes("date,price,volume\n2024-01-01,42000,1\n"), "yahoo_BTC-USD_daily.csv", hourUtc: 8);
        refused.Refused.Keys.ShouldBe(["resample-hour"]);
        HistoryReader.Read(Bytes("a,b\n1,2\n"), "x.csv").Report.Format.ShouldBe("ignored");
        Should.Throw<InvalidInputException>(() => HistoryReader.Read(Bytes("a,b\n"), "x.csv", 24)).Code.ShouldBe("resample-hour");
    }

    [Theory]
    [InlineData("binance_spot_BTCUSDT_1h_2017-08_2020-12.csv.gz", "BTC")]
    [InlineData("yahoo_BTC-USD_daily_2015_2024.csv.gz", "BTC")]
    [InlineData("usdc_usd_15m_2023-03-09_2023-03-18.csv.gz", "USDC")]
    [InlineData("binance_spot_USDCUSDT_1h.csv", "USDC")]
    [InlineData("btc_perp_1m_2022-01.csv.gz", "BTC")]
    [InlineData("binance_perp_ETHUSDT_1h_2020-03_2024-12.csv.gz", "ETH")]
    [InlineData("notes.csv", null)]
    public void AssetIn_FileName_IsTheCoin(string name, string? code) => HistoryReader.AssetIn(name)?.Code.ShouldBe(code);

    private static MemoryStream Bytes(string text) => new(Encoding.UTF8.GetBytes(text));

    private static double[] Returns(int n, ulong seed)
    {
        var random = new RandomStream(seed);
        return [.. Enumerable.Range(0, n).Select(i => 0.03 * (random.Uniform((ulong)(2 * i)) + random.Uniform((ulong)((2 * i) + 1)) - 1))];
    }

    private static FactorHistory History(params (Asset Asset, HistoryField Field, double[] Changes)[] series) => new(series.Select(s => Series(s.Asset, s.Field, Start, s.Changes)));

    private static HistorySeries Series(Asset asset, HistoryField field, DateOnly start, double[] changes)
    {
        var values = ImmutableSortedDictionary.CreateBuilder<DateOnly, double>();
        var isLog = field is HistoryField.Close or HistoryField.AtmVol;
        var value = isLog ? 1.0 : 0.0;
        values[start] = value;
        for (var i = 0; i < changes.Length; i++)
        {
            value = isLog ? value * Math.Exp(changes[i]) : value + changes[i];
            values[start.AddDays(i + 1)] = value;
        }

        return new HistorySeries(asset, field, "test", values.ToImmutable());
    }
}

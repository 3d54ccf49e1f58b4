using System.Collections.Immutable;
using System.Numerics;
using System.Text.Json;
using Pms.Liquidation.Gas;
using Pms.Primitives;
using Pms.Testing;

namespace Pms.Liquidation.Tests.Gas;

/// <summary>The fee rule against the specification's own examples, the forecast by simulation, bids by second writings.</summary>
public sealed class GasTests(ITestOutputHelper output)
{
    private static readonly BigInteger Gwei = 1_000_000_000;

    [Theory]
    [InlineData(1_000_000_000, 10_000_000, 20_000_000, 1_000_000_000)]
    [InlineData(1_000_000_000, 9_000_000, 20_000_000, 987_500_000)]
    [InlineData(1_000_000_000, 11_000_000, 20_000_000, 1_012_500_000)]
    [InlineData(1_000_000_000, 20_000_000, 20_000_000, 1_125_000_000)]
    [InlineData(1_000_000_000, 0, 20_000_000, 875_000_000)]
    [InlineData(7, 20_000_000, 20_000_000, 8)] // at least 1 up
    [InlineData(7, 10_000_001, 20_000_000, 8)]
    [InlineData(7, 0, 20_000_000, 7)] // 7 / 8 is nothing
    [InlineData(0, 20_000_000, 20_000_000, 1)]
    public void Next_OfTheSpecification_IsExact(long fee, ulong used, ulong limit, long next) => BaseFeeRule.Next(fee, used, limit).ShouldBe(next);

    /// <summary>Share of outcomes at or below the forecast's quantile, over simulated markets of three kinds.</summary>
    [Theory]
    [InlineData("calm")]
    [InlineData("bursty")]
    [InlineData("mints")]
    public void Quantile_OverSimulatedMarkets_CoversItsProbability(string kind)
    {
        const int Markets = 400;
        const int History = 600;
        int[] horizons = [2, 5, 12, 25, 50];
        var below99 = new int[horizons.Length];
        var below50 = new int[horizons.Length];
        for (var m = 0; m < Markets; m++)
        {
            var fees = DemandProcess.Named(kind).Fees(History + 60, (ulong)m);
            var forecast = BaseFeeForecast.From(new FeeHistory(fees[..History], [], []), 50, seed: (ulong)m, paths: 1_000);
            for (var h = 0; h < horizons.Length; h++)
            {
                var came = fees[History - 1 + horizons[h] - 1];
                below99[h] += came <= forecast.Quantile(horizons[h], 0.99) ? 1 : 0;
                below50[h] += came <= forecast.Quantile(horizons[h], 0.5) ? 1 : 0;
            }
        }

        output.WriteLine($"{kind}: q99 {string.Join(" ", below99.Select(n => $"{100.0 * n / Markets:F1}"))}, q50 {string.Join(" ", below50.Select(n => $"{100.0 * n / Markets:F1}"))} % at {string.Join(", ", horizons)} blocks");
        (below99.Sum() / (double)(Markets * horizons.Length)).ShouldBeInRange(0.98, 1);
    }

    [Fact]
    public void Forecast_OfTheNextBlock_IsKnownAndEqualSeedsGiveEqualPaths()
    {
        var history = new FeeHistory(DemandProcess.Bursty.Fees(200, 5), [], []);
        var forecast = BaseFeeForecast.From(history, 20, 1);
        forecast.Quantile(1, 0.01).ShouldBe(history.NextWei);
        forecast.Quantile(1, 0.99).ShouldBe(history.NextWei);
        forecast.Quantiles(0.99).ShouldBe(BaseFeeForecast.From(history, 20, 1).Quantiles(0.99));
        forecast.Quantiles(0.99).ShouldNotBe(BaseFeeForecast.From(history, 20, 2).Quantiles(0.99));
        for (var h = 1; h <= 20; h++)
        {
            forecast.Quantile(h, 1).ShouldBeLessThanOrEqualTo(BaseFeeRule.Highest(history.NextWei, h - 1));
            forecast.Quantile(h, 0.5).ShouldBeLessThanOrEqualTo(forecast.Quantile(h, 0.99));
            forecast.ProbabilityAtMost(h, forecast.Quantile(h, 0.9)).ShouldBeGreaterThanOrEqualTo(0.9);
        }
    }

    [Fact]
    public void Forecast_OfAConstantFee_StaysThere()
    {
        var forecast = BaseFeeForecast.From(new FeeHistory([.. Enumerable.Repeat(Gwei, 100)], [], []), 30, 1);
        forecast.Quantile(30, 0.5).ShouldBe(Gwei);
        forecast.Momentum.ShouldBe(0);
    }

    [Fact]
    public void Parse_OfANodesAnswer_ReadsFeesAndTips()
    {
        var history = FeeHistory.Parse(JsonSerializer.Deserialize<JsonElement>("""{"jsonrpc":"2.0","result":{"oldestBlock":"0x1","baseFeePerGas":["0x3b9aca00","0x430e2340","0x430e2340"],"gasUsedRatio":[1,0.5],"reward":[["0x1","0x5"],["0x0","0x9"]],"rewardPercentiles":[10,50]}}"""));
        history.NextWei.ShouldBe(1_125_000_000);
        (history.FullnessOf(0), history.FullnessOf(1)).ShouldBe((1, 0.5));
        history.TipsWei[1][1].ShouldBe(9);
        foreach (var bad in new[] { "[]", "{}", """{"baseFeePerGas":["0x1","0x1","x"]}""", """{"baseFeePerGas":["100","100","120"]}""", """{"baseFeePerGas":["100","100","0"]}""", """{"baseFeePerGas":["8","8","8"],"reward":[["1"]]}""" })
        {
            Should.Throw<InvalidInputException>(() => FeeHistory.Parse(JsonSerializer.Deserialize<JsonElement>(bad))).Code.ShouldBe("gas-history", bad);
        }
    }

    [Fact]
    public void NewestPart_AfterABreak_IsWhatFollowsTheRule()
    {
        var history = new FeeHistory([100, 100, 500, 500, 520], [10], [[1], [2], [3], [4]]);
        Should.Throw<InvalidInputException>(history.Validate).Code.ShouldBe("gas-history");
        var part = history.NewestPart();
        part.BaseFeesWei.ShouldBe([500, 500, 520]);
        part.TipsWei.Select(t => t[0]).ShouldBe([3, 4]);
        part.Validate();
    }

    [Fact]
    public void Inclusion_ByPastBlocks_RisesWithTheTip()
    {
        // 10 blocks: 4 full ones that took nothing below 2, 3, 4 and 50 gwei, 6 with room
        var fees = new List<BigInteger> { 8 * Gwei };
        var tips = ImmutableArray.CreateBuilder<ImmutableArray<BigInteger>>();
        foreach (var gwei in new[] { 2, 0, 3, 0, 4, 0, 50, 0, 0, 0 })
        {
            fees.Add(gwei > 0 ? BaseFeeRule.Next(fees[^1], 30, 30) : fees[^1]);
            tips.Add([gwei > 0 ? gwei * Gwei : Gwei / 100]);
        }

        var model = new InclusionModel(new FeeHistory([.. fees], [10], tips.ToImmutable()), leastTipWei: Gwei / 10);
        model.Probability(Gwei / 20).ShouldBe(0.5 / 11);
        model.Probability(Gwei).ShouldBe(6.5 / 11);
        model.Probability(3 * Gwei).ShouldBe(8.5 / 11);
        model.Probability(100 * Gwei).ShouldBe(10.5 / 11);
        model.TipFor(0.55).ShouldBe(Gwei / 10);
        model.TipFor(0.75).ShouldBe(3 * Gwei);
        model.TipFor(0.99).ShouldBe(50 * Gwei);
        model.ProbabilityWithin(Gwei, 2).ShouldBe(1 - (4.5 / 11 * 4.5 / 11), 1e-15);
        Should.Throw<InvalidInputException>(() => new InclusionModel(new FeeHistory([.. fees], [], []), 1)).Code.ShouldBe("gas-history");
    }

    [Fact]
    public void SmallestSlice_OfADrawnBid_NetsItsMinimumAndNoLessDoes()
    {
        var found = 0;
        for (ulong i = 0; i < 2_000; i++)
        {
            var draw = new Numerics.RandomStream(9).Derive(i);
            var bid = new BidEconomics { Rate = draw.Uniform(0) * 0.2, SpreadShare = draw.Uniform(1) * 0.05, Impact = draw.Uniform(2) * 1e-3, GasUsd = draw.Uniform(3) * 200 };
            var (minimum, most) = ((draw.Uniform(4) - 0.3) * 50, draw.Uniform(5) * 1e5);
            var best = bid.BestSize(most);
            Enumerable.Range(1, 50).ShouldAllBe(k => bid.NetUsd(most * k / 50) <= bid.NetUsd(best) + 1e-6 || best == 0);
            if (bid.SmallestSlice(minimum, most) is not { } slice)
            {
                (best == 0 || bid.NetUsd(best) < minimum).ShouldBeTrue($"draw {i}");
            }
            else if (slice > 0)
            {
                found++;
                bid.NetUsd(slice).ShouldBeGreaterThanOrEqualTo(minimum);
                bid.NetUsd(slice * (1 - 1e-9)).ShouldBeLessThan(minimum + 1e-6);
            }
        }

        found.ShouldBeGreaterThan(300);
    }

    /// <summary>T34: with gas fifty times dearer, the slice that is worth taking at the 99th percentile still is, and one cent less of size is not.</summary>
    [Fact]
    public void LeastSlice_AtTheForecastsNinetyNinth_IsWorthTaking()
    {
        var forecast = BaseFeeForecast.From(new FeeHistory(DemandProcess.Mints.Fees(400, 2), [], []), 25, 3);
        foreach (var times in new[] { 1, 50 })
        {
            var (fee, tip) = (forecast.Quantile(25, 0.99) * times, 2 * Gwei);
            var least = BidEconomics.LeastSliceUsd(rate: 0.05, gas: 600_000, fee, tip, etherUsd: 3_000, spreadShare: 0.01);
            var bid = new BidEconomics { Rate = 0.05, SpreadShare = 0.01, GasUsd = BidEconomics.GasCostUsd(600_000, fee + tip, 3_000) };
            bid.NetUsd(least).ShouldBe(0, 1e-6);
            bid.NetUsd(least + 1).ShouldBeGreaterThan(0);
            var largest = bid.LargestTipWei(2 * least, 0, 600_000, fee, 3_000);
            (largest > tip).ShouldBeTrue();
            (bid with { GasUsd = BidEconomics.GasCostUsd(600_000, fee + largest, 3_000) }).NetUsd(2 * least).ShouldBeInRange(-1e-6, 0.01);
            BidEconomics.StartTipUsd(250_000, fee, tip, 3_000).ShouldBeInRange(BidEconomics.GasCostUsd(250_000, fee + tip, 3_000), BidEconomics.GasCostUsd(250_000, fee + tip, 3_000) + 0.01);
        }
    }

    [Fact]
    public void Decide_AsATransactionWaits_BumpsUntilItIsNotWorthIt()
    {
        var policy = ReplacementPolicy.Default;
        var pending = new FeeOffer(100, 10);
        policy.Bumped(pending).ShouldBe(new FeeOffer(113, 12));
        ReplacementDecision Decide(int waited = 2, int bumps = 0, long largest = 1_000, bool wanted = true, double loss = 0, FeeOffer? offer = null) =>
            policy.Decide(pending, waited, bumps, offer ?? new FeeOffer(90, 30), largest, wanted, loss, 3_000);
        Decide(waited: 1).Step.ShouldBe(ReplacementStep.Wait);
        (Decide().Step, Decide().Offer).ShouldBe((ReplacementStep.Replace, new FeeOffer(113, 30)));
        Decide(bumps: 6).Step.ShouldBe(ReplacementStep.Leave);
        Decide(largest: 112).Step.ShouldBe(ReplacementStep.Leave);
        Decide(largest: 99, loss: 5).Step.ShouldBe(ReplacementStep.Cancel);
        Decide(wanted: false, loss: 5).Offer.ShouldBe(new FeeOffer(113, 12));
        Decide(wanted: false).Step.ShouldBe(ReplacementStep.Leave);
        Decide(offer: new FeeOffer(policy.MostFeeWei + 1, 1), largest: long.MaxValue).Step.ShouldBe(ReplacementStep.Leave);
        Should.Throw<InvalidInputException>((policy with { BumpPerMille = 99 }).Validate).Code.ShouldBe("gas-policy");
    }

    /// <summary>Recorded histories, where a folder of them is there: the quantile covers, walking forward.</summary>
    [Fact]
    public void Quantile_OnRecordedHistories_Covers()
    {
        var folder = RepositoryPaths.Shared is { } shared ? Path.Combine(shared, "data", "gas") : "";
        Assert.SkipUnless(Directory.Exists(folder), "skipped: there are no recorded fee histories");
        foreach (var file in Directory.EnumerateFiles(folder, "*.json"))
        {
            var fees = FeeHistory.Parse(JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(file))).BaseFeesWei;
            var (seen, below) = (0, 0);
            for (var at = 300; at + 25 < fees.Length; at += 25)
            {
                var forecast = BaseFeeForecast.From(new FeeHistory(fees[(at - 300)..at], [], []), 25, 1, 500);
                seen++;
                below += fees[at - 1 + 24] <= forecast.Quantile(25, 0.99) ? 1 : 0;
            }

            output.WriteLine($"{Path.GetFileName(file)}: {below} of {seen}");
            (below >= seen * 0.95).ShouldBeTrue(file);
        }
    }
}

using Pms.Margin.Venues;
using Pms.Margin.Venues.Deribit;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Margin.Tests.Venues;

public sealed class DeribitTests
{
    private static readonly DeribitParameters Btc = new(VenueParameters.BuiltIn("deribit", "btc"), coinSettled: true);

    [Fact]
    public void Evaluate_ExtendedTable_FutureIsItsEdgeProfit()
    {
        // What the published vectors show: the share range / |move|, in coin at the edge price, gives a future its profit at the edge.
        var m = DeribitRiskMatrix.Evaluate(new DeribitPositions(true, 60_000, [new DeribitFuture(2, 0, 60_000)], []), Btc);
        m.Extended.Length.ShouldBe(8);
        m.Extended[0].ShouldBe(2 * (1 - (1 / 0.84)), 1e-15);
        m.Extended[1].ShouldBe(2 * (1 - (1 / 0.84)), 1e-15);
        m.Extended.Skip(2).ShouldAllBe(x => Math.Abs(x - (2 * (1 - (1 / 1.16)))) < 1e-14);
        m.WorstIsExtended.ShouldBeFalse();
    }

    [Fact]
    public void Evaluate_ExtendedTable_OptionByHand()
    {
        // Short 100 linear calls struck 3x: nothing in the standard table, 2 in 6 of spot at +500 %; a share 0.16 / 5 of it, less the dampener.
        var linear = new DeribitParameters(VenueParameters.BuiltIn("deribit", "btc"), coinSettled: false) with { MinVolUp = 0 };
        var option = new DeribitOption(OptionType.Call, 180_000, 1.0 / 365, 0.01, 60_000, -100);
        var m = DeribitRiskMatrix.Evaluate(new DeribitPositions(false, 60_000, [], [option]), linear with { VolUp = 0 });
        m.Standard.ShouldAllBe(x => Math.Abs(x) < 1e-9);
        var loss = 100 * (360_000 - 180_000.0) * 0.16 / 5;
        m.Extended[^1].ShouldBe(-loss, 1e-6);
        var dampener = ((5 / 0.16) - 1) * 25_000;
        m.AggregatedExtended[^1].ShouldBe(-Math.Max(0, loss - dampener), 1e-6);
        // ten times the book outgrows the dampener
        var tenfold = DeribitRiskMatrix.Evaluate(new DeribitPositions(false, 60_000, [], [option with { Size = -10_000 }]), linear with { VolUp = 0 });
        tenfold.WorstIsExtended.ShouldBeTrue();
        tenfold.WorstMove.ShouldBe(5);
        tenfold.WorstCase.ShouldBe((100 * loss) - dampener, 1e-3);
    }

    [Theory]
    [InlineData(0.6, 20e6, 0.6)]
    [InlineData(0.6, 3_000, 0.05)]
    [InlineData(0, 20e6, 0)]
    public void Evaluate_Profits_AreOffsetAndCapped(double offset, double capUsd, double counted)
    {
        // one coin short, 60,000 USD: a fall of 50 % is worth one coin
        var p = Btc with { PriceRange = 0.5, BucketsPerSide = 1, PnlOffset = offset, MaxOffsetablePnlUsd = capUsd };
        var m = DeribitRiskMatrix.Evaluate(new DeribitPositions(true, 60_000, [new DeribitFuture(-1, 0, 60_000)], []), p);
        m.Standard[0].ShouldBe(1, 1e-15);
        m.AggregatedStandard[0].ShouldBe(counted, 1e-15);
        m.AggregatedStandard[^1].ShouldBe(m.Standard[^1]);
    }

    [Fact]
    public void Evaluate_RollShock_NetsWithinAnExpiryOnly()
    {
        DeribitMargin Of(params DeribitFuture[] futures) => DeribitRiskMatrix.Evaluate(new DeribitPositions(true, 60_000, [.. futures], []), Btc);
        Of(new DeribitFuture(1, 0.5, 61_000), new DeribitFuture(-1, 0.5, 61_000)).RollShock.ShouldBe(0);
        // half a year at 7.5 % a year against the floor of 1 %
        var apart = Of(new DeribitFuture(1, 0.5, 61_000), new DeribitFuture(-1, 0, 60_000));
        apart.RollShock.ShouldBe(Math.Exp(0.075 * 0.5) - 1 + 0.01, 1e-14);
        apart.WorstCase.ShouldBe(0, 1e-15);
    }

    [Fact]
    public void Evaluate_ParityBook_HasNoScenarioLoss()
    {
        // Long call, short put, short future of one strike in USD terms: worth the same in every scenario.
        var linear = new DeribitParameters(VenueParameters.BuiltIn("deribit", "btc"), coinSettled: false);
        var m = DeribitRiskMatrix.Evaluate(
            new DeribitPositions(
                false,
                60_000,
                [new DeribitFuture(-1, 0.1, 60_500)],
                [new DeribitOption(OptionType.Call, 62_000, 0.1, 0.6, 60_500, 1), new DeribitOption(OptionType.Put, 62_000, 0.1, 0.6, 60_500, -1)]),
            linear);
        m.WorstCase.ShouldBe(0, 1e-8);
        m.RollShock.ShouldBe(0, 1e-8);
    }

    [Fact]
    public void Evaluate_DollarBoundsWithoutIndex_Refuses()
    {
        Should.Throw<InvalidInputException>(() => DeribitRiskMatrix.Evaluate(new DeribitPositions(true, null, [new DeribitFuture(1, 0, 1)], []), Btc)).Code.ShouldBe("index-missing");
    }

    [Fact]
    public void Case_NamedInstruments_UseTickerAndTime()
    {
        var named = VenueCaseFixture.Run("deribit", """
            {"settlement":"BTC (inverse)","timestamp":1718619740501,"index_price":65666.19,
             "positions":{"BTC-28JUN24-70000-C":-2,"BTC-28JUN24":1},
             "ticker":{"BTC-28JUN24-70000-C":{"mark_iv":55.5,"underlying_price":65900},"BTC-28JUN24":{"mark_price":65900}}}
            """);
        var years = (new DateTimeOffset(2024, 6, 28, 8, 0, 0, TimeSpan.Zero) - DateTimeOffset.FromUnixTimeMilliseconds(1718619740501)).TotalDays / 365;
        var plain = VenueCaseFixture.Run("deribit", $$"""
            {"settlement":"BTC","index_price":65666.19,
             "options":[{"strike":70000,"call":true,"iv":0.555,"years":{{years:R}},"forward":65900,"qty":-2}],"futures":[{"qty":1,"years":{{years:R}},"price":65900}]}
            """);
        named.Number("initial_margin").ShouldBe(plain.Number("initial_margin"), 1e-9);
        named.List("pre_aggregated").Length.ShouldBe(27);
        named["worst_vol"]!.ToString().ShouldBe("up");
    }

    [Fact]
    public void Case_WithoutIndex_SaysWhatItLeavesOut()
    {
        var m = VenueCaseFixture.Run("deribit", """{"settlement":"ETH (inverse)","positions":{"ETH-PERPETUAL":-1},"max_offsetable_pnl":20000000,"pnl_offset":0.6}""");
        m["not_applied_without_index_price"]!.AsArray().Select(v => v!.ToString()).ShouldBe(["delta_shock", "extended_dampener", "max_offsetable_pnl"]);
        // the extended table of a perpetual is its edge, so the worst case is the same as with an index
        var indexed = VenueCaseFixture.Run("deribit", """{"settlement":"ETH (inverse)","index_price":2500,"positions":{"ETH-PERPETUAL":-1},"max_offsetable_pnl":20000000,"pnl_offset":0.6}""");
        indexed.Number("initial_margin").ShouldBe(m.Number("initial_margin"));
        indexed.ContainsKey("not_applied_without_index_price").ShouldBeFalse();
        // no profit counts, whatever a coin costs
        VenueCaseFixture.Run("deribit", """{"settlement":"BTC","positions":{"BTC-PERPETUAL":-1},"pnl_offset":0.6,"max_offsetable_pnl":0}""").List("aggregated").Max().ShouldBe(0);
    }

    [Fact]
    public void Case_MapsByName_GiveVolForwardAndTime()
    {
        var byName = VenueCaseFixture.Run("deribit", """
            {"settlement":"BTC","index_price":60000,"positions":{"BTC-28JUN24-70000-C":-2,"BTC-28JUN24":1},
             "iv":{"BTC-28JUN24-70000-C":0.55},"forward":{"BTC-28JUN24-70000-C":60500},"dte":{"BTC-28JUN24-70000-C":73,"BTC-28JUN24":73}}
            """);
        var plain = VenueCaseFixture.Run("deribit", """
            {"settlement":"BTC","index_price":60000,"options":[{"strike":70000,"call":true,"iv":0.55,"years":0.2,"forward":60500,"qty":-2}],"futures":[{"qty":1,"years":0.2}]}
            """);
        byName.Number("initial_margin").ShouldBe(plain.Number("initial_margin"), 1e-12);
        byName["provenance"]!.AsObject().ContainsKey("ignored").ShouldBeFalse();
    }

    [Fact]
    public void Case_LinearSettlement_IsInDollars()
    {
        var m = VenueCaseFixture.Run("deribit", """
            {"settlement":"USDC (linear)","index_price":60000,"positions":{"BTC_USDC-PERPETUAL":-2},"price_range":0.1,"pnl_offset":0}
            """);
        m.Number("worst_case").ShouldBe(2 * 60_000 * 0.1, 1e-9);
        m.Number("roll_shock").ShouldBe(2 * 60_000 * 0.01, 1e-9);
        m.Number("initial_margin").ShouldBe(13_200, 1e-9);
    }

    [Fact]
    public void Case_SeveralCurrencies_AddUpInDollars()
    {
        var m = VenueCaseFixture.Run("deribit", """
            {"currencies":{"BTC":{"index_price":60000,"positions":{"BTC-PERPETUAL":1}},"ETH":{"index_price":2500,"positions":{"ETH-PERPETUAL":-10}}}}
            """);
        var btc = m["margins"]!["BTC"]!["initial_margin"]!.GetValue<double>() * 60_000;
        var eth = m["margins"]!["ETH"]!["initial_margin"]!.GetValue<double>() * 2_500;
        m.Number("initial_margin_usd").ShouldBe(btc + eth, 1e-9);
    }

    [Theory]
    [InlineData("""{"iv":0.8,"dte":0}""", "dte-range")]
    [InlineData("""{"settlement":"BTC","positions":{"BTC-26DEC25-1-X":1}}""", "instrument-name")]
    [InlineData("""{"settlement":"BTC","options":[{"strike":1,"call":true,"dte":3,"qty":1}]}""", "missing-field")]
    [InlineData("""{"settlement":"BTC","positions":{"BTC-PERPETUAL":"lots"}}""", "json-shape")]
    [InlineData("""{"settlement":"BTC","price_range":1.5}""", "venue-parameters")]
    public void Case_WrongInput_RefusesByCode(string json, string code)
    {
        Should.Throw<InvalidInputException>(() => VenueCaseFixture.Run("deribit", json)).Code.ShouldBe(code);
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using Pms.Liquidation.Cases;
using Pms.Primitives;

namespace Pms.Liquidation.Tests.Cases;

/// <summary>Cases as JSON: values from outside the project, names that they go by, refusals.</summary>
public sealed class LiquidationCaseTests
{
    [Fact]
    public void Evaluate_PublishedExamples_GiveTheirNumbers()
    {
        var plan = Run("""{"id":"lambda-5e-7","inputs":{"X":1000000.0,"T_days":5,"N":5,"sigma_per_day":0.95,"eta":2.5e-06,"gamma":2.5e-07,"epsilon":0.0625,"risk_aversion":5e-07},"expected":{"kappa":1}}""");
        plan["id"]!.GetValue<string>().ShouldBe("lambda-5e-7");
        Number(plan, "kappa_tilde").ShouldBe(0.43588989435406733, 1e-14);
        Number(plan, "kappa").ShouldBe(0.43251083974518506, 1e-14);
        Number(plan, "half_life_days").ShouldBe(2.312080780655469, 1e-13);
        plan["trajectory"]![2]!.GetValue<double>().ShouldBe(394839.95590760716, 1e-7);
        plan["trades"]![4]!.GetValue<double>().ShouldBe(104012.00071326023, 1e-7);
        Number(plan, "expected_cost").ShouldBe(768132.8121801238, 1e-7);
        Number(plan, "sd").ShouldBe(750597.4765015928, 1e-7);
        Number(Run("""{"inputs":{"Y":1,"sigma_day":0.04,"Q":2000000.0,"ADV":50000000.0},"expected":0.008}"""), "impact").ShouldBe(0.008, 1e-17);
        Number(Run("""{"price":100,"side":1,"equity":30,"size":1,"maint_rate":0.02,"expected":71.4}"""), "liquidation_price").ShouldBe(71.42857142857143, 1e-13);
        Number(Run("""{"price":100,"side":"long","equity":30,"size":1,"max_leverage":25}"""), "liquidation_price").ShouldBe(71.42857142857143, 1e-13);
        Number(Run("""{"incentive":0.07,"expected":{"frontier_ltv":0.9}}"""), "frontier_ltv").ShouldBe(0.9345794392523364, 1e-15);
        var ofi = Run("""{"book":[{"bid":100,"bid_size":10,"ask":101,"ask_size":12},{"bid":100,"bid_size":14,"ask":101,"ask_size":9},{"bid":100.5,"bid_size":6,"ask":101,"ask_size":9}],"depth":10}""");
        (Number(ofi, "OFI"), ofi["e_n"]![0]!.GetValue<double>(), Number(ofi, "price_change")).ShouldBe((13, 7, 0.65));
    }

    [Fact]
    public void Evaluate_DeriveAuction_GivesPriceCapAndFee()
    {
        var a = Run("""{"inputs":{"params":{"start":0.95,"cutoff":0.7,"fast_length":900,"slow_length":43200,"buffer_margin_percentage":0.15,"liquidator_fee_rate":0.1},"MtM":10000,"MM":-2000,"t":450}}""");
        Number(a, "price_factor").ShouldBe(0.825, 1e-15);
        Number(a, "bid_price").ShouldBe(8250, 1e-9);
        Number(a, "buffer_margin").ShouldBe(-3800, 1e-9);
        Number(a, "max_fraction").ShouldBe(3800 / (3800 + 8250.0), 1e-12);
        Number(a, "start_fee").ShouldBe(0.1 * 10000 * 3800 / 13800, 1e-9);
        Number(a, "buffer_margin_after").ShouldBe(0, 1e-9);
        a["phase"]!.GetValue<string>().ShouldBe("fast");
        Number(Run("""{"inputs":{"start_discount":0.05,"cutoff_discount":0.3,"elapsed_seconds":900}}"""), "discount").ShouldBe(0.3, 1e-15);
        Number(Run("""{"inputs":{"mtm":-300,"mm":-1000,"elapsed_s":1800}}"""), "insolvent_payout").ShouldBe(650, 1e-9);
        Run("""{"inputs":{"times":1,"elapsed_seconds":[0,900,44100]}}""", refused: "case-field");
        Run("""{"inputs":{"elapsed_seconds":[0,900,44100],"parameter_set":"second"}}""")["price_factors"]!.AsArray().Count.ShouldBe(3);
    }

    [Fact]
    public void Evaluate_ShareAuction_AnswersInExactWad()
    {
        var a = Run("""{"kind":"share_auction","fast_seconds":100,"slow_seconds":1000,"start_rate":0,"knee_rate":0.1,"end_rate":0.3,"fee":0.01,"elapsed_seconds":50,"equity":"4000","worth":"4200","initial":"5000"}""");
        Number(a, "rate").ShouldBe(0.05);
        a["most_cash_wad"]!.GetValue<string>().ShouldBe("1010101010101010101011");
        a["bonus_wad"]!.GetValue<string>().ShouldBe("50505050505050505050");
        a["equity_after_wad"]!.GetValue<string>().ShouldBe("5000000000000000000000");
    }

    [Theory]
    [InlineData("{}", "case-kind")]
    [InlineData("""{"incentive":0.07,"colour":0.9}""", "case-field")]
    [InlineData("""{"kind":"vogon"}""", "case-kind")]
    [InlineData("""{"kind":"ofi"}""", "cost-input")]
    [InlineData("[]", "json-shape")]
    [InlineData("""{"inputs":[]}""", "json-shape")]
    [InlineData("""{"mtm":1,"colour":2}""", "case-field")]
    [InlineData("""{"mm":-1,"elapsed_seconds":0}""", "missing-field")]
    [InlineData("""{"elapsed_seconds":-1}""", "auction-input")]
    [InlineData("""{"elapsed_seconds":1,"start_factor":1.5}""", "venue-parameters")]
    [InlineData("""{"elapsed_seconds":1,"start_factor":0.5}""", "auction-terms")]
    [InlineData("""{"elapsed_seconds":1,"parameter_set":"no"}""", "venue-parameters")]
    [InlineData("""{"elapsed_seconds":"x"}""", "json-shape")]
    [InlineData("""{"price":1,"size":1,"equity":1,"side":0,"maint_rate":0}""", "auction-input")]
    [InlineData("""{"start_rate":0,"knee_rate":0,"end_rate":0,"fast_seconds":1.5,"slow_seconds":0,"elapsed_seconds":0}""", "auction-input")]
    public void Evaluate_WhatIsNoCase_IsRefused(string text, string code) => Run(text, code);

    [Fact]
    public void Evaluate_UnknownName_NamesWhatIsAllowed() =>
        Should.Throw<InvalidInputException>(() => LiquidationCases.Evaluate(JsonSerializer.Deserialize<JsonElement>("""{"mtm":1,"colour":2}"""))).Message.ShouldContain("reserved");

    private static double Number(JsonObject o, string key) => o[key]?.GetValue<double>() ?? double.NaN;

    private static JsonObject Run(string text, string? refused = null)
    {
        var element = JsonSerializer.Deserialize<JsonElement>(text);
        if (refused is null)
        {
            return LiquidationCases.Evaluate(element);
        }

        Should.Throw<InvalidInputException>(() => LiquidationCases.Evaluate(element)).Code.ShouldBe(refused);
        return [];
    }
}

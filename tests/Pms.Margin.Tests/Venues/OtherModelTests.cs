using System.Text.Json;
using Pms.Margin.Venues;
using Pms.Margin.Venues.Okx;
using Pms.Margin.Venues.Paradex;
using Pms.Margin.Venues.Span;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Testing;

namespace Pms.Margin.Tests.Venues;

/// <summary>SPAN, Paradex, OKX, the first Derive manager, static cases and the parameter files.</summary>
public sealed class OtherModelTests
{
    [Fact]
    public void Span_FutureArray_IsInStandardOrder()
    {
        // price scan range 16 % of 300: 48, thirds of 16; extremes three ranges at 33 %
        var p = new SpanParameters(VenueParameters.BuiltIn("span", "crypto"));
        var array = SpanArray.Of(new SpanContract(null, 0, 0, 0, 300, 1), p);
        double[] expected = [0, 0, 16, 16, -16, -16, 32, 32, -32, -32, 48, 48, -48, -48, 3 * 48 * 0.33, -3 * 48 * 0.33];
        array.Zip(expected).ShouldAllBe(x => Math.Abs(x.First - x.Second) < 1e-12);
    }

    [Fact]
    public void Span_CalendarSpread_PaysTheInterMonthCharge()
    {
        var p = new SpanParameters(VenueParameters.BuiltIn("span", "crypto"));
        var m = SpanArray.Evaluate(300, [new SpanContract(null, 0, 0.1, 0, 300, 2), new SpanContract(null, 0, 0.5, 0, 300, -2)], p);
        m.ScanRisk.ShouldBe(0, 1e-12);
        m.InterMonth.ShouldBe(0.01 * 300 * 2, 1e-12);
        m.Initial.ShouldBe(1.1 * 6, 1e-12);
    }

    [Fact]
    public void Span_FarShortCalls_PayTheMinimum()
    {
        var p = new SpanParameters(VenueParameters.BuiltIn("span", "crypto"));
        var m = SpanArray.Evaluate(300, [new SpanContract(OptionType.Call, 3_000, 0.02, 0.4, 300, -10)], p);
        m.Maintenance.ShouldBe(0.005 * 300 * 10, 1e-12);
    }

    [Fact]
    public void Span_CompositeDelta_AveragesTheScan()
    {
        // at the end of its life a call struck at the money is a step: 1 above, 0 below and on it
        var p = new SpanParameters(VenueParameters.BuiltIn("span", "crypto"));
        SpanArray.CompositeDelta(new SpanContract(OptionType.Call, 300, 0, 0.5, 300, 1), p).ShouldBe((0.217 + 0.110 + 0.037) / 0.998, 1e-12);
    }

    [Theory]
    [InlineData("""{"future_pnl":[1,2]}""", "span-vector")]
    [InlineData("""{"surprise":1}""", "span-vector")]
    [InlineData("""{"future_pnl":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],"positions":{"call":1}}""", "span-vector")]
    [InlineData("""{"spot":0,"options":[]}""", "venue-account")]
    [InlineData("""{"spot":1,"price_scan_range":0.5}""", "venue-parameters")]
    public void Span_WrongCase_RefusesByCode(string json, string code)
    {
        Should.Throw<InvalidInputException>(() => VenueCaseFixture.Run("span", json)).Code.ShouldBe(code);
    }

    [Fact]
    public void Span_PortfolioOfVectors_AddsThem()
    {
        var m = VenueCaseFixture.Run("span", """
            {"future_pnl":[0,0,1,1,-1,-1,2,2,-2,-2,3,3,-3,-3,3,-3],"call_pnl":[1,-1,1,0,0,-1,2,1,0,-1,3,2,0,-1,2,-1],"positions":{"future":-1,"call":2}}
            """);
        // worst: scenario 2, two calls lose 2
        m.Number("scan_risk").ShouldBe(2);
        m["worst_scenario"]!.GetValue<int>().ShouldBe(2);
        m.Number("long_call_scan_risk").ShouldBe(1);
    }

    [Fact]
    public void Paradex_PublishedExample_OfMinimumDelta()
    {
        // docs.paradex.trade: long 1 perpetual, short 5 calls of delta 0.3 at 70,000: net -0.5, hedged 1.0, 1,400 USD.
        // A call of undiscounted delta 0.3: found by its strike.
        var p = new ParadexParameters(VenueParameters.BuiltIn("paradex", "docs"));
        double low = 70_000, high = 200_000;
        for (var i = 0; i < 200; i++)
        {
            var k = (low + high) / 2;
            var delta = Pms.Pricing.Black76.Greeks(new Pms.Pricing.BlackInputs(OptionType.Call, 70_000, k, 30.0 / 365, 0.6)).Delta;
            (low, high) = delta > 0.3 ? (k, high) : (low, k);
        }

        var m = ParadexScan.Evaluate(70_000, [new ParadexFuture(1, 70_000)], [new ParadexOption(OptionType.Call, low, 30.0 / 365, 0.6, 70_000, -5)], 0, p);
        m.NetDelta.ShouldBe(-0.5, 1e-9);
        m.HedgedDelta.ShouldBe(1, 1e-9);
        m.MinimumDelta.ShouldBe(1_400, 1e-5);
    }

    [Fact]
    public void Paradex_NoLoss_HasNoWorstScenario()
    {
        var m = VenueCaseFixture.Run("paradex", """{"spot":100,"perp":0,"options":[]}""");
        m.Number("scan_risk").ShouldBe(0);
        m["worst_scenario"]!.GetValue<int>().ShouldBe(0);
    }

    [Theory]
    [InlineData(100_000, 100_000)]
    [InlineData(300_000, 250_000 + (2 * 50_000))]
    [InlineData(600_000, 250_000 + (2 * 250_000) + (4 * 100_000))]
    public void Okx_MinimumChargeTiers_MultiplyBracketByBracket(double raw, double charged)
    {
        OkxRiskUnit.Tiered(raw, new OkxParameters(VenueParameters.BuiltIn("okx", "btc-eth"))).ShouldBe(charged, 1e-6);
    }

    [Fact]
    public void Okx_LongStraddle_LosesItsDecay()
    {
        // at the money a straddle wins on moves; with vols down 25 % it loses, and a day of decay is less than that
        var p = new OkxParameters(VenueParameters.BuiltIn("okx", "btc-eth"));
        var straddle = new[] { OptionType.Call, OptionType.Put }.Select(t => new OkxOption(t, 100, 30.0 / 365, 0.6, 100, 1));
        var m = OkxRiskUnit.Evaluate([], [.. straddle], p);
        m.SpotShockMove.ShouldBe(0);
        m.Decay.ShouldBeGreaterThan(0);
        m.Decay.ShouldBeLessThan(m.SpotShock);
        m.Initial.ShouldBe(1.3 * m.Maintenance, 1e-12);
    }

    [Fact]
    public void DerivePm1_PerpetualAndBase_ByHand()
    {
        // Short 2, hold 3 coins at 100: net long 1, -20 % loses 20; static charge 100 x (2 x 3 % + 3 x 3 %).
        var m = VenueCaseFixture.Run("derive", """
            {"version":"pm1","spot":100,"perps":-2,"cash":40,"collaterals":[{"asset":"BTC","amount":3,"price":100,"risk_cancelling":true}]}
            """);
        m.Number("worst_scenario_pnl").ShouldBe(-20, 1e-12);
        m.Number("maintenance_margin_balance").ShouldBe(300 + 40 - 20 - 15, 1e-12);
        m.Number("initial_margin_balance").ShouldBe(300 + 40 - (1.25 * 35), 1e-12);
    }

    [Fact]
    public void DerivePm1_LongCall_IsDiscounted()
    {
        var m = VenueCaseFixture.Run("derive", """
            {"version":"pm1","spot":100,"expiries":[{"dte":365,"forward":100}],"options":[{"strike":0,"call":true,"amount":1,"vol":0.5}],"scenarios":[[1,"none",1]],"params":{"basis_add":0,"basis_mult":0}}
            """);
        // the mark is not discounted, the scenario is: 0.95 exp(-0.12)
        m.Number("mark_to_market").ShouldBe(100);
        m.Number("worst_scenario_pnl").ShouldBe((100 * 0.95 * Math.Exp(-0.12)) - 100, 1e-12);
    }

    [Fact]
    public void Static_Cases_ByHand()
    {
        var full = VenueCaseFixture.Run("static", """{"spot":100,"options":[{"strike":120,"call":true,"qty":-2,"value":1},{"strike":80,"call":false,"qty":1,"value":2}],"perp":-0.5}""");
        full.Number("initial_margin").ShouldBe((2 * 99) + 2 + 50);
        var standard = VenueCaseFixture.Run("static", """{"kind":"standard","spot":100,"options":[{"strike":103,"call":true,"qty":-2,"value":1}]}""");
        standard.Number("initial_margin").ShouldBe(2 * 12, 1e-12);
        standard.Number("maintenance_margin").ShouldBe(2 * 7.5, 1e-12);
    }

    [Fact]
    public void Parameters_EverySet_SaysUnitRangeSourceAndDate()
    {
        VenueParameters.BuiltInSets.Count().ShouldBeGreaterThanOrEqualTo(9);
        foreach (var name in VenueParameters.BuiltInSets)
        {
            var dot = name.IndexOf('.', StringComparison.Ordinal);
            var set = VenueParameters.BuiltIn(name[..dot], name[(dot + 1)..]);
            (set.Model, set.Set).ShouldBe((name[..dot], name[(dot + 1)..]));
            set.Source.Length.ShouldBeGreaterThan(20, name);
            set.Date.Length.ShouldBeGreaterThanOrEqualTo(7, name);
            foreach (var key in set.Keys)
            {
                var p = set.Find(key);
                p.Unit.ShouldNotBeNullOrWhiteSpace($"{name} {key}");
                if (p.Value.ValueKind == JsonValueKind.Number)
                {
                    p.Min.ShouldNotBeNull($"{name} {key}");
                    Should.Throw<InvalidInputException>(() => set.With(key, p.Min!.Value - 1)).Code.ShouldBe("venue-parameters");
                }
            }
        }
    }

    [Fact]
    public void Parameters_FilesAndSchema_Agree()
    {
        // The schema is for people and editors; its lists must be those of the code.
        var folder = Path.Combine(RepositoryPaths.Root, "src", "Pms.Margin", "Venues", "Parameters");
        using var schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "venue-parameters.schema.json")));
        var properties = schema.RootElement.GetProperty("properties");
        var models = properties.GetProperty("model").GetProperty("enum").EnumerateArray().Select(m => m.GetString()).ToHashSet();
        var entryKeys = properties.GetProperty("parameters").GetProperty("additionalProperties").GetProperty("properties").EnumerateObject().Select(p => p.Name).ToHashSet();
        foreach (var file in Directory.EnumerateFiles(folder, "*.json").Where(f => !f.EndsWith(".schema.json", StringComparison.Ordinal)))
        {
            using var document = JsonDocument.Parse(File.ReadAllText(file));
            var known = properties.EnumerateObject().Select(p => p.Name).ToHashSet();
            document.RootElement.EnumerateObject().ShouldAllBe(p => known.Contains(p.Name), file);
            models.ShouldContain(document.RootElement.GetProperty("model").GetString());
            document.RootElement.GetProperty("parameters").EnumerateObject().SelectMany(p => p.Value.EnumerateObject()).ShouldAllBe(p => entryKeys.Contains(p.Name), file);
        }
    }

    [Fact]
    public void Parameters_UserFile_KeepsRangesAndRefusesUnknownKeys()
    {
        var basis = VenueParameters.BuiltIn("static", "full");
        VenueParameters Read(string json) => VenueParameters.Read(JsonDocument.Parse(json).RootElement, basis);
        var half = Read("""{"model":"static","set":"half","source":"a test of ours","date":"2026-11-23","parameters":{"call_rate":0.5}}""");
        (half.Number("call_rate"), half.Number("put_rate"), half.Set).ShouldBe((0.5, 1, "half"));
        half.Hash().ShouldNotBe(basis.Hash());
        Should.Throw<InvalidInputException>(() => Read("""{"model":"static","set":"x","source":"s","date":"d","parameters":{"call_rate":99}}""")).Message.ShouldContain("99");
        Should.Throw<InvalidInputException>(() => Read("""{"model":"static","set":"x","source":"s","date":"d","parameters":{"cal_rate":1}}""")).Message.ShouldContain("cal_rate");
        Should.Throw<InvalidInputException>(() => Read("""{"model":"span","set":"x","source":"s","date":"d","parameters":{}}""")).Code.ShouldBe("venue-parameters");
        Should.Throw<InvalidInputException>(() => Read("""[]""")).Code.ShouldBe("venue-parameters");
    }

    [Fact]
    public void Case_UnknownModelOrShape_Refuses()
    {
        Should.Throw<InvalidInputException>(() => VenueCaseFixture.Run("vogon", "{}")).Code.ShouldBe("venue-model");
        Should.Throw<InvalidInputException>(() => VenueCaseFixture.Run("derive", "[]")).Code.ShouldBe("json-shape");
        Should.Throw<InvalidInputException>(() => VenueCaseFixture.Run("derive", """{"id":"x","inputs":3}""")).Code.ShouldBe("json-shape");
    }
}

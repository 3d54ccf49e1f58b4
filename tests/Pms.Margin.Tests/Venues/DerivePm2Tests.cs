using System.Text.Json;
using Pms.Margin.Venues;
using Pms.Margin.Venues.Cases;
using Pms.Margin.Venues.Derive;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Testing;

namespace Pms.Margin.Tests.Venues;

public sealed class DerivePm2Tests
{
    private const double SecondsPerYear = 365 * 86_400.0;
    private static readonly DeriveParameters Second = new(VenueParameters.BuiltIn("derive-pm2", "second"));

    /// <summary>The expected figures come from tools/vectors/derive_pm2_vectors.py, a second writing of the model.</summary>
    [Fact]
    public void Evaluate_SecondWriting_Agrees()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(RepositoryPaths.Root, "testdata", "vectors", "derive-pm2.json")));
        var cases = document.RootElement.GetProperty("cases");
        cases.GetArrayLength().ShouldBeGreaterThan(20);
        foreach (var one in cases.EnumerateArray())
        {
            var inputs = one.GetProperty("inputs");
            var coins = inputs.GetProperty("options").EnumerateArray().Sum(o => Math.Abs(o.GetProperty("amount").GetDouble())) + Math.Abs(inputs.GetProperty("perps").GetDouble());
            var collateral = inputs.GetProperty("collaterals").EnumerateArray().Sum(c => c.GetProperty("amount").GetDouble() * c.GetProperty("price").GetDouble());
            var notional = (inputs.GetProperty("spot").GetDouble() * coins) + collateral;
            VenueCases.Evaluate("derive", one).ShouldHave(one.GetProperty("expected"), 1e-12 * Math.Max(notional, 1));
        }
    }

    [Fact]
    public void Evaluate_PerpetualAlone_ByHand()
    {
        // Short 2 at spot 100: the worst regular move is +18 % (36), the worst tail 500 % x weight 0.012 = 3 x 0.012 x 2 x 100 = 7.2 (x4).
        var m = DerivePm2.Evaluate(new DeriveAccount { Spot = 100, Perps = -2, PerpPrice = 100, Cash = 50, UnrealisedPerpPnl = 7 }, Second);
        m.WorstPnl.ShouldBe(-36, 1e-12);
        m.WorstIndex.ShouldBe(0);
        m.MarkToMarket.ShouldBe(7);
        m.MaintenanceContingency.ShouldBe(2 * 100 * 0.015, 1e-12);
        m.InitialContingency.ShouldBe(2 * 100 * 0.005, 1e-12);
        m.InitialBalance.ShouldBe(57 - 36 - 3 - 1, 1e-12);
        m.MaintenanceBalance.ShouldBe(57 - (0.8 * 36) - 3, 1e-12);
    }

    [Fact]
    public void Evaluate_EmptyAccount_OwesNothing()
    {
        var m = DerivePm2.Evaluate(new DeriveAccount { Spot = 100, Cash = 12.5 }, Second);
        (m.InitialBalance, m.MaintenanceBalance, m.WorstPnl).ShouldBe((12.5, 12.5, 0));
        m.WorstIndex.ShouldBe(Second.Common.Scenarios.Length);
    }

    [Theory]
    // short call and long put of one strike: covered as far as the put goes
    [InlineData(-3, 1, 2)]
    [InlineData(-1, 3, 0)]
    [InlineData(1, -3, 2)]
    // both short: both count
    [InlineData(-1, -2, 3)]
    [InlineData(-1, 0, 1)]
    [InlineData(2, 3, 0)]
    public void NakedShorts_OneStrike_ByHand(double call, double put, double naked)
    {
        var m = DerivePm2.Evaluate(Account(30, Option(100, OptionType.Call, call), Option(100, OptionType.Put, put)), Second);
        m.MaintenanceContingency.ShouldBe(naked * 100 * 0.003, 1e-12);
        m.InitialContingency.ShouldBe(naked * 100 * 0.002, 1e-12);
    }

    [Fact]
    public void NakedShorts_OtherStrikeOrExpiry_DoesNotCover()
    {
        var one = Expiry(30, Option(100, OptionType.Call, -1), Option(110, OptionType.Call, 1));
        var other = Expiry(60, Option(100, OptionType.Put, 1));
        var m = DerivePm2.Evaluate(new DeriveAccount { Spot = 100, Expiries = [one, other] }, Second);
        m.MaintenanceContingency.ShouldBe(0.3, 1e-12);
    }

    [Fact]
    public void Oracle_LowConfidence_ChargesInitialOnly()
    {
        var sure = Account(30, Option(100, OptionType.Call, -2));
        var unsure = sure with { Expiries = [sure.Expiries[0] with { Confidence = 0.4 }] };
        var (a, b) = (DerivePm2.Evaluate(sure, Second), DerivePm2.Evaluate(unsure, Second));
        (a.InitialBalance - b.InitialBalance).ShouldBe(0.6 * 2 * 100, 1e-10);
        b.OracleContingency.ShouldBe(120, 1e-10);
        b.MaintenanceBalance.ShouldBe(a.MaintenanceBalance);
    }

    [Fact]
    public void Oracle_PerpConfidence_CountsOnlyWithAPerp()
    {
        var without = Account(30, Option(100, OptionType.Call, -2)) with { PerpConfidence = 0 };
        DerivePm2.Evaluate(without, Second).OracleContingency.ShouldBe(0);
        // with one it lowers the confidence of the expiries too
        DerivePm2.Evaluate(without with { Perps = 1 }, Second).OracleContingency.ShouldBe((2 + 1) * 100, 1e-10);
    }

    [Fact]
    public void Depeg_BelowThreshold_RaisesInitialFactorOnly()
    {
        var account = Account(30, Option(100, OptionType.Call, -2));
        var m = DerivePm2.Evaluate(account with { StablePrice = 0.93 }, Second);
        m.InitialFactor.ShouldBe(1 + (0.05 * 2), 1e-12);
        m.MaintenanceBalance.ShouldBe(DerivePm2.Evaluate(account, Second).MaintenanceBalance, 1e-12);
        DerivePm2.Evaluate(account with { StablePrice = 0.98 }, Second).InitialFactor.ShouldBe(1);
    }

    [Fact]
    public void Skew_EitherRotation_IsALoss()
    {
        // A risk reversal and its mirror image gain from opposite rotations; both are charged.
        var skewOnly = new DeriveParameters(VenueParameters.BuiltIn("derive-pm2", "second").With(JsonDocument.Parse("""{"scenarios":[[1,"linear",1]],"basis_add":0,"basis_mult":0}""").RootElement, []));
        var reversal = new[] { Option(80, OptionType.Put, -1), Option(120, OptionType.Call, 1) };
        var mirror = reversal.Select(o => o with { Amount = -o.Amount }).ToArray();
        DerivePm2.Evaluate(Account(30, reversal), skewOnly).WorstPnl.ShouldBeLessThan(-0.1);
        DerivePm2.Evaluate(Account(30, mirror), skewOnly).WorstPnl.ShouldBeLessThan(-0.1);
    }

    [Fact]
    public void Settlement_HalfLocked_MovesHalf()
    {
        // In the last half hour the locked part does not move: a call deep in the money gains 18 % of the free part only.
        var upOnly = new DeriveParameters(VenueParameters.BuiltIn("derive-pm2", "second").With(
            JsonDocument.Parse("""{"scenarios":[[0.82,"none",1]],"long_static_discount":1,"long_rate_add":0,"basis_add":0,"basis_mult":0}""").RootElement, []));
        var expiry = new DeriveExpiry(900 / SecondsPerYear, 50, 50, 0, 1, [Option(10, OptionType.Call, 1)]);
        DerivePm2.Evaluate(new DeriveAccount { Spot = 100, Expiries = [expiry] }, upOnly).WorstPnl.ShouldBe(-9, 1e-9);
        // a case that names only the forward splits it by the time left
        VenueCaseFixture.Run("derive", """
            {"spot":100,"expiries":[{"expiry_seconds":900,"forward":100}],"options":[{"strike":10,"call":true,"amount":1,"vol":0.5}],
             "scenarios":[[0.82,"none",1]],"params":{"long_static_discount":1,"long_rate_add":0,"basis_add":0,"basis_mult":0}}
            """).Number("worst_scenario_pnl").ShouldBe(-9, 1e-9);
    }

    [Theory]
    [InlineData(0, "call", 101.5)]
    [InlineData(0, "put", 0.0)]
    [InlineData(90, "call", 101.5)]
    public void MarkValue_Corners_AreTheContracts(double strike, string type, double expected)
    {
        // no strike: a call is the forward; beyond 24 standard deviations too
        var vol = strike == 0 ? 0.5 : 100;
        var expiry = new DeriveExpiry(30.0 / 365, 0, 101.5, 0, 1, [new DeriveOption(type == "call" ? OptionType.Call : OptionType.Put, strike, 1, vol)]);
        DerivePm2.Evaluate(new DeriveAccount { Spot = 100, Expiries = [expiry] }, Second).MarkToMarket.ShouldBe(expected, 1e-12);
    }

    [Fact]
    public void Evaluate_RandomBooks_AreHomogeneousAndOrderFree()
    {
        const int seed = 7;
        var random = new Random(seed);
        for (var n = 0; n < FuzzBudget.Cases(200); n++)
        {
            var options = Enumerable.Range(0, random.Next(1, 7)).Select(_ => new DeriveOption(
                random.Next(2) == 0 ? OptionType.Call : OptionType.Put, 60 + (10 * random.Next(9)), random.Next(-5, 6), 0.2 + random.NextDouble())).Where(o => o.Amount != 0).DistinctBy(o => (o.Strike, o.Type)).ToArray();
            var account = Account(1 + random.Next(200), options) with { Perps = random.Next(-3, 4) };
            var shuffled = account with { Expiries = [account.Expiries[0] with { Options = [.. options.Reverse()] }] };
            var twice = account with { Perps = account.Perps * 2, Expiries = [account.Expiries[0] with { Options = [.. options.Select(o => o with { Amount = 2 * o.Amount })] }] };
            var m = DerivePm2.Evaluate(account, Second);
            DerivePm2.Evaluate(shuffled, Second).ScenarioPnl.ShouldBe(m.ScenarioPnl, $"seed {seed}, case {n}");
            DerivePm2.Evaluate(shuffled, Second).InitialBalance.ShouldBe(m.InitialBalance, $"seed {seed}, case {n}");
            DerivePm2.Evaluate(twice, Second).InitialBalance.ShouldBe(2 * m.InitialBalance, 1e-9, $"seed {seed}, case {n}");
            m.WorstPnl.ShouldBeLessThanOrEqualTo(0);
            m.WorstPnl.ShouldBe(Math.Min(m.BasisContingency, m.ScenarioPnl.Min()), 1e-12);
            m.InitialBalance.ShouldBeLessThanOrEqualTo(m.MaintenanceBalance, $"seed {seed}, case {n}");
        }
    }

    [Theory]
    [InlineData("vol_up", 0.8)]
    [InlineData("min_vol_up", 0.9)]
    [InlineData("im_factor", 1.3)]
    [InlineData("short_static_discount", 1.2)]
    [InlineData("basis_add", 2.0)]
    [InlineData("mm_option", 0.01)]
    [InlineData("im_option", 0.01)]
    public void Parameter_Stricter_NeverRaisesTheBalanceOfAShortStrangle(string key, double value)
    {
        var account = Account(30, Option(90, OptionType.Put, -1), Option(110, OptionType.Call, -1));
        var stricter = new DeriveParameters(VenueParameters.BuiltIn("derive-pm2", "second").With(key, value));
        DerivePm2.Evaluate(account, stricter).InitialBalance.ShouldBeLessThanOrEqualTo(DerivePm2.Evaluate(account, Second).InitialBalance);
    }

    [Fact]
    public void Case_TwoSkewScenariosOfAKind_Refuses()
    {
        Should.Throw<InvalidInputException>(() => VenueCaseFixture.Run("derive", """{"spot":100,"scenarios":[[1,"abs",1],[1,"abs",0.5]]}"""))
            .Code.ShouldBe("venue-parameters");
    }

    [Theory]
    [InlineData("""{"expiries":[]}""", "missing-field", "spot")]
    [InlineData("""{"spot":-1}""", "venue-account", "-1")]
    [InlineData("""{"spot":1,"spot_confidence":1.5}""", "venue-account", "1.5")]
    [InlineData("""{"spot":1,"expiries":[{"expiry_seconds":9,"forward":1}],"options":[{"expiry_seconds":8,"strike":1,"call":true,"amount":1,"vol":1}]}""", "venue-account", "8")]
    [InlineData("""{"spot":1,"expiries":[{"expiry_seconds":9,"forward":1}],"options":[{"strike":1,"call":true,"amount":1}]}""", "missing-field", "vol")]
    [InlineData("""{"spot":1,"options":[{"strike":1,"call":"maybe","amount":1}],"expiries":[{"expiry_seconds":9,"forward":1}]}""", "option-type", "maybe")]
    [InlineData("""{"spot":1,"params":{"im_factor":-1}}""", "venue-parameters", "-1")]
    [InlineData("""{"spot":1,"params":{"im_factor":"much"}}""", "venue-parameters", "im_factor")]
    [InlineData("""{"spot":1,"scenarios":[[1.1,"sideways",1]]}""", "venue-parameters", "sideways")]
    [InlineData("""{"spot":"NaN"}""", "json-shape", "NaN")]
    [InlineData("""{"spot":1,"Spot":2}""", "json-shape", "twice")]
    [InlineData("""{"spot":1,"parameter_set":"none-such"}""", "venue-parameters", "none-such")]
    public void Case_WrongInput_RefusesByCode(string json, string code, string named)
    {
        var refusal = Should.Throw<InvalidInputException>(() => VenueCaseFixture.Run("derive", json));
        refusal.Code.ShouldBe(code);
        refusal.Message.ShouldContain(named);
    }

    [Fact]
    public void Case_OtherNamesAndDefaults_AreUnderstood()
    {
        var plain = VenueCaseFixture.Run("derive", """
            {"id":"a","inputs":{"spot":100,"expiries":[{"expiry_seconds":2592000,"forward":101,"rate":0}],"options":[{"expiry_seconds":2592000,"strike":110,"call":true,"amount":-1,"vol":0.6}]}}
            """);
        var other = VenueCaseFixture.Run("derive", """
            {"Spot":"100","stable_price":1,"expiries":[{"dte":30,"forward":"101"}],"options":[{"K":110,"type":"C","qty":-1,"iv":0.6}],"surprise":1}
            """);
        other.Number("initial_margin_balance").ShouldBe(plain.Number("initial_margin_balance"), 1e-12);
        plain["id"]!.ToString().ShouldBe("a");
        plain["provenance"]!["parameterSet"]!.ToString().ShouldBe("script");
        other["provenance"]!["ignored"]!.AsArray().Select(v => v!.ToString()).ShouldBe(["surprise"]);
    }

    [Fact]
    public void Case_Collateral_ByValueOrByAmount_IsTheSame()
    {
        var amount = VenueCaseFixture.Run("derive", """{"spot":100,"stable_price":0.95,"collateral":{"wbtc":{"amount":2,"price":99,"risk_cancelling":true,"mm_haircut":0.02,"confidence":0.4}}}""");
        var value = VenueCaseFixture.Run("derive", $$"""{"spot":100,"stable_price":0.95,"collaterals":[{"value":{{198 / 0.95:R}},"risk_cancelling":true,"mm_haircut":0.02,"confidence":0.4}]}""");
        amount.Number("mark_to_market").ShouldBe(198 / 0.95, 1e-12);
        value.Number("initial_margin_balance").ShouldBe(amount.Number("initial_margin_balance"), 1e-9);
        // -18 % of value, depegged by 0.04 x 4, haircut, unsure feed
        var v = 198 / 0.95;
        amount.Number("initial_margin_balance").ShouldBe(v * (1 - (0.18 * 1.16) - 0.02 - 0.6), 1e-9);
    }

    [Fact]
    public void Case_SviSlice_MarksTheStrike()
    {
        // flat slice: w = a = 0.04 over a year is 20 % vol
        var bySvi = VenueCaseFixture.Run("derive", """
            {"spot":100,"expiries":[{"expiry_seconds":31536000,"forward":100,"svi":{"a":0.04,"b":0,"rho":0,"m":0,"sigma":0.1,"forward":100,"tau":1}}],
             "options":[{"strike":120,"call":true,"amount":-1}]}
            """);
        var byVol = VenueCaseFixture.Run("derive", """
            {"spot":100,"expiries":[{"expiry_seconds":31536000,"forward":100}],"options":[{"strike":120,"call":true,"amount":-1,"vol":0.2}]}
            """);
        bySvi.Number("initial_margin_balance").ShouldBe(byVol.Number("initial_margin_balance"), 1e-12);
    }

    private static DeriveOption Option(double strike, OptionType type, double amount) => new(type, strike, amount, 0.6);

    private static DeriveExpiry Expiry(double days, params DeriveOption[] options) => new(days / 365, 0, 100, 0, 1, [.. options]);

    private static DeriveAccount Account(double days, params DeriveOption[] options) => new() { Spot = 100, Expiries = [Expiry(days, options)] };
}

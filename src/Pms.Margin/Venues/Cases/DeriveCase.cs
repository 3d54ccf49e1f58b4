using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pms.Margin.Venues.Derive;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Margin.Venues.Cases;

/// <summary>Cases of Derive's portfolio managers (shapes: docs/model/venue-models.md).</summary>
internal static class DeriveCase
{
    private const double SecondsPerYear = 365.0 * 86_400;
    private const double MaxTotalVariance = 144;
    private const double SettlementSeconds = 1_800;

    internal static CaseAnswer Evaluate(CaseObject inputs)
    {
        var unknown = new List<string>();
        var version = inputs.TextOrNull("version", "manager") ?? "pm2";
        if (version is not ("pm2" or "pm1"))
        {
            throw new InvalidInputException("venue-model", $"version '{PrintableText.Of(version)}' is neither pm2 nor pm1");
        }

        var parameters = ReadParameters(inputs, $"derive-{version}", unknown);
        var account = ReadAccount(inputs, version == "pm2" ? parameters : VenueParameters.BuiltIn("derive-pm2", "script"));
        if (version == "pm1")
        {
            var legacy = new DerivePm1Parameters(parameters);
            return new CaseAnswer(Result(DerivePm1.Evaluate(account, legacy), legacy.Common.Scenarios), parameters, unknown);
        }

        var typed = new DeriveParameters(parameters);
        var margin = DerivePm2.Evaluate(account, typed);
        return new CaseAnswer(Result(margin, typed.Common.Scenarios), parameters, unknown);
    }

    private static JsonObject Result(DeriveMargin m, ImmutableArray<DeriveScenario> scenarios)
    {
        JsonNode worst = m.WorstIndex < scenarios.Length
            ? new JsonArray(scenarios[m.WorstIndex].SpotShock, scenarios[m.WorstIndex].Vol.ToString()[..1])
            : "basis";
        return new JsonObject
        {
            ["initial_margin_balance"] = m.InitialBalance,
            ["maintenance_margin_balance"] = m.MaintenanceBalance,
            ["mark_to_market"] = m.MarkToMarket,
            ["worst_scenario_pnl"] = m.WorstPnl,
            ["worst_scenario"] = worst,
            ["worst_scenario_index"] = m.WorstIndex,
            ["basis_contingency"] = m.BasisContingency,
            ["mm_contingency"] = m.MaintenanceContingency,
            ["im_contingency"] = m.InitialContingency,
            ["oracle_contingency"] = m.OracleContingency,
            ["im_factor"] = m.InitialFactor,
            ["scenario_pnls"] = new JsonArray([.. m.ScenarioPnl.Select(p => (JsonNode)p)]),
        };
    }

    private static VenueParameters ReadParameters(CaseObject inputs, string model, List<string> unknown)
    {
        var set = inputs.TextOrNull("parameter_set", "params_set") ?? "script";
        var parameters = VenueParameters.BuiltIn(model, set);
        if (inputs.TryFind(out var values, "params", "parameters"))
        {
            parameters = parameters.With(values, unknown);
        }

        if (inputs.TryFind(out var scenarios, "scenarios"))
        {
            parameters = parameters.With(JsonSerializer.SerializeToElement(new JsonObject { ["scenarios"] = ScenarioRows(scenarios) }), unknown);
        }

        return parameters;
    }

    private static DeriveAccount ReadAccount(CaseObject inputs, VenueParameters parameters)
    {
        var spot = inputs.Number("spot", "spot_price", "index", "index_price");
        var svi = new Dictionary<double, CaseObject>();
        var expiries = new SortedDictionary<double, DeriveExpiry>();
        foreach (var e in inputs.Objects("expiries"))
        {
            var seconds = SecondsOf(e) ?? throw e.Missing("expiry_seconds", "a number");
            var confidence = Math.Min(
                Math.Min(e.NumberOr(1, "confidence"), e.NumberOr(1, "forward_confidence")),
                Math.Min(e.NumberOr(1, "rate_confidence", "interest_confidence"), e.NumberOr(1, "vol_confidence")));
            var (locked, variable) = ForwardOf(e, spot, seconds);
            if (!expiries.TryAdd(seconds, new DeriveExpiry(seconds / SecondsPerYear, locked, variable, e.NumberOr(0, "rate", "interest_rate"), confidence, [])))
            {
                throw new InvalidInputException("venue-account", $"the expiry of {seconds} seconds stands twice");
            }

            if (e.ObjectOrNull("svi") is { } slice)
            {
                svi[seconds] = slice;
            }
        }

        foreach (var o in inputs.Objects("options"))
        {
            var seconds = SecondsOf(o) ?? (expiries.Count == 1 ? expiries.Keys.First() : throw o.Missing("expiry_seconds", "a number"));
            if (!expiries.TryGetValue(seconds, out var expiry))
            {
                throw new InvalidInputException("venue-account", $"an option expires in {seconds} seconds, which is no expiry of the case: {string.Join(", ", expiries.Keys)}");
            }

            var type = TypeOf(o);
            var strike = o.Number("strike", "K");
            var vol = o.NumberOrNull("vol", "iv", "mark_vol", "sigma")
                ?? (svi.TryGetValue(seconds, out var slice) ? SviVol(slice, strike, seconds) : throw o.Missing("vol", "a number, or svi parameters of the expiry,"));
            var option = new DeriveOption(type, strike, o.Number("amount", "qty", "quantity", "size"), vol);
            expiries[seconds] = expiry with { Options = expiry.Options.Add(option) };
        }

        var stable = inputs.NumberOr(1, "stable_price", "stable", "usdc_price");
        return new DeriveAccount
        {
            Spot = spot,
            SpotConfidence = inputs.NumberOr(1, "spot_confidence"),
            StablePrice = stable,
            Cash = inputs.NumberOr(0, "cash", "cash_balance"),
            Unsettled = inputs.NumberOr(0, "unsettled", "unsettled_cash"),
            Perps = inputs.NumberOr(0, "perps", "perp", "perp_position", "perp_amount"),
            PerpPrice = inputs.NumberOr(0, "perp_price"),
            PerpConfidence = inputs.NumberOr(1, "perp_confidence"),
            UnrealisedPerpPnl = inputs.NumberOr(0, "unrealised_perp_pnl", "unrealized_perp_pnl", "unrealised_perp_value", "perp_pnl") + inputs.NumberOr(0, "unrealised_funding", "unrealized_funding"),
            Expiries = [.. expiries.Values],
            Collaterals = [.. inputs.Objects("collaterals", "collateral", "base_assets").Select(c => CollateralOf(c, spot, stable, parameters))],
        };
    }

    internal static OptionType TypeOf(CaseObject o)
    {
        if (o.TryFind(out var flag, "call", "is_call"))
        {
            return flag.ValueKind switch
            {
                JsonValueKind.True => OptionType.Call,
                JsonValueKind.False => OptionType.Put,
                _ => throw new InvalidInputException("option-type", $"call is {PrintableText.Of(flag.ToString())}: true or false is expected"),
            };
        }

        var text = o.TextOrNull("type", "option_type", "kind") ?? throw o.Missing("call", "true, false, or a type");
        return text.ToUpperInvariant() switch
        {
            "C" or "CALL" => OptionType.Call,
            "P" or "PUT" => OptionType.Put,
            _ => throw new InvalidInputException("option-type", $"type '{PrintableText.Of(text)}' is neither call nor put"),
        };
    }

    private static DeriveCollateral CollateralOf(CaseObject c, double spot, double stable, VenueParameters parameters)
    {
        var cancels = c.FlagOr(false, "risk_cancelling", "is_risk_cancelling", "cancels_risk");
        // A value that is given is the value: the division by the stable's price is in it.
        var value = c.NumberOrNull("value") * stable;
        return new DeriveCollateral(
            c.TextOrNull("asset", "name", "currency") ?? "",
            value is null ? c.Number("amount", "qty", "quantity", "size") : 1,
            value ?? c.NumberOrNull("price", "spot") ?? (cancels ? spot : throw c.Missing("price", "a number")),
            c.NumberOr(1, "confidence"),
            cancels,
            c.NumberOr(cancels ? 0 : parameters.Number("collateral_mm_haircut"), "mm_haircut", "margin_haircut", "maintenance_haircut", "haircut"),
            c.NumberOr(cancels ? 0 : parameters.Number("collateral_im_haircut"), "im_haircut", "initial_haircut"));
    }

    private static double? SecondsOf(CaseObject o) =>
        o.NumberOrNull("expiry_seconds", "seconds", "seconds_to_expiry", "sec_to_expiry")
        ?? (o.NumberOrNull("dte", "days", "days_to_expiry") is { } days ? days * 86_400 : o.NumberOrNull("years", "T", "tau") * SecondsPerYear);

    private static (double Locked, double Variable) ForwardOf(CaseObject e, double spot, double seconds)
    {
        var locked = e.NumberOrNull("forward_fixed", "fixed", "fixed_portion", "forward_fixed_portion");
        var variable = e.NumberOrNull("forward_variable", "variable", "variable_portion", "forward_variable_portion");
        var total = e.NumberOrNull("forward", "forward_price");
        return (locked, variable, total) switch
        {
            (not null, not null, _) => (locked.Value, variable.Value),
            (not null, null, not null) => (locked.Value, total.Value - locked.Value),
            (null, not null, not null) => (total.Value - variable.Value, variable.Value),
            (null, not null, null) => (0, variable.Value),
            (null, null, not null) => Split(total.Value, seconds),
            (null, null, null) => Split(spot, seconds),
            _ => throw e.Missing("forward", "a number beside the fixed part"),
        };
    }

    /// <summary>In the last half hour the settlement average locks the forward in step with time.</summary>
    private static (double Locked, double Variable) Split(double forward, double seconds)
    {
        var locked = seconds < SettlementSeconds ? forward * ((SettlementSeconds - seconds) / SettlementSeconds) : 0;
        return (locked, forward - locked);
    }

    /// <summary>Mark vol of a strike from the feed's slice: its own forward and time stay as they were when the slice was made.</summary>
    private static double SviVol(CaseObject svi, double strike, double seconds)
    {
        var a = svi.Number("a");
        var b = svi.Number("b");
        var rho = svi.Number("rho");
        var m = svi.Number("m");
        var sigma = svi.Number("sigma");
        var forward = svi.Number("forward", "F", "svi_forward");
        var tau = svi.NumberOrNull("tau", "years", "ref_tau") ?? (SecondsOf(svi) ?? seconds) / SecondsPerYear;
        var bound = 4 * Math.Sqrt(a + (b * sigma));
        var k = Math.Clamp(ElementaryMath.LogRatio(strike, forward), -bound, bound);
        var w = Math.Min(MaxTotalVariance, a + (b * ((rho * (k - m)) + Math.Sqrt(((k - m) * (k - m)) + (sigma * sigma)))));
        var vol = Math.Sqrt(w / tau);
        return double.IsFinite(vol) ? vol : throw new InvalidInputException("venue-account", $"the svi slice has vol {vol} at strike {strike}: total variance and time above 0 are required");
    }

    /// <summary>Scenarios as rows, or as objects by name.</summary>
    private static JsonArray ScenarioRows(JsonElement scenarios)
    {
        if (scenarios.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidInputException("json-shape", $"'scenarios' is a JSON {scenarios.ValueKind}: a list is expected");
        }

        var rows = new JsonArray();
        foreach (var s in scenarios.EnumerateArray())
        {
            if (s.ValueKind == JsonValueKind.Array)
            {
                rows.Add(s.GetArrayLength() == 2 ? new JsonArray(JsonNode.Parse(s[0].GetRawText()), JsonNode.Parse(s[1].GetRawText()), 1.0) : JsonNode.Parse(s.GetRawText()));
                continue;
            }

            var o = new CaseObject(s, $"scenarios[{rows.Count}]");
            rows.Add(new JsonArray(o.Number("spot_shock", "spot"), o.TextOrNull("vol_shock", "vol") ?? "none", o.NumberOr(1, "dampening", "dampening_factor", "weight")));
        }

        return rows;
    }
}

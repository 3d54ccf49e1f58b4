using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pms.Margin.Venues.Paradex;

namespace Pms.Margin.Venues.Cases;

/// <summary>Cases of Paradex's portfolio margin.</summary>
internal static class ParadexCase
{
    internal static CaseAnswer Evaluate(CaseObject inputs)
    {
        var unknown = new List<string>();
        var parameters = VenueParameters.BuiltIn("paradex", "docs");
        if (inputs.TryFind(out var values, "params", "parameters"))
        {
            parameters = parameters.With(values, unknown);
        }

        if (inputs.TryFind(out var scenarios, "scenarios"))
        {
            parameters = parameters.With(JsonSerializer.SerializeToElement(new JsonObject { ["scenarios"] = JsonNode.Parse(scenarios.GetRawText()) }), unknown);
        }

        var spot = inputs.Number("spot", "spot_price", "index", "index_price");
        var forward = inputs.NumberOr(spot, "forward");
        var perp = inputs.NumberOr(0, "perp", "perps");
        var perpPrice = inputs.NumberOr(spot, "perp_price");
        ImmutableArray<ParadexFuture> futures =
        [
            .. perp == 0 ? [] : new[] { new ParadexFuture(perp, perpPrice) },
            .. inputs.Objects("futures").Select(f => new ParadexFuture(f.Number("qty", "quantity", "amount", "size"), f.NumberOr(spot, "price", "mark_price", "forward"))),
        ];
        var options = inputs.Objects("options").Select(o => new ParadexOption(
            DeriveCase.TypeOf(o),
            o.Number("K", "strike"),
            o.NumberOrNull("dte", "days") / 365 ?? o.NumberOrNull("years", "T") ?? throw o.Missing("dte", "a number"),
            o.Number("iv", "vol", "mark_iv"),
            o.NumberOr(forward, "forward", "F"),
            o.Number("qty", "quantity", "amount", "size"))).ToImmutableArray();
        var typed = new ParadexParameters(parameters);
        var funding = inputs.NumberOr(0, "funding_usd", "funding") + (inputs.NumberOr(0, "funding_rate_8h", "funding_rate") * perp * perpPrice * typed.FundingHours / 8);
        var m = ParadexScan.Evaluate(spot, futures, options, funding, typed);
        return new CaseAnswer(
            new JsonObject
            {
                ["scan_risk"] = m.ScanRisk,
                ["worst_scenario"] = m.WorstIndex + 1,
                ["scenario_pnls"] = new JsonArray([.. m.ScenarioPnl.Select(p => (JsonNode)p)]),
                ["net_delta"] = m.NetDelta,
                ["hedged_delta"] = m.HedgedDelta,
                ["min_delta_requirement"] = m.MinimumDelta,
                ["fee_provision"] = m.FeeProvision,
                ["funding_provision"] = m.FundingProvision,
                ["initial_margin"] = m.Initial,
                ["maintenance_margin"] = m.Maintenance,
            },
            parameters,
            unknown);
    }
}

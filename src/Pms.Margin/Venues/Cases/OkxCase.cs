using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pms.Margin.Venues.Okx;

namespace Pms.Margin.Venues.Cases;

/// <summary>Cases of OKX's portfolio margin: one risk unit by its delta, by positions, or by stress figures that are given.</summary>
internal static class OkxCase
{
    internal static CaseAnswer Evaluate(CaseObject inputs)
    {
        var unknown = new List<string>();
        var parameters = VenueParameters.BuiltIn("okx", "btc-eth");
        _ = inputs.TextOrNull("risk_unit");
        if (inputs.TryFind(out var values, "params", "parameters"))
        {
            parameters = parameters.With(values, unknown);
        }

        var own = new JsonObject();
        foreach (var key in parameters.Keys)
        {
            if (inputs.TryFind(out var value, key))
            {
                own[key] = JsonNode.Parse(value.GetRawText());
            }
        }

        // A rate on delta that a case states holds whatever the time to expiry is.
        if (inputs.NumberOrNull("mr4_rate_on_delta") is { } rate)
        {
            own["mr4_minimum_rate"] = rate;
        }

        if (inputs.NumberOrNull("mr7_rate_on_delta") is { } charge)
        {
            own["mr7_rate"] = charge;
        }

        parameters = own.Count == 0 ? parameters : parameters.With(JsonSerializer.SerializeToElement(own), unknown);
        var typed = new OkxParameters(parameters);
        var forward = inputs.NumberOrNull("forward", "index_price", "spot");
        var options = inputs.Objects("options").Select(o => new OkxOption(
            DeriveCase.TypeOf(o),
            o.Number("K", "strike"),
            o.NumberOrNull("years", "T") ?? o.NumberOrNull("dte", "days") / 365 ?? throw o.Missing("dte", "a number"),
            o.Number("iv", "vol"),
            o.NumberOrNull("forward", "F") ?? forward ?? throw o.Missing("forward", "a number"),
            o.Number("qty", "quantity", "amount", "size"))).ToImmutableArray();
        var delta = options.IsEmpty ? inputs.Number("delta_usd") : inputs.NumberOr(0, "delta_usd");
        // The venue stresses the index price but counts delta at the mark: without both, delta stands for both.
        var stress = inputs.NumberOrNull("stress_usd", "mr1_base_usd")
            ?? (inputs.NumberOrNull("index_price") is { } index && inputs.NumberOrNull("mark_price") is { } mark ? delta * index / mark : delta);
        var m = OkxRiskUnit.Evaluate([new OkxFuture(delta, stress, inputs.NumberOr(0, "years"))], options, typed);
        m = OkxRiskUnit.Combine(
            inputs.NumberOr(m.SpotShock, "mr1"),
            m.SpotShockMove,
            inputs.NumberOr(m.Decay, "mr2"),
            inputs.NumberOr(m.Basis, "mr4"),
            inputs.NumberOr(m.ExtremeLoss, "mr6_full_loss"),
            inputs.NumberOr(m.MinimumCharge, "mr7"),
            typed);
        return new CaseAnswer(
            new JsonObject
            {
                ["mr1"] = m.SpotShock,
                ["mr2"] = m.Decay,
                ["mr4"] = m.Basis,
                ["mr6_full_loss"] = m.ExtremeLoss,
                ["mr6"] = m.Extreme,
                ["mr7"] = m.MinimumCharge,
                ["mmr"] = m.Maintenance,
                ["imr"] = m.Initial,
            },
            parameters,
            unknown);
    }
}

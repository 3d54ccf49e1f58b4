using System.Text.Json.Nodes;
using Pms.Margin.Venues.Static;
using Pms.Primitives;

namespace Pms.Margin.Venues.Cases;

/// <summary>Cases of static collateral (<c>"kind":"full"</c>, the default) and of Deribit's standard margin (<c>"kind":"standard"</c>), in quote currency.</summary>
internal static class StaticCase
{
    internal static CaseAnswer Evaluate(CaseObject inputs) => Evaluate(inputs, inputs.TextOrNull("kind") ?? "full");

    internal static CaseAnswer Standard(CaseObject inputs) => Evaluate(inputs, inputs.TextOrNull("kind") ?? "standard");

    private static CaseAnswer Evaluate(CaseObject inputs, string kind)
    {
        var unknown = new List<string>();
        var standard = kind switch
        {
            "standard" => true,
            "full" => false,
            _ => throw new InvalidInputException("venue-model", $"kind '{PrintableText.Of(kind)}' is neither full nor standard"),
        };
        var coin = inputs.TextOrNull("coin", "underlying") ?? "BTC";
        var parameters = standard ? VenueParameters.BuiltIn("deribit", coin == "BTC" ? "btc" : "eth") : VenueParameters.BuiltIn("static", "full");
        if (inputs.TryFind(out var values, "params", "parameters"))
        {
            parameters = parameters.With(values, unknown);
        }

        var full = standard ? default : CollateralRule.Of(parameters);
        var perLeg = standard ? StandardRule.Of(parameters) : default;
        var spot = inputs.Number("spot", "index", "index_price", "price");
        if (!(spot > 0))
        {
            throw new InvalidInputException("venue-account", $"spot is {spot}: a finite number above 0 is required");
        }

        double initial = 0, maintenance = 0;
        var legs = new JsonArray();
        void Add(LegRequirement leg)
        {
            initial += leg.Initial;
            maintenance += leg.Maintenance;
            legs.Add(new JsonObject { ["initial"] = leg.Initial, ["maintenance"] = leg.Maintenance });
        }

        foreach (var o in inputs.Objects("options"))
        {
            var type = DeriveCase.TypeOf(o);
            var strike = o.Number("strike", "K");
            var value = o.NumberOrNull("value", "mark", "mark_price")
                ?? OptionValue.Black(type, o.NumberOr(spot, "forward", "F"), strike, o.NumberOrNull("years", "T") ?? o.NumberOrNull("dte", "days") / 365 ?? throw o.Missing("dte", "a number, or a value,"), o.Number("iv", "vol"));
            var quantity = o.Number("qty", "quantity", "amount", "size");
            Add(standard ? perLeg.Option(type, quantity, spot, strike, value) : full.Option(type, quantity, spot, strike, value));
        }

        foreach (var f in inputs.Objects("futures"))
        {
            var quantity = f.Number("qty", "quantity", "amount", "size");
            var price = f.NumberOr(spot, "price", "mark_price");
            Add(standard ? perLeg.Future(quantity, price) : full.Future(quantity * price));
        }

        if (inputs.NumberOrNull("perp", "perps") is { } perp)
        {
            Add(standard ? perLeg.Future(perp, spot) : full.Future(perp * spot));
        }

        return new CaseAnswer(new JsonObject { ["initial_margin"] = initial, ["maintenance_margin"] = maintenance, ["legs"] = legs }, parameters, unknown);
    }
}

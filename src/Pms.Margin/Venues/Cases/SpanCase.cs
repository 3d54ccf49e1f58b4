using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pms.Margin.Venues.Span;
using Pms.Primitives;

namespace Pms.Margin.Venues.Cases;

/// <summary>Cases of SPAN: given arrays of 16 profits, or positions that the arrays are made for.</summary>
internal static class SpanCase
{
    private const string VectorSuffix = "_pnl";

    internal static CaseAnswer Evaluate(CaseObject inputs)
    {
        var unknown = new List<string>();
        var parameters = VenueParameters.BuiltIn("span", "crypto");
        if (inputs.TryFind(out var values, "params", "parameters"))
        {
            parameters = parameters.With(values, unknown);
        }

        foreach (var key in parameters.Keys.ToArray())
        {
            if (inputs.NumberOrNull(key) is { } value)
            {
                parameters = parameters.With(JsonSerializer.SerializeToElement(new JsonObject { [key] = value }), unknown);
            }
        }

        return inputs.Has("options", "futures", "spot", "price") ? Positions(inputs, parameters, unknown) : Vectors(inputs, parameters, unknown);
    }

    private static CaseAnswer Vectors(CaseObject inputs, VenueParameters parameters, List<string> unknown)
    {
        var vectors = new SortedDictionary<string, double[]>(StringComparer.Ordinal);
        var results = new JsonObject();
        var held = inputs.ObjectOrNull("positions");
        foreach (var (name, value) in inputs.Properties())
        {
            if (!name.EndsWith(VectorSuffix, StringComparison.Ordinal) || value.ValueKind != JsonValueKind.Array)
            {
                throw new InvalidInputException("span-vector", $"'{PrintableText.Of(name)}' is no array of 16 profits named NAME_pnl");
            }

            var vector = value.EnumerateArray().Select(v => CaseObject.ToNumber(v, name)).ToArray();
            var unit = name[..^VectorSuffix.Length];
            vectors[unit] = vector;
            var sided = unit.StartsWith("long_", StringComparison.Ordinal) || unit.StartsWith("short_", StringComparison.Ordinal);
            results[$"{(sided ? "" : "long_")}{unit}_scan_risk"] = SpanArray.ScanRisk(vector);
            if (!sided)
            {
                results[$"short_{unit}_scan_risk"] = SpanArray.ScanRisk([.. vector.Select(x => -x)]);
            }
        }

        if (vectors.Count == 0)
        {
            throw inputs.Missing("future_pnl", "an array of 16 profits, or positions");
        }

        if (held is not null)
        {
            var sum = new double[SpanArray.Scenarios];
            foreach (var (name, size) in held.Properties())
            {
                var vector = vectors.TryGetValue(name, out var found) ? found : throw new InvalidInputException("span-vector", $"the position '{PrintableText.Of(name)}' has no array {PrintableText.Of(name)}_pnl");
                for (var i = 0; i < sum.Length; i++)
                {
                    sum[i] += CaseObject.ToNumber(size, name) * vector[i];
                }
            }

            results["scan_risk"] = SpanArray.ScanRisk(sum);
            results["worst_scenario"] = Array.IndexOf(sum, sum.Min()) + 1;
        }

        return new CaseAnswer(results, parameters, unknown);
    }

    private static CaseAnswer Positions(CaseObject inputs, VenueParameters parameters, List<string> unknown)
    {
        var spot = inputs.Number("spot", "price", "index", "forward");
        var forward = inputs.NumberOr(spot, "forward");
        ImmutableArray<SpanContract> contracts =
        [
            .. inputs.Objects("futures").Select(f => new SpanContract(null, 0, YearsOf(f) ?? 0, 0, f.NumberOr(forward, "price", "mark_price", "forward"), f.Number("qty", "quantity", "amount", "size"))),
            .. inputs.NumberOrNull("perp", "perps", "future") is { } perp ? new[] { new SpanContract(null, 0, 0, 0, inputs.NumberOr(spot, "perp_price"), perp) } : [],
            .. inputs.Objects("options").Select(o => new SpanContract(
                DeriveCase.TypeOf(o),
                o.Number("K", "strike"),
                YearsOf(o) ?? throw o.Missing("dte", "a number"),
                o.Number("iv", "vol"),
                o.NumberOr(forward, "forward", "F"),
                o.Number("qty", "quantity", "amount", "size"))),
        ];
        var m = SpanArray.Evaluate(spot, contracts, new SpanParameters(parameters));
        return new CaseAnswer(
            new JsonObject
            {
                ["scan_risk"] = m.ScanRisk,
                ["worst_scenario"] = m.WorstIndex + 1,
                ["risk_array"] = new JsonArray([.. m.Pnl.Select(x => (JsonNode)x)]),
                ["inter_month_charge"] = m.InterMonth,
                ["short_option_minimum"] = m.ShortOptionMinimum,
                ["composite_delta"] = m.NetDelta,
                ["maintenance_margin"] = m.Maintenance,
                ["initial_margin"] = m.Initial,
            },
            parameters,
            unknown);
    }

    private static double? YearsOf(CaseObject o) => o.NumberOrNull("years", "T") ?? o.NumberOrNull("dte", "days") / 365;
}

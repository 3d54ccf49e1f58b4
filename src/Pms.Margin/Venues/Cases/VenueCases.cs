using System.Text.Json;
using System.Text.Json.Nodes;
using Pms.Primitives;

namespace Pms.Margin.Venues.Cases;

/// <summary>Single-account cases of a venue's own model, as JSON: every input stands in the case, nothing comes from a market.</summary>
public static class VenueCases
{
    private static readonly SortedDictionary<string, Func<CaseObject, CaseAnswer>> Readers = new(StringComparer.Ordinal)
    {
        ["deribit"] = DeribitCase.Evaluate,
        ["derive"] = DeriveCase.Evaluate,
        ["okx"] = OkxCase.Evaluate,
        ["paradex"] = ParadexCase.Evaluate,
        ["span"] = SpanCase.Evaluate,
        ["standard"] = StaticCase.Standard,
        ["static"] = StaticCase.Evaluate,
    };

    /// <summary>Models that take cases.</summary>
    public static IEnumerable<string> Models => Readers.Keys;

    /// <summary>Evaluates one case.</summary>
    /// <param name="model">one of <see cref="Models"/></param>
    /// <param name="document"><c>{"id","inputs"}</c>, or the inputs themselves</param>
    /// <returns><c>id</c>, the keys of the case's result, and <c>provenance</c></returns>
    /// <exception cref="InvalidInputException">typed refusals of the model; <c>venue-model</c>; <c>json-shape</c>; <c>missing-field</c></exception>
    public static JsonObject Evaluate(string model, JsonElement document)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!Readers.TryGetValue(model, out var read))
        {
            throw new InvalidInputException("venue-model", $"model '{PrintableText.Of(model)}' has no cases; there are {string.Join(", ", Models)}");
        }

        if (document.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidInputException("json-shape", $"a case is a JSON {document.ValueKind}: an object with id and inputs is expected");
        }

        var inputs = WithoutFrame(document.TryGetProperty("inputs", out var inner) ? inner : document);
        var outer = document.TryGetProperty("inputs", out _) ? document : default;
        var cased = new CaseObject(Merge(outer, inputs));
        var answer = read(cased);
        var result = new JsonObject();
        if (IdOf(document) is { } id)
        {
            result["id"] = id;
        }

        foreach (var (key, value) in answer.Results.ToArray())
        {
            RequireFinite(key, value);
            answer.Results.Remove(key);
            result[key] = value;
        }

        var provenance = new JsonObject { ["model"] = answer.Parameters.Model, ["parameterSet"] = answer.Parameters.Set, ["parametersHash"] = answer.Parameters.Hash().ToString(), ["source"] = answer.Parameters.Source, ["date"] = answer.Parameters.Date };
        var ignored = answer.UnknownParameters.Concat(cased.Unread).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        if (ignored.Length > 0)
        {
            provenance["ignored"] = new JsonArray([.. ignored.Select(k => (JsonNode)k)]);
        }

        result["provenance"] = provenance;
        return result;
    }

    /// <summary>The <c>id</c> of a case, or null.</summary>
    public static string? IdOf(JsonElement document) =>
        document.ValueKind == JsonValueKind.Object && document.TryGetProperty("id", out var id) ? id.ValueKind == JsonValueKind.String ? id.GetString() : id.ToString() : null;

    private static void RequireFinite(string key, JsonNode? value)
    {
        switch (value)
        {
            case JsonArray list:
                foreach (var item in list)
                {
                    RequireFinite(key, item);
                }

                break;
            case JsonObject inner:
                foreach (var (name, item) in inner)
                {
                    RequireFinite($"{key}.{name}", item);
                }

                break;
            case JsonValue number when number.TryGetValue<double>(out var x) && !double.IsFinite(x):
                throw new InvalidInputException("result-range", $"'{key}' is {x}: the inputs are beyond what the model can answer");
        }
    }

    /// <summary>Parameters and scenarios may stand beside the inputs as well as in them.</summary>
    private static JsonElement Merge(JsonElement outer, JsonElement inputs)
    {
        if (outer.ValueKind != JsonValueKind.Object || inputs.ValueKind != JsonValueKind.Object)
        {
            return inputs;
        }

        JsonObject? merged = null;
        foreach (var name in new[] { "params", "parameters", "scenarios", "parameter_set" })
        {
            if (outer.TryGetProperty(name, out var value) && !inputs.TryGetProperty(name, out _))
            {
                merged ??= JsonObject.Create(inputs)!;
                merged[name] = JsonNode.Parse(value.GetRawText());
            }
        }

        return merged is null ? inputs : JsonSerializer.SerializeToElement(merged);
    }

    /// <summary>The inputs without what describes them: name, source, remarks, expected results.</summary>
    private static JsonElement WithoutFrame(JsonElement document)
    {
        if (document.ValueKind != JsonValueKind.Object)
        {
            return document;
        }

        var inputs = new JsonObject();
        foreach (var property in document.EnumerateObject())
        {
            if (property.Name is not ("id" or "source" or "notes" or "note" or "tolerance") && !property.Name.StartsWith("expected", StringComparison.Ordinal))
            {
                inputs[property.Name] = JsonNode.Parse(property.Value.GetRawText());
            }
        }

        return JsonSerializer.SerializeToElement(inputs);
    }
}

/// <summary>What a model answers to a case.</summary>
/// <param name="Results">keys in order, as in the case's <c>expected</c></param>
/// <param name="Parameters">used</param>
/// <param name="UnknownParameters">parameter names that the model does not have</param>
internal sealed record CaseAnswer(JsonObject Results, VenueParameters Parameters, IReadOnlyCollection<string> UnknownParameters);

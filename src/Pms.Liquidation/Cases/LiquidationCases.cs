using System.Text.Json;
using System.Text.Json.Nodes;
using Pms.Margin.Venues.Cases;
using Pms.Primitives;

namespace Pms.Liquidation.Cases;

/// <summary>Single cases of auctions and of the cost of trading, as JSON: every input stands in the case (docs/cli.md, pms auction).</summary>
public static class LiquidationCases
{
    private static readonly CaseKind[] Kinds = [.. AuctionCases.Kinds, .. CostCases.Kinds];

    /// <summary>Kinds of cases.</summary>
    public static IEnumerable<string> Names => Kinds.Select(k => k.Name);


    /// <summary>Evaluates one case.</summary>
    /// <param name="document"><c>{"id","inputs"}</c>, or the inputs themselves</param>
    /// <param name="kind">null: the case names it, or its inputs tell</param>
    /// <returns><c>id</c>, <c>kind</c> and the keys of the result</returns>
    /// <exception cref="InvalidInputException"><c>case-kind</c>, <c>case-field</c>: an input that the kind does not have; <c>missing-field</c>, <c>json-shape</c>, and the refusals of the formulas</exception>
    public static JsonObject Evaluate(JsonElement document, string? kind = null)
    {
        if (document.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidInputException("json-shape", $"a case is a JSON {document.ValueKind}: an object with id and inputs is expected");
        }

        var inputs = new JsonObject();
        AddAll(inputs, document);
        if (document.TryGetProperty("inputs", out var inner))
        {
            if (inner.ValueKind != JsonValueKind.Object)
            {
                throw new InvalidInputException("json-shape", $"'inputs' is a JSON {inner.ValueKind}: an object is expected");
            }

            AddAll(inputs, inner);
        }

        var cased = new CaseObject(JsonSerializer.SerializeToElement(inputs));
        var named = cased.TextOrNull("kind") ?? kind;
        var found = named is not null ? Kinds.FirstOrDefault(k => k.IsCalled(named)) : Kinds.FirstOrDefault(k => k.Tells(cased));
        if (found is null)
        {
            throw new InvalidInputException("case-kind", named is null
                ? $"the inputs do not tell what kind of case this is: 'kind' is expected, one of {string.Join(", ", Names)}"
                : $"'{PrintableText.Of(named)}' is no kind of case: {string.Join(", ", Names)} are there");
        }

        var results = found.Answer(cased);
        var unread = cased.Unread.ToArray();
        if (unread.Length > 0)
        {
            throw new InvalidInputException("case-field", $"'{unread[0]}' is not an input of {found.Name}: it takes {string.Join(", ", found.Takes)}");
        }

        var answer = new JsonObject();
        if (VenueCases.IdOf(document) is { } id)
        {
            answer["id"] = id;
        }

        answer["kind"] = found.Name;
        foreach (var (key, value) in results.ToArray())
        {
            results.Remove(key);
            answer[key] = value;
        }

        return answer;
    }

    /// <summary>Without what describes a case: name, source, remarks, expected results.</summary>
    private static void AddAll(JsonObject inputs, JsonElement document)
    {
        foreach (var property in document.EnumerateObject())
        {
            if (property.Name is not ("id" or "inputs" or "source" or "notes" or "note" or "tolerance" or "name" or "description" or "comment") && !property.Name.StartsWith("expected", StringComparison.Ordinal))
            {
                inputs[property.Name] = JsonNode.Parse(property.Value.GetRawText());
            }
        }
    }
}

/// <summary>One kind of case.</summary>
/// <param name="Name">snake_case</param>
/// <param name="OtherNames">that it also goes by</param>
/// <param name="Takes">names of its inputs, for messages</param>
/// <param name="Tells">whether inputs without a kind are of this one</param>
/// <param name="Answer">its result</param>
internal sealed record CaseKind(string Name, string[] OtherNames, string[] Takes, Predicate<CaseObject> Tells, Func<CaseObject, JsonObject> Answer)
{
    public bool IsCalled(string text) => OtherNames.Prepend(Name).Any(n => Fold(n) == Fold(text));

    private static string Fold(string name) => name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToUpperInvariant();
}

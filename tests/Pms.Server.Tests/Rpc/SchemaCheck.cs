using System.Text.Json;
using System.Text.RegularExpressions;

namespace Pms.Server.Tests.Rpc;

/// <summary>The part of JSON schema that the documents of the server use; a keyword that it does not know is an error, so that nothing passes unread.</summary>
internal static class SchemaCheck
{
    private static readonly string[] Silent = ["description", "title", "$schema", "default"];

    /// <summary>What is wrong with a value, each with its place; empty: nothing.</summary>
    /// <param name="root">document that references point into</param>
    /// <param name="schema">of the value</param>
    /// <param name="value">checked</param>
    /// <param name="path">where it stands</param>
    public static IReadOnlyList<string> Errors(JsonElement root, JsonElement schema, JsonElement value, string path = "$")
    {
        if (schema.ValueKind == JsonValueKind.True)
        {
            return [];
        }

        var errors = new List<string>();
        foreach (var rule in schema.EnumerateObject().Where(r => !Silent.Contains(r.Name)))
        {
            errors.AddRange(rule.Name switch
            {
                "$ref" => Errors(root, Find(root, rule.Value.GetString()!), value, path),
                "type" => IsOfType(rule.Value, value) ? [] : [$"{path}: a JSON {value.ValueKind}, not {rule.Value}"],
                "const" => rule.Value.GetRawText() == value.GetRawText() ? [] : [$"{path}: {value}, not {rule.Value}"],
                "enum" => rule.Value.EnumerateArray().Any(e => e.GetRawText() == value.GetRawText()) ? [] : [$"{path}: {value} is none of {rule.Value}"],
                "pattern" => value.ValueKind != JsonValueKind.String || Regex.IsMatch(value.GetString()!, rule.Value.GetString()!, RegexOptions.None, TimeSpan.FromSeconds(5)) ? [] : [$"{path}: {value} does not fit {rule.Value}"],
                "format" or "minItems" or "maxItems" => [],
                "properties" => value.ValueKind == JsonValueKind.Object ? rule.Value.EnumerateObject().SelectMany(p => value.TryGetProperty(p.Name, out var member) ? Errors(root, p.Value, member, $"{path}.{p.Name}") : []) : [],
                "required" => value.ValueKind == JsonValueKind.Object ? rule.Value.EnumerateArray().Where(r => !value.TryGetProperty(r.GetString()!, out _)).Select(r => $"{path}: {r} is absent") : [],
                "additionalProperties" when rule.Value.ValueKind == JsonValueKind.Object => value.ValueKind == JsonValueKind.Object ? value.EnumerateObject().SelectMany(m => Errors(root, rule.Value, m.Value, $"{path}.{m.Name}")) : [],
                "additionalProperties" => value.ValueKind != JsonValueKind.Object || rule.Value.ValueKind != JsonValueKind.False ? [] : value.EnumerateObject().Where(m => !schema.GetProperty("properties").TryGetProperty(m.Name, out _)).Select(m => $"{path}: {m.Name} is not known"),
                "items" => value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().SelectMany((e, i) => Errors(root, rule.Value, e, $"{path}[{i}]")) : [],
                "oneOf" => One(root, rule.Value, value, path),
                _ => [$"{path}: the keyword {rule.Name} is not checked"],
            });
        }

        return errors;
    }

    /// <summary>Follows every reference of a document.</summary>
    /// <returns>how many there are</returns>
    public static int References(JsonElement document)
    {
        var found = 0;
        void Walk(JsonElement at)
        {
            foreach (var member in at.ValueKind == JsonValueKind.Object ? at.EnumerateObject().ToArray() : [])
            {
                if (member.Name == "$ref" && member.Value.ValueKind == JsonValueKind.String)
                {
                    Find(document, member.Value.GetString()!).ValueKind.ShouldBe(JsonValueKind.Object, member.Value.GetString());
                    found++;
                }

                Walk(member.Value);
            }

            foreach (var item in at.ValueKind == JsonValueKind.Array ? at.EnumerateArray().ToArray() : [])
            {
                Walk(item);
            }
        }

        Walk(document);
        return found;
    }

    private static IEnumerable<string> One(JsonElement root, JsonElement schemas, JsonElement value, string path)
    {
        var found = schemas.EnumerateArray().Select(s => Errors(root, s, value, path)).ToArray();
        return found.Count(f => f.Count == 0) == 1 ? [] : [$"{path}: {found.Count(f => f.Count == 0)} of {found.Length} fit: {string.Join(" | ", found.Select(f => string.Join("; ", f.Take(3))))}"];
    }

    private static bool IsOfType(JsonElement types, JsonElement value) => types.ValueKind == JsonValueKind.Array
        ? types.EnumerateArray().Any(t => IsOf(t.GetString()!, value))
        : IsOf(types.GetString()!, value);

    private static bool IsOf(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        _ => false,
    };

    /// <summary>What a reference within a document points at.</summary>
    public static JsonElement Find(JsonElement root, string reference) =>
        reference[2..].Split('/').Select(p => p.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)).Aggregate(root, (at, name) =>
            at.ValueKind == JsonValueKind.Array ? at[int.Parse(name)] : at.GetProperty(name));
}

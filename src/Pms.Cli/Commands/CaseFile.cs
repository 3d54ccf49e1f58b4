using System.Text.Json;
using System.Text.Json.Nodes;
using Pms.Cli.Output;
using Pms.Margin.Venues.Cases;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary>A file of cases: one case, a list, or <c>{"cases":[…]}</c>.</summary>
internal static class CaseFile
{
    /// <summary>One case is answered by one object, a list by a list; in a list a refused case does not stop the others.</summary>
    /// <param name="stream">JSON</param>
    /// <param name="evaluate">answers one case</param>
    /// <exception cref="InvalidInputException">the file is not JSON; the only case was refused</exception>
    public static CaseAnswer Evaluate(Stream stream, Func<JsonElement, JsonObject> evaluate)
    {
        using var document = JsonOutput.Read<JsonDocument>(stream);
        return Evaluate(document.RootElement, evaluate);
    }

    public static CaseAnswer Evaluate(JsonElement root, Func<JsonElement, JsonObject> evaluate)
    {
        if (root.ValueKind == JsonValueKind.Array)
        {
            var (list, failed) = EvaluateAll(root, evaluate);
            return new CaseAnswer(list, failed);
        }

        if (root.ValueKind == JsonValueKind.Object && !root.TryGetProperty("inputs", out _) && root.TryGetProperty("cases", out var cases) && cases.ValueKind == JsonValueKind.Array)
        {
            var (list, failed) = EvaluateAll(cases, evaluate);
            return new CaseAnswer(new JsonObject { ["results"] = list }, failed);
        }

        return new CaseAnswer(evaluate(root), Failed: false);
    }

    public static void WriteTable(CaseAnswer answer)
    {
        var cases = answer.Document switch
        {
            JsonArray list => list,
            JsonObject o when o["results"] is JsonArray list => list,
            var single => new JsonArray(single.DeepClone()),
        };
        foreach (var one in cases.OfType<JsonObject>())
        {
            var table = new TextTable(one["id"]?.ToString() ?? "case", "value");
            foreach (var (key, value) in one)
            {
                if (key is "id" or "provenance")
                {
                    continue;
                }

                var text = value?.ToJsonString() ?? "";
                table.Add(key, text.Length <= 120 ? text : $"{text[..117]}...");
            }

            table.Write();
        }
    }

    private static (JsonArray Results, bool Failed) EvaluateAll(JsonElement cases, Func<JsonElement, JsonObject> evaluate)
    {
        var results = new JsonArray();
        var failed = false;
        foreach (var one in cases.EnumerateArray())
        {
            try
            {
                results.Add(evaluate(one));
            }
            catch (PmsException e)
            {
                failed = true;
                var refused = new JsonObject();
                if (VenueCases.IdOf(one) is { } id)
                {
                    refused["id"] = id;
                }

                refused["error"] = new JsonObject { ["code"] = e.Code, ["message"] = e.Message };
                results.Add(refused);
            }
        }

        return (results, failed);
    }
}

/// <param name="Document">what is printed</param>
/// <param name="Failed">a case of a list was refused</param>
internal sealed record CaseAnswer(JsonNode Document, bool Failed);

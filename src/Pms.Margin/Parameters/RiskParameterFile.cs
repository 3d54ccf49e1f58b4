using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Margin.Parameters;

/// <summary>Risk parameters as JSON: a document gives what it changes, an unknown key is refused with the nearest known one.</summary>
public static class RiskParameterFile
{
    public const string HaircutsPath = "collateral.haircuts";
    public const string TailPath = "measure.tail";

    private const int MaxAssets = 1_000;

    private static readonly ImmutableArray<string> Tails = ["es99", "es975", "var99"];
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 8 };
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Sections of the document, in order.</summary>
    public static ImmutableArray<string> Sections { get; } = [.. RiskParameterKeys.All.Select(k => k.Section).Distinct()];

    /// <summary>Reads and validates.</summary>
    /// <param name="input">UTF-8 JSON</param>
    /// <exception cref="InvalidInputException"><c>risk-parameter-json</c>: not JSON of this shape; <c>risk-parameter-key</c>: an unknown key; <c>risk-parameter</c>: a value outside its range</exception>
    public static RiskParameters Read(Stream input)
    {
        ArgumentNullException.ThrowIfNull(input);
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(input, Strict);
        }
        catch (JsonException e)
        {
            throw new InvalidInputException("risk-parameter-json", $"the parameters are not JSON: {PrintableText.Of(e.Message)}", e);
        }

        using (document)
        {
            var parameters = RiskParameters.Default;
            foreach (var section in Object(document.RootElement, "the document"))
            {
                parameters = section.Name switch
                {
                    "$schema" => parameters,
                    "schema" => Text(section.Value, "schema") == RiskParameters.Schema
                        ? parameters
                        : throw new InvalidInputException("risk-parameter-json", $"schema is '{PrintableText.Of(Text(section.Value, "schema"))}': {RiskParameters.Schema} is required"),
                    "name" => parameters with { Name = Text(section.Value, "name") },
                    _ when Sections.Contains(section.Name, StringComparer.Ordinal) => ReadSection(parameters, section),
                    _ => throw Unknown(section.Name, Sections.Add("name").Add("schema")),
                };
            }

            parameters.Validate();
            return parameters;
        }
    }

    /// <summary>The whole document, every key.</summary>
    public static string Write(RiskParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var root = new JsonObject { ["schema"] = RiskParameters.Schema, ["name"] = parameters.Name };
        foreach (var section in Sections)
        {
            var body = new JsonObject();
            if (section == "measure")
            {
                body["tail"] = TailName(parameters.Measure.Tail);
            }

            foreach (var key in RiskParameterKeys.All.Where(k => k.Section == section))
            {
                if (key.Get(parameters) is { } value)
                {
                    body[key.Name] = value;
                }
            }

            if (section == "collateral")
            {
                body["haircuts"] = Map(parameters.Collateral.Haircuts);
            }

            root[section] = body;
        }

        return root.ToJsonString(Indented) + "\n";
    }

    /// <summary>JSON Schema (2020-12) of the document.</summary>
    public static string JsonSchema()
    {
        var sections = new JsonObject
        {
            ["$schema"] = new JsonObject { ["type"] = "string" },
            ["schema"] = new JsonObject { ["const"] = RiskParameters.Schema },
            ["name"] = new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = 128, ["default"] = RiskParameters.Default.Name },
        };
        foreach (var section in Sections)
        {
            var keys = new JsonObject();
            if (section == "measure")
            {
                keys["tail"] = new JsonObject
                {
                    ["enum"] = new JsonArray([.. Tails.Select(t => (JsonNode)t)]),
                    ["default"] = TailName(RiskParameters.Default.Measure.Tail),
                    ["description"] = "the number of the loss distribution that is asked for",
                };
            }

            foreach (var key in RiskParameterKeys.All.Where(k => k.Section == section))
            {
                keys[key.Name] = Describe(key);
            }

            if (section == "collateral")
            {
                keys["haircuts"] = MapSchema(RiskParameterKeys.OtherHaircut, "share of each asset's amount that does not count: risk that scenarios do not see", RiskParameters.Default.Collateral.Haircuts);
            }

            sections[section] = new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = keys };
        }

        var root = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["$id"] = RiskParameters.Schema,
            ["title"] = "Risk parameters of the Predictive Margin System",
            ["description"] = "A document gives what it changes; every other key has its default.",
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["properties"] = sections,
        };
        return root.ToJsonString(Indented) + "\n";
    }

    /// <summary>es99, es975 or var99.</summary>
    /// <exception cref="InvalidInputException"><c>risk-parameter</c></exception>
    public static TailChoice ParseTail(string text)
    {
        var i = Tails.IndexOf(text);
        return i >= 0 ? (TailChoice)i : throw new InvalidInputException("risk-parameter", $"{TailPath} '{PrintableText.Of(text)}' is none of {string.Join(", ", Tails)}");
    }

    public static string TailName(TailChoice tail) => Tails[(int)tail];

    private static RiskParameters ReadSection(RiskParameters parameters, JsonProperty section)
    {
        foreach (var property in Object(section.Value, section.Name))
        {
            var path = $"{section.Name}.{property.Name}";
            if (path == TailPath)
            {
                parameters = parameters with { Measure = parameters.Measure with { Tail = ParseTail(Text(property.Value, path)) } };
            }
            else if (path == HaircutsPath)
            {
                parameters = parameters with { Collateral = parameters.Collateral with { Haircuts = Merge(parameters.Collateral.Haircuts, property.Value, path) } };
            }
            else if (RiskParameterKeys.All.FirstOrDefault(k => k.Path == path) is { } key)
            {
                var value = key.IsOptional && property.Value.ValueKind == JsonValueKind.Null ? null : (double?)Number(property.Value, path);
                key.Require(value);
                parameters = key.Set(parameters, value);
            }
            else
            {
                throw Unknown(path, [.. RiskParameterKeys.All.Select(k => k.Path), TailPath, HaircutsPath]);
            }
        }

        return parameters;
    }

    private static ImmutableSortedDictionary<Asset, double> Merge(ImmutableSortedDictionary<Asset, double> map, JsonElement value, string path)
    {
        foreach (var entry in Object(value, path))
        {
            if (!Asset.IsValid(entry.Name))
            {
                throw new InvalidInputException("risk-parameter-key", $"'{PrintableText.Of(entry.Name)}' in {path} is not an asset code: 1 to 16 characters of A-Z and 0-9 are expected");
            }

            map = map.SetItem(new Asset(entry.Name), Number(entry.Value, $"{path}.{entry.Name}"));
        }

        return map.Count <= MaxAssets ? map : throw new InvalidInputException("risk-parameter", $"{path} has {map.Count} entries: at most {MaxAssets} are allowed");
    }

    private static JsonElement.ObjectEnumerator Object(JsonElement value, string what) => value.ValueKind == JsonValueKind.Object
        ? value.EnumerateObject()
        : throw new InvalidInputException("risk-parameter-json", $"{what} is a JSON {value.ValueKind}: an object is required");

    private static string Text(JsonElement value, string path) => value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw new InvalidInputException("risk-parameter-json", $"{path} is a JSON {value.ValueKind}: a text is required");

    private static double Number(JsonElement value, string path) => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number)
        ? number
        : throw new InvalidInputException("risk-parameter-json", $"{path} is {PrintableText.Of(value.GetRawText(), 40)}: a finite number is required");

    private static JsonObject Map(ImmutableSortedDictionary<Asset, double> map)
    {
        var result = new JsonObject();
        foreach (var (asset, value) in map)
        {
            result[asset.Code] = value;
        }

        return result;
    }

    private static JsonObject Describe(ParameterKey key)
    {
        var result = new JsonObject
        {
            ["type"] = key.IsOptional ? new JsonArray("number", "null") : key.IsWhole ? "integer" : "number",
            ["minimum"] = key.Least,
            ["maximum"] = key.Most,
        };
        if (key.Get(RiskParameters.Default) is { } value)
        {
            result["default"] = value;
        }

        result["description"] = key.Meaning;
        result["x-unit"] = key.Unit;
        result["x-source"] = key.Source;
        return result;
    }

    private static JsonObject MapSchema(ParameterKey like, string meaning, ImmutableSortedDictionary<Asset, double> defaults) => new()
    {
        ["type"] = "object",
        ["propertyNames"] = new JsonObject { ["pattern"] = "^[A-Z0-9]{1,16}$" },
        ["additionalProperties"] = new JsonObject { ["type"] = "number", ["minimum"] = like.Least, ["maximum"] = like.Most },
        ["default"] = Map(defaults),
        ["description"] = $"{meaning}; entries of a document are added to the defaults",
        ["x-unit"] = like.Unit,
        ["x-source"] = "this project's choice",
    };

    private static InvalidInputException Unknown(string given, IEnumerable<string> known)
    {
        var nearest = known.MinBy(k => (Distance(given, k), k))!;
        return new InvalidInputException("risk-parameter-key", $"'{PrintableText.Of(given, 64)}' is not a risk parameter; did you mean '{nearest}'?");
    }

    /// <summary>Levenshtein's edit distance.</summary>
    private static int Distance(string a, string b)
    {
        a = a.Length > 64 ? a[..64] : a;
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var next = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]) ? 0 : 1));
                diagonal = row[j];
                row[j] = next;
            }
        }

        return row[^1];
    }
}
